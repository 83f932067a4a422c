from __future__ import annotations

from collections.abc import Iterable, Iterator

from natsscan.model.brokercall import BrokerCall
from natsscan.model.usage import Operation
from natsscan.topology.build import texts
from natsscan.topology.check import Misfit

_DECLARING = {Operation.DECLARE_QUEUE: "queue", Operation.DECLARE_EXCHANGE: "exchange"}


def bound_before_declared(calls: Iterable[BrokerCall]) -> Iterator[Misfit]:
    """Yield the bindings of what is declared only further down in the same definition, and nowhere else.

    The broker refuses to bind what is not there (AMQP 0-9-1, queue.bind: not-found). A binding that comes with the
    description of a queue is no call of the code: a library that takes one declares first.
    """
    calls = tuple(calls)
    described = {call.span for call in calls if call.operation is Operation.DECLARE_QUEUE}
    declared: dict[tuple[str, str], list[BrokerCall]] = {}
    for call in calls:
        if call.operation in _DECLARING:
            kind = _DECLARING[call.operation]
            for name in texts(call, kind):
                declared.setdefault((kind, name), []).append(call)
    for call in calls:
        if call.operation is not Operation.BIND or call.span in described:
            continue
        for kind in ("queue", "exchange"):
            for name in texts(call, kind) if kind in call.properties else ():
                found = declared.get((kind, name), [])
                if name and "{" not in name and found and all(_is_later(other, call) for other in found):
                    yield call.span, name, {"bound_first": name, "kind": kind}


def _is_later(other: BrokerCall, call: BrokerCall) -> bool:
    same = (other.span.path, other.definition, other.via) == (call.span.path, call.definition, call.via)
    return same and other.span.start > call.span.start
