"""Import statements of a Python file that name a library: what comes in their place, byte by byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import libcst as cst

from natsscan.patches.engine import Replacement
from natsscan.patches.lines import line_start, newline
from natsscan.patches.python.parsed import Parsed, dotted

_STAR = "It takes all names of {} at once, and which it uses cannot be told: name them."


@dataclass(frozen=True, slots=True)
class Taken:
    """A qualified name that an import takes, and where; `is_star` stands for all names of a module."""

    at: int
    name: str
    is_star: bool = False


@dataclass(frozen=True, slots=True)
class Imports:
    """What a file imports of some libraries, and `modules` that local names stand for.

    `replaced` are the edits by which it takes all of that from a package instead; none if something cannot be.
    """

    taken: tuple[Taken, ...]
    modules: Mapping[str, str]
    replaced: tuple[Replacement, ...]


def imports_of(parsed: Parsed, tops: frozenset[str], package: str) -> Imports:
    """Return the imports of libraries, known by their top-level modules, and what takes them from a package."""
    found = _Imports(parsed, tops, package)
    parsed.tree.visit(found)
    return Imports(tuple(found.taken), found.modules, tuple(found.replaced))


def refusals(imports: Imports) -> Iterator[tuple[int, str]]:
    """Yield what keeps a file's imports from moving, each with its offset."""
    return ((each.at, _STAR.format(each.name)) for each in imports.taken if each.is_star)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One name of an `import` statement: as it was written, or what is imported from where."""

    text: str
    source: str = ""


class _Imports(cst.CSTVisitor):
    def __init__(self, parsed: Parsed, tops: frozenset[str], package: str) -> None:
        super().__init__()
        self._parsed = parsed
        self._tops = tops
        self._package = package
        self._shares_line = False
        self.taken: list[Taken] = []
        self.modules: dict[str, str] = {}
        self.replaced: list[Replacement] = []

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:  # noqa: N802  # of LibCST
        self._shares_line = len(node.body) > 1

    def visit_SimpleStatementSuite(self, node: cst.SimpleStatementSuite) -> None:  # noqa: ARG002, N802
        self._shares_line = True

    def visit_Import(self, node: cst.Import) -> None:  # noqa: N802
        pieces = [self._piece(alias) for alias in node.names]
        if not any(piece.source for piece in pieces):
            return
        start, end = self._parsed.span(node)
        data = self._parsed.data
        indent = data[line_start(data, start) : start]
        joint = b"; " if self._shares_line or indent.strip() else newline(data) + indent
        self.replaced.append((start, end, joint.join(text.encode() for text in _statements(pieces))))

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:  # noqa: N802
        module = dotted(node.module)
        if node.relative or module.partition(".")[0] not in self._tops or node.module is None:
            return
        start, _ = self._parsed.span(node.module)
        if isinstance(node.names, cst.ImportStar):
            self.taken.append(Taken(start, module, is_star=True))
            return
        for alias in node.names:
            name = f"{module}.{dotted(alias.name)}"
            self.taken.append(Taken(self._parsed.span(alias)[0], name))
            self.modules[_bound(alias) or dotted(alias.name)] = name
        self.replaced.append((start, start, f"{self._package}.".encode()))

    def _piece(self, alias: cst.ImportAlias) -> _Piece:
        """Return what stands for a name of an `import` statement, and note what it takes and binds."""
        name, bound = dotted(alias.name), _bound(alias)
        top, _, rest = name.partition(".")
        if top not in self._tops:
            start, end = self._parsed.span(alias.name)[0], self._parsed.span(alias.asname or alias.name)[1]
            return _Piece(self._parsed.data[start:end].decode())
        self.taken.append(Taken(self._parsed.span(alias)[0], name))
        self.modules[bound or top] = name if bound else top
        if not bound:
            return _Piece(top, self._package)
        above, _, last = name.rpartition(".") if rest else ("", "", name)
        return _Piece(f"{last} as {bound}", f"{self._package}.{above}" if above else self._package)


def _statements(pieces: Iterable[_Piece]) -> Iterator[str]:
    """Yield the statements that import names, in their order: one for each run from one place."""
    for source, run in groupby(pieces, key=lambda piece: piece.source):
        names = ", ".join(dict.fromkeys(piece.text for piece in run))
        yield f"from {source} import {names}" if source else f"import {names}"


def _bound(alias: cst.ImportAlias) -> str:
    """Return the name that an import gives to something, empty if it has its own."""
    return dotted(alias.asname.name) if alias.asname is not None else ""
