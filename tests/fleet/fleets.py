"""Fleets that are made by hand: a small one in which all there is happens once, and large ones."""

from __future__ import annotations

from dataclasses import replace

from natsscan.model.fleet import (
    Alike,
    Conflict,
    Failed,
    Fleet,
    Loose,
    Point,
    Repository,
    Scanned,
    Work,
    repository_of,
)
from natsscan.model.mapping import ConsumerPlan, Discipline, Fidelity, Gap, Mapping, PublisherPlan, StreamPlan, Version
from natsscan.model.natsuse import NatsUse
from natsscan.model.order import Flow, Part, Step
from natsscan.model.span import Span
from natsscan.model.topology import Binding, Consumer, Exchange, Publisher, Queue, Topology

EMPTY = Mapping({}, {}, {}, (), (), (), (), Version(2, 9), ())


def at(path: str, line: int = 1) -> Span:
    return Span(path, 0, 1, line, 1, line, 2)


def scanned(name: str, direct: int = 0, indirect: int = 0, effort: int = 0, on_nats: int = 0) -> Scanned:
    work = (Work(name, direct, indirect, effort, on_nats),) if direct or indirect or on_nats else ()
    source = f"https://git.example/{name}.git"
    return Scanned(Repository(name, source), "a1b2c3d4" * 5, "2026-11-20", 120, 0, work)


def queue(name: str, *services: str, **arguments: str) -> Queue:
    told = {key.replace("_", "-"): text for key, text in arguments.items()}
    places = tuple(at(f"{service}/src/Queues.hs", 12) for service in services)
    return Queue(name, {"durable": "true"}, told, frozenset(), services, places)


def exchange(name: str, kind: str, *services: str) -> Exchange:
    places = tuple(at(f"{service}/src/Queues.hs", 10) for service in services)
    return Exchange(name, {"exchange_type": kind, "durable": "true"}, {}, frozenset(), services, places)


def publisher(service: str, exchange: str, key: str) -> Publisher:
    return Publisher(service, exchange, key, {}, (at(f"{service}/src/Publish.hs", 31),), ())


def consumer(service: str, queue: str) -> Consumer:
    return Consumer(
        service,
        queue,
        "manual",
        "10",
        False,
        (at(f"{service}/src/Read.hs", 44),),
        (),
        (),
        (at(f"{service}/src/Read.hs", 40),),
        (),
    )


def gap(queue: str, fidelity: Fidelity, property_: str) -> Gap:
    return Gap(
        f"queue-{property_}", f"queue {queue}", property_, "10", fidelity, "", Version(2, 9),
        f"Keep `{property_}` by hand.", (at("billing/src/Queues.hs", 12),),
    )  # fmt: skip


def step(name: str, consumes: tuple[str, ...], publishes: tuple[str, ...], effort: int, reason: str = "") -> Step:
    return Step(name, Part.SERVICE, reason or f"{name} moves now.", consumes, publishes, (), effort, effort)


