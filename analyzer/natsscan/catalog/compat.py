"""What rule files say of a layer that has the API of a library and works on another system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec import field

from natsscan.catalog.strict import Strict
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.symbol import LibrarySymbol, SymbolId, SymbolKind
from natsscan.model.usage import Operation

_OWNED = (SymbolKind.CONSTRUCTOR, SymbolKind.FIELD, SymbolKind.METHOD)


class HomeRule(Strict, frozen=True):
    """What one module of the layer has: types with all that belongs to them, types without, synonyms, functions.

    A name that several modules of the library define is written with its module.
    """

    types: tuple[str, ...] = ()
    abstract: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


class PropertyRule(Strict, frozen=True):
    """A property that the layer cannot keep, told by an argument of an operation and, if given, its value.

    `functions` are those of the library that would have to keep it.
    """

    operation: Operation
    argument: str
    functions: tuple[str, ...]
    message: str
    value: str | None = None


class RefusedRule(Strict, frozen=True):
    """What the layer cannot keep: symbols by name, each with what the compiler is to say, and properties."""

    symbols: dict[str, str] = field(default_factory=dict)
    properties: tuple[PropertyRule, ...] = ()


class CompatFile(Strict, frozen=True, tag_field="kind", tag="compat"):
    """A layer with the API of `library`; its fixed modules are in the folder of templates of that name.

    `package` is what the layer's package is called, `modules` gives for each module of the library the one that takes
    its place, `homes` for each module of the layer what it has. `packages` are those that some of the fixed modules
    need beside the client's, each with modules that it has.
    """

    id: str
    title: str
    links: tuple[str, ...]
    library: str
    package: str
    modules: dict[str, str]
    homes: dict[str, HomeRule]
    refused: RefusedRule = RefusedRule()
    packages: dict[str, tuple[str, ...]] = field(default_factory=dict)


class HomeKind(StrEnum):
    """How an import names what a module of the layer has: with all that belongs to it, or by its name alone."""

    TYPE = "type"
    ABSTRACT = "abstract"
    SYNONYM = "synonym"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class Home:
    """The module of the layer that has a symbol, and the name to import there: for a constructor or field, its type."""

    module: str
    name: str
    kind: HomeKind


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the layer does not have a symbol, as the compiler is to say it."""

    message: str


@dataclass(frozen=True, slots=True)
class Compat:
    """A layer, checked against its library: every symbol of the library has a home or is refused.

    `modules` gives for each module of the library the one that takes its place. `packages` are those that fixed modules
    need beside the client's, by a module that they import.
    """

    id: str
    library: str
    package: str
    modules: Mapping[str, str]
    properties: tuple[PropertyRule, ...]
    packages: Mapping[str, str]
    _where: Mapping[SymbolId, Home | Refused]

    def home_of(self, symbol: LibrarySymbol) -> Home | Refused:
        """Return where the layer has a symbol of its library, or why it does not; constructors are with their type."""
        return self._where[_owner(symbol)]


def compat_of(layers: Iterable[Compat], library: str) -> Compat | None:
    """Return the layer with the API of a library, by the library's id; None if no rule file describes one."""
    return next((layer for layer in layers if layer.library == library), None)


def compile_compat(
    files: Iterable[tuple[YamlFile, CompatFile]], modules: Mapping[str, str], symbols: Iterable[LibrarySymbol]
) -> tuple[Compat, ...]:
    """Return all layers by library; `modules` maps each module of a library to the library's id.

    Raises InputError, with file and line, for what the library does not have, what is given twice, and what is missing.
    """
    symbols = tuple(symbols)
    found: dict[str, Compat] = {}
    for file, rules in files:
        if rules.library in found:
            raise file.error(("library",), f"there is a layer for {rules.library} already; give one")
        own = {module for module, library in modules.items() if library == rules.library}
        if not own:
            raise file.error(("library",), f"no library file has the id {rules.library}")
        found[rules.library] = _compile(file, rules, own, [s for s in symbols if s.library == rules.library])
    return tuple(found[library] for library in sorted(found))


def _compile(file: YamlFile, rules: CompatFile, modules: set[str], symbols: list[LibrarySymbol]) -> Compat:
    for module in rules.modules:
        if module not in modules:
            raise file.error(("modules", module), f"{module} is no module of {rules.library}")
    if missing := sorted(modules - rules.modules.keys()):
        raise file.error(("modules",), f"nothing takes the place of {missing[0]}; name a module")
    heads = [symbol for symbol in symbols if symbol.kind not in _OWNED]
    where: dict[SymbolId, Home | Refused] = {}
    for steps, name, kind, home in _named(rules):
        symbol = _meant(file, steps, name, [each for each in heads if _fits(each, kind)])
        if symbol in where:
            raise file.error(steps, f"{symbol.qualified} has a home or a refusal already; name it once")
        where[symbol] = home if isinstance(home, Refused) else Home(home.module, symbol.name, home.kind)
    for head in heads:
        if head.id not in where:
            raise file.error(("homes",), f"{head.id.qualified} is in no home and not in refused.symbols; add it to one")
    for at, rule in enumerate(rules.refused.properties):
        for name in rule.functions:
            _meant(
                file,
                ("refused", "properties", at, "functions"),
                name,
                [each for each in heads if _fits(each, HomeKind.FUNCTION)],
            )
    packages = {module: package for package, names in rules.packages.items() for module in names}
    return Compat(rules.id, rules.library, rules.package, rules.modules, rules.refused.properties, packages, where)


def _named(rules: CompatFile) -> Iterator[tuple[tuple[str | int, ...], str, HomeKind | None, Home | Refused]]:
    """Yield each name in a layer's rules, with its place there, what it must be (None: anything), and its home."""
    for module, home in rules.homes.items():
        for part, names, kind in (
            ("types", home.types, HomeKind.TYPE),
            ("abstract", home.abstract, HomeKind.ABSTRACT),
            ("synonyms", home.synonyms, HomeKind.SYNONYM),
            ("functions", home.functions, HomeKind.FUNCTION),
        ):
            for at, name in enumerate(names):
                yield ("homes", module, part, at), name, kind, Home(module, name, kind)
    for name, message in rules.refused.symbols.items():
        yield ("refused", "symbols", name), name, None, Refused(message)


def _meant(file: YamlFile, steps: tuple[str | int, ...], name: str, symbols: list[LibrarySymbol]) -> SymbolId:
    """Return the symbol of a name; without a module it is the one of the first module in the library's file."""
    found = [each.id for each in symbols if name in (each.id.name, each.id.qualified)]
    if not found:
        raise file.error(steps, f"the library has no {name} that could be here")
    return found[0]


def _fits(symbol: LibrarySymbol, kind: HomeKind | None) -> bool:
    is_function = symbol.kind is SymbolKind.FUNCTION
    return kind is None or is_function is (kind is HomeKind.FUNCTION)


def _owner(symbol: LibrarySymbol) -> SymbolId:
    if symbol.kind in _OWNED and symbol.owner is not None:
        return SymbolId(symbol.id.module, symbol.owner)
    return symbol.id
