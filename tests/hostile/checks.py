"""What must not be in any output that hostile text goes into."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from xml.etree import ElementTree

import yaml
from markdown_it import MarkdownIt

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
# natsscan itself puts it between signs that a forge would take for a mention, a link or a command.
_OWN = "\u200b"
_COMMAND = re.compile(r"^\s*::[\w-]+.*::|##\w*\[", re.MULTILINE)
# Where a name in braces, which is known at run time only, may stand as a key.
_HOLES = ("holes", "parameters")
_EMBEDDING = ("iframe", "object", "embed", "img", "image", "link", "base", "meta", "foreignobject", "evil-tag")


def terminal(text: str) -> None:
    """Nothing in the text moves a cursor, turns the direction, is unseen, or is a command to a runner."""
    unseen = {c for c in text if unicodedata.category(c) in _UNSEEN and c not in ("\n", _OWN)}
    assert not unseen, f"{unseen!r} in {_around(text, unseen)!r}"
    found = _COMMAND.search(text)
    assert not found, text[max(found.start() - 60, 0) : found.end() + 60]


def annotations(text: str) -> None:
    """Each line is a command of natssscan's own, about a file of the tree."""
    for line in text.splitlines():
        assert re.match(r"::(?:error|warning|notice) (?:file=[^,:]*,line=\d+,)?title=[\w-]+::[^\r\n]*$", line), line


def json_(text: str) -> None:
    terminal(text)
    json.loads(text)


def _json_file(text: str) -> None:
    code(text)
    json.loads(text)


def json_lines(text: str) -> None:
    terminal(text)
    for line in text.removesuffix("\n").split("\n"):
        json.loads(line)


def csv_(text: str) -> None:
    terminal(text)
    for row in csv.reader(StringIO(text)):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def html(text: str) -> None:
    """Nothing of the text is markup: no element, no script and no link but the template's own."""
    terminal(text)
    page = _Page()
    page.feed(text)
    for tag, attributes in page.tags:
        is_policy = tag == "meta" and not {"http-equiv", "refresh"} & attributes.keys()
        policy = tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        assert tag not in _EMBEDDING or is_policy or policy or _is_icon(tag, attributes), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("href", "src", "action", "formaction", "xlink:href"):
            where = attributes.get(name) or "#"
            assert where.startswith(("#", "data:,")) or "natsscan" in where or "nats.io" in where, where
    assert sum(tag == "script" for tag, _ in page.tags) <= 2


def _is_icon(tag: str, attributes: dict[str, str | None]) -> bool:
    return tag == "link" and (attributes.get("href") or "").startswith("data:")


def svg(text: str) -> None:
    terminal(text)
    for element in ElementTree.fromstring(text).iter():
        assert element.tag.rpartition("}")[2].lower() not in (*_EMBEDDING, "script", "a")
        assert not [name for name in element.attrib if name.lower().startswith("on") or name.endswith("href")]


def markdown(text: str) -> None:
    """Markdown finds no markup in the text, and a forge nobody to tell and nothing to do."""
    terminal(text)
    # A block of code is shown as it is; so is Mermaid, of which `mermaid` judges.
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text)
    inline = [child for token in tokens if token.type == "inline" for child in token.children or ()]
    for token in (*tokens, *inline):
        if token.type in ("html_block", "html_inline"):
            html(token.content)
            plain = re.sub(r"<code>.*?</code>|<[^>]*>", "", token.content)
            assert not re.search(r"@evil|(?<![\w&])[#!]666|GH-666|://evil", plain), token.content
        assert token.type != "image", token
        if token.type == "link_open":
            assert "evil" not in str(token.attrs["href"]).partition("#")[0], token
        if token.type == "fence":
            assert token.info in (
                "",
                "diff",
                "mermaid",
                "yaml",
                "sh",
                "shell",
                "console",
                "haskell",
                "python",
                "text",
            ), token
    plain = "".join(child.content if child.type == "text" else "\n" for child in inline)
    found = re.search(r"@evil|(?<!\w)[#!]666|GH-666|evil#666|://evil|www\.evil", plain)
    assert not found, plain[max(found.start() - 80, 0) : found.end() + 80]
    assert not re.search(r"^\s*/close", text, re.MULTILINE)
    assert not any(token.type == "heading_open" and token.tag == "h1" for token in tokens[3:])


def mermaid(text: str) -> None:
    terminal(text)
    node = r'\w+(?:\(\["[^"]*"\]\)|\{\{"[^"]*"\}\}|\[\("[^"]*"\)\])'
    edge = r'\w+ (?:-\.->|-->)(?:\|"[^"]*"\|)? \w+'
    for line in text.splitlines()[1:]:
        assert re.fullmatch(f"  (?:{node}|{edge})", line), line
        assert not re.search(r"<(?!br/>)|`", line), line


def dot(text: str) -> None:
    terminal(text)
    for line in text.splitlines()[3:-1]:
        assert re.fullmatch(r'  \w+(?: -> \w+)? \[label="(?:[^"\\]|\\.)*"(?:, [\w=, ]+)?\];', line), line


def yaml_(text: str) -> None:
    """It is YAML, shows all that is in it, and nothing in it is a reference to another place."""
    terminal(re.sub("::|##", "", text))
    assert not [token for token in yaml.scan(text) if isinstance(token, yaml.AliasToken | yaml.TagToken)]
    for document in yaml.safe_load_all(text):
        evil = {"evil"} & set(_keys(document))
        assert not evil


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield str(key)
            if key not in _HOLES:
                yield from _keys(below)
    elif isinstance(value, list):
        for below in value:
            yield from _keys(below)


def by_name(name: str, text: str) -> None:
    """Check a file by what its name says that it is."""
    checks = {"md": markdown, "html": html, "json": _json_file, "yaml": yaml_, "yml": yaml_, "svg": svg}
    checks.get(name.rpartition(".")[2], code)(text)


def code(text: str) -> None:
    """Programs and configuration may hold text as their own literals write it; no line of it stands by itself."""
    assert not re.search(r"^\s*(?:evil[:(]|/close|::error::)", text, re.MULTILINE)
    assert not {c for c in text if unicodedata.category(c) in _UNSEEN and c not in ("\n", _OWN)}


def _around(text: str, found: set[str]) -> str:
    at = min(text.index(character) for character in found)
    return text[max(at - 80, 0) : at + 40]
