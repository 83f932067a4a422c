"""Programs: names are resolved in all of the project, and what is in scope is reported."""

from __future__ import annotations

from dataclasses import replace

from natsscan.catalog.broker import Broker, naming
from natsscan.catalog.catalog import Catalog
from natsscan.haskell.clients import known_here
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Tier
from natsscan.pipeline.haskell import scan_haskell
from natsscan.pipeline.options import Progress
from natsscan.pipeline.python import scan_python
from natsscan.pipeline.surfaces import read_surfaces
from natsscan.pipeline.task import Part, Task, part, read
from natsscan.source.kinds import is_package
from natsscan.surfaces.registry import READERS
from natsscan.surfaces.surface import Belonging


def scan_programs(task: Task, kinds: dict[str, FileKind], progress: Progress) -> Part:
    """Scan the programs. All of the project are read, since names lead everywhere; those in scope are reported."""
    catalog, nothing = task.catalog, Belonging()
    reading = read(task, kinds, progress)
    named = naming(reading.sources, catalog.brokers, Broker.is_named_in)
    packages = (task.look_into(path) for path in filter(is_package, task.paths))
    in_haskell = {
        broker: {path: source for path, source in sources.items() if source.kind is FileKind.HASKELL}
        for broker, sources in named.items()
    }
    here = known_here(catalog, (text for text in packages if isinstance(text, bytes)), in_haskell)
    haskell = scan_haskell(replace(task, catalog=here), _of_kind(reading.sources, FileKind.HASKELL), progress)
    python = scan_python(task, _of_kind(reading.sources, FileKind.PYTHON), progress)
    found = replace(
        haskell,
        usages=haskell.usages + python.usages,
        problems=haskell.problems + python.problems,
        calls=haskell.calls + python.calls,
    )
    kept, problems, positions = list(found.usages), found.problems, haskell.positions | python.positions
    for broker in catalog.brokers:
        told = {path: source for path, source in named[broker.id].items() if broker.in_programs.search(source.data)}
        text = read_surfaces(task, told.values(), broker, READERS.get, lambda _: nothing, told)
        # Where a library is used, or what leads to it, it adds nothing that the text also names the broker.
        used = {usage.span.path for usage in found.usages if _is_about(usage.library, broker.id, catalog)}
        direct = used | {usage.span.path for usage in text.usages if usage.tier is Tier.DIRECT}
        kept += (usage for usage in text.usages if usage.tier is Tier.DIRECT or usage.span.path not in direct)
        problems += text.problems
        positions |= {path: at for path, at in text.positions.items() if path not in positions}
    return part(task, reading, replace(found, usages=tuple(kept), problems=problems, positions=positions))


def _is_about(library: str, broker: str, catalog: Catalog) -> bool:
    """Tell whether a library is one of a broker's, or has the API of one and is called like that."""
    return broker in (catalog.system_of(library), catalog.system_of(catalog.python.moved.get(library, library)))


def _of_kind(sources: tuple[SourceFile, ...], kind: FileKind) -> tuple[SourceFile, ...]:
    return tuple(source for source in sources if source.kind is kind)
