"""natsscan knows the client that it writes: code on it is understood, and the client itself is not told of."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.conftest import REPOSITORY, Command

RULES = yaml.safe_load((REPOSITORY / "rules/nats/haskell-natsscan.yaml").read_text())
TEMPLATES = REPOSITORY / "templates/haskell"

SHOP = """module Shop where

import Network.NATS.Client (withConnection)
import Network.NATS.JetStream

setUp options = withConnection options $ \\conn -> do
  let js = jetStream conn
  _ <- ensureStream js (defaultStreamConfig "ORDERS" ["orders.>"]) {scReplicas = 3}
  _ <- ensureConsumer js "ORDERS" (defaultConsumerConfig "billing") {ccMaxAckPending = Just 1}
  _ <- publish js "orders.eu.paid" "x"
  withConsumer js "ORDERS" "billing" defaultPullOptions ack (pure ())
"""


def test_the_rules_name_what_the_modules_have() -> None:
    missing = []
    for module, rule in RULES["modules"].items():
        text = (TEMPLATES / f"{module.replace('.', '/')}.hs").read_text()
        constructors = [c for each in rule.get("types", {}).values() for c in each.get("constructors", {})]
        fields = [
            field
            for each in rule.get("types", {}).values()
            for made in each.get("constructors", {}).values()
            for field in made.get("fields", {})
        ]
        passed_on = [name for names in rule.get("reexports", {}).values() for name in names]
        names = [*rule.get("functions", {}), *rule.get("types", {}), *constructors, *fields]
        missing += [f"{module}.{name}" for name in names if not re.search(rf"(?<![\w.']){name}(?![\w'])", text)]
        for name in passed_on:
            homes = [f"{home.replace('.', '/')}.hs" for home in rule["reexports"]]
            if not any(re.search(rf"(?<![\w.']){name}(?![\w'])", (TEMPLATES / home).read_text()) for home in homes):
                missing.append(f"{module}: {name}")
    assert missing == []


def test_code_on_it_is_understood_and_it_is_not_told_of(
    write: Callable[[dict[str, str | bytes]], Path], natsscan: Command
) -> None:
    write({"cabal.project": "packages: .\n", "src/Shop.hs": SHOP})
    assert natsscan("generate", "haskell-client", "-o", "src").code == 0
    report = natsscan(".", "--format", "json").json
    assert {finding["path"] for finding in report["findings"]} == {"src/Shop.hs"}
    assert {finding["system"] for finding in report["findings"]} == {"nats"}
    said = natsscan("topology", ".").out
    assert "NATS subject orders.eu.paid\n  published by" in said and "NATS consumer billing of stream ORDERS" in said
