"""What is written for a package that takes the place of another one: in its style, with a version if that has one."""

from __future__ import annotations

import re

from natsscan.catalog.replacements import VersionRule
from natsscan.surfaces.python_requirement import Form, Item, Requirement

_CLAUSE = re.compile(rb"(?P<op>===|==|~=|!=|<=|>=|\^|~|<|>|=)?(?P<blank>[ \t]*)(?P<version>\d[\w.*+!]*|\*)")
_ADDRESS = "It is taken from an address: say where the package that takes its place comes from."
_SHARED = "It is a package for other things as well: put the extra for NATS in the place of this one by hand."
_STYLE = "Its version is written in a way that no other package's can be told from: add the one for NATS by hand."
_ANY = b"*"
_LONG = 3  # parts of a version from which on it is one release and its fixes


def twin(data: bytes, item: Item, form: Form, package: str, versions: dict[str, VersionRule]) -> bytes | str:
    """Return the entry for a package in the place of another one, or why none can be told.

    A package that is the same with another extra keeps its version.
    """
    wanted = item.requirement
    name, _, extra = package.rstrip("]").partition("[")
    if wanted is None or wanted.odd or wanted.location:
        return _ADDRESS if wanted is not None and wanted.location else _STYLE
    if name == wanted.name:  # a table has each name once
        return _SHARED if form is Form.KEY or len(wanted.extras) != 1 else _with_extra(data, item, wanted, extra)
    first, last = wanted.version
    clauses = data[first:last]
    version = clauses if clauses in (b"", _ANY) else styled(clauses, versions[name]) if name in versions else None
    if version is None:
        return _STYLE
    new = f"{name}[{extra}]" if extra else name
    closing = data[last if form is Form.KEY else wanted.rest : item.end]
    return data[item.start : wanted.start] + new.encode() + data[wanted.after : first] + version + closing


def _with_extra(data: bytes, item: Item, wanted: Requirement, extra: str) -> bytes:
    """Return an entry with another extra in the place of the broker's."""
    _, start, end = wanted.extras[0]
    return data[item.start : start] + extra.encode() + data[end : item.end]


def is_shared(item: Item, package: str) -> bool:
    """Tell whether the package that takes the place of an entry is the same one with another extra."""
    return item.requirement is not None and item.requirement.name == package.partition("[")[0]


def styled(clauses: bytes, rule: VersionRule) -> bytes | None:
    """Return clauses about the version of another package in the style of those given, None if they have none."""
    found: list[bytes] = []
    for part in clauses.split(b","):
        bare = part.strip()
        clause = _CLAUSE.fullmatch(bare)
        if bare and clause is None:
            return None
        if clause is None or clause["op"] == b"!=":
            continue
        lead = part[: len(part) - len(part.lstrip())] if found else b""
        found.append(lead + _clause(clause["op"] or b"", clause["blank"], clause["version"], rule))
    return b",".join(found) or None


def _clause(op: bytes, blank: bytes, version: bytes, rule: VersionRule) -> bytes:
    if version == _ANY:
        return op + blank + version
    if op in (b"<", b"<="):
        return b"<" + blank + rule.below.encode()
    if version.endswith(b".*"):
        return op + blank + rule.lowest.partition(".")[0].encode() + b".*"
    is_narrow = op in (b"==", b"===", b"", b"~") or (op == b"~=" and version.count(b".") >= _LONG - 1)
    return (b">=" if op == b">" else op) + blank + (rule.pinned if is_narrow else rule.lowest).encode()
