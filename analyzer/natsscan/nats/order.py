"""The order in which services move: libraries, then each consumer before those who publish to it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from natsscan.model.finding import Finding
from natsscan.model.order import Flow, Mismatch, OrderDifference, Part, Step
from natsscan.model.topology import Consumer, Publisher, Topology
from natsscan.model.usage import Operation, Tier
from natsscan.topology.flows import QueueFlow, queue_flows

_ARROW = re.compile(r"\s*(?:→|->|=>|⇒|➔|>)\s*")
_EQUALS = re.compile(r"\s*(?:/|,|&|\+|\band\b)\s*")
_BETWEEN_WORDS = re.compile(r"[\s_]+")

_Before = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is known of all parts: what their code has left, who uses which library, and the flows between services."""

    findings: Mapping[str, tuple[Finding, ...]]
    uses: Mapping[str, frozenset[str]]
    libraries: frozenset[str]
    flows: tuple[Flow, ...]

    @property
    def services(self) -> frozenset[str]:
        return frozenset(self.findings) - self.libraries

    def of(self, name: str) -> tuple[Flow, ...]:
        return tuple(flow for flow in self.flows if name in (flow.publisher, flow.consumer))

    @property
    def before(self) -> _Before:
        """For each part what moves before it: its libraries, and the consumers of what it publishes."""
        found: _Before = {name: set(self.uses[name] & self.libraries) for name in self.findings}
        for flow in self.flows:
            found[flow.publisher].add(flow.consumer)
        return found


def migration_order(topology: Topology, findings: Iterable[Finding]) -> tuple[Step, ...]:
    """Return all parts whose code uses the messaging system, in the order in which they can move.

    `findings` are those about the system migrated from. What only configures or deploys is no part: patches do that.
    """
    parts = _parts(topology, findings)
    steps: list[Step] = []
    for group in (parts.libraries, parts.services):
        steps += [_step(name, parts, topology, others) for name, others in _sorted(group, parts)]
    return tuple(steps)


def stated_order(text: str) -> tuple[str, ...]:
    """Return the places of an order as people write it: `a → b → c/d` has three, the last with two names."""
    return tuple(place for place in _ARROW.split(text.strip()) if place)


def compare_order(
    stated: Sequence[str], topology: Topology, findings: Iterable[Finding]
) -> tuple[OrderDifference, ...]:
    """Return where an order that people state breaks a rule, in the order of the steps.

    Each place is a name, or several that are equals, as `brig/galley`. Two parts of which neither has to wait for the
    other may come either way round, and so may those of a cycle.
    """
    findings = tuple(findings)
    parts = _parts(topology, findings)
    known = {_plain(name): name for name in parts.findings}
    at: dict[str, int] = {}
    unknown: list[str] = []
    for place, names in enumerate(stated):
        for name in _names(names, known):
            found = known.get(_plain(name))
            if found is None:
                unknown.append(name)
            else:
                at.setdefault(found, place)
    found_wrong: list[OrderDifference] = []
    before = parts.before
    for step in migration_order(topology, findings):
        if step.name not in at:
            found_wrong.append(OrderDifference(Mismatch.MISSING, step.name, "", step.reason))
            continue
        for earlier in sorted(before[step.name]):
            if at.get(earlier, -1) > at[step.name] and step.name not in _behind(earlier, before):
                reason = _why(step.name, earlier, parts)
                found_wrong.append(OrderDifference(Mismatch.EARLY, step.name, earlier, reason))
    found_wrong += [OrderDifference(Mismatch.UNKNOWN, name, "", "No code of that name uses AMQP.") for name in unknown]
    return tuple(found_wrong)


def _parts(topology: Topology, findings: Iterable[Finding]) -> _Parts:
    code: dict[str, list[Finding]] = defaultdict(list)
    owners: dict[str, str] = {}
    for finding in findings:
        usage = finding.usage
        if usage.library != finding.system and usage.operation is not Operation.TOPOLOGY:
            code[usage.service].append(finding)
            owners[usage.span.path] = usage.service
    ends: tuple[Publisher | Consumer, ...] = (*topology.publishers, *topology.consumers)
    for end in ends:
        code.setdefault(end.service, [])
    uses = _uses(code, owners, ends)
    consuming = {consumer.service for consumer in topology.consumers}
    used = {library for others in uses.values() for library in others}
    libraries = frozenset(used - consuming) & code.keys()
    findings_of = {name: tuple(code[name]) for name in sorted(code)}
    publishing = _publishing(findings_of, uses, libraries)
    queues = queue_flows(topology)
    found = [flow for queue in queues for flow in _flows(queue, publishing, libraries)]
    found += _dead_letters(queues)
    flows = {(flow.publisher, flow.queue, flow.consumer): flow for flow in sorted(found, reverse=True)}
    return _Parts(findings_of, uses, libraries, tuple(sorted(flows.values())))


def _uses(
    code: Mapping[str, Iterable[Finding]], owners: Mapping[str, str], ends: Iterable[Publisher | Consumer]
) -> dict[str, frozenset[str]]:
    """Return for each part the others whose wrappers it names, or through whose code its calls of the broker go."""
    modules: dict[str, set[str]] = defaultdict(set)
    for path, owner in owners.items():
        folders = path.rpartition(".")[0].split("/")
        for start in range(len(folders)):
            modules[".".join(folders[start:])].add(owner)
    found: dict[str, set[str]] = {name: set() for name in code}
    for name, findings in code.items():
        for finding in findings:
            of_module = modules.get(finding.usage.symbol.rpartition(".")[0], set())
            if finding.usage.tier is Tier.INDIRECT and len(of_module) == 1:
                found[name] |= of_module
    for end in ends:
        found[end.service] |= {owners[span.path] for span in (*end.at, *end.via) if span.path in owners}
    return {name: frozenset(others - {name}) for name, others in found.items()}


