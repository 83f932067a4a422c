"""What values are called where a name is wanted: texts, and holes for what only run time knows."""

from __future__ import annotations

from natsscan.core.value import (
    MAX_ALTERNATIVES,
    NONE,
    Call,
    Choice,
    Class,
    Element,
    FieldOf,
    Join,
    Known,
    Local,
    Made,
    Method,
    Module,
    Parameter,
    Part,
    Selector,
    Symbol,
    Text,
    Value,
)
from natsscan.model.name import Alternative, Hole, Name


def name_of(value: Value) -> Name:
    """Return a value as a name: its texts, and a hole for each part that only run time knows."""
    return Name(tuple(sorted(dict.fromkeys(_alternatives(value)), key=_shown)))


def _shown(pieces: Alternative) -> str:
    return "".join(map(str, pieces))


def _alternatives(value: Value) -> list[Alternative]:
    match value:
        case Text(text=text):
            return [(text,)]
        case Made(constructor=constructor, arguments=(), fields=(), record=None) if constructor:
            return [(constructor,)]
        case Choice(values=values):
            told = [single for single in values if not (isinstance(single, Join) and NONE in single.parts)]
            return [found for single in told or values for found in _alternatives(single)][:MAX_ALTERNATIVES]
        case Join(parts=parts):
            found: list[Alternative] = [()]
            for part in parts:
                found = [(*before, *after) for before in found for after in _alternatives(part)][:MAX_ALTERNATIVES]
            return found
        case _:
            return [(hole_of(value),)]


def hole_of(value: Value) -> Hole:
    """Return the hole that a value leaves in a name."""
    path = _config_path(value)
    if path:
        return Hole(path[-1], ".".join(path), value.default if isinstance(value, FieldOf) else None)
    return Hole(_called(value))


def _config_path(value: Value) -> tuple[str, ...]:
    """Return the key path of a field of a configuration, empty if the value is none."""
    match value:
        case FieldOf(record=record, name=name, configured=True):
            return (*_config_path(record), name)
        case FieldOf(record=record) | Part(of=record) | Element(of=record) if isinstance(record, FieldOf):
            return _config_path(record)
        case Call(function=Local(name=function), arguments=(*_, FieldOf() as last)) if _is_word(function):
            return _config_path(last)
        case _:
            return ()


def _is_word(function: str) -> bool:
    """Tell a function that is called by a name from an operator, whose result is not its operand in another form."""
    return function[:1].isalpha() or function[:1] == "_"


def _called(value: Value) -> str:
    match value:
        case Parameter(name=name) | Local(name=name) | FieldOf(name=name) | Part(name=name):
            return name
        case Element(of=of, name=name):
            return name or _called(of)
        case Call(function=Local(name=name), arguments=(argument, *_)):
            inner = _called(argument)
            if inner == "value":
                return name.rpartition(".")[2] if _is_word(name.rpartition(".")[2]) else inner
            return inner if _is_word(name) else f"computed from {inner.removeprefix('computed from ')}"
        case Call(function=function):
            return _called(function)
        case Symbol(symbol=symbol) | Method(symbol=symbol):
            return symbol.id.name.rpartition(".")[2]
        case Known(name=name) | Selector(name=name) | Module(name=name) | Class(name=name):
            return name.rpartition(".")[2] or name
        case Made(constructor=constructor):
            return constructor
        case _:
            return "value"
