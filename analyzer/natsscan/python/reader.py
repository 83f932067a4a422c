"""Which Python files of a project use a library: by their bytes, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from natsscan.catalog.python_library import PythonLibraries
from natsscan.model.source import SourceFile

# An import statement that names one of some packages: at the beginning of a file or line, or behind another statement.
_IMPORTING = rb"(?:^|\A\xef\xbb\xbf|[;:\r])[ \t\f]*(?:import|from)[ \t](?:[^\n\\]|\\\r?\n)*\b(?:%b)\b"


def using_libraries(sources: Iterable[SourceFile], libraries: PythonLibraries) -> tuple[str, ...]:
    """Return the paths of the files that import a library, and of those that call a method which only one has.

    The latter count if some file of the project imports a library.
    """
    packages = [package.encode() for package in libraries.packages]
    if not packages:
        return ()
    names = b"|".join(map(re.escape, packages))
    named = re.compile(_IMPORTING % names, re.MULTILINE)
    calls = [f".{name}(".encode() for name in sorted(libraries.distinctive)]
    importing: list[str] = []
    calling: list[str] = []
    for source in sources:
        data = source.data
        if any(package in data for package in packages) and named.search(data):
            importing.append(source.path)
        elif any(call in data for call in calls):
            calling.append(source.path)
    return tuple(sorted([*importing, *calling])) if importing else ()
