"""Task lists of every sort are read, and written back with nothing changed but what was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natsscan.checklist.read import lines_of, read_checklist
from natsscan.checklist.write import with_annotations, with_ticks
from natsscan.model.checklist import Judgement, Review, Status


def texts(source: str | bytes) -> list[str]:
    data = source if isinstance(source, bytes) else source.encode()
    return [task.text for task in read_checklist("c.md", data).tasks]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("- [ ] one\n* [x] two\n+ [X] three\n", ["one", "two", "three"]),
        ("1. [ ] one\n2) [ ] other list\n", ["one", "other list"]),
        ("- [ ] **Do `it`** now\n", ["Do `it` now"]),
        ("- [ ] a\n  b\n\n  prose\n", ["a b"]),
        ("> - [ ] quoted\n", ["quoted"]),
        ("- [ ] a\r\n  - [ ] b\r\n", ["a", "b"]),
        ("- [ ] a\r  - [ ] b\r", ["a", "b"]),
        ("\ufeff- [ ] marked\n", ["marked"]),
        ("1. no box\n2. none here\n", ["no box", "none here"]),
        ("- [ ] has one\n- has none\n", ["has one"]),
        ("```\n- [ ] code\n```\n\n    - [ ] also code\n", []),
        ("| a |\n|---|\n| - [ ] in a table |\n", []),
        ("- [] no\n- [y] no\n- [ ]no\n- [a](b) no\n- [ ] yes\n", ["yes"]),
        ("", []),
        ("prose only\n", []),
        (b"- [ ] \xff\xfe\n", ["\ufffd\ufffd"]),
        ("- [ ] a\n  <!-- natsscan -->\n  - [ ] not a task\n  <!-- /natsscan -->\n- [ ] b\n", ["a", "b"]),
    ],
)
def test_tasks_are_found(source: str | bytes, expected: list[str]) -> None:
    assert texts(source) == expected


def test_a_task_knows_its_headings_parents_names_and_line() -> None:
    source = "# T\n\n## A *b*\n\n- [ ] outer\n  - [x] inner `x/y.hs` and `z`\n\n## C\n- [ ] last\n"
    outer, inner, last = read_checklist("c.md", source.encode()).tasks
    assert (inner.sections, inner.parents, inner.names) == (("T", "A b"), ("outer",), ("x/y.hs", "z"))
    assert (inner.line, inner.is_ticked, outer.is_ticked) == (6, True, False)
    assert last.sections == ("T", "C")


def test_ids_survive_what_happens_around_and_tell_twins_apart() -> None:
    before = read_checklist("c.md", b"# A\n- [ ] x\n- [ ] x\n- [ ] y\n").tasks
    after = read_checklist("c.md", b"# A\n\n- [x] y\n- [ ] new\n- [x] x\n- [ ] x\n").tasks
    assert len({task.id for task in before}) == 3
    assert {task.id for task in before} < {task.id for task in after}


def judged(data: bytes, status: Status) -> Review:
    checklist = read_checklist("c.md", data)
    reason = "why `x`, <!-- natsscan --> too"
    return Review(checklist, tuple(Judgement(task, status, reason, next_step="go") for task in checklist.tasks), ())


def test_ticks_change_one_byte_each_and_nothing_else() -> None:
    data = "\ufeffa\r\n- [ ] ö\r\n\t- [X] y\r\n> 1. [ ] z".encode()
    done = with_ticks(judged(data, Status.DONE))
    assert done == "\ufeffa\r\n- [x] ö\r\n\t- [X] y\r\n> 1. [x] z".encode()
    assert with_ticks(judged(done, Status.DONE)) == done
    assert with_ticks(judged(data, Status.TODO)) == "\ufeffa\r\n- [ ] ö\r\n\t- [ ] y\r\n> 1. [ ] z".encode()
    assert with_ticks(judged(data, Status.MANUAL)) == data
    assert with_ticks(judged(data, Status.UNCLEAR)) == data


def test_annotations_stand_below_their_task_and_are_replaced() -> None:
    data = b"# A\n- [ ] one\n  goes on\n\n  prose\n  - [ ] two\n\nend"
    once = with_annotations(data, judged(data, Status.TODO).judgements)
    assert b"  goes on\n  <!-- natsscan -->\n  todo: why `x`, <! -- natsscan -- > too\n" in once
    assert b"    <!-- natsscan -->\n" in once
    assert texts(once) == ["one goes on", "two"]
    again = with_annotations(once, judged(once, Status.DONE).judgements)
    assert again.count(b"<!-- natsscan -->") == 2 and b"todo" not in again
    assert with_annotations(once, ()) == data


@given(st.binary(max_size=300) | st.text("-[] x\n\r\t>#`*1.|~", max_size=200).map(str.encode))
def test_whatever_the_bytes_reading_ends_and_lines_are_kept(data: bytes) -> None:
    checklist = read_checklist("c.md", data)
    assert b"".join(lines_of(data)) == data
    for task in checklist.tasks:
        assert task.box is None or data[task.box - 1 : task.box + 2] in (b"[ ]", b"[x]", b"[X]")


@given(
    st.lists(st.sampled_from(["- [ ] a", "  - [x] b", "> - [ ] c", "1. [ ] d", "text", "", "```", "## h"]), max_size=12)
)
def test_annotating_twice_is_as_once(lines: list[str]) -> None:
    data = "\n".join(lines).encode()
    once = with_annotations(data, judged(data, Status.TODO).judgements)
    assert with_annotations(once, judged(once, Status.TODO).judgements) == once
    assert texts(once) == texts(data)
