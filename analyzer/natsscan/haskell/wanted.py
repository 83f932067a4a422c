from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from natsscan.core.calls import Target
from natsscan.core.expression import Constructor, Variable
from natsscan.haskell.program import Program
from natsscan.model.symbol import SymbolId


@dataclass(slots=True)
class Wanted:
    """The names that may lead to the broker, and the modules that may define them: both grow while wrappers are found.

    A name is asked of the program only if it is wanted. `interpreters` are the functions that give the constructors of
    an effect their meaning.
    """

    program: Program
    interpreters: frozenset[str]
    names: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)

    def matters(self, name: str) -> bool:
        """Tell whether a name may lead to the broker."""
        return name in self.names

    def target(self, module: str, name: Variable | Constructor) -> Target | None:
        """Return what a name refers to, if it is the library's or may be defined in one of the wanted modules."""
        return self.program.target(module, name, self.modules)

    def constructor(self, module: str, name: Constructor) -> Target | None:
        """Return what a constructor refers to."""
        return self.program.target(module, name)

    def field(self, module: str, name: Variable) -> Target | None:
        """Return the field that is meant after a dot."""
        return self.program.field(module, name)

    def add(self, symbols: Iterable[SymbolId]) -> set[bytes]:
        """Add definitions by the names that may stand for them; return those names."""
        symbols = tuple(symbols)
        names = {name for symbol in symbols for name in known_as(symbol)}
        self.names |= names
        self.modules |= {symbol.module for symbol in symbols}
        return {name.encode() for name in names}


def known_as(symbol: SymbolId) -> Iterator[str]:
    """Yield the names that may stand for a definition: a generated one differs in its first character."""
    yield symbol.name
    if symbol.name[:1].isupper():
        yield symbol.name[:1].lower() + symbol.name[1:]
    if symbol.name.startswith("_"):
        yield symbol.name[1:]