def _publishing(
    names: Iterable[str], uses: Mapping[str, frozenset[str]], libraries: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """Return for each library the services that use it, directly or through other libraries."""
    found: dict[str, tuple[str, ...]] = {}
    for library in libraries:
        users = {library}
        while more := {name for name in names if uses[name] & users & libraries} - users:
            users |= more
        found[library] = tuple(sorted(users - libraries))
    return found


def _flows(queue: QueueFlow, publishing: Mapping[str, tuple[str, ...]], libraries: frozenset[str]) -> Iterable[Flow]:
    """Yield the flows of a queue that lead from one service to another.

    On NATS a dead letter is published by who rejects it, so it flows from the consumers of the queue it was in.
    """
    own = {publisher.service for publisher in queue.publishers} - libraries
    for consumer in {consumer.service for consumer in queue.consumers}:
        for publisher in own - {consumer}:
            yield Flow(publisher, queue.name, consumer)
        for library in {publisher.service for publisher in queue.publishers} & libraries:
            for publisher in publishing[library]:
                if publisher != consumer and publisher not in own:
                    yield Flow(publisher, queue.name, consumer, through=library)


def _dead_letters(flows: Iterable[QueueFlow]) -> Iterable[Flow]:
    flows = tuple(flows)
    rejecting = {queue.name: flow.consumers for flow in flows for queue in flow.declared}
    for flow in flows:
        for consumer in flow.consumers:
            for source in flow.dead_letters:
                for other in rejecting.get(source.name, ()):
                    if other.service != consumer.service:
                        yield Flow(other.service, flow.name, consumer.service, dead_letters=True)


def _sorted(group: frozenset[str], parts: _Parts) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield the parts of a group as they move; with each, those it should have waited for and cannot, in a cycle."""
    before = {name: others & group for name, others in parts.before.items() if name in group}
    left = set(group)
    while left:
        ready = [name for name in left if not before[name] & left]
        ready = ready or [
            name for name in left if all(name in _behind(o, before) for o in _behind(name, before) & left)
        ]
        name = min(ready, key=lambda each: (len(parts.of(each)), each))
        left.remove(name)
        yield name, tuple(sorted(before[name] & left))


def _behind(name: str, before: Mapping[str, Collection[str]]) -> set[str]:
    """Return all that moves before a part, directly or not; itself among them if it is in a cycle."""
    found: set[str] = set()
    while more := {o for each in found | {name} for o in before.get(each, ())} - found:
        found |= more
    return found


def _step(name: str, parts: _Parts, topology: Topology, broken: tuple[str, ...]) -> Step:
    findings, flows = parts.findings[name], parts.of(name)
    publishers = [publisher for publisher in topology.publishers if publisher.service == name]
    return Step(
        name=name,
        part=Part.LIBRARY if name in parts.libraries else Part.SERVICE,
        reason=_reason(name, parts, broken),
        consumes=tuple(sorted({c.queue for c in topology.consumers if c.service == name})),
        publishes=tuple(sorted({p.exchange or p.routing_key for p in publishers})),
        flows=flows,
        usages=len(findings),
        effort=sum(finding.effort for finding in findings),
    )


def _reason(name: str, parts: _Parts, broken: tuple[str, ...]) -> str:
    flows = parts.of(name)
    if broken:
        return (
            f"It waits for {_listed(broken)} and they wait for it; of this cycle it has the fewest flows "
            f"({len(flows)}), so it moves first and speaks to both brokers meanwhile."
        )
    if name in parts.libraries:
        users = sorted(user for user, others in parts.uses.items() if name in others)
        return f"{_listed(users)} {'calls' if len(users) == 1 else 'call'} AMQP through it."
    reads = sorted({flow.publisher for flow in flows if flow.consumer == name})
    sends = [flow for flow in flows if flow.publisher == name]
    told: list[str] = []
    if sends:
        told.append(f"after {_listed(sorted({f.consumer for f in sends}))}, which it publishes to{_through(sends)},")
    if reads:
        told.append(f"before {_listed(reads)}, whose messages it consumes")
    return (
        f"It moves {' and '.join(told).rstrip(',')}."
        if told
        else "No queue ties it to another service, so it can move alone."
    )


def _why(name: str, earlier: str, parts: _Parts) -> str:
    flows = [flow for flow in parts.flows if (flow.publisher, flow.consumer) == (name, earlier)]
    if not flows:
        return f"{name} calls AMQP through {earlier}, which moves first."
    queues = _listed(sorted({flow.queue for flow in flows}))
    dead = " with dead letters" if all(flow.dead_letters for flow in flows) else ""
    return (
        f"{earlier} consumes {queues}, which {name} fills{dead}{_through(flows)}; "
        f"{earlier} can read both brokers until {name} has moved."
    )


def _through(flows: Iterable[Flow]) -> str:
    libraries = sorted({flow.through for flow in flows if flow.through})
    return f" through {_listed(libraries)}" if libraries else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def _names(place: str, known: Mapping[str, str]) -> list[str]:
    """Return the names at one place; a name may have a slash of its own."""
    return [place] if _plain(place) in known else [name for name in _EQUALS.split(place.strip()) if name]


def _plain(name: str) -> str:
    return _BETWEEN_WORDS.sub("-", name.strip(" \t\n`*_\"'.").lower())
