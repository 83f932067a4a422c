"""Client libraries for Python: what rule files say of them, as symbols by qualified name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from natsscan.catalog.python_rules import (
    Default,
    ParameterRule,
    PythonCallRule,
    PythonClassRule,
    PythonLibraryFile,
)
from natsscan.catalog.python_settings import (
    check_broker,
    check_sets,
    check_settings,
)
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.symbol import LibrarySymbol, SymbolId, SymbolKind
from natsscan.model.usage import Operation

# What of the arguments of a call is about an operation that it does besides its own.
_CONCERNING: dict[Operation, tuple[str, ...]] = {
    Operation.BIND: ("routing_key",),
    Operation.UNBIND: ("routing_key",),
    Operation.CONSUME: ("ack",),
    Operation.ACK: ("multiple",),
    Operation.REJECT: ("multiple", "requeue"),
}
# What the object that a method is called on is known as, where it is none of AMQP's arguments itself.
OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters by name with the argument that each is; the first `positional` may be given without a name."""

    parameters: tuple[tuple[str, str], ...]
    positional: int


@dataclass(frozen=True, slots=True)
class PythonCall:
    """A function, method or constructor of a library, with what its rule says (see `PythonCallRule`)."""

    symbol: LibrarySymbol
    rule: PythonCallRule
    signatures: tuple[Signature, ...]
    receiver: str = ""
    also: tuple[tuple[LibrarySymbol, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PythonClass:
    """A class of a library; `methods` are also those that it inherits."""

    symbol: LibrarySymbol
    rule: PythonClassRule
    constructor: PythonCall | None
    methods: Mapping[str, PythonCall] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ancestry: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The qualified name."""
        return self.symbol.id.qualified


@dataclass(frozen=True, slots=True)
class PythonLibraries:
    """All libraries for Python: by qualified name what is defined, and by module what that passes on.

    `modules` maps each module to its library, `packages` are the top-level modules, `distinctive` the methods that are
    known by name alone, `values` and `units` what the library's words and numbers mean, by library. `layers` are the
    packages that have APIs of libraries on another system, each with their modules in it; `counts_layers` tells that
    what comes through them counts as the library's.
    """

    libraries: tuple[PythonLibraryFile, ...]
    modules: Mapping[str, str]
    functions: Mapping[str, PythonCall]
    classes: Mapping[str, PythonClass]
    passed_on: Mapping[str, str]
    constants: Mapping[str, str]
    distinctive: Mapping[str, tuple[PythonCall, ...]]
    values: Mapping[str, Mapping[str, Mapping[str, str]]]
    units: Mapping[str, Mapping[str, int]]
    layers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counts_layers: bool = False

    @property
    def moved(self) -> Mapping[str, str]:
        """The libraries that have the API of another one on another system, each with that, by their ids."""
        return {library.id: library.api_of for library in self.libraries if library.api_of}

    @property
    def packages(self) -> tuple[str, ...]:
        """The top-level modules, sorted."""
        return tuple(sorted({module.partition(".")[0] for module in self.modules}))

    @property
    def symbols(self) -> Iterator[LibrarySymbol]:
        """Everything that is defined."""
        for function in self.functions.values():
            yield function.symbol
        for known in self.classes.values():
            yield known.symbol
            calls = [known.constructor] if known.constructor else []
            for call in (*calls, *known.methods.values()):
                yield call.symbol
                yield from (symbol for symbol, _ in call.also)

    def call(self, name: str) -> PythonCall | None:
        """Return the function, method or constructor of a qualified name, None if no rule has one."""
        if name in self.functions:
            return self.functions[name]
        if name in self.classes:
            return self.classes[name].constructor
        owner, _, member = name.rpartition(".")
        return self.classes[owner].methods.get(member) if owner in self.classes else None

    def original(self, name: str) -> str:
        """Return what rules call something that comes through a package with the API of a library.

        That is by the package, wherever it stands; where it counts as the library, by the library alone.
        """
        for package, tops in self.layers.items():
            _, found, behind = f".{name}".partition(f".{package}.")
            if found and behind.partition(".")[0] in tops:
                return behind if self.counts_layers else f"{package}.{behind}"
        return name

    def defined(self, name: str) -> str:
        """Return the qualified name under which something is defined that a module passes on."""
        seen: set[str] = set()
        while name in self.passed_on and name not in seen:
            seen.add(name)
            name = self.passed_on[name]
        return name


def compile_python(
    files: Iterable[tuple[YamlFile, PythonLibraryFile]], layers: Mapping[str, tuple[str, ...]] | None = None
) -> PythonLibraries:
    """Return what the files about libraries for Python say, as one.

    `layers` are the packages that have the APIs of libraries, each with their modules in it. Raises
    InputError, naming file and line, for a class or name that no file defines.
    """
    files = tuple(files)
    modules: dict[str, str] = {}
    functions: dict[str, PythonCall] = {}
    own: dict[str, PythonClass] = {}
    passed_on: dict[str, str] = {}
    constants: dict[str, str] = {}
    for _, library in files:
        for module, rule in library.modules.items():
            modules[module] = library.id
            passed_on |= {f"{module}.{name.rpartition('.')[2]}": name for name in rule.passes_on}
            constants |= {f"{module}.{name}": text for name, text in rule.values.items()}
            for name, call in rule.functions.items():
                found = _call(library, SymbolId(module, name), call, SymbolKind.FUNCTION, "")
                functions[found.symbol.id.qualified] = found
            for name, about in rule.classes.items():
                made = _class(library, module, name, about)
                own[made.name] = made
                constants |= {f"{made.name}.{member}": str(text) for member, text in about.constants.items()}
    classes = {name: _inherited(name, own) for name in own}
    for file, library in files:
        _check(file, library, classes, functions, constants, passed_on)
        if library.broker is not None:
            check_broker(file, library.broker, {other.id for _, other in files})
        if library.settings is not None:
            check_settings(file, library.settings, classes)
    distinctive: dict[str, list[PythonCall]] = {}
    for known in classes.values():
        for name in known.rule.distinctive:
            if name in known.methods:
                distinctive.setdefault(name, []).append(known.methods[name])
    return PythonLibraries(
        libraries=tuple(library for _, library in files),
        modules=modules,
        functions=functions,
        classes=classes,
        passed_on=passed_on,
        constants=constants,
        distinctive={name: tuple(calls) for name, calls in distinctive.items()},
        values={library.id: library.values for _, library in files},
        units={library.id: library.units for _, library in files},
        layers=layers or {},
    )


def _class(library: PythonLibraryFile, module: str, name: str, rule: PythonClassRule) -> PythonClass:
    symbol = LibrarySymbol(SymbolId(module, name), SymbolKind.TYPE, rule.operation, library.id)
    made = None
    if rule.constructor is not None:
        made = _call(library, SymbolId(module, name), rule.constructor, SymbolKind.FUNCTION, "")
        if not made.rule.gives:
            made = replace(made, rule=msgspec.structs.replace(made.rule, gives=f"{module}.{name}"))
    methods = {
        method: _call(library, SymbolId(module, f"{name}.{method}"), call, SymbolKind.METHOD, rule.receiver)
        for method, call in rule.methods.items()
    }
    return PythonClass(symbol, rule, made, methods, rule.attributes, rule.overrides)


def _call(
    library: PythonLibraryFile, name: SymbolId, rule: PythonCallRule, kind: SymbolKind, receiver: str
) -> PythonCall:
    signatures = tuple(_signature(parameters) for parameters in (rule.parameters, *rule.older))
    receiver = receiver or (OBJECT if rule.of_receiver else "")
    own = [receiver] if receiver else []
    found = [argument for signature in signatures for _, argument in signature.parameters]
    arguments = tuple(dict.fromkeys((*own, *found, *rule.of_receiver)))
    defaults = {argument: _shown(value) for argument, value in rule.defaults.items()}
    symbol = LibrarySymbol(name, kind, rule.operation, library.id, arguments=arguments, defaults=defaults)
    also = tuple(
        (replace(symbol, operation=operation, defaults=_concerning(operation, defaults)), needs)
        for operation, needs in rule.also.items()
    )
    return PythonCall(symbol, rule, signatures, receiver, also)


def _concerning(operation: Operation, defaults: Mapping[str, str]) -> dict[str, str]:
    """Return the defaults of a call that are about another operation which it does too."""
    return {name: text for name, text in defaults.items() if name in _CONCERNING.get(operation, ())}


def _signature(parameters: Iterable[ParameterRule]) -> Signature:
    found: list[tuple[str, str]] = []
    positional = None
    for parameter in parameters:
        if parameter == "*":
            positional = len(found)
        elif isinstance(parameter, str):
            found.append((parameter, parameter))
        else:
            found += parameter.items()
    return Signature(tuple(found), len(found) if positional is None else positional)


def _inherited(name: str, own: Mapping[str, PythonClass], above: frozenset[str] = frozenset()) -> PythonClass:
    """Return a class with what its bases have too; its own comes first."""
    known = own[name]
    bases = [_inherited(base, own, above | {name}) for base in known.rule.bases if base in own and base not in above]
    methods: dict[str, PythonCall] = {}
    attributes: dict[str, str] = {}
    overrides: dict[str, tuple[str, ...]] = {}
    for base in reversed(bases):
        methods |= base.methods
        attributes |= base.attributes
        overrides |= base.overrides
    return replace(
        known,
        methods=methods | dict(known.methods),
        attributes=attributes | dict(known.attributes),
        overrides=overrides | dict(known.overrides),
        ancestry=frozenset({name}.union(*(base.ancestry for base in bases))),
    )


def _check(
    file: YamlFile,
    library: PythonLibraryFile,
    classes: Mapping[str, PythonClass],
    functions: Mapping[str, PythonCall],
    constants: Mapping[str, str],
    passed_on: Mapping[str, str],
) -> None:
    known = {*classes, *functions, *constants, *passed_on}
    for module, rule in library.modules.items():
        for name in rule.passes_on:
            if name not in known:
                raise file.error(("modules", module, "passes_on"), f"no rule file defines {name}")
        for function, call in rule.functions.items():
            _check_classes(file, ("modules", module, "functions", function), _classes_of(call), classes)
            _check_sets(file, ("modules", module, "functions", function), library, call)
        for name, about in rule.classes.items():
            calls = [*about.methods.values(), *([about.constructor] if about.constructor else [])]
            named = [used for call in calls for used in _classes_of(call)]
            named += [used for used in about.attributes.values() if not used.startswith("=")]
            named += [used for given in about.overrides.values() for used in given]
            _check_classes(file, ("modules", module, "classes", name), [*named, *about.bases], classes)
            for method, call in about.methods.items():
                _check_sets(file, ("modules", module, "classes", name, "methods", method), library, call)
            if about.constructor is not None:
                _check_sets(file, ("modules", module, "classes", name, "constructor"), library, about.constructor)


def _check_classes(
    file: YamlFile, where: tuple[str, ...], named: Iterable[str], classes: Mapping[str, PythonClass]
) -> None:
    for name in named:
        if name and not name.startswith(("result of ", "=")) and name.removeprefix("class ") not in classes:
            raise file.error(where, f"no rule file defines the class {name.removeprefix('class ')}")


def _check_sets(file: YamlFile, where: tuple[str, ...], library: PythonLibraryFile, call: PythonCallRule) -> None:
    own = [name for parameters in (call.parameters, *call.older) for _, name in _signature(parameters).parameters]
    check_sets(file, where, call.sets, own, library.settings is not None)


def _classes_of(call: PythonCallRule) -> Iterator[str]:
    yield from (call.gives, call.yields, *call.gives_parts, *call.yields_parts)
    for given in call.calls.values():
        yield from given


def _shown(value: Default) -> str:
    """Write a default as JSON does; nothing as `none`."""
    return "none" if value is None else msgspec.json.encode(value).decode()
