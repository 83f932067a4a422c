"""What rule files say of a package that has a part of the APIs of libraries for Python and works on another system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from msgspec import field

from natsscan.catalog.python_library import PythonLibraries
from natsscan.catalog.strict import Strict
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.usage import Operation

Scalar = str | int | bool
_NOT_THERE = "The package that takes the library's place does not have it."
_NO_CONSTRUCTOR = "The package that takes the library's place makes it itself, and has it for annotations and `except`."


class OfferedClassRule(Strict, frozen=True):
    """A class: the parameters of its constructor and methods in order, after `"*"` by name only, and its attributes.

    After `"*args"` they are by name only too, and any number may be given in order before.

    It also has what its `bases` have. `names` are the classes in it; one that is the `same_as` another has all of that.
    """

    constructor: tuple[str, ...] | None = None
    methods: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    same_as: str = ""


class RefusedArgumentRule(Strict, frozen=True):
    """An argument of an operation that is refused: whatever it is, if it is one of `values`, or one of no others.

    Those others are `only`, or `but` where the library gives it by itself.
    """

    operation: Operation
    argument: str
    message: str
    only: tuple[Scalar, ...] = ()
    values: tuple[Scalar, ...] = ()
    but: tuple[Scalar, ...] = ()

    def refuses(self, text: str) -> bool:
        """Tell whether a value is refused, as a program writes it."""
        found, allowed = text.lower(), _texts((*self.only, *self.but))
        return found not in allowed if allowed else not self.values or found in _texts(self.values)


class TogetherRule(Strict, frozen=True):
    """Arguments of an operation that are refused where all of them are given."""

    operation: Operation
    arguments: tuple[str, ...]
    message: str


class RefusedInPythonRule(Strict, frozen=True):
    """What is refused, each with the reason: modules and all below, symbols, methods of classes, arguments.

    `others` are names of other packages that do not go with the package. `expiring_into_dead_letters` is said of
    messages that expire in queues with a dead-letter exchange.
    """

    modules: dict[str, str] = field(default_factory=dict)
    symbols: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    arguments: tuple[RefusedArgumentRule, ...] = ()
    together: tuple[TogetherRule, ...] = ()
    expiring_into_dead_letters: str = ""


class PythonCompatFile(Strict, frozen=True, tag_field="kind", tag="python-compat"):
    """A package with a part of the APIs of `libraries`, by id, each below a module of the package.

    `modules` are the names that can be imported from each module of the libraries, `classes` and `functions` what is
    there of those, by qualified name. The package needs what it `requires`, and a `server` of that version.
    """

    id: str
    title: str
    links: tuple[str, ...]
    package: str
    requires: tuple[str, ...]
    server: str
    libraries: dict[str, str]
    modules: dict[str, tuple[str, ...]]
    classes: dict[str, OfferedClassRule] = field(default_factory=dict)
    functions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    refused: RefusedInPythonRule = RefusedInPythonRule()


@dataclass(frozen=True, slots=True)
class OfferedClass:
    """A class with all that it has, also by its bases; no `constructor` if programs do not make it."""

    constructor: tuple[str, ...] | None
    methods: Mapping[str, tuple[str, ...]]
    attributes: frozenset[str]
    ancestry: frozenset[str]


@dataclass(frozen=True, slots=True)
class PythonCompat:
    """A package with a part of the APIs of libraries, checked against what is known of these.

    `libraries` gives for the id of each library its module in the package.
    """

    id: str
    package: str
    requires: tuple[str, ...]
    libraries: Mapping[str, str]
    refused: RefusedInPythonRule
    modules: Mapping[str, frozenset[str]]
    classes: Mapping[str, OfferedClass]
    functions: Mapping[str, tuple[str, ...]]
    _passed_on: Mapping[str, str]
    _ancestry: Mapping[str, frozenset[str]]

    @property
    def tops(self) -> frozenset[str]:
        """The top-level modules of the libraries."""
        return frozenset(self.libraries.values())

    def defined(self, name: str) -> str:
        """Return the qualified name under which a library defines something, or that in which it is."""
        parts = name.split(".")
        for at in range(len(parts), 0, -1):
            where = self._passed_on.get(".".join(parts[:at]))
            if where is not None:
                return ".".join([where, *parts[at:]])
        return name

    def why_not(self, name: str) -> str:
        """Return why a qualified name of a library is not there; empty if it is."""
        told = {**self.refused.modules, **self.refused.symbols, **self.refused.methods}
        # A library passes on what is another one's, and the package has it under the name of the first.
        if self._is_there(name) or self._is_there(self.defined(name)):
            return ""
        name = self.defined(name)
        parts = name.split(".")
        for at in range(len(parts), 0, -1):
            owner, member = ".".join(parts[:at]), ".".join(parts[at:])
            if owner in told:
                return told[owner]
            bases = (*self._bases(owner), *sorted(self._ancestry.get(owner, ())))
            for base in bases if member else ():
                if f"{base}.{member}" in told:
                    return told[f"{base}.{member}"]
        return _NOT_THERE

    def why_not_made(self, name: str) -> str:
        """Return why a class cannot be made by programs; empty if it can."""
        name = self.defined(name)
        known = self.classes.get(name)
        is_made = known is not None and known.constructor is not None
        return self.why_not(name) or ("" if is_made or name in self.functions else _NO_CONSTRUCTOR)

    def parameters(self, name: str) -> tuple[str, ...] | None:
        """Return the parameters of a function, method or constructor that is there; None for anything else."""
        name = self.defined(name)
        if name in self.functions:
            return self.functions[name]
        if name in self.classes:
            return self.classes[name].constructor
        owner, _, member = name.rpartition(".")
        known = (self.classes[base].methods for base in self._bases(owner) if base in self.classes)
        return next((methods[member] for methods in known if member in methods), None)

    def _is_there(self, name: str) -> bool:
        owner, _, member = name.rpartition(".")
        if name in self.modules or name in self.classes or name in self.functions:
            return True
        if member in self.modules.get(owner, ()):
            return True
        known = (self.classes[base] for base in self._bases(owner) if base in self.classes)
        return any(member in each.methods or member in each.attributes for each in known)

    def _bases(self, name: str) -> tuple[str, ...]:
        """Return a class and those that it has all of, in the package or, where that has it not, in the library."""
        known = self.classes[name].ancestry if name in self.classes else self._ancestry.get(name, frozenset())
        return (name, *sorted(known - {name}))


def compile_python_compat(
    files: Iterable[tuple[YamlFile, PythonCompatFile]], python: PythonLibraries
) -> tuple[PythonCompat, ...]:
    """Return the packages by id, checked against what is known of the libraries.

    Raises InputError, with file and line, for a library that no file describes and a name that it does not have.
    """
    return tuple(sorted((_compile(file, rules, python) for file, rules in files), key=lambda each: each.id))


def _compile(file: YamlFile, rules: PythonCompatFile, python: PythonLibraries) -> PythonCompat:
    known = {library.id for library in python.libraries}
    for library in rules.libraries:
        if library not in known:
            raise file.error(("libraries", library), f"no library file has the id {library}")
    for steps, name in _named(rules):
        if not _is_known(name, rules, python):
            raise file.error(steps, f"no rule file defines {name}")
    for steps, name, parameters in _calls(rules):
        _check_parameters(file, steps, name, parameters, python)
    classes = {name: _class(name, rules) for name in rules.classes}
    modules = {module: frozenset({*names, *_below(module, rules.modules)}) for module, names in rules.modules.items()}
    passed_on = {name: python.defined(name) for name in python.passed_on}
    return PythonCompat(
        rules.id,
        rules.package,
        rules.requires,
        rules.libraries,
        rules.refused,
        modules,
        classes,
        rules.functions,
        passed_on,
        {name: known.ancestry for name, known in python.classes.items()},
    )


def _calls(rules: PythonCompatFile) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """Yield what can be called with its parameters, each with its place in the rules."""
    for name, offered in rules.classes.items():
        if offered.constructor is not None:
            yield ("classes", name, "constructor"), name, offered.constructor
        for method, parameters in offered.methods.items():
            yield ("classes", name, "methods", method), f"{name}.{method}", parameters
    for name, parameters in rules.functions.items():
        yield ("functions", name), name, parameters


def _check_parameters(
    file: YamlFile, steps: tuple[str, ...], name: str, parameters: Iterable[str], python: PythonLibraries
) -> None:
    """Refuse a parameter that a library's function does not have, of a function that is known."""
    call = python.call(name)
    names = {parameter for signature in call.signatures for parameter, _ in signature.parameters} if call else set()
    for parameter in parameters if names else ():
        if not parameter.startswith("*") and parameter not in names:
            raise file.error(steps, f"{name} has no parameter {parameter}")


