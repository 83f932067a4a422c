"""setup.cfg and setup.py: what setuptools installs with a package, with its extras, and to build and test it."""

from __future__ import annotations

import ast
import configparser
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate

from natsscan.model.source import SourceFile
from natsscan.surfaces.python_requirement import Declared, Form, Item, Listing, pep508

_WANTED = frozenset({"install_requires", "setup_requires", "tests_require", "extras_require"})
_OPTIONS = "options"
# Sections whose keys are extras; pbr has the second one.
_EXTRAS = frozenset({"options.extras_require", "extras"})
_SECTION = re.compile(rb"\[([^\]\n]+)\]")
_KEY = re.compile(rb"([^\s=:#;\[][^=:\n]*?)[ \t]*[=:]")
_MOST_LINES = 10_000  # `configparser` takes time that grows with the square of the lines that it does not understand
_COMMENT = re.compile(rb"[ \t]*[#;]")
_BEHIND = re.compile(rb"[ \t]#[^\n]*")
_ON_KEY_LINE = "It stands on the line of its key: write the one that takes its place by hand."
_IN_TEXT = "It stands in a longer text: write the one that takes its place by hand."
_OLD = "Python does not read the file, which may be one for Python 2, so nothing in it is changed."

_NEWLINE = re.compile(rb"\r\n|\r|\n")
_OPENING = re.compile(rb"[rRbBuUfF]{0,2}('''|\"\"\"|'|\")")
_LITERAL = re.compile(rb"[rRbBuUfF]{0,2}(['\"])(?!\1\1)((?:\\.|(?!\1)[^\\\n])*+)\1")
_ASSIGNED = re.compile(rb"\b(install_requires|setup_requires|tests_require|extras_require)\b[\"']?\s*[=:]\s*(?=[\[({])")
_PIECE = re.compile(rb"#[^\n]*|('''|\"\"\")(?:\\.|.)*?\1|(['\"])(?:\\.|(?!\2)[^\\\n])*+\2|[\[\](){}]", re.DOTALL)
_FOLLOWED = 200  # how many assignments are looked through for what is in a list


def read_cfg(source: SourceFile) -> Declared:
    """Return the packages of a setup.cfg."""
    data = source.data
    fault = _ini_fault(data)
    return Declared(tuple(_cfg(data)), () if fault is None else (fault,))


def _cfg(data: bytes) -> Iterator[Listing]:
    """Yield a list for each key, and one for what stands on the line of the key itself."""
    section = key = ""
    items: list[Item] = []
    at = 0
    for line in data.split(b"\n"):
        begin, at = at, at + len(line) + 1
        if not line.strip() or _COMMENT.match(line):
            continue
        heading, named = _SECTION.match(line), _KEY.match(line)
        if heading is None and (line[:1] in b" \t" or named is None):
            if key:
                items.append(_entry(data, begin, begin + len(line)))
            continue
        if items:
            yield Listing(Form.LINE, tuple(items), key)
        items = []
        section = heading[1].decode(errors="replace").strip() if heading is not None else section
        key = _titled(section, named[1]) if heading is None and named is not None else ""
        if key and named is not None:
            own = [
                _entry(data, begin + named.end() + piece.start(), begin + named.end() + piece.end())
                for piece in re.finditer(rb"[^;]+", line[named.end() :])
                if piece[0].strip()
            ]
            if own:
                yield Listing(Form.LINE, tuple(own), key, fixed=_ON_KEY_LINE)
    if items:
        yield Listing(Form.LINE, tuple(items), key)


def _titled(section: str, key: bytes) -> str:
    """Return what a list is called, empty for a key that holds none."""
    name = key.decode(errors="replace")
    is_one = section in _EXTRAS or (section == _OPTIONS and name.lower().replace("-", "_") in _WANTED)
    return f"{section}.{name}" if is_one else ""


