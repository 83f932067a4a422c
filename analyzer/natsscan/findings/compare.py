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
Rename = Callable[[str], str]


def compare_findings(before: Iterable[Finding], after: Iterable[Finding], moved: Mapping[str, str]) -> Compared:
    """Compare the findings of two states; `moved` maps paths before to paths after, of files that were renamed.

    Each finding is paired with one at most: with itself; in a renamed file; with one that says the same elsewhere, as
    when code moves to another module; in the same definition with other words; with one that says the same in another
    definition. Lines count for nothing.
    """
    renamed = _renaming({**moved, **module_renames(moved)})
    old, new = list(before), list(after)
    kept: set[int] = set()
    gone = set(range(len(old)))
    for before_key, after_key in (
        (lambda f: f.fingerprint, lambda f: f.fingerprint),
        (lambda f: (_path(f, moved), _words(f, renamed)), lambda f: (f.usage.span.path, _words(f, str))),
        (lambda f: _words(f, renamed), lambda f: _words(f, str)),
        (lambda f: (_path(f, moved), _subject(f, renamed)), lambda f: (f.usage.span.path, _subject(f, str))),
        (lambda f: _words(f, renamed)[:-1], lambda f: _words(f, str)[:-1]),
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


def _words(finding: Finding, rename: Rename) -> tuple[str, ...]:
    """Return what a finding says, wherever it stands; the definition that it is in comes last."""
    rule, symbol, definition = _subject(finding, rename)
    return rule, symbol, "".join(rename(finding.excerpt).split()), definition


def _subject(finding: Finding, rename: Rename) -> tuple[str, str, str]:
    """Return what a finding is about: its rule, its symbol, and the definition that it is in."""
    return finding.rule, rename(finding.usage.symbol), finding.usage.definition or ""


def _renaming(names: Mapping[str, str]) -> Rename:
    """Return what gives a text with files and modules called as they are after the change, each replaced once."""
    if not names:
        return str
    every = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![\w.])(?:{every})(?![\w'])")
    return lambda text: pattern.sub(lambda found: names[found[0]], text)


def _module(path: str) -> str:
    found = _PROGRAM.search(path)
    return found[1].replace("/", ".") if found else ""
