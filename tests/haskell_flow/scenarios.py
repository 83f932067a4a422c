"""What a program on AMQP goes by, one property in each scenario. Each returns what was seen; brokers have to agree."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.haskell_flow.puppet import Broker, Puppet

Seen = dict[str, Any]
SCENARIOS: dict[str, Callable[[Broker], Seen]] = {}
QUIET = 1.0  # seconds in which nothing more is expected


def scenario(run: Callable[[Broker], Seen]) -> Callable[[Broker], Seen]:
    SCENARIOS[run.__name__] = run
    return run


def bound(puppet: Puppet, exchange: str, kind: str, bindings: dict[str, list[str]], **fields: Any) -> None:
    """Declare an exchange, and queues bound to it by keys."""
    puppet.do("declare exchange", exchange=exchange, type=kind)
    for queue, keys in bindings.items():
        puppet.do("declare queue", queue=queue, **fields)
        for key in keys:
            puppet.do("bind", queue=queue, exchange=exchange, key=key)


def everything(puppet: Puppet, queue: str) -> list[str]:
    """Return the bodies of all that waits in a queue."""
    found = []
    while (got := puppet.do("get", queue=queue, no_ack=True)) is not None:
        found.append(got["body"])
    return found


def gist(delivery: Any) -> Any:
    """Return what of a delivery is the same on all brokers."""
    headers = delivery["headers"] or {}
    kept = {name: value for name, value in headers.items() if not name.startswith("x-last-death")}
    return {**delivery, "headers": kept}


@scenario
def copies_per_queue(broker: Broker) -> Seen:
    one, two, other, e = (broker.name(word) for word in ("one", "two", "other", "direct"))
    puppet = broker.start()
    bound(puppet, e, "direct", {one: ["k"], two: ["k", "l"], other: ["m"]})
    for key in ("k", "l", "k.l", ""):
        puppet.do("publish", exchange=e, key=key, body=f"to {key}")
    return {queue: everything(puppet, name) for queue, name in {"one": one, "two": two, "other": other}.items()}


@scenario
def patterns(broker: Broker) -> Seen:
    puppet, e = broker.start(), broker.name("topic")
    keys = ["", "a", "b", "a.b", "b.a", "a.b.c", "c.a.b", "a..b", "x y.a", "a.*"]
    found: Seen = {}
    for at, pattern in enumerate(["", "#", "*", "a.#", "#.b", "*.b", "a.#.b", "#.a.*", "x y.*", "a.>"]):
        bound(puppet, e, "topic", {broker.name(f"t{at}"): [pattern]})
    for key in keys:
        puppet.do("publish", exchange=e, key=key, body=key)
    for at in range(10):
        found[str(at)] = everything(puppet, broker.name(f"t{at}"))
    return found


@scenario
def several_patterns_one_copy(broker: Broker) -> Seen:
    puppet, e, q = broker.start(), broker.name("topic"), broker.name("q")
    bound(puppet, e, "topic", {q: ["a.*", "*.b", "a.b"]})
    for key in ("a.b", "a.c", "c.b", "c.d"):
        puppet.do("publish", exchange=e, key=key, body=key)
    return {"q": everything(puppet, q)}


@scenario
def fanout(broker: Broker) -> Seen:
    puppet, e, q, r = broker.start(), broker.name("fanout"), broker.name("q"), broker.name("r")
    bound(puppet, e, "fanout", {q: [""], r: ["ignored"]})
    for key in ("", "any.thing"):
        puppet.do("publish", exchange=e, key=key, body=key)
    return {"q": everything(puppet, q), "r": everything(puppet, r)}


@scenario
def headers_exchange(broker: Broker) -> Seen:
    puppet, e = broker.start(), broker.name("headers")
    puppet.do("declare exchange", exchange=e, type="headers")
    wanted = {
        "all": {"x-match": "all", "a": "1", "n": 2},
        "any": {"x-match": "any", "a": "1", "n": 2},
        "none": {},
        "typed": {"a": 1},
    }
    for name, arguments in wanted.items():
        puppet.do("declare queue", queue=broker.name(name))
        puppet.do("bind", queue=broker.name(name), exchange=e, key="", arguments=arguments)
    for body, headers in {"both": {"a": "1", "n": 2}, "one": {"a": "1"}, "other": {"b": "1"}}.items():
        puppet.do("publish", exchange=e, key="", body=body, headers=headers)
    return {name: everything(puppet, broker.name(name)) for name in wanted}


@scenario
def exchange_to_exchange(broker: Broker) -> Seen:
    puppet, e, f, q = broker.start(), broker.name("e"), broker.name("f"), broker.name("q")
    puppet.do("declare exchange", exchange=e, type="topic")
    bound(puppet, f, "topic", {q: ["*.b"]})
    puppet.do("bind exchange", to=f, **{"from": e}, key="a.#")
    for key in ("a.b", "a.c", "c.b"):
        puppet.do("publish", exchange=e, key=key, body=key)
    puppet.do("publish", exchange=f, key="d.b", body="d.b")
    time.sleep(QUIET)
    found = {"while bound": sorted(everything(puppet, q))}
    puppet.do("unbind exchange", to=f, **{"from": e}, key="a.#")
    puppet.do("publish", exchange=e, key="a.b", body="late")
    time.sleep(QUIET)
    return found | {"afterwards": everything(puppet, q)}


@scenario
def what_a_message_carries(broker: Broker) -> Seen:
    puppet, e, q = broker.start(), broker.name("direct"), broker.name("q")
    bound(puppet, e, "direct", {q: ["k.ü"]})
    headers = {"text": "x", "number": 5, "yes": True, "with space": "ü", "Content-Type": "odd", "table": {"in": "side"}}
    puppet.do(
        "publish", exchange=e, key="k.ü", body="ä\n", persistent=False, type="t", reply_to="r", id="i", correlation="c",
        headers=headers,
    )  # fmt: skip
    puppet.do("publish", exchange="", key=q, body="")
    return {"first": puppet.do("get", queue=q), "second": puppet.do("get", queue=q)}


@scenario
def nobody_wants_it(broker: Broker) -> Seen:
    puppet, e, q = broker.start(), broker.name("direct"), broker.name("q")
    bound(puppet, e, "direct", {q: ["k"]})
    puppet.do("return listener")
    puppet.do("publish", exchange="", key=broker.name("undeclared"), body="1")
    puppet.do("publish", exchange="", key=broker.name("undeclared"), body="2", mandatory=True)
    puppet.do("publish", exchange=e, key="other", body="3", mandatory=True)
    puppet.do("publish", exchange=e, key="k", body="4", mandatory=True)
    returned = [puppet.event("returned")["body"], puppet.event("returned")["body"], puppet.event("returned", QUIET)]
    puppet.do("declare queue", queue=broker.name("undeclared"))
    return {"returned": returned, "late": everything(puppet, broker.name("undeclared")), "q": everything(puppet, q)}


@scenario
def exchange_is_missing(broker: Broker) -> Seen:
    puppet = broker.start()
    puppet.do("publish", exchange=broker.name("missing"), key="k", body="1")
    ended = puppet.event("channel ended")
    return {"ended": ended, "then": puppet.do("publish", exchange="", key="k", body="2")}


@scenario
def closing_a_channel_gives_back(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=6)
    puppet.do("qos", count=4)
    puppet.do("consume", queue=q, label="first")
    first = [puppet.event("delivered") for _ in range(4)]
    puppet.do("ack", tag=first[1]["tag"])
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
def rejecting(broker: Broker) -> Seen:
    puppet, q, dead, e = (broker.start(), broker.name("q"), broker.name("dead"), broker.name("dlx"))
    bound(puppet, e, "direct", {dead: ["buried"]})
    arguments = {"x-dead-letter-exchange": e, "x-dead-letter-routing-key": "buried"}
    puppet.do("declare queue", queue=q, arguments=arguments)
    puppet.do("publish", exchange="", key=q, body="1", headers={"own": "x"}, expiration="600000")
    puppet.do("publish", exchange="", key=q, body="2")
    puppet.do("consume", queue=q, label="c")
    first, second = puppet.event("delivered"), puppet.event("delivered")
    puppet.do("reject", tag=second["tag"], requeue=True)
    again = puppet.event("delivered")
    puppet.do("reject", tag=first["tag"], requeue=False)
    puppet.do("ack", tag=again["tag"])
    puppet.do("consume", queue=dead, label="dead", how="ack")
    buried = puppet.event("delivered", label="dead")
    return {"again": again["body"], "redelivered": again["redelivered"], "buried": gist(buried) | {"tag": 0}}


@scenario
def rejecting_into_nowhere(broker: Broker) -> Seen:
    puppet, q, r = broker.start(), broker.name("q"), broker.name("r")
    puppet.do("declare queue", queue=q)
    puppet.do("declare queue", queue=r, arguments={"x-dead-letter-exchange": broker.name("missing")})
    for queue in (q, r):
        puppet.do("publish", exchange="", key=queue, body="1")
        got = puppet.do("get", queue=queue)
        puppet.do("reject", tag=got["tag"], requeue=False)
    return {"q": everything(puppet, q), "r": everything(puppet, r)}


@scenario
def rejected_twice(broker: Broker) -> Seen:
    """A queue whose dead letters come back to it counts them."""
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q, arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": q})
    puppet.do("publish", exchange="", key=q, body="1")
    for _ in range(2):
        puppet.do("reject", tag=puppet.do("get", queue=q)["tag"], requeue=False)
        time.sleep(0.3)
    return {"third": gist(puppet.do("get", queue=q))["headers"]["x-death"]}


@scenario
def expiring(broker: Broker) -> Seen:
    """What nobody takes in time is a dead letter, though nobody consumes the queue."""
    puppet, q, dead, e = (broker.start(), broker.name("q"), broker.name("dead"), broker.name("dlx"))
    bound(puppet, e, "direct", {dead: [q]})
    puppet.do("declare queue", queue=q, arguments={"x-dead-letter-exchange": e})
    puppet.do("publish", exchange="", key=q, body="1", expiration="1500")
    puppet.do("publish", exchange="", key=q, body="2")
    puppet.do("consume", queue=dead, label="dead", how="ack")
    buried = puppet.event("delivered", label="dead")
    return {"buried": gist(buried) | {"tag": 0}, "left": everything(puppet, q)}


@scenario
def time_to_live_of_a_queue(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q, arguments={"x-message-ttl": 1000})
    puppet.do("publish", exchange="", key=q, body="1")
    puppet.do("publish", exchange="", key=q, body="2", expiration="60000")
    time.sleep(1.6)
    puppet.do("publish", exchange="", key=q, body="3")
    return {"left": everything(puppet, q)}


@scenario
def now_or_never(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish", exchange="", key=q, body="nobody is there", expiration="0")
    time.sleep(1.5)
    puppet.do("consume", queue=q, label="c", how="ack")
    time.sleep(0.3)
    puppet.do("publish", exchange="", key=q, body="somebody is there", expiration="0")
    return {"got": puppet.bodies(2, "c", QUIET)}


@scenario
def held_does_not_expire(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish", exchange="", key=q, body="1", expiration="1000")
    got = puppet.do("get", queue=q)
    time.sleep(1.5)
    puppet.do("ack", tag=got["tag"])
    return {"got": got["body"], "then": puppet.do("get", queue=q), "ended": puppet.event("channel ended", 0.3)}


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
def exclusive(broker: Broker) -> Seen:
    mine, others, q = broker.start(), broker.start(), broker.name("q")
    named = mine.do("declare queue", queue=q, exclusive=True)
    mine.do("publish", exchange="", key=q, body="1")
    refused = others.do("consume", queue=q, label="c")
    ended = others.event("channel ended")
    others.do("open")
    got = mine.do("get", queue=q)["body"]
    mine.do("close")
    mine.event("connection closed")
    time.sleep(0.5)
    gone = others.do("declare queue", queue=q, passive=True)
    return {"named": named[0] == q, "refused": bool(refused), "ended": ended["normal"], "got": got, "gone": gone}


@scenario
def named_by_the_server(broker: Broker) -> Seen:
    puppet, e = broker.start(), broker.name("fanout")
    name, messages, consumers = puppet.do("declare queue", queue="", exclusive=True, auto_delete=True)
    puppet.do("declare exchange", exchange=e, type="fanout")
    puppet.do("bind", queue=name, exchange=e, key="")
    puppet.do("consume", queue=name, label="c", how="ack")
    puppet.do("publish", exchange=e, key="k", body="by exchange")
    puppet.do("publish", exchange="", key=name, body="by name")
    return {"like": name[:8], "counts": [messages, consumers], "got": puppet.bodies(2, "c")}


@scenario
def gone_with_its_last_consumer(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q, auto_delete=True)
    one = puppet.do("consume", queue=q, label="c")
    two = puppet.do("consume", queue=q, label="d")
    puppet.do("cancel", tag=one)
    still = puppet.do("declare queue", queue=q, passive=True)
    puppet.do("cancel", tag=two)
    time.sleep(0.3)
    return {"still": still[0] == q, "gone": puppet.do("declare queue", queue=q, passive=True)}


@scenario
def emptying_and_deleting(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=5)
    held = puppet.do("get", queue=q)
    purged = puppet.do("purge queue", queue=q)
    puppet.do("reject", tag=held["tag"], requeue=True)
    time.sleep(0.2)
    left = everything(puppet, q)
    puppet.do("publish many", exchange="", key=q, first=1, last=3)
    puppet.do("consume", queue=q, label="c")
    puppet.bodies(3, "c")
    puppet.do("publish many", exchange="", key=q, first=1, last=2)
    puppet.bodies(2, "c")
    puppet.do("delete queue", queue=q)
    cancelled = puppet.event("cancelled") is not None
    puppet.do("declare queue", queue=q)
    return {"purged": purged, "left": left, "cancelled": cancelled, "new": everything(puppet, q)}


@scenario
def declared_otherwise(broker: Broker) -> Seen:
    puppet, q, e = broker.start(), broker.name("q"), broker.name("e")
    found: Seen = {"missing": puppet.do("declare queue", queue=q, passive=True)}
    puppet.do("open")
    puppet.do("declare queue", queue=q)
    found["same"] = puppet.do("declare queue", queue=q)[0] == q
    found["other"] = puppet.do("declare queue", queue=q, arguments={"x-message-ttl": 5})
    puppet.do("open")
    puppet.do("declare exchange", exchange=e, type="topic")
    found["exchange"] = puppet.do("declare exchange", exchange=e, type="direct")
    puppet.do("open")
    found["passive"] = puppet.do("declare exchange", exchange=e, type="topic", passive=True)
    puppet.do("delete exchange", exchange=e)
    found["gone"] = puppet.do("declare exchange", exchange=e, type="topic", passive=True)
    return found


@scenario
def binding_later(broker: Broker) -> Seen:
    """A queue has nothing of what came before it was bound, and keeps what came before it was unbound."""
    puppet, e, q, r = broker.start(), broker.name("direct"), broker.name("q"), broker.name("r")
    bound(puppet, e, "direct", {q: ["a", "b"], r: ["a"]})
    puppet.do("publish", exchange=e, key="b", body="for q only")
    puppet.do("publish", exchange=e, key="a", body="1")
    puppet.do("bind", queue=r, exchange=e, key="b")
    puppet.do("publish", exchange=e, key="b", body="2")
    puppet.do("unbind", queue=q, exchange=e, key="a")
    puppet.do("unbind", queue=q, exchange=e, key="b")
    puppet.do("publish", exchange=e, key="a", body="3")
    puppet.do("bind", queue=q, exchange=e, key="b")
    puppet.do("publish", exchange=e, key="b", body="4")
    return {"q": everything(puppet, q), "r": everything(puppet, r)}


@scenario
def transactions(broker: Broker) -> Seen:
    puppet, q, r = broker.start(), broker.name("q"), broker.name("r")
    for queue in (q, r):
        puppet.do("declare queue", queue=queue)
    puppet.do("publish", exchange="", key=q, body="1")
    puppet.do("tx select")
    got = puppet.do("get", queue=q)
    puppet.do("publish", exchange="", key=r, body="undone")
    puppet.do("ack", tag=got["tag"])
    puppet.do("tx rollback")
    puppet.do("publish", exchange="", key=r, body="2")
    puppet.do("publish", exchange="", key=r, body="3")
    puppet.do("ack", tag=got["tag"])
    other = broker.start()
    before = everything(other, r)
    puppet.do("tx commit")
    puppet.do("close channel")
    time.sleep(0.3)
    return {"before": before, "after": everything(other, r), "acknowledged": everything(other, q)}


@scenario
def confirms(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("confirm select")
    numbers = [puppet.do("publish", exchange="", key=q, body=str(at)) for at in range(3)]
    numbers.append(puppet.do("publish", exchange="", key=broker.name("undeclared"), body="nobody"))
    waited = puppet.do("wait for confirms")
    return {"numbers": numbers, "waited": waited, "told": puppet.event("confirmed"), "q": everything(puppet, q)}


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
def delivered_too_often(broker: Broker) -> Seen:
    puppet, q, dead, e = (broker.start(), broker.name("q"), broker.name("dead"), broker.name("dlx"))
    bound(puppet, e, "fanout", {dead: [""]})
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": 2, "x-dead-letter-exchange": e}
    puppet.do("declare queue", queue=q, arguments=arguments)
    puppet.do("publish", exchange="", key=q, body="1")
    puppet.do("consume", queue=q, label="c", how="requeue")
    got = puppet.bodies(4, "c", QUIET)
    buried = puppet.do("get", queue=dead)
    return {"got": got, "reason": buried["headers"]["x-death"][0]["reason"]}


@scenario
def closing_right_after_publishing(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish and close", exchange="", key=q)
    puppet.event("connection closed")
    return {"q": everything(broker.start(), q)}


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
def a_busy_consumer_is_still_one(broker: Broker) -> Seen:
    """A queue that goes with its last consumer stays while one of them holds all that it may."""
    one, two, q = broker.start(), broker.start(), broker.name("q")
    one.do("declare queue", queue=q, auto_delete=True)
    one.do("qos", count=1)
    one.do("consume", queue=q, label="c")
    one.do("publish many", exchange="", key=q, first=1, last=3)
    one.event("delivered")
    tag = two.do("consume", queue=q, label="d")
    two.event("delivered")
    two.do("cancel", tag=tag)
    two.do("close channel")
    time.sleep(0.3)
    one.do("ack", tag=1)
    return {"next": one.bodies(1, "c"), "cancelled": one.event("cancelled", 0.5)}


@scenario
def declaring_again_is_a_use(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    arguments = {"x-expires": 3000}
    puppet.do("declare queue", queue=q, arguments=arguments)
    puppet.do("publish", exchange="", key=q, body="1")
    for _ in range(3):
        time.sleep(1.5)
        puppet.do("declare queue", queue=q, arguments=arguments)
    kept = everything(puppet, q)
    time.sleep(4)
    return {"kept": kept, "gone": puppet.do("declare queue", queue=q, passive=True)}


@scenario
def expiring_after_it_was_given_back(broker: Broker) -> Seen:
    """A client that comes, takes a message and leaves does not keep it from being a dead letter."""
    puppet, q, dead, e = broker.start(), broker.name("q"), broker.name("dead"), broker.name("dlx")
    bound(puppet, e, "fanout", {dead: [""]})
    puppet.do("declare queue", queue=q, arguments={"x-dead-letter-exchange": e})
    puppet.do("publish", exchange="", key=q, body="1", expiration="2000")
    other = broker.start()
    other.do("consume", queue=q, label="c")
    other.event("delivered")
    other.do("close channel")
    puppet.do("consume", queue=dead, label="dead", how="ack")
    return {"dead": puppet.bodies(1, "dead", 20.0)}


@scenario
def expiring_when_its_declarer_is_gone(broker: Broker) -> Seen:
    puppet, q, dead, e = broker.start(), broker.name("q"), broker.name("dead"), broker.name("dlx")
    bound(puppet, e, "fanout", {dead: [""]})
    other = broker.start()
    other.do("declare queue", queue=q, arguments={"x-dead-letter-exchange": e})
    other.kill()
    puppet.do("publish", exchange="", key=q, body="1", expiration="1000")
    puppet.do("consume", queue=dead, label="dead", how="ack")
    return {"dead": puppet.bodies(1, "dead", 20.0)}


@scenario
def exchanges_stay_bound_without_who_bound_them(broker: Broker) -> Seen:
    one, two, e, f, q = broker.start(), broker.start(), broker.name("e"), broker.name("f"), broker.name("q")
    one.do("declare exchange", exchange=e, type="topic")
    bound(one, f, "topic", {q: ["#"]})
    one.do("bind exchange", to=f, **{"from": e}, key="#")
    one.do("close")
    one.event("connection closed")
    two.do("publish many", exchange=e, key="a.b", first=1, last=200)
    two.do("consume", queue=q, label="c", how="ack")
    return {"got": two.bodies(200, "c", 20.0)}


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
def an_exchange_of_another_type(broker: Broker) -> Seen:
    one, two, e, q = broker.start(), broker.start(), broker.name("e"), broker.name("q")
    bound(one, e, "direct", {broker.name("first"): ["a.b"]})
    one.do("publish", exchange=e, key="a.b", body="1")
    two.do("delete exchange", exchange=e)
    two.do("declare exchange", exchange=e, type="topic")
    one.do("declare queue", queue=q)
    one.do("bind", queue=q, exchange=e, key="a.*")
    one.do("publish", exchange=e, key="a.b", body="2")
    return {"q": everything(one, q), "first": everything(one, broker.name("first"))}


@scenario
def purging_what_was_given_back(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish many", exchange="", key=q, first=1, last=3)
    puppet.do("consume", queue=q, label="c")
    puppet.bodies(3, "c")
    puppet.do("close channel")
    puppet.do("open")
    time.sleep(0.3)
    return {"purged": puppet.do("purge queue", queue=q), "left": everything(puppet, q)}


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
