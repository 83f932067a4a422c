"""The Python module of a service: what its functions are, and as much of the common parts as these use."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from natsscan.catalog.rulefiles import bundled
from natsscan.generate.python_layout import docstring, gap_items, shown
from natsscan.generate.python_names import SERVICE
from natsscan.generate.python_service_text import Writer
from natsscan.generate.service import Service
from natsscan.model.mapping import Mapping
from natsscan.model.marks import GENERATED
from natsscan.model.topology import Topology

_PARTS = ("consuming.py", "server.py", "names.py")
_STANDARD = frozenset({"asyncio", "contextlib", "json", "math", "re"})
_USE = (
    "`js = await connect(url)` comes first, then `ensure`, before anything is published for what is consumed here. It "
    "needs nats-py 2.9 or later. What the server refuses raises ServerError; without an answer there is nats.errors."
    "TimeoutError, and a message with an id can be published again without harm."
)
_SHORT = "What a service has on NATS."
_ABSENT = "Not here, as its name is not known before the program runs, or no stream keeps it:"


def render_python(service: Service, mapping: Mapping, topology: Topology) -> str:
    """Return the text of a service's module."""
    writer = Writer(mapping, topology, service)
    body = "\n\n\n".join(writer.functions())
    tables = writer.tables()
    constants, common = _used(f"{tables}\n{body}")
    return "\n".join(
        [
            f"# {GENERATED} {SERVICE}; written anew when it runs again.",
            "# Whoever edits it takes the first line away, and natsscan leaves it alone.",
            *_head(service),
            "",
            "from __future__ import annotations",
            "",
            *_imports("\n".join([body, tables, *constants, common])),
            "",
            *constants,
            "",
            tables,
            "",
            body,
            "",
            "",
            common,
        ]
    )


def _head(service: Service) -> list[str]:
    first = f"What {shown(service.name)} has on NATS: its streams and queues, what it publishes and what it rejects."
    about = gap_items(service.gaps)
    if not service.absent:
        return docstring("", first, _USE, short=_SHORT, items=about)
    missing = [shown(each) for each in service.absent]
    if not about:
        return docstring("", first, _USE, _ABSENT, short=_SHORT, items=missing)
    return docstring("", first, _USE, short=_SHORT, items=[*about, *(f"not here: {each}" for each in missing)])


@dataclass(frozen=True, slots=True)
class _Part:
    """A definition that modules of services have in common: its name and text."""

    name: str
    text: str


@cache
def _common() -> tuple[tuple[_Part, ...], dict[str, str]]:
    """Return the common definitions in order, and each name that they import with the module that it is from."""
    parts: list[_Part] = []
    imports: dict[str, str] = {}
    folder = bundled("templates") / SERVICE
    for path in _PARTS:
        text = (folder / path).read_text(encoding="utf-8")
        lines = text.split("\n")
        for node in ast.parse(text).body:
            if isinstance(node, ast.ImportFrom) and not node.level and node.module != "__future__":
                imports |= {_bound(alias): f"{node.module} {_imported(alias)}" for alias in node.names}
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                parts.append(_Part(node.name, "\n".join(lines[start - 1 : node.end_lineno])))
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                parts.append(_Part(node.targets[0].id, "\n".join(lines[node.lineno - 1 : node.end_lineno])))
    return tuple(parts), imports


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name


def _imported(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _names(text: str) -> set[str]:
    """Return the names in code."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def _used(text: str) -> tuple[list[str], str]:
    """Return the common constants and other definitions that a text uses, and those that these use."""
    parts, _ = _common()
    found = {part.name: part for part in parts}
    wanted: set[str] = set()
    waiting = [name for name in _names(text) if name in found]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [each for each in _names(found[name].text) if each in found]
    kept = [part for part in parts if part.name in wanted]
    constants = [part.text for part in kept if part.name.isupper()]
    others = [part.text for part in kept if not part.name.isupper()]
    return constants, "\n\n\n".join(others) + "\n"


def _imports(text: str) -> list[str]:
    """Return the lines that import what a text uses."""
    used = _names(text)
    standard = [f"import {each}" for each in sorted(_STANDARD & used)]
    by_module: dict[str, list[str]] = {}
    for name, (module, _, imported) in ((n, f.partition(" ")) for n, f in _common()[1].items()):
        if name in used:
            by_module.setdefault(module, []).append(imported)
    lines = {module: f"from {module} import {', '.join(_sorted(names))}" for module, names in sorted(by_module.items())}
    ours = [line for module, line in lines.items() if module.partition(".")[0] == "nats"]
    others = [line for module, line in lines.items() if module.partition(".")[0] != "nats"]
    return [*standard, *others, "", *(["import nats"] if "nats" in used else []), *ours]


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name[0].islower(), name))