def small() -> Fleet:
    """Return three repositories that use AMQP, one that does not, and one that failed.

    shop publishes orders, billing consumes them and sends receipts that nobody reads; mail waits on a queue that
    nothing fills, and declares another one in its own way.
    """
    topology = Topology(
        exchanges=(exchange("orders", "topic", "shop"),),
        queues=(
            queue("billing.orders", "billing", x_dead_letter_exchange="", x_dead_letter_routing_key="billing.dead"),
            queue("billing.dead", "billing", x_max_priority="10"),
            queue("mail.{tenant}", "mail"),
            queue("receipts", "billing"),
        ),
        bindings=(Binding("orders", "order.#", "billing.orders", (at("billing/src/Queues.hs", 14),)),),
        publishers=(publisher("billing/worker", "", "receipts"), publisher("shop", "orders", "order.placed")),
        consumers=(
            consumer("billing/worker", "billing.orders"),
            consumer("mail", "billing.dead"),
            consumer("mail", "mail.{tenant}"),
        ),
    )
    stream = StreamPlan(
        "ORDERS", "limits", {"retention": "limits", "storage": "file"}, ("orders",), ("billing.orders",)
    )
    plan = ConsumerPlan(
        "billing-orders", "billing.orders", "ORDERS", True,
        {"filter_subject": "orders.order.>", "ack_policy": "explicit"}, True, (), ("billing/worker",), "manual", (),
    )  # fmt: skip
    mapping = Mapping(
        exchanges={"orders": "orders"},
        queues={"billing.orders": "queue.billing.orders"},
        holes={},
        streams=(stream,),
        consumers=(plan,),
        publishers=(
            PublisherPlan("shop", "orders", "order.placed", "orders.order.placed", "ORDERS", Discipline.JETSTREAM, ()),
        ),
        gaps=(
            gap("billing.dead", Fidelity.NONE, "priority"),
            gap("billing.orders", Fidelity.APPROX, "dead letters"),
            gap("billing.orders", Fidelity.EXACT, "durable"),
        ),
        least_version=Version(2, 10),
        unmapped=("mail.{tenant}",),
    )
    billing = Scanned(
        Repository("billing", "https://git.example/billing.git", "v2"),
        "b" * 40,
        "2026-11-21",
        210,
        2,
        (Work("billing/worker", 9, 2, 40, 3), Work("billing", 1, 0, 3, 0)),
    )
    return Fleet(
        rules_digest="d" * 16,
        scanned=(billing, scanned("mail", 4, 0, 12), scanned("shop", 3, 1, 9), scanned("site")),
        failed=(Failed(Repository("legacy", "https://git.example/legacy.git"), "no such branch: main", 3),),
        topology=topology,
        nats=NatsUse(),
        mapping=mapping,
        crossings=(
            Flow("billing/worker", "billing.dead", "mail", dead_letters=True),
            Flow("shop", "billing.orders", "billing/worker"),
        ),
        unread=(Loose("receipts", ("billing/worker",), (at("billing/src/Publish.hs", 31),)),),
        unfed=(Loose("mail.{tenant}", ("mail",), (at("mail/src/Read.hs", 40),)),),
        unbound=(Loose("audit", ("shop",), (at("shop/src/Publish.hs", 50),)),),
        conflicts=(
            Conflict("billing.dead", at("mail/src/Read.hs", 20), "x-max-priority not set, not 10", at("billing/src/Queues.hs", 12)),
        ),
        alike=(
            Alike("queue", "biling.orders", "billing.orders", ("mail",), ("billing/worker",), (at("mail/src/Read.hs", 8),)),
        ),
        order=(
            step("mail", ("billing.dead", "mail.{tenant}"), (), 12, "It moves before billing, whose messages it consumes."),
            step("billing", ("billing.orders",), ("receipts",), 43, "It moves after mail and before shop."),
            step("shop", (), ("orders",), 9, "It moves after billing, which it publishes to."),
        ),
        history=(
            Point("2026-10-01", "c" * 16, 4, 30, 6, 110, 0),
            Point("2026-11-01", "c" * 16, 4, 22, 5, 84, 1),
            Point("2026-11-21", "d" * 16, 4, 17, 3, 64, 3),
        ),
    )  # fmt: skip


def nothing() -> Fleet:
    """Return a fleet in which nothing uses AMQP."""
    return Fleet("d", (scanned("site"),), (), Topology(), NatsUse(), EMPTY, (), (), (), (), (), (), (), ())


