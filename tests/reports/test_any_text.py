"""Whatever text the scanned code has, it stays inside the format, and the same outcome gives the same bytes."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Suppressed
from natsscan.model.outcome import Outcome
from natsscan.reports.formats import FORMATS, INVENTORIES, Look, render
from natsscan.reports.remarks import remarks
from tests.reports.outcomes import argument, change, finding, outcome, patch

MARKUP = "::error:: ##[group] %0A ` ``` ~~~ <b> <!-- --> ]( [x](1) @team #1 http://x &#64; =1 , | \\ /close $x$ 𝄞"
PIECES = st.sampled_from(MARKUP.split()) | st.sampled_from("\n\r\t\0\"'\x1b\x85\u2028\u202e\ufeff")
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=8).map("".join)
# Those that are not read by people as they are; the review is of changes, and has a test of its own.
SHOWN = [name for name in FORMATS if name not in ("text", "github-review", *INVENTORIES)]


def made(text: str) -> Outcome:
    files = {text or "a": f"publish\n{text}\nlast".encode(), "b.yaml": b"a: 1\n"}
    path = text or "a"
    one = finding(files, path, "publish", message=text, arguments=(argument(files, path, "last", text),))
    one = replace(one, excerpt=text, usage=replace(one.usage, symbol=text, definition=text, service=text))
    named = replace(patch(files, "p", ("b.yaml", "a: 1", f"a: {text}"), answers=[one]), title=text, reason=text)
    return outcome(
        files,
        [one],
        [named],
        suppressed=(Suppressed(replace(one, fingerprint="aside"), text, 1),),
        problems=(Problem(path, 1, text, Loss.PART),),
    )


@given(TEXTS)
def test_no_format_lets_text_out(text: str) -> None:
    of = made(text)
    shown = {form: render(form, of, Look()) for form in SHOWN}
    assert shown == {form: render(form, made(text), Look()) for form in SHOWN}
    for form in ("json", "sarif", "rdjson", "gitlab"):
        json.loads(shown[form])
    kinds = [json.loads(line)["kind"] for line in shown["jsonl"].removesuffix("\n").split("\n")]
    assert kinds == ["report", "problem", "finding", "suppressed"]
    rows = list(csv.reader(StringIO(shown["csv"])))
    assert [len(row) for row in rows] == [len(rows[0])] * 4
    assert len(shown["csv"].split("\n")) == 5
    lines = shown["github"].splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::error file=") and lines[1].startswith("::notice title=natsscan::")


@given(TEXTS)
def test_no_remark_lets_text_out(text: str) -> None:
    of = made(text)
    path = text or "a"
    for remark in remarks(change(of, {path: ((1, 99),), "b.yaml": ((1, 99),)})):
        page = MarkdownIt("gfm-like", {"linkify": False}).parse(remark.text.partition("\n")[2])
        blocks = [token.content for token in page if token.type == "fence"]
        expected = [] if remark.replacement is None else [re.sub(r"\r\n?", "\n", remark.replacement)]
        assert blocks == [each.replace("\0", "\ufffd") for each in expected]  # Markdown has no zero bytes
        inline = [token for block in page if block.type == "inline" for token in block.children or ()]
        tags = [token.content for token in inline if token.type == "html_inline"]
        assert set(tags) <= {"<span>", "</span>"}
        assert not any(token.type in ("link_open", "image", "s_open", "em_open") for token in inline)
        assert not any(token.type in ("html_block", "heading_open", "table_open", "hr") for token in page)
        plain = "".join(token.content for token in inline if token.type == "text")
        assert not re.search(r"@\w|(?<!\w)#\d|://", plain)
