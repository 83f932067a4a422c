"""How messages are taken, held and settled."""

from __future__ import annotations

import time

from tests.haskell_flow.puppet import Broker
from tests.haskell_flow.scenario import QUIET, Seen, bound, everything, scenario


@scenario
def closing_a_channel_gives_back(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=6)
    puppet.do("qos", count=4)
    puppet.do("consume", queue=q, label="first")
    first = [puppet.event("delivered") for _ in range(4)]
    puppet.do("ack", tag=first[1]["tag"])
    first.append(puppet.event("delivered"))
    puppet.do("close channel")
    ended = puppet.event("channel ended")
    puppet.do("open")
    puppet.do("consume", queue=q, label="second")
    again = [puppet.event("delivered", label="second") for _ in range(5)]
    return {
        "first": [each["body"] for each in first],
        "normal": ended["normal"],
        "again": sorted((each["body"], each["redelivered"]) for each in again),
        "more": puppet.event("delivered", QUIET, label="second"),
    }


@scenario
def acknowledging_several(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=8)
    puppet.do("consume", queue=q, label="c")
    puppet.bodies(8, "c")
    puppet.do("ack", tag=2)
    puppet.do("ack", tag=4, multiple=True)
    puppet.do("nack", tag=6, multiple=True, requeue=False)
    puppet.do("close channel")
    puppet.do("open")
    left = everything(puppet, q)
    puppet.do("publish many", exchange="", key=q, first=1, last=3)
    puppet.do("consume", queue=q, label="d")
    puppet.bodies(3, "d")
    puppet.do("ack", tag=0, multiple=True)
    puppet.do("close channel")
    puppet.do("open")
    return {"left": left, "none": everything(puppet, q)}


@scenario
def unknown_tag(broker: Broker) -> Seen:
    puppet = broker.start()
    puppet.do("ack", tag=7)
    return {"ended": puppet.event("channel ended")}


@scenario
def prefetch(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=5)
    puppet.do("qos", count=2)
    puppet.do("consume", queue=q, label="c")
    first = puppet.bodies(3, "c", QUIET)
    puppet.do("ack", tag=1)
    second = puppet.bodies(2, "c", QUIET)
    puppet.do("ack", tag=3, multiple=True)
    return {"first": first, "second": second, "third": puppet.bodies(3, "c", QUIET)}


@scenario
def two_compete(broker: Broker) -> Seen:
    """Each of two consumers sees its share in order, and nothing twice."""
    one, two, q = broker.start(), broker.start(), broker.name("q")
    one.do("declare queue", queue=q)
    for puppet in (one, two):
        puppet.do("qos", count=1)
        puppet.do("consume", queue=q, label="c", how="ack", pause=2)
    one.do("publish many", exchange="", key=q, first=1, last=200)
    shares = []
    for puppet in (one, two):
        mine = []
        while (got := puppet.event("delivered", QUIET)) is not None:
            mine.append(int(got["body"]))
        shares.append(mine)
    return {
        "all": sorted(shares[0] + shares[1]) == list(range(1, 201)),
        "in order": [share == sorted(share) for share in shares],
        "both work": [len(share) > 20 for share in shares],
    }


@scenario
def single_active_consumer(broker: Broker) -> Seen:
    one, two, q = broker.start(), broker.start(), broker.name("q")
    one.do("declare queue", queue=q, arguments={"x-single-active-consumer": True})
    for puppet in (one, two):
        puppet.do("qos", count=1)
    tag = one.do("consume", queue=q, label="c", how="ack")
    time.sleep(0.5)
    two.do("consume", queue=q, label="c", how="ack")
    one.do("publish many", exchange="", key=q, first=1, last=20)
    first = one.bodies(20, "c")
    idle = two.event("delivered", QUIET)
    one.do("cancel", tag=tag)
    one.do("publish many", exchange="", key=q, first=21, last=30)
    return {"first": first, "idle": idle, "second": two.bodies(10, "c")}


@scenario
def callback_that_throws(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=2)
    puppet.do("consume", queue=q, label="c", how="throw")
    got = puppet.bodies(3, "c", QUIET)
    puppet.do("close channel")
    puppet.do("open")
    time.sleep(0.2)
    return {"got": got, "left": everything(puppet, q)}


@scenario
def without_acknowledgement(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=50)
    puppet.do("consume", queue=q, label="c", how="no ack")
    got = puppet.bodies(50, "c")
    puppet.do("close channel")
    puppet.do("open")
    return {"got": got, "left": everything(puppet, q)}


