"""Which Python files of a project use a library: by their bytes, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from natsscan.catalog.python_library import PythonLibraries
from natsscan.model.questions import holds_any, matches
from natsscan.model.source import SourceFile

# An import statement that names one of some packages: at the beginning of a file or line, or behind another statement.
_IMPORTING = rb"(?:^|\A\xef\xbb\xbf|[;:\r])[ \t\f]*(?:import|from)[ \t](?:[^\n\\]|\\\r?\n)*\b(?:%b)\b"

# The same in a notebook, where code is texts of JSON; these have a line each, or `\n` between lines.
_IN_A_NOTEBOOK = rb"(?:[\";:]|\\[nt])[ ]*(?:import|from)[ ](?:[^\"\\\n]|\\\")*\b(?:%b)\b"


def using_libraries(sources: Iterable[SourceFile], libraries: PythonLibraries) -> tuple[str, ...]:
    """Return the paths of the files that import a library, and of those that call a method which only one has.

    The latter count if some file of the project imports a library.
    """
    packages = tuple(package.encode() for package in libraries.packages)
    if not packages:
        return ()
    named = _IMPORTING % _any(packages)
    calls = tuple(f".{name}(".encode() for name in sorted(libraries.distinctive))
    importing: list[str] = []
    calling: list[str] = []
    for source in sources:
        if source.ask(holds_any, packages) and source.ask(matches, named, re.MULTILINE):
            importing.append(source.path)
        elif source.ask(holds_any, calls):
            calling.append(source.path)
    return tuple(sorted([*importing, *calling])) if importing else ()


def imported_in_notebook(data: bytes, packages: Iterable[str]) -> int | None:
    """Return the offset at which a notebook imports one of some packages, None if it does not."""
    names = [package.encode() for package in packages]
    if not any(name in data for name in names):
        return None
    found = re.search(_IN_A_NOTEBOOK % _any(names), data)
    return found.start() if found else None


def _any(words: Iterable[bytes]) -> bytes:
    return b"|".join(map(re.escape, words))
