"""Names with dots that lead into a library by what a file imports, and classes that extend one of the library's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from natsscan.catalog.python_compat import PythonCompat
from natsscan.patches.python.imports import Imports
from natsscan.patches.python.parsed import Parsed, dotted

# What every module has, whatever it is called.
_OF_MODULES = frozenset({"__name__", "__doc__", "__dict__", "__class__"})
_EXTENDS = "It extends {}, of which the package has what programs call, and not what it is made of."


@dataclass(frozen=True, slots=True)
class Named:
    """A qualified name of a library that is written in a file with dots, and where."""

    at: int
    name: str


def not_kept(parsed: Parsed, imports: Imports, rules: PythonCompat) -> Iterator[tuple[int, str]]:
    """Yield what a file takes of libraries by name and the package does not have: offsets, and what there is to say."""
    for named in names_in(parsed, imports):
        if lacking := _first_that_lacks(named.name, rules):
            yield named.at, said(lacking, rules.why_not(lacking))
    # Errors are there to be told apart, by classes of the code base as well.
    for named in _seen(parsed, imports).bases:
        if not rules.why_not(named.name) and _is_made_of(named.name, rules):
            yield named.at, _EXTENDS.format(named.name)


def names_in(parsed: Parsed, imports: Imports) -> tuple[Named, ...]:
    """Return what a file takes of libraries by name: in its imports, and with dots behind what they bring."""
    taken = [Named(each.at, each.name) for each in imports.taken if not each.is_star]
    return tuple(dict.fromkeys((*taken, *_seen(parsed, imports).found)))


def _seen(parsed: Parsed, imports: Imports) -> _Names:
    seen = _Names(parsed, imports.modules)
    parsed.tree.visit(seen)
    return seen


def said(name: str, why: str) -> str:
    """Return what there is to say of something that is not kept."""
    return f"{name} is not kept. {why}"


def _is_made_of(name: str, rules: PythonCompat) -> bool:
    known = rules.classes.get(rules.defined(name))
    return known is not None and bool(known.methods)


def _first_that_lacks(name: str, rules: PythonCompat) -> str:
    """Return a name as far as it leads into the package and one step beyond; nothing if all of it is there.

    What is behind a value is not the package's any more.
    """
    parts = name.split(".")
    for at in range(1, len(parts) + 1):
        known = ".".join(parts[:at])
        if rules.why_not(known):
            is_own = parts[at - 1] in _OF_MODULES or (parts[at - 1].startswith("__") and _owner(parts, at, rules))
            return "" if is_own else known
        if rules.defined(known) not in rules.classes and known not in rules.modules:
            return ""
    return ""


def _owner(parts: list[str], at: int, rules: PythonCompat) -> bool:
    """Tell whether it is a class that has this name."""
    return rules.defined(".".join(parts[: at - 1])) in rules.classes


class _Names(cst.CSTVisitor):
    def __init__(self, parsed: Parsed, modules: Mapping[str, str]) -> None:
        super().__init__()
        self._parsed = parsed
        self._modules = modules
        self.found: list[Named] = []
        self.bases: list[Named] = []

    def visit_Import(self, node: cst.Import) -> bool:  # noqa: ARG002, N802  # of LibCST
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:  # noqa: ARG002, N802
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:  # noqa: N802
        name = self._name(node)
        if name:
            self.found.append(Named(self._parsed.span(node)[0], name))
        return not name

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802
        for base in node.bases:
            name = self._name(base.value)
            if name:
                self.bases.append(Named(self._parsed.span(base.value)[0], name))

    def _name(self, node: cst.BaseExpression) -> str:
        first, _, rest = dotted(node).partition(".")
        known = self._modules.get(first, "")
        return f"{known}.{rest}" if known and rest else known
