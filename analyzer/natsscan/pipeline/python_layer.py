"""What is known of a project's Python code before it moves to a package with the APIs of its libraries, on NATS."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.python_compat import PythonCompat
from natsscan.generate.compat_plan import CompatPlan, compat_plan
from natsscan.generate.python_amqp import python_modules, python_package
from natsscan.model.brokercall import BrokerCall
from natsscan.model.mapping import Mapping as Plan
from natsscan.model.name import Name
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.span import Span
from natsscan.model.topology import SERVER_NAMED, Topology
from natsscan.model.usage import Operation
from natsscan.nats.names import split_holes, with_values
from natsscan.patches.hindrance import Hindrance
from natsscan.patches.python.importing import imports_between, name_of, root_of
from natsscan.patches.python.layer import MemberAt, PythonLayer
from natsscan.patches.python.units import TEST
from natsscan.pipeline.elsewhere import looking_elsewhere
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.task import Task, read
from natsscan.python.index import index_of
from natsscan.python.link import find_in_python
from natsscan.python.members import MemberWalker
from natsscan.python.program import Program
from natsscan.python.reader import using_libraries
from natsscan.source.kinds import Kinds
from natsscan.source.project import Project
from natsscan.source.services import Services
from natsscan.source.text import TextPositions

_NO_QUEUE = (
    "The plan has no place for the queue {}, as too little of its name is known or it is laid out in another way: "
    "decide names in the subjects.yaml that natsscan map writes, and give that with --subjects."
)
_NO_EXCHANGE = (
    "The plan has no place for the exchange {}, as its name is not known: decide it in the subjects.yaml that natsscan "
    "map writes, and give that with --subjects."
)
_OTHER_TYPE = "The exchange {} is declared as {} here{}. A broker has it one way: give each of them a name of its own."


def needs_python_layer(project: Project, catalog: Catalog, options: ScanOptions, rules: PythonCompat) -> bool:
    """Tell whether some Python code of a project imports a library that a package has, or the package itself."""
    sources = _read(project, catalog, options)[1]
    names = (*rules.tops, rules.package)
    return any(any(name.encode() in source.data for name in names) for source in sources)


def _read(project: Project, catalog: Catalog, options: ScanOptions) -> tuple[Task, tuple[SourceFile, ...]]:
    """Return what a scan of a project is about, and its Python files."""
    listing = project.tree.list(options.exclude)
    kinds = Kinds(listing.paths)
    programs = dict.fromkeys((path for path in listing.paths if kinds.of(path) is FileKind.PYTHON), FileKind.PYTHON)
    task = Task(project, catalog, options, listing.paths, Services(listing.paths, project.root.name))
    return task, read(task, programs, lambda *_: None).sources


@dataclass(frozen=True, slots=True)
class ModuleHome:
    """Where a module for a service stands: its path without an ending, its name, and its path in a folder for all."""

    folder: str
    name: str
    path: str


def python_homes(
    project: Project, catalog: Catalog, options: ScanOptions, users: Mapping[str, Iterable[str]], module: str
) -> dict[str, ModuleHome]:
    """Return where a module of some name stands for each service: in its own package, the one that has most `users`.

    Tests count if there is nothing else. Services that share a folder have their names in those of their modules.
    """
    listing, sources = _read(project, catalog, options)
    paths = frozenset(listing.paths)
    imports = imports_between({source.path: source.data for source in sources}, index_of(sources))
    found: dict[str, ModuleHome] = {}
    for service, files in users.items():
        roots: dict[str, list[bool]] = {}
        for path in files:
            roots.setdefault(root_of(path, paths), []).append(TEST.search(path) is not None)
        names = {root: name_of(root, imports, paths) for root in roots}
        root = min(roots, key=lambda each: (all(roots[each]), not names[each], -len(roots[each]), each))
        own = "_".join(re.findall(r"[a-z0-9]+", service.lower()))
        taken = {home.folder for home in found.values()}
        called = module if posixpath.join(root, module) not in taken else f"{module}_{own}"
        dotted = f"{names[root]}.{called}" if names[root] else called
        below = dotted.replace(".", "/") if names[root] else f"{own}/{called}"
        below = f"{own}/{below}" if below in {home.path for home in found.values()} else below
        found[service] = ModuleHome(posixpath.join(root, called), dotted, below)
    return found


def make_python_layer(
    project: Project, catalog: Catalog, options: ScanOptions, rules: PythonCompat, mapping: Plan, topology: Topology
) -> PythonLayer:
    """Return the package for all of a project's Python code, whatever is in scope, and what that does with libraries.

    `mapping` is what becomes of `topology`, which is that of the whole project. Code that is on the package already
    counts as on the libraries if it was scanned `with_python_layer`.
    """
    catalog = catalog.with_python_layer()
    task, sources = _read(project, catalog, options)
    walkers: list[MemberWalker] = []

    def walker_of(program: Program) -> MemberWalker:
        walkers.append(MemberWalker(program))
        return walkers[-1]

    def positions_of(path: str, data: bytes) -> TextPositions:
        return positions.setdefault(path, TextPositions(path, data))

    positions: dict[str, TextPositions] = {}
    index = index_of(sources)
    data = {source.path: source.data for source in sources}
    imports = imports_between(data, index)
    using = frozenset(using_libraries(sources, catalog.python))
    # What a module passes objects to it imports, and attributes are told of modules that are looked into.
    using |= {each.path for each in imports if each.importer in using}
    brought = {name for library in catalog.python.libraries if library.broker for name in library.broker.brings}
    found = find_in_python(
        sources,
        sorted(using),
        catalog,
        lambda each: positions_of(each.path, each.data),
        task.services.of,
        looking_elsewhere(task, sources, brought),
        walker_of,
    )
    plan = compat_plan(mapping, topology, catalog.target.layouts, is_all=True)
    tops = sorted(rules.libraries.values())
    modules = python_modules()
    every = chain.from_iterable(combinations(tops, count) for count in range(1, len(tops) + 1))
    return PythonLayer(
        rules=rules,
        files={frozenset(some): python_package(modules, some, plan) for some in every},
        sources=data,
        index=index,
        imports=imports,
        usages=found.usages,
        calls=found.calls,
        members=tuple(
            sorted(
                MemberAt(index.path_of(each.module), each.start, each.of, each.name)
                for walker in walkers
                for each in walker.members
            )
        ),
        topology=topology,
        unplanned=tuple(_unplanned(plan, mapping, topology, found.calls)),
    )


def _unplanned(plan: CompatPlan, mapping: Plan, topology: Topology, calls: Iterable[BrokerCall]) -> Iterator[Hindrance]:
    """Yield the places that name a queue or an exchange of which the plan does not tell where it is, each once.

    Of what is sent to a queue by its name, only names that are known count: others are those that a message brings.
    """
    queues = {"".join("{}" if part is None else part for part in queue.name) for queue in plan.queues}
    exchanges = {exchange.name for exchange in plan.exchanges}
    by_name = ((each.routing_key, each.at) for each in topology.publishers if not each.exchange)
    named = [(each.name, each.at) for each in topology.queues]
    named += [(each.queue, each.at) for each in topology.consumers]
    named += [(each.queue, each.at) for each in topology.bindings]
    getting = (each for each in calls if each.operation is Operation.GET and "queue" in each.properties)
    named += [(name, (each.span,)) for each in getting for name in each.properties["queue"].texts]
    named += [(name, at) for name, at in by_name if "".join(split_holes(name)[::2]).strip(".")]
    lost = ((name, at) for name, at in named if name not in ("", SERVER_NAMED))
    yield from _told(((name, at) for name, at in lost if _shown(name, mapping) not in queues), _NO_QUEUE)
    used = [(each.name, each.at) for each in topology.exchanges]
    used += [(each.exchange, each.at) for each in topology.bindings]
    used += [(each.exchange, each.at) for each in topology.publishers]
    lost = ((name, at) for name, at in used if name and with_values(name, mapping.holes) not in exchanges)
    yield from _told(lost, _NO_EXCHANGE)
    kinds = {exchange.name: exchange.kind for exchange in plan.exchanges}
    for call in calls:
        if call.operation is Operation.DECLARE_EXCHANGE and not _is_true(call.properties.get("passive")):
            types = [text.lower() for text in _texts(call, "exchange_type")]
            for name in _texts(call, "exchange"):
                planned = kinds.get(with_values(name, mapping.holes))
                if planned and types and planned not in types and all(len(split_holes(each)) == 1 for each in types):
                    own = " or ".join(dict.fromkeys(types))
                    reason = _OTHER_TYPE.format(name, own, "" if own == planned else f" and as {planned} elsewhere")
                    yield Hindrance(call.span.path, call.span.line, reason)


def _texts(call: BrokerCall, name: str) -> tuple[str, ...]:
    found = call.properties.get(name)
    return tuple(found.texts) if found is not None else ()


def _is_true(value: Name | None) -> bool:
    return value is not None and any(text.lower() == "true" for text in value.texts)


def _told(names: Iterable[tuple[str, tuple[Span, ...]]], reason: str) -> Iterator[Hindrance]:
    """Yield each place with all the names that it may mean, so that they can be decided at once."""
    by_place: dict[Span, dict[str, None]] = {}
    for name, spans in names:
        for span in spans:
            by_place.setdefault(span, {})[name] = None
    for span, meant in by_place.items():
        yield Hindrance(span.path, span.line, reason.format(" or ".join(meant)))


def _shown(name: str, mapping: Plan) -> str:
    """Return a name with all its holes alike."""
    return "{}".join(split_holes(with_values(name, mapping.holes))[::2])
