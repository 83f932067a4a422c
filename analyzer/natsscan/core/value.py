"""What the core evaluates to: data as far as the code tells, and terms that stand for what only run time knows.

A term that holds a `Parameter` is open: whoever knows the argument can put it in its place (`evaluate.substitute`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields

from natsscan.core.expression import Expression, Lambda
from natsscan.model.name import Hole
from natsscan.model.symbol import LibrarySymbol

# More alternatives than this are cut off, and the name says so.
MAX_ALTERNATIVES = 12
MORE = Hole("…")
# Nothing that names anything is longer: texts in characters and pieces, collections in items.
MAX_LENGTH = 10_000
_MAX_PARTS = 30_000


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose parameter it is: a definition of a module, or the function that begins at an offset in it."""

    module: str
    definition: str
    start: int


class _Holding:
    """A value that holds others. Its hash is worked out once: values are held by many, and compared with many."""

    __slots__ = ("_hash",)
    _hash: int


def _hash_once(value: _Holding) -> int:
    try:
        return value._hash
    except AttributeError:
        names = (each.name for each in fields(value) if each.compare)  # type: ignore[arg-type]
        found = hash((type(value), *(getattr(value, name) for name in names)))
        object.__setattr__(value, "_hash", found)
        return found


@dataclass(frozen=True, slots=True)
class Text:
    """A text that the code spells out; `member` is what it is called in an enumeration."""

    text: str
    member: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Join(_Holding):
    """Texts put together."""

    __hash__ = _hash_once

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Made(_Holding):
    """A value built by a constructor, by position or by field; what it is built of is evaluated when asked for.

    `labels` are the names of its fields in order. `record` is the library's ready-made record that it starts from,
    whose defaults hold for fields not given.
    """

    __hash__ = _hash_once

    constructor: str
    arguments: tuple[Bound, ...] = ()
    fields: tuple[tuple[str, Bound], ...] = ()
    labels: tuple[str, ...] = ()
    record: LibrarySymbol | None = None


@dataclass(frozen=True, slots=True)
class Items(_Holding):
    """A list, tuple or set."""

    __hash__ = _hash_once

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Choice(_Holding):
    """One of several values; which one, the code does not tell."""

    __hash__ = _hash_once

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function, whatever the caller gives it."""

    owner: Owner
    index: int
    name: str


@dataclass(frozen=True, slots=True)
class Local:
    """A value of run time, under the name that the code gives it."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldOf(_Holding):
    """A field of a record.

    `configured` if the record is read from a configuration; `default` is what the code falls back on.
    """

    __hash__ = _hash_once

    record: Value
    name: str
    configured: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Element(_Holding):
    """Some element of a collection; `name` is what the code calls it."""

    __hash__ = _hash_once

    of: Value
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Part(_Holding):
    """A part of a value by position: of a tuple, or an argument of a constructor; `name` is what the code calls it."""

    __hash__ = _hash_once

    of: Value
    index: int
    name: str


@dataclass(frozen=True, slots=True)
class Call(_Holding):
    """A function that is not known, or not looked into, with its arguments."""

    __hash__ = _hash_once

    function: Value
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Known(_Holding):
    """A function that the rules know, with the arguments it has so far."""

    __hash__ = _hash_once

    name: str
    arguments: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Symbol(_Holding):
    """A library's function or constructor, with the arguments it has so far."""

    __hash__ = _hash_once

    symbol: LibrarySymbol
    arguments: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Method(_Holding):
    """A library's function, or a method with the object that it is called on, before it is called."""

    __hash__ = _hash_once

    symbol: LibrarySymbol
    receiver: Value | None = None


@dataclass(frozen=True, slots=True)
class Selector:
    """A field as a function from a record.

    `configured` if the record is read from a configuration, `sole` if it has no other field, so that the field is the
    record without its wrapping.
    """

    name: str
    configured: bool = False
    sole: bool = False


@dataclass(frozen=True, slots=True)
class Module:
    """A module as a value, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the code base as a value, by its qualified name: called, it makes an instance."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the code base, with what its free names stand for."""

    expression: Lambda
    environment: Environment


Value = (
    Text
    | Join
    | Made
    | Items
    | Choice
    | Parameter
    | Local
    | FieldOf
    | Element
    | Part
    | Call
    | Known
    | Symbol
    | Selector
    | Module
    | Class
    | Method
    | Function
)

