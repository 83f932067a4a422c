"""A Python code base as a whole: what a name of one module means, and what a value has after a dot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.functions import KnownFunctionRule
from natsscan.core.binding import bind_group, either
from natsscan.core.evaluate import Evaluator
from natsscan.core.expression import Constructor, Let, Variable
from natsscan.core.value import (
    NONE,
    Bound,
    Choice,
    Class,
    Environment,
    Function,
    Known,
    Made,
    Module,
    Owner,
    Selector,
    Thunk,
    Value,
)
from natsscan.core.world import Defined, Meaning
from natsscan.model.symbol import LibrarySymbol
from natsscan.python.classes import Classes
from natsscan.python.index import ModuleIndex
from natsscan.python.instances import Instances
from natsscan.python.library import Library
from natsscan.python.module import MODULE_LEVEL, Imported
from natsscan.python.module import Module as Lowered
from natsscan.python.objects import ANY, Objects
from natsscan.python.options import OPTIONS, Options
from natsscan.python.statements import UNSET
from natsscan.python.symbols import Symbols
from natsscan.python.types import Types

_NOTHING = Choice(())


class Program:
    """Answers what names mean; modules are read when a question leads to them. `evaluator` is the one for all of it."""

    functions: Mapping[str, KnownFunctionRule]

    def __init__(self, catalog: Catalog, index: ModuleIndex) -> None:
        self.functions = catalog.python_functions.functions
        self.index = index
        self.evaluator: Evaluator = Evaluator(self)
        self.library: Library = Library(catalog.python, self.evaluator)
        self.classes: Classes = Classes(self, catalog)
        self.instances: Instances = Instances(self)
        self.symbols = Symbols(self.classes)
        self.types: Types = Types(self)
        self.objects = Objects(self)
        self.options = Options(self, catalog.python_functions.options)
        self.left_out = 0
        self.horizon = 0
        self._worth: Callable[[str], bool] | None = None
        self._scopes = frozenset(_prefixes(self.functions))
        self._environments: dict[str, Environment] = {}
        self._asked: dict[str, set[str]] = {}
        self._imported: dict[str, set[str]] = {}

    # What names refer to

    def environment(self, module: Lowered) -> Environment:
        """Return what the names of a module stand for once it is imported."""
        if module.name not in self._environments:
            environment = Environment(module.name, MODULE_LEVEL)
            for group in module.groups:
                environment = bind_group(self, group, environment)
            self._environments[module.name] = environment.with_names(self._shared(module, environment))
        return self._environments[module.name]

    def _shared(self, module: Lowered, environment: Environment) -> dict[str, Bound]:
        """Return what functions make of names of their module that they say to be global."""
        found: dict[str, list[Bound]] = {}
        for function in module.functions.values():
            for name in function.shared if not function.is_nested else ():
                start = function.start
                value = Let(function.body.groups, Variable(None, name, start, start), start, start)
                found.setdefault(name, []).append(Thunk(value, self.instances.around(module, function)))
        before = {name: _known(environment.names.get(name)) for name in found}
        return {name: either([*before[name], *values], module.name) for name, values in found.items()}

    def meaning(self, module: str, name: Variable | Constructor) -> Meaning | None:
        """Return what a name that is not bound locally means, None if nobody knows."""
        if isinstance(name, Constructor):
            return Made(name.name)
        if name.qualifier is not None:
            return self.imported(Imported(name.qualifier, name.name), module)
        if name.name == UNSET:
            return _NOTHING
        lowered = self.index.module(module)
        if lowered is not None:
            bound = self.environment(lowered).names.get(name.name)
            if bound is not None:
                return Defined(Owner(module, name.name, 0), bound)
            found = self._by_star(lowered, name.name)
            if found is not None:
                return found
        return Known(name.name) if name.name in self.functions else None

    def imported(self, imported: Imported, importer: str) -> Meaning | None:
        """Return what an import in a module brings, None if it is of neither a library nor the code base."""
        dotted = f"{imported.module}.{imported.name}" if imported.name else imported.module
        found = self.library.named(dotted)
        if found is not None:
            return found
        own = self._own(imported, importer)
        if own is not None:
            return own
        if dotted in self.functions:
            return Known(dotted)
        return Module(dotted) if dotted in self._scopes else None

    @contextmanager
    def looking_only_into(self, worth: Callable[[str], bool], horizon: int) -> Iterator[None]:
        """Meanwhile, parse only those further files that are worth it, by their paths; `horizon` counts these."""
        outer = self._worth, self.horizon
        self._worth, self.horizon = worth, horizon
        try:
            yield
        finally:
            self._worth, self.horizon = outer

    def _is_worth(self, module: str) -> bool:
        return self._worth is None or self.index.is_parsed(module) or self._worth(self.index.path_of(module))

    def _own(self, imported: Imported, importer: str) -> Meaning | None:
        dotted = f"{imported.module}.{imported.name}" if imported.name else imported.module
        whole = self.index.find(dotted, importer)
        if whole is not None:
            return Module(whole)
        module = self.index.find(imported.module, importer)
        if module is not None and imported.name and not self._is_worth(module):
            self.left_out += 1
            return None
        lowered = self.index.module(module) if module is not None and imported.name else None
        if lowered is not None:
            if imported.name in lowered.classes:
                return Class(f"{lowered.name}.{imported.name}")
            bound = self.environment(lowered).names.get(imported.name)
            if bound is not None:
                return Defined(Owner(lowered.name, imported.name, 0), bound)
            return self._by_star(lowered, imported.name)
        return None

    def _by_star(self, lowered: Lowered, name: str) -> Meaning | None:
        """Return what the star imports of a module bring under a name; in a ring of modules each is asked once."""
        asked = self._asked.setdefault(name, set())
        if lowered.name in asked:
            return None
        is_first = not asked
        asked.add(lowered.name)
        try:
            stars = (star for key, star in lowered.names.items() if key.startswith("*"))
            brought = (self.imported(Imported(star.module, name), lowered.name) for star in stars)
            return next((found for found in brought if found is not None), None)
        finally:
            if is_first:
                del self._asked[name]

    # What the evaluator asks

    def fields(self, module: str, constructor: Constructor) -> tuple[str, ...]:  # noqa: ARG002
        """Return nothing: there are no records with named fields in patterns."""
        return ()

    def selector(self, module: str, field: str) -> Selector:
        """Return an attribute; where a module reads the options of its command line, what gives them."""
        return Selector(f"{OPTIONS} {module}" if self.options.are_read(field) else field)

    def is_transparent(self, constructor: str) -> bool:  # noqa: ARG002
        """Return that no constructor only wraps a value."""
        return False

    def returns(self, symbol: LibrarySymbol, arguments: tuple[Value, ...]) -> Value | None:  # noqa: ARG002
        """Return nothing: what a call gives is the call itself, with the class of its result."""
        return None

    def member(self, value: Value, name: str) -> Value | None:
        """Return what a value has after a dot: a method, an attribute that the code sets, a constant."""
        return self.objects.member(value, name)

    def call(self, function: Value, arguments: tuple[Bound, ...], named: Mapping[str, Bound]) -> Value | None:
        """Return what calling a value gives, None for a function that nobody knows."""
        return self.objects.call(function, arguments, named)

    def called(self, value: Value, name: str) -> Value:
        """Return a value with the name of the variable that holds it, if it has none that says something."""
        return self.objects.called(value, name)

    def result(self, function: Function, value: Value) -> Value:
        """Return what a function gives: of a value that nobody knows more of, the class that its annotation names."""
        return self.objects.result(function, value)

    # What modules import

    def nearest(self, module: str, tops: Collection[str]) -> str:
        """Return which of some top-level modules a module imports, else what is around it; empty if nothing does."""
        if not self._imported:
            for parsed in self.index.parsed():
                named = {self.library.top(imported) for line in parsed.imports for imported in line.imported}
                for place in _around(parsed.path):
                    self._imported.setdefault(place, set()).update(named)
        for place in _around(self.index.path_of(module)):
            found = sorted(self._imported.get(place, set()).intersection(tops))
            if found:
                return found[0]
        return ""

    def value_of(self, meaning: Meaning | None) -> Value | None:
        """Return the value of what a name means."""
        if isinstance(meaning, Defined):
            self.evaluator.visited.add(meaning.owner)
            return self.evaluator.force(meaning.body)
        return meaning


def _known(bound: Bound | None) -> list[Bound]:
    """Return what a name is already, if that is anything: what is set later often begins as `None`."""
    match bound:
        case None | Thunk(expression=Constructor(name=NONE.constructor)):
            return []
        case _:
            return [bound]


def _around(path: str) -> Iterator[str]:
    """Yield a path and the folders that it is in, the nearest first; of the project as a whole, nothing."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield path


def _prefixes(names: Mapping[str, KnownFunctionRule]) -> set[str]:
    """Return what known names with dots begin with: `os`, `os.environ`."""
    found = set()
    for name in names:
        while "." in name and not name.startswith(ANY):
            name = name.rpartition(".")[0]
            found.add(name)
    return found
