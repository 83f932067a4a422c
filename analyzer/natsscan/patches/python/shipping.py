"""Where what a service is made of is listed by name: a package that is new in it has to be named there too."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from natsscan.patches.hindrance import Hindrance
from natsscan.patches.python.units import Home, Unit

_PACKAGES = {
    "setup.py": re.compile(rb"(?m)^[^#\n]*\bpackages[ \t]*=[ \t]*[\[(]"),
    "setup.cfg": re.compile(rb"(?m)^packages[ \t]*=[ \t]*(?!find)\n?[ \t]*(?!find)[\w.]"),
    "pyproject.toml": re.compile(rb"(?m)^packages[ \t]*=[ \t]*\["),
}
# Hatchling and Poetry take all that is below a package.
_TAKES_ALL = re.compile(rb"(?m)^build-backend[ \t]*=[ \t]*[\"'](?:hatchling|poetry|flit|pdm)")
_COPIES = re.compile(rb"(?mi)^[ \t]*(?:COPY|ADD)[ \t]+[^\n]*")
_LISTED = "Packages are listed by name here: add {}."
_COPIED = "Files are copied one by one here: copy the folder {} beside them."
_INIT = "__init__.py"


def shipping(
    unit: Unit, package: Iterable[str], read: Callable[[str], bytes | None], paths: Iterable[str]
) -> Iterator[Hindrance]:
    """Yield where people add the package of a unit: `package` are the paths of its files."""
    homes = tuple(dict.fromkeys(unit.homes.values()))
    package = tuple(package)
    for path in sorted(paths):
        name = posixpath.basename(path)
        folder = posixpath.dirname(path)
        inside = [home for home in homes if not folder or home.folder.startswith(f"{folder}/")]
        if not inside or not (name in _PACKAGES or "Dockerfile" in name):
            continue
        data = read(path) or b""
        if name in _PACKAGES:
            found = _PACKAGES[name].search(data)
            own = [home for home in inside if "." in home.name and path == _nearest(home, name, paths)]
            if own and found is not None and _TAKES_ALL.search(data) is None:
                names = ", ".join(each for home in own for each in _names(home, package))
                yield Hindrance(path, data.count(b"\n", 0, found.end()) + 1, _LISTED.format(names))
        else:
            yield from _copied(path, data, inside, unit)


def _nearest(home: Home, name: str, paths: Iterable[str]) -> str:
    """Return the file of a name that is nearest around a folder."""
    folder = home.folder
    while folder:
        folder = posixpath.dirname(folder)
        if (found := posixpath.join(folder, name)) in paths:
            return found
    return ""


def _names(home: Home, package: Iterable[str]) -> Iterator[str]:
    """Yield the names of a package and of those in it."""
    for path in package:
        if path.startswith(f"{home.folder}/") and posixpath.basename(path) == _INIT:
            below = posixpath.dirname(path)[len(home.folder) :]
            yield home.name + below.replace("/", ".")


def _copied(path: str, data: bytes, homes: Iterable[Home], unit: Unit) -> Iterator[Hindrance]:
    """Yield the first line of a Dockerfile that copies a file which gets the package beside it."""
    for home in homes:
        beside = [posixpath.basename(each) for each, at in unit.homes.items() if at == home]
        for line in _COPIES.finditer(data) if "." not in home.name else ():
            words = [posixpath.basename(word) for word in line[0].decode(errors="replace").split()[1:-1]]
            if set(words) & set(beside):
                yield Hindrance(path, data.count(b"\n", 0, line.start()) + 1, _COPIED.format(home.folder))
                break
