"""From effects of definitions to what a scan reports: names of arguments, calls of wrappers, calls of the broker."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace

from natsscan.core.effects import Effect
from natsscan.core.naming import name_of
from natsscan.core.value import MAX_ALTERNATIVES, MORE, Choice, Items, Made, Text, Value
from natsscan.core.walked import Place, Reference, Role
from natsscan.model.brokercall import BrokerCall
from natsscan.model.coverage import Loss, Problem
from natsscan.model.name import Alternative, Name
from natsscan.model.source import SourceFile
from natsscan.model.span import Span
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.source.text import TextPositions

# Of all that a wrapper leads to, the operation that comes first here is what its call is reported as.
_RANK = (
    *(Operation.PUBLISH, Operation.CONSUME, Operation.GET, Operation.DECLARE_QUEUE, Operation.DECLARE_EXCHANGE),
    *(Operation.BIND, Operation.UNBIND, Operation.DELETE_QUEUE, Operation.DELETE_EXCHANGE, Operation.PURGE),
    *(Operation.ACK, Operation.REJECT, Operation.RECOVER, Operation.CANCEL, Operation.CONNECT, Operation.OPEN_CHANNEL),
    *(Operation.ADMIN, Operation.QOS, Operation.CONFIRM, Operation.TX, Operation.FLOW, Operation.RETURN),
    *(Operation.MESSAGE, Operation.CLOSE, Operation.HANDLER),
    *(Operation.NATS_PUBLISH, Operation.NATS_REQUEST, Operation.NATS_SUBSCRIBE, Operation.NATS_STREAM),
    *(Operation.NATS_CONSUMER, Operation.NATS_STORE, Operation.NATS_ACK, Operation.NATS_CONNECT, Operation.TYPE),
)


# The names that a call is about, told also where they are not written at the call.
_TOLD = frozenset(
    {"queue", "exchange", "routing_key", "exchange_type", "source", "destination", "subject", "stream", "consumer"}
    | {"task", "acks_late"}
)


# What the default of an argument begins with that is another argument.
ARGUMENT = "="


# The arguments that hold names rather than being one.
_HOLDERS = frozenset({"subjects", "target"})

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Linked:
    """What names and wrappers add to the usages of a code base.

    `names` gives for a call, by path and byte offset, the names of its arguments; `calls` are those of the broker.
    `problems` tell where a bound kept a name from being worked out.
    """

    names: dict[tuple[str, int], dict[str, Name]]
    usages: tuple[Usage, ...]
    calls: tuple[BrokerCall, ...]
    problems: tuple[Problem, ...]


def cut_short(call: BrokerCall) -> Problem:
    """Return the problem that a name is too much to work out."""
    reason = "a name here is too much to work out: it is shown with {…}"
    return Problem(call.span.path, call.span.line, reason, Loss.NONE)


def with_names(usage: Usage, names: dict[tuple[str, int], dict[str, Name]], also_told: Container[str] = ()) -> Usage:
    """Return a usage with the names that its arguments evaluate to; those `also_told` count if they are not written."""
    found = names.get((usage.span.path, usage.span.start))
    if found is None or not usage.is_call:
        return usage
    written = {argument.name: argument for argument in usage.arguments}
    arguments = [named(argument, found.get(argument.name)) for argument in usage.arguments]
    arguments += [
        _worked_out(name, value)
        for name, value in found.items()
        if name not in written and (name in _TOLD or name in also_told)
    ]
    return replace(usage, arguments=tuple(arguments))


def _worked_out(name: str, value: Name) -> Argument:
    """Return an argument that is not written at the call: of options made elsewhere, or of a loop around it."""
    return named(Argument(name, " or ".join(value.texts), Provenance.COMPUTED, None), value)


def named(argument: Argument, name: Name | None) -> Argument:
    """Return an argument with the name that it evaluates to, if that says more than what is written."""
    if name is None or argument.provenance is Provenance.DEFAULT:
        return argument
    if argument.provenance is Provenance.LITERAL:
        return replace(argument, value=name)
    if name.is_literal:
        return replace(argument, value=name, provenance=Provenance.CONSTANT)
    if any(hole.key for hole in name.holes):
        return replace(argument, value=name, provenance=Provenance.CONFIG)
    if any(isinstance(piece, str) for pieces in name.alternatives for piece in pieces):
        return replace(argument, value=name, provenance=Provenance.COMPUTED)
    return replace(argument, value=name)


def together(found: Iterable[tuple[_Key, dict[str, Name]]]) -> dict[_Key, dict[str, Name]]:
    """Return what the arguments of each call are, from whoever it is reached: the alternatives of all of them."""
    gathered: dict[_Key, dict[str, set[Alternative]]] = {}
    for key, names in found:
        here = gathered.setdefault(key, {})
        for name, value in names.items():
            here.setdefault(name, set()).update(value.alternatives)
    return {key: {name: _name(alternatives) for name, alternatives in names.items()} for key, names in gathered.items()}


def _name(alternatives: set[Alternative]) -> Name:
    kept = sorted(alternatives, key=lambda pieces: "".join(map(str, pieces)))
    return Name(tuple(kept if len(kept) <= MAX_ALTERNATIVES else [*kept[: MAX_ALTERNATIVES - 1], (MORE,)]))


@dataclass(frozen=True, slots=True)
class Linker:
    """Makes what a scan reports of effects and references.

    `source_of` gives the file of a module, `positions_of` the positions in it, `service_of` the service of a path.
    `properties` are a call's arguments by name, with those of options and messages that it is given; `defaults` those
    that the library fills in.
    """

    broker: str
    language: str
    source_of: Callable[[str], SourceFile]
    positions_of: Callable[[SourceFile], TextPositions]
    service_of: Callable[[str], str]
    properties: Callable[[Effect], dict[str, Value]]
    defaults: Callable[[Effect], dict[str, Value]]

    def key(self, place: Place) -> tuple[str, int]:
        """Return path and offset of a place."""
        return (self.source_of(place.module).path, place.start)

    def span(self, place: Place) -> Span:
        """Return the span of a place."""
        return self.positions_of(self.source_of(place.module)).span(place.start, place.end)

    def names(self, effect: Effect) -> dict[str, Name]:
        """Return the names of a call's arguments, entries of its argument table included."""
        found: dict[str, Name] = {}
        for name, value in self.properties(effect).items():
            table = dict(_entries(value)) if name in ("arguments", "headers") else {}
            found |= {f"{name}.{entry}": name_of(given) for entry, given in table.items()}
            if not table:
                found[name] = name_of(_inner(value) if name in _HOLDERS else value)
        return found

    def call(self, effect: Effect) -> BrokerCall:
        """Return a call of the broker."""
        given = self.names(effect)
        defaults = {name: name_of(value) for name, value in self.defaults(effect).items()}
        plain = {name: text.strip('"') for name, text in effect.symbol.defaults.items()}
        defaults |= {name: Name(((text,),)) for name, text in plain.items() if not text.startswith(ARGUMENT)}
        stated = {name.partition(".")[0] for name in given}  # entries of a table are TABLE.KEY
        left = {name: value for name, value in defaults.items() if name not in stated}
        span, via = self.span(effect.place), tuple(map(self.span, effect.via))
        return BrokerCall(
            operation=effect.symbol.operation,
            symbol=effect.symbol.id.qualified,
            properties=given | left,
            defaults=frozenset(left),
            span=span,
            via=via,
            service=self.service_of((via[0] if via else span).path),
            definition=effect.place.definition,
        )

    def usage(self, reference: Reference) -> Usage:
        """Return the usage that naming a wrapper is."""
        uses = reference.uses
        operations = {use.operation for use in uses if use.is_call} or {use.operation for use in uses}
        ranked = [operation for operation in _RANK if operation in operations]
        told = ", ".join(ranked) or "types"
        if reference.role is Role.CARRIER:
            told = ", ".join(sorted({use.id.name for use in uses}))
        arguments = [Argument(reference.role, told, Provenance.COMPUTED, None)]
        if reference.path:
            arguments.append(Argument("path", " → ".join(_shown(reference.path)), Provenance.COMPUTED, None))
        span = self.span(reference.place)
        return Usage(
            operation=ranked[0] if ranked else Operation.WRAPPER,
            is_call=reference.role is not Role.CARRIER,
            symbol=reference.target.qualified,
            library=min((use.library for use in uses), default=self.broker),
            language=self.language,
            tier=Tier.INDIRECT,
            span=span,
            definition=reference.place.definition,
            service=self.service_of(span.path),
            arguments=tuple(arguments),
        )


def _shown(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return a way to the broker as a message tells it: of a long one the beginning and the end."""
    return path if len(path) <= 3 else (path[0], "…", path[-1])


def _entries(value: Value) -> Iterator[tuple[str, Value]]:
    """Yield keys and values of a table, through the constructors that wrap it and its values."""
    while isinstance(value, Made) and len(value.arguments) == 1:
        value = _built(value.arguments[0])
    for item in value.items if isinstance(value, Items) else ():
        if isinstance(item, Items) and len(item.items) == 2 and isinstance(item.items[0], Text):
            given = item.items[1]
            while isinstance(given, Made) and len(given.arguments) == 1:
                given = _built(given.arguments[0])
            yield item.items[0].text, given


def _inner(value: Value) -> Value:
    """Return what a list or a constructor with one argument holds; any other value as it is."""
    if isinstance(value, Made) and len(value.arguments) == 1:
        return _built(value.arguments[0])
    return Choice(value.items) if isinstance(value, Items) and value.items else value


def _built(bound: object) -> Value:
    return bound if isinstance(bound, Value) else Text("")
