"""The trial itself: set up, send, compare who received with what the model of AMQP says, and settle messages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from natsscan.model.mapping import Config, Mapping, StreamPlan
from natsscan.model.proof import Proof, Verdict
from natsscan.nats.names import has_text
from natsscan.nats.proof.amqp import route
from natsscan.nats.proof.jetstream import JetStream, Received, RefusedError
from natsscan.nats.proof.samples import Instance, Sample, Trial

_SOME = 3.0  # seconds to wait for a message that should come
_NONE = 0.4  # seconds after which one that should not come is taken not to
_MANY = 500
_IN_ORDER = 8
_LIFE = 1  # seconds; the shortest that the server takes


@dataclass
class _Desk:
    """What is known while a trial runs: the connection, and the pin of each consumer that has one."""

    server: JetStream
    replicas: bool
    pins: dict[str, str] = field(default_factory=dict)

    def group(self, instance: Instance) -> dict[str, str]:
        groups = instance.config.get("priority_groups")
        if not isinstance(groups, list):
            return {}
        pin = self.pins.get(instance.name)
        return {"group": str(groups[0])} | ({"id": pin} if pin else {})

    async def pull(self, instance: Instance, count: int, wait: float) -> list[Received]:
        found = await self.server.pull(instance.plan.stream, instance.name, count, wait, self.group(instance))
        for message in found:
            if message.pin:
                self.pins[instance.name] = message.pin
        return found

    async def drain(self, instance: Instance, wait: float) -> list[Received]:
        found: list[Received] = []
        batch = 1 if instance.config.get("max_ack_pending") == 1 else _MANY
        while messages := await self.pull(instance, batch, wait):
            found += messages
            for message in messages:
                await self.server.settle(message, "+ACK")
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial showed, and for each sample by its place which queues got it on NATS."""

    proofs: tuple[Proof, ...]
    deliveries: tuple[frozenset[str], ...]


async def try_mapping(server: JetStream, mapping: Mapping, trial: Trial, *, replicas: bool) -> Outcome:
    """Set up all streams and consumers, and return what was tried.

    Without `replicas` the server is alone and streams get one. What was set up is taken down again.
    """
    desk = _Desk(server, replicas)
    made: list[str] = []
    try:
        proofs, ready = await _set_up(desk, mapping, trial, made)
        deliveries = await _deliver(desk, trial, ready)
        proofs += _compared(mapping, trial, ready, deliveries)
        proofs += await _settled(desk, mapping, trial, ready)
        proofs += await _expired(desk, mapping, trial, ready)
        proofs += [
            Proof(name, "routing", Verdict.UNTESTED, "only the running program knows its name")
            for name in mapping.unmapped
        ]
        return Outcome(tuple(proofs), deliveries)
    finally:
        for name in reversed(made):
            await server.delete_stream(name)


async def try_routing(server: JetStream, mapping: Mapping, trial: Trial) -> Outcome:
    """Set up all on a server that is alone, send every sample, and take all down again."""
    desk = _Desk(server, replicas=False)
    made: list[str] = []
    try:
        proofs, ready = await _set_up(desk, mapping, trial, made)
        deliveries = await _deliver(desk, trial, ready)
        return Outcome((*proofs, *_compared(mapping, trial, ready, deliveries)), deliveries)
    finally:
        for name in reversed(made):
            await server.delete_stream(name)


async def _set_up(
    desk: _Desk, mapping: Mapping, trial: Trial, made: list[str]
) -> tuple[list[Proof], tuple[Instance, ...]]:
    """Create all; `made` gets the names of streams. Return what was refused or changed, and the queues that stand."""
    proofs: list[Proof] = []
    for plan in sorted(mapping.streams, key=lambda plan: "sources" in plan.config):
        proofs += await _add_stream(desk, plan, made)
    ready: list[Instance] = []
    for instance in trial.instances:
        if instance.plan.stream not in made:
            continue
        try:
            got = await desk.server.add_consumer(instance.plan.stream, instance.config)
        except RefusedError as error:
            proofs.append(Proof(f"consumer {instance.name}", "accepted by the server", Verdict.DIFFERS, str(error)))
            continue
        changed = _changed(instance.config, got)
        if changed:
            proofs.append(Proof(f"consumer {instance.name}", "accepted by the server", Verdict.DIFFERS, changed))
        ready.append(instance)
    if not proofs:
        count = f"{len(made)} streams and {len(ready)} consumers, as they are"
        proofs.append(Proof("streams and consumers", "accepted by the server", Verdict.PROVEN, count))
    return proofs, tuple(ready)


async def _add_stream(desk: _Desk, plan: StreamPlan, made: list[str]) -> list[Proof]:
    config = plan.config if desk.replicas else plan.config | {"num_replicas": 1}
    try:
        got = await desk.server.add_stream(config)
    except RefusedError as error:
        return [Proof(f"stream {plan.name}", "accepted by the server", Verdict.DIFFERS, str(error))]
    made.append(plan.name)
    changed = _changed(config, got)
    return [Proof(f"stream {plan.name}", "accepted by the server", Verdict.DIFFERS, changed)] if changed else []


