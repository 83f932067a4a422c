"""Where messages go: exchanges, bindings, publishing."""

from __future__ import annotations

import time

from tests.haskell_flow.puppet import Broker
from tests.haskell_flow.scenario import QUIET, Seen, bound, everything, scenario


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
def closing_right_after_publishing(broker: Broker) -> Seen:
    puppet, q = broker.start(), broker.name("q")
    puppet.do("declare queue", queue=q)
    puppet.do("publish and close", exchange="", key=q)
    puppet.event("connection closed")
    return {"q": everything(broker.start(), q)}


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
    # Whichever program passes them on may be killed meanwhile by another scenario; the next one goes on within a minute.
    return {"got": two.bodies(200, "c", 59.0)}


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