def large(repositories: int, queues: int, mapped: bool = True) -> Fleet:
    """Return many repositories: each reads its share of the queues, and publishes to those of three others."""
    names = [f"team-{at % 40:02}-service-{at:04}" for at in range(repositories)]
    of = {f"{names[at % repositories]}.work.{at:05}": names[at % repositories] for at in range(queues)}
    declared, bindings, publishers, consumers, crossings = [], [], [], [], []
    for number, (name, owner) in enumerate(of.items()):
        service = f"{owner}/worker"
        sender = f"{names[(number * 7 + 1 + number // repositories) % repositories]}/api"
        declared.append(queue(name, service, x_queue_type="quorum", x_max_priority="10"))
        bindings.append(
            Binding(f"{owner}.events", f"work.{number}", name, (at(f"{service}/src/Queues.hs", 20 + number % 90),))
        )
        consumers.append(consumer(service, name))
        if number % 50 == 7:
            continue
        publishers.append(publisher(sender, f"{owner}.events", f"work.{number}"))
        if repository_of(sender) != owner:
            crossings.append(Flow(sender, name, service))
    unfed = [Loose(name, (f"{owner}/worker",), ()) for at, (name, owner) in enumerate(of.items()) if at % 50 == 7]
    exchanges = tuple(exchange(f"{name}.events", "topic", f"{name}/worker") for name in names)
    topology = Topology(
        exchanges, tuple(declared), tuple(bindings), tuple(sorted(publishers, key=repr)), tuple(consumers)
    )
    return Fleet(
        rules_digest="d" * 16,
        scanned=tuple(_many(at, name) for at, name in enumerate(names)),
        failed=tuple(Failed(Repository(f"gone-{at}", f"https://git.example/gone-{at}.git"), "clone failed: timed out", 3) for at in range(3)),
        topology=topology,
        nats=NatsUse(),
        mapping=_mapping(topology) if mapped else EMPTY,
        crossings=tuple(sorted(crossings)),
        unread=(),
        unfed=tuple(sorted(unfed)),
        unbound=(),
        conflicts=(),
        alike=(),
        order=_steps(names, topology, crossings),
        history=tuple(Point(f"2026-{month:02}-01", "d", repositories, 90_000 - 7_000 * month, 900, 300_000 - 24_000 * month, 500 * month) for month in range(1, 12)),
    )  # fmt: skip


def _many(at: int, name: str) -> Scanned:
    work = (
        Work(f"{name}/api", 3 + at % 7, at % 3, 20 + at % 31, at % 5),
        Work(f"{name}/worker", 12, 1, 60 + at % 17, 0),
    )
    return Scanned(Repository(name, f"https://git.example/platform/{name}.git"), f"{at:040x}", "2026-11-20", 400, at % 90 == 3, work)  # fmt: skip


def _mapping(topology: Topology) -> Mapping:
    """Return a mapping as large as one that is worked out: a stream for each exchange, six properties for each queue."""
    streams, consumers, gaps = [], [], []
    by_exchange: dict[str, list[str]] = {}
    for binding in topology.bindings:
        by_exchange.setdefault(binding.exchange, []).append(binding.queue)
    for name, queues in by_exchange.items():
        streams.append(
            StreamPlan(name.upper().replace(".", "_"), "limits", {"retention": "limits"}, (name,), tuple(queues))
        )
    for binding, read in zip(topology.bindings, topology.consumers, strict=True):
        config = {"filter_subject": f"{binding.exchange}.{binding.routing_key}", "ack_policy": "explicit"}
        stream = binding.exchange.upper().replace(".", "_")
        consumers.append(
            ConsumerPlan(
                binding.queue.replace(".", "-"),
                binding.queue,
                stream,
                True,
                dict(config),
                True,
                (),
                (read.service,),
                "manual",
                (),
            )
        )
        kinds = (
            ("priority", Fidelity.NONE),
            ("single active consumer", Fidelity.APPROX),
            ("prefetch", Fidelity.APPROX),
        )
        gaps += [gap(binding.queue, fidelity, name) for name, fidelity in (*kinds, ("durable", Fidelity.EXACT))]
    publishers = [
        PublisherPlan(
            p.service,
            p.exchange,
            p.routing_key,
            f"{p.exchange}.{p.routing_key}",
            p.exchange.upper().replace(".", "_"),
            Discipline.JETSTREAM,
            p.at,
        )
        for p in topology.publishers
    ]
    return Mapping(
        {e.name: e.name for e in topology.exchanges},
        {b.queue: f"{b.exchange}.{b.routing_key}" for b in topology.bindings},
        {}, tuple(streams), tuple(consumers), tuple(publishers), tuple(gaps), Version(2, 11), (),
    )  # fmt: skip