def _entry(data: bytes, start: int, end: int) -> Item:
    comment = _BEHIND.search(data, start, end)
    text = data[start : comment.start() if comment else end]
    start += len(text) - len(text.lstrip())
    end = start + len(text.strip())
    return Item(start, end, pep508(data, start, end))


def _ini_fault(data: bytes) -> tuple[int, str] | None:
    """Return where a file is no INI file, and how; the parser's own text would quote the file."""
    if data.count(b"\n") > _MOST_LINES:
        return 0, "not an INI file that is looked into: it has too many lines"
    try:
        configparser.RawConfigParser().read_string(data.decode("utf-8", errors="replace").removeprefix("\ufeff"))
    except configparser.MissingSectionHeaderError as error:
        line, reason = error.lineno, "a line outside of every section"
    except configparser.ParsingError as error:
        line, reason = error.errors[0][0], "a line that is neither key nor value"
    except (configparser.DuplicateSectionError, configparser.DuplicateOptionError) as error:
        line, reason = error.lineno or 1, "a section or key that is there twice"
    except configparser.Error as error:
        line, reason = 1, type(error).__name__
    else:
        return None
    starts = [0, *accumulate(len(each) + 1 for each in data.split(b"\n"))]
    return min(starts[min(line - 1, len(starts) - 1)], len(data)), f"not an INI file: {reason}"


def read_py(source: SourceFile) -> Declared:
    """Return the packages of a setup.py, which is read and never run."""
    data = source.data
    tree = parsed(data)
    return Declared(tuple(_by_text(data) if tree is None else _Program(data, tree).listings()))


