"""What a change is told: on its lines only, in whole patches only, and nothing of the code can do harm."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from natsscan.model.comparison import Fate, PropertyChange
from natsscan.model.errors import InputError
from natsscan.model.finding import Severity
from natsscan.model.outcome import Outcome
from natsscan.model.patch import Applicability, NewFile, Stage
from natsscan.model.remark import Remark
from natsscan.reports.formats import Look, render
from natsscan.reports.remarks import remarks
from tests.reports.outcomes import change, finding, outcome, patch

FILES = {
    "a.hs": b"module A where\n\npublish a\npublish b\n\nack c\n\n\n\nclose d\n",
    "values.yaml": b"rabbitmq:\n  host: h\nother: 1\n\n\n\n\nlast: 2\n",
}
PUBLISH = finding(FILES, "a.hs", "publish a")
ACK = finding(FILES, "a.hs", "ack c", rule="amqp-ack", severity=Severity.WARNING)
BESIDE = patch(FILES, "values", ("values.yaml", "other", "nats:\n  host: h\nother"))


def review(of: Outcome) -> dict[str, object]:
    found = json.loads(render("github-review", of, Look()))
    assert isinstance(found, dict)
    return found


def places(found: tuple[Remark, ...]) -> list[tuple[str, int, int]]:
    return [(remark.path, remark.first, remark.last) for remark in found]


def test_without_a_change_there_is_nothing_to_say_and_no_review() -> None:
    scan = outcome(FILES, [PUBLISH], [BESIDE])
    assert remarks(scan) == ()
    with pytest.raises(InputError, match=r"^github-review shows the lines of a change; use natsscan diff BASE"):
        render("github-review", scan, Look())


def test_only_new_findings_on_lines_of_the_diff_are_told() -> None:
    closed = finding(FILES, "a.hs", "close d")
    found = outcome(FILES, [PUBLISH, ACK, closed])
    changed = change(found, {"a.hs": ((2, 6),)}, old=lambda each: each is ACK)
    assert places(remarks(changed)) == [("a.hs", 3, 3)]
    assert "1 of them on lines that the diff does not show" in str(review(changed)["body"])


def test_what_is_on_the_target_already_is_no_remark() -> None:
    there = finding(FILES, "a.hs", "publish a", system="nats")
    assert remarks(change(outcome(FILES, [there]), {"a.hs": ((1, 9),)})) == ()


def test_findings_of_one_line_are_one_remark_with_the_most_severe_first() -> None:
    note = finding(FILES, "a.hs", "a\n", rule="amqp-type", severity=Severity.NOTE, message="names a type")
    (remark,) = remarks(change(outcome(FILES, [note, PUBLISH]), {"a.hs": ((1, 9),)}))
    assert remark.text.index("amqp-publish") < remark.text.index("names a type")
    assert remark.replacement is None


def test_a_remark_begins_with_a_mark_that_is_the_same_on_the_next_run_and_after_moves() -> None:
    changed = change(outcome(FILES, [PUBLISH], [BESIDE]), {"a.hs": ((1, 9),), "values.yaml": ((1, 8),)})
    found = remarks(changed)
    assert [remark.key for remark in found] == [remark.key for remark in remarks(changed)]
    assert len({remark.key for remark in found}) == len(found) == 2
    for remark in found:
        assert remark.text.startswith(f"<!-- natsscan:{remark.key} -->\n")
    moved = {"values.yaml": b"first: 0\n" + FILES["values.yaml"]}
    again = patch(moved, "values", ("values.yaml", "other", "nats:\n  host: h\nother"))
    (other,) = remarks(change(outcome(moved, [], [again]), {"values.yaml": ((1, 9),)}))
    assert (other.key, other.first) == (found[1].key, found[1].first + 1)


def test_a_patch_is_the_full_text_of_exactly_its_lines() -> None:
    (remark,) = remarks(change(outcome(FILES, [], [BESIDE]), {"values.yaml": ((1, 4),)}))
    assert places((remark,)) == [("values.yaml", 2, 2)]
    assert remark.replacement == "  host: h\nnats:\n  host: h\n"
    assert remark.text.endswith("\n```suggestion\n  host: h\nnats:\n  host: h\n```")
    assert "Part" not in remark.text


def test_lines_that_go_are_an_empty_block() -> None:
    gone = patch(FILES, "gone", ("values.yaml", "other: 1\n", ""))
    (remark,) = remarks(change(outcome(FILES, [], [gone]), {"values.yaml": ((1, 4),)}))
    assert remark.text.endswith("\n```suggestion\n```")
    assert remark.replacement == ""


def test_parts_of_one_change_say_so() -> None:
    two = patch(FILES, "two", ("values.yaml", "other: 1", "other: 3"), ("a.hs", "close d", "drain d"))
    found = remarks(change(outcome(FILES, [], [two]), {"values.yaml": ((1, 4),), "a.hs": ((8, 10),)}))
    assert [re.findall(r"Part \d of \d of one change: commit them together", each.text) for each in found] == [
        ["Part 1 of 2 of one change: commit them together"],
        ["Part 2 of 2 of one change: commit them together"],
    ]


@pytest.mark.parametrize("hunks", [{}, {"values.yaml": ((3, 4),)}, {"values.yaml": ((1, 1), (3, 8))}])
def test_a_patch_beside_the_diff_is_not_suggested(hunks: dict[str, tuple[tuple[int, int], ...]]) -> None:
    assert remarks(change(outcome(FILES, [], [BESIDE]), hunks)) == ()


def test_a_patch_of_which_the_diff_shows_a_part_is_not_suggested() -> None:
    two = patch(FILES, "two", ("values.yaml", "other: 1", "other: 3"), ("a.hs", "close d", "drain d"))
    assert remarks(change(outcome(FILES, [], [two]), {"values.yaml": ((1, 8),), "a.hs": ((1, 9),)})) == ()


def test_only_patches_that_are_due_and_show_no_secret_are_suggested() -> None:
    shown = {"values.yaml": ((1, 8),)}
    last = patch(FILES, "last", ("values.yaml", "last: 2", "last: 3"), stage=Stage.CUT_OVER)
    by_hand = replace(BESIDE, applicability=Applicability.MANUAL)
    assert len(remarks(change(outcome(FILES, [], [BESIDE, last]), shown))) == 1
    assert len(remarks(change(outcome(FILES, [], [by_hand, last]), shown))) == 1
    secret = patch(FILES, "secret", ("values.yaml", "other", "nats:\n  password: hunter7\nother"))
    for kept in (secret, replace(BESIDE, creates=(NewFile("new", b""),)), replace(by_hand, edits=())):
        assert remarks(change(outcome(FILES, [], [kept]), shown)) == ()


def test_a_review_has_what_the_api_takes() -> None:
    joined = patch(FILES, "joined", ("values.yaml", "  host: h\nother: 1", "  host: x\nother: 2"))
    changed = change(outcome(FILES, [PUBLISH, ACK], [joined]), {"a.hs": ((1, 10),), "values.yaml": ((1, 4),)})
    found = review(changed)
    assert found.keys() == {"event", "body", "comments"}
    assert found["event"] == "COMMENT"
    assert "2 findings (1 error, 1 warning); 1 suggestion." in str(found["body"])
    comments = found["comments"]
    assert isinstance(comments, list)
    single, _, several = comments
    assert single.keys() == {"path", "body", "line", "side"}
    assert (single["path"], single["line"], single["side"]) == ("a.hs", 3, "RIGHT")
    assert (several["start_line"], several["line"]) == (2, 3)
    assert (several["start_side"], several["side"]) == ("RIGHT", "RIGHT")


def test_a_review_says_what_the_change_loses() -> None:
    changed = change(outcome(FILES), {})
    lost = tuple(
        PropertyChange(f"queue q{at}", "durable @all", "", "", Fate.LOST, "durable", "", (), ()) for at in range(25)
    )
    assert changed.comparison is not None
    body = str(review(replace(changed, comparison=replace(changed.comparison, properties=lost)))["body"])
    assert "It loses 25 messaging properties:\n\n- queue q0: durable @\u200ball\n" in body
    assert body.endswith("- queue q19: durable @\u200ball\n- 5 more, see `natsscan diff`")


def test_a_review_without_remarks_has_a_body() -> None:
    found = review(change(outcome(FILES), {}))
    assert found["comments"] == []
    assert "adds nothing to migrate" in str(found["body"])


HOSTILE = [
    "@everyone look",
    "</details><img src=x onerror=alert(1)><!--",
    "-->\n# Heading",
    "```` @team `",
    "`` @team ` x",
    "``` @team ```",
    "\\`@team\\`",
    "see #1 and o/r#2, !3, GH-4, https://github.com/o/r/issues/5, www.x.y",
    "[x](javascript:alert(1)) ![i](http://x)",
    "&#64;team &lt;b&gt;",
    "\r\n/close\n- [ ] task",
    "\u202eright to left",
    "**bold** _it_ ~~gone~~ $x$ | cell |",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_the_code_is_only_shown(text: str) -> None:
    hostile = finding(FILES, "a.hs", "publish a", message=f"publishes to {text}, says the rule")
    named = replace(BESIDE, title=text, reason=text)
    shown = {"a.hs": ((1, 9),), "values.yaml": ((1, 8),)}
    for remark in remarks(change(outcome(FILES, [hostile], [named]), shown)):
        told = remark.text.partition("\n")[2]
        words = told.partition("\n\n```suggestion")[0]
        assert "\u202e" not in told
        page = MarkdownIt("gfm-like", {"linkify": False}).parse(words)
        inline = [token for block in page if block.type == "inline" for token in block.children or ()]
        inline = [token for token in inline if token.content not in ("<span>", "</span>")]  # around a dollar sign
        assert {token.type for token in inline} <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
        assert not any(token.type.startswith(("html", "heading", "table", "hr")) for token in page)
        plain = "".join(token.content for token in inline if token.type == "text")
        assert not re.search(r"@\w|[#!]\d|GH-\d|://|www\.", plain)
        assert not any(line.startswith(("/", "#")) for line in words.split("\n"))


@pytest.mark.parametrize("text", ["```\n@team\n```", "````", "~~~", "`````suggestion\nx"])
def test_no_text_of_a_suggestion_ends_its_block(text: str) -> None:
    hostile = patch(FILES, "x", ("values.yaml", "other: 1\n", f"other: 1\n{text}\n"))
    (remark,) = remarks(change(outcome(FILES, [], [hostile]), {"values.yaml": ((1, 8),)}))
    blocks = [token for token in MarkdownIt().parse(remark.text) if token.type == "fence"]
    assert [(block.info, block.content) for block in blocks] == [("suggestion", remark.replacement)]


def test_a_suggestion_in_a_file_with_windows_line_ends_has_them() -> None:
    files = {"values.yaml": b"a: 1\r\nb: 2\r\n"}
    made = patch(files, "crlf", ("values.yaml", "b: 2", "b: 3"))
    (remark,) = remarks(change(outcome(files, [], [made]), {"values.yaml": ((1, 2),)}))
    assert remark.replacement == "b: 3\r\n"
    assert remark.text.endswith("```suggestion\nb: 3\n```")


def test_no_remark_is_longer_than_the_limit_and_what_is_cut_is_counted() -> None:
    many = [finding(FILES, "a.hs", "publish a", message="ä" * 900, identity=str(number)) for number in range(200)]
    (remark,) = remarks(change(outcome(FILES, many), {"a.hs": ((1, 9),)}))
    assert len(remark.text.encode()) <= 65_536
    cut = re.search(r"- (\d+) more on this line", remark.text)
    assert cut and int(cut[1]) + remark.text.count("`amqp-publish` (") == 200
    long = patch(FILES, "long", ("values.yaml", "other: 1", "x" * 66_000))
    assert remarks(change(outcome(FILES, [], [long]), {"values.yaml": ((1, 8),)})) == ()
