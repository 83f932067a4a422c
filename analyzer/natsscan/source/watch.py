"""Noting what a piece of work made of the files of a tree: which it looked into, and what it asked of the others.

A file that was not looked into may change, as long as it still gives the same answers: the work would do the same.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

import msgspec

from natsscan.model.questions import is_question
from natsscan.model.source import FileKind, SourceFile, T, Ts

_OWN = "natsscan."


class Question(msgspec.Struct, frozen=True, order=True):
    """A function of a module, by both names, and the arguments that it gets beside the bytes, as literals."""

    module: str
    function: str
    arguments: str

    def answer(self, data: bytes) -> str | None:
        """Return what it says of some bytes, as a literal; None if it is no question."""
        try:
            function = getattr(import_module(self.module) if self.module.startswith(_OWN) else None, self.function)
            return repr(function(data, *literal_eval(self.arguments))) if is_question(function) else None
        except (ImportError, AttributeError, SyntaxError, TypeError, ValueError):
            return None  # written down by something else


class Asked(msgspec.Struct, frozen=True):
    """A question with its answers by path. If most files were asked, those that are missing said nothing: no, none."""

    question: Question
    answers: dict[str, str]
    of_most: bool

    def would_be_alike(self, path: str, data: bytes) -> bool:
        """Tell whether a file would give the same answer, or was not asked."""
        if path not in self.answers and not self.of_most:
            return True
        answer = self.question.answer(data)
        return answer is not None and answer == self.answers.get(path, answer if answer in _NOTHING else None)


class Seen(msgspec.Struct, frozen=True):
    """What work was done on: the files it `opened`, those it only `asked`, and what it asked them."""

    opened: frozenset[str]
    asked: frozenset[str]
    questions: tuple[Asked, ...]

    def answers_alike(self, path: str, data: bytes) -> bool:
        """Tell whether a file that was only asked would still answer everything as it did."""
        return all(asked.would_be_alike(path, data) for asked in self.questions)


_NOTHING = frozenset({"False", "None", "()", "''", "b''", "0"})


@dataclass(frozen=True, slots=True)
class Watch:
    """What is noted while work is done, by one thread. `hold` is told which file is being looked into."""

    hold: Callable[[str], None]
    opened: set[str] = field(default_factory=set)
    _given: set[str] = field(default_factory=set)
    _answers: dict[tuple[Callable[..., object], tuple[object, ...]], dict[str, object]] = field(default_factory=dict)

    def file(self, path: str, kind: FileKind, data: bytes) -> SourceFile:
        """Return a file of which is noted what becomes of it."""
        self._given.add(path)
        return _WatchedFile(path, kind, data, self)

    def note(self, path: str, question: Callable[..., object], arguments: tuple[object, ...], answer: object) -> None:
        """Note what a file said to a question."""
        self._answers.setdefault((question, arguments), {})[path] = answer

    def seen(self) -> Seen:
        """Return what the work was done on."""
        asked = [
            self._asked(Question(function.__module__, function.__qualname__, repr(arguments)), answers)
            for (function, arguments), answers in self._answers.items()
        ]
        asked.sort(key=lambda each: each.question)
        return Seen(frozenset(self.opened), frozenset(self._given - self.opened), tuple(asked))

    def _asked(self, question: Question, answers: dict[str, object]) -> Asked:
        of_most = 2 * len(answers) > len(self._given)
        told = {path: repr(answer) for path, answer in answers.items() if path not in self.opened}
        return Asked(question, {p: a for p, a in told.items() if not of_most or a not in _NOTHING}, of_most)


class _WatchedFile(SourceFile):
    __slots__ = ("_content", "_watch")
    _content: bytes
    _watch: Watch

    def __init__(self, path: str, kind: FileKind, content: bytes, watch: Watch) -> None:
        put = object.__setattr__  # a frozen dataclass sets its fields like this, too
        put(self, "path", path)
        put(self, "kind", kind)
        put(self, "_content", content)
        put(self, "_watch", watch)

    @property
    def data(self) -> bytes:
        self._watch.opened.add(self.path)
        self._watch.hold(self.path)
        return self._content

    def ask(self, question: Callable[[bytes, *Ts], T], *arguments: *Ts) -> T:
        answer = question(self._content, *arguments)
        self._watch.note(self.path, question, arguments, answer)
        return answer
