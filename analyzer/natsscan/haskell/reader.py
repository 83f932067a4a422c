"""Reading the Haskell files of a project: which of them to parse, and what each module passes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from natsscan.catalog.catalog import Catalog
from natsscan.haskell.masking import mask_literate, readings
from natsscan.haskell.module import Module, parse_module
from natsscan.haskell.scope import Exports, Scope
from natsscan.model.questions import holds_any
from natsscan.model.source import SourceFile


@dataclass(frozen=True, slots=True)
class HaskellFile:
    """A parsed file: one module for each of its readings, all with the offsets of the file."""

    source: SourceFile
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True)
class HaskellProject:
    """The files that hold something to look for, and what every module, library's or own, offers of the libraries."""

    files: tuple[HaskellFile, ...]
    exports: dict[str, Exports]


def read_haskell(sources: Iterable[SourceFile], catalog: Catalog, tick: Callable[[], None]) -> HaskellProject:
    """Parse the files that name a library's module, or a module of the project that passes a library on.

    The search is repeated until no new re-exporting module turns up. `tick` is called after each file parsed.
    """
    waiting = {source.path: source for source in sources}
    files: dict[str, HaskellFile] = {}
    exports = dict(catalog.exports)
    literals = catalog.literals
    while literals:
        for path in _holding(waiting, literals):
            source = waiting.pop(path)
            files[path] = HaskellFile(source, parse_file(source))
            tick()
        literals = _extend(exports, files.values(), catalog)
    return HaskellProject(tuple(files[path] for path in sorted(files)), exports)


def _holding(sources: dict[str, SourceFile], literals: tuple[bytes, ...]) -> list[str]:
    return sorted(path for path, source in sources.items() if source.ask(holds_any, literals))


def parse_file(source: SourceFile) -> tuple[Module, ...]:
    """Parse a Haskell file: one module for each of its readings, all with the offsets of the file."""
    code = source.data.replace(b"\t", b" ")  # the grammar takes no tabs; one space for each keeps offsets and layout
    if source.path.endswith(".lhs"):
        code = mask_literate(code)
    return tuple(parse_module(reading) for reading in readings(code))


def _extend(exports: dict[str, Exports], files: Iterable[HaskellFile], catalog: Catalog) -> tuple[bytes, ...]:
    """Add what the parsed modules pass on to `exports`; return the names of the modules that are new there."""
    new = []
    grown = True
    modules = [module for file in files for module in file.modules if module.exports]
    while grown:
        grown = False
        for module in modules:
            if module.name in catalog.exports:
                continue
            passed_on = Scope(module, exports).passed_on()
            known = exports.get(module.name, {})
            if passed_on.keys() - known.keys():
                if not known:
                    new.append(module.name.encode())
                exports[module.name] = known | passed_on
                grown = True
    return tuple(new)
