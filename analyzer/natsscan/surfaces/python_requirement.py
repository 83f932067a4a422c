"""Requirements of Python packages as PEP 508 and conda write them, and the lists in which files have them."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from enum import StrEnum

from natsscan.surfaces.hiding import bare_address

PYPI = "pypi"
CONDA = "conda"

_NAME = rb"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
_EXTRA = re.compile(_NAME)
_CLAUSE = rb"(?:===|==|~=|!=|<=|>=|<|>)[ \t]*+[\w.*+!%{}$-]++"
_CLAUSES = rb"%b(?:[ \t]*+,[ \t]*+%b)*+(?:[ \t]*+,)?" % (_CLAUSE, _CLAUSE)
_PEP508 = re.compile(
    rb"\s*+(?P<name>%b)[ \t]*+(?P<extras>\[[\w., \t-]*+\])?[ \t]*+\(?[ \t]*+(?P<version>%b)?[ \t]*+\)?"
    rb"[ \t]*+(?P<rest>;[^\n]*+|@[ \t]*+(?P<url>[^\s;]++)[^\n]*+)?\s*+" % (_NAME, _CLAUSES)
)
_CONDA_CLAUSE = rb"[\w.*+!]++(?:[ \t]*+[,|][ \t]*+[=<>!~]{0,3}[ \t]*+[\w.*+!]++)*+"
_CONDA = re.compile(
    rb"\s*+(?:[\w.-]+(?:/[\w-]+)?::)?(?P<name>%b)(?P<odd>\[[^\]\n]*+\])?[ \t]*+"
    rb"(?:(?P<version>[=<>!~]{1,3}[ \t]*+%b|(?<=[ \t])%b|(?=[={<>!~])[^\n{]*+\{\{[^\n]*+)"
    rb"(?:=[\w.*]+|[ \t]++[\w.*]+)?)?\s*+" % (_NAME, _CONDA_CLAUSE, _CONDA_CLAUSE)
)
# The revision of an address, which stands behind its path.
_REVISION = re.compile(r"(?<=/)([^/@]+)@([^/@]+)$")
_SEPARATORS = re.compile(r"[-_.]+")
_MARK = ";"


class Form(StrEnum):
    """How the entries of a list are kept apart: by line ends, by commas in brackets, or as keys with values."""

    LINE = "line"
    ITEM = "item"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that is wanted, by its normalized name; all places are byte offsets.

    `start` and `end` are those of the name, `after` is where its extras end. `extras` have their places. `version` is
    where the clauses about versions stand, and what begins at `rest` is kept by whatever takes its place. `location`
    is the address that it is taken from. An `odd` one is written in a way that says more than this, or less.
    """

    name: str
    start: int
    end: int
    after: int
    extras: tuple[tuple[str, int, int], ...]
    version: tuple[int, int]
    rest: int
    marker: str = ""
    location: str = ""
    odd: bool = False

    def moved(self, by: int) -> Requirement:
        """Return it so many bytes further on."""
        return replace(
            self,
            start=self.start + by,
            end=self.end + by,
            after=self.after + by,
            extras=tuple((name, start + by, end + by) for name, start, end in self.extras),
            version=(self.version[0] + by, self.version[1] + by),
            rest=self.rest + by,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a list with its span: a line's content, a value with its quotes, or a key with its value.

    `via` is who asks for the package, where the file says so.
    """

    start: int
    end: int
    requirement: Requirement | None
    via: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of packages: where it stands in its file, and its entries in order.

    `alone` says why nothing may be put beside an entry in it, and is empty where nothing need be; None if something can
    be. `fixed` says why no entry may be taken out either. `brackets` are those around the entries.
    """

    form: Form
    items: tuple[Item, ...]
    where: str | None = None
    ecosystem: str = PYPI
    alone: str | None = None
    fixed: str = ""
    brackets: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """All lists of a file, what is broken in it by offset, and what it was made by, if by a program."""

    listings: tuple[Listing, ...]
    faults: tuple[tuple[int, str], ...] = ()
    made_by: str = ""


def normalized(name: str) -> str:
    """Return a package's name as names are compared (PEP 503): `aio_pika` is `aio-pika`."""
    return _SEPARATORS.sub("-", name).lower()


def known(requirement: Requirement, packages: Container[str]) -> str | None:
    """Return which of some packages is wanted, None if none is. One of them may be a package with an extra."""
    extras = (f"{requirement.name}[{extra}]" for extra, _, _ in requirement.extras)
    return next((name for name in (requirement.name, *extras) if name in packages), None)


def pep508(data: bytes, start: int, end: int) -> Requirement | None:
    """Return the requirement between two offsets, None if that is none (PEP 508)."""
    found = _PEP508.fullmatch(data, start, end)
    if found is None:
        return None
    after = found.end("extras") if found["extras"] else found.end("name")
    version = found.span("version") if found["version"] else (after, after)
    rest = _text(found["rest"] or b"")
    return Requirement(
        name=normalized(found["name"].decode()),
        start=found.start("name"),
        end=found.end("name"),
        after=after,
        extras=_extras(data, found.end("name"), after),
        version=version,
        rest=version[1],
        marker=rest.removeprefix(_MARK).strip() if rest.startswith(_MARK) else "",
        location=address(found["url"] or b""),
    )


def conda(data: bytes, start: int, end: int) -> Requirement | None:
    """Return the requirement between two offsets as conda writes it: a name, a version and a build."""
    found = _CONDA.fullmatch(data, start, end)
    if found is None:
        return None
    after = found.end("name")
    version = found.span("version") if found["version"] else (after, after)
    return Requirement(
        name=normalized(found["name"].decode()),
        start=found.start("name"),
        end=after,
        after=after,
        extras=(),
        version=version,
        rest=end,
        odd=found["odd"] is not None,
    )


def address(url: bytes) -> str:
    """Return an address as it may be shown: without credentials, fragment and revision."""
    return bare_address(_REVISION.sub(r"\1", _text(url).partition("#")[0]))


def _extras(data: bytes, start: int, end: int) -> tuple[tuple[str, int, int], ...]:
    return tuple((normalized(each[0].decode()), *each.span()) for each in _EXTRA.finditer(data, start, end))


def _text(data: bytes) -> str:
    return " ".join(data.decode("utf-8", errors="replace").split())
