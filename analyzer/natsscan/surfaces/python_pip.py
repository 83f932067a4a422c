"""Requirements and constraints as pip reads them: a requirement to a line, addresses, options, hashes, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from natsscan.model.source import SourceFile
from natsscan.surfaces.python_requirement import Declared, Form, Item, Listing, Requirement, address, normalized, pep508

_CONTINUED = re.compile(rb"\\\r?\n")
_COMMENT = re.compile(rb"(?:^|(?<=\s))#[^\n]*")
_EDITABLE = re.compile(rb"\s*+(?:-e|--editable)(?:[ \t]*+=|[ \t])[ \t]*+")
_OPTION = re.compile(rb"\s--?\w")
_HASH = re.compile(rb"\s--hash[= ]")
_ADDRESS = re.compile(rb"\s*+((?:[\w.+-]++:|\.{0,2}/)\S++)")
_CALLED = re.compile(rb"[#&]egg=([A-Za-z0-9][\w.-]*)(\[[\w., \t-]*\])?")
_ARCHIVE = re.compile(rb"/([A-Za-z0-9][\w.]*(?:-[A-Za-z][\w.]*)*)-\d[^/#?\s]*\.(?:whl|zip|tgz|tar\.\w+)(?=$|[#?@\s])")
_REPOSITORY = re.compile(rb"(?:git|hg|svn|bzr)\+[\w+]+:[^\s#]*/([\w.-]+?)(?:\.git)?(?:@[^/\s#@]*)?/?(?:#\S*)?\s*$")
_MADE = re.compile(rb"(?i)#[^\n]*\bauto-?(?:matically )?generated\b(?: by ([\w.-]+))?")
_NOT_BY_HAND = re.compile(
    rb"(?i)#[^\n]*(?:\bgenerated automatically|\b(?:do not|don't) edit (?:this|it|the file|by hand|manually)\b)"
)
_VIA = re.compile(rb"#[ \t]*via\b[ \t]*(.*)|#[ \t]+(.+)")
_ASKS = re.compile(rb"(?:-[rc][ \t]+)?\S+(?:[ \t]+\([^)]*\))?(?:,[ \t]*\S+(?:[ \t]+\([^)]*\))?)*")
_HEAD = 2_000  # bytes, in which a program says that it has made a file
_HASHED = "Packages are pinned by hash here: add the package that takes its place with its hashes."
_UNKNOWN_MAKER = "a program"
_DEFAULT_MAKER = "pip-compile"


def read(source: SourceFile) -> Declared:
    """Return the requirements of a file."""
    data = source.data
    items = tuple(requirements(data))
    hashed = _HASHED if _HASH.search(data) else None
    return Declared((Listing(Form.LINE, items, alone=hashed),), (), _made_by(data, items))


def requirements(data: bytes) -> Iterator[Item]:
    """Yield what a file asks for, each with who wants it if a comment behind or below says so."""
    waiting: Item | None = None
    via: list[str] | None = None
    for first, last in _logical_lines(data):
        text = _CONTINUED.sub(lambda match: b" " * len(match[0]), data[first:last])
        comment = _COMMENT.search(text)
        bare = text[: comment.start()] if comment else text
        if bare.strip():
            if waiting is not None:
                yield replace(waiting, via=", ".join(via or ()))
            waiting, via = item(bare, first), None
        if comment is not None:
            via = _asked(comment[0].strip(), via)
    if waiting is not None:
        yield replace(waiting, via=", ".join(via or ()))


def item(bare: bytes, offset: int) -> Item | None:
    """Return what a line without comments asks for, None if it is an option of pip; `offset` is where it begins."""
    start = offset + len(bare) - len(bare.lstrip())
    end = offset + len(bare.rstrip())
    editable = _EDITABLE.match(bare)
    if editable is None:
        if bare.lstrip().startswith(b"-"):
            return None
        option = _OPTION.search(bare)
        found = pep508(bare, 0, option.start() if option else len(bare))
        if found is not None:
            return Item(start, end, found.moved(offset))
    named = _at_address(bare[editable.end() :] if editable else bare)
    by = offset + (editable.end() if editable else 0)
    return Item(start, end, named.moved(by) if named is not None else None)


def _at_address(text: bytes) -> Requirement | None:
    """Return the package that an address or a path names: by its fragment, an archive's name, or a repository's."""
    whole = _ADDRESS.match(text)
    if whole is None:
        return None
    for pattern in (_CALLED, _ARCHIVE, _REPOSITORY):
        found = pattern.search(text)
        if found is not None:
            break
    else:
        return None
    bracket = found[2] or b"" if pattern is _CALLED else b""
    extras = bracket.decode().strip("[]").replace(",", " ").split()
    end = found.end(1)
    return Requirement(
        name=normalized(found[1].decode()),
        start=found.start(1),
        end=end,
        after=end,
        extras=tuple((normalized(extra), end, end) for extra in extras),
        version=(end, end),
        rest=end,
        location=address(whole[1]) or whole[1].decode(errors="replace"),
    )


def _asked(comment: bytes, before: list[str] | None) -> list[str] | None:
    """Return who wants a package, after one more comment: None before the first that says so."""
    found = _VIA.fullmatch(comment)
    if found is None:
        return before
    name = found[1] if found[1] is not None else found[2]
    begun = [] if found[1] is not None and before is None else before
    if begun is None or not _ASKS.fullmatch(name):
        return begun if not name else before
    return [*begun, name.decode(errors="replace")]


def _logical_lines(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield lines, those that a backslash ends together with the next; a comment goes no further than its line."""
    at = begin = 0
    while at < len(data):
        stop = data.find(b"\n", at)
        stop = len(data) if stop < 0 else stop
        line = data[at:stop].rstrip(b"\r")
        if not line.endswith(b"\\") or _COMMENT.search(line) is not None:
            yield begin, stop
            begin = stop + 1
        at = stop + 1
    if begin < len(data):
        yield begin, len(data)


def _made_by(data: bytes, items: tuple[Item, ...]) -> str:
    """Return the program that has made a file, empty if people write it."""
    head = data[:_HEAD]
    made = _MADE.search(head)
    if made is not None:
        return made[1].decode() if made[1] else _UNKNOWN_MAKER
    if _NOT_BY_HAND.search(head):
        return _UNKNOWN_MAKER
    return _DEFAULT_MAKER if any(each.via for each in items) else ""
