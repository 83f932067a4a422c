"""A package with the API of a library on NATS: exactly what a code base uses of it, in fixed and in written modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from natsscan.catalog.catalog import Exports
from natsscan.catalog.compat import Compat, Home, HomeKind, Refused
from natsscan.generate.compat_plan import MODULE as PLAN
from natsscan.generate.compat_plan import CompatPlan, render_plan
from natsscan.generate.haskell import (
    COMPAT,
    PACKAGES,
    SOURCES,
    cabal_file,
    client_modules,
    fixed_modules,
    library,
    literal,
    module_names,
    module_path,
    with_crypton,
)
from natsscan.haskell.library_uses import LibraryUses
from natsscan.model.marks import GENERATED
from natsscan.model.span import Span
from natsscan.model.symbol import LibrarySymbol, SymbolKind
from natsscan.model.topology import Declared, Origin, Topology
from natsscan.model.usage import Operation

_IMPORT = re.compile(r"^import +(?:qualified +)?([\w.]+)", re.MULTILINE)
_LINE = 120
_NEEDED = ("DataKinds", "FlexibleContexts", "FlexibleInstances", "TypeOperators", "UndecidableInstances")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A function that does not compile where it is used, what the compiler says there, and the places behind it."""

    function: str
    says: tuple[str, ...]
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """What a facade exports: the name, where it is, whether with all that belongs to it."""

    name: str
    home: Home
    with_all: bool

    @property
    def item(self) -> str:
        """How import and export lists name it."""
        return f"{self.name} (..)" if self.with_all else self.name


