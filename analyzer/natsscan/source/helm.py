"""Rendering charts with Helm's own engine, if it is installed: in memory, with no cluster and no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

# What is wrong with a chart, by its files and some values; None if it renders.
Render = Callable[[Mapping[str, bytes], Mapping[str, object]], str | None]


def renderer() -> Render | None:
    """Return what renders charts, None if the package helm-python-sdk is not installed (extra `helm`)."""
    try:
        from helm_python.chart import Chart
        from helm_python.errors import HelmError
    except ImportError:
        return None

    def render(files: Mapping[str, bytes], values: Mapping[str, object]) -> str | None:
        with TemporaryDirectory() as folder:
            root = Path(folder).resolve() / "chart"
            root.mkdir()
            for path, data in files.items():
                file = root / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            try:
                with Chart.load(root) as chart:
                    chart.render(values=dict(values), name="release", namespace="default")
            except HelmError as error:
                return " ".join(str(error).split())
        return None

    return render
