"""SARIF: the standard, and what GitHub's code scanning wants beyond it, clause by clause."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from natsscan.model.comparison import State
from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Category, Finding, Severity, Suppressed
from natsscan.model.outcome import Outcome
from natsscan.model.patch import Applicability, NewFile, Stage
from natsscan.model.rule import RulePage
from natsscan.model.usage import Argument, Provenance, Tier
from natsscan.reports.formats import Look, render
from natsscan.reports.sarif import log
from natsscan.reports.sarif.linehash import line_hashes
from tests.conftest import WIRE_MINI, Command
from tests.reports.outcomes import argument, change, finding, outcome, patch
from tests.reports.schemas import check_schema

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


# The log and the run


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


# Results


def test_a_result_says_what_and_where() -> None:
    (result, *_) = run(everything())["results"]
    assert result["message"]["text"] == "publishes to jobs (see [key](1))"
    (location,) = result["locations"]
    place = location["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "src/a%20b%23%C3%A9%25.hs", "uriBaseId": "%SRCROOT%"}
    assert "%SRCROOT%" in run(everything())["originalUriBaseIds"]


def test_the_region_is_one_line_in_code_points_with_all_four_ends() -> None:
    (result, *_) = run(everything())["results"]
    place = result["locations"][0]["physicalLocation"]
    line = 'publish "größe 𝄞" x'
    assert place["region"] == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": len(line) + 1}
    assert place["contextRegion"] == {"startLine": 3, "startColumn": 1, "endLine": 4, "endColumn": 10}
    for each in run(everything())["results"]:
        region = each["locations"][0]["physicalLocation"]["region"]
        assert region.keys() == {"startLine", "startColumn", "endLine", "endColumn"}
        assert region["startLine"] == region["endLine"]
        assert region["startColumn"] < region["endColumn"]


def test_a_file_of_one_line_without_an_end() -> None:
    (result,) = run(outcome(FILES, [NOTE]))["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 4}
    assert result["partialFingerprints"]["primaryLocationLineHash"] == line_hashes(b"ack")[0]


def test_a_byte_order_mark_and_windows_line_ends_count_for_nothing() -> None:
    files = {"a.hs": b"\xef\xbb\xbfack x\r\n  y\r\n"}
    (result,) = run(outcome(files, [finding(files, "a.hs", "ack x\r\n  y")]))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 6}
    assert place["contextRegion"]["endColumn"] == 4


def test_other_places_are_related_and_linked_where_they_are_elsewhere() -> None:
    files = {"a.hs": b'publish "q" ks\nks = "k"\n'}
    one = finding(
        files,
        "a.hs",
        "publish",
        arguments=(argument(files, "a.hs", '"q"', "queue"), argument(files, "a.hs", '"k"', "key")),
    )
    (result,) = run(outcome(files, [one]))["results"]
    assert [(each["id"], each["message"]["text"]) for each in result["relatedLocations"]] == [
        (1, 'queue: "q"'),
        (2, 'key: "k"'),
    ]
    assert result["message"]["text"] == "publishes to jobs (see [key](2))"


def test_at_most_a_thousand_places_are_told_of_one_result() -> None:
    many = tuple(argument(FILES, "values.yaml", "host", f"a{at}") for at in range(1200))
    (result,) = run(outcome(FILES, [replace(NOTE, usage=replace(NOTE.usage, arguments=many))]))["results"]
    assert len(result["locations"]) + len(result["relatedLocations"]) == 1000
    assert result["properties"]["locationsLeftOut"] == 201
    linked = {int(number) for number in re.findall(r"\]\((\d+)\)", result["message"]["text"])}
    assert linked == {each["id"] for each in result["relatedLocations"]}


def test_text_of_the_code_makes_no_link_and_no_control_character() -> None:
    hostile = "publishes to [click](https://example.org) \x1b[31m\u202e\n[x](1)"
    text = run(outcome(FILES, [replace(NOTE, message=hostile)]))["results"][0]["message"]["text"]
    assert "](" not in text and "\n" not in text and "\x1b" not in text and "\u202e" not in text


def test_what_the_target_does_already_is_no_result() -> None:
    there = replace(NOTE, system="nats")
    aside = Suppressed(there, "", 1)
    assert run(outcome(FILES, [there], suppressed=(aside,), gone=(there,)))["results"] == []


def test_suppressed_findings_are_there_with_their_reason() -> None:
    found = run(everything())["results"]
    assert [each["suppressions"] for each in found if each["suppressions"]] == [
        [{"kind": "inSource", "status": "accepted", "justification": "kept for old clients"}]
    ]
    without = Suppressed(NOTE, "", 1)
    (result,) = run(outcome(FILES, suppressed=(without,)))["results"]
    assert result["suppressions"] == [{"kind": "inSource", "status": "accepted"}]


def test_a_comparison_tells_the_state_of_each_result_and_a_plain_scan_of_none() -> None:
    states = [each["baselineState"] for each in run(everything())["results"]]
    assert states == ["new", "unchanged", "new", "unchanged", "absent"]
    assert all("baselineState" not in each for each in run(outcome(FILES, [FIRST]))["results"])
    (result,) = run(change(outcome(FILES, [FIRST]), {}))["results"]
    assert result["baselineState"] == "new"


# Fingerprints


LOREM = b"Lorem ipsum dolor sit amet.\n"
GREETING = [
    *("e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1"),
    *("b3edc88f2938467e:1", "c8e28b0b4002a3a0:1", "c129715d7a2bc9a3:1"),
]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ["c129715d7a2bc9a3:1"]),
        (
            b" a\nb\n  \t\tc\n d",
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
        ),
        (b" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETING),
        (b" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", GREETING),
        (b" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", GREETING),
        (b" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETING),
        (
            LOREM * 10,
            [
                *(f"a7f2ff13bc495cf2:{at}" for at in range(1, 7)),
                *("a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1"),
                *("cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"),
            ],
        ),
    ],
)
def test_line_hashes_are_those_that_github_computes(data: bytes, expected: list[str]) -> None:
    assert line_hashes(data) == expected


def test_a_result_is_known_again_by_its_line_and_by_its_own_fingerprint() -> None:
    found = run(everything())["results"]
    hashes = line_hashes(FILES[ODD])
    assert found[0]["partialFingerprints"] == {
        "natsscan/v1": FIRST.fingerprint,
        "primaryLocationLineHash": hashes[2],
    }
    assert found[-1]["partialFingerprints"].keys() == {"natsscan/v1"}


# Fixes


def test_the_first_finding_that_a_patch_answers_has_it_and_all_name_it() -> None:
    found = run(everything())["results"]
    assert [("fixes" in each, each["properties"].get("patches")) for each in found[:3]] == [
        (False, None),
        (True, [BESIDE.id]),
        (False, [BESIDE.id]),
    ]
    (fix,) = found[1]["fixes"]
    assert fix == {
        "description": {"text": "values: NATS beside RabbitMQ (prepare, safe): Only adds."},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": "values.yaml", "uriBaseId": "%SRCROOT%"},
                "replacements": [
                    {
                        "deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 6},
                        "insertedContent": {"text": "nats:\n  host: h\nother"},
                    }
                ],
            }
        ],
    }


def test_what_goes_has_no_text_in_its_place() -> None:
    gone = patch(FILES, "gone", ("values.yaml", "other: 1\n", ""), answers=[NOTE], applicability=Applicability.UNSAFE)
    (result,) = run(outcome(FILES, [NOTE], [gone]))["results"]
    (replacement,) = result["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacement == {"deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 4, "endColumn": 1}}


def test_what_is_added_at_the_end_of_a_file_stands_before_its_last_line_end() -> None:
    files = {"a.yaml": b"a: 1\r\n", "b.hs": b"ack"}
    note = finding(files, "b.hs", "ack")
    more = patch(files, "more", ("a.yaml", "", ""), answers=[note])
    at_end = replace(more.edits[0], start=6, end=6, replacement=b"b: 2\r\n")
    (result,) = run(outcome(files, [note], [replace(more, edits=(at_end,))]))["results"]
    (replacement,) = result["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacement == {
        "deletedRegion": {"startLine": 1, "startColumn": 5, "endLine": 1, "endColumn": 5},
        "insertedContent": {"text": "\r\nb: 2"},
    }


def test_patches_that_are_no_fix_are_named_only() -> None:
    secret = patch(FILES, "secret", ("values.yaml", "other", "password: hunter7\nother"), answers=[NOTE])
    for kept in (
        replace(BESIDE, creates=(NewFile("new", b""),)),
        replace(BESIDE, applicability=Applicability.MANUAL),
        secret,
    ):
        text = render("sarif", outcome(FILES, [NOTE], [kept]), Look())
        (result,) = json.loads(text)["runs"][0]["results"]
        assert "fixes" not in result
        assert result["properties"]["patches"] == [kept.id]
        assert "hunter7" not in text
    later = patch(FILES, "later", ("values.yaml", "host", "x"), answers=[NOTE], stage=Stage.CLEAN_UP)
    (result,) = run(outcome(FILES, [NOTE], [BESIDE, later]))["results"]
    assert [fix["description"]["text"][:6] for fix in result["fixes"]] == ["values"]
    assert result["properties"]["patches"] == [BESIDE.id, later.id]


# Limits


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