@scenario
def cancelling(broker: Broker) -> Seen:
    """Who has cancelled can still settle what it has, and gets no more."""
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    tag = puppet.do("consume", queue=q, label="c")
    puppet.do("publish", exchange="", key=q, body="1")
    got = puppet.event("delivered")
    puppet.do("cancel", tag=tag)
    puppet.do("publish", exchange="", key=q, body="2")
    more = puppet.event("delivered", QUIET)
    puppet.do("ack", tag=got["tag"])
    return {"more": more, "left": everything(puppet, q)}


@scenario
def recovering(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=2)
    puppet.do("consume", queue=q, label="c")
    puppet.bodies(2, "c")
    puppet.do("recover")
    again = [puppet.event("delivered"), puppet.event("delivered")]
    return {"again": [(each["body"], each["redelivered"]) for each in again]}


@scenario
def a_killed_consumer(broker: Broker) -> Seen:
    """What a process held that was killed comes to another one, and what it had acknowledged does not."""
    one, two, q = broker.start(), broker.start(), broker.name("q")
    one.do("declare queue", queue=q)
    one.do("publish many", exchange="", key=q, first=1, last=6)
    one.do("qos", count=4)
    one.do("consume", queue=q, label="c")
    one.bodies(4, "c")
    one.do("ack", tag=1)
    time.sleep(0.5)
    one.kill()
    two.do("consume", queue=q, label="c", how="ack")
    got = [two.event("delivered") for _ in range(5)]
    return {"got": sorted((each["body"], each["redelivered"]) for each in got), "more": two.event("delivered", QUIET)}


@scenario
def a_stream_of_messages(broker: Broker) -> Seen:
    """Many messages through an exchange to two queues, each read by two consumers: nothing is lost, nothing comes twice."""
    puppet, e, q, r = broker.start(), broker.name("topic"), broker.name("q"), broker.name("r")
    bound(puppet, e, "topic", {q: ["a.#"], r: ["*.b"]})
    readers = [broker.start() for _ in range(2)]
    for reader in readers:
        reader.do("qos", count=50)
        reader.do("consume", queue=q, label="q", how="ack")
        reader.do("consume", queue=r, label="r", how="ack")
    puppet.do("publish many", exchange=e, key="a.b", first=1, last=3000)
    found: dict[str, list[int]] = {"q": [], "r": []}
    for reader in readers:
        while (got := reader.event("delivered", 2.0)) is not None:
            found[got["label"]].append(int(got["body"]))
    return {label: sorted(bodies) == list(range(1, 3001)) for label, bodies in found.items()}


@scenario
def order_after_closing(broker: Broker) -> Seen:
    """All of a long queue that two consumers held comes again in order when their channel is closed."""
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=2000)
    puppet.do("consume", queue=q, label="c", pause=1)
    puppet.do("consume", queue=q, label="d", pause=1)
    puppet.event("delivered")
    puppet.do("close channel")
    puppet.do("open")
    time.sleep(1)
    return {"in order": everything(puppet, q) == [str(each) for each in range(1, 2001)]}


@scenario
def an_active_consumer_that_takes_long(broker: Broker) -> Seen:
    """The one active consumer stays that while its callback runs, and so holds as much as it may."""
    one, two, q = broker.start(), broker.start(), broker.name("q")
    one.do("declare queue", queue=q, arguments={"x-single-active-consumer": True})
    for puppet in (one, two):
        puppet.do("qos", count=3)
    one.do("consume", queue=q, label="c", pause=32000, how="ack")
    time.sleep(0.5)
    two.do("consume", queue=q, label="c", how="ack")
    one.do("publish many", exchange="", key=q, first=1, last=5)
    first = one.bodies(1, "c")
    idle = two.event("delivered", 30.0)
    return {"first": first, "idle": idle, "next": one.bodies(1, "c")}


@scenario
def declaring_keeps_the_order(broker: Broker) -> Seen:
    """What was given back stays in its place when somebody declares the queue once more."""
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=5)
    puppet.do("consume", queue=q, label="c")
    puppet.bodies(5, "c")
    puppet.do("ack", tag=2, multiple=True)
    puppet.do("close channel")
    puppet.do("open")
    for _ in range(2):
        puppet.do("declare queue", queue=q)
    time.sleep(0.3)
    return {"left": everything(puppet, q)}
