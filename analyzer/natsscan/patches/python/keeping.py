"""What Python code does with a library and the package in its place does not keep: calls, arguments, attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from natsscan.catalog.python_compat import PythonCompat, RefusedArgumentRule, TogetherRule
from natsscan.catalog.python_library import PythonLibraries
from natsscan.model.brokercall import BrokerCall
from natsscan.model.name import Hole, Name
from natsscan.model.symbol import SymbolKind
from natsscan.model.topology import Topology
from natsscan.model.usage import Operation, Usage
from natsscan.patches.hindrance import Hindrance
from natsscan.patches.python.layer import MemberAt
from natsscan.patches.python.names import said
from natsscan.patches.python.signatures import Call, misfits
from natsscan.topology.flows import queue_flows

_NONE = "none"
# Arguments whose entries are told by their own names: those of queues, of bindings, of messages.
_TABLES = ("arguments", "headers")
_VALUE = "{} is not kept: {}. {}"
_GIVEN = "{} is not kept. {}"


def by_usages(
    usages: Iterable[Usage],
    calls_in: Callable[[str], Mapping[int, Call]],
    rules: PythonCompat,
    python: PythonLibraries,
) -> Iterator[Hindrance]:
    """Yield what is called or named and is not kept. `calls_in` gives the calls in a file as they are written."""
    for usage in usages:
        if usage.operation is Operation.IMPORT or usage.library not in rules.libraries:
            continue
        why = _why_not(usage, rules, python)
        if why:
            yield Hindrance(usage.span.path, usage.span.line, said(usage.symbol, why))
        elif usage.is_call:
            call = calls_in(usage.span.path).get(usage.span.end)
            for reason in misfits(usage, call, rules, python) if call is not None else ():
                yield Hindrance(usage.span.path, usage.span.line, reason)


def _why_not(usage: Usage, rules: PythonCompat, python: PythonLibraries) -> str:
    known = python.call(usage.symbol)
    is_made = usage.is_call and known is not None and known.symbol.kind is SymbolKind.FUNCTION
    return rules.why_not_made(usage.symbol) if is_made else rules.why_not(usage.symbol)


def by_members(
    members: Iterable[MemberAt], line_of: Callable[[str, int], int], rules: PythonCompat
) -> Iterator[Hindrance]:
    """Yield the attributes that code reads of objects of a library and the package's objects do not have."""
    for member in members:
        name = f"{member.of}.{member.name}"
        if member.of.partition(".")[0] not in rules.tops or rules.why_not(member.of) or hasattr(object, member.name):
            continue
        is_error = rules.defined(member.of) not in rules.classes and hasattr(Exception, member.name)
        if (why := rules.why_not(name)) and not is_error:
            yield Hindrance(member.path, line_of(member.path, member.start), said(name, why))


def by_arguments(calls: Iterable[BrokerCall], rules: PythonCompat) -> Iterator[Hindrance]:
    """Yield the arguments that are not kept, wherever what they are was worked out from."""
    for call in calls:
        given = {_bare(name): value for name, value in call.properties.items() if name not in call.defaults}
        for rule in rules.refused.arguments:
            if rule.operation is call.operation and rule.argument in given:
                for text in _refused(given[rule.argument], rule):
                    yield Hindrance(call.span.path, call.span.line, _argument(rule, text))
        for together in rules.refused.together:
            if together.operation is call.operation and all(_is_given(given.get(n)) for n in together.arguments):
                yield Hindrance(call.span.path, call.span.line, _together(together))


def by_expiry(topology: Topology, rules: PythonCompat) -> Iterator[Hindrance]:
    """Yield the places that publish what expires in a queue whose dead letters go somewhere."""
    message = rules.refused.expiring_into_dead_letters
    for flow in queue_flows(topology) if message else ():
        letters = next((queue for queue in flow.declared if queue.dead_letter is not None), None)
        for publisher in flow.publishers if letters is not None else ():
            if publisher.properties.get("expiration", _NONE) != _NONE:
                for span in publisher.at[:1]:
                    reason = _GIVEN.format(f"The expiration of what gets into queue {flow.name}", message)
                    yield Hindrance(span.path, span.line, reason)


def _bare(name: str) -> str:
    """Return the name of an argument, or of an entry in one."""
    table, _, entry = name.partition(".")
    return entry if entry and table in _TABLES else name


def _refused(value: Name, rule: RefusedArgumentRule) -> Iterator[str]:
    """Yield the values that are refused; empty for one that is not known where no other than some is kept."""
    for pieces in value.alternatives:
        text = "".join(piece for piece in pieces if isinstance(piece, str))
        if any(isinstance(piece, Hole) for piece in pieces):
            if not rule.only and not rule.values:
                yield ""
        elif text.lower() != _NONE and rule.refuses(text):
            yield text


def _argument(rule: RefusedArgumentRule, text: str) -> str:
    is_told = bool(text) and bool(rule.only or rule.values or rule.but)
    return _VALUE.format(rule.argument, text, rule.message) if is_told else _GIVEN.format(rule.argument, rule.message)


def _is_given(value: Name | None) -> bool:
    return value is not None and any(text.lower() != _NONE for text in value.texts)


def _together(rule: TogetherRule) -> str:
    return _GIVEN.format(" with ".join(rule.arguments), rule.message)
