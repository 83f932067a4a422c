"""Types of a code base that carry a library's: who uses such a type, its constructor or its field is affected too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set

from tree_sitter import Node

from natsscan.haskell.module import Definition, Module
from natsscan.model.symbol import LibrarySymbol, SymbolId

_TYPE = re.compile(rb"((?:[A-Z][\w']*\.)*)([A-Z][\w']*)")
_CONSTRUCTORS = frozenset({"data_constructor", "newtype_constructor", "gadt_constructor"})

# What the name of a type means, given its qualifier and the name: None if it is no type of a library.
Meaning = Callable[[str | None, str], LibrarySymbol | None]


def type_names(module: Module, start: int, end: int) -> Iterator[tuple[str | None, str, int, int]]:
    """Yield qualifier, name and place of each type or constructor that is named between two offsets."""
    for match in _TYPE.finditer(module.data, start, end):
        yield match[1][:-1].decode() or None, match[2].decode(), match.start(), match.end()


def carriers_in(module: Module, definition: Definition, meaning: Meaning) -> dict[SymbolId, frozenset[LibrarySymbol]]:
    """Return what a declaration makes carry a library's types, each with those types: the type, constructors, fields.

    Of a record with several fields only the fields do, and of several constructors those that hold such a type: most
    who use the type want something else of it.
    """
    declaration = definition.nodes[-1]
    name = declaration.child_by_field_name("name")
    if not definition.declares_type or name is None:
        return {}
    constructors = list(_nodes(declaration, _CONSTRUCTORS))
    fields = [field for field in _nodes(declaration, {"field"}) if field.child_by_field_name("name")]
    holders = [(label, field) for field in fields for label in field.children_by_field_name("name")]
    if len(holders) <= 1:
        holders += [
            (label, constructor) for constructor in constructors for label in _nodes(constructor, {"constructor"})
        ]
        synonym = declaration.child_by_field_name("type")
        whole = [synonym] if synonym is not None else constructors
        holders += [(name, part) for part in whole if len(whole) == 1]
    found = {}
    for label, part in holders:
        carried = {meaning(*named[:2]) for named in type_names(module, part.start_byte, part.end_byte)} - {None}
        symbol = SymbolId(module.name, module.data[label.start_byte : label.end_byte].decode(errors="replace"))
        if carried:
            found[symbol] = frozenset(symbol for symbol in carried if symbol is not None)
    return found


def _nodes(root: Node, kinds: Set[str]) -> Iterator[Node]:
    """Yield the nodes of some kinds below a node, in order, without those within one another."""
    for node in root.named_children:
        if node.type in kinds:
            yield node
        else:
            yield from _nodes(node, kinds)
