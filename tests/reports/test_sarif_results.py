"""Results of a SARIF log: where they are, how they are known again, what mends them; clause by clause."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from natsscan.model.finding import Finding, Severity, Suppressed
from natsscan.model.patch import Applicability, NewFile, Stage
from natsscan.reports.formats import Look, render
from natsscan.reports.sarif.linehash import line_hashes
from tests.reports.outcomes import argument, change, finding, outcome, patch
from tests.reports.sarif_logs import (
    BESIDE,
    FILES,
    FIRST,
    NOTE,
    ODD,
    everything,
    run,
)


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
