from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from natsscan.catalog.functions import GeneratedRule
from natsscan.haskell.glance import (
    fixity_lines,
    imported_modules,
    may_define,
    may_pass_modules_on,
    may_pass_on,
    module_name,
)
from natsscan.haskell.module import Import, Module, read_fixity
from natsscan.haskell.reader import parse_file
from natsscan.model.operator import Fixity
from natsscan.model.questions import holds
from natsscan.model.source import SourceFile
from natsscan.model.symbol import SymbolId


class ModuleIndex:
    """The modules of a project by name, each looked at only when a question leads to it.

    Where two files define a module of one name, as programs all do with `Main`, imports mean the first by path; the
    others are kept under their name and path. `parsed` are the modules of files that are parsed already.
    """

    def __init__(self, sources: Iterable[SourceFile], parsed: Mapping[str, Module] | None = None) -> None:
        self._sources = tuple(sources)
        self._fixities: dict[str, dict[str, Fixity]] = {}
        self._imported_fixities: dict[tuple[str, str], Fixity | None] = {}
        self._modules: dict[str, Module] = {}
        for path, module in (parsed or {}).items():
            name = self._name_of.get(path, module.name)
            self._modules[name] = module if name == module.name else replace(module, name=name)
        self._found: dict[tuple[str, str], SymbolId | None] = {}
        self._passing: dict[str, bool] = {}

    @cached_property
    def _by_name(self) -> dict[str, SourceFile]:
        found: dict[str, SourceFile] = {}
        for source in self._sources:
            name = source.ask(module_name)
            found[name if name not in found else f"{name} ({source.path})"] = source
        return found

    def imported_fixity(self, module: Module, operator: str) -> Fixity | None:
        """Return the fixity that a module of the project, imported by this one, declares for an operator."""
        key = (module.name, operator)
        if key not in self._imported_fixities:
            declared = ((line, self._declared(line.module).get(operator)) for line in module.imports)
            found = (fixity for line, fixity in declared if fixity is not None and _may_bring(line, operator))
            self._imported_fixities[key] = next(found, None)
        return self._imported_fixities[key]

    def constructor_fields(self, module: Module, qualifier: str | None, constructor: str) -> tuple[str, ...]:
        """Return the fields of a record constructor that a module of the project defines and this one imports."""
        for line in module.imports:
            source = self._by_name.get(line.module)
            if source is None or not line.answers_to(qualifier) or not source.ask(holds, constructor.encode()):
                continue
            fields = self._module(line.module, source).constructor_fields.get(constructor)
            if fields is not None:
                return fields
        return ()

    def _declared(self, name: str) -> dict[str, Fixity]:
        if name not in self._fixities:
            source = self._by_name.get(name)
            found: dict[str, Fixity] = {}
            for line in source.ask(fixity_lines) if source is not None else ():
                found.update(read_fixity(line))
            self._fixities[name] = found
        return self._fixities[name]

    # Modules and what they define

    def module(self, name: str) -> Module | None:
        """Return a module of the project, None if it has none of this name."""
        source = self._by_name.get(name)
        return self._modules.get(name) if source is None else self._module(name, source)

    def source(self, name: str) -> SourceFile:
        """Return the file that holds a module of the project."""
        return self._by_name[name]

    @cached_property
    def _importing(self) -> dict[str, list[SourceFile]]:
        found: dict[str, list[SourceFile]] = {}
        for source in self._sources:
            for name in source.ask(imported_modules):
                found.setdefault(name, []).append(source)
        return found

    def importers(self, name: str) -> list[SourceFile]:
        """Return the files that import a module, in the order of the project."""
        return self._importing.get(name, [])

    def reaching(self, name: str) -> list[SourceFile]:
        """Return the files whose code may name what a module defines: its own, importers', those of re-exporters."""
        found: dict[str, SourceFile] = {}
        for module in (name, *self.passing_on(name)):
            own = self._by_name.get(module)
            found |= {source.path: source for source in (*([own] if own else []), *self.importers(module))}
        return [found[path] for path in sorted(found)]

    def passing_on(self, name: str) -> set[str]:
        """Return the modules that may pass on what a module defines, also through one another."""
        waiting, found = [name], set[str]()
        while waiting:
            passed = waiting.pop()
            for source in self.importers(passed):
                other = self._name_of.get(source.path)
                if other and other not in found and other != name and source.ask(may_pass_on, passed):
                    found.add(other)
                    waiting.append(other)
        return found

    @cached_property
    def _name_of(self) -> dict[str, str]:
        return {source.path: name for name, source in self._by_name.items()}

    def at(self, path: str) -> tuple[Module, ...]:
        """Return the module of a file, nothing if another file answers for it."""
        name = self._name_of.get(path)
        module = self.module(name) if name else None
        return (module,) if module else ()

    def labels(self, constructor: SymbolId) -> tuple[str, ...]:
        """Return the fields of a constructor of the project in order."""
        module = self.module(constructor.module)
        return module.constructor_fields.get(constructor.name, ()) if module else ()

    def labels_with(self, field: SymbolId) -> str | None:
        """Return the constructor that a field of the project belongs to, None if the name is not a field's."""
        module = self.module(field.module)
        for constructor, fields in module.constructor_fields.items() if module else ():
            if field.name in fields:
                return constructor
        return None

    def field_owner(self, module_name: str, field: str) -> tuple[str, str] | None:
        """Return the module and the constructor of a record's field, as a module that takes it with a dot sees it.

        A lens is found by the field with an underscore that it is made of.
        """
        module = self.module(module_name)
        if module is None:
            return None
        names = (field, "_" + field)
        for candidate in (module_name, *(line.module for line in module.imports)):
            source = self._by_name.get(candidate)
            if source is None or not source.ask(holds, field.encode()):
                continue
            for constructor, fields in self._module(candidate, source).constructor_fields.items():
                if any(name in fields for name in names):
                    return candidate, constructor
        return None

    def resolve(
        self,
        module_name: str,
        qualifier: str | None,
        name: str,
        generated: Iterable[GeneratedRule] = (),
        within: Container[str] | None = None,
    ) -> SymbolId | None:
        """Return the definition of the project that a name of a module refers to, through imports and re-exports.

        With `within`, an import without a list counts only if it is of one of these modules.
        """
        module = self.module(module_name)
        if module is None:
            return None
        if qualifier in (None, module_name) and (own := self._own(module, name, generated)):
            return own
        for line in module.imports:
            if within is not None and line.module not in within and (line.entities is None or line.hiding):
                continue
            if line.module in self._by_name and line.answers_to(qualifier) and _may_bring(line, name):
                found = self._offered(line.module, name, tuple(generated))
                if found is not None:
                    return found
        return None

    def _own(self, module: Module, name: str, generated: Iterable[GeneratedRule]) -> SymbolId | None:
        if name in module.values:
            return SymbolId(module.name, name)
        for rule in generated if b"make" in module.data else ():
            source = rule.source.replace("{name}", name).replace("{Name}", name[:1].upper() + name[1:])
            if source in module.values and rule.by.encode() in module.data:
                return SymbolId(module.name, source)
        return None

    def _offered(self, name: str, value: str, generated: tuple[GeneratedRule, ...]) -> SymbolId | None:
        """Return what a module exports under a name."""
        key = (name, value)
        if key not in self._found:
            self._found[key] = None  # a cycle of re-exports offers nothing new
            self._found[key] = self._exported(name, value, generated)
        return self._found[key]

    def _exported(self, name: str, value: str, generated: tuple[GeneratedRule, ...]) -> SymbolId | None:
        source = self._by_name[name]
        if not source.ask(may_define, value) and not self._passes_modules_on(name, source):
            return None
        module = self._module(name, source)
        own = self._own(module, value, generated)
        if module.exports is None:
            return own
        for entity in module.exports:
            if entity.is_module:
                if entity.name == name and own:
                    return own
                for line in module.imports:
                    if line.module in self._by_name and line.answers_to(entity.name) and _may_bring(line, value):
                        found = self._offered(line.module, value, generated)
                        if found is not None:
                            return found
            elif value == entity.name or value in entity.children:
                return own or self.resolve(name, entity.qualifier, value, generated)
            elif entity.all_children and own and not any(d.name == value for d in module.definitions):
                return own
        return None

    def _passes_modules_on(self, name: str, source: SourceFile) -> bool:
        """Tell whether the export list of a module may hold other modules as a whole."""
        if name not in self._passing:
            self._passing[name] = source.ask(may_pass_modules_on)
        return self._passing[name]

    def _module(self, name: str, source: SourceFile) -> Module:
        if name not in self._modules:
            module = parse_file(source)[0]
            self._modules[name] = module if name == module.name else replace(module, name=name)
        return self._modules[name]


def _may_bring(line: Import, name: str) -> bool:
    if line.entities is None:
        return True
    listed = any(
        entity.name == name or name in entity.children or (entity.all_children and not line.hiding)
        for entity in line.entities
    )
    return listed is not line.hiding
