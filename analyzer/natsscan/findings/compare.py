"""Which findings are new after a change, which are gone, and which are the same though their code has moved."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

from natsscan.model.finding import Finding

_PROGRAM = re.compile(r"(?:^|/)((?:[A-Z][\w']*/)*[A-Z][\w']*)\.\w+$")


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings after a change that are new; those before it that are gone; those after it that were there before."""

    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unchanged: tuple[Finding, ...]


Key = Callable[[Finding], Hashable]


def compare_findings(before: Iterable[Finding], after: Iterable[Finding], moved: Mapping[str, str]) -> Compared:
    """Compare the findings of two states; `moved` maps paths before to paths after, of files that were renamed.

    Each finding is paired with one at most: with itself; in a renamed file; with one that says the same elsewhere, as
    when code moves to another module; in the same definition with other words; with one that says the same in another
    definition. Lines count for nothing.
    """
    modules = {**moved, **module_renames(moved)}
    old, new = list(before), list(after)
    kept: set[int] = set()
    gone = set(range(len(old)))
    for before_key, after_key in (
        (lambda f: f.fingerprint, lambda f: f.fingerprint),
        (lambda f: (_path(f, moved), _words(f, modules)), lambda f: (f.usage.span.path, _words(f, {}))),
        (lambda f: _words(f, modules), lambda f: _words(f, {})),
        (lambda f: (_path(f, moved), _subject(f, modules)), lambda f: (f.usage.span.path, _subject(f, {}))),
        (lambda f: _words(f, modules)[:-1], lambda f: _words(f, {})[:-1]),
    ):
        _pair(old, new, gone, kept, before_key, after_key)
    return Compared(
        new=tuple(each for at, each in enumerate(new) if at not in kept),
        fixed=tuple(old[at] for at in sorted(gone)),
        unchanged=tuple(each for at, each in enumerate(new) if at in kept),
    )


def module_renames(moved: Mapping[str, str]) -> dict[str, str]:
    """Return how modules of programs are called after their files were renamed, by what they were called before."""
    renamed = {}
    for old, new in moved.items():
        before, after = _module(old), _module(new)
        if before and after and before != after:
            renamed[before] = after
    return renamed


def _pair(old: list[Finding], new: list[Finding], gone: set[int], kept: set[int], one: Key, other: Key) -> None:
    """Pair what is not paired yet and has the same key, in order."""
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for at in sorted(gone, reverse=True):
        waiting[one(old[at])].append(at)
    for at, finding in enumerate(new):
        if at not in kept and (same := waiting.get(other(finding))):
            gone.discard(same.pop())
            kept.add(at)


def _path(finding: Finding, moved: Mapping[str, str]) -> str:
    path = finding.usage.span.path
    return moved.get(path, path)


def _words(finding: Finding, modules: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a finding says, wherever it stands; the definition that it is in comes last."""
    rule, symbol, definition = _subject(finding, modules)
    return rule, symbol, "".join(_renamed(finding.excerpt, modules).split()), definition


def _subject(finding: Finding, modules: Mapping[str, str]) -> tuple[str, str, str]:
    """Return what a finding is about: its rule, its symbol, and the definition that it is in."""
    return finding.rule, _renamed(finding.usage.symbol, modules), finding.usage.definition or ""


def _renamed(text: str, modules: Mapping[str, str]) -> str:
    """Return a text with modules called as they are after the change."""
    for before, after in modules.items():
        if before in text:
            text = re.sub(rf"(?<![\w.]){re.escape(before)}(?![\w'])", after, text)
    return text


def _module(path: str) -> str:
    found = _PROGRAM.search(path)
    return found[1].replace("/", ".") if found else ""
