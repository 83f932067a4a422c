"""How messages are settled on NATS: acknowledged, rejected, in order, by priority, after a delay, expired."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from natsscan.model.mapping import Discipline, Mapping, StreamPlan
from natsscan.model.proof import Proof, Verdict
from natsscan.nats.proof.amqp import route
from natsscan.nats.proof.desk import NONE, SOME, Desk
from natsscan.nats.proof.jetstream import Received
from natsscan.nats.proof.samples import Instance, Trial

_IN_ORDER = 8  # messages
_DELAY = 2  # seconds; a schedule counts whole ones
_LIFE = 1  # seconds; the shortest that the server takes


async def settled(desk: Desk, mapping: Mapping, trial: Trial, ready: tuple[Instance, ...]) -> list[Proof]:
    """Try acknowledging, rejecting, dead-lettering and order on one queue of each family."""
    proofs: list[Proof] = []
    tried: set[str] = set()
    for instance in ready:
        if instance.family in tried:
            continue
        tried.add(instance.family)
        subject = _way_to(trial, instance)
        if subject is None:
            dead = any(
                p.discipline is Discipline.DEAD_LETTER and p.stream == instance.plan.stream for p in mapping.publishers
            )
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


async def _acknowledged(desk: Desk, instance: Instance, subject: str) -> Proof:
    await desk.server.publish(subject, "acknowledged")
    first = await desk.pull(instance, 1, SOME)
    for message in first:
        await desk.server.settle(message, "+ACK")
    again = await desk.pull(instance, 1, NONE)
    return _told(
        instance, "acknowledging", first, not again, "comes once and is gone", "came again after its acknowledgement"
    )


async def _given_back(desk: Desk, instance: Instance, subject: str) -> Proof:
    await desk.server.publish(subject, "given back")
    first = await desk.pull(instance, 1, SOME)
    for message in first:
        await desk.server.settle(message, "-NAK")
    again = await desk.pull(instance, 1, SOME)
    for message in again:
        await desk.server.settle(message, "+ACK")
    good = [message.delivered for message in again] == [2]
    return _told(instance, "reject with requeue", first, good, "comes a second time, counted 2", "did not come again")


async def _rejected(
    desk: Desk, mapping: Mapping, instance: Instance, subject: str, ready: tuple[Instance, ...]
) -> Proof:
    """Reject a message; with dead letters, publish it there first, and look whether it arrives."""
    await desk.server.publish(subject, "rejected")
    first = await desk.pull(instance, 1, SOME)
    dead = next(
        (p for p in mapping.publishers if p.discipline is Discipline.DEAD_LETTER and p.at[:1] == instance.plan.at[:1]),
        None,
    )
    holder = None
    if dead is not None and "{" not in dead.subject:
        holder = next((each for each in ready if each.plan.stream == dead.stream), None)
        await desk.server.publish(dead.subject, "rejected", {"Nats-Msg-Id": f"dead:{instance.name}"})
    for message in first:
        await desk.server.settle(message, "+TERM")
    again = await desk.pull(instance, 1, NONE)
    checked, good = "reject", not again
    if holder is not None:
        checked = "reject and dead-letter"
        letters = await desk.drain(holder, NONE)
        good = good and [letter.body for letter in letters] == ["rejected"]
    return _told(
        instance, checked, first, good, "is gone" + (f", {holder.family} has it" if holder else ""), "went wrong"
    )


async def _in_order(desk: Desk, instance: Instance, subject: str) -> Proof:
    """Let two workers take turns, and see that each message comes once, in order; one at a time where that is asked."""
    for number in range(_IN_ORDER):
        await desk.server.publish(subject, str(number))
    alone = instance.config.get("max_ack_pending") == 1
    other = {key: value for key, value in desk.group(instance).items() if key == "group"}
    bodies: list[str] = []
    for number in range(_IN_ORDER):
        mine = alone or number % 2 == 0
        messages = (
            await desk.pull(instance, 1, SOME)
            if mine
            else await desk.server.pull(instance.plan.stream, instance.name, 1, SOME, other)
        )
        if alone and number == 0:
            second = await desk.server.pull(instance.plan.stream, instance.name, 1, NONE, other)
            bodies += [message.body for message in second]
        for message in messages:
            bodies.append(message.body)
            await desk.server.settle(message, "+ACK")
    good = bodies == [str(number) for number in range(_IN_ORDER)]
    how = "one in work at a time, in order" if alone else "each comes once, in order"
    proof = Verdict.PROVEN if good else Verdict.DIFFERS
    return Proof(instance.family, "two workers", proof, how if good else f"came as {', '.join(bodies) or 'nothing'}")


async def expired(desk: Desk, mapping: Mapping, trial: Trial, ready: tuple[Instance, ...]) -> list[Proof]:
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
        left = await desk.pull(instance, 1, NONE)
        verdict = Verdict.DIFFERS if left else Verdict.PROVEN
        detail = "a message of one second was still there after 2.5" if left else "gone after its time"
        proofs.append(Proof(f"stream {plan.name}", "expiry", verdict, detail))
    return proofs


async def by_level(desk: Desk, trial: Trial, ready: tuple[Instance, ...]) -> list[Proof]:
    """Publish from the lowest level up, and see that a worker that asks the highest first gets that first."""
    proofs = []
    for family in sorted({each.family for each in ready if each.plan.level is not None}):
        levels = sorted((each for each in ready if each.family == family), key=lambda each: each.plan.level or 0)
        subject = _way_to(trial, levels[0])
        if subject is None:
            continue
        for each in levels:
            await desk.server.publish(f"{subject.rpartition('.')[0]}.{each.plan.level}", str(each.plan.level))
        got = [message.body for each in reversed(levels) for message in await desk.drain(each, NONE)]
        good = got == [str(each.plan.level) for each in reversed(levels)]
        verdict = Verdict.PROVEN if good else Verdict.DIFFERS
        proofs.append(Proof(family, "priority", verdict, f"came as {', '.join(got) or 'nothing'}"))
    return proofs


async def delayed(desk: Desk, mapping: Mapping, trial: Trial, ready: tuple[Instance, ...]) -> list[Proof]:
    """Schedule a message for each exchange that holds messages back: it must come, and not before its time."""
    proofs = []
    for number, plan in enumerate(plan for plan in mapping.publishers if plan.schedule):
        sample = next((s for s in trial.samples if s.plan is plan and not s.is_near_miss), None)
        queues = route(trial.broker, sample.exchange, sample.key) if sample else frozenset()
        instance = next((each for each in ready if each.queue in queues), None)
        if sample is None or instance is None:
            continue
        due = datetime.now(UTC) + timedelta(seconds=_DELAY)
        headers = {"Nats-Schedule": f"@at {due:%Y-%m-%dT%H:%M:%SZ}", "Nats-Schedule-Target": sample.subject}
        taken = await desk.server.publish(plan.schedule.replace("{id}", str(number)), "delayed", headers)
        early = await desk.pull(instance, 1, NONE)
        late = await desk.pull(instance, 1, _DELAY + 2)
        for message in (*early, *late):
            await desk.server.settle(message, "+ACK")
        good = taken and not early and [message.body for message in late] == ["delayed"]
        verdict = Verdict.PROVEN if good else Verdict.DIFFERS
        detail = "comes after its delay" if good else "came too early" if early else "did not come"
        proofs.append(Proof(f"{plan.service}: {plan.exchange} → {instance.family}", "delay", verdict, detail))
    return proofs


def _told(instance: Instance, checked: str, first: Iterable[Received], good: bool, yes: str, no: str) -> Proof:
    if not list(first):
        return Proof(instance.family, checked, Verdict.DIFFERS, "a message sent to it did not come")
    return Proof(instance.family, checked, Verdict.PROVEN if good else Verdict.DIFFERS, yes if good else no)
