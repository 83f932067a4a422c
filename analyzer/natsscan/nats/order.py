"""The order in which services move: libraries, then each consumer before those who publish to it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush

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
class Left:
    """What the code of a part has left to change: usages, and their effort in story points."""

    usages: int = 0
    effort: int = 0


@dataclass(frozen=True)
class _Parts:
    """What is known of all parts: what their code has left, who uses which library, and the flows between services."""

    left: Mapping[str, Left]
    uses: Mapping[str, frozenset[str]]
    libraries: frozenset[str]
    flows: tuple[Flow, ...]

    @property
    def services(self) -> frozenset[str]:
        return frozenset(self.left) - self.libraries

    def of(self, name: str) -> tuple[Flow, ...]:
        return self._by_name.get(name, ())

    @cached_property
    def _by_name(self) -> dict[str, tuple[Flow, ...]]:
        found: dict[str, list[Flow]] = defaultdict(list)
        for flow in self.flows:
            for name in {flow.publisher, flow.consumer}:
                found[name].append(flow)
        return {name: tuple(flows) for name, flows in found.items()}

    @property
    def before(self) -> _Before:
        """For each part what moves before it: its libraries, and the consumers of what it publishes."""
        found: _Before = {name: set(self.uses[name] & self.libraries) for name in self.left}
        for flow in self.flows:
            found[flow.publisher].add(flow.consumer)
        return found


def migration_order(topology: Topology, findings: Iterable[Finding]) -> tuple[Step, ...]:
    """Return all parts whose code uses the messaging system, in the order in which they can move.

    `findings` are those about the system migrated from. What only configures or deploys is no part: patches do that.
    """
    return _steps(_parts(topology, findings), topology)


def flows_between(topology: Topology) -> tuple[Flow, ...]:
    """Return the flows of messages from one service to another, sorted."""
    return _all_flows(queue_flows(topology), {}, frozenset())


def order_of(topology: Topology, left: Mapping[str, Left]) -> tuple[Step, ...]:
    """Return the services of a messaging system in the order in which they can move, each with what it has left."""
    ends: tuple[Publisher | Consumer, ...] = (*topology.publishers, *topology.consumers)
    every = {end.service: Left() for end in ends} | dict(left)
    nobody: frozenset[str] = frozenset()
    parts = _Parts(dict(sorted(every.items())), dict.fromkeys(every, nobody), nobody, flows_between(topology))
    return _steps(parts, topology)


def _steps(parts: _Parts, topology: Topology) -> tuple[Step, ...]:
    steps: list[Step] = []
    consumes: dict[str, set[str]] = defaultdict(set)
    publishes: dict[str, set[str]] = defaultdict(set)
    for consumer in topology.consumers:
        consumes[consumer.service].add(consumer.queue)
    for publisher in topology.publishers:
        publishes[publisher.service].add(publisher.exchange or publisher.routing_key)
    for group in (parts.libraries, parts.services):
        steps += [
            _step(name, parts, sorted(consumes[name]), sorted(publishes[name]), others)
            for name, others in _sorted(group, parts)
        ]
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
    known = {_plain(name): name for name in parts.left}
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
    left = {name: Left(len(found), sum(finding.effort for finding in found)) for name, found in findings_of.items()}
    return _Parts(left, uses, libraries, _all_flows(queue_flows(topology), publishing, libraries))


def _all_flows(
    queues: Iterable[QueueFlow], publishing: Mapping[str, tuple[str, ...]], libraries: frozenset[str]
) -> tuple[Flow, ...]:
    """Return the flows between services; of those through libraries and dead letters one for each pair and queue."""
    queues = tuple(queues)
    found = [flow for queue in queues for flow in _flows(queue, publishing, libraries)]
    found += _dead_letters(queues)
    flows = {(flow.publisher, flow.queue, flow.consumer): flow for flow in sorted(found, reverse=True)}
    return tuple(sorted(flows.values()))


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
    after: dict[str, set[str]] = {name: set() for name in group}
    for name, others in before.items():
        for other in others:
            after[other].add(name)
    left = set(group)
    ready = [(len(parts.of(name)), name) for name in left if not before[name]]
    heapify(ready)
    while left:
        _, name = heappop(ready) if ready else min((len(parts.of(each)), each) for each in _first_cycles(left, before))
        left.remove(name)
        yield name, tuple(sorted(before[name] & left))
        for other in after[name] & left:
            if not before[other] & left:
                heappush(ready, (len(parts.of(other)), other))


def _first_cycles(left: set[str], before: _Before) -> set[str]:
    """Return the parts that wait for nothing but each other."""
    import igraph  # only cycles need it, and it has no types

    names = sorted(left)
    at = {name: index for index, name in enumerate(names)}
    edges = [(at[name], at[other]) for name in names for other in before[name] & left]
    cycles = igraph.Graph(len(names), edges, directed=True).connected_components(mode="strong")
    owner = cycles.membership
    waiting = {owner[one] for one, other in edges if owner[one] != owner[other]}
    return {name for name in names if owner[at[name]] not in waiting}


def _behind(name: str, before: Mapping[str, Collection[str]]) -> set[str]:
    """Return all that moves before a part, directly or not; itself among them if it is in a cycle."""
    found: set[str] = set()
    while more := {o for each in found | {name} for o in before.get(each, ())} - found:
        found |= more
    return found


def _step(name: str, parts: _Parts, consumes: Sequence[str], publishes: Sequence[str], broken: tuple[str, ...]) -> Step:
    return Step(
        name=name,
        part=Part.LIBRARY if name in parts.libraries else Part.SERVICE,
        reason=_reason(name, parts, broken),
        consumes=tuple(consumes),
        publishes=tuple(publishes),
        flows=parts.of(name),
        usages=parts.left[name].usages,
        effort=parts.left[name].effort,
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
