"""The core language: what an expression is once the grammar and the plumbing of its language are gone.

Application is flat, operators are re-associated, and `$`, `.`, `<$>`, `>>=` and `do` have become application,
composition and `let`. Names stand as written; whoever folds over the core knows what is in scope. `start` and `end`
are byte offsets in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """A name of a value, with the qualifier it was written with."""

    qualifier: str | None
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Constructor:
    """A name of a data constructor, with the qualifier it was written with."""

    qualifier: str | None
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, character or number: what it stands for, a number as written."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Application:
    """A function and all the arguments it is given here, `named` those by name.

    In curried languages the function is never itself an application.
    """

    function: Expression
    arguments: tuple[Expression, ...]
    start: int
    end: int
    named: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function takes arguments in a language where a call has all of them.

    The first `positional` parameters may be given without a name. `defaults` are by parameter; `rest` and `keywords`
    are the names of the parameters that collect what is left, empty if there are none.
    """

    positional: int
    defaults: tuple[Field, ...]
    rest: str = ""
    keywords: str = ""


@dataclass(frozen=True, slots=True)
class Lambda:
    """A function of its parameters; without a signature it is curried."""

    parameters: tuple[Pattern, ...]
    body: Expression
    start: int
    end: int
    signature: Signature | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """A pattern and what it stands for; a plain name is a VariablePattern."""

    pattern: Pattern
    value: Expression


@dataclass(frozen=True, slots=True)
class BindingGroup:
    """Bindings made together. In a recursive group every name is in scope in every value, else only afterwards."""

    bindings: tuple[Binding, ...]
    recursive: bool


@dataclass(frozen=True, slots=True)
class Let:
    """Groups of bindings made one after the other, and the expression they are for.

    A `do` block is one: a statement without a name binds a wildcard.
    """

    groups: tuple[BindingGroup, ...]
    body: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way through a case."""

    pattern: Pattern
    body: Expression


@dataclass(frozen=True, slots=True)
class Case:
    """A choice by matching; `if` and guards are cases too."""

    subject: Expression
    alternatives: tuple[Alternative, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field's name as written, and the value it is given."""

    name: Variable
    value: Expression


@dataclass(frozen=True, slots=True)
class Record:
    """A record built from a constructor by field; `wildcard` if the other fields come from names in scope (`..`)."""

    constructor: Constructor
    fields: tuple[Field, ...]
    wildcard: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Update:
    """A record with some fields replaced."""

    record: Expression
    fields: tuple[Field, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Projection:
    """A field, or a field of a field, taken from a record with dots."""

    record: Expression
    fields: tuple[Variable, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list or tuple."""

    items: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """What natsscan does not understand, with what it could read inside it."""

    parts: tuple[Expression, ...]
    start: int
    end: int


Expression = (
    Variable
    | Constructor
    | Literal
    | Application
    | Lambda
    | Let
    | Case
    | Record
    | Update
    | Projection
    | Sequence
    | Opaque
)


@dataclass(frozen=True, slots=True)
class VariablePattern:
    """Binds a name to whatever is matched."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ConstructorPattern:
    """Matches a constructor and its arguments by position."""

    constructor: Constructor
    arguments: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class FieldPattern:
    """A field's name as written, and the pattern for its value."""

    name: Variable
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class RecordPattern:
    """Matches a constructor by field; `wildcard` if `..` binds the other fields by their names."""

    constructor: Constructor
    fields: tuple[FieldPattern, ...]
    wildcard: bool


@dataclass(frozen=True, slots=True)
class AsPattern:
    """Binds a name to what another pattern matches."""

    name: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class ViewPattern:
    """Matches what a function makes of the value."""

    function: Expression
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class GroupPattern:
    """Several patterns side by side: a tuple, a list, an infix constructor, or one we do not understand."""

    items: tuple[Pattern, ...]


Pattern = (
    VariablePattern | ConstructorPattern | RecordPattern | AsPattern | ViewPattern | GroupPattern
)  # GroupPattern(()) matches anything


ANYTHING = GroupPattern(())


def within(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all expressions in it; not those in patterns."""
    waiting = [expression]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += reversed(_parts(found))


def _parts(expression: Expression) -> list[Expression]:
    match expression:
        case Application(function=function, arguments=arguments, named=fields):
            return [function, *arguments, *(field.value for field in fields)]
        case Lambda(body=body, signature=signature):
            return [*(field.value for field in (signature.defaults if signature else ())), body]
        case Let(groups=groups, body=body):
            return [*(binding.value for group in groups for binding in group.bindings), body]
        case Case(subject=subject, alternatives=alternatives):
            return [subject, *(alternative.body for alternative in alternatives)]
        case Record(fields=fields):
            return [field.value for field in fields]
        case Update(record=record, fields=fields):
            return [record, *(field.value for field in fields)]
        case Projection(record=record):
            return [record]
        case Sequence(items=parts) | Opaque(parts=parts):
            return list(parts)
        case _:
            return []
