"""What clean-up would take away though something that stays still needs it: it stays too, for people to look at."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from natsscan.model.finding import Finding
from natsscan.model.patch import Applicability, Patch, Stage
from natsscan.model.span import Span
from natsscan.patches.engine import apply
from natsscan.patches.helmfiles import Helmfiles
from natsscan.source.kinds import is_document
from natsscan.surfaces.chartfiles import read_helmfile

_NAMED = "{} still names it."
_READ = "{} still reads it."
_COMMENTS = (b"#", b"//", b"--")
# In Nix a folder is named for the file of this name in it.
_OF_FOLDER = "default.nix"
_PATH = rb"[\w./${}@+~-]*"


@dataclass(frozen=True, slots=True)
class Held:
    """Findings of one file that stay, and why."""

    path: str
    reason: str
    findings: tuple[Finding, ...]


def hold(
    patches: Iterable[Patch],
    findings: Iterable[Finding],
    helmfiles: Helmfiles,
    read: Callable[[str], bytes | None],
    paths: Iterable[str],
) -> tuple[tuple[Patch, ...], tuple[Held, ...]]:
    """Return patches without what has to stay, and the findings that this is about.

    A file stays if another one names it by its path, and a value of a helmfile if a template that is left reads it.
    `read` gives the bytes of a file of the project, `paths` are all its files.
    """
    patches, found = tuple(patches), list[Held]()
    at = {finding.usage.span: finding for finding in findings}
    texts = _Texts(read, tuple(paths))
    while True:
        after = apply_all(patches, read)
        held = next((each for patch in patches for each in _needed(patch, at, helmfiles, texts, after)), None)
        if held is None:
            return tuple(patch for patch in patches if patch.paths or patch.instructions), tuple(found)
        patch, without, why = held
        found.append(why)
        patches = tuple(without if each is patch else each for each in patches)


def apply_all(patches: Iterable[Patch], read: Callable[[str], bytes | None]) -> dict[str, bytes | None]:
    """Return the files that patches change, as all of them leave them; manual ones change none."""
    made = [patch for patch in patches if patch.applicability is not Applicability.MANUAL]
    return apply({path: read(path) for patch in made for path in patch.paths}, made)


def _needed(
    patch: Patch,
    at: Mapping[Span, Finding],
    helmfiles: Helmfiles,
    texts: _Texts,
    after: Mapping[str, bytes | None],
) -> Iterator[tuple[Patch, Patch, Held]]:
    """Yield what has to stay of a patch that cleans up: the patch, the same without it, and what stays."""
    if patch.stage is not Stage.CLEAN_UP or patch.applicability is Applicability.MANUAL:
        return
    findings = [at[span] for span in patch.at if span in at]
    folders = {posixpath.dirname(gone.path) for gone in patch.removes if posixpath.basename(gone.path) == "Chart.yaml"}
    for gone in patch.removes:
        if any(gone.path.startswith(f"{folder}/") for folder in folders):
            continue  # a chart goes as a whole, and is named by its folder
        name = texts.name_of(gone.path, after)
        if name is not None:
            mine = tuple(finding for finding in findings if finding.usage.span.path == gone.path)
            left = replace(patch, removes=tuple(each for each in patch.removes if each != gone))
            yield patch, _without(left, mine), Held(gone.path, _NAMED.format(name), mine)
    for edit in patch.edits:
        mine = tuple(
            f for f in findings if f.usage.span.path == edit.path and edit.start <= f.usage.span.start < edit.end
        )
        reader = next((name for f in mine if (name := _reader(f, helmfiles, texts.read, after)) is not None), None)
        if reader is not None:
            left = replace(patch, edits=tuple(each for each in patch.edits if each != edit))
            yield patch, _without(left, mine), Held(edit.path, _READ.format(reader), mine)


def _without(patch: Patch, findings: Sequence[Finding]) -> Patch:
    """Return a patch that says nothing of some findings."""
    prints, spans = {finding.fingerprint for finding in findings}, {finding.usage.span for finding in findings}
    return replace(
        patch,
        answers=tuple(each for each in patch.answers if each not in prints),
        at=tuple(each for each in patch.at if each not in spans),
    )


def _reader(
    finding: Finding,
    helmfiles: Helmfiles,
    read: Callable[[str], bytes | None],
    after: Mapping[str, bytes | None],
) -> str | None:
    """Return the template that still reads a value which a helmfile has for templates, None if none does."""
    path, parts = finding.usage.span.path, finding.usage.symbol.split(".")
    for helmfile, environment in sorted(helmfiles.environments.items()):
        if path == helmfile and parts[0] == "environments":
            name = parts[3] if len(parts) > 3 else ""
        elif path in environment:
            name = parts[0]
        else:
            continue
        left = after.get(helmfile, read(helmfile))
        folder = posixpath.dirname(helmfile)
        files = (file for release in read_helmfile(left or b"").releases for file in release.files)
        readers = [helmfile, *(posixpath.normpath(posixpath.join(folder, file)) for file in files)]
        asks = re.compile(rb"\.Values\." + re.escape(name.encode()) + rb"(?!\w)")
        for reader in dict.fromkeys(readers):
            text = after.get(reader, read(reader))
            if name and text is not None and asks.search(text):
                return reader
    return None


class _Texts:
    """The files of a project, searched for the names of others."""

    def __init__(self, read: Callable[[str], bytes | None], paths: Sequence[str]) -> None:
        self.read = read
        self._paths = dict.fromkeys(path for path in sorted(paths) if not is_document(path))
        self._having: dict[str, tuple[str, ...]] = {}

    def name_of(self, path: str, after: Mapping[str, bytes | None]) -> str | None:
        """Return the file that names another one, as some patches leave them; None if none does."""
        is_folders = posixpath.basename(path) == _OF_FOLDER and "/" in path
        named = posixpath.dirname(path) if is_folders else path
        name = posixpath.basename(named).encode()
        if path not in self._having:
            self._having[path] = tuple(each for each in self._paths if name in (self.read(each) or b""))
        pattern = re.compile(rb"(?<![\w.$/{}-])(" + _PATH + rb")(?<![\w-])" + re.escape(name) + rb"(?![\w-]|\.\w)")
        for other in dict.fromkeys([*self._having[path], *after]):
            text = after[other] if other in after else self.read(other)
            if other != path and text is not None and name in text:
                lines = (line for line in text.splitlines() if name in line and not line.lstrip().startswith(_COMMENTS))
                folders = (found[1].decode(errors="replace") for line in lines for found in pattern.finditer(line))
                if any(self._leads(folder, other, named) for folder in folders if folder or not is_folders):
                    return other
        return None

    def _leads(self, folder: str, origin: str, path: str) -> bool:
        """Tell whether the folder before a file's name, in a file, may be that of the file with a path.

        What a variable stands for, and a path in a container, may be anything.
        """
        near, (wanted, name) = posixpath.dirname(origin), posixpath.split(path)
        if folder.startswith("/"):
            return True
        if not folder:  # a file that is beside it is meant, if there is one
            return near == wanted or posixpath.join(near, name) not in self._paths
        if not folder.endswith("/"):
            return False
        if posixpath.normpath(posixpath.join(near, folder)) == (wanted or "."):
            return True
        known = re.split(r"[^/]*[${}~][^/]*/", folder)[-1]
        parts = [part for part in known.split("/") if part not in ("", ".", "..")]
        return not parts or wanted.split("/")[-len(parts) :] == parts
