"""The generated Haskell client against a real nats-server: JetStream, under load and in trouble."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.haskell_client.conftest import Scenario, Server, Start, jetstream, serving
from tests.haskell_client.proxy import Proxy
from tests.nats.conftest import OldServer, old_server

__all__ = ["old_server"]  # the fixture

pytestmark = pytest.mark.ghc


def test_fifty_thousand_messages_with_several_consumers(start: Start, server: Server) -> None:
    said = start("load", server.url, count=50_000).result()
    assert said["received"] == said["shared"] == 50_000
    assert (said["twice"], said["disorder"], said["left"]) == (0, 0, 0)
    assert said["parts"] == [True] * 4, "each of the four that share a consumer has its part"


def test_a_server_as_old_as_supported(start: Start, tmp_path: Path, old_server: OldServer) -> None:
    with serving(tmp_path / "s", jetstream(tmp_path), program=old_server.program) as server:
        said = start("load", server.url, count=2000).result()
        assert said["received"] == said["shared"] == 2000 and said["disorder"] == said["left"] == 0
        said = start("settle", server.url).result()
        assert said["delayed"] == [2, "delay", True] and said["left"] == 0
        assert start("bounds", server.url).result()["most"] == 7


def restart(server: Server, proxy: Proxy) -> None:
    server.stop()
    time.sleep(0.5)
    server.start()


def kill(server: Server, proxy: Proxy) -> None:
    server.stop(signal.SIGKILL)
    server.start()


def cut(server: Server, proxy: Proxy) -> None:
    proxy.cut()


def freeze(server: Server, proxy: Proxy) -> None:
    server.send(signal.SIGSTOP)
    time.sleep(2.5)  # longer than the client waits for heartbeats
    server.send(signal.SIGCONT)


@pytest.mark.parametrize("trouble", [restart, kill, cut, freeze])
def test_nothing_is_lost_in_trouble(start: Start, server: Server, trouble: object) -> None:
    proxy = Proxy(server.port)
    try:
        scenario: Scenario = start("steady", proxy.url, count=4000)
        for _ in range(3 if trouble is not freeze else 1):
            scenario.wait_for("milestone")
            assert callable(trouble)
            trouble(server, proxy)
        said = scenario.result()
    finally:
        proxy.close()
    assert said["confirmed"] == 4000
    assert said["received"] == 4000, "all that a stream has taken comes"
    assert said["left"] == 0, "all that came is settled"
    if trouble is not kill:  # what a server has not yet written is gone with it
        assert said["again"] == 0, "what is settled for certain does not come again"
    assert said["disorder"] == 0, "first deliveries are in order"
    if trouble is not freeze:
        assert sum("Disconnected" in each for each in said["event"]) >= 3


def test_each_way_to_settle_a_message(start: Start, server: Server) -> None:
    said = start("settle", server.url).result()
    assert said["twice"] == said["late"] == "AlreadySettled"
    assert said["delayed"] == [2, "delay", True]
    assert said["nak"] == [2, "nak"]
    assert said["progress"] is None, "while it is worked on it does not come again"
    assert said["forgotten"] == [2, "forgotten", "SETTLE", "worker"]
    assert said["nothing"] is None and said["left"] == 0


def test_no_more_in_flight_than_was_said(start: Start, server: Server) -> None:
    said = start("bounds", server.url).result()
    assert said["most"] == 7 and said["pending"] == [7, 0]
    assert said["order"] is True
    assert said["stopped"] == "SubscriptionEnded"
    assert said["back"] == 18, "what was not handed out is there for others at once"
    assert said["empty"] == 0


def test_what_is_worked_on_for_long_and_what_goes_back(start: Start, server: Server) -> None:
    said = start("holding", server.url).result()
    assert (said["mine"], said["others meanwhile"]) == ("long", None), "it is held for longer than the ack wait"
    assert said["others then"] == "long", "and not for ever"
    assert (said["taken"], said["worked on"]) == (["1", "2"], "1")
    assert said["again"] == ["1", "2", "3", "4", None], "all goes back at once, in order"


def test_publishing(start: Start, server: Server) -> None:
    said = start("publish", server.url).result()
    assert said["first"] == ["PUB", 1, False]
    assert said["again"] is True
    assert "10060" in said["wrong stream"] and "10071" in said["wrong sequence"]
    assert said["no stream"] == 'NoStream "elsewhere"'
    assert said["async"] == [3, 4, 5]
    assert "10077" in said["full"]
    assert said["changed"] == 50
    assert "Refused" in said["refused"] and "10058" in said["different"]
    assert said["stored"] == ["7", "short", "1s"]
    assert said["expired"] is True


def test_a_consumer_that_goes(start: Start, server: Server) -> None:
    said = start("gone", server.url).result()
    assert "10014" in said["missing"]
    assert said["end"] == said["later"] == 'ConsumerGone "GONE" "worker"'


def test_draining_a_consumer(start: Start, server: Server) -> None:
    said = start("drained", server.url).result()
    assert said["unsettled"] == 0 and said["all"] == 40, "what was delivered is settled, the rest is left"
    assert said["end"] in ("ConnectionDraining", "ConnectionClosed ClosedByUser")


def test_a_single_active_consumer(start: Start, server: Server) -> None:
    said = start("single", server.url).result()
    assert [int(number) for _, number in said["seen"]] == list(range(1, 16)), "in order, over the change"
    assert [who for who, _ in said["seen"]] == [1] * 10 + [2] * 5


def test_looking_after_streams(start: Start, server: Server) -> None:
    said = start("admin", server.url, count=300).result()
    assert said["streams"] == said["names"] == said["consumers"] == said["consumer names"] == said["account"] == 300
    assert said["one"] == ["A7"] and said["policy"] is True
    assert "10148" in said["different"] and said["changed"] == 3
    assert "404" in said["deleted"] and said["kept"] == "x"
    assert (said["purged"], said["left"]) == (7, 12)
    assert (said["paused"], said["resumed"]) == (0, 1)
    assert "10014" in said["no consumer"] and "10059" in said["no stream"]
