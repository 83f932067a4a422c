from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from natsscan.haskell.module import Import, Module, parse_module, read_fixity
from natsscan.model.operator import Fixity
from natsscan.model.source import SourceFile

_MODULE = re.compile(rb"^[ \t>]*module\s+([\w.']+)", re.MULTILINE)
_FIXITY = re.compile(rb"^[ \t]*infix[lr]?[ \t][^\n]*", re.MULTILINE)


class ModuleIndex:
    """The modules of a project by name, each looked at only when a question leads to it.

    Where two files define a module of one name, the first by path answers.
    """

    def __init__(self, sources: Iterable[SourceFile]) -> None:
        self._sources = tuple(sources)
        self._fixities: dict[str, dict[str, Fixity]] = {}
        self._modules: dict[str, Module] = {}

    @cached_property
    def _by_name(self) -> dict[str, SourceFile]:
        found: dict[str, SourceFile] = {}
        for source in self._sources:
            match = _MODULE.search(source.data)
            if match is not None:
                found.setdefault(match.group(1).decode(errors="replace"), source)
        return found

    def imported_fixity(self, module: Module, operator: str) -> Fixity | None:
        """Return the fixity that a module of the project, imported by this one, declares for an operator."""
        for line in module.imports:
            fixity = self._declared(line.module).get(operator)
            if fixity is not None and _may_bring(line, operator):
                return fixity
        return None

    def constructor_fields(self, module: Module, qualifier: str | None, constructor: str) -> tuple[str, ...]:
        """Return the fields of a record constructor that a module of the project defines and this one imports."""
        for line in module.imports:
            source = self._by_name.get(line.module)
            if source is None or not line.answers_to(qualifier) or constructor.encode() not in source.data:
                continue
            fields = self._module(line.module, source).constructor_fields.get(constructor)
            if fields is not None:
                return fields
        return ()

    def _declared(self, name: str) -> dict[str, Fixity]:
        if name not in self._fixities:
            source = self._by_name.get(name)
            found: dict[str, Fixity] = {}
            if source is not None and b"infix" in source.data:
                for match in _FIXITY.finditer(source.data):
                    found.update(read_fixity(match.group().decode(errors="replace")))
            self._fixities[name] = found
        return self._fixities[name]

    def _module(self, name: str, source: SourceFile) -> Module:
        if name not in self._modules:
            self._modules[name] = parse_module(source.data)
        return self._modules[name]


def _may_bring(line: Import, name: str) -> bool:
    if line.entities is None:
        return True
    return any(entity.name == name for entity in line.entities) is not line.hiding
