"""What is the broker's as a whole: its own configuration files, and charts that install it or lead to it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from natsscan.catalog.replacements import Replacements
from natsscan.model.patch import NewFile, RemovedFile, digest
from natsscan.patches.place import Job, Place, Reading
from natsscan.surfaces.chartfiles import read_chart

_OTHER_FORM = "It sets credentials or TLS, which NATS takes in another form: natsscan map writes nats-server.conf."
_CHART_FILES = ("Chart.yaml", "Chart.yml", "requirements.yaml")


def read(job: Job) -> Reading:
    """Return a configuration file of the broker as one place; NATS gets none if its command line is enough."""
    needs_one = any(job.replacements.configured.search(usage.symbol) for usage in job.usages)
    reason = _OTHER_FORM if needs_one else ""
    return Reading((Place(0, len(job.source.data), job.usages, None, 0, reason, serves=True),), ())


def chart_twin(folder: str, files: Mapping[str, bytes], replacements: Replacements) -> tuple[NewFile, ...]:
    """Return the chart that stands beside one of the broker's; none if it would be called the same.

    A chart that brings the broker itself gives way to one that brings the target's own chart; any other one, such as a
    service that leads to a broker elsewhere, is written anew about the target.
    """
    parent, name = posixpath.split(folder)
    new_name = replacements.text(name.encode()).decode()
    if new_name == name:
        return ()
    new = posixpath.join(parent, new_name)
    if brings_another(*(data for path, data in sorted(files.items()) if posixpath.basename(path) in _CHART_FILES)):
        rule = replacements.rules.chart
        return tuple(
            NewFile(f"{new}/{path}", text.replace("{name}", new_name).encode()) for path, text in sorted(rule.items())
        )
    return tuple(
        NewFile(new + path.removeprefix(folder), replacements.text(data)) for path, data in sorted(files.items())
    )


def brings_another(*files: bytes | None) -> bool:
    """Tell whether the files that say what a chart needs name one from elsewhere."""
    needs = [need for data in files if data is not None for need in read_chart(data).dependencies]
    return any("://" in need.repository and not need.repository.startswith("file:") for need in needs)


def removals(files: Mapping[str, bytes]) -> tuple[RemovedFile, ...]:
    """Return the removal of files."""
    return tuple(RemovedFile(path, digest(data)) for path, data in sorted(files.items()))