def parsed(data: bytes) -> ast.Module | None:
    """Return a program as Python reads it, None if it does not: it may be one for Python 2."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Program:
    """Follows what a program gives setuptools as lists, by name, through the assignments of the module."""

    def __init__(self, data: bytes, tree: ast.Module) -> None:
        self._data = data
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(data))]
        self._assigned: dict[str, list[ast.expr]] = {}
        self._given: list[tuple[str, ast.expr]] = []
        self._seen: set[int] = set()
        for node in ast.walk(tree):
            self._note(node)

    def listings(self) -> Iterator[Listing]:
        """Yield the lists in order."""
        found: list[Listing] = []
        followed: set[str] = set()
        waiting = list(self._given)
        for where, node in waiting:  # grows while it is walked
            for name in self._lists(where, node, found):
                if name not in followed and len(followed) < _FOLLOWED:
                    followed.add(name)
                    waiting += [(where, each) for each in self._assigned.get(name, ())]
        yield from sorted(found, key=lambda listing: listing.items[0].start)

    def _note(self, node: ast.AST) -> None:
        """Note what a node says of lists: an argument or key that is called like one, what a name is given."""
        if isinstance(node, ast.Call):
            self._given += [(each.arg, each.value) for each in node.keywords if each.arg in _WANTED]
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend", "update", "insert"):
                self._assign(node.func.value, node.args[-1:])
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value in _WANTED:
                    self._given.append((key.value, value))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, [node.value])
        elif isinstance(node, ast.AnnAssign | ast.AugAssign) and node.value is not None:
            self._assign(node.target, [node.value])
        elif isinstance(node, ast.FunctionDef):
            returned = (each.value for each in ast.walk(node) if isinstance(each, ast.Return))
            self._assigned.setdefault(node.name, []).extend(value for value in returned if value is not None)

    def _assign(self, target: ast.expr, values: Iterable[ast.expr]) -> None:
        while isinstance(target, ast.Subscript | ast.Starred):
            key = target.slice if isinstance(target, ast.Subscript) else None
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value in _WANTED:
                self._given += [(key.value, value) for value in values]
            target = target.value
        name = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
        self._assigned.setdefault(name, []).extend(values)
        if name in _WANTED:
            self._given += [(name, value) for value in values]

    def _lists(self, where: str, node: ast.expr, found: list[Listing]) -> Iterator[str]:
        """Add the lists in an expression, and yield the names that it takes more from."""
        waiting: list[ast.AST] = [node]
        for part in waiting:  # grows while it is walked
            if id(part) in self._seen:
                continue
            self._seen.add(id(part))
            if isinstance(part, ast.Name):
                yield part.id
            elif isinstance(part, ast.List | ast.Tuple | ast.Set):
                texts = [each for each in part.elts if self._literal(each) is not None]
                if texts:
                    found.append(self._listing(where, part))
                waiting += [each for each in part.elts if each not in texts]
            elif isinstance(part, ast.Constant | ast.JoinedStr):
                items = tuple(self._lines(part))
                found += [Listing(Form.ITEM, items, where, fixed=_IN_TEXT)] if items else []
            elif isinstance(part, ast.Dict):
                waiting += part.values
            elif isinstance(part, ast.Call):
                waiting += [part.func, *part.args, *(each.value for each in part.keywords)]
            elif isinstance(part, ast.Subscript | ast.Attribute | ast.Starred):
                waiting.append(part.value)
            elif isinstance(part, ast.BinOp):
                waiting += [part.left, part.right] if not isinstance(part.op, ast.Mod) else [part.left]
            elif isinstance(part, ast.IfExp):
                waiting += [part.body, part.orelse]
            elif isinstance(part, ast.BoolOp):
                waiting += part.values
            elif isinstance(part, ast.ListComp | ast.SetComp | ast.GeneratorExp):
                waiting += [part.elt, *(each.iter for each in part.generators)]

    def _listing(self, where: str, node: ast.List | ast.Tuple | ast.Set) -> Listing:
        items = []
        for each in node.elts:
            literal = self._literal(each)
            wanted = pep508(self._data, *literal.span(2)) if literal is not None else None
            if wanted is not None and literal is not None and literal.end() != self._span(each)[1]:
                wanted = replace(wanted, odd=True)
            items.append(Item(*self._span(each), wanted))
        return Listing(Form.ITEM, tuple(items), where, brackets={ast.List: "[", ast.Tuple: "("}.get(type(node), "{"))

    def _literal(self, node: ast.expr) -> re.Match[bytes] | None:
        """Return the literal that an expression is or begins with, None if it is no string."""
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            node = node.left
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            node = node.func.value
        is_text = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        return _LITERAL.match(self._data, self._span(node)[0]) if is_text else None

    def _lines(self, node: ast.Constant | ast.JoinedStr) -> Iterator[Item]:
        """Yield the requirements in a text with one to a line."""
        start, end = self._span(node)
        opening = _OPENING.match(self._data, start)
        if opening is not None:
            for line in re.finditer(rb"[^\n]+", self._data[opening.end() : end - len(opening[1])]):
                item = _entry(self._data, opening.end() + line.start(), opening.end() + line.end())
                if item.requirement is not None:
                    yield item

    def _span(self, node: ast.expr) -> tuple[int, int]:
        start = self._offset(node.lineno, node.col_offset)
        return start, self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def _offset(self, line: int, column: int) -> int:
        return min(self._starts[min(line, len(self._starts)) - 1] + column, len(self._data))


def _by_text(data: bytes) -> Iterator[Listing]:
    """Yield the lists that stand behind their name in a program that Python does not read."""
    for found in _ASSIGNED.finditer(data):
        depth, items = 0, list[Item]()
        for piece in _PIECE.finditer(data, found.end()):
            if piece[0] in (b"[", b"(", b"{"):
                depth += 1
            elif piece[0] in (b"]", b")", b"}"):
                depth -= 1
                if depth <= 0:
                    break
            elif piece[2]:
                items.append(Item(*piece.span(), pep508(data, piece.start() + 1, piece.end() - 1)))
        if items:
            yield Listing(Form.ITEM, tuple(items), found[1].decode(), fixed=_OLD)
