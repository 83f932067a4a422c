from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from natsscan.model.usage import Operation


class SymbolKind(StrEnum):
    """What a library's symbol is in its language."""

    FUNCTION = "function"
    TYPE = "type"
    CONSTRUCTOR = "constructor"
    FIELD = "field"
    CLASS = "class"
    METHOD = "method"


class Namespace(StrEnum):
    """Haskell keeps types and values apart: one name may be both (Haskell 2010 report, section 1.4)."""

    TYPE = "type"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class SymbolId:
    """The module that defines a symbol, and the symbol's name there."""

    module: str
    name: str

    @property
    def qualified(self) -> str:
        """The fully qualified defining name, `Network.AMQP.publishMsg`."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class LibrarySymbol:
    """What a rule file says of one symbol of a library.

    `arguments` are the names of its positional arguments. `owner` is the type of a constructor or field, the class of
    a method. `fields` maps the fields of a constructor to the properties they set; `record` names the type of
    which this value is a ready-made record. `defaults` are that record's properties, or arguments a function fixes.
    `returns` names the parts of the tuple that a call gives; one that is also an argument is equal to it.
    """

    id: SymbolId
    kind: SymbolKind
    operation: Operation
    library: str
    arguments: tuple[str, ...] = ()
    owner: str | None = None
    record: str | None = None
    fields: dict[str, str] = field(default_factory=dict, hash=False)
    defaults: dict[str, str] = field(default_factory=dict, hash=False)
    returns: tuple[str, ...] = ()

    @property
    def is_call(self) -> bool:
        """Whether using the symbol does its operation; records, constructors, fields and types only describe one."""
        return self.kind in (SymbolKind.FUNCTION, SymbolKind.METHOD) and self.record is None

    @property
    def namespace(self) -> Namespace:
        """The namespace this symbol lives in."""
        return Namespace.TYPE if self.kind in (SymbolKind.TYPE, SymbolKind.CLASS) else Namespace.VALUE
