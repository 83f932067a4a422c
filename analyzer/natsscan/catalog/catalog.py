from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from natsscan.catalog.broker import Broker
from natsscan.catalog.checklist import ChecklistFile, ChecklistRules, compile_checklist
from natsscan.catalog.compat import Compat, CompatFile, compile_compat
from natsscan.catalog.functions import FunctionsFile, together
from natsscan.catalog.library import library_symbols
from natsscan.catalog.python_compat import PythonCompat, PythonCompatFile, compile_python_compat
from natsscan.catalog.python_library import PythonLibraries, compile_python
from natsscan.catalog.python_moved import moved_libraries
from natsscan.catalog.python_rules import PythonLibraryFile
from natsscan.catalog.replacements import Replacements, ReplacementsFile, compile_replacements
from natsscan.catalog.rulefiles import bundled, rule_files, rules_digest
from natsscan.catalog.schema import (
    BrokerFile,
    ClientFile,
    FindingRule,
    FindingsFile,
    LibraryFile,
    OperatorsFile,
    RuleFile,
    SecretsFile,
)
from natsscan.catalog.secrets import Secrets, compile_secrets
from natsscan.catalog.systems import check_libraries, compile_systems, systems_of
from natsscan.catalog.target import GapsFile, LayoutsFile, Target, compile_target
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.operator import Associativity, Fixity, Operators, Plumbing
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolId, SymbolKind
from natsscan.model.usage import Operation, Tier

_CHECKLIST = "checklist"
_ALWAYS_KNOWN = frozenset({"symbol", "definition", "module", "does", "carries", "names", "path"})
# What the readers of files that are not programs give beside the symbol.
_SURFACE_ARGUMENTS = {
    Operation.CONFIG: {"value", "sets", "unit", "from", "read_by"},
    Operation.DEPENDENCY: {"version", "imported_by", "sources", "unused", "marker", "location", "via", "made_by"},
    Operation.ENV: {"role", "value"},
    Operation.MENTION: {"count"},
    Operation.MESSAGE: {"header"},
    Operation.WRAPPER: {"count"},
    Operation.TOPOLOGY: {
        *("unbound", "unpublished", "unused_key", "undeclared", "unconsumed", "unfilled", "contradicts", "transient"),
        *(
            "only_in_code",
            "only_on_broker",
            "differs",
            "by_policy",
            "kind",
            "name",
            "code",
            "broker",
            "policy",
            "vhost",
        ),
        *("bound_first", "dead_letters_lost", "never_acknowledged", "expiration", "unit", "queue", "exchange"),
    },
}


# What modules offer of libraries: by namespace and name, the symbol that is meant.
Exports = dict[str, dict[tuple[Namespace, str], LibrarySymbol]]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything the rule files say.

    `brokers` are the systems migrated from, then those migrated to; `systems` maps a library or broker to the id of its
    system. `modules` maps each module of a library to the library's id, `exports` to what it offers: by namespace and
    name, the symbol that defines it. `generic` libraries are in neither until `extended` adds them.
    `quoters` are those of quasi-quoted texts, with the pattern of what they put in.
    `digest` changes when any byte of the rules does.
    """

    libraries: tuple[LibraryFile, ...]
    rules: tuple[FindingRule, ...]
    operators: Operators
    functions: FunctionsFile
    python_functions: FunctionsFile
    quoters: dict[str, re.Pattern[str] | None]
    brokers: tuple[Broker, ...]
    secrets: Secrets
    systems: dict[str, str]
    clients: tuple[ClientFile, ...]
    generic: dict[str, Exports]
    symbols: dict[tuple[Namespace, SymbolId], LibrarySymbol]
    modules: dict[str, str]
    exports: Exports
    target: Target
    replacements: Replacements
    compat: tuple[Compat, ...]
    python: PythonLibraries
    python_compat: tuple[PythonCompat, ...]
    digest: str

    @property
    def broker(self) -> Broker:
        """The first system migrated from."""
        return self.brokers[0]

    def system_of(self, library: str) -> str:
        """Return the id of the system that a library or broker belongs to; what is of none is the first one's."""
        return self.systems.get(library, self.broker.id)

    def subjects(self, rule: FindingRule) -> tuple[str, ...]:
        """Return the ids of the systems that a rule is about."""
        return systems_about(rule, self.brokers)

    def extended(self, library: str, exports: Exports) -> Catalog:
        """Return the catalog with modules that belong to a library in this code base only."""
        given = {(s.namespace, s.id): s for offered in exports.values() for s in offered.values()}
        return replace(
            self,
            symbols=self.symbols | given,
            modules=self.modules | dict.fromkeys(exports, library),
            exports=self.exports | exports,
        )

    def with_layer(self, layer: Compat) -> Catalog:
        """Return the catalog in which the modules of a layer are its library's own: for code that is partly on it."""
        offered = {new: self.exports[old] for old, new in layer.modules.items() if old in self.exports}
        return self.extended(layer.library, offered)

    def with_python_layer(self) -> Catalog:
        """Return the catalog in which packages with APIs of libraries for Python are these libraries themselves."""
        return replace(self, python=replace(self.python, counts_layers=True))

    def without(self, libraries: Container[str]) -> Catalog:
        """Return the catalog without the modules of some libraries, by their ids."""
        modules = {module: library for module, library in self.modules.items() if library not in libraries}
        return replace(self, modules=modules, exports={module: self.exports[module] for module in modules})

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


