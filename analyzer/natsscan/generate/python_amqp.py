"""A package with the APIs of libraries for Python on NATS, as it stands in a service: fixed modules, and the plan."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator, Mapping

from natsscan.catalog.rulefiles import bundled
from natsscan.generate.compat_plan import CompatPlan
from natsscan.generate.python_plan import MODULE, render_python_plan
from natsscan.model.marks import GENERATED

PYTHON_AMQP = "python-amqp"
_PACKAGE = "__init__.py"
_MARK = f"# {GENERATED} {PYTHON_AMQP}; written anew when it runs again.\n"


def python_modules() -> dict[str, str]:
    """Return the text of each fixed module by its path in the package; each begins with the mark of what is written."""
    folder = bundled("templates") / PYTHON_AMQP
    texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.py")}
    return {path: _marked(text) for path, text in sorted(texts.items())}


def python_package(modules: Mapping[str, str], tops: Iterable[str], plan: CompatPlan) -> dict[str, str]:
    """Return the files of the package for code that uses some libraries, by their modules in it: what those need."""
    tops = frozenset(tops)
    wanted = {path for path in modules if path.partition("/")[0] in tops or path == _PACKAGE}
    waiting = sorted(wanted)
    while waiting:
        path = waiting.pop()
        for needed in _needed(path, modules[path], modules):
            if needed not in wanted:
                wanted.add(needed)
                waiting.append(needed)
    files = {path: modules[path] for path in sorted(wanted)}
    return files | {MODULE: render_python_plan(plan, PYTHON_AMQP)}


def _needed(path: str, text: str, modules: Mapping[str, str]) -> Iterator[str]:
    """Yield the modules of the package that one imports: imports in it are relative."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = posixpath.dirname(path)
            for _ in range(node.level - 1):
                folder = posixpath.dirname(folder)
            base = posixpath.join(folder, *(node.module or "").split(".")) if node.module else folder
            bases = (base, *(posixpath.join(base, alias.name) for alias in node.names))
            for found in (each for at in bases for each in (f"{at}.py", posixpath.join(at, _PACKAGE))):
                if found in modules:
                    yield found


def _marked(text: str) -> str:
    return text if text.startswith(f"# {GENERATED}") else _MARK + text
