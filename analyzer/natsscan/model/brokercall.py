from __future__ import annotations

from dataclasses import dataclass

from natsscan.model.name import Name
from natsscan.model.span import Span
from natsscan.model.usage import Operation


@dataclass(frozen=True, slots=True, eq=False)
class BrokerCall:
    """A call of the broker as it happens, with names worked out as far as the code tells.

    `properties` are its arguments and those of the options or message it is given, by their names in the rules;
    entries of an argument table are `arguments.KEY`. `defaults` names those that the library filled in. `via` are the
    calls of wrappers that lead to it, outermost first. `service` is the package of the outermost place, `definition`
    what the call itself stands in.
    """

    operation: Operation
    symbol: str
    properties: dict[str, Name]
    defaults: frozenset[str]
    span: Span
    via: tuple[Span, ...]
    service: str
    definition: str = ""

    @property
    def place(self) -> Span:
        """Where it begins: at the outermost wrapper's call, or at itself."""
        return self.via[0] if self.via else self.span
