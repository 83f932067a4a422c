"""Which repositories a fleet has: those of a list, or the checkouts in a folder."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from natsscan.fleet.sources import fault_of_revision, fault_of_url, is_url, parts_of
from natsscan.model.errors import InputError
from natsscan.model.fleet import Repository
from natsscan.source.discover import GENERATED_FOLDERS

_LEVELS = 3
_LONGEST_NAME = 100
_UNNAMABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE = "write one repository to a line: PATH-OR-URL [REVISION]"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A source with what was asked for of it; the line is 0 in a folder."""

    source: str
    revision: str = ""
    line: int = 0

    @property
    def what(self) -> tuple[str, str]:
        """Return what tells it from others: the same path or address can be written in several ways."""
        url = self.source.rstrip("/").removesuffix(".git")
        source = url if is_url(url) else os.path.realpath(self.source)
        return source, "" if self.revision == "HEAD" else self.revision


def read_repositories(path: Path) -> tuple[Repository, ...]:
    """Return the repositories that a list names, or those in a folder, sorted by name.

    A list has one to a line: a path, from the list's folder, or a URL as git takes it, and a revision if it is not to
    be the newest; blank lines and what follows a `#` are left out. In a folder they are the checkouts and the bare
    repositories (`name.git`) up to three levels down; neither links nor folders inside of one are followed.

    Names are the last part of path or URL, with as many parts before it as tell it from others, and safe as names of
    files. Raises InputError, with file and line, for what is no such list, and if there is no repository.
    """
    if path.is_dir():
        entries = [_Entry(str(found)) for found in _checkouts(path.resolve(), _LEVELS)]
        if not entries:
            raise InputError(
                f"{path}: no git checkout and no bare repository (name.git) up to {_LEVELS} levels down; name the "
                "folder that holds them, or a file that lists one path or URL to a line"
            )
    else:
        entries = _listed(path)
        _refuse_repeated(path, entries)
    _refuse_unnamable(entries)
    names = _names(entries)
    return tuple(sorted(Repository(name, e.source, e.revision) for name, e in zip(names, entries, strict=True)))


def is_bare(folder: Path) -> bool:
    """Tell whether a folder is a git repository without a checkout."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def is_checkout(folder: Path) -> bool:
    """Tell whether a folder is a checkout of a git repository."""
    return (folder / ".git").exists()


def _listed(path: Path) -> list[_Entry]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError.at(path, None, f"{reason}; name a list of repositories, or a folder of checkouts") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise InputError.at(path, line, "not UTF-8 here; save the list as UTF-8") from error
    folder = path.resolve().parent
    entries = []
    for line, content in enumerate(text.split("\n"), 1):
        words = list(_words(content))
        if words:
            fault = _fault(words, folder)
            if fault:
                raise InputError.at(path, line, fault)
            source = words[0] if is_url(words[0]) else os.path.abspath(folder / words[0])  # noqa: PTH100 - keeps links
            entries.append(_Entry(source, words[1] if len(words) > 1 else "", line))
    if not entries:
        raise InputError.at(path, None, f"no repository is listed; {_LINE}")
    return entries


def _words(content: str) -> Iterator[str]:
    """Yield the words of a line up to a `#` that begins one; inside of a word it is a part of that."""
    for word in content.replace("\t", " ").rstrip("\r").split(" "):
        if word.startswith("#"):
            return
        if word:
            yield word


def _fault(words: Sequence[str], folder: Path) -> str:
    """Return what is wrong with a line. Nothing of it is repeated: it may hold a secret."""
    if len(words) > 2:
        return f"{len(words)} words; {_LINE}"
    of_url = is_url(words[0])
    fault = fault_of_url(words[0]) if of_url else _fault_of_path(folder / words[0], words[0])
    return fault or (fault_of_revision(words[1], of_url) if len(words) > 1 else "")


def _fault_of_path(path: Path, written: str) -> str:
    if "\0" in written or not path.exists():
        shown = f"{written}: " if written.isprintable() and "@" not in written else ""
        return f"{shown}no such folder; paths are taken from the folder of this list"
    return "" if path.is_dir() else "a file; name the folder of a checkout, or a bare repository"


def _refuse_repeated(path: Path, entries: Sequence[_Entry]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        first = seen.setdefault(entry.what, entry.line)
        if first != entry.line:
            reason = f"the same repository and revision as in line {first}; take one of the lines out"
            raise InputError.at(path, entry.line, reason)


def _checkouts(folder: Path, levels: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            names = sorted(each.name for each in found if each.is_dir(follow_symlinks=False))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError.at(folder, None, f"{reason}; let it be read, or list the repositories in a file") from error
    for name in names:
        inner = folder / name
        if name in GENERATED_FOLDERS:
            continue
        if is_checkout(inner) or (name.endswith(".git") and is_bare(inner)):
            yield inner
        elif levels > 1:
            yield from _checkouts(inner, levels - 1)


def _refuse_unnamable(entries: Sequence[_Entry]) -> None:
    """Refuse what no report and no message of one line could name."""
    for entry in entries:
        if _UNNAMABLE.search(entry.source):
            shown = os.fsencode(entry.source).decode(errors="backslashreplace").encode("unicode_escape").decode()
            raise InputError(f"{shown}: its name is not UTF-8, or has control characters; rename it")


def _names(entries: Sequence[_Entry]) -> list[str]:
    """Return a name for each: its last part, and as many before it as it takes to tell it from the others."""
    sources = Counter(entry.what[0] for entry in entries)
    parts = []
    for entry in entries:
        own = parts_of(entry.source)
        revision = f"-{entry.revision}" if entry.revision and sources[entry.what[0]] > 1 else ""
        parts.append((*own[:-1], (own[-1] if own else "repository") + revision))
    depths = [1] * len(entries)
    while True:
        names = [_harmless("-".join(each[-depth:])) for each, depth in zip(parts, depths, strict=True)]
        shared = _shared(names)
        deeper = [at for at in shared if depths[at] < len(parts[at])]
        if not deeper:
            break
        for at in deeper:
            depths[at] += 1
    for at in shared:
        names[at] += "-" + blake2b(f"{entries[at].source} {entries[at].revision}".encode(), digest_size=8).hexdigest()
    return names


def _shared(names: Sequence[str]) -> list[int]:
    """Return which names others have too; disks may take upper and lower case for the same."""
    counted = Counter(name.casefold() for name in names)
    return [at for at, name in enumerate(names) if counted[name.casefold()] > 1]


def _harmless(name: str) -> str:
    """Return a name that is one on every disk, and leads out of no folder; a long one is cut."""
    kept = "".join(each if each.isprintable() and each not in '/\\:*?"<>|' else "-" for each in name)
    kept = unicodedata.normalize("NFC", kept).lstrip("-. ").rstrip(". ")
    if len(kept.encode()) <= _LONGEST_NAME:
        return kept or "repository"
    digest = blake2b(kept.encode(), digest_size=8).hexdigest()
    return f"{kept.encode()[: _LONGEST_NAME - len(digest) - 1].decode(errors='ignore')}-{digest}"
