"""Following names and wrappers through a Python code base."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace

from natsscan.catalog.catalog import Catalog
from natsscan.core.effects import Effect, Effects
from natsscan.core.linking import Linker, cut_short, together, with_names
from natsscan.core.naming import name_of
from natsscan.core.substitute import substitute
from natsscan.core.value import MORE, Owner, Parameter, Value, one_of, parameters
from natsscan.model.brokercall import BrokerCall
from natsscan.model.coverage import Problem
from natsscan.model.source import SourceFile
from natsscan.model.span import Span
from natsscan.model.symbol import LibrarySymbol
from natsscan.model.usage import Operation, Usage
from natsscan.python.brokers import Given, LookElsewhere, left_out
from natsscan.python.calls import Walker
from natsscan.python.index import index_of
from natsscan.python.program import Program
from natsscan.python.properties import Properties
from natsscan.python.routines import PythonRoutines
from natsscan.python.settings import Setting, find_settings, setting_files, setting_usage
from natsscan.python.tasks import Places, Tasks
from natsscan.python.usages import LANGUAGE, import_usages, usage_of, without_lent
from natsscan.source.text import TextPositions

# What connections are made with, as far as reports tell it: no passwords.
_OF_CONNECTIONS = frozenset({"uri", "host", "port", "vhost", "user"})


@dataclass(frozen=True, slots=True)
class PythonFound:
    """What was found in the Python files: the usages as written, those that lead to them, and calls of the broker.

    `left_out` are the places that use libraries whose broker is another one, by what to say of that.
    """

    usages: tuple[Usage, ...]
    wrappers: tuple[Usage, ...]
    calls: tuple[BrokerCall, ...]
    problems: tuple[Problem, ...]
    parsed: tuple[str, ...]
    left_out: dict[str, tuple[Span, ...]]


def find_in_python(
    sources: Iterable[SourceFile],
    using: Iterable[str],
    catalog: Catalog,
    positions_of: Callable[[SourceFile], TextPositions],
    service_of: Callable[[str], str],
    look: LookElsewhere,
    walker_of: Callable[[Program], Walker] = Walker,
) -> PythonFound:
    """Find what the files `using` a library do with it, and whoever calls that. `sources` are all Python files."""
    sources = tuple(sources)
    index = index_of(sources)
    program = Program(catalog, index)
    modules = [found for path in using if (found := index.module(index.name_of(path))) is not None]
    routines = PythonRoutines(program, walker_of(program))
    routines.look_into(modules)
    routines.look_outside()
    set_up = setting_files(sources, program.library.libraries.libraries)
    settings = find_settings(program, routines, set_up)

    def span_of(setting: Setting) -> Span:
        return positions_of(index.sources[index.path_of(setting.module)]).span(setting.start, setting.end)

    places = Places(span_of, service_of, lambda module: service_of(index.path_of(module)))
    effects = Effects(routines, program.evaluator)
    properties = Properties(program.library)
    tasks = Tasks(program, settings, properties, places)
    linker = Linker(
        broker=catalog.broker.id,
        language=LANGUAGE,
        source_of=lambda module: index.sources[index.path_of(module)],
        positions_of=positions_of,
        service_of=service_of,
        properties=tasks.given,
        defaults=properties.defaults,
    )
    final = tuple(_closed(effects.final(), _made_with(routines, program), program))
    left = _left_out(routines, final, settings, linker, catalog, look)
    final = tuple(effect for effect in final if effect.symbol.library not in left)
    every = [effect for symbol in routines.looked_into for effect in effects.of(symbol) if not effect.via]
    names = {linker.key(effect.place): linker.names(effect) for effect in every}
    names |= together((linker.key(effect.place), linker.names(effect)) for effect in final)
    written: dict[tuple[str, int, str], Usage] = {}
    for module in modules:
        source = index.sources[module.path]
        for usage in import_usages(module, catalog, positions_of(source), service_of(module.path)):
            written.setdefault((usage.span.path, usage.span.start, usage.symbol), usage)
    for use in routines.uses_of_libraries:
        path = index.path_of(use.module)
        usage = usage_of(use, positions_of(index.sources[path]), service_of(path))
        if use.written.symbol.operation is not Operation.CONFIG:
            lent = names.get((path, usage.span.start), {})
            usage = with_names(without_lent(usage, lent), names, _also_told(usage))
            written.setdefault((path, usage.span.start, usage.symbol), usage)
    for setting in settings:
        path = index.path_of(setting.module)
        usage = setting_usage(setting, positions_of(index.sources[path]), service_of(path))
        written.setdefault((path, usage.span.start, usage.symbol), usage)
    usages = tuple(usage for usage in written.values() if usage.library not in left)
    references = (replace(each, uses=_counting(each.uses, left)) for each in routines.references() if each.uses)
    wrappers = dict.fromkeys(linker.usage(reference) for reference in references if reference.uses)
    calls = dict.fromkeys(tasks.all_calls((effect.symbol.library, linker.call(effect)) for effect in final))
    problems = {cut_short(call) for call in calls if any(MORE in name.holes for name in call.properties.values())}
    problems |= set(index.problems)
    parsed = {module.path for module in modules} | {usage.span.path for usage in usages}
    return PythonFound(
        usages,
        tuple(wrappers),
        tuple(calls),
        tuple(sorted(problems)),
        tuple(sorted(parsed)),
        {why: tuple(sorted(u.span for u in written.values() if u.library == library)) for library, why in left.items()},
    )


def _also_told(usage: Usage) -> Container[str]:
    """Return what a usage tells though it is written elsewhere: where a connection leads."""
    return _OF_CONNECTIONS if usage.operation is Operation.CONNECT else ()


def _counting(uses: frozenset[LibrarySymbol], left: Container[str]) -> frozenset[LibrarySymbol]:
    return frozenset(symbol for symbol in uses if symbol.library not in left)


def _left_out(
    routines: PythonRoutines,
    effects: Iterable[Effect],
    settings: Iterable[Setting],
    linker: Linker,
    catalog: Catalog,
    look: LookElsewhere,
) -> dict[str, str]:
    """Return the libraries whose broker is another one here, by their ids, each with what to say of that."""
    given: dict[str, list[Given]] = {}
    for effect in effects:
        if effect.symbol.operation is Operation.CONNECT:
            given.setdefault(effect.symbol.library, []).append(linker.names(effect))
    for setting in settings:
        given.setdefault(setting.library.id, []).append({setting.rule.sets: name_of(setting.value)})
    known = {library.id: library for library in catalog.python.libraries}
    used = {use.written.symbol.library for use in routines.uses_of_libraries}
    left = left_out(known.values(), given, used, look, catalog.broker.name)
    return {name: f"uses of {known[name].packages[0]} are left out: {why}" for name, why in left.items()}


def _made_with(routines: PythonRoutines, program: Program) -> dict[Parameter, Value]:
    """Return what objects are made with, by the parameters of their classes: one of all places that make one."""
    found: dict[Parameter, list[Value]] = {}
    for walked in routines.every:
        for site in walked.every_site:
            if site.instance is None or site.is_implied or not _makes(site.target, site.instance[0]):
                continue
            owner, arguments = site.instance
            for at, bound in enumerate(arguments):
                value = program.evaluator.force(bound)
                if not any(True for _ in parameters(value)):
                    found.setdefault(Parameter(owner, at, ""), []).append(value)
    return {parameter: one_of(values) for parameter, values in found.items()}


def _makes(target: object, owner: Owner) -> bool:
    name = getattr(target, "name", "")
    return owner.definition.removesuffix(".__init__").endswith(f".{name}") if name else False


def _closed(effects: Iterable[Effect], made: Mapping[Parameter, Value], program: Program) -> Iterable[Effect]:
    """Yield effects with what objects are made with in the place of what is left open."""
    for effect in effects:
        left = dict.fromkeys(found for value in effect.arguments for found in parameters(value))
        given = {found: made[key] for found in left if (key := Parameter(found.owner, found.index, "")) in made}
        if given:
            program.evaluator.start()
            arguments = tuple(substitute(program.evaluator, value, given) for value in effect.arguments)
            effect = replace(effect, arguments=arguments)
        yield effect