@dataclass(frozen=True, slots=True)
class Facade:
    """The module that takes the place of one of the library's: what it passes on, and what it refuses."""

    module: str
    stands_for: str
    exports: tuple[Export, ...]
    refused: tuple[Refusal, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The items of its export list, types first."""
        types = sorted(e.item for e in self.exports if e.home.kind is not HomeKind.FUNCTION)
        functions = [e.name for e in self.exports if e.home.kind is HomeKind.FUNCTION]
        return (*types, *sorted([*functions, *(refusal.function for refusal in self.refused)]))


def refusals(layer: Compat, uses: LibraryUses, topology: Topology) -> tuple[Refusal, ...]:
    """Return what a code base uses and the layer cannot keep, sorted: symbols by rule, functions for a property."""
    says: dict[str, list[str]] = {}
    at: dict[str, set[Span]] = {}
    for use in uses.every:
        home = layer.home_of(use.symbol)
        if isinstance(home, Refused) and use.symbol.kind is SymbolKind.FUNCTION:
            says.setdefault(use.symbol.id.name, [f"{use.symbol.id.name} is not kept.", home.message])
            at.setdefault(use.symbol.id.name, set()).add(use.at)
    used = {use.symbol.id.name for use in uses.every}
    for rule in layer.properties:
        for thing, declared in _declared(topology, rule.operation):
            value = declared.arguments.get(rule.argument)
            if value is None or rule.argument in declared.from_policy or declared.origin is Origin.BROKER:
                continue
            if rule.value is not None and rule.value not in value.split(" or "):
                continue
            places = ", ".join(f"{span.path}:{span.line}" for span in declared.at)
            lost = rule.argument if rule.value is None else f"{rule.argument}: {rule.value}"
            about = f"It cannot keep {lost} of {thing} {declared.name or 'without a name'} ({places})."
            for function in rule.functions:
                if function in used:
                    says.setdefault(function, []).extend((about, rule.message))
                    at.setdefault(function, set()).update(declared.at)
    return tuple(Refusal(name, tuple(dict.fromkeys(says[name])), tuple(sorted(at[name]))) for name in sorted(says))


def _declared(topology: Topology, operation: Operation) -> Iterator[tuple[str, Declared]]:
    things: Mapping[Operation, tuple[str, tuple[Declared, ...]]] = {
        Operation.DECLARE_QUEUE: ("queue", topology.queues),
        Operation.DECLARE_EXCHANGE: ("exchange", topology.exchanges),
    }
    noun, declared = things.get(operation, ("", ()))
    return ((noun, each) for each in declared)


def facades(layer: Compat, uses: LibraryUses, refused: Iterable[Refusal], offered: Exports) -> tuple[Facade, ...]:
    """Return the facades that a code base needs: one for each module of the library that it imports.

    `offered` is what each module of the library has. One that is only passed on as a whole, and of which nobody takes
    anything, passes all of it on: who uses it is not in this code base.
    """
    refusal_of = {refusal.function: refusal for refusal in refused}
    found = []
    for module, facade in layer.modules.items():
        names = (module, facade)
        if not any(name in uses.imports for name in names):
            continue
        wanted = [(use.symbol, use.with_all) for use in uses.every if use.through in names]
        if not wanted and any(name in uses.passed_on for name in names):
            wanted = [(symbol, True) for symbol in offered[module].values()]
        exports = _exports(layer, wanted)
        called = {symbol.id.name for symbol, _ in wanted if symbol.kind is SymbolKind.FUNCTION}
        found.append(
            Facade(
                facade,
                module,
                tuple(export for export in exports if export.name not in refusal_of),
                tuple(refusal_of[name] for name in sorted(called & refusal_of.keys())),
            )
        )
    return tuple(found)


def _exports(layer: Compat, wanted: Iterable[tuple[LibrarySymbol, bool]]) -> tuple[Export, ...]:
    """Return what has these symbols, each once. A type is open if one of its constructors or fields is wanted."""
    found: dict[str, Export] = {}
    for symbol, with_all in wanted:
        home = layer.home_of(symbol)
        if isinstance(home, Home):
            is_open = home.kind is HomeKind.TYPE and (with_all or symbol.kind is not SymbolKind.TYPE)
            before = found.get(home.name)
            found[home.name] = Export(home.name, home, is_open or (before is not None and before.with_all))
    return tuple(found[name] for name in sorted(found))


def compat_package(
    layer: Compat, parts: tuple[Facade, ...], plan: CompatPlan, *, crypton: bool = False
) -> dict[str, str]:
    """Return the text of each file of the layer's package, by its path in the package's folder.

    `crypton` tells that the code base has replaced cryptonite and what belongs to it.
    """
    written = {module_path(part.module): _facade(part) for part in parts}
    written[module_path(PLAN)] = render_plan(plan, COMPAT)
    fixed = fixed_modules(layer.library)
    public = client_modules() | {path: text for path, text in fixed.items() if "/Internal/" not in path}
    modules = public | written | _needed(fixed, [*public.values(), *written.values()])
    exposed = [name for name in module_names(public) if ".Internal." not in name]
    exposed = sorted([*exposed, *(part.module for part in parts)])
    others = [name for name in module_names(modules) if name not in exposed]
    needed = {
        layer.packages[name] for text in modules.values() for name in _IMPORT.findall(text) if name in layer.packages
    }
    packages = sorted({*PACKAGES, *needed})
    packages = with_crypton(packages) if crypton else packages
    synopsis = f"What this code base uses of {', '.join(layer.modules)}, on JetStream"
    cabal = cabal_file(layer.package, COMPAT, synopsis, library(exposed, others), packages)
    files = {f"{layer.package}.cabal": cabal}
    return files | {f"{SOURCES}/{path}": modules[path] for path in sorted(modules)}


def _needed(fixed: Mapping[str, str], written: Iterable[str]) -> dict[str, str]:
    """Return the fixed modules that others import, directly or through each other."""
    found: dict[str, str] = {}
    waiting = list(written)
    while waiting:
        for name in _IMPORT.findall(waiting.pop()):
            path = module_path(name)
            if path in fixed and path not in found:
                found[path] = fixed[path]
                waiting.append(fixed[path])
    return found


def _facade(part: Facade) -> str:
    """Return the text of a facade.

    A signature that is a type error is one itself, so a function that is refused is the method of a class whose only
    instance is the error: the compiler meets it where the function is used.
    """
    lines = [f"-- {GENERATED} {COMPAT}; written anew when it runs again."]
    if part.refused:
        lines += [f"{{-# LANGUAGE {extension} #-}}" for extension in _NEEDED]
    lines += [
        "",
        f"-- | What this code base uses of @{part.stands_for}@, on JetStream.",
        f"module {part.module}",
        *_parenthesised(part.names),
        "where",
        "",
    ]
    imports = []
    for module, each in groupby(sorted(part.exports, key=lambda e: (e.home.module, e.name)), lambda e: e.home.module):
        imports += _import(module, [export.item for export in each])
    if part.refused:
        imports = [*_import("GHC.TypeLits", ["ErrorMessage (..)", "TypeError"]), *imports]
    lines += imports
    for refusal in part.refused:
        lines += _refused(refusal)
    return "\n".join(lines).rstrip("\n") + "\n"


def _import(module: str, items: list[str]) -> list[str]:
    line = f"import {module} ({', '.join(items)})"
    return [line] if len(line) <= _LINE else [f"import {module}", *_parenthesised(items)]


def _parenthesised(items: Iterable[str]) -> list[str]:
    each = list(items)
    first = [f"  ( {each[0]},"] if each else ["  ("]
    return [*first, *(f"    {item}," for item in each[1:]), "  )"]


def _refused(refusal: Refusal) -> list[str]:
    name = f"No{refusal.function[:1].upper()}{refusal.function[1:]}"
    says = [f"'Text {literal(line)}" for line in refusal.says]
    return [
        "",
        f"class {name} a where",
        "  -- | Not kept: code that uses it does not compile.",
        f"  {refusal.function} :: a",
        "",
        "instance",
        "  TypeError",
        f"    ( {says[0]}",
        *(f"        ':$$: {line}" for line in says[1:]),
        "    ) =>",
        f"  {name} a",
        "  where",
        f"  {refusal.function} = {refusal.function}",
    ]
