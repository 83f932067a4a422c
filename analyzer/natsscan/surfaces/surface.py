from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from natsscan.catalog.broker import Broker
from natsscan.catalog.secrets import Secrets
from natsscan.model.coverage import Loss, Problem
from natsscan.model.source import SourceFile
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.source.text import TextPositions

# A key path, and the chart of the broker that everything at and below it is values for.
Block = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Belonging:
    """The name of the broker's Helm chart or release that a file belongs to, if to one, and the blocks that do."""

    owner: str | None = None
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Included:
    """Where the text of a named template goes, and the chain of values that is its dot.

    Of several places each is the end that they have in common.
    """

    path: tuple[str, ...] = ()
    dot: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surface:
    """A file that is not a program, with all that its reader needs.

    `owner` is the name of the broker's Helm chart or release that the whole file belongs to, None if to none.
    `blocks` are the keys of the file that are values for the broker's charts; the empty path means all of them.
    `included` tells where its named templates are included, as far as that is known.
    """

    source: SourceFile
    positions: TextPositions
    service: str
    broker: Broker
    secrets: Secrets
    owner: str | None = None
    blocks: tuple[Block, ...] = ()
    included: Mapping[str, Included] = field(default_factory=dict)

    def usage(
        self,
        operation: Operation,
        symbol: str,
        start: int,
        end: int,
        *,
        definition: str | None = None,
        is_call: bool = False,
        tier: Tier = Tier.DIRECT,
        arguments: Mapping[str, str] | None = None,
    ) -> Usage:
        """Return a usage between two byte offsets.

        `symbol` is what is used: a package, a key's path, a variable, an image, a command. `definition` is what it
        stands in: a stanza, a document, a service, a target. `arguments` are texts as written.
        """
        span = self.positions.span(start, end)
        given = tuple(Argument(name, text, Provenance.LITERAL, span) for name, text in (arguments or {}).items())
        return Usage(
            operation=operation,
            is_call=is_call,
            symbol=symbol,
            library=self.broker.id,
            language=self.source.kind,
            tier=tier,
            span=span,
            definition=definition,
            service=self.service,
            arguments=given,
        )

    def problem(self, offset: int, reason: str) -> Problem:
        """Return the problem that from this byte offset on, something could not be read."""
        return Problem(self.source.path, self.positions.position(offset)[0], reason, Loss.PART)


@dataclass(frozen=True, slots=True)
class SurfaceReading:
    """What a reader found in a file, and what it could not read there."""

    usages: tuple[Usage, ...] = ()
    problems: tuple[Problem, ...] = ()


Reader = Callable[[Surface], SurfaceReading]
