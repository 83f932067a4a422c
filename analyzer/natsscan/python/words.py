"""Which files may name what, by the words that they hold: before they are parsed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from natsscan.model.symbol import SymbolId
from natsscan.python.index import PACKAGE, ModuleIndex

_WORD = re.compile(rb"[A-Za-z_]\w*")
_SPECIAL = "__"


@dataclass(slots=True)
class Words:
    """The words of the files of a project."""

    index: ModuleIndex
    _found: dict[str, frozenset[bytes]] = field(default_factory=dict)

    def of(self, path: str) -> frozenset[bytes]:
        """Return the words of a file."""
        if path not in self._found:
            self._found[path] = frozenset(_WORD.findall(self.index.sources[path].data))
        return self._found[path]

    def naming(
        self, definitions: Iterable[SymbolId], left_out: Collection[str], using: Collection[bytes] = ()
    ) -> Iterator[tuple[str, frozenset[bytes]]]:
        """Yield the modules that may name a definition of another one, and by which words.

        Those that are `left_out` are not looked at; of several words that are `using` the definitions, a module holds
        one.
        """
        wanted: dict[bytes, _Wanted] = {}
        for symbol in definitions:
            first, _, last = symbol.name.partition(".")
            here = wanted.setdefault(first.encode(), _Wanted(first.encode()))
            if last and not last.startswith(_SPECIAL):
                here.methods.add(last.encode())
            elif last or self._is_class(symbol):
                here.is_made = True
            else:
                here.is_function = True
            here.modules |= {symbol.module.rpartition(".")[2].encode()}
            for folder in self._packages(symbol.module, first.encode()):
                here.modules.add(posixpath.basename(folder).encode())
                here.folders.add(f"{folder}/")
        for path in sorted(self.index.named):
            name = self.index.name_of(path)
            if name in left_out:
                continue
            words = self.of(path)
            if using and words.isdisjoint(using):
                continue
            data = self.index.sources[path].data
            held = [each for first, each in wanted.items() if first in words and each.may_be_in(path, words, data)]
            if held:
                yield name, frozenset(word for each in held for word in (each.first, *each.methods))

    def _is_class(self, symbol: SymbolId) -> bool:
        lowered = self.index.module(symbol.module)
        return lowered is not None and symbol.name in lowered.classes

    def _packages(self, module: str, first: bytes) -> Iterator[str]:
        """Yield the folder of a module, and of the packages around it that name a definition: they may pass it on."""
        own = folder = posixpath.dirname(self.index.path_of(module))
        while folder:
            package = f"{folder}/{PACKAGE}"
            if folder == own or (package in self.index.sources and first in self.of(package)):
                yield folder
            folder = posixpath.dirname(folder)


@dataclass(slots=True)
class _Wanted:
    """A function or class that is looked for: what of it may be called, and which modules and folders offer it."""

    first: bytes
    is_function: bool = False
    is_made: bool = False
    methods: set[bytes] = field(default_factory=set)
    modules: set[bytes] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)

    def may_be_in(self, path: str, words: frozenset[bytes], data: bytes) -> bool:
        if words.isdisjoint(self.modules) and not path.startswith(tuple(self.folders)):  # `from .. import Publisher`
            return False
        if self.is_function or any(b"." + method in data for method in self.methods if method in words):
            return True
        first = re.escape(self.first)
        if self.is_made and re.search(rb"\b%b\s*(?:\(|as\b)|=\s*(?:\w+\.)*%b\s" % (first, first), data):
            return True
        return re.search(rb"\bclass\s+\w+\s*\([^)]*\b%b\b" % first, data) is not None
