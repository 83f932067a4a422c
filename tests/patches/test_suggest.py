"""Patches as whole lines: making the suggestions is making the patch."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natsscan.model.patch import Applicability, Edit, NewFile, Patch, RemovedFile, Stage, Suggestion, digest, edit
from natsscan.patches.engine import apply, select
from natsscan.patches.suggest import due, suggestions
from tests.patches.test_engine import patch

DATA = b"one\ntwo\nthree\n"


def suggest(data: bytes, *places: tuple[int, int, bytes]) -> list[tuple[int, int, str]]:
    edits = [edit("f", data, *place) for place in places]
    return [(s.first, s.last, s.text) for s in suggestions(patch("p", *edits), {"f": data}.get)]


def accepted(data: bytes, found: Iterable[Suggestion]) -> bytes:
    """Return a file as it is when all suggestions are taken, which a forge does line by line."""
    lines = data.decode().splitlines(keepends=True) if b"\r" not in data else data.decode().split("\n")
    if b"\r" in data:
        lines = [*(line + "\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]
    for each in sorted(found, reverse=True):
        lines[each.first - 1 : each.last] = [each.text]
    return "".join(lines).encode()


def test_a_word_is_changed_by_its_whole_line() -> None:
    assert suggest(DATA, (4, 7, b"zwei")) == [(2, 2, "zwei\n")]


def test_lines_that_are_added_come_with_the_one_before_them() -> None:
    assert suggest(DATA, (8, 8, b"new\n")) == [(2, 2, "two\nnew\n")]


def test_lines_that_are_added_on_top_come_with_the_first_one() -> None:
    assert suggest(DATA, (0, 0, b"new\n")) == [(1, 1, "new\none\n")]


def test_lines_that_go_leave_nothing() -> None:
    assert suggest(DATA, (4, 8, b"")) == [(2, 2, "")]


def test_changes_that_need_one_line_are_one_suggestion() -> None:
    assert suggest(DATA, (4, 7, b"2"), (8, 8, b"new\n")) == [(2, 2, "2\nnew\n")]
    assert suggest(DATA, (0, 0, b"top\n"), (4, 4, b"new\n")) == [(1, 1, "top\none\nnew\n")]


def test_changes_apart_are_suggestions_of_their_own_in_order() -> None:
    assert suggest(DATA, (8, 13, b"3"), (0, 3, b"1")) == [(1, 1, "1\n"), (3, 3, "3\n")]


@pytest.mark.parametrize(
    ("data", "place", "expected"),
    [
        (b"one", (3, 3, b"\nnew"), (1, 1, "one\nnew")),
        (b"a\r\nb\r\n", (3, 3, b"new\r\n"), (1, 1, "a\r\nnew\r\n")),
        ("ä\nö\n".encode(), (3, 5, "ü".encode()), (2, 2, "ü\n")),
    ],
)
def test_line_ends_stay_as_the_file_has_them(
    data: bytes, place: tuple[int, int, bytes], expected: tuple[int, int, str]
) -> None:
    assert suggest(data, place) == [expected]


@pytest.mark.parametrize(
    "more",
    [
        patch("p", edit("f", DATA, 0, 0, b"x"), creates=(NewFile("g", b"g"),)),
        patch("p", edit("f", DATA, 0, 0, b"x"), removes=(RemovedFile("g", digest(b"g")),)),
        patch("p", edit("f", DATA, 0, 0, b"x"), edit("gone", b"old", 0, 1, b"x")),
        patch("p", edit("f", DATA, 0, 0, b"x"), edit("changed", b"old", 0, 1, b"x")),
        patch("p", edit("f", DATA, 0, 0, b"x"), edit("latin", b"\xe4\n", 0, 0, b"x")),
        patch("p", edit("f", DATA, 0, 0, b"x"), edit("f", DATA, 4, 4, b"a\rb")),
        patch("p", edit("f", DATA, 0, 0, b"x"), edit("empty", b"", 0, 0, b"x")),
    ],
)
def test_a_patch_that_is_more_than_lines_is_not_suggested_in_part(more: Patch) -> None:
    files = {"f": DATA, "g": b"g", "changed": b"new", "latin": b"\xe4\n", "empty": b""}
    assert suggestions(more, files.get) == ()


TEXTS = st.text(alphabet="ab\u00e4\n", max_size=12)


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, tuple[Edit, ...]]:
    text = draw(st.text(alphabet="ab\u00e4\n", min_size=1, max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    data, edits = text.encode(), []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        at, to = len(text[:start].encode()), len(text[:end].encode())
        edits.append(edit("f", data, at, to, draw(TEXTS).encode()))
    return data, tuple(edits)


@given(edited())
def test_taking_all_suggestions_is_making_the_patch(case: tuple[bytes, tuple[Edit, ...]]) -> None:
    data, edits = case
    wanted = patch("p", *edits)
    if not select([wanted]).kept:
        return  # two of its edits are in one place
    found = suggestions(wanted, {"f": data}.get)
    assert accepted(data, found) == (apply({"f": data}, [wanted]) or {"f": data})["f"]
    for one, other in pairwise(found):
        assert one.last < other.first


def test_what_is_due_is_the_first_stage_that_edits_can_do_without_what_is_held_back() -> None:
    def at(stage: Stage, made: Patch, applicability: Applicability = Applicability.UNSAFE) -> Patch:
        values = {name: getattr(made, name) for name in ("title", "reason", "service", "answers", "rules", "at")}
        return Patch(id=made.id, stage=stage, applicability=applicability, edits=made.edits, **values)

    by_hand = at(Stage.PREPARE, patch("hand"), Applicability.MANUAL)
    first, clash = (at(Stage.CUT_OVER, patch(name, edit("f", DATA, 0, 3, b"x"))) for name in ("first", "clash"))
    later = at(Stage.CLEAN_UP, patch("later", edit("f", DATA, 4, 7, b"x")))
    assert due([by_hand, first, clash, later]) == (first,)
    assert due([by_hand]) == ()
