"""What moves together of Python code, and where the package that takes a library's place stands for it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from natsscan.patches.python.importing import Import, leading_to, name_of, root_of

TEST = re.compile(r"(?:^|/)(?:tests?|testing)(?:/|$)|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a package stands: its folder, and the name by which code imports it."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that import a library and can only move together, with the home of each; and the services they are of."""

    services: tuple[str, ...]
    homes: Mapping[str, Home]

    @property
    def title(self) -> str:
        """The services as people are told of them."""
        return ", ".join(self.services)


def find_units(
    users: Iterable[str],
    imports: tuple[Import, ...],
    paths: frozenset[str],
    package: str,
    service_of: Callable[[str], str],
    there: frozenset[str] = frozenset(),
) -> tuple[Unit, ...]:
    """Return the units of the files that use a library; `package` is what the package that takes its place is called.

    It stands in the folders `there` already.

    Files of one service move together, and those of services that import each other's. Where one part of the code gets
    from another what leads to the library, both take it from one package, as classes of two would not be the same.
    """
    users = tuple(sorted(users))
    roots = {path: root_of(path, paths) for path in users}
    leading = leading_to(imports, users)
    every = dict.fromkeys(roots.values())
    ways = [
        (mine, theirs)
        for each in imports
        if each.path in leading
        for mine, theirs in [(root_of(each.importer, paths), root_of(each.path, paths))]
        if mine != theirs and mine in every and theirs in every
    ]
    together, moving = _Groups(every), _Groups(every)
    for mine, theirs in ways:
        together.join(mine, theirs)
        moving.join(mine, theirs)
    by_service: dict[str, str] = {}
    for path in users:
        moving.join(roots[path], by_service.setdefault(service_of(path), roots[path]))
    for test, home in _tests(users, roots, ways, together):
        moving.join(test, home)
    home_of = _homes(users, roots, ways, together, moving, imports, paths, package, there)
    units: dict[str, list[str]] = {}
    for path in users:
        units.setdefault(moving.of(roots[path]), []).append(path)
    return tuple(
        Unit(tuple(sorted({service_of(path) for path in files})), {path: home_of[roots[path]] for path in files})
        for files in units.values()
    )


def _tests(
    users: Iterable[str], roots: Mapping[str, str], ways: Iterable[tuple[str, str]], together: _Groups
) -> Iterator[tuple[str, str]]:
    """Yield the folders of tests that import nothing of what they are about, each with the only package beside them."""
    users = tuple(users)
    others = {roots[path] for path in users if TEST.search(path) is None}
    asking = {mine for mine, _ in ways}
    for test in dict.fromkeys(roots[path] for path in users):
        above = posixpath.dirname(test)
        beside = [root for root in others if not above or root.startswith(f"{above}/")]
        if test not in others and test not in asking and len({together.of(root) for root in beside}) == 1:
            yield test, beside[0]


def _homes(
    users: Iterable[str],
    roots: Mapping[str, str],
    ways: Iterable[tuple[str, str]],
    together: _Groups,
    moving: _Groups,
    imports: Iterable[Import],
    paths: frozenset[str],
    package: str,
    there: frozenset[str],
) -> dict[str, Home]:
    """Return where the package stands for each folder of users: in the one of a group that the others import from."""
    counts: dict[str, int] = {}
    tests: dict[str, bool] = {}
    for path in users:
        counts[roots[path]] = counts.get(roots[path], 0) + 1
        tests[roots[path]] = tests.get(roots[path], True) and TEST.search(path) is not None
    asked: dict[str, int] = {}
    for mine, theirs in ways:
        asked[theirs] = asked.get(theirs, 0) + 1
        asked[mine] = asked.get(mine, 0) - 1
    names = {root: name_of(root, imports, paths) for root in counts}

    def rank(root: str) -> tuple[bool, bool, bool, int, int, str]:
        return root not in there, tests[root], not names[root], -asked.get(root, 0), -counts[root], root

    first: dict[str, str] = {}
    best: dict[str, str] = {}
    for root in sorted(counts, key=rank):
        first.setdefault(together.of(root), root)
        best.setdefault(moving.of(root), root)
    found = {}
    for root in counts:
        at = first[together.of(root)]
        # Tests that import nothing of what they are about still run where it can be imported.
        at = best[moving.of(root)] if tests[at] and names[best[moving.of(root)]] else at
        found[root] = Home(posixpath.join(at, package), f"{names[at]}.{package}" if names[at] else package)
    return found


class _Groups:
    """Things that belong together, by one of each group."""

    def __init__(self, things: Iterable[str]) -> None:
        self._above = {thing: thing for thing in things}

    def of(self, thing: str) -> str:
        """Return the one that stands for the group of a thing."""
        while self._above[thing] != thing:
            thing = self._above[thing]
        return thing

    def join(self, one: str, other: str) -> None:
        """Put the groups of two things together."""
        first, second = sorted((self.of(one), self.of(other)))
        self._above[second] = first
