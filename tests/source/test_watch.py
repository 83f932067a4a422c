from __future__ import annotations

from natsscan.model.questions import held, holds
from natsscan.model.source import FileKind
from natsscan.source.watch import Asked, Question, Seen, Watch


def watched(texts: dict[str, bytes]) -> Seen:
    """Return what is noted of files that are asked for two words, of which those with the first are looked into."""
    watch = Watch(lambda _: None)
    files = [watch.file(path, FileKind.DOCS, data) for path, data in texts.items()]
    for file in files:
        if file.ask(holds, b"one"):
            assert file.data
    files[0].ask(held, (b"two", b"three"))
    return watch.seen()


def test_what_is_looked_into_is_told_from_what_is_asked() -> None:
    seen = watched({"a": b"two", "b": b"one", "c": b""})
    assert (seen.opened, seen.asked) == ({"b"}, {"a", "c"})
    assert seen.answers_alike("a", b"two, and more")
    assert not seen.answers_alike("a", b"three")
    assert not seen.answers_alike("a", b"one two")
    assert seen.answers_alike("c", b"two three"), "it was not asked for these"
    assert not seen.answers_alike("c", b"one")


def test_it_is_noted_which_file_is_in_hand() -> None:
    hand: list[str] = []
    watch = Watch(hand.append)
    for name in "ab":
        assert watch.file(name, FileKind.DOCS, b"x").data == b"x"
    assert hand == ["a", "b"]


def test_nothing_is_called_but_questions() -> None:
    names = ("os:system", "natsscan.source.watch:literal_eval", "natsscan.config:no", "natsscan.no:no")
    for module, _, function in (name.partition(":") for name in names):
        asked = Asked(Question(module, function, "()"), {"a": "0"}, of_most=True)
        assert not asked.would_be_alike("a", b"touch /tmp/called")
