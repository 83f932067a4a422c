"""Generated topologies: the model of AMQP, NATS and RabbitMQ agree on who gets which message."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.proof import Proof, Verdict
from natsscan.model.topology import Binding, ExchangeBinding, Topology
from natsscan.nats.proof import rabbit
from natsscan.nats.proof.amqp import route
from natsscan.nats.proof.desk import Desk
from natsscan.nats.proof.jetstream import JetStream
from natsscan.nats.proof.samples import Trial, make_trial
from natsscan.nats.proof.trial import deliver, standing
from tests.nats.systems import binding, exchange, mapped, passage, publisher, queue

AT_ONCE = 25  # topologies in one example; they do not touch each other
EXAMPLES = 20
WORDS = st.sampled_from(["a", "b", "c d", "*", "é", "", ">", "a=2E"])
KEYS = st.lists(WORDS, max_size=4).map(".".join)
PATTERNS = st.lists(st.sampled_from(["a", "b", "c d", "*", "#", "", ">"]), max_size=4).map(".".join)
KINDS = st.sampled_from(["direct", "fanout", "topic", "topic"])


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    kinds = draw(st.lists(KINDS, min_size=1, max_size=3))
    exchanges = tuple(exchange(f"e{number}", kind) for number, kind in enumerate(kinds))
    names = st.sampled_from([each.name for each in exchanges])
    limits = st.sampled_from([{}, {}, {}, {"message_ttl": "60000"}])  # with one a queue has a stream of its own
    tails = draw(st.lists(st.tuples(WORDS, limits), min_size=1, max_size=3))
    queues = tuple(queue(f"q{number}{tail}", **limit) for number, (tail, limit) in enumerate(tails))
    ends = st.sampled_from([each.name for each in queues])
    keys = draw(st.lists(KEYS, min_size=1, max_size=4))
    some = st.sampled_from(keys) | PATTERNS
    bound = draw(st.lists(st.builds(binding, names, some, ends), max_size=4))
    passed = draw(st.lists(st.builds(passage, names, some, names), max_size=2))
    sent = draw(st.lists(st.builds(publisher, names, st.sampled_from(keys)), min_size=1, max_size=4, unique_by=str))
    sent += draw(st.lists(st.builds(publisher, st.just(""), ends | st.just("nobody")), max_size=2, unique_by=str))
    return Topology(
        exchanges, queues, tuple(dict.fromkeys(bound)), tuple(sent), (), tuple(dict.fromkeys(passed))
    )  # fmt: skip


def together(parts: list[Topology]) -> Topology:
    """Put topologies side by side, each with a prefix to all its names."""
    found = Topology()
    for number, part in enumerate(parts):
        own = f"t{number}-"
        found = Topology(
            (*found.exchanges, *(replace(e, name=own + e.name) for e in part.exchanges)),
            (*found.queues, *(replace(q, name=own + q.name) for q in part.queues)),
            (*found.bindings, *(_bound(own, b) for b in part.bindings)),
            (*found.publishers, *(_sent(own, p.exchange, p.routing_key) for p in part.publishers)),
            (),
            (*found.exchange_bindings, *(_passed(own, b) for b in part.exchange_bindings)),
        )
    return found


def _bound(own: str, each: Binding) -> Binding:
    return replace(each, exchange=own + each.exchange, queue=own + each.queue)


def _passed(own: str, each: ExchangeBinding) -> ExchangeBinding:
    return replace(each, source=own + each.source, destination=own + each.destination)


def _sent(own: str, exchange_name: str, key: str):  # type: ignore[no-untyped-def]
    return publisher(own + exchange_name, key) if exchange_name else publisher("", own + key)


def on_nats(url: str, catalog: Catalog, system: Topology) -> tuple[Trial, list[Proof], tuple[frozenset[str], ...]]:
    """Return what was sent, what the server did not take as it is, and which queues got each message."""
    mapping = mapped(catalog, system)
    trial = make_trial(system, mapping)

    async def run() -> tuple[list[Proof], tuple[frozenset[str], ...]]:
        server = await JetStream.connect(url)
        desk = Desk(server, replicas=False)
        try:
            async with standing(desk, mapping, trial) as (accepted, ready):
                return accepted, await deliver(desk, trial, ready)
        finally:
            await server.close()

    return trial, *asyncio.run(run())


def differences(trial: Trial, deliveries: tuple[frozenset[str], ...]) -> list[str]:
    """Return what was delivered otherwise than the model says, with the topology around it."""
    found = []
    for sample, got in zip(trial.samples, deliveries, strict=True):
        wanted = route(trial.broker, sample.exchange, sample.key)
        if got != wanted:
            own = (sample.exchange or sample.key).partition("-")[0] + "-"
            ways = [each for each in (*trial.broker.bindings, *trial.broker.passages) if each[0].startswith(own)]
            kinds = {name: kind for name, kind in trial.broker.exchanges.items() if name.startswith(own)}
            found.append(f"{sample.key!r} to {sample.exchange!r}: {set(got)}, wanted {set(wanted)}; {kinds} {ways}")
    return found


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(topologies(), min_size=AT_ONCE, max_size=AT_ONCE))
def test_nats_delivers_what_the_model_of_amqp_says(nats_url: str, catalog: Catalog, parts: list[Topology]) -> None:
    trial, accepted, deliveries = on_nats(nats_url, catalog, together(parts))
    assert not differences(trial, deliveries)
    assert [proof.verdict for proof in accepted] == [Verdict.PROVEN]


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(topologies(), min_size=10, max_size=10))
def test_rabbitmq_delivers_what_the_model_says(rabbitmq_url: str, catalog: Catalog, parts: list[Topology]) -> None:
    system = together(parts)
    trial = make_trial(system, mapped(catalog, system))
    got = rabbit.deliveries(rabbitmq_url, trial.broker, [(sample.exchange, sample.key) for sample in trial.samples])
    assert not differences(trial, got)
