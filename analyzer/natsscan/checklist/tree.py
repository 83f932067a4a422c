"""What a checklist can name: files, folders, modules, definitions, packages and tools of a scanned tree."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatch
from functools import cached_property

from natsscan.catalog.catalog import Catalog
from natsscan.model.finding import Finding
from natsscan.model.report import Report
from natsscan.model.source import PROGRAMS
from natsscan.model.usage import Tier
from natsscan.source.kinds import Kinds, is_package

_MODULE = re.compile(r"[A-Z][\w']*(?:\.[A-Z][\w']*)+")
_DEFINITION = re.compile(r"[A-Za-z_][\w']{2,}")
_PATH = re.compile(r"[\w.@*+-]*(?:/[\w.@*+-]+)*/?")
_NOT_ALNUM = re.compile(r"[\W_]+")


class Kind(StrEnum):
    """What a name in a task is in the tree. A `missing` one looks like a path or a module, and is not there."""

    FILE = "file"
    FOLDER = "folder"
    MODULE = "module"
    DEFINITION = "definition"
    PACKAGE = "package"
    TOOL = "tool"
    MISSING = "missing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Named:
    """A name, what it is, and the files and folders (these with a slash at the end) that it means."""

    name: str
    kind: Kind
    paths: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Tell whether a file is what is named, or below it."""
        return any(path == own or (own.endswith("/") and path.startswith(own)) for own in self.paths)


