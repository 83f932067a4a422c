from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natsscan.source.text import TextPositions

TEXT = st.text(st.sampled_from("ab \té😀\r\n"), max_size=60)


@given(TEXT)
def test_positions_agree_with_counting_by_hand(text: str) -> None:
    positions = TextPositions("f", text.encode())
    offset = 0
    line, column = 1, 1
    for character in text:
        assert positions.position(offset) == (line, column)
        offset += len(character.encode())
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    assert positions.position(offset) == (line, column)


def test_a_line_comes_without_its_ending() -> None:
    positions = TextPositions("f", b"one\r\ntwo\nthree")
    assert [positions.line_at(at) for at in (0, 4, 5, 8, 9, 12)] == ["one", "one", "two", "two", "three", "three"]
    assert TextPositions("f", b"").line_at(0) == ""


def test_bytes_that_are_not_utf8_do_not_stop_anything() -> None:
    positions = TextPositions("f", b"a\xff\xfeb\nc")
    assert positions.position(3) == (1, 4)
    assert positions.position(5) == (2, 1)
