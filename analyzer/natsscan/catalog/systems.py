"""The messaging systems that rule files describe: brokers to migrate from, and the one to migrate to."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from natsscan.catalog.broker import Broker, compile_broker
from natsscan.catalog.python_rules import PythonLibraryFile
from natsscan.catalog.schema import (
    BrokerFile,
    ClientFile,
    FindingsFile,
    LibraryFile,
    RuleFile,
    SettingsFile,
    ToolsFile,
)
from natsscan.catalog.tools import compile_tools
from natsscan.catalog.yamlfile import YamlFile

Loaded = Iterable[tuple[YamlFile, RuleFile]]


def compile_systems(loaded: Loaded) -> tuple[Broker, ...]:
    """Return the brokers of all broker files: those migrated from as they come, then those migrated to.

    Settings, and tools of no system in particular, are the first one's. Raises InputError, with file and line, for a
    broken pattern, a broker described twice and a section that is none.
    """
    loaded = tuple(loaded)
    settings = tuple(rule for _, value in loaded if isinstance(value, SettingsFile) for rule in value.settings)
    files = [(file, value) for file, value in loaded if isinstance(value, BrokerFile)]
    known: dict[str, YamlFile] = {}
    for file, broker in files:
        if broker.id in known:
            raise file.error(("id",), f"{broker.id} is described twice, first in {known[broker.id].path}")
        known[broker.id] = file
        _check(file, broker)
    files.sort(key=lambda item: item[1].role == "target")
    ecosystems = {ecosystem for _, broker in files for ecosystem in broker.packages}
    tools = compile_tools(((file, value) for file, value in loaded if isinstance(value, ToolsFile)), ecosystems)
    general = tools.pop("")
    found: list[Broker] = []
    for _, broker in files:
        own = tools[broker.id].own if broker.id in tools else {}
        if not found:
            own = general.own | own
        found.append(compile_broker(broker, () if found else settings, replace(general, own=own)))
    return tuple(found)


def systems_of(loaded: Loaded, brokers: tuple[Broker, ...]) -> dict[str, str]:
    """Return the system that each library or broker belongs to, by id.

    Raises InputError, with file and line, for a rule file that names a system that no broker file describes.
    """
    known = {broker.id for broker in brokers}
    found = {broker.id: broker.id for broker in brokers}
    for file, value in loaded:
        if isinstance(value, LibraryFile | PythonLibraryFile | ClientFile | ToolsFile) and value.system:
            _refuse_unknown(file, ("system",), value.system, known)
        if isinstance(value, LibraryFile | PythonLibraryFile | ClientFile):
            found[value.id] = value.system or brokers[0].id
        if isinstance(value, ClientFile):
            file.pattern(("modules",), value.modules)
        if isinstance(value, FindingsFile):
            for at, rule in enumerate(value.rules):
                if rule.when.system:
                    _refuse_unknown(file, ("rules", at, "when", "system"), rule.when.system, known)
    return found


def check_libraries(loaded: Loaded, known: Container[str]) -> None:
    """Raise InputError, with file and line, for a rule about a library that no file describes."""
    for file, value in loaded:
        for at, rule in enumerate(value.rules) if isinstance(value, FindingsFile) else ():
            for library in rule.when.libraries:
                if library not in known:
                    raise file.error(("rules", at, "when", "libraries"), f"no file describes the library {library}")


def _refuse_unknown(file: YamlFile, steps: tuple[str | int, ...], system: str, known: set[str]) -> None:
    if system not in known:
        raise file.error(steps, f"no broker file describes {system!r}; known are {', '.join(sorted(known))}")


def _check(file: YamlFile, broker: BrokerFile) -> None:
    patterns = (
        ("name", broker.name),
        ("variables", broker.variables),
        ("in_programs", broker.in_programs),
        ("message_headers", broker.message_headers),
    )
    for key, pattern in patterns:
        file.pattern((key,), pattern)
    if broker.definitions is not None:
        for key, names in (("needs", broker.definitions.needs), ("telling", broker.definitions.telling)):
            for at, name in enumerate(names):
                if name not in broker.definitions.sections:
                    raise file.error(("definitions", key, at), f"{name!r} is none of the sections")
