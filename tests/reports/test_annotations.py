"""What forges show beside the code: rdjson for reviewdog, GitHub's annotations, GitLab's code quality."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from natsscan.model.comparison import State
from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Finding, Severity
from natsscan.model.outcome import Outcome
from natsscan.model.patch import NewFile
from natsscan.reports.formats import Look, render
from tests.conftest import WIRE_MINI, Command
from tests.reports.outcomes import argument, finding, outcome, patch
from tests.reports.schemas import check_schema
from tests.reports.test_sarif import page

FILES = {
    "src/a.hs": 'ä = "ü𐀀" publish x\r\n  (key)\r\nack'.encode(),
    "values.yaml": b"rabbitmq:\n  host: h\nother: 1\n",
}
PUBLISH = finding(FILES, "src/a.hs", "publish x\r\n  (key)", arguments=(argument(FILES, "src/a.hs", "key", "key"),))
ACK = finding(FILES, "src/a.hs", "ack", rule="amqp-ack", severity=Severity.NOTE)
BESIDE = patch(FILES, "values", ("values.yaml", "other", "nats:\n  host: h\nother"), answers=[ACK])
PROBLEMS = (Problem("b.yaml", 4, "not YAML", Loss.PART), Problem("c.hs", 0, "not UTF-8", Loss.WHOLE))
HOSTILE = "publishes\n::error::x %0A::stop-commands::y @team <b> [x](http://y) #1 \x1b[2J"


def many(number: int, severity: Severity) -> list[Finding]:
    return [replace(PUBLISH, fingerprint=f"{severity}{at:04}", severity=severity) for at in range(number)]


# reviewdog


def rdjson(of: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render("rdjson", of, Look()))
    return document


def whole() -> Outcome:
    return replace(outcome(FILES, [ACK, PUBLISH], [BESIDE], problems=PROBLEMS), make_rules=lambda: (page(),))


@pytest.mark.parametrize("of", [whole(), outcome({})], ids=["everything", "nothing"])
def test_rdjson_keeps_to_the_schema(of: Outcome) -> None:
    check_schema(rdjson(of), "rdjson/DiagnosticResult.json")


def test_diagnostics_count_bytes_and_end_on_the_line_they_begin_on() -> None:
    document = rdjson(whole())
    assert (document["source"], document["severity"]) == ({"name": "natsscan"}, "INFO")
    first, second, *_ = document["diagnostics"]
    assert first["message"] == "publishes to jobs"
    assert first["severity"] == "ERROR"
    assert first["code"] == {"value": "amqp-publish", "url": "https://example.org/why"}
    begin = len('ä = "ü𐀀" '.encode()) + 1
    place = {"start": {"line": 1, "column": begin}, "end": {"line": 1, "column": begin + len("publish x")}}
    assert first["location"] == {"path": "src/a.hs", "range": place}
    (related,) = first["related_locations"]
    assert related["message"] == "key: key"
    assert related["location"]["range"]["start"] == {"line": 2, "column": 4}
    assert (second["severity"], second["code"]) == ("INFO", {"value": "amqp-ack"})
    assert second["location"]["range"]["end"] == {"line": 3, "column": 4}


def test_what_could_not_be_read_is_a_diagnostic() -> None:
    found = [each for each in rdjson(whole())["diagnostics"] if each["code"]["value"] == "coverage"]
    assert [(each["severity"], each["message"], each["location"]) for each in found] == [
        (
            "WARNING",
            "read partly: not YAML",
            {"path": "b.yaml", "range": {"start": {"line": 4}, "end": {"line": 4}}},
        ),
        ("WARNING", "not read: not UTF-8", {"path": "c.hs"}),
    ]


def test_a_patch_is_one_suggestion_of_whole_lines_for_each_diagnostic() -> None:
    two = patch(FILES, "two", ("values.yaml", "  host: h\n", ""), ("src/a.hs", "publish x", "send"), answers=[ACK])
    found = [each for each in rdjson(outcome(FILES, [ACK], [two]))["diagnostics"] if "suggestions" in each]
    assert [each["code"]["value"] for each in found] == [two.id, two.id]
    for each, at in zip(found, (1, 2), strict=True):
        assert each["message"].endswith(f"Part {at} of 2 of one change: commit them together.")
        (suggestion,) = each["suggestions"]
        assert suggestion["range"] == each["location"]["range"]
        assert suggestion["range"]["start"].keys() == suggestion["range"]["end"].keys() == {"line"}
    assert found[0]["suggestions"][0]["text"] == 'ä = "ü𐀀" send'
    assert found[1]["suggestions"][0] == {"range": {"start": {"line": 2}, "end": {"line": 2}}, "text": ""}


def test_a_patch_that_is_more_than_lines_or_has_a_secret_or_a_blank_line_is_not_suggested() -> None:
    secret = patch(FILES, "secret", ("values.yaml", "other", "password: hunter7\nother"), answers=[ACK])
    blank = patch(FILES, "blank", ("values.yaml", "  host: h\n", "\n"), answers=[ACK])
    for kept in (secret, blank, replace(BESIDE, creates=(NewFile("new", b""),)), replace(BESIDE, answers=())):
        text = render("rdjson", outcome(FILES, [ACK], [kept]), Look())
        assert "suggestions" not in text and "hunter7" not in text


def test_messages_do_nothing_where_they_are_read_as_markdown() -> None:
    (found,) = rdjson(outcome(FILES, [replace(ACK, message=HOSTILE)]))["diagnostics"]
    assert not re.search(r"\n|@\w|<\w|\]\(|://|#1|\x1b", found["message"])
    (found,) = rdjson(outcome(FILES, [replace(ACK, message="/close it")]))["diagnostics"]
    assert found["message"] == "\u200b/close it"


# What all of them show


@pytest.mark.parametrize("form", ["rdjson", "github", "gitlab"])
def test_facts_about_the_target_are_no_problems_and_of_a_comparison_only_what_is_new_is_shown(form: str) -> None:
    there = replace(ACK, rule="nats-use", system="nats")
    assert "nats-use" not in render(form, outcome(FILES, [there, PUBLISH]), Look())
    states = {PUBLISH.fingerprint: State.UNCHANGED, ACK.fingerprint: State.NEW}
    text = render(form, outcome(FILES, [PUBLISH, ACK], states=states, gone=(replace(ACK, rule="gone"),)), Look())
    assert "amqp-ack" in text
    assert "amqp-publish" not in text and "gone" not in text


@pytest.mark.parametrize("form", ["rdjson", "github", "gitlab", "jsonl", "csv"])
def test_the_command_writes_the_same_bytes_twice(natsscan: Command, tmp_path: Path, form: str) -> None:
    done = natsscan(WIRE_MINI, "-q", "--output", f"{form}=out")
    assert done.code == 0, done.err
    assert natsscan(WIRE_MINI, "--format", form).out == (tmp_path / "out").read_text()


def test_rdjson_of_the_fixture_keeps_to_the_schema(natsscan: Command) -> None:
    document = natsscan(WIRE_MINI, "--format", "rdjson").json
    assert sum("suggestions" in each for each in document["diagnostics"]) > 10
    check_schema(document, "rdjson/DiagnosticResult.json")


# GitHub


def github(of: Outcome) -> list[str]:
    text = render("github", of, Look())
    assert text.endswith("\n")
    return text.removesuffix("\n").split("\n")


def test_an_annotation_has_file_line_and_rule_and_no_end() -> None:
    assert github(outcome(FILES, [ACK, PUBLISH])) == [
        "::error file=src/a.hs,line=1,title=amqp-publish::publishes to jobs",
        "::notice file=src/a.hs,line=3,title=amqp-ack::publishes to jobs",
        "natsscan: 2 findings (1 error, 1 note)",
    ]


def test_nothing_found_is_no_annotation() -> None:
    assert github(outcome({})) == ["natsscan: no findings"]
    assert github(outcome(FILES, [ACK], states={ACK.fingerprint: State.UNCHANGED})) == ["natsscan: no new findings"]


def test_of_each_severity_as_many_are_shown_as_github_shows_and_the_last_line_counts_all() -> None:
    found = many(40, Severity.NOTE) + many(30, Severity.WARNING) + many(20, Severity.ERROR)
    lines = github(outcome(FILES, found))
    commands = [re.match(r"::(\w+) ", line)[1] for line in lines]  # type: ignore[index]
    assert commands == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    assert lines[-1] == (
        "::notice title=natsscan::90 findings (20 errors, 30 warnings, 40 notes), 29 of them are shown here; "
        "natsscan -v has all, and --output markdown=FILE a summary"
    )


def test_exactly_as_many_as_are_shown_need_no_notice() -> None:
    lines = github(outcome(FILES, many(10, Severity.NOTE)))
    assert len(lines) == 11
    assert lines[-1] == "natsscan: 10 findings (10 notes)"


def test_what_could_not_be_read_is_told() -> None:
    (line,) = github(outcome({}, problems=PROBLEMS))
    assert line.startswith("::notice title=natsscan::no findings; 2 places could not be read, or only partly")


def test_text_of_the_code_is_no_command() -> None:
    hostile = replace(
        ACK, message=HOSTILE, usage=replace(ACK.usage, span=replace(ACK.usage.span, path="a,b:c\n::d%.hs"))
    )
    first, last = github(outcome(FILES, [hostile]))
    assert first.startswith("::notice file=a%2Cb%3Ac%0A%3A%3Ad%25.hs,line=3,title=amqp-ack::publishes ::error::x %250A")
    assert last == "natsscan: 1 finding (1 note)"
    assert "\x1b" not in first


# GitLab


def gitlab(of: Outcome) -> list[dict[str, Any]]:
    document: list[dict[str, Any]] = json.loads(render("gitlab", of, Look()))
    return document


def test_an_issue_has_every_documented_field() -> None:
    assert gitlab(outcome(FILES, [PUBLISH])) == [
        {
            "description": "amqp-publish: publishes to jobs",
            "check_name": "amqp-publish",
            "fingerprint": PUBLISH.fingerprint,
            "severity": "major",
            "location": {"path": "src/a.hs", "lines": {"begin": 1}},
        }
    ]
    assert gitlab(outcome({})) == []


def test_severities_are_those_that_gitlab_has() -> None:
    found = [replace(PUBLISH, fingerprint=str(severity), severity=severity) for severity in Severity]
    assert [issue["severity"] for issue in gitlab(outcome(FILES, found))] == ["major", "minor", "info"]


def test_fingerprints_are_unique_and_the_same_on_the_next_run() -> None:
    of = outcome(FILES, [PUBLISH, ACK, PUBLISH], problems=(*PROBLEMS, PROBLEMS[1]))
    prints = [issue["fingerprint"] for issue in gitlab(of)]
    assert len(set(prints)) == len(prints) == 6
    assert prints == [issue["fingerprint"] for issue in gitlab(of)]
    assert prints[:2] == [PUBLISH.fingerprint, f"{PUBLISH.fingerprint}-2"]


def test_what_could_not_be_read_is_an_issue() -> None:
    first, second = gitlab(outcome({}, problems=PROBLEMS))
    assert (first["description"], first["location"]) == (
        "coverage: read partly: not YAML",
        {"path": "b.yaml", "lines": {"begin": 4}},
    )
    assert second["location"]["lines"]["begin"] == 1


def test_issues_of_the_fixture_are_on_relative_paths_with_prints_of_their_own(natsscan: Command) -> None:
    issues = natsscan(WIRE_MINI, "--format", "gitlab").json
    assert len(issues) > 1000
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for issue in issues:
        assert issue.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert not issue["location"]["path"].startswith(("/", "./"))
        assert issue["description"].startswith(f"{issue['check_name']}: ")