@dataclass(frozen=True)
class Tree:
    """A scanned tree: its report and rules, all its files, and how to read one."""

    report: Report
    catalog: Catalog
    paths: frozenset[str]
    read: Callable[[str], bytes | None]
    known: dict[tuple[str, str], Named] = field(default_factory=dict)

    @cached_property
    def old(self) -> tuple[Finding, ...]:
        """The findings about the system migrated from that are work: no mentions."""
        return tuple(f for f in self.report.to_migrate.findings if f.usage.tier is not Tier.MENTION)

    @cached_property
    def new(self) -> tuple[Finding, ...]:
        """The findings about systems migrated to."""
        targets = self.report.targets
        return tuple(f for f in self.report.findings if f.system in targets and f.usage.tier is not Tier.MENTION)

    @cached_property
    def kinds(self) -> Kinds:
        """What tells the kind of a file by its path."""
        return Kinds(self.paths)

    def is_program(self, path: str) -> bool:
        """Tell whether a file is source code of a program."""
        return self.kinds.of(path) in PROGRAMS

    @cached_property
    def services(self) -> Mapping[str, str]:
        """The services and libraries of the tree by their names in letters and digits only."""
        packages = {posixpath.basename(posixpath.dirname(path)) for path in self.paths if is_package(path)}
        names = packages | {f.usage.service for f in (*self.old, *self.new) if f.usage.language in PROGRAMS}
        return {folded(name): name for name in sorted(names) if name}

    @cached_property
    def modules(self) -> Mapping[str, tuple[str, ...]]:
        """The files of each Haskell module by all ends of its name, `Push` and `Gundeck.Push` for one of both."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.paths):
            if self.is_program(path):
                parts = path.rpartition(".")[0].split("/")
                capital = next((at for at in range(len(parts), 0, -1) if not parts[at - 1][:1].isupper()), 0)
                for at in range(capital, len(parts)):
                    found.setdefault(".".join(parts[at:]), []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders, each with a slash at its end."""
        found: set[str] = set()
        for path in self.paths:
            folder = posixpath.dirname(path)
            while folder and f"{folder}/" not in found:
                found.add(f"{folder}/")
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def service_in(self, text: str) -> str:
        """Return the service that a heading or a task names, empty for none; of several the one with most letters."""
        words = folded(text)
        found = [short for short in self.services if len(short) > 2 and _has_words(words, short)]
        return self.services[max(found, key=lambda short: (len(short), short))] if found else ""

    def named(self, name: str, service: str) -> Named:
        """Return what a name means, within a service where it could mean several things."""
        key = (name, service)
        if key not in self.known:
            self.known[key] = self._named(name.strip(), service)
        return self.known[key]

    def _named(self, name: str, service: str) -> Named:
        bare = name.removeprefix("./")
        if not bare or "://" in bare or " " in bare:
            return Named(name, Kind.OTHER)
        if bare in self.paths:
            return Named(name, Kind.FILE, (bare,))
        folder = bare.rstrip("/") + "/"
        if folder in self.folders:
            return Named(name, Kind.FOLDER, (folder,))
        if any(bare in broker.tools.own for broker in self.catalog.brokers):
            return Named(name, Kind.TOOL)
        if self.is_pathlike(bare):
            return self._by_path(name, bare, service)
        if _MODULE.fullmatch(bare):
            files = self._nearest(self.modules.get(bare, ()), service)
            return Named(name, Kind.MODULE, files) if files else Named(name, Kind.MISSING)
        package = self._package(bare)
        return package or self._definition(name, bare, service)

    def is_pathlike(self, name: str) -> bool:
        """Tell whether a name looks like a path, or like the name of a file."""
        if not _PATH.fullmatch(name) or not name.strip("./"):
            return False
        return "/" in name or self.kinds.of(name) is not None

    def _by_path(self, name: str, bare: str, service: str) -> Named:
        if "*" in bare:
            found = tuple(sorted(path for path in self.paths if fnmatch(path, bare) or fnmatch(path, f"*/{bare}")))
            return Named(name, Kind.FILE, found) if found else Named(name, Kind.MISSING)
        ends = tuple(sorted(path for path in self.paths if path.endswith(f"/{bare.rstrip('/')}")))
        if ends:
            return Named(name, Kind.FILE, self._nearest(ends, service))
        inner = tuple(sorted(folder for folder in self.folders if folder.endswith(f"/{bare.rstrip('/')}/")))
        # `charts/x` is no other `charts/x` somewhere below; one word may be any folder of that name.
        if inner and "/" in bare.rstrip("/"):
            return Named(name, Kind.FOLDER, self._nearest(inner, service))
        return Named(name, Kind.MISSING)

    def _package(self, name: str) -> Named | None:
        folders = [posixpath.dirname(path) for path in self.paths if is_package(path)]
        own = tuple(sorted(f"{folder}/" for folder in folders if posixpath.basename(folder) == name))
        if own:
            return Named(name, Kind.PACKAGE, own)
        known = any(name in names for broker in self.catalog.brokers for names in broker.packages.values())
        return Named(name, Kind.PACKAGE) if known else None

    def _definition(self, name: str, bare: str, service: str) -> Named:
        if not _DEFINITION.fullmatch(bare):
            return Named(name, Kind.OTHER)
        paths = {f.usage.span.path for f in (*self.old, *self.new) if _is_about(f, bare)}
        if not paths:
            pattern = re.compile(rb"(?<![\w'])" + re.escape(bare.encode()) + rb"(?![\w'])")
            paths = {p for p in self.paths if self.is_program(p) and pattern.search(self.read(p) or b"")}
        files = self._nearest(tuple(sorted(paths)), service)
        return Named(name, Kind.DEFINITION, files) if files else Named(name, Kind.OTHER)

    def _nearest(self, paths: Iterable[str], service: str) -> tuple[str, ...]:
        """Return those of some paths that are in a service's own folder, all if none is."""
        paths = tuple(paths)
        near = tuple(path for path in paths if service and f"/{service}/" in f"/{path}")
        return near or paths


def folded(text: str) -> str:
    """Return text as words of letters and digits in lower case, with a blank between two."""
    return " ".join(_NOT_ALNUM.sub(" ", text.lower()).split())


def _has_words(text: str, words: str) -> bool:
    return f" {words} " in f" {text} "


def _is_about(finding: Finding, name: str) -> bool:
    usage = finding.usage
    return usage.definition == name or usage.symbol.rpartition(".")[2] == name
