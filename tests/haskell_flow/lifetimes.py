"""What goes by time or with somebody: expiry, dead letters, queues that do not stay."""

from __future__ import annotations

import time

from tests.haskell_flow.puppet import Broker
from tests.haskell_flow.scenario import QUIET, Seen, bound, everything, first, gist, scenario


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
        puppet.do("reject", tag=first(puppet, q)["tag"], requeue=False)
    return {"third": gist(first(puppet, q))["headers"]["x-death"]}


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
def delivered_too_often(broker: Broker) -> Seen:
    puppet, q, dead, e = (broker.start(), broker.name("q"), broker.name("dead"), broker.name("dlx"))
    bound(puppet, e, "fanout", {dead: [""]})
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": 2, "x-dead-letter-exchange": e}
    puppet.do("declare queue", queue=q, arguments=arguments)
    puppet.do("publish", exchange="", key=q, body="1")
    puppet.do("consume", queue=q, label="c", how="requeue")
    got = puppet.bodies(4, "c", QUIET)
    buried = first(puppet, dead)
    return {"got": got, "reason": buried["headers"]["x-death"][0]["reason"]}


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
def expiring_behind_what_was_given_back(broker: Broker) -> Seen:
    """A message waits for its turn to expire: one before it that was given back stays first, and is not delivered meanwhile."""
    puppet, q, dead, e = broker.start(), broker.name("q"), broker.name("dead"), broker.name("dlx")
    bound(puppet, e, "fanout", {dead: [""]})
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": 2, "x-dead-letter-exchange": e}
    puppet.do("declare queue", queue=q, arguments=arguments)
    puppet.do("publish", exchange="", key=q, body="1")
    puppet.do("publish", exchange="", key=q, body="2", expiration="1000")
    puppet.do("reject", tag=first(puppet, q)["tag"], requeue=True)
    time.sleep(6)
    return {"left": everything(puppet, q), "dead": everything(puppet, dead)}
