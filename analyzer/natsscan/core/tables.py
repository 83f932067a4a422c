"""Tables and lists as values: a table is a collection of pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from natsscan.core.naming import name_of
from natsscan.core.value import Choice, FieldOf, Items, Known, Local, Made, Module, Part, Text, Value, one_of

if TYPE_CHECKING:
    from natsscan.core.evaluate import Evaluator

# What stands for taking something out of a module's value by key: `os.environ["NAME"]`.
BY_KEY = "[]"
_INDEX = re.compile(r"-?[0-9]{1,9}")
_ENVIRONMENT = Local("environment")


def pairs(value: Value) -> Iterator[tuple[Value, Value]]:
    """Yield keys and values of a table; nothing for what is none."""
    for item in value.items if isinstance(value, Items) else ():
        if isinstance(item, Items) and len(item.items) == 2:
            yield item.items[0], item.items[1]


def keys(table: Value) -> Value:
    """Return the keys of a table as a collection."""
    found = tuple(key for key, _ in pairs(table))
    return Items(found) if found else table


def values(table: Value) -> Value:
    """Return the values of a table as a collection."""
    found = tuple(value for _, value in pairs(table))
    return Items(found) if found else table


def table(before: Value | None, named: Mapping[str, Value]) -> Value:
    """Return a table with entries by name, after those of another one."""
    entries = before.items if isinstance(before, Items) else ()
    if before is not None and not isinstance(before, Items) and not named:
        return before
    return Items((*entries, *(Items((Text(name), value)) for name, value in named.items())))


def lookup(evaluator: Evaluator, collection: Value, key: Value, fallback: Value | None) -> Value:
    """Return what a collection has for a key, or at a position; where that is not known, any value it may be."""
    if isinstance(collection, Choice):  # a loop may fill what is empty before it
        filled = [value for value in collection.values if value != Items(())] or collection.values
        return one_of([lookup(evaluator, value, key, fallback) for value in filled])
    if isinstance(collection, Module) and f"{collection.name}.{BY_KEY}" in evaluator.world.functions:
        return evaluator.apply(Known(f"{collection.name}.{BY_KEY}"), (key,))
    if isinstance(collection, Items):
        return _from_items(collection, key, fallback)
    if isinstance(key, Text) and not _INDEX.fullmatch(key.text):
        if isinstance(collection, Made):
            return evaluator.world.member(collection, key.text) or FieldOf(collection, key.text)
        found = evaluator.project(collection, evaluator.world.selector("", key.text))
        if isinstance(found, FieldOf) and isinstance(fallback, Text):
            return replace(found, default=fallback.text)
        return found
    if isinstance(key, Text) and _INDEX.fullmatch(key.text) and not key.text.startswith("-"):
        return Part(collection, int(key.text), _called(collection))
    return fallback if fallback is not None and isinstance(collection, Local) else Local(_called(key))


def with_entry(table: Value, key: Value, value: Value) -> Value:
    """Return a table with an entry more; of a key given twice, the later one holds."""
    if isinstance(table, Choice):
        return one_of([with_entry(single, key, value) for single in table.values])
    kept = tuple(item for item in table.items if not _has_key(item, key)) if isinstance(table, Items) else ()
    return Items((*kept, Items((key, value))))


def variable(name: Value, fallback: Value | None) -> Value:
    """Return an environment variable; what it is without being set is the default of the hole that it leaves."""
    if isinstance(name, Choice):
        return one_of([variable(single, fallback) for single in name.values])
    if not isinstance(name, Text):
        return Local(_called(name))
    default = name_of(fallback).texts if fallback is not None and not isinstance(fallback, Made) else ()
    return FieldOf(_ENVIRONMENT, name.text, True, default[0] if len(default) == 1 else None)


def _from_items(collection: Items, key: Value, fallback: Value | None) -> Value:
    entries = list(pairs(collection))
    if entries and len(entries) == len(collection.items) and not (isinstance(key, Text) and key.text.isdigit()):
        if isinstance(key, Text):
            found = [value for known, value in entries if known == key]
            unknown = [value for known, value in entries if not isinstance(known, Text)]
            if found or unknown:
                return one_of(found[-1:] or unknown)
            return fallback if fallback is not None else Local(key.text)
        return one_of([value for _, value in entries])
    if isinstance(key, Text) and _INDEX.fullmatch(key.text):
        at = int(key.text)
        if -len(collection.items) <= at < len(collection.items):
            return collection.items[at]
    if isinstance(key, Text):
        return fallback if fallback is not None else Local(key.text)
    return one_of(collection.items) if collection.items else Local(_called(key))


def _has_key(item: Value, key: Value) -> bool:
    return isinstance(key, Text) and isinstance(item, Items) and item.items[:1] == (key,)


def _called(value: Value) -> str:
    texts = name_of(value).texts
    return texts[0].strip("{}") if texts else "value"
