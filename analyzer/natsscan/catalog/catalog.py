from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from string import Formatter
from typing import Any

from natsscan.catalog.broker import Broker, compile_broker
from natsscan.catalog.functions import FunctionsFile, together
from natsscan.catalog.library import library_symbols
from natsscan.catalog.schema import (
    BrokerFile,
    FindingRule,
    FindingsFile,
    LibraryFile,
    OperatorsFile,
    RuleFile,
    SettingsFile,
    ToolsFile,
)
from natsscan.catalog.tools import compile_tools
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.errors import InputError
from natsscan.model.operator import Associativity, Fixity, Operators, Plumbing
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolId, SymbolKind
from natsscan.model.usage import Operation, Tier

_ALWAYS_KNOWN = frozenset({"symbol", "definition", "module", "does", "carries", "names", "path"})
# What the readers of files that are not programs give beside the symbol.
_SURFACE_ARGUMENTS = {
    Operation.CONFIG: {"value", "sets", "unit", "from", "read_by"},
    Operation.DEPENDENCY: {"version", "imported_by", "sources", "unused"},
    Operation.ENV: {"role", "value"},
    Operation.MENTION: {"count"},
    Operation.WRAPPER: {"count"},
    Operation.TOPOLOGY: {
        *("unbound", "unpublished", "unused_key", "undeclared", "unconsumed", "unfilled", "contradicts", "transient"),
        *("dead_letters_lost", "never_acknowledged", "expiration", "unit", "queue", "exchange"),
    },
}


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything the rule files say.

    `modules` maps each module of a library to the library's id, `exports` to what it offers: by namespace and name,
    the symbol that defines it. `quoters` are those of quasi-quoted texts, with the pattern of what they put in.
    `digest` changes when any byte of the rules does.
    """

    libraries: tuple[LibraryFile, ...]
    rules: tuple[FindingRule, ...]
    operators: Operators
    functions: FunctionsFile
    quoters: dict[str, re.Pattern[str] | None]
    broker: Broker
    symbols: dict[tuple[Namespace, SymbolId], LibrarySymbol]
    modules: dict[str, str]
    exports: dict[str, dict[tuple[Namespace, str], LibrarySymbol]]
    digest: str

    @property
    def literals(self) -> tuple[bytes, ...]:
        """Byte strings one of which every file holds that uses a library; none is part of another."""
        modules = sorted(self.exports, key=len)
        return tuple(
            name.encode() for at, name in enumerate(modules) if not any(shorter in name for shorter in modules[:at])
        )

    def fields_of(self, module: str, type_name: str) -> dict[str, str]:
        """Return the fields of all constructors of a type, each with the property it sets."""
        found: dict[str, str] = {}
        for symbol in self.exports.get(module, {}).values():
            if symbol.kind is SymbolKind.CONSTRUCTOR and symbol.owner == type_name:
                found.update(symbol.fields)
        return found

    def rule(self, rule_id: str) -> FindingRule | None:
        """Return the rule of this id, None if there is none."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def bundled(name: str) -> Path:
    """Return the folder `rules` or `templates` that comes with natsscan, in an installed wheel or in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data" / name
    return installed if installed.is_dir() else package.parents[1] / name


def load_catalog(extra: Iterable[Path] = ()) -> Catalog:
    """Load the bundled rules and those in the folders `extra`.

    Raises InputError, naming file and line, for a rule file that is broken, contradicts another or names what does
    not exist.
    """
    paths: list[Path] = []
    for folder in (bundled("rules"), *extra):
        if not folder.is_dir():
            raise InputError(f"{folder}: no such rules folder; --rules takes a folder of YAML files")
        paths += sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))
    loaded = [(file, _convert(file)) for file in map(YamlFile, paths)]
    digest = blake2b(digest_size=8)
    for path in paths:
        digest.update(path.read_bytes())
    libraries = [(file, value) for file, value in loaded if isinstance(value, LibraryFile)]
    findings = [(file, value) for file, value in loaded if isinstance(value, FindingsFile)]
    symbols, exports = _index(libraries)
    rules = _check_rules(findings, symbols.values())
    _check_covered(libraries, symbols, rules)
    functions = together((file, value) for file, value in loaded if isinstance(value, FunctionsFile))
    return Catalog(
        libraries=tuple(value for _, value in libraries),
        rules=rules,
        operators=_operators([value for _, value in loaded if isinstance(value, OperatorsFile)]),
        functions=functions,
        quoters={name: re.compile(pattern) if pattern else None for name, pattern in functions.quoters.items()},
        broker=_broker(loaded),
        symbols=symbols,
        modules={module: value.id for _, value in libraries for module in value.modules},
        exports=exports,
        digest=digest.hexdigest(),
    )


def _convert(file: YamlFile) -> RuleFile:
    wanted: Any = RuleFile  # a union is no type to mypy
    result: RuleFile = file.convert(wanted)
    return result


def _index(
    libraries: list[tuple[YamlFile, LibraryFile]],
) -> tuple[dict[tuple[Namespace, SymbolId], LibrarySymbol], dict[str, dict[tuple[Namespace, str], LibrarySymbol]]]:
    symbols: dict[tuple[Namespace, SymbolId], LibrarySymbol] = {}
    exports: dict[str, dict[tuple[Namespace, str], LibrarySymbol]] = {}
    for file, library in libraries:
        for symbol in library_symbols(library):
            key = (symbol.namespace, symbol.id)
            if key in symbols:
                raise file.error(
                    ("modules", symbol.id.module),
                    f"{symbol.id.qualified} is also defined by library {symbols[key].library}",
                )
            symbols[key] = symbol
            exports.setdefault(symbol.id.module, {})[symbol.namespace, symbol.id.name] = symbol
        for module in library.modules:
            exports.setdefault(module, {})
    for file, library in libraries:
        for module, rule in library.modules.items():
            for source, names in rule.reexports.items():
                for name in names:
                    found = [symbols[key] for space in Namespace if (key := (space, SymbolId(source, name))) in symbols]
                    if not found:
                        steps = ("modules", module, "reexports", source)
                        raise file.error(steps, f"{module} re-exports {source}.{name}, which no library file defines")
                    for symbol in found:
                        exports[module][symbol.namespace, name] = symbol
    return symbols, exports


def _check_rules(
    files_and_rules: list[tuple[YamlFile, FindingsFile]], symbols: Iterable[LibrarySymbol]
) -> tuple[FindingRule, ...]:
    known: dict[Operation, set[str]] = {operation: set(names) for operation, names in _SURFACE_ARGUMENTS.items()}
    for symbol in symbols:
        known.setdefault(symbol.operation, set()).update(symbol.arguments, symbol.fields.values(), symbol.defaults)
    rules: dict[str, FindingRule] = {}
    for file, content in files_and_rules:
        for at, rule in enumerate(content.rules):
            if rule.id in rules:
                raise file.error(("rules", at, "id"), f"rule {rule.id} is defined twice")
            rules[rule.id] = rule
            allowed = _ALWAYS_KNOWN.union(*(known.get(operation, set()) for operation in rule.when.operations))
            for name in _placeholders(file, at, rule.message):
                if name not in allowed:
                    choices = ", ".join(sorted(allowed))
                    raise file.error(("rules", at, "message"), f"message names {{{name}}}; known here are {choices}")
    return tuple(rules[name] for name in sorted(rules))


def _placeholders(file: YamlFile, at: int, message: str) -> list[str]:
    try:
        names = [name for _, name, _, _ in Formatter().parse(message) if name is not None]
        return [choice for name in names for choice in name.split("|")]
    except ValueError as error:
        raise file.error(("rules", at, "message"), f"message has a brace that does not close: {error}") from error


def _check_covered(
    libraries: list[tuple[YamlFile, LibraryFile]],
    symbols: dict[tuple[Namespace, SymbolId], LibrarySymbol],
    rules: tuple[FindingRule, ...],
) -> None:
    """Refuse a library with an operation that no rule reports: its usages would be found and then dropped."""
    reported = {
        (operation, call)
        for rule in rules
        if not rule.when.symbols
        and rule.when.tier is Tier.DIRECT
        and (not rule.when.languages or "haskell" in rule.when.languages)
        for operation in rule.when.operations
        for call in (True, False)
        if rule.when.call in (None, call)
    }
    for symbol in symbols.values():
        if (symbol.operation, symbol.is_call) not in reported:
            file = next(file for file, library in libraries if library.id == symbol.library)
            where = ("modules", symbol.id.module)
            raise file.error(where, f"no rule reports operation {symbol.operation} ({symbol.id.qualified})")


def _broker(loaded: list[tuple[YamlFile, RuleFile]]) -> Broker:
    settings = tuple(rule for _, value in loaded if isinstance(value, SettingsFile) for rule in value.settings)
    brokers = [(file, value) for file, value in loaded if isinstance(value, BrokerFile)]
    file, first = brokers[0]
    if len(brokers) > 1:
        raise brokers[1][0].error(("id",), f"a second broker file; {first.id} is described in {file.path}")
    for key, pattern in (("name", first.name), ("variables", first.variables)):
        try:
            re.compile(pattern)
        except re.error as error:
            raise file.error((key,), f"broken pattern {pattern!r}: {error}") from error
    if first.definitions is not None:
        for key, names in (("needs", first.definitions.needs), ("telling", first.definitions.telling)):
            for at, name in enumerate(names):
                if name not in first.definitions.sections:
                    raise file.error(("definitions", key, at), f"{name!r} is none of the sections")
    tools = compile_tools(((file, value) for file, value in loaded if isinstance(value, ToolsFile)), first.packages)
    return compile_broker(first, settings, tools)


def _operators(contents: list[OperatorsFile]) -> Operators:
    fixities: dict[str, Fixity] = {}
    plumbing: dict[str, Plumbing] = {}
    for content in contents:
        for name, rule in content.operators.items():
            if rule.fixity:
                associativity, precedence = rule.fixity.split()
                fixities[name] = Fixity(Associativity(associativity), int(precedence))
            if rule.plumbing:
                plumbing[name] = rule.plumbing
    return Operators(fixities, plumbing)