def _steps(names: list[str], topology: Topology, crossings: list[Flow]) -> tuple[Step, ...]:
    consumes: dict[str, list[str]] = {}
    publishes: dict[str, set[str]] = {}
    flows: dict[str, list[Flow]] = {}
    for each in topology.consumers:
        consumes.setdefault(repository_of(each.service), []).append(each.queue)
    for sent in topology.publishers:
        publishes.setdefault(repository_of(sent.service), set()).add(sent.exchange)
    for each in crossings:
        flow = Flow(repository_of(each.publisher), each.queue, repository_of(each.consumer))
        flows.setdefault(flow.publisher, []).append(flow)
        flows.setdefault(flow.consumer, []).append(flow)
    return tuple(
        Step(
            name, Part.SERVICE,
            "It moves after " + ", ".join(sorted({f.consumer for f in flows.get(name, ()) if f.publisher == name})) + ", which it publishes to.",
            tuple(consumes.get(name, ())), tuple(sorted(publishes.get(name, ()))), tuple(sorted(flows.get(name, ()))), 15, 90,
        )
        for name in names
    )  # fmt: skip


# Names that would do something if they were not only shown.
HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>alert(3)</script>",
    'a"onmouseover="alert(2)',
    "`b` $x$ [l](https://evil.example) ![p](https://evil.example/p.png)",
    "shop | x | y",
    "r\u202eot\u2066",
    "\x1b]0;gone\x07\x1b[31m",
    "{{ 7 * 7 }}{% raw %}",
    "repository:%00&queue=1#flows?a=b",
)


def hostile() -> Fleet:
    """Return a fleet in which all that has a name would like to do something."""
    made = small()
    pairs = [(HOSTILE[at], HOSTILE[(at + 1) % len(HOSTILE)]) for at in range(len(HOSTILE))]
    # Only what comes before a slash is the repository: names of repositories have none.
    plain = {name: name.replace("/", "∕") for name in HOSTILE}
    topology = Topology(
        exchanges=tuple(exchange(f"x{name}", name, plain[name]) for name in HOSTILE),
        queues=tuple(queue(f"q{name}", plain[name], x_max_priority=name) for name in HOSTILE),
        bindings=tuple(Binding(f"x{name}", name, f"q{name}", (at(name),)) for name in HOSTILE),
        publishers=tuple(publisher(plain[other], f"x{name}", name) for name, other in pairs),
        consumers=tuple(consumer(plain[name], f"q{name}") for name in HOSTILE),
    )
    mapping = Mapping(
        {f"x{name}": name for name in HOSTILE}, {f"q{name}": name for name in HOSTILE}, {},
        tuple(StreamPlan(name, "limits", {"storage": name}, (f"x{name}",), (f"q{name}",)) for name in HOSTILE),
        tuple(ConsumerPlan(name, f"q{name}", name, True, {"filter_subject": name}, True, (), (), "manual", ()) for name in HOSTILE),
        (), tuple(replace(gap(f"q{name}", Fidelity.NONE, name), value=name, advice=name) for name in HOSTILE), Version(2, 10), (),
    )  # fmt: skip
    return replace(
        made,
        scanned=tuple(
            Scanned(Repository(plain[name], f"javascript:{name}", name), name, name, 1, 1, (Work(f"{plain[name]}/{name}", 1, 1, 1, 1),))
            for name in HOSTILE
        ),
        failed=tuple(Failed(Repository(plain[name], name, name), name, 2) for name in HOSTILE),
        topology=topology,
        mapping=mapping,
        crossings=tuple(Flow(plain[other], f"q{name}", plain[name]) for name, other in pairs),
        unread=tuple(Loose(f"q{name}", (plain[name],), (at(name),)) for name in HOSTILE),
        unfed=tuple(Loose(f"q{name}", (plain[name],), (at(name),)) for name in HOSTILE),
        unbound=tuple(Loose(f"x{name}", (plain[name],), (at(name),)) for name in HOSTILE),
        conflicts=tuple(Conflict(f"q{name}", at(name), name, at(name)) for name in HOSTILE),
        alike=tuple(Alike("queue", name, f"q{name}", (plain[name],), (plain[name],), (at(name),)) for name in HOSTILE),
        order=tuple(step(plain[name], (f"q{name}",), (f"x{name}",), 1, name) for name in HOSTILE),
        history=tuple(Point(name, name, 1, 1, 1, 1, 1) for name in HOSTILE),
    )  # fmt: skip