def _changed(wanted: Config, got: Config) -> str:
    different = sorted(
        name for name, value in wanted.items() if got.get(name, False if value is False else None) != value
    )
    unset = [name for name in different if wanted[name] not in (0, "", [], False)]
    return f"the server made something else of {', '.join(unset)}" if unset else ""


async def _deliver(desk: _Desk, trial: Trial, ready: tuple[Instance, ...]) -> tuple[frozenset[str], ...]:
    """Send every sample, and return by its place which queues got it; what a client has to drop is dropped."""
    for number, sample in enumerate(trial.samples):
        await desk.server.publish(sample.subject, str(number))
    found: list[set[str]] = [set() for _ in trial.samples]
    copies = await asyncio.gather(*(desk.drain(instance, _NONE) for instance in ready))
    for instance, messages in zip(ready, copies, strict=True):
        for message in messages:
            number = int(message.body)
            sample = trial.samples[number]
            # Where filters take too much, the client applies the rules of AMQP to the key itself.
            if instance.plan.is_exact or instance.queue in route(trial.broker, sample.exchange, sample.key):
                found[number].add(instance.queue)
    return tuple(map(frozenset, found))


def _compared(
    mapping: Mapping, trial: Trial, ready: tuple[Instance, ...], deliveries: tuple[frozenset[str], ...]
) -> list[Proof]:
    """Return for each publisher and each queue that it reaches whether the same messages came."""
    family = {instance.queue: instance.family for instance in trial.instances}
    standing = {instance.queue for instance in ready}
    proofs: list[Proof] = []
    for plan in mapping.publishers:
        mine = [(number, sample) for number, sample in enumerate(trial.samples) if sample.plan is plan]
        title = f"{plan.service}: {plan.exchange or 'default exchange'}, {plan.routing_key or 'no key'}"
        if not mine:
            if plan.discipline != "dead-letter":
                why = "its exchange does not route by keys alone" if plan.subject else "only the running program knows"
                proofs.append(Proof(title, "routing", Verdict.UNTESTED, why))
            continue
        expected = {number: route(trial.broker, sample.exchange, sample.key) for number, sample in mine}
        reached = sorted({family[q] for n, _ in mine for q in expected[n] | deliveries[n]})
        for to in reached:
            wrong = [
                _difference(sample, expected[n], deliveries[n], queue)
                for n, sample in mine
                for queue in sorted(family)
                if family[queue] == to and (queue in expected[n]) != (queue in deliveries[n])
            ]
            missing = [q for q in family if family[q] == to and q not in standing]
            flow = f"{title} → {to}"
            if missing:
                proofs.append(Proof(flow, "routing", Verdict.UNTESTED, f"its consumer {missing[0]} was refused"))
            elif wrong:
                proofs.append(Proof(flow, "routing", Verdict.DIFFERS, wrong[0]))
            else:
                misses = sum(sample.is_near_miss for _, sample in mine)
                sent = f"{len(mine)} messages, {misses} near misses"
                if not all(instance.plan.is_exact for instance in ready if instance.family == to):
                    sent += ", some dropped by the client"
                proofs.append(Proof(flow, "routing", Verdict.PROVEN, sent))
        if not reached and not plan.exchange and not has_text(plan.routing_key, mapping.holes):
            proofs.append(Proof(title, "routing", Verdict.UNTESTED, "only the running program knows its queue"))
        elif not reached:
            proofs.append(Proof(f"{title} → nobody", "routing", Verdict.PROVEN, "no queue gets it on either"))
    return proofs


def _difference(sample: Sample, expected: frozenset[str], got: frozenset[str], queue: str) -> str:
    where = f"key '{sample.key}' to {sample.exchange or 'the default exchange'} as {sample.subject}"
    lost = queue in expected and queue not in got
    return f"{where}: {queue} {'gets it on AMQP, not on NATS' if lost else 'gets it on NATS, not on AMQP'}"


async def _settled(desk: _Desk, mapping: Mapping, trial: Trial, ready: tuple[Instance, ...]) -> list[Proof]:
    """Try acknowledging, rejecting, dead-lettering and order on one queue of each family."""
    proofs: list[Proof] = []
    tried: set[str] = set()
    for instance in ready:
        if instance.family in tried:
            continue
        tried.add(instance.family)
        subject = _way_to(trial, instance)
        if subject is None:
            dead = any(p.discipline == "dead-letter" and p.stream == instance.plan.stream for p in mapping.publishers)
            why = "only dead letters come to it" if dead else "nothing in the code publishes to it"
            proofs.append(Proof(instance.family, "acknowledging", Verdict.UNTESTED, why))
            continue
        proofs.append(await _acknowledged(desk, instance, subject))
        proofs.append(await _given_back(desk, instance, subject))
        proofs.append(await _rejected(desk, mapping, instance, subject, ready))
        proofs.append(await _in_order(desk, instance, subject))
        await asyncio.gather(*(desk.drain(each, 0.05) for each in ready if each.plan.stream == instance.plan.stream))
    return proofs


