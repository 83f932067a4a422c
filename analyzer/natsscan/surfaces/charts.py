"""Files that belong to the broker though they never name it: its Helm charts, and values for its releases."""

from __future__ import annotations

from collections.abc import Iterable

from natsscan.catalog.broker import Broker
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Operation
from natsscan.surfaces.surface import Surface, SurfaceReading


class Charts:
    """Tells which files of a project belong to a Helm chart or release of the broker; `paths` are all its files."""

    def __init__(self, paths: Iterable[str], broker: Broker) -> None:
        split = (path.rpartition("/") for path in paths)
        folders = {folder for folder, _, name in split if name in _CHART_FILES}
        self._charts = broker.charts
        self._folders = {folder for folder in folders if folder.rpartition("/")[2] in broker.charts}

    def owner(self, source: SourceFile) -> str | None:
        """Return the name of the broker's chart that a file is in, or is the values for; None if there is none."""
        folder = source.path.rpartition("/")[0]
        for chart in self._folders:
            if folder == chart or folder.startswith(chart + "/"):
                return chart.rpartition("/")[2]
        name = folder.rpartition("/")[2]
        return name if source.kind is FileKind.HELM_VALUES and name in self._charts else None


def belonging(surface: Surface) -> SurfaceReading:
    """Return one usage for a file of the broker's chart in which nothing else was found, at its first line."""
    first = surface.source.data.split(b"\n", 1)[0]
    if surface.owner is None or not first.strip():
        return SurfaceReading()
    arguments = {"owner": surface.owner}
    return SurfaceReading((surface.usage(Operation.DEPLOY, surface.owner, 0, len(first), arguments=arguments),))


_CHART_FILES = ("Chart.yaml", "Chart.yml")
