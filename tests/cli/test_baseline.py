"""`natsscan baseline`, and scans that are held against one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from natsscan.findings.baseline import hold, make_baseline, prune
from natsscan.findings.baseline_file import read_baseline, write_baseline
from natsscan.model.baseline import Known
from tests.conftest import Command

SHOP = """module Shop where

import Network.AMQP

publish :: Channel -> IO ()
publish chan = do
  publishMsg chan "orders" "order.new" newMsg

consume :: Channel -> IO ()
consume chan = do
  consumeMsgs chan "invoices" Ack $ \\(_, envelope) -> ackEnv envelope
"""
CABAL = "cabal-version: 2.4\nname: shop\nversion: 1\nlibrary\n  build-depends: amqp\n"
FILE = "known.yaml"

Write = Callable[[dict[str, str | bytes]], Path]


@pytest.fixture
def shop(write: Write, natsscan: Command) -> Path:
    root = write({"shop/cabal.project": "packages: .\n", "shop/shop.cabal": CABAL, "shop/src/Shop.hs": SHOP})
    run = natsscan("baseline", "shop", "-o", FILE)
    assert run.code == 0 and run.out.startswith(f"{FILE}: ") and "uses of AMQP known" in run.out
    return root / "shop"


def test_what_is_known_does_not_fail(shop: Path, natsscan: Command) -> None:
    run = natsscan("shop", "--baseline", FILE)
    assert run.code == 0 and "0 new." in run.out
    assert (shop.parent / FILE).read_text().splitlines()[5:8] == [
        "  shop.cabal:",
        "    amqp: {broker-dependency: 1}",
        "  src/Shop.hs:",
    ]


def test_lines_and_files_may_move(shop: Path, natsscan: Command) -> None:
    (shop / "src/Shop.hs").unlink()
    (shop / "src/Shop").mkdir()
    (shop / "src/Shop/Queues.hs").write_text("-- | A shop.\n\n\n" + SHOP.replace("module Shop", "module Shop.Queues"))
    run = natsscan("shop", "--baseline", FILE)
    assert run.code == 0, run.out


def test_definitions_may_be_called_otherwise(shop: Path, natsscan: Command) -> None:
    (shop / "src/Shop.hs").write_text(SHOP.replace("consume ", "readAll "))
    assert natsscan("shop", "--baseline", FILE).code == 0


def test_one_more_of_the_same_is_new(shop: Path, natsscan: Command) -> None:
    line = '  publishMsg chan "orders" "order.new" newMsg\n'
    (shop / "src/Shop.hs").write_text(SHOP.replace(line, line + line))
    run = natsscan("shop", "--baseline", FILE)
    assert run.code == 1
    assert "New:\n  src/Shop.hs:8  publishMsg chan" in run.out
    quiet = natsscan("shop", "--baseline", FILE, "-q")
    assert quiet.code == 1 and "src/Shop.hs:8" in quiet.out
    report = natsscan("shop", "--baseline", FILE, "--format", "json")
    by_id = {finding["fingerprint"]: finding for finding in report.json["findings"]}
    assert {by_id[new]["line"] for new in report.json["baseline"]["new"]} == {8}
    assert report.json["baseline"]["stale"] == []


def test_what_is_gone_fails_with_all_of_it_until_it_is_pruned(shop: Path, natsscan: Command) -> None:
    (shop / "src/Shop.hs").write_text(SHOP.partition("consume ::")[0])
    run = natsscan("shop", "--baseline", FILE)
    assert run.code == 4
    gone = [line for line in run.out.splitlines() if line.startswith("  src/Shop.hs: consume: ")]
    assert {line.rpartition(": ")[2] for line in gone} == {"amqp-ack", "amqp-consume", "amqp-type"}
    assert f"natsscan baseline shop -o {FILE} --prune" in run.out
    before = (shop.parent / FILE).read_text()
    assert natsscan("baseline", "shop", "-o", FILE, "--prune").code == 0
    after = (shop.parent / FILE).read_text()
    assert len(after) < len(before) and set(after.splitlines()) <= set(before.splitlines())
    assert natsscan("shop", "--baseline", FILE).code == 0
    assert "0 entries taken out" in natsscan("baseline", "shop", "-o", FILE, "--prune").out


def test_pruning_adds_nothing(shop: Path, natsscan: Command) -> None:
    (shop / "src/More.hs").write_text(SHOP.replace("module Shop", "module More"))
    before = (shop.parent / FILE).read_text()
    natsscan("baseline", "shop", "-o", FILE, "--prune")
    assert (shop.parent / FILE).read_text() == before
    assert natsscan("shop", "--baseline", FILE).code == 1


def test_a_baseline_in_the_tree_is_not_looked_into(shop: Path, natsscan: Command) -> None:
    before = natsscan("shop", "--format", "json").json["findings"]
    (shop / "anything.yaml").write_text((shop.parent / FILE).read_text().replace("amqp:", "rabbitmq:"))
    assert natsscan("shop", "--format", "json").json["findings"] == before


def test_what_is_out_of_scope_is_not_stale(shop: Path, natsscan: Command) -> None:
    assert natsscan("shop/src", "--baseline", FILE).code == 0


def test_calls_of_wrappers_and_mentions_are_not_growth(shop: Path, natsscan: Command) -> None:
    (shop / "README.md").write_text("RabbitMQ carries our orders.\n")
    (shop / "src/Caller.hs").write_text("module Caller where\n\nimport Shop (publish)\n\nrun chan = publish chan\n")
    assert natsscan("shop", "--baseline", FILE).code == 0


def test_the_configuration_names_it_relative_to_itself(shop: Path, natsscan: Command) -> None:
    (shop / "natsscan.toml").write_text('baseline = "../known.yaml"\n')
    (shop / "src/More.hs").write_text(SHOP.replace("module Shop", "module More"))
    assert natsscan("shop").code == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds nothing"),
        ("version: 2\nknown: {}\n", "known.yaml:1"),
        ("version: 1\nknown:\n  a.hs:\n    f: {amqp-ack: many}\n", "known.yaml:4"),
        ("version: 1\nknown:\n  a.hs:\n    f: {amqp-ack: 0}\n", "known.yaml:4"),
        ("version: 1\nknown: [\n", "broken YAML"),
        ("version: 1\nknown: {}\nrules: {}\n", "unknown field"),
    ],
)
def test_a_broken_baseline_is_one_line(shop: Path, natsscan: Command, text: str, words: str) -> None:
    (shop.parent / FILE).write_text(text)
    run = natsscan("shop", "--baseline", FILE)
    assert run.code == 2 and run.err.count("\n") == 1 and words in run.err


def test_files_that_are_not_there_and_those_that_are(shop: Path, natsscan: Command) -> None:
    assert "none.yaml: cannot be read" in natsscan("shop", "--baseline", "none.yaml").err
    again = natsscan("baseline", "shop", "-o", FILE)
    assert again.code == 2 and "is there already" in again.err
    nowhere = natsscan("baseline", "shop", "-o", "no/such/known.yaml")
    assert nowhere.code == 2 and "there is no folder" in nowhere.err and nowhere.err.count("\n") == 1


def test_names_that_yaml_would_read_otherwise_come_back(tmp_path: Path) -> None:
    names = ["yes", "1.0", "a: b", "#x", "{{ .Values }}", "é\u202e", "- x", "", "null"]
    known = tuple(sorted(Known(f"src/{name}.hs", name, "amqp-ack", at + 1) for at, name in enumerate(names)))
    file = tmp_path / FILE
    file.write_text(write_baseline(known), encoding="utf-8")
    assert read_baseline(file) == known


def test_an_empty_project_has_an_empty_baseline() -> None:
    assert make_baseline(()) == ()
    stale = hold((), [Known("a.hs", "f", "amqp-ack", 2)], lambda _: True).stale
    assert stale == (Known("a.hs", "f", "amqp-ack", 2),) and prune(stale, stale) == ()
