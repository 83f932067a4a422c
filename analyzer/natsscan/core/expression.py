"""The core language: what an expression is once the grammar and the plumbing of its language are gone.

Application is flat, operators are re-associated, and `$`, `.`, `<$>`, `>>=` and `do` have become application,
composition and `let`. Names stand as written; whoever folds over the core knows what is in scope. `start` and `end`
are byte offsets in the file.
"""

from __future__ import annotations

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
    """A string, character or number as written, quotes included."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Application:
    """A function and all the arguments it is given here; the function is never itself an application."""

    function: Expression
    arguments: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lambda:
    """A function of its parameters."""

    parameters: tuple[Pattern, ...]
    body: Expression
    start: int
    end: int


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
