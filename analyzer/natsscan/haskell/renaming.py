"""Giving modules other names in a file that imports them: in import lines, export lists and qualified names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from natsscan.haskell.lexemes import Lexeme, Sort, lexemes
from natsscan.haskell.masking import mask_literate
from natsscan.haskell.reader import parse_file
from natsscan.model.source import SourceFile

# What may stand between `import` and a module, a package's name aside; the braces of a pragma are one lexeme short.
_BEFORE_MODULE = frozenset({b"safe", b"qualified", b"quote", b"splice", b"SOURCE", b"#-", b"}"})
# What may stand before an import line on its line.
_BEFORE_IMPORT = frozenset({b";", b"{", b"where"})
# What follows a module in an export list, and not in a header; a directive may stand between.
_BEHIND_EXPORT = frozenset({b",", b")", b"#"})
_DEFINE = re.compile(rb"#[ \t]*define\b")
_UNLIKE = "natsscan and its parser read the import lines here differently."
_OTHER_PACKAGE = "The module of this name comes from two packages here."
_IN_QUOTE = "A quasi-quoted text names the module, and natsscan does not know how it is read."
_IN_MACRO = "A macro of the preprocessor stands for the module here."
_VERSION = "It asks for the version of the package, which is another one then."


@dataclass(frozen=True, slots=True)
class Renaming:
    """The new name of each module, and of each package that an import line may name them with."""

    modules: Mapping[str, str]
    packages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Renamed:
    """What is replaced in a file: byte offsets and the new bytes, in order; empty if it imports none of the modules.

    `refusals` say why it cannot be, each with the offset that it is about; then nothing is replaced.
    """

    replaced: tuple[tuple[int, int, bytes], ...] = ()
    refusals: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _ImportLine:
    """The parts of an import line."""

    module: Lexeme
    package: Lexeme | None
    alias: Lexeme | None


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's lexemes: its import lines, its own name in each header, and modules that it exports as a whole."""

    lexemes: tuple[Lexeme, ...]
    imports: tuple[_ImportLine, ...]
    own: tuple[Lexeme, ...]
    exported: tuple[Lexeme, ...]


def rename(source: SourceFile, renaming: Renaming) -> Renamed:
    """Return what is replaced in a Haskell file.

    A module that is imported without an alias is renamed as a qualifier too, wherever it stands. Comments, texts and
    everything else stay. A file that defines one of the modules has nothing replaced.
    """
    names = {old.encode(): new.encode() for old, new in renaming.modules.items()}
    if not any(name in source.data for name in names):
        return Renamed()
    text = _read(source)
    if any(own.text in names for own in text.own):
        return Renamed()
    packages = {f'"{old}"'.encode(): f'"{new}"'.encode() for old, new in renaming.packages.items()}
    named = [line for line in text.imports if line.module.text in names]
    ours = [line for line in named if line.package is None or line.package.text in packages]
    bare = frozenset(line.module.text for line in ours if line.alias is None)
    foreign = [line for line in named if line not in ours and line.module.text in bare]
    refusals = {(line.module.start, _OTHER_PACKAGE) for line in foreign}
    refusals.update(_unlike(source, ours, renaming), _unreadable(text.lexemes, bare, renaming) if ours else ())
    refusals.update((each.start, _IN_MACRO) for each in text.lexemes if each.text in names and _is_macro(source, each))
    if refusals:
        return Renamed((), tuple(sorted(refusals)))
    replaced = {(line.module.start, line.module.end): names[line.module.text] for line in ours}
    for line in ours:
        if line.package is not None:
            replaced[line.package.start, line.package.end] = packages[line.package.text]
    for start, end in _qualifiers(text, bare):
        replaced[start, end] = names[source.data[start:end]]
    return Renamed(tuple((start, end, new) for (start, end), new in sorted(replaced.items())))


def defined(source: SourceFile) -> str:
    """Return the name that the header of a Haskell file gives its module; empty without a header."""
    own = _read(source).own
    return own[0].text.decode(errors="replace") if own else ""


def qualified(source: SourceFile) -> Iterator[Lexeme]:
    """Yield the qualified names in the code of a Haskell file; those of modules are none."""
    return _qualified(_read(source))


