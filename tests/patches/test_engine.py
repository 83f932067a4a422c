"""Edits: together or not at all, never two in one place, and diffs that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsscan.model.patch import Applicability, Edit, NewFile, Patch, RemovedFile, Stage, digest, edit
from natsscan.patches.diff import edited_diff, whole_diff
from natsscan.patches.engine import ChangedError, apply, select


def patch(name: str, *edits: Edit, creates: tuple[NewFile, ...] = (), removes: tuple[RemovedFile, ...] = ()) -> Patch:
    return Patch(name, name, Stage.PREPARE, Applicability.SAFE, "", "s", (), (), (), edits, creates, removes)


DATA = b"one\ntwo\nthree\n"


def test_edits_of_several_patches_are_made_at_the_places_they_were_found() -> None:
    files = {"f": DATA}
    patches = [
        patch("a", edit("f", DATA, 8, 13, b"3")),
        patch("b", edit("f", DATA, 0, 3, b"1"), edit("f", DATA, 4, 4, b"+")),
    ]
    assert apply(files, patches) == {"f": b"1\n+two\n3\n"}


def test_what_is_inserted_at_one_place_keeps_the_order_of_the_patches() -> None:
    patches = [patch("b", edit("f", DATA, 4, 4, b"B")), patch("a", edit("f", DATA, 4, 4, b"A"))]
    assert select(patches).held == ()
    assert apply({"f": DATA}, patches) == {"f": b"one\nBAtwo\nthree\n"}


def test_an_insertion_beside_what_is_removed_is_no_conflict() -> None:
    patches = [patch("in", edit("f", DATA, 8, 8, b"new\n")), patch("out", edit("f", DATA, 4, 8, b""))]
    assert select(patches).held == ()
    assert apply({"f": DATA}, patches) == {"f": b"one\nnew\nthree\n"}


@pytest.mark.parametrize(("start", "end"), [(4, 8), (5, 6), (3, 5), (7, 9), (0, 14)])
def test_the_later_of_two_that_want_the_same_bytes_is_held_back(start: int, end: int) -> None:
    first, second = patch("first", edit("f", DATA, 4, 8, b"")), patch("second", edit("f", DATA, start, end, b"x"))
    found = select([first, second])
    assert found.kept == (first,)
    assert found.held == ((second, "f is changed by 'first' already"),)


def test_a_patch_is_held_back_as_a_whole() -> None:
    first = patch("first", edit("f", DATA, 0, 3, b""))
    second = patch("second", edit("g", DATA, 0, 3, b""), edit("f", DATA, 1, 2, b""))
    assert select([first, second]).kept == (first,)


def test_files_are_added_and_removed_once() -> None:
    add, remove = NewFile("new", b"n"), RemovedFile("old", digest(b"o"))
    one = patch("one", creates=(add,), removes=(remove,))
    assert apply({"old": b"o"}, [one]) == {"new": b"n", "old": None}
    assert [held for held, _ in select([one, patch("two", creates=(add,))]).held] == [patch("two", creates=(add,))]
    late = patch("late", edit("old", b"o", 0, 0, b"x"))
    assert select([one, late]).held[0][0] == late


@pytest.mark.parametrize("now", [b"one\nTWO\nthree\n", b"", None])
def test_a_file_that_has_changed_is_refused(now: bytes | None) -> None:
    with pytest.raises(ChangedError, match=r"^f "):
        apply({"f": now}, [patch("a", edit("f", DATA, 4, 7, b"2"))])
    with pytest.raises(ChangedError):
        apply({"new": b"mine"}, [patch("a", creates=(NewFile("new", b""),))])
    with pytest.raises(ChangedError):
        apply({"f": now}, [patch("a", removes=(RemovedFile("f", digest(DATA)),))])


def git_applies(folder: Path, diff: bytes) -> None:
    done = subprocess.run(["git", "apply", "-"], cwd=folder, input=diff, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + diff.decode(errors="replace")


LINES = st.sampled_from([b"a\n", b"b\r\n", b"\n", b"\xff\xfe \n", "é\n".encode(), b"- x\n", b"+\n", b"\\ no\n", b"c"])
TEXTS = st.lists(LINES, max_size=30).map(b"".join)


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, st.sampled_from(["f.txt", "a b/c d.txt", "dé/f", 'q"uo\\te', "tab\there"]))
def test_git_makes_the_new_file_of_the_old_one(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes, path: str
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(old)
    diff = edited_diff(path, old, [(0, len(old), new)])
    if diff:
        git_applies(folder, diff)
    assert file.read_bytes() == new


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 6), TEXTS), max_size=5))
def test_git_makes_the_edits(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, places: list[tuple[int, int, bytes]]
) -> None:
    edits: list[Edit] = []
    for start, size, new in sorted(places, key=lambda place: place[0]):
        begin = max(min(start, len(old)), edits[-1].end if edits else 0)
        edits.append(edit("f", old, begin, min(begin + size, len(old)), new))
    file = tmp_path_factory.mktemp("tree") / "f"
    file.write_bytes(old)
    diff = edited_diff("f", old, [(each.start, each.end, each.replacement) for each in edits])
    if diff:
        git_applies(file.parent, diff)
    assert file.read_bytes() == apply({"f": old}, [patch("all", *edits)]).get("f", old)


def test_git_adds_and_removes_files(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_bytes(b"#!/bin/sh\n")
    (tmp_path / "empty").write_bytes(b"")
    parts = [
        whole_diff("run.sh", b"#!/bin/sh\n", is_new=False),
        whole_diff("empty", b"", is_new=False),
        whole_diff("new/empty", b"", is_new=True),
        whole_diff("new/text", b"no newline", is_new=True),
    ]
    git_applies(tmp_path, b"".join(parts))
    assert {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == {
        "new/empty": b"",
        "new/text": b"no newline",
    }


def test_a_diff_shows_three_lines_around_a_change() -> None:
    old = b"".join(b"%d\n" % number for number in range(40))
    twenty, last = old.index(b"20\n"), old.index(b"35\n")
    replacements = [(twenty, twenty + 2, b"twenty"), (last, last + 3, b"")]
    assert edited_diff("f", old, replacements).decode().splitlines() == [
        *("diff --git a/f b/f", "--- a/f", "+++ b/f", "@@ -18,7 +18,7 @@", " 17", " 18", " 19", "-20", "+twenty"),
        *(" 21", " 22", " 23", "@@ -33,7 +33,6 @@", " 32", " 33", " 34", "-35", " 36", " 37", " 38"),
    ]
