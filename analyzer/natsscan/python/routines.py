"""Finding wrappers in a Python code base: which functions to walk, and with which class a method's object is of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from natsscan.core.calls import Site, Sites
from natsscan.core.expression import Let, Sequence
from natsscan.core.routines import Routines
from natsscan.core.value import Bound, Environment, Local, Owner, Parameter
from natsscan.core.value import Function as FunctionValue
from natsscan.core.walked import Reference, Walked
from natsscan.model.symbol import SymbolId
from natsscan.model.usage import Operation
from natsscan.python.calls import Walker, Written
from natsscan.python.classes import INIT
from natsscan.python.module import MODULE_LEVEL, Function, Module
from natsscan.python.program import Program
from natsscan.python.symbols import method_name
from natsscan.python.words import Words

# How often the walk is repeated with what was learnt of parameters, and how often callers of wrappers are looked for.
_PASSES = 4
_ROUNDS = 4
_WORD = re.compile(rb"[A-Za-z_]\w*")
# What an object that a decorator made of a function is there for.
_DOING = frozenset({Operation.PUBLISH, Operation.CONSUME, Operation.GET})


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a library as it is written, and where: the module and the definition."""

    written: Written
    module: str
    definition: str


class PythonRoutines(Routines):
    """The functions of a Python code base that were walked. `uses_of_libraries` are those in the code itself."""

    def __init__(self, program: Program, walker: Walker | None = None) -> None:
        super().__init__({})
        self._program = program
        self._walker = walker or Walker(program)
        self._modules: dict[str, Module] = {}
        self._written: dict[tuple[str, int], tuple[Use, ...]] = {}
        self._words = Words(program.index)
        self._searched: dict[str, set[bytes]] = {}
        self._telling = {package.encode() for package in program.library.libraries.packages}

    def look_into(self, modules: Iterable[Module]) -> None:
        """Walk all of these modules, again as long as something is learnt of what their parameters are."""
        for module in modules:
            self._modules[module.name] = module
            self.own_modules.add(module.name)
        for module in self._each_module():
            self._walk_module(module, None)
        self._learn()

    def look_outside(self) -> None:
        """Walk what names a wrapper elsewhere, and what names those that only pass on what they are given."""
        self._look_for_decorated()
        searched: set[SymbolId] = set()
        for _ in range(_ROUNDS):
            leading = [symbol for symbol in self.looked_into if symbol.name != MODULE_LEVEL and self.uses(symbol)]
            # In their order: what is evaluated first is remembered, and how far that goes depends on what came before.
            fresh = [symbol for symbol in leading if symbol not in searched]
            wrappers = [s for s in fresh if s.module in self.own_modules or self._passes_on(s)]
            self.carriers |= {symbol for symbol in wrappers if self.called(symbol)}
            if not wrappers:
                break
            searched.update(wrappers)
            for module, words in self._naming(wrappers):
                self._modules[module.name] = module
                self._walk_module(module, words)
            self._walk_templates()
            self._learn()
        self._imply_methods()

    def _walk_templates(self) -> None:
        """Walk inherited methods that call one which leads to the broker in the class of their object only."""
        called: dict[str, set[bytes]] = {}
        for symbol in self.looked_into:
            own, _, method = symbol.name.rpartition(".")
            if not own or method.startswith("__") or not self.uses(symbol):
                continue
            for up in self._program.classes.mro(f"{symbol.module}.{own}")[1:]:
                found = self._program.classes.find(up)
                if found is not None and found[0].name not in self.own_modules:
                    called.setdefault(found[0].name, set()).add(method.encode())
        for name, methods in sorted(called.items()):
            module = self._program.index.module(name)
            if module is not None and not methods <= self._searched.setdefault(name, set()):
                self._searched[name] |= methods
                self._modules[name] = module
                self._walk_module(module, frozenset(methods))

    def _look_for_decorated(self) -> None:
        """Walk what names a function that a library's decorator made an object of, and methods of such objects."""
        made: set[SymbolId] = set()
        methods: set[bytes] = set()
        for module in self._each_module():
            for function in module.functions.values():
                value = FunctionValue(function.code, Environment(module.name, function.name))
                task = self._program.instances.decorated(value) if not function.is_nested else None
                known = self._program.library.class_of(task) if task is not None else None
                if known is not None:
                    made.add(SymbolId(module.name, function.name))
                    methods |= {
                        name.encode() for name, call in known.methods.items() if call.symbol.operation in _DOING
                    }
        for module, words in self._naming(made, methods):
            self._modules[module.name] = module
            self._walk_module(module, words)
        self._learn()

    @property
    def uses_of_libraries(self) -> Iterator[Use]:
        """Yield the uses of libraries, unit by unit."""
        return (use for key in sorted(self._written) for use in self._written[key])

    # Walking

    def _each_module(self) -> list[Module]:
        return [module for _, module in sorted(self._modules.items())]

    def _learn(self) -> None:
        """Walk again what a parameter was seen to be in, and the functions that get an object to work with."""
        for _ in range(_PASSES):
            learnt, self._walker.learnt = self._walker.learnt, {}
            owners = {
                parameter.owner for parameter, classes in learnt.items() if any(map(self._matters, sorted(classes)))
            }
            by_module: dict[str, set[int]] = {}
            for owner in owners:
                by_module.setdefault(owner.module, set()).add(owner.start)
            for name, starts in sorted(by_module.items()):
                module = self._program.index.module(name)
                if module is not None:
                    self._program.instances.forget()
                    known = name in self._modules
                    self._modules[name] = module
                    self._walk_module(module, None if known and name in self.own_modules else frozenset(), starts)
            if not by_module:
                return

    def _matters(self, name: str) -> bool:
        """Tell whether an object of a class leads to the broker: a library's, or one with a method that does."""
        if self._program.library.known_class(name) is not None:
            return True
        symbol = self._program.symbols.of_class(name)
        return any(
            known.module == symbol.module and known.name.startswith(f"{symbol.name}.") and bool(self.uses(known))
            for known in self.looked_into
        )

    def _walk_module(self, module: Module, words: frozenset[bytes] | None, starts: Collection[int] = ()) -> None:
        """Walk what a module defines, as far as it holds one of these words or begins at one of these offsets."""
        nothing = Sequence((), 0, 0)
        if words is None or self._holds(module, 0, len(module.data), words):
            own = Owner(module.name, MODULE_LEVEL, 0)
            level = Environment(module.name, MODULE_LEVEL)
            body = Let(module.groups, Sequence(module.annotations, 0, 0) if words is None else nothing, 0, 0)
            self._walk(module, (module.name, 0), MODULE_LEVEL, own, body, level)
        for name, held in module.classes.items():
            if words is not None and not self._holds(module, held.start, held.end, words):
                continue
            owner = Owner(module.name, name, held.start)
            said = Sequence((*held.bases, *held.decorators, *held.annotations.values()), 0, 0)
            body = Let(held.groups, said, 0, 0)
            self._walk(module, (module.name, -held.start - 1), name, owner, body, Environment(module.name, name))
            self._imply_init(f"{module.name}.{name}")
        for function in module.functions.values():
            here = words is None or function.start in starts or self._holds(module, function.start, function.end, words)
            if function.is_nested or not here:
                continue
            for own_class in self._of_class(module, function) if function.of else (None,):
                self._walk_function(module, function, own_class)

    def _holds(self, module: Module, start: int, end: int, words: frozenset[bytes]) -> bool:
        return bool(words) and not words.isdisjoint(_WORD.findall(module.data, start, end))

    def _of_class(self, module: Module, method: Function) -> Iterator[str]:
        """Yield the classes whose objects have a method: its own, and those below that have no other."""
        own = f"{module.name}.{method.of}"
        yield own
        short = method.name.rpartition(".")[2]
        for below in self._program.classes.subclasses(own):
            order = self._program.classes.mro(below)
            between = order[: order.index(own)]
            if not any(self._has(up, short) for up in between):
                yield below

    def _has(self, name: str, method: str) -> bool:
        found = self._program.classes.find(name)
        return found is not None and f"{found[1].name}.{method}" in found[1].methods

    def _walk_function(self, module: Module, function: Function, own: str | None) -> None:
        instances = self._program.instances
        annotations = Sequence(tuple(function.annotations.values()), 0, 0)
        body = Let(function.body.groups, annotations, function.start, function.end)
        if own is None:
            owner = Owner(module.name, function.name, function.start)
            environment = instances.free(module, function, owner)
            self._walk(module, (module.name, function.start), function.name, owner, body, environment, function)
            return
        instance = instances.open(own)
        owner = Owner(module.name, method_name(own, function), function.start)
        environment = instances.environment(module, function, f"{module.name}.{function.of}", instance)
        made = self._program.symbols.of_class(own)
        symbol = SymbolId(made.module, f"{made.name}.{function.name.rpartition('.')[2]}")
        key = (f"{module.name} {own}", function.start)
        self._walk(module, key, function.name, owner, body, environment, function, symbol, own)

    def _walk(
        self,
        module: Module,
        key: tuple[str, int],
        definition: str,
        owner: Owner,
        body: Let,
        environment: Environment,
        function: Function | None = None,
        symbol: SymbolId | None = None,
        own: str | None = None,
    ) -> None:
        with self._program.looking_only_into(self._is_worth, len(self._telling)):
            seen = self._walker.walk(body, owner, environment)
        self._written[key] = tuple(Use(written, module.name, definition) for written in seen.written)
        instance = self._program.classes.taking(own)[0] if own else None
        constructor = self._program.symbols.of_class(own) if own else None
        walked = Walked(
            symbol or SymbolId(module.name, definition),
            owner,
            definition,
            module.name,
            seen.sites,
            len(function.code.parameters) if function else 0,
            frozenset(),
            instance=instance,
            constructor=constructor,
        )
        self.note(key, (walked,))

    # Objects, and who makes them

    def references(self) -> Iterator[Reference]:
        """Yield the places that name a wrapper, without those where nothing is written."""
        return (found for found in super().references() if found.place.start < found.place.end)

    def _imply_init(self, name: str) -> None:
        """Have making an object of a class do what its `__init__` does."""
        if self._program.classes.init(name) is None:
            return
        symbol = self._program.symbols.of_class(name)
        self._imply(name, "init", [(SymbolId(symbol.module, f"{symbol.name}.{INIT}"), ())])

    def _imply_methods(self) -> None:
        """Have each class do what those of its methods do that nobody calls: a library, or a framework, calls them."""
        called = {site.target for walked in self.every for site in walked.every_site}
        by_class: dict[SymbolId, list[tuple[SymbolId, tuple[Bound, ...]]]] = {}
        for walked in list(self.every):
            if walked.constructor in called and walked.symbol not in called and self.uses(walked.symbol):
                arguments = tuple(Local("value") for _ in range(walked.arity))
                by_class.setdefault(walked.constructor, []).append((walked.symbol, arguments))
        for made, methods in sorted(by_class.items(), key=lambda item: (item[0].module, item[0].name)):
            self._imply(f"{made.module}.{made.name}", "methods", methods)

    def _imply(self, name: str, what: str, called: Iterable[tuple[SymbolId, tuple[Bound, ...]]]) -> None:
        """Note that making an object of a class leads to calls that are written nowhere."""
        symbol = self._program.symbols.of_class(name)
        owner, _ = self._program.classes.taking(name)
        given = (owner, self._program.instances.open(name).arguments)
        sites = [Site(target, arguments, 0, 0, "", given) for target, arguments in called]
        implied = Walked(symbol, owner, symbol.name, symbol.module, Sites({owner: sites}), 0, frozenset())
        self.note((f"{name} {what}", 0), (implied,))

    # Who names them

    def _passes_on(self, symbol: SymbolId) -> bool:
        """Tell whether a function only passes what it is given on to a wrapper: all its parameters."""
        for walked in self.walked(symbol):
            for site in walked.sites.by_owner[walked.owner]:
                if isinstance(site.target, SymbolId) and len(site.arguments) >= walked.arity > 0:
                    values = map(self._program.evaluator.force, site.arguments)
                    own = {
                        value.index for value in values if isinstance(value, Parameter) and value.owner == walked.owner
                    }
                    if len(own) >= walked.arity and self.uses(site.target):
                        return True
        return False

    def _naming(
        self, definitions: Collection[SymbolId], using: Collection[bytes] = ()
    ) -> Iterator[tuple[Module, frozenset[bytes]]]:
        """Yield the modules of the project that may name definitions of others, and the words by which they do.

        Of several words that are `using` them, a module holds one.
        """
        self._telling |= {symbol.name.partition(".")[0].encode() for symbol in definitions}
        for name, words in self._words.naming(definitions, self.own_modules, using):
            module = self._program.index.module(name)
            if module is not None:
                yield module, words

    def _is_worth(self, path: str) -> bool:
        """Tell whether what a file defines may lead to the broker: it names a library, or a wrapper found so far."""
        return not self._telling.isdisjoint(self._words.of(path))