def _read(source: SourceFile) -> _Text:
    code = mask_literate(source.data) if source.path.endswith(".lhs") else source.data
    found = tuple(lexemes(code))
    own: list[Lexeme] = []
    exported: list[Lexeme] = []
    for first, before, lexeme, behind in zip((None, *found), found, found[1:], (*found[2:], None), strict=False):
        is_annotation = first is not None and first.text == b"ANN"
        if before.text == b"module" and before.sort is Sort.LOWER and lexeme.sort is Sort.UPPER and not is_annotation:
            is_exported = bool(own) and behind is not None and behind.text in _BEHIND_EXPORT
            (exported if is_exported else own).append(lexeme)
    return _Text(found, tuple(_import_lines(found, code)), tuple(own), tuple(exported))


def _import_lines(found: Sequence[Lexeme], code: bytes) -> Iterator[_ImportLine]:
    """Yield the import lines in all branches of the preprocessor: each begins its line, or follows what ends one."""
    for at, lexeme in enumerate(found):
        is_first = not code[code.rfind(b"\n", 0, lexeme.start) + 1 : lexeme.start].strip(b" \t\xef\xbb\xbf")
        if lexeme.text != b"import" or not (is_first or (at and found[at - 1].text in _BEFORE_IMPORT)):
            continue
        package: Lexeme | None = None
        place = at + 1
        while place < len(found) and (found[place].text in _BEFORE_MODULE or found[place].sort is Sort.STRING):
            package = found[place] if found[place].sort is Sort.STRING else package
            place += 1
        if place < len(found) and found[place].sort is Sort.UPPER:
            yield _ImportLine(found[place], package, _alias(found, place + 1))


def _alias(found: Sequence[Lexeme], place: int) -> Lexeme | None:
    """Return the alias behind the module of an import line."""
    if place < len(found) and found[place].text == b"qualified":
        place += 1
    behind = found[place : place + 2]
    is_alias = len(behind) > 1 and behind[0].text == b"as" and behind[1].sort is Sort.UPPER
    return behind[1] if is_alias else None


def _unlike(source: SourceFile, ours: Sequence[_ImportLine], renaming: Renaming) -> Iterator[tuple[int, str]]:
    """Yield where the parser sees an import of one of the modules, and no import line was found."""
    starts = {line.module.start for line in ours}
    for module in parse_file(source):
        for line in module.imports:
            text = source.data[line.start : line.end]
            named = re.search(rb'"([^"\n]*)"\s+' + re.escape(line.module.encode()), text)
            is_ours = named is None or named[1].decode(errors="replace") in renaming.packages
            if line.module in renaming.modules and is_ours and not any(line.start < at < line.end for at in starts):
                yield line.start, _UNLIKE


def _unreadable(found: Sequence[Lexeme], bare: frozenset[bytes], renaming: Renaming) -> Iterator[tuple[int, str]]:
    """Yield what would not mean the same under a new name, or cannot be told."""
    versions = {b"MIN_VERSION_" + package.replace("-", "_").encode() for package in renaming.packages}
    for lexeme in found:
        if lexeme.sort is Sort.QUOTE and any(name + b"." in lexeme.text for name in bare):
            yield lexeme.start, _IN_QUOTE
        elif lexeme.text in versions:
            yield lexeme.start, _VERSION


def _is_macro(source: SourceFile, lexeme: Lexeme) -> bool:
    """Tell whether a lexeme is all or a part of what a macro is defined as."""
    line = source.data[source.data.rfind(b"\n", 0, lexeme.start) + 1 : lexeme.start]
    return _DEFINE.match(line) is not None


def _qualifiers(text: _Text, bare: frozenset[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where modules stand as qualifiers: before names, as an alias, and behind `module` in the export list."""
    aliases = (line.alias for line in text.imports if line.alias is not None)
    for lexeme in (*text.exported, *aliases):
        if lexeme.text in bare:
            yield lexeme.start, lexeme.end
    for lexeme in _qualified(text):
        if lexeme.qualifier in bare:
            yield lexeme.start, lexeme.start + len(lexeme.qualifier)


def _qualified(text: _Text) -> Iterator[Lexeme]:
    imported = (part for line in text.imports for part in (line.module, line.alias) if part is not None)
    modules = {lexeme.start for lexeme in (*text.own, *text.exported, *imported)}
    return (each for each in text.lexemes if each.qualifier and each.start not in modules)
