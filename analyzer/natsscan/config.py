from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import msgspec

from natsscan.model.errors import InputError
from natsscan.source.read import MAX_FILE_SIZE
from natsscan.source.tomltext import load_toml


class Attest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says of a task of a checklist, named by its text or id, that no tree can show."""

    task: str
    who: str
    when: str = ""
    note: str = ""


class Config(msgspec.Struct, frozen=True, rename="kebab"):
    """What `natsscan.toml`, or `[tool.natsscan]` in `pyproject.toml`, may set. Every key has a flag of the same name.

    `rules` are folders of rule files, relative to the file; `exclude` patterns in `.gitignore` syntax;
    `max_file_size` is in bytes; `baseline` a file, relative too. `attest` has no flag: it says who vouches for tasks
    of a checklist.
    """

    rules: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_file_size: int = MAX_FILE_SIZE
    fail_on: Literal["never", "note", "warning", "error"] = "never"
    strict: bool = False
    baseline: str | None = None
    attest: tuple[Attest, ...] = ()


_NAMES = ("natsscan.toml", "pyproject.toml")


def load_config(start: Path, root: Path) -> tuple[Config, Path | None]:
    """Return the configuration that holds for `start`, and its file: the nearest one up to `root`, else the defaults.

    Raises InputError for broken TOML, an unknown key or a value of the wrong kind.
    """
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        found = _first(candidate, _on_disk)
        if found is not None:
            return found
        if candidate == root:
            break
    return Config(), None


def config_in(read: Callable[[str], bytes | None]) -> Config:
    """Return the configuration at the top of a tree whose files are read by their paths. Raises InputError likewise."""
    found = _first(Path(), lambda path: read(path.name))
    return Config() if found is None else found[0]


def _first(folder: Path, read: Callable[[Path], bytes | None]) -> tuple[Config, Path] | None:
    for name in _NAMES:
        path = folder / name
        try:
            data = read(path)
            text = None if data is None else data.decode()
            values = None if text is None else _section(path, text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            if name == "pyproject.toml":
                continue  # not ours to judge
            raise InputError.at(path, None, f"cannot be read as TOML: {error}") from error
        if text is not None and values is not None:
            return _convert(values, path, text), path
    return None


def _on_disk(path: Path) -> bytes | None:
    if not path.is_file():
        if path.name == _NAMES[0] and os.path.lexists(path):
            raise InputError(f"{path}: is no regular file; natsscan is configured by one of this name")
        return None
    return path.read_bytes()


def _section(path: Path, text: str) -> dict[str, object] | None:
    content = load_toml(text)
    if path.name == "natsscan.toml":
        return content
    tool = content.get("tool")
    section = tool.get("natsscan") if isinstance(tool, dict) else None
    return section if isinstance(section, dict) else None


def _convert(values: dict[str, object], path: Path, text: str) -> Config:
    known = [field.encode_name for field in msgspec.structs.fields(Config)]
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"
            raise InputError.at(path, _line_of(text, key), f"unknown option `{key}`; {hint}")
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        message = str(error)
        key = message.rpartition("$.")[2].split("[")[0].rstrip("`")
        raise InputError.at(path, _line_of(text, key), message) from error


def _line_of(text: str, key: str) -> int | None:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.split("=")[0].strip().strip("\"'") == key:
            return number
    return None
