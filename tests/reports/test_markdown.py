from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from natsscan.catalog.markdown import cell, code, prose

HOSTILE = (
    "@octocat #12 https://evil.example www.evil.example :tada: $x$ *a* <img src=x> [l](u) ![p](u) `c` a|b &copy; ~s~"
)


def test_prose_is_shown_and_does_nothing() -> None:
    assert prose("*a* <b> [c]") == r"\*a\* \<b\> \[c\]"
    (_, inline, _) = MarkdownIt("gfm-like", {"linkify": False}).parse(prose(HOSTILE))
    assert {child.type for child in inline.children or ()} <= {"text", "text_special", "html_inline"}
    shown = "".join(child.content for child in inline.children or () if child.type != "html_inline")
    assert shown.replace("\u200b", "") == HOSTILE


@pytest.mark.parametrize("sign", ["@octocat", "#12", "https://", "www.evil", ":tada:", "x@y.example"])
def test_forges_link_nothing(sign: str) -> None:
    assert sign not in prose(HOSTILE + " x@y.example")


def test_prose_is_one_line() -> None:
    assert prose("a\n# b\r\n- c") == r"a \# b - c"


def test_a_code_span_is_longer_than_what_is_in_it() -> None:
    assert code("a``b`") == "``` a``b` ```"
    assert cell("a|b") == "`a\\|b`"
    assert code("") == "` `"
    assert code("\u202e\n") == "`\\u202e\\x0a`"