def load_catalog(extra: Iterable[Path] = ()) -> Catalog:
    """Load the bundled rules and those in the folders `extra`.

    Raises InputError, naming file and line, for a rule file that is broken, contradicts another or names what does
    not exist.
    """
    extra = tuple(extra)
    return _catalog(extra) if extra else _bundled_catalog()


@cache
def _bundled_catalog() -> Catalog:
    """Return the catalog of the rules that come with natsscan, which stay as they are while it runs."""
    return _catalog(())


def _catalog(extra: tuple[Path, ...]) -> Catalog:
    """Return the catalog of the rules that come with natsscan and of those in some folders."""
    loaded = [*_bundled_rules(), *(_loaded(path) for folder in extra for path in rule_files(folder))]
    loaded += _moved(loaded)
    libraries = [(file, value) for file, value in loaded if isinstance(value, LibraryFile)]
    findings = [(file, value) for file, value in loaded if isinstance(value, FindingsFile)]
    symbols, exports = _index(libraries)
    layers = [value for _, value in loaded if isinstance(value, PythonCompatFile)]
    python = compile_python(
        ((file, value) for file, value in loaded if isinstance(value, PythonLibraryFile)),
        {layer.package: tuple(layer.libraries.values()) for layer in layers},
    )
    rules = _check_rules(findings, (*symbols.values(), *python.symbols))
    brokers = compile_systems(loaded)
    systems = systems_of(loaded, brokers)
    check_libraries(loaded, systems)
    _check_covered(libraries, symbols, rules, brokers, systems)
    generic = {module for _, value in libraries if value.generic for module in value.modules}
    functions = {
        language: together((f, v) for f, v in loaded if isinstance(v, FunctionsFile) and v.language == language)
        for language in ("haskell", "python")
    }
    return Catalog(
        libraries=tuple(value for _, value in libraries),
        rules=rules,
        operators=_operators([value for _, value in loaded if isinstance(value, OperatorsFile)]),
        functions=functions["haskell"],
        python_functions=functions["python"],
        quoters={
            name: re.compile(pattern) if pattern else None for name, pattern in functions["haskell"].quoters.items()
        },
        brokers=brokers,
        secrets=compile_secrets(
            (value for _, value in loaded if isinstance(value, SecretsFile)),
            symbols.values(),
            (item for broker in brokers for item in broker.tools.own.items()),
        ),
        systems=systems,
        clients=tuple(value for _, value in loaded if isinstance(value, ClientFile)),
        generic={
            value.id: {module: exports[module] for module in value.modules} for _, value in libraries if value.generic
        },
        symbols=symbols,
        modules={m: value.id for _, value in libraries for m in value.modules if m not in generic},
        exports={module: offered for module, offered in exports.items() if module not in generic},
        target=compile_target(
            ((file, value) for file, value in loaded if isinstance(value, LayoutsFile)),
            ((file, value) for file, value in loaded if isinstance(value, GapsFile)),
        ),
        replacements=compile_replacements(
            (file, value) for file, value in loaded if isinstance(value, ReplacementsFile)
        ),
        compat=compile_compat(
            ((file, value) for file, value in loaded if isinstance(value, CompatFile)),
            {module: value.id for _, value in libraries for module in value.modules},
            symbols.values(),
        ),
        python=python,
        python_compat=compile_python_compat(
            ((file, value) for file, value in loaded if isinstance(value, PythonCompatFile)), python
        ),
        digest=rules_digest(extra),
    )


