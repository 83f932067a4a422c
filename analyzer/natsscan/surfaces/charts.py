"""Files and keys that belong to the broker though they never name it: its Helm charts, and values for its releases."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from natsscan.catalog.broker import Broker
from natsscan.model.coverage import Loss, Problem
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Operation
from natsscan.source.kinds import is_helmfile
from natsscan.surfaces.chartcycles import cycles
from natsscan.surfaces.chartfiles import Dependency, read_chart, read_helmfile
from natsscan.surfaces.surface import Belonging, Block, Surface, SurfaceReading
from natsscan.surfaces.yamlgrammar import Fault

_CHART_FILES = ("Chart.yaml", "Chart.yml")
_LOCAL = "file://"
# Subcharts of subcharts have their values that many keys deep at most; nobody goes further, and cycles end there.
_DEEPEST = 5
_MOST_STEPS = 1000
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Needed:
    """A dependency with the file and line that ask for it."""

    dependency: Dependency
    path: str
    line: int


class Charts:
    """Tells which files and keys of a project belong to a Helm chart or release of the broker.

    `paths` are all files of the project, `sources` at least its chart files and helmfiles. `problems` are charts that
    need each other, and what could not be read of those files.
    """

    def __init__(self, paths: Iterable[str], sources: Sequence[SourceFile], broker: Broker) -> None:
        self._names = broker.charts
        self._words = tuple(sorted(name.encode() for name in broker.charts))
        split = (path.rpartition("/") for path in paths)
        self._folders = {folder for folder, _, name in split if name in _CHART_FILES}
        self._by_name: dict[str, list[str]] = {}
        for folder in sorted(self._folders):
            self._by_name.setdefault(posixpath.basename(folder), []).append(folder)
        self._broker_folders = {
            folder: name for folder in self._folders if (name := posixpath.basename(folder)) in self._names
        }
        self._needs: dict[str, list[_Needed]] = {}
        self._cache: dict[str, tuple[Block, ...]] = {}
        problems: list[Problem] = []
        for source in sources:
            if source.kind is FileKind.HELM_CHART:
                problems += self._read_chart(source)
        self._any_blocks = any(
            self._broker_chart(folder, need.dependency) for folder, needs in self._needs.items() for need in needs
        )
        # For each file of values, the charts it is for: the name of one of the broker's, or a folder.
        self._values_for: dict[str, list[tuple[str | None, str | None]]] = {}
        for source in sources:
            if is_helmfile(source.path) and (self._any_blocks or self._names_chart(source.data)):
                problems += self._read_helmfile(source)
        self.problems: tuple[Problem, ...] = (*problems, *self._cycles())

    def belonging(self, source: SourceFile) -> Belonging:
        """Return what of the broker a file, or blocks of it, belong to."""
        folder, _, _ = source.path.rpartition("/")
        is_values = source.kind is FileKind.HELM_VALUES
        for chart, name in self._broker_folders.items():
            if folder == chart or folder.startswith(chart + "/"):
                return Belonging(name, (((), name),) if is_values else ())
        last = posixpath.basename(folder)
        if is_values and last in self._names:
            return Belonging(last, (((), last),))
        releases = self._values_for.get(source.path, [])
        names = [name for name, _ in releases]
        # Values that other releases get as well are nobody's in particular.
        if names and names[0] is not None and None not in names:
            return Belonging(names[0], (((), names[0]),))
        if not self._any_blocks:
            return Belonging()
        charts = {chart for _, chart in releases if chart is not None}
        if is_values and (chart_of := self._folder(folder, last)) is not None:
            charts.add(chart_of)
        return Belonging(None, tuple(sorted({block for chart in charts for block in self._blocks(chart)})))

    def _read_chart(self, source: SourceFile) -> Iterator[Problem]:
        if b"dependencies" not in source.data and not self._names_chart(source.data):
            return
        folder = source.path.rpartition("/")[0]
        chart = read_chart(source.data)
        # A project that is the broker's chart as a whole has nothing to tell apart.
        if folder and chart.name in self._names and source.path.endswith(_CHART_FILES):
            self._broker_folders.setdefault(folder, chart.name)
        for dependency in chart.dependencies:
            line = source.data.count(b"\n", 0, dependency.offset) + 1
            self._needs.setdefault(folder, []).append(_Needed(dependency, source.path, line))
        yield from _problems(source, chart.faults)

    def _read_helmfile(self, source: SourceFile) -> Iterator[Problem]:
        folder = source.path.rpartition("/")[0]
        helmfile = read_helmfile(source.data)
        for release in helmfile.releases:
            last = posixpath.basename(release.chart)
            chart = self._folder(posixpath.normpath(posixpath.join(folder, release.chart)), last)
            name = last if last in self._names else self._broker_folders.get(chart or "")
            for file in release.files:
                path = posixpath.normpath(posixpath.join(folder, file))
                self._values_for.setdefault(path, []).append((name, chart))
        yield from _problems(source, helmfile.faults)

    def _folder(self, path: str, name: str) -> str | None:
        """Return the folder of a chart: at a path, or else the only one with a name, as copies of charts have."""
        if path in self._folders:
            return path
        same = self._by_name.get(name, [])
        return same[0] if len(same) == 1 else None

    def _names_chart(self, data: bytes) -> bool:
        return any(word in data for word in self._words)

    def _local(self, folder: str, dependency: Dependency) -> str | None:
        """Return the folder of a chart that another one needs, None if it is not in the project."""
        if dependency.repository.startswith(_LOCAL):
            path = posixpath.normpath(posixpath.join(folder, dependency.repository.removeprefix(_LOCAL)))
            path = "" if path == "." else path
        elif not dependency.repository:
            path = posixpath.join(folder, "charts", dependency.name)
        else:
            return None
        return path if path in self._folders else None

    def _broker_chart(self, folder: str, dependency: Dependency) -> str | None:
        """Return the name of the broker's chart that another one needs, None if the dependency is something else."""
        if dependency.name in self._names:
            return dependency.name
        return self._broker_folders.get(self._local(folder, dependency) or "")

    def _blocks(self, chart: str) -> tuple[Block, ...]:
        """Return the key paths in the values of a chart whose blocks are values for charts of the broker."""
        if chart not in self._cache:
            found: list[Block] = []
            waiting: list[tuple[tuple[str, ...], str]] = [((), chart)]
            for path, folder in waiting:  # grows while it is walked
                for need in self._needs.get(folder, ()):
                    below = (*path, need.dependency.key)
                    name, local = self._broker_chart(folder, need.dependency), self._local(folder, need.dependency)
                    if name is not None:
                        found.append((below, name))
                    elif local is not None and len(below) < _DEEPEST and len(waiting) < _MOST_STEPS:
                        waiting.append((below, local))
            self._cache[chart] = tuple(found)
        return self._cache[chart]

    def _cycles(self) -> Iterator[Problem]:
        """Yield one problem for each group of charts that need each other."""
        needs = {
            folder: frozenset(local for need in found if (local := self._local(folder, need.dependency)) is not None)
            for folder, found in self._needs.items()
        }
        for group in cycles(needs):
            first = group[0]
            need = next(need for need in self._needs[first] if self._local(first, need.dependency) in group)
            yield Problem(need.path, need.line, _reason(group), Loss.NONE)


def belonging(surface: Surface) -> SurfaceReading:
    """Return one usage for a file of the broker's chart in which nothing else was found, at its first line."""
    first = surface.source.data.split(b"\n", 1)[0]
    if surface.owner is None or not first.strip():
        return SurfaceReading()
    arguments = {"owner": surface.owner}
    return SurfaceReading((surface.usage(Operation.DEPLOY, surface.owner, 0, len(first), arguments=arguments),))


def _problems(source: SourceFile, faults: Sequence[Fault]) -> Iterator[Problem]:
    """Yield what the reader of the file says too, if it is read for more than this."""
    for fault in faults[:1]:
        yield Problem(source.path, source.data.count(b"\n", 0, fault.offset) + 1, fault.reason, Loss.PART)


def _reason(group: Sequence[str]) -> str:
    names = [folder or "." for folder in group]
    if len(names) == 1:
        return f"{names[0]}: the chart depends on itself"
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    return f"{', '.join(names[:-1])} and {names[-1]}: these charts depend on each other"
