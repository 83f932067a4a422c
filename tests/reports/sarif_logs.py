"""SARIF logs, and what the tests of them are about."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from natsscan.model.comparison import State
from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Category, Finding, Severity, Suppressed
from natsscan.model.outcome import Outcome
from natsscan.model.rule import RulePage
from natsscan.model.usage import Tier
from natsscan.reports.formats import Look, render
from tests.reports.outcomes import argument, finding, outcome, patch

Write = Callable[[dict[str, str | bytes]], Path]

FILES = {
    "src/a b#é%.hs": 'module A where\n\npublish "größe 𝄞" x\n  (key y)\npublish b\n'.encode(),
    "values.yaml": b"rabbitmq:\n  host: h\nother: 1\n",
    "one.hs": b"ack",
}
ODD = "src/a b#é%.hs"
FIRST = finding(FILES, ODD, 'publish "größe 𝄞" x\n  (key y)', arguments=(argument(FILES, ODD, "key y", "key"),))
SECOND = finding(FILES, ODD, "publish b", severity=Severity.WARNING)
NOTE = finding(FILES, "one.hs", "ack", rule="amqp-ack", severity=Severity.NOTE)
BESIDE = patch(FILES, "values", ("values.yaml", "other", "nats:\n  host: h\nother"), answers=[SECOND, NOTE])


def page(rule: str = "amqp-publish", **changes: Any) -> RulePage:
    whole = RulePage(
        id=rule,
        title="Publishes a message",
        category=Category.MANDATORY,
        severity=Severity.ERROR,
        effort=5,
        tier=Tier.DIRECT,
        advice="- Why.",
        page="# Page\n\nWhy.\n",
        links=("https://example.org/why", "https://example.org/more"),
    )
    return replace(whole, **changes)


def sarif(of: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render("sarif", of, Look()))
    return document


def run(of: Outcome) -> dict[str, Any]:
    (only,) = sarif(of)["runs"]
    assert isinstance(only, dict)
    return only


def objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each)


def everything() -> Outcome:
    """An outcome with all that a log can have."""
    absent = finding(FILES, "one.hs", "ack", identity="gone")
    aside = Suppressed(finding(FILES, ODD, "publish b", identity="aside"), "kept for old clients", 5)
    states = {FIRST.fingerprint: State.NEW, SECOND.fingerprint: State.UNCHANGED, NOTE.fingerprint: State.NEW}
    made = outcome(
        FILES,
        [FIRST, SECOND, NOTE],
        [BESIDE],
        suppressed=(aside,),
        problems=(Problem("x.yaml", 3, "not YAML", Loss.PART), Problem("y.hs", 0, "not UTF-8", Loss.WHOLE)),
        states=states,
        gone=(absent,),
    )
    return replace(made, make_rules=lambda: (page(), page("amqp-tx")))


def many(number: int) -> list[Finding]:
    """Findings of which every tenth is an error, in no order of severity."""
    lines = {"big.hs": b"".join(b"publish %d x\n" % at for at in range(100))}
    spans = [finding(lines, "big.hs", f"publish {at} ").usage for at in range(100)]
    levels = [Severity.NOTE, Severity.ERROR, Severity.WARNING]
    return [
        replace(
            NOTE, fingerprint=f"{at:016x}", severity=levels[1 if at % 10 == 0 else 2 * (at % 2)], usage=spans[at % 100]
        )
        for at in range(number)
    ]