def _way_to(trial: Trial, instance: Instance) -> str | None:
    ways = (s.subject for s in trial.samples if instance.queue in route(trial.broker, s.exchange, s.key))
    return next(ways, None)


async def _acknowledged(desk: _Desk, instance: Instance, subject: str) -> Proof:
    await desk.server.publish(subject, "acknowledged")
    first = await desk.pull(instance, 1, _SOME)
    for message in first:
        await desk.server.settle(message, "+ACK")
    again = await desk.pull(instance, 1, _NONE)
    return _told(
        instance, "acknowledging", first, not again, "comes once and is gone", "came again after its acknowledgement"
    )


async def _given_back(desk: _Desk, instance: Instance, subject: str) -> Proof:
    await desk.server.publish(subject, "given back")
    first = await desk.pull(instance, 1, _SOME)
    for message in first:
        await desk.server.settle(message, "-NAK")
    again = await desk.pull(instance, 1, _SOME)
    for message in again:
        await desk.server.settle(message, "+ACK")
    good = [message.delivered for message in again] == [2]
    return _told(instance, "reject with requeue", first, good, "comes a second time, counted 2", "did not come again")


async def _rejected(
    desk: _Desk, mapping: Mapping, instance: Instance, subject: str, ready: tuple[Instance, ...]
) -> Proof:
    """Reject a message; with dead letters, publish it there first, and look whether it arrives."""
    await desk.server.publish(subject, "rejected")
    first = await desk.pull(instance, 1, _SOME)
    dead = next(
        (p for p in mapping.publishers if p.discipline == "dead-letter" and p.at[:1] == instance.plan.at[:1]), None
    )
    holder = None
    if dead is not None and "{" not in dead.subject:
        holder = next((each for each in ready if each.plan.stream == dead.stream), None)
        await desk.server.publish(dead.subject, "rejected", {"Nats-Msg-Id": f"dead:{instance.name}"})
    for message in first:
        await desk.server.settle(message, "+TERM")
    again = await desk.pull(instance, 1, _NONE)
    checked, good = "reject", not again
    if holder is not None:
        checked = "reject and dead-letter"
        letters = await desk.drain(holder, _NONE)
        good = good and [letter.body for letter in letters] == ["rejected"]
    return _told(
        instance, checked, first, good, "is gone" + (f", {holder.family} has it" if holder else ""), "went wrong"
    )


async def _in_order(desk: _Desk, instance: Instance, subject: str) -> Proof:
    """Let two workers take turns, and see that each message comes once, in order; one at a time where that is asked."""
    for number in range(_IN_ORDER):
        await desk.server.publish(subject, str(number))
    alone = instance.config.get("max_ack_pending") == 1
    other = {key: value for key, value in desk.group(instance).items() if key == "group"}
    bodies: list[str] = []
    for number in range(_IN_ORDER):
        mine = alone or number % 2 == 0
        messages = (
            await desk.pull(instance, 1, _SOME)
            if mine
            else await desk.server.pull(instance.plan.stream, instance.name, 1, _SOME, other)
        )
        if alone and number == 0:
            second = await desk.server.pull(instance.plan.stream, instance.name, 1, _NONE, other)
            bodies += [message.body for message in second]
        for message in messages:
            bodies.append(message.body)
            await desk.server.settle(message, "+ACK")
    good = bodies == [str(number) for number in range(_IN_ORDER)]
    how = "one in work at a time, in order" if alone else "each comes once, in order"
    proof = Verdict.PROVEN if good else Verdict.DIFFERS
    return Proof(instance.family, "two workers", proof, how if good else f"came as {', '.join(bodies) or 'nothing'}")


async def _expired(desk: _Desk, mapping: Mapping, trial: Trial, ready: tuple[Instance, ...]) -> list[Proof]:
    """Publish a message that lives a second to each stream that has such, wait, and see that it is gone."""
    tried: list[tuple[StreamPlan, Instance]] = []
    for plan in mapping.streams:
        here = [each for each in ready if each.plan.stream == plan.name and _way_to(trial, each)]
        if plan.config.get("allow_msg_ttl") and here:
            tried.append((plan, here[0]))
            subject = _way_to(trial, here[0]) or ""
            await desk.server.publish(subject, "short-lived", {"Nats-TTL": f"{_LIFE}s"})
    if not tried:
        return []
    await asyncio.sleep(_LIFE + 1.5)
    proofs = []
    for plan, instance in tried:
        left = await desk.pull(instance, 1, _NONE)
        verdict = Verdict.DIFFERS if left else Verdict.PROVEN
        detail = "a message of one second was still there after 2.5" if left else "gone after its time"
        proofs.append(Proof(f"stream {plan.name}", "expiry", verdict, detail))
    return proofs


def _told(instance: Instance, checked: str, first: Iterable[Received], good: bool, yes: str, no: str) -> Proof:
    if not list(first):
        return Proof(instance.family, checked, Verdict.DIFFERS, "a message sent to it did not come")
    return Proof(instance.family, checked, Verdict.PROVEN if good else Verdict.DIFFERS, yes if good else no)
