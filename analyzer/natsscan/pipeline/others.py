"""Everything that is not a program: configuration, packages, charts, scripts."""

from __future__ import annotations

from natsscan.catalog.broker import Broker, naming
from natsscan.model.coverage import Problem
from natsscan.model.questions import matches
from natsscan.model.source import PYTHON_PACKAGING, FileKind
from natsscan.model.usage import Usage
from natsscan.pipeline.options import Progress
from natsscan.pipeline.surfaces import read_surfaces
from natsscan.pipeline.task import Found, Part, Task, part, read
from natsscan.source.text import TextPositions
from natsscan.surfaces.charts import Charts
from natsscan.surfaces.includes import included
from natsscan.surfaces.registry import READERS


def scan_others(task: Task, kinds: dict[str, FileKind], progress: Progress) -> Part:
    """Scan everything that is not a program."""
    reading = read(task, kinds, progress)
    worth = naming(reading.sources, task.catalog.brokers, Broker.is_worth_reading)
    usages: list[Usage] = []
    problems: dict[Problem, None] = {}
    positions: dict[str, TextPositions] = {}
    for broker in task.catalog.brokers:
        # A configuration of the broker need not name it: its own name does.
        configs = (source for source in reading.sources if source.kind is FileKind.BROKER_CONFIG)
        worth[broker.id] |= {source.path: source for source in configs if broker.name.search(source.path)}
        # Nor need a file that asks for one of its packages: few of them have the broker's name.
        packages = broker.python_packages
        asking = (source for source in reading.sources if source.kind in PYTHON_PACKAGING)
        worth[broker.id] |= {each.path: each for each in asking if each.ask(matches, packages.pattern, packages.flags)}
        if worth[broker.id]:
            charts = Charts(task.paths, reading.sources, broker)
            places = included(reading.sources, worth[broker.id], broker)
            found = read_surfaces(
                task, reading.sources, broker, READERS.get, charts.belonging, worth[broker.id], places
            )
            usages += found.usages
            problems |= dict.fromkeys((*charts.problems, *found.problems))
            positions |= {path: at for path, at in found.positions.items() if path not in positions}
    return part(task, reading, Found(tuple(usages), tuple(problems), positions))
