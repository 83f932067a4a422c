"""Finding the settings of a library: on its objects, in what calls are given, in modules and classes full of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from natsscan.catalog.python_rules import PythonLibraryFile
from natsscan.catalog.python_settings import OTHERS, PythonSettingRule, PythonSettingsRule, Role
from natsscan.core.linking import named
from natsscan.core.naming import name_of
from natsscan.core.value import Items, Text, Thunk, Value
from natsscan.model.source import SourceFile
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.python.module import MODULE_LEVEL
from natsscan.python.program import Program
from natsscan.python.routines import PythonRoutines
from natsscan.python.tables import Pair, Tables
from natsscan.python.usages import LANGUAGE, argument_of
from natsscan.source.text import TextPositions


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A setting where the code sets it: its library, its name and rule there, where, and the value."""

    library: PythonLibraryFile
    name: str
    rule: PythonSettingRule
    module: str
    definition: str
    start: int
    end: int
    bound: Thunk
    value: Value


def setting_files(sources: Iterable[SourceFile], libraries: Iterable[PythonLibraryFile]) -> tuple[str, ...]:
    """Return the paths of the files that may set something up by its name alone, by their names or bytes, sorted."""
    rules = [library.settings for library in libraries if library.settings is not None]
    names = {f"{module}.py" for rule in rules for module in rule.modules}
    telling = [name for rule in rules for name in rule.names() if re.match(rule.telling, name)]
    if not telling and not names:
        return ()
    pattern = re.compile(rf"^[ \t]*(?:{'|'.join(map(re.escape, sorted(telling)))})[ \t]*[:=]".encode(), re.MULTILINE)
    return tuple(
        sorted(s.path for s in sources if posixpath.basename(s.path) in names or (telling and pattern.search(s.data)))
    )


def find_settings(program: Program, routines: PythonRoutines, paths: Iterable[str]) -> tuple[Setting, ...]:
    """Return the settings of all libraries that are in use, by their places; `paths` are files that may hold some."""
    found: dict[tuple[str, int, str], Setting] = {}
    paths = tuple(paths)
    for library in program.library.libraries.libraries:
        if library.settings is not None:
            for setting in _Finder(program, library, library.settings).found(routines, paths):
                found.setdefault((setting.module, setting.start, setting.name), setting)
    return tuple(setting for _, setting in sorted(found.items()))


def setting_usage(setting: Setting, positions: TextPositions, service: str) -> Usage:
    """Return the usage that a setting is: what it sets, with what is written and what that evaluates to."""
    rule = setting.rule
    assert setting.library.settings is not None
    name = rule.sets if rule.operation is not Operation.CONFIG else "value"
    written = argument_of(name, setting.bound, positions)
    arguments = [written if isinstance(setting.value, Items) else named(written, name_of(setting.value))]
    if rule.operation is Operation.CONFIG:
        told = {"sets": rule.sets, "unit": rule.unit}
        arguments += [Argument(key, text, Provenance.COMPUTED, None) for key, text in told.items() if text]
    return Usage(
        operation=rule.operation,
        is_call=False,
        symbol=f"{setting.library.settings.object}.{setting.name}",
        library=setting.library.id,
        language=LANGUAGE,
        tier=Tier.DIRECT,
        span=positions.span(setting.start, setting.end),
        definition=setting.definition,
        service=service,
        arguments=tuple(arguments),
    )


@dataclass(frozen=True)
class Values:
    """What the settings of one library are, by role or by what they set."""

    rule: PythonSettingsRule
    settings: tuple[Setting, ...]

    @cached_property
    def _by_name(self) -> Mapping[str, list[Setting]]:
        found: dict[str, list[Setting]] = {}
        for setting in self.settings:
            found.setdefault(setting.name, []).append(setting)
        return found

    def of(self, role: Role) -> list[Setting]:
        """Return where the setting of a role is set."""
        return self._by_name.get(self.rule.setting(role), [])

    def preferring(self, is_own: Callable[[Setting], bool]) -> Values:
        """Return these with one's own settings only, where there are any of a name."""
        own = {setting.name for setting in self.settings if is_own(setting)}
        return Values(self.rule, tuple(s for s in self.settings if s.name not in own or is_own(s)))

    def text(self, role: Role) -> str:
        """Return what the setting of a role is, of several values the first; its default if nobody sets it."""
        texts = [text for setting in self.of(role) for text in name_of(setting.value).texts if text != "none"]
        known = self.rule.known.get(self.rule.setting(role))
        return texts[0] if texts else known.default if known is not None else ""

    def given(self, calls: str) -> dict[str, Value]:
        """Return what calls of a kind are given where they leave it out, by argument."""
        return {setting.rule.sets: setting.value for setting in self.settings if setting.rule.of == calls}


class _Finder:
    """Finds the settings of one library."""

    def __init__(self, program: Program, library: PythonLibraryFile, rule: PythonSettingsRule) -> None:
        self._program = program
        self._evaluator = program.evaluator
        self._tables = Tables(program)
        self._library = library
        self._rule = rule
        self._names = rule.names()
        self._telling = re.compile(rule.telling)

    def found(self, routines: PythonRoutines, paths: Iterable[str]) -> Iterator[Setting]:
        """Yield all settings: first those in modules and classes, then those that calls are given."""
        index = self._program.index
        for path in paths:
            lowered = index.module(index.name_of(path))
            if lowered is None:
                continue
            whole = posixpath.basename(path).removesuffix(".py") in self._rule.modules
            blocks = [(MODULE_LEVEL, list(self._tables.of_module(lowered.name)))]
            blocks += [(name, list(self._tables.of_class(f"{lowered.name}.{name}"))) for name in lowered.classes]
            for definition, pairs in blocks:
                if whole or any(self._telling.match(p.name) and p.name in self._names for p in pairs):
                    yield from self._settings(pairs, definition, self._names)
        for use in routines.uses_of_libraries:
            written = use.written
            sets = self._program.library.of(written.symbol).rule.sets if written.is_call else ()
            if written.symbol.library == self._library.id and sets:
                prefix = written.arguments.get("namespace")
                names = self._names if prefix is None else self._rule.names(f"{_text(self._evaluator.force(prefix))}_")
                held = [written.arguments[name] for name in sets if name in written.arguments]
                pairs = [pair for bound in held for pair in self._tables.within(bound)]
                if OTHERS in sets:
                    own = {name: bound for name, bound in written.arguments.items() if name in self._rule.known}
                    pairs += self._tables.by_name(own | dict(written.others), written.site.start, written.site.end)
                yield from self._settings(pairs, use.definition, names)

    def _settings(self, pairs: Iterable[Pair], definition: str, names: Mapping[str, str]) -> Iterator[Setting]:
        for pair in pairs:
            name = names.get(pair.name, "")
            rule = self._rule.known.get(name)
            if rule is None:
                continue
            self._evaluator.start()
            value = self._evaluator.normal(self._evaluator.force(pair.bound))
            if rule.only and not any(re.match(rule.only, text) for text in name_of(value).texts):
                continue
            module = pair.bound.environment.module
            yield Setting(self._library, name, rule, module, definition, pair.start, pair.end, pair.bound, value)


def _text(value: Value) -> str:
    return value.text if isinstance(value, Text) else ""
