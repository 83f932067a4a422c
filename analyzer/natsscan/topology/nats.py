"""From calls of NATS clients and tools to what is done on NATS, and which of it AMQP has too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product

from natsscan.model.brokercall import BrokerCall
from natsscan.model.name import Name
from natsscan.model.natsuse import NatsEnd, NatsRole, NatsUse
from natsscan.model.source import PROGRAMS
from natsscan.model.span import Span
from natsscan.model.topology import Topology
from natsscan.model.usage import Operation, Usage
from natsscan.topology.shapes import clearest, form, shape

_UNKNOWN = "{unknown}"
# The role of an operation, and the arguments of which the first that is given names what it is about.
_ROLES: dict[Operation, tuple[NatsRole, tuple[str, ...]]] = {
    Operation.NATS_PUBLISH: (NatsRole.PUBLISHES, ("subject",)),
    Operation.NATS_REQUEST: (NatsRole.REQUESTS, ("subject",)),
    Operation.NATS_SUBSCRIBE: (NatsRole.SUBSCRIBES, ("subject", "consumer")),
    Operation.NATS_STREAM: (NatsRole.STREAM, ("stream",)),
    Operation.NATS_CONSUMER: (NatsRole.CONSUMER, ("consumer", "target")),
    Operation.NATS_STORE: (NatsRole.STORE, ("bucket",)),
}


def build_nats(calls: Iterable[BrokerCall], in_scope: Callable[[str], bool]) -> NatsUse:
    """Return what calls that are made in scope, or from there, do on NATS.

    A call that gives no name at all, such as one that ends a subscription, takes no part.
    """
    found: dict[tuple[str, ...], list[tuple[str, BrokerCall]]] = {}
    for call in sorted(calls, key=lambda call: (call.span, call.via)):
        if call.operation not in _ROLES or not (in_scope(call.span.path) or in_scope(call.place.path)):
            continue
        role, arguments = _ROLES[call.operation]
        about = next((name for name in arguments if name in call.properties), None)
        if about is None:
            continue
        stream = "" if about == "stream" else " or ".join(_texts(call, "stream"))
        for name in _texts(call, about):
            found.setdefault((role, shape(name), call.service, shape(stream)), []).append((name, call))
    ends = [_end(NatsRole(role), service, same) for (role, _, service, _), same in found.items()]
    return in_order(ends)


def in_order(ends: Iterable[NatsEnd]) -> NatsUse:
    """Return what is done on NATS, sorted."""
    return NatsUse(tuple(sorted(ends, key=lambda end: (list(NatsRole).index(end.role), end.name, end.service, end.at))))


def nats_call_of(usage: Usage) -> BrokerCall | None:
    """Return what a script does on NATS with a tool; None for any other usage."""
    if usage.language in PROGRAMS or usage.operation not in _ROLES:
        return None
    given = {a.name: Name(tuple((text,) for text in _split(a.name, a.text))) for a in usage.arguments}
    return BrokerCall(usage.operation, usage.symbol, given, frozenset(), usage.span, (), usage.service)


def on_both(topology: Topology, nats: NatsUse) -> Iterator[tuple[str, str, str]]:
    """Yield what has one name on both systems: `queue` or `routing key`, its name, and the subject.

    A subject may go on behind the name: `user-notifications.>` is what queue `user-notifications` is. Names that are
    nothing but holes are left out.
    """
    names = {("queue", name) for queue in topology.queues if (name := queue.name)}
    names |= {("queue", consumer.queue) for consumer in topology.consumers}
    names |= {("routing key", publisher.routing_key) for publisher in topology.publishers if publisher.exchange}
    names |= {("routing key", binding.routing_key) for binding in topology.bindings}
    for (kind, name), subject in product(sorted(names), nats.subjects):
        if _is_said(name) and _same(name, subject):
            yield kind, name, subject


def _same(name: str, subject: str) -> bool:
    whole = form(subject).removesuffix(".>")
    own = form(name).replace("*", "{}").removesuffix(".#")
    tokens, words = whole.replace("*", "{}").split("."), own.split(".")
    if tokens[: len(words)] != words:
        return False
    return set(tokens[len(words) :]) <= {"{}"}


def _is_said(name: str) -> bool:
    return form(name).replace("{}", "").strip(".*#>") != "" and not name.startswith("(")


def _end(role: NatsRole, service: str, same: list[tuple[str, BrokerCall]]) -> NatsEnd:
    name = clearest(name for name, _ in same)
    subjects = {
        text
        for _, call in same
        for key in ("subjects", "filter")
        if key in call.properties
        for text in _texts(call, key)
        if text != _UNKNOWN
    }
    streams = sorted(
        {text for _, call in same for text in _texts(call, "stream")} if role is not NatsRole.STREAM else ()
    )
    at: tuple[Span, ...] = tuple(sorted({call.span for _, call in same}))
    return NatsEnd(role, name, service, tuple(sorted(subjects)), " or ".join(streams), at)


def _texts(call: BrokerCall, name: str) -> tuple[str, ...]:
    value = call.properties.get(name)
    return value.texts if value else ()


def _split(name: str, text: str) -> list[str]:
    """Return the subjects of a list as the tool takes them; any other text as it is."""
    return text.split(",") if name in ("subjects", "filter") else [text]
