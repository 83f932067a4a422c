"""The classes of a code base: their bases, their methods, and what makes an object of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from natsscan.catalog.catalog import Catalog
from natsscan.core.arguments import parameter_names
from natsscan.core.expression import Expression
from natsscan.core.value import Class, Environment, Owner
from natsscan.model.symbol import LibrarySymbol
from natsscan.python.module import MODULE_LEVEL, Function
from natsscan.python.module import Class as Defined
from natsscan.python.module import Module as Lowered
from natsscan.python.written import written

if TYPE_CHECKING:
    from natsscan.python.program import Program

INIT = "__init__"


class Classes:
    """Looks up the classes of a code base, by their qualified names."""

    def __init__(self, program: Program, catalog: Catalog) -> None:
        self._program = program
        known = catalog.python_functions
        self._configuration = re.compile(known.configuration)
        self._records = frozenset(known.records)
        self._enumerations = dict(known.enumerations)
        self._found: dict[str, tuple[Lowered, Defined] | None] = {}
        self._mro: dict[str, tuple[str, ...]] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._subclasses: dict[str, list[str]] = {}
        self._parsed = -1
        self._by_start: dict[str, dict[int, Function]] = {}

    def find(self, name: str) -> tuple[Lowered, Defined] | None:
        """Return a class of the code base with its module."""
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> tuple[Lowered, Defined] | None:
        module, _, own = name.rpartition(".")
        while module:
            lowered = self._program.index.module(module)
            if lowered is not None and own in lowered.classes:
                return lowered, lowered.classes[own]
            module, _, first = module.rpartition(".")
            own = f"{first}.{own}"
        return None

    def mro(self, name: str) -> tuple[str, ...]:
        """Return a class and its bases, nearest first; a library's are among them by their names."""
        if name not in self._mro:
            self._mro[name] = (name,)
            found = self.find(name)
            if found is not None:
                lowered, defined = found
                environment = Environment(lowered.name, MODULE_LEVEL)
                left_out = self._program.left_out
                bases = [self._program.evaluator.value(base, environment) for base in defined.bases]
                every = [name, *(up for base in bases if isinstance(base, Class) for up in self.mro(base.name))]
                order = self._mro[name] = tuple(dict.fromkeys(every))
                if self._program.left_out != left_out:
                    del self._mro[name]
                    return order
        return self._mro[name]

    def subclasses(self, name: str) -> tuple[str, ...]:
        """Return the classes of the modules read so far that have this one as a base, near or far, sorted."""
        parsed = list(self._program.index.parsed())
        if len(parsed) != self._parsed:
            self._parsed = len(parsed)
            self._subclasses = {}
            for lowered in parsed:
                for own in lowered.classes:
                    qualified = f"{lowered.name}.{own}"
                    for base in self.mro(qualified)[1:]:
                        self._subclasses.setdefault(base, []).append(qualified)
        return tuple(sorted(self._subclasses.get(name, ())))

    def function_at(self, module: str, start: int) -> Function | None:
        """Return the function of a module that begins at an offset."""
        if module not in self._by_start:
            lowered = self._program.index.module(module)
            functions = lowered.functions.values() if lowered else ()
            self._by_start[module] = {function.start: function for function in functions}
        return self._by_start[module].get(start)

    # What makes an object

    def init(self, name: str) -> tuple[Lowered, Function] | None:
        """Return the `__init__` of a class, its own or inherited."""
        for own in self.mro(name):
            found = self.find(own)
            if found is not None and f"{found[1].name}.{INIT}" in found[1].methods:
                return found[0], found[0].functions[f"{found[1].name}.{INIT}"]
        return None

    def library_constructor(self, name: str) -> LibrarySymbol | None:
        """Return what makes an object of a class that leaves this to a library's class, None for any other class."""
        if self.find(name) is None or self.init(name) is not None:
            return None
        for own in self.mro(name):
            known = self._program.library.known_class(own)
            if known is not None and known.constructor is not None:
                return known.constructor.symbol
        return None

    def taking(self, name: str) -> tuple[Owner, tuple[str, ...]]:
        """Return whose parameters the arguments of a class are, and what they are called."""
        init = self.init(name)
        if init is not None:
            lowered, function = init
            return Owner(lowered.name, f"{name}.{INIT}", function.start), parameter_names(function.code)
        found = self.find(name)
        start = found[1].start if found else 0
        return Owner(found[0].name if found else name, name, start), self.fields(name)

    def overridden(self, own: str, method: Function) -> tuple[str, ...]:
        """Return the classes of what a library gives to a method that it calls, nothing for one that it does not."""
        short = method.name.rpartition(".")[2]
        for up in self.mro(own):
            known = self._program.library.known_class(up)
            if known is not None and short in known.overrides:
                return known.overrides[short]
        return ()

    # What kind of class it is

    def fields(self, name: str) -> tuple[str, ...]:
        """Return the fields of a data class or model in order, nothing for another class."""
        names: dict[str, None] = {}
        for own in reversed(self.mro(name)):
            found = self.find(own)
            if found is not None and self._is_record(own):
                names |= dict.fromkeys(found[1].annotations)
        return tuple(names)

    def _is_record(self, name: str) -> bool:
        found = self.find(name)
        if found is None:
            return False
        decorators = {_last(decorator) for decorator in found[1].decorators}
        return not self._records.isdisjoint(decorators | self._of_bases(name))

    def is_enumeration(self, name: str) -> bool:
        """Tell whether a class is one of named values."""
        return self.find(name) is not None and not self._of_bases(name).isdisjoint(self._enumerations)

    def is_called_by_name(self, name: str) -> bool:
        """Tell whether a member of an enumeration that is given no value is its name in lower case."""
        return any(self._enumerations.get(base) == "lower" for base in self._of_bases(name))

    def is_configuration(self, name: str) -> bool:
        """Tell whether a class holds settings that are read from the environment, by the names of its bases."""
        return any(map(self._configuration.search, self._of_bases(name)))

    def _of_bases(self, name: str) -> frozenset[str]:
        """Return the last words of what all bases of a class are called, also of those that nobody knows."""
        if name not in self._words:
            order = self.mro(name)
            found = [self.find(up) for up in order]
            bases = [base for held in found if held is not None for base in held[1].bases]
            words = frozenset({*map(_last, bases), *(up.rpartition(".")[2] for up in order[1:])})
            if name not in self._mro:
                return words
            self._words[name] = words
        return self._words[name]


def _last(name: Expression) -> str:
    return written(name).rpartition(".")[2]