def _moved(loaded: list[tuple[YamlFile, RuleFile]]) -> list[tuple[YamlFile, RuleFile]]:
    """Return what libraries for Python are in the packages that have their APIs on the system that is moved to."""
    target = next((v.id for _, v in loaded if isinstance(v, BrokerFile) and v.role == "target"), "")
    files = [(file, value) for file, value in loaded if isinstance(value, PythonLibraryFile)]
    return list(moved_libraries(files, (v for _, v in loaded if isinstance(v, PythonCompatFile)), target))


def load_checklist_rules(extra: Iterable[Path] = ()) -> ChecklistRules:
    """Load the rules that judge checklists: the bundled ones, and those in the folders `extra`, which come first.

    Raises InputError, naming file and line, for a rule file that is broken.
    """
    folders = (bundled("rules") / _CHECKLIST, *extra)
    loaded = ((file, _convert(file)) for folder in folders for file in map(YamlFile, rule_files(folder)))
    return compile_checklist((file, value) for file, value in loaded if isinstance(value, ChecklistFile))


@cache
def _bundled_rules() -> tuple[tuple[YamlFile, RuleFile], ...]:
    """Return the rules that come with natsscan, by their files."""
    own = bundled("rules")
    # Rules about checklists are many, and a scan needs none of them.
    return tuple(_loaded(path) for path in rule_files(own) if path.parent != own / _CHECKLIST)


def _loaded(path: Path) -> tuple[YamlFile, RuleFile]:
    file = YamlFile(path)
    return file, _convert(file)


def _convert(file: YamlFile) -> RuleFile:
    wanted: Any = RuleFile  # a union is no type to mypy
    result: RuleFile = file.convert(wanted)
    return result


def _index(
    libraries: list[tuple[YamlFile, LibraryFile]],
) -> tuple[dict[tuple[Namespace, SymbolId], LibrarySymbol], Exports]:
    symbols: dict[tuple[Namespace, SymbolId], LibrarySymbol] = {}
    exports: Exports = {}
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


def systems_about(rule: FindingRule, brokers: Iterable[Broker]) -> tuple[str, ...]:
    """Return the ids of the systems that a rule is about: the one it names, or all that are migrated from."""
    return (rule.when.system,) if rule.when.system else tuple(b.id for b in brokers if not b.is_target)


def _check_covered(
    libraries: list[tuple[YamlFile, LibraryFile]],
    symbols: dict[tuple[Namespace, SymbolId], LibrarySymbol],
    rules: tuple[FindingRule, ...],
    brokers: tuple[Broker, ...],
    systems: dict[str, str],
) -> None:
    """Refuse a library with an operation that no rule reports: its usages would be found and then dropped."""
    reported = {
        (system, operation, call)
        for rule in rules
        if not rule.when.symbols
        and not rule.when.libraries
        and rule.when.tier is Tier.DIRECT
        and (not rule.when.languages or "haskell" in rule.when.languages)
        for operation in rule.when.operations
        for system in systems_about(rule, brokers)
        for call in (True, False)
        if rule.when.call in (None, call)
    }
    for symbol in symbols.values():
        if (systems[symbol.library], symbol.operation, symbol.is_call) not in reported:
            file = next(file for file, library in libraries if library.id == symbol.library)
            where = ("modules", symbol.id.module)
            raise file.error(where, f"no rule reports operation {symbol.operation} ({symbol.id.qualified})")


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
