"""Reads the tasks of a Markdown document, and where each has its tick."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from markdown_it import MarkdownIt
from markdown_it.token import Token

from natsscan.model.checklist import Checklist, Task

# Around lines that natsscan wrote below a task; they are no part of the document when it is read again.
BEGIN, END = "<!-- natsscan -->", "<!-- /natsscan -->"
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_BOX = re.compile(r"\[([ xX])\](?=\s|$)\s*")
_MARK = re.compile(rb"\[([ xX])\]")
_EMPHASIS = re.compile(r"(?<!\w)(\*\*|__|\*|_)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_NOTE = re.compile(r"^\s*[-*|]?\s*(\d{4}-\d\d-\d\d)\s*[|:,-]?\s*(\S.*)$")


def read_checklist(path: str, data: bytes) -> Checklist:
    """Return the tasks of a Markdown document: list items with a box, or all list items if none has one.

    Never fails: bytes that are no UTF-8 are read as far as they go.
    """
    lines = lines_of(data)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    own = own_lines(lines)
    text = "".join(lines[number].decode("utf-8", errors="replace") for number in own).removeprefix("\ufeff")
    markdown = MarkdownIt("commonmark").enable("table")
    found = list(_items(markdown.parse(text)))
    if any(item.ticked is not None for item in found):
        found = [item for item in found if item.ticked is not None]
    seen: Counter[tuple[tuple[str, ...], str]] = Counter()
    tasks = []
    for item in found:
        number = own[item.line]
        key = (tuple(item.sections), "\0".join([*item.parents, item.text]))
        seen[key] += 1
        box = _MARK.search(data, starts[number], starts[number + 1]) if item.ticked is not None else None
        tasks.append(
            Task(
                id=_identity(*key, seen[key]),
                text=item.text,
                names=tuple(item.names),
                sections=tuple(item.sections),
                parents=tuple(item.parents),
                line=number + 1,
                last=own[item.last - 1] + 1,
                box=box.start(1) if box else None,
                is_ticked=bool(item.ticked),
            )
        )
    return Checklist(path, data, tuple(tasks), tuple(_notes(text)))


def lines_of(data: bytes) -> list[bytes]:
    """Return the lines of a document with their ends, as Markdown counts lines."""
    return [match[0] for match in _LINE.finditer(data) if match[0]]


def plain(text: str) -> str:
    """Return text without marks of emphasis, its blanks folded."""
    return " ".join(_EMPHASIS.sub(r"\2", text).split())


@dataclass(slots=True)
class _Item:
    """A list item: `ticked` is None without a box."""

    line: int
    last: int
    ticked: bool | None
    text: str
    names: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)


def own_lines(lines: Sequence[bytes]) -> list[int]:
    """Return the numbers of the lines that people wrote, counted from 0: all but those between natsscan's marks."""
    own, inside = [], False
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare.endswith(BEGIN.encode()):
            inside = True
        elif bare.endswith(END.encode()) and inside:
            inside = False
        elif not inside:
            own.append(number)
    return own if not inside else list(range(len(lines)))


def _items(tokens: Sequence[Token]) -> Iterator[_Item]:
    """Yield the list items with their headings and the items around them."""
    headings: list[tuple[int, str]] = []
    around: list[_Item | None] = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            level = int(token.tag[1:])
            headings = [heading for heading in headings if heading[0] < level]
            headings.append((level, plain(tokens[at + 1].content)))
        elif token.type == "list_item_open":
            item = _item(tokens, at)
            if item is not None:
                item.sections = [text for _, text in headings]
                item.parents = [outer.text for outer in around if outer is not None]
                yield item
            around.append(item)
        elif token.type == "list_item_close":
            around.pop()


def _item(tokens: Sequence[Token], at: int) -> _Item | None:
    """Return the list item whose token this is, None if it does not begin with text."""
    if at + 2 >= len(tokens) or tokens[at + 1].type != "paragraph_open":
        return None
    inline = tokens[at + 2]
    box = _BOX.match(inline.content)
    names = [child.content for child in inline.children or () if child.type == "code_inline"]
    line, last = inline.map or (0, 1)
    text = plain(inline.content[box.end() if box else 0 :])
    return _Item(line, last, None if box is None else box[1] != " ", text, names)


def _identity(sections: tuple[str, ...], text: str, number: int) -> str:
    key = "\0".join([*sections, text, str(number)])
    return blake2b(key.encode(errors="surrogatepass"), digest_size=4).hexdigest()


def _notes(text: str) -> Iterator[str]:
    """Yield the lines that begin with a date, wherever they stand."""
    for line in text.splitlines():
        if _NOTE.match(line):
            yield line.strip()
