"""The report for programs and spreadsheets: everything, a line or a row each."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from natsscan.model.baseline import Known
from natsscan.model.comparison import State
from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Suppressed
from natsscan.model.outcome import Outcome
from natsscan.reports.csv_table import COLUMNS
from natsscan.reports.formats import Look, render
from tests.conftest import WIRE_MINI, Command
from tests.reports.outcomes import finding, outcome

FILES = {"a.hs": b"publish a\nack b\n"}
PUBLISH = finding(FILES, "a.hs", "publish")
ACK = finding(FILES, "a.hs", "ack", rule="amqp-ack")


def compared() -> Outcome:
    return outcome(
        FILES,
        [PUBLISH, replace(ACK, system="nats")],
        suppressed=(Suppressed(ACK, "kept", 2),),
        problems=(Problem("b.yaml", 4, "not YAML", Loss.PART),),
        states={PUBLISH.fingerprint: State.NEW},
        gone=(replace(ACK, fingerprint="0"),),
    )


def lines(of: Outcome) -> list[dict[str, Any]]:
    text = render("jsonl", of, Look())
    assert text.endswith("\n") and "\r" not in text
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def test_what_a_baseline_has_too_many_is_told() -> None:
    stale = replace(outcome(FILES), stale=(Known("a.hs", "send", "amqp-publish", 2),))
    assert lines(stale)[1:] == [{"kind": "stale", "path": "a.hs", "place": "send", "rule": "amqp-publish", "count": 2}]
    (row,) = rows(stale)
    assert (row["kind"], row["path"], row["definition"], row["message"]) == (
        *("stale", "a.hs", "send", "2 uses of the baseline gone"),
    )
    (told,) = json.loads(render("sarif", stale, Look()))["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "2 uses of the baseline gone: amqp-publish in send"
    assert "2 uses of the baseline gone" in render("github", stale, Look())


def rows(of: Outcome) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(render("csv", of, Look()))))


def test_a_stream_begins_with_what_it_is_about_and_leaves_nothing_out() -> None:
    first, *rest = lines(compared())
    assert (first["kind"], first["schema_version"], first["lines"]) == ("report", 1, len(rest))
    assert (first["root"], first["scope"], first["totals"]["overall"]["findings"]) == ("shop", ["."], 1)
    assert [line["kind"] for line in rest] == ["problem", "finding", "finding", "suppressed", "finding"]
    assert rest[0] == {"kind": "problem", "path": "b.yaml", "line": 4, "loss": "read partly", "reason": "not YAML"}
    assert [line.get("state") for line in rest] == [None, "new", None, None, "absent"]
    assert (rest[3]["suppressed_on"], rest[3]["suppressed_because"]) == (2, "kept")


def test_an_empty_stream_has_its_first_line() -> None:
    (only,) = lines(outcome({}))
    assert (only["kind"], only["lines"]) == ("report", 0)


def test_a_line_has_the_shape_that_findings_have_in_the_report(natsscan: Command) -> None:
    report = natsscan(WIRE_MINI, "--format", "json").json
    done = natsscan(WIRE_MINI, "--format", "jsonl")
    found = [line for line in map(json.loads, done.out.splitlines()) if line["kind"] == "finding"]
    assert [{k: v for k, v in line.items() if k not in ("kind", "state")} for line in found] == report["findings"]
    assert {line["state"] for line in found} == {None}


def test_a_table_has_a_row_for_each_and_a_stable_head() -> None:
    assert render("csv", outcome({}), Look()) == (
        "kind,state,severity,category,effort,rule,service,path,line,column,end_line,end_column,operation,tier,system,"
        "symbol,definition,message,fingerprint\n"
    )
    found = rows(compared())
    assert [(row["kind"], row["state"]) for row in found] == [
        ("finding", "new"),
        ("finding", ""),
        ("suppressed", ""),
        ("finding", "absent"),
        ("problem", ""),
    ]
    assert found[0] == dict(
        zip(
            COLUMNS,
            [
                *("finding", "new", "error", "mandatory", "5", "amqp-publish", "gundeck", "a.hs", "1", "1", "1", "8"),
                *("publish", "direct", "rabbitmq", "Network.AMQP.publishMsg", "send", "publishes to jobs"),
                PUBLISH.fingerprint,
            ],
            strict=True,
        )
    )
    assert found[-1]["message"] == "read partly: not YAML"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_no_cell_is_a_formula(text: str) -> None:
    hostile = replace(PUBLISH, message=text, usage=replace(PUBLISH.usage, symbol=text, definition=text, service=text))
    (row,) = rows(outcome(FILES, [hostile]))
    for cell in row.values():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert "1" in row["message"] or "HYPERLINK" in row["message"]


def test_rows_end_in_a_line_feed_and_text_with_line_ends_stays_in_its_row() -> None:
    text = render("csv", outcome(FILES, [replace(PUBLISH, message='a "b",\r\nc')]), Look())
    assert "\r" not in text
    assert text.count("\n") == 2


def test_the_command_gives_as_many_rows_as_findings(natsscan: Command) -> None:
    found = list(csv.DictReader(StringIO(natsscan(WIRE_MINI, "--format", "csv").out)))
    assert len(found) == len(natsscan(WIRE_MINI, "--format", "json").json["findings"]) > 1000
