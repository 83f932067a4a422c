from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.conftest import Command

Write = Callable[[dict[str, str | bytes]], Path]

SHOP = {
    "shop/shop.cabal": "name: shop\n",
    "shop/src/Shop.hs": """module Shop where
import Network.AMQP
import Data.Map qualified as Map

setUp c = do
  declareExchange c newExchange {exchangeName = "orders", exchangeType = "topic"}
  declareQueue c newQueue {queueName = "parcels", queueHeaders = FieldTable (Map.fromList [("x-dead-letter-exchange", FVString "lost")])}
  bindQueue c "parcels" "orders" "new.*"

send c region m = publishMsg c "orders" ("new." <> region) m
""",
    "post/post.cabal": "name: post\n",
    "post/src/Post.hs": """module Post where
import Network.AMQP

deliver c = do
  qos c 0 10 False
  consumeMsgs c "parcels" Ack $ \\(_, env) -> ackEnv env
""",
}


def test_text_follows_each_queue_from_publisher_to_consumer(natsscan: Command, write: Write) -> None:
    write(SHOP)
    run = natsscan("topology", ".")
    assert run.code == 0
    assert run.out == (
        "exchange orders: topic, durable\n"
        "  declared         shop/src/Shop.hs:6\n"
        "\n"
        "queue parcels\n"
        "  declared         durable, x-dead-letter-exchange lost  shop/src/Shop.hs:7\n"
        "  bound            to orders with new.*  shop/src/Shop.hs:8\n"
        "  filled by        shop, through orders with new.{region}; mandatory false  shop/src/Shop.hs:10\n"
        "  emptied by       post, mode Ack, prefetch 10  post/src/Post.hs:6\n"
        "  acknowledged     post/src/Post.hs:6\n"
        "  dead letters to  lost\n"
    )


def test_a_part_of_the_tree_shows_what_its_queues_are_declared_as_elsewhere(natsscan: Command, write: Write) -> None:
    write(SHOP | {"cabal.project": "packages: */*.cabal\n"})
    out = natsscan("topology", "post").out
    assert "x-dead-letter-exchange lost  shop/src/Shop.hs:7" in out
    assert "filled by" not in out


def test_json_is_that_of_the_report(natsscan: Command, write: Write) -> None:
    write(SHOP)
    assert natsscan("topology", ".", "--format", "json").json == natsscan(".", "--format", "json").json["topology"]


def test_pictures(natsscan: Command, write: Write) -> None:
    write(SHOP)
    mermaid = natsscan("topology", ".", "--format", "mermaid").out
    assert mermaid.startswith("flowchart LR\n")
    assert '{{"orders#60;' not in mermaid
    assert '-->|"new.{region}"|' in mermaid
    assert '-.->|"dead letters"|' in mermaid
    dot = natsscan("topology", ".", "--format", "dot").out
    assert dot.startswith("digraph topology {")
    assert dot.count("{") == dot.count("}")
    assert '[label="Ack, prefetch 10"];' in dot


def test_an_svg_of_its_own(natsscan: Command, write: Write) -> None:
    write(SHOP)
    run = natsscan("topology", ".", "--format", "svg")
    assert run.code == 0
    assert run.out.startswith("<svg ")
    for name in ("orders", "parcels", "shop", "post", "new.{region}", "Ack, prefetch 10", "dead letters"):
        assert f">{name}</text>" in run.out


def test_names_cannot_break_out_of_a_picture(natsscan: Command, write: Write) -> None:
    write({"M.hs": 'module M where\nimport Network.AMQP\nx c = declareQueue c newQueue {queueName = "a\\"]; <b>|`"}\n'})
    assert '[("a#34;]; #60;b#62;#124;#96;")]' in natsscan("topology", ".", "--format", "mermaid").out
    assert 'label="a\\"]; <b>|`"' in natsscan("topology", ".", "--format", "dot").out


def test_nothing_found_is_said(natsscan: Command, write: Write) -> None:
    write({"M.hs": "module M where\n"})
    assert natsscan("topology", ".").out == "No exchange, queue, publisher or consumer found.\n"


def test_a_path_that_is_not_there(natsscan: Command) -> None:
    run = natsscan("topology", "nowhere")
    assert run.code == 2
    assert "no such file or folder" in run.err


def test_messages_are_followed_from_exchange_to_exchange(natsscan: Command, write: Write) -> None:
    code = """module M where
import Network.AMQP

setUp c = do
  declareExchange c newExchange {exchangeName = "all", exchangeType = "topic"}
  declareExchange c newExchange {exchangeName = "orders", exchangeType = "direct"}
  declareQueue c newQueue {queueName = "parcels"}
  bindExchange c "orders" "all" "order.#"
  bindExchange c "all" "orders" "loop"
  bindQueue c "parcels" "orders" "order.new"

send c m = publishMsg c "all" "order.new" m
other c m = publishMsg c "all" "refund.new" m
work c = consumeMsgs c "parcels" NoAck print
"""
    write({"M.hs": code})
    document = natsscan("topology", ".", "--format", "json").json
    assert [(b["source"], b["routing_key"], b["destination"]) for b in document["exchange_bindings"]] == [
        ("all", "order.#", "orders"),
        ("orders", "loop", "all"),
    ]
    assert [b["queue"] for b in document["bindings"]] == ["parcels"]
    out = natsscan("topology", ".").out
    assert "through all with order.new;" in out
    assert "through all with refund.new;" not in out
    assert '-->|"order.#35;"|' in natsscan("topology", ".", "--format", "mermaid").out
    told = {f["rule"] for f in natsscan(".", "--format", "json").json["findings"] if f["operation"] == "topology"}
    assert told == {"transient-in-durable-queue"}
