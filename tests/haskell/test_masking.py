from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natsscan.haskell.masking import mask_literate, readings

LINES = st.sampled_from(
    ["#if A", "#ifdef B", "#ifndef A", "#elif C", "#else", "#endif", "x = 1", "  y é", "", "#define Z", "-- # no"]
)


@given(st.lists(LINES, max_size=30).map("\n".join))
def test_readings_keep_every_offset_and_line(text: str) -> None:
    data = text.encode()
    for reading in readings(data):
        assert len(reading) == len(data)
        assert [at for at, byte in enumerate(reading) if byte == 10] == [at for at, b in enumerate(data) if b == 10]
        assert all(mine in (theirs, 32) for mine, theirs in zip(reading, data, strict=True))


@given(st.lists(st.sampled_from(["#if A", "#if B", "#else", "#endif", "code"]), max_size=24))
def test_each_line_of_code_is_in_some_reading(lines: list[str]) -> None:
    numbered = [f"code{number}" if line == "code" else line for number, line in enumerate(lines)]
    texts = [reading.decode() for reading in readings("\n".join(numbered).encode())]
    for line in numbered:
        if line.startswith("code") and not contradicts(numbered, line):
            assert any(line in text.split("\n") for text in texts), numbered


def contradicts(lines: list[str], wanted: str) -> bool:
    """Tell whether a line stands where one condition is taken as true and as false, so that no compiler sees it."""
    taken: list[tuple[str, bool]] = []
    for line in lines:
        if line.startswith("#if"):
            taken.append((line, True))
        elif line == "#else" and taken:
            if not taken[-1][1]:  # a second else: nobody knows what is meant
                return True
            taken[-1] = (taken[-1][0], False)
        elif line == "#endif" and taken:
            taken.pop()
        elif line == wanted:
            return any((condition, not holds) in taken for condition, holds in taken)
    return False


def test_one_condition_is_not_true_and_false_at_once() -> None:
    data = b"#ifdef A\na\n#else\nb\n#endif\n#ifndef A\nc\n#endif\n"
    texts = [set(reading.decode().split()) for reading in readings(data)]
    assert texts == [{"a"}, {"b", "c"}]


def test_without_directives_the_file_itself_is_read() -> None:
    data = b"x = '#'\n"
    assert readings(data) == (data,)


def test_literate_code_after_marks_and_between_begin_and_end() -> None:
    text = b"Prose f x\r\n> code = 1\r\nmore\r\n\\begin{code}\r\nblock = 2\r\n\\end{code}\r\nend\r\n"
    masked = mask_literate(text)
    assert len(masked) == len(text)
    assert masked.split() == [b"code", b"=", b"1", b"block", b"=", b"2"]