def _below(module: str, modules: Iterable[str]) -> Iterator[str]:
    """Yield the names of the modules that are in a module."""
    inside = (name.removeprefix(f"{module}.") for name in modules if name.startswith(f"{module}."))
    return (name for name in inside if "." not in name)


def _class(name: str, rules: PythonCompatFile, above: frozenset[str] = frozenset()) -> OfferedClass:
    """Return a class with what its bases have too; its own comes first."""
    own = rules.classes[name]
    up = [*([own.same_as] if own.same_as else []), *own.bases]
    bases = [_class(base, rules, above | {name}) for base in up if base in rules.classes and base not in above]
    constructor = own.constructor
    methods: dict[str, tuple[str, ...]] = {}
    attributes = {*own.attributes, *own.names}
    for base in reversed(bases):
        methods |= base.methods
        attributes |= base.attributes
        constructor = constructor if own.constructor is not None or base.constructor is None else base.constructor
    ancestry = frozenset({name, *up}.union(*(base.ancestry for base in bases)))
    return OfferedClass(constructor, methods | own.methods, frozenset(attributes), ancestry)


def _named(rules: PythonCompatFile) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the names that rules give to what libraries have, each with its place there."""
    for module in rules.modules:
        yield ("modules", module), module
    for name, offered in rules.classes.items():
        yield ("classes", name), name
        for used in (*offered.bases, *filter(None, [offered.same_as])):
            yield ("classes", name), used
    for name in rules.functions:
        yield ("functions", name), name
    for module in rules.refused.modules:
        yield ("refused", "modules", module), module
    for name in rules.refused.symbols:
        yield ("refused", "symbols", name), name
    for name in rules.refused.methods:
        yield ("refused", "methods", name), name.rpartition(".")[0]


def _is_known(name: str, rules: PythonCompatFile, python: PythonLibraries) -> bool:
    """Tell whether a library has a name, as far as its own rules say; modules of no rule have names of no rule."""
    owner = name.rpartition(".")[0]
    is_module = any(known == name or known.startswith(f"{name}.") for known in python.modules)
    is_own = name in rules.modules and name.partition(".")[0] in rules.libraries.values()
    if is_module or is_own or python.defined(name) in {*python.classes, *python.functions, *python.constants}:
        return True
    return name.rpartition(".")[2] in rules.modules.get(owner, ()) and owner.partition(".")[0] in python.packages


def _texts(values: Iterable[Scalar]) -> frozenset[str]:
    return frozenset(str(value).lower() for value in values)
