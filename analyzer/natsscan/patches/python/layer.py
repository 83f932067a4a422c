"""What is known of a project's Python code before it moves: the package, and what code does with libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natsscan.catalog.python_compat import PythonCompat
from natsscan.model.brokercall import BrokerCall
from natsscan.model.topology import Topology
from natsscan.model.usage import Usage
from natsscan.patches.hindrance import Hindrance
from natsscan.patches.python.importing import Import
from natsscan.python.index import ModuleIndex


@dataclass(frozen=True, slots=True, order=True)
class MemberAt:
    """A name after a dot on an object of a library's class, and where it is."""

    path: str
    start: int
    of: str
    name: str


@dataclass(frozen=True, slots=True)
class PythonLayer:
    """A package with a part of the APIs of libraries, and all of a project's Python code.

    `files` are those of the package for code that uses some of the libraries, by their modules in it. `sources` are all
    Python files but those that natsscan wrote, by path, with what `imports` what. `usages`, `calls` and `members` are
    what they do with libraries, as if code that is on the package already were on these, and `topology` is what that
    makes. `unplanned` are the places that name what the package's plan does not have.
    """

    rules: PythonCompat
    files: Mapping[frozenset[str], Mapping[str, str]]
    sources: Mapping[str, bytes]
    index: ModuleIndex
    imports: tuple[Import, ...]
    usages: tuple[Usage, ...]
    calls: tuple[BrokerCall, ...]
    members: tuple[MemberAt, ...]
    topology: Topology
    unplanned: tuple[Hindrance, ...]

    @property
    def tops(self) -> frozenset[str]:
        """The libraries that the package has and some code uses."""
        return frozenset(self.rules.libraries[u.library] for u in self.usages if u.library in self.rules.libraries)

    def files_for(self, tops: frozenset[str]) -> Mapping[str, str]:
        """Return the files of the package for code that uses these libraries."""
        return self.files.get(tops, {})
