"""SARIF: the standard, and what GitHub's code scanning wants beyond it, clause by clause."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from natsscan.model.finding import Severity
from natsscan.model.outcome import Outcome
from natsscan.model.usage import Argument, Provenance
from natsscan.reports.formats import Look, render
from natsscan.reports.sarif import log
from tests.conftest import WIRE_MINI, Command
from tests.reports.outcomes import outcome, patch
from tests.reports.sarif_logs import (
    FILES,
    FIRST,
    NOTE,
    Write,
    everything,
    many,
    objects,
    page,
    run,
    sarif,
)
from tests.reports.schemas import check_schema


@pytest.mark.parametrize("of", [everything(), outcome({})], ids=["everything", "nothing"])
def test_it_keeps_to_the_schema(of: Outcome) -> None:
    check_schema(sarif(of), "sarif-schema-2.1.0.json")


def test_an_empty_result_is_a_valid_log() -> None:
    document = sarif(outcome({}))
    assert document["$schema"].endswith("sarif-schema-2.1.0.json")
    assert document["version"] == "2.1.0"
    (only,) = document["runs"]
    assert only["results"] == []
    assert only["tool"]["driver"]["name"] == "natsscan"
    assert only["tool"]["driver"]["rules"] == []
    assert only["columnKind"] == "unicodeCodePoints"
    (invocation,) = only["invocations"]
    assert invocation == {"executionSuccessful": True, "toolExecutionNotifications": []}


def test_what_could_not_be_read_is_told() -> None:
    told = run(everything())["invocations"][0]["toolExecutionNotifications"]
    assert [(each["level"], each["message"]["text"]) for each in told] == [
        ("warning", "read partly: not YAML"),
        ("warning", "not read: not UTF-8"),
    ]
    first, second = (each["locations"][0]["physicalLocation"] for each in told)
    assert (first["artifactLocation"]["uri"], first["region"]) == ("x.yaml", {"startLine": 3})
    assert "region" not in second
    kinds = {kind["id"] for kind in run(everything())["tool"]["driver"]["notifications"]}
    assert {each["descriptor"]["id"] for each in told} <= kinds


@pytest.mark.parametrize(
    ("scope", "category"), [((".",), "natsscan"), (("services/brig", "libs"), "natsscan/services/brig+libs")]
)
def test_scans_of_several_parts_are_different_categories(scope: tuple[str, ...], category: str) -> None:
    of = outcome(FILES)
    name = run(replace(of, report=replace(of.report, scope=scope)))["automationDetails"]["id"]
    assert name.rpartition("/") == (category, "/", "")


def test_the_only_clock_is_none_and_two_runs_are_equal_byte_by_byte() -> None:
    assert render("sarif", everything(), Look()) == render("sarif", everything(), Look())
    assert not any(key.endswith(("Utc", "machine", "account")) for each in objects(sarif(everything())) for key in each)


# Rules


def test_a_rule_has_all_that_is_shown_of_it() -> None:
    rules = {rule["id"]: rule for rule in run(everything())["tool"]["driver"]["rules"]}
    assert rules["amqp-publish"] == {
        "id": "amqp-publish",
        "name": "AmqpPublish",
        "shortDescription": {"text": "Publishes a message"},
        "fullDescription": {"text": "- Why."},
        "help": {"text": "# Page\n\nWhy.\n", "markdown": "# Page\n\nWhy.\n"},
        "helpUri": "https://example.org/why",
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["messaging", "migration", "mandatory", "effort-5"],
            "precision": "very-high",
            "problem.severity": "error",
        },
    }


def test_rules_are_those_that_were_looked_for_each_once_and_results_name_them() -> None:
    found = run(everything())
    ids = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert ids == ["amqp-ack", "amqp-publish", "amqp-tx"]
    for result in found["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]


@pytest.mark.parametrize(
    ("severity", "level", "problem"),
    [
        (Severity.ERROR, "error", "error"),
        (Severity.WARNING, "warning", "warning"),
        (Severity.NOTE, "note", "recommendation"),
    ],
)
def test_severities_are_in_the_words_of_the_standard_and_of_github(
    severity: Severity, level: str, problem: str
) -> None:
    of = replace(outcome(FILES, [replace(FIRST, severity=severity)]), make_rules=lambda: (page(severity=severity),))
    found = run(of)
    (rule,) = found["tool"]["driver"]["rules"]
    assert (rule["defaultConfiguration"]["level"], rule["properties"]["problem.severity"]) == (level, problem)
    assert found["results"][0]["level"] == level


def test_texts_keep_to_the_lengths_and_nothing_is_a_security_alert() -> None:
    long = page("x" * 300, title="t" * 2000, advice="a" * 2000)
    found = run(replace(outcome(FILES), make_rules=lambda: (long,)))
    (rule,) = found["tool"]["driver"]["rules"]
    assert len(rule["name"]) == 255
    assert len(rule["shortDescription"]["text"]) == len(rule["fullDescription"]["text"]) == 1024
    for rule in run(everything())["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
        assert 0 < len(rule["properties"]["tags"]) <= 20
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
    assert "security-severity" not in render("sarif", everything(), Look())


def test_of_30_000_results_the_25_000_most_severe_are_kept_and_the_rest_is_counted() -> None:
    document = sarif(outcome({"big.hs": b"publish\n" * 100}, many(30_000)))
    (found,) = document["runs"]
    kept = found["results"]
    assert len(kept) == 25_000
    levels = [each["level"] for each in kept]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    assert levels.count("error") == 3_000 and levels.count("warning") == 15_000
    (told,) = found["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "5,000 results left out, the least severe ones: natsscan -v has all"
    assert len(found["tool"]["driver"]["rules"]) == 1
    check_schema(document, "sarif-schema-2.1.0.json")


def test_a_log_that_is_too_large_loses_fixes_first_and_then_the_least_severe_results() -> None:
    found = many(200)
    patches = [
        patch(FILES, f"p{at}", ("values.yaml", "other", f"other{at:x}" * 50), answers=[found[at]]) for at in range(1)
    ]
    of = outcome(FILES, found, patches)
    whole = log.render(of)
    size = len(gzip.compress(whole.encode(), mtime=0))
    assert "fixes" in whole

    def at_most(most: int) -> tuple[dict[str, Any], list[str]]:
        text = log.render(of, most)
        assert len(gzip.compress(text.encode(), mtime=0)) <= most
        (only,) = json.loads(text)["runs"]
        return only, [n["message"]["text"] for n in only["invocations"][0]["toolExecutionNotifications"]]

    only, told = at_most(size - 50)
    assert len(only["results"]) == 200 and not any("fixes" in each for each in only["results"])
    assert told == ["1 fix left out: natsscan patch has all"]
    only, told = at_most(size // 2)
    assert 0 < len(only["results"]) < 200
    assert {each["level"] for each in only["results"]} <= {"error", "warning"}
    assert told[0] == f"{200 - len(only['results'])} results left out, the least severe ones: natsscan -v has all"


# The command


def test_the_command_writes_a_log_of_the_fixture_that_keeps_to_the_schema(natsscan: Command, tmp_path: Path) -> None:
    done = natsscan(WIRE_MINI, "-q", "--output", "sarif=out.sarif")
    assert done.code == 0, done.err
    text = (tmp_path / "out.sarif").read_text()
    again = natsscan(WIRE_MINI, "--format", "sarif")
    assert again.out == text
    document = json.loads(text)
    (only,) = document["runs"]
    scan = natsscan(WIRE_MINI, "--format", "json").json
    assert len(only["results"]) == sum(each["system"] != "nats" for each in scan["findings"]) > 1000
    assert len(only["tool"]["driver"]["rules"]) > 50
    assert any("fixes" in each for each in only["results"])
    for result in only["results"]:
        assert result["partialFingerprints"].keys() == {"natsscan/v1", "primaryLocationLineHash"}
        assert not result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith(("/", ".", "file:"))
    check_schema(document, "sarif-schema-2.1.0.json")


def test_a_symlink_is_reported_by_the_file_that_it_leads_to(natsscan: Command, write: Write) -> None:
    root = write({"natsscan.toml": "", "real/A.hs": "module A where\nimport Network.AMQP\nd = ackEnv\n"})
    (root / "link").symlink_to("real", target_is_directory=True)
    (root / "real" / "B.hs").symlink_to("A.hs")
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for path in (".", "link", "real")
        for result in natsscan(path, "--format", "sarif").json["runs"][0]["results"]
    }
    assert uris == {"real/A.hs"}


@pytest.mark.parametrize(("fail_on", "code"), [((), 0), (("--fail-on", "error"), 1)])
def test_findings_fail_the_command_only_if_asked(
    natsscan: Command, write: Write, fail_on: tuple[str, ...], code: int
) -> None:
    write({"A.hs": "module A where\nimport Network.AMQP\nd = ackEnv\n"})
    done = natsscan(".", "--format", "sarif", *fail_on)
    assert done.code == code
    assert len(done.json["runs"][0]["results"]) == 2


def test_a_property_without_a_place_is_not_related() -> None:
    default = Argument("durable", "True", Provenance.DEFAULT, None)
    (result,) = run(outcome(FILES, [replace(NOTE, usage=replace(NOTE.usage, arguments=(default,)))]))["results"]
    assert "relatedLocations" not in result
