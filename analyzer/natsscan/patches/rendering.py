"""Whether charts render as before: with their own values, or with those that a helmfile has for them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import yaml

from natsscan.catalog.yamlloader import compose, construct
from natsscan.model.patch import Check, Patch, Stage
from natsscan.model.source import SourceFile
from natsscan.patches.engine import changed
from natsscan.source.helm import Render
from natsscan.source.kinds import Kinds
from natsscan.surfaces.chartfiles import read_helmfile
from natsscan.surfaces.helmmask import mask


@dataclass(frozen=True)
class Rendering:
    """The charts of a tree, and how to render them; `render` is None where nothing can.

    `helmfiles` tell which values are for which chart. `known` has, for each stage and chart looked at, the values with
    which it renders when all stages before are done, None if it does with none.
    """

    render: Render | None
    paths: frozenset[str]
    read: Callable[[str], bytes | None]
    helmfiles: tuple[SourceFile, ...]
    known: dict[tuple[Stage, str], Mapping[str, object] | None] = field(default_factory=dict)

    def check(self, patch: Patch, earlier: Sequence[Patch]) -> tuple[Check, str]:
        """Return whether the charts that a patch changes render afterwards, and what is wrong if one does not.

        `earlier` are the patches of the stages before, which are made first. A chart that does not render without the
        patch, or of which nothing is left, is not looked at.
        """
        charts = {self._kinds.chart_of(path) for path in patch.paths} - {""} if self.render is not None else set()
        result = Check.NOT_RUN
        for chart in sorted(charts):
            values = self._renders_with(chart, patch.stage, earlier)
            left = self._files(chart, [*earlier, patch])
            if self.render is None or values is None or not left:
                continue
            wrong = self.render(left, values)
            if wrong is not None:
                return Check.FAILED, f"{chart} would not render: {wrong}"
            result = Check.PASSED
        return result, ""

    @cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self.paths)

    def _renders_with(self, chart: str, stage: Stage, earlier: Sequence[Patch]) -> Mapping[str, object] | None:
        if (stage, chart) not in self.known:
            files = self._files(chart, earlier)
            renders = (v for v in self._values(chart, earlier) if self.render and self.render(files, v) is None)
            self.known[stage, chart] = next(renders, None)
        return self.known[stage, chart]

    def _files(self, chart: str, patches: Sequence[Patch]) -> dict[str, bytes]:
        """Return the files of a chart by their paths in it, as some patches leave them."""
        after = changed(patches, lambda path: path.startswith(f"{chart}/"), self.read)
        inside = {path for path in self.paths if path.startswith(f"{chart}/")} | after.keys()
        found = {path[len(chart) + 1 :]: after.get(path, self.read(path)) for path in sorted(inside)}
        return {path: data for path, data in found.items() if data is not None}

    def _values(self, chart: str, patches: Sequence[Patch]) -> Iterator[Mapping[str, object]]:
        """Yield values to try: none beside the chart's own, then those of each release of it."""
        yield {}
        name = posixpath.basename(chart)
        for source in self.helmfiles:
            folder = posixpath.dirname(source.path)
            for release in read_helmfile(source.data).releases:
                if posixpath.basename(release.chart) == name:
                    paths = [posixpath.normpath(posixpath.join(folder, file)) for file in release.files]
                    after = changed(patches, frozenset(paths).__contains__, self.read)
                    yield _together(data for path in paths if (data := after.get(path, self.read(path))))


def _together(files: Iterable[bytes]) -> Mapping[str, object]:
    """Return the values of some files, later ones over earlier ones; what a template would put in is a word."""
    found: dict[str, object] = {}
    for data in files:
        try:
            node = compose(mask(data).decode())
            loaded = construct(node) if node else None
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if isinstance(loaded, dict):
            found = _over(found, loaded)
    return found


def _over(one: Mapping[str, object], other: Mapping[str, object]) -> dict[str, object]:
    found = dict(one)
    for key, value in other.items():
        before = found.get(key)
        found[key] = _over(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return found
