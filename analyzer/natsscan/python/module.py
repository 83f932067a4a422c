"""What a Python file is once it is lowered: its imports, functions and classes, and what runs when it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natsscan.core.expression import BindingGroup, Expression, Lambda, Let
from natsscan.model.coverage import Problem

# The definition that statements of a module belong to, as tracebacks call it.
MODULE_LEVEL = "<module>"
# The name that stands for what a function returns or yields, in the groups of its body.
RESULT = "return"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import binds: a module, or with a name something in it."""

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import statement and the modules that it names, with what it takes from them; a star is `*`."""

    start: int
    end: int
    imported: tuple[Imported, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function, or a method of the class `of`.

    `receiver` is the name of a method's first parameter, empty for a static one; of a class's method that is the class
    itself. `annotations` are by parameter, `return` for the result; `attributes` are what it sets on its receiver,
    `shared` the names of the module that it sets. A nested one stands in another function, and is walked with that.
    """

    name: str
    of: str
    code: Lambda
    start: int
    end: int
    receiver: str
    decorators: tuple[Expression, ...]
    annotations: Mapping[str, Expression]
    attributes: tuple[str, ...]
    shared: tuple[str, ...] = ()
    is_class_method: bool = False
    is_property: bool = False
    is_nested: bool = False

    @property
    def body(self) -> Let:
        """What it does, in order."""
        assert isinstance(self.code.body, Let)
        return self.code.body


@dataclass(frozen=True, slots=True)
class Class:
    """A class with its bases, what its body binds, and the annotations in it."""

    name: str
    start: int
    end: int
    bases: tuple[Expression, ...]
    decorators: tuple[Expression, ...]
    groups: tuple[BindingGroup, ...]
    annotations: Mapping[str, Expression]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """A lowered file. `names` is what its imports bind, at whatever depth they stand outside of functions.

    `functions` and `classes` are by their qualified names; `groups` are what the module itself runs. `annotations` are
    the types that statements of the module name. `problems` are what of it could not be read.
    """

    name: str
    path: str
    data: bytes
    imports: tuple[ImportLine, ...]
    names: Mapping[str, Imported]
    functions: Mapping[str, Function]
    classes: Mapping[str, Class]
    groups: tuple[BindingGroup, ...]
    annotations: tuple[Expression, ...]
    problems: tuple[Problem, ...] = ()