# What a call leaves out, and what stands for nothing.
ABSENT, NONE = Local("absent"), Made("none")


@dataclass(slots=True, eq=False)
class Thunk:
    """An expression that is evaluated when its value is asked for, and then only once.

    `visited` are the definitions that its evaluation went through. `passing` is a value that holds for a horizon only.
    """

    expression: Expression
    environment: Environment
    value: Value | None = None
    visited: frozenset[Owner] = frozenset()
    running: bool = False
    passing: tuple[int, Value] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """A name that a pattern binds in a value: the steps that lead to it from there."""

    source: Thunk | Value | Matched
    steps: tuple[Step, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step into a value: an argument of a constructor by position, or its field; in a tuple there is none."""

    constructor: str
    position: int
    field: str = ""


# The step from a collection to some element of it.
ANY_ELEMENT = Step("*", 0)

Bound = Thunk | Value | Matched


@dataclass(frozen=True, slots=True, eq=False)
class Environment:
    """What names stand for: those bound in a definition, and beyond them those of its module."""

    module: str
    definition: str
    names: dict[str, Bound] = field(default_factory=dict)

    def with_names(self, names: dict[str, Bound]) -> Environment:
        """Return this environment with some names bound anew."""
        return Environment(self.module, self.definition, {**self.names, **names}) if names else self


def each(value: Value) -> tuple[Value, ...]:
    """Return the alternatives of a value: of a choice those, of any other value itself."""
    return value.values if isinstance(value, Choice) else (value,)


# What stands for all that a bound keeps from being worked out.
TOO_MUCH = Local(MORE.name)


def one_of(values: Iterable[Value]) -> Value:
    """Return a choice of values, each once, flattened; of one value, that value."""
    found: dict[Value, None] = {}
    for value in values:
        for single in value.values if isinstance(value, Choice) else (value,):
            found[single] = None
    kept = tuple(found)
    if len(kept) > MAX_ALTERNATIVES:
        kept = (*kept[: MAX_ALTERNATIVES - 1], TOO_MUCH)
    return kept[0] if len(kept) == 1 else Choice(kept)


def join(parts: tuple[Value, ...]) -> Value:
    """Return texts put together; texts side by side become one. One that is too long for any name is a hole."""
    flat: list[Value] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Join) else (part,):
            if isinstance(piece, Text) and flat and isinstance(flat[-1], Text):
                flat[-1] = Text(flat[-1].text + piece.text)
                if len(flat[-1].text) > MAX_LENGTH:
                    return TOO_MUCH
            elif piece != Text("") and (piece != TOO_MUCH or flat[-1:] != [TOO_MUCH]):
                flat.append(piece)
    if len(flat) > MAX_LENGTH:
        return TOO_MUCH
    if not flat:
        return Text("")
    return flat[0] if len(flat) == 1 else Join(tuple(flat))


def is_large(value: Value) -> bool:
    """Tell whether a value holds so much that it is no use to go through: it may hold another one again and again."""
    waiting: list[Value] = [value]
    left = _MAX_PARTS
    while waiting and left:
        left -= 1
        match waiting.pop():
            case Join(parts=inner) | Items(items=inner) | Choice(values=inner) | Call(arguments=inner):
                waiting += inner
            case FieldOf(record=of) | Element(of=of) | Part(of=of):
                waiting.append(of)
            case Known(arguments=inner) | Symbol(arguments=inner):
                waiting += inner
            case _:
                pass
    return bool(waiting)


def parameters(value: Value) -> Iterator[Parameter]:
    """Yield the parameters that a value is open in, as far as it is evaluated."""
    waiting: list[Value] = [value]
    while waiting:
        match waiting.pop():
            case Parameter() as found:
                yield found
            case Join(parts=inner) | Items(items=inner) | Choice(values=inner):
                waiting += inner
            case Made(arguments=arguments, fields=fields):
                built = (*arguments, *(given for _, given in fields))
                waiting += [given for given in built if not isinstance(given, Thunk | Matched)]
            case FieldOf(record=of) | Element(of=of) | Part(of=of):
                waiting.append(of)
            case Method(receiver=of) if of is not None:
                waiting.append(of)
            case Call(function=function, arguments=arguments):
                waiting += [function, *arguments]
            case Known(arguments=arguments) | Symbol(arguments=arguments):
                waiting += arguments
            case _:
                pass
