"""The trial itself: set up, send, compare who received with what the model of AMQP says, and settle messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from natsscan.model.mapping import Config, Discipline, Mapping, StreamPlan
from natsscan.model.proof import Proof, Verdict
from natsscan.nats.names import has_text
from natsscan.nats.proof.amqp import route
from natsscan.nats.proof.desk import NONE, Desk
from natsscan.nats.proof.jetstream import JetStream, RefusedError
from natsscan.nats.proof.samples import Instance, Sample, Trial
from natsscan.nats.proof.settling import by_level, delayed, expired, settled

_REFUSED = "refused:"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial showed, and for each sample by its place which queues got it on NATS."""

    proofs: tuple[Proof, ...]
    deliveries: tuple[frozenset[str], ...]


async def try_mapping(server: JetStream, mapping: Mapping, trial: Trial, *, replicas: bool) -> Outcome:
    """Set up all streams and consumers, and return what was tried; what was set up is taken down again.

    Without `replicas` the server is alone and streams get one.
    """
    desk = Desk(server, replicas)
    async with standing(desk, mapping, trial) as (accepted, ready):
        deliveries = await deliver(desk, trial, ready)
        proofs = [*accepted, *_compared(mapping, trial, ready, deliveries)]
        proofs += await settled(desk, mapping, trial, ready)
        proofs += await expired(desk, mapping, trial, ready)
        proofs += await by_level(desk, trial, ready)
        proofs += await delayed(desk, mapping, trial, ready)
    proofs += [
        Proof(name, "routing", Verdict.UNTESTED, "only the running program knows its name") for name in mapping.unmapped
    ]
    return Outcome(tuple(proofs), deliveries)


@asynccontextmanager
async def standing(
    desk: Desk, mapping: Mapping, trial: Trial
) -> AsyncIterator[tuple[list[Proof], tuple[Instance, ...]]]:
    """Set all up, yield what was refused or changed and the queues that stand, and take all down again."""
    made: list[str] = []
    try:
        yield await _set_up(desk, mapping, trial, made)
    finally:
        for name in reversed(made):
            await desk.server.delete_stream(name)


async def _set_up(
    desk: Desk, mapping: Mapping, trial: Trial, made: list[str]
) -> tuple[list[Proof], tuple[Instance, ...]]:
    """Create all; `made` gets the names of streams. Return what was refused or changed, and the queues that stand."""
    proofs: list[Proof] = []
    for plan in sorted(mapping.streams, key=lambda plan: "sources" in plan.config):
        proofs += await _add_stream(desk, plan, made)
    for other in mapping.consumers:
        if not other.queue and other.stream in made:  # those that stand for no queue: of schedules, of advisories
            proofs += await _add_consumer(desk, other.stream, other.name, other.config)
    ready: list[Instance] = []
    for instance in trial.instances:
        if instance.plan.stream in made:
            told = await _add_consumer(desk, instance.plan.stream, instance.name, instance.config)
            proofs += told
            if not any(proof.detail.startswith(_REFUSED) for proof in told):
                ready.append(instance)
    if not proofs:
        others = sum(not plan.queue for plan in mapping.consumers)
        count = f"{len(made)} streams and {len(ready) + others} consumers, as they are"
        proofs.append(Proof("streams and consumers", "accepted by the server", Verdict.PROVEN, count))
    return proofs, tuple(ready)


async def _add_consumer(desk: Desk, stream: str, name: str, config: Config) -> list[Proof]:
    try:
        got = await desk.server.add_consumer(stream, config)
    except RefusedError as error:
        return [Proof(f"consumer {name}", "accepted by the server", Verdict.DIFFERS, f"{_REFUSED} {error}")]
    changed = _changed(config, got)
    return [Proof(f"consumer {name}", "accepted by the server", Verdict.DIFFERS, changed)] if changed else []


async def _add_stream(desk: Desk, plan: StreamPlan, made: list[str]) -> list[Proof]:
    config = plan.config if desk.replicas else plan.config | {"num_replicas": 1}
    try:
        got = await desk.server.add_stream(config)
    except RefusedError as error:
        return [Proof(f"stream {plan.name}", "accepted by the server", Verdict.DIFFERS, f"{_REFUSED} {error}")]
    made.append(plan.name)
    changed = _changed(config, got)
    return [Proof(f"stream {plan.name}", "accepted by the server", Verdict.DIFFERS, changed)] if changed else []


def _changed(wanted: Config, got: dict[str, object]) -> str:
    different = sorted(
        name for name, value in wanted.items() if got.get(name, False if value is False else None) != value
    )
    unset = [name for name in different if wanted[name] not in (0, "", [], False)]
    return f"the server made something else of {', '.join(unset)}" if unset else ""


async def deliver(desk: Desk, trial: Trial, ready: tuple[Instance, ...]) -> tuple[frozenset[str], ...]:
    """Send every sample, and return by its place which queues got it; what a client has to drop is dropped."""
    for number, sample in enumerate(trial.samples):
        await desk.server.publish(sample.subject, str(number))
    found: list[set[str]] = [set() for _ in trial.samples]
    copies = await asyncio.gather(*(desk.drain(instance, NONE) for instance in ready))
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
            if plan.discipline is not Discipline.DEAD_LETTER:
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
