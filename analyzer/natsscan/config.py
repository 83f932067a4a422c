from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import msgspec

from natsscan.model.errors import InputError
from natsscan.source.read import MAX_FILE_SIZE


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


def load_config(start: Path, root: Path) -> tuple[Config, Path | None]:
    """Return the configuration that holds for `start`, and its file: the nearest one up to `root`, else the defaults.

    Raises InputError for broken TOML, an unknown key or a value of the wrong kind.
    """
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        for name in ("natsscan.toml", "pyproject.toml"):
            path = candidate / name
            if path.is_file() and (values := _read(path)) is not None:
                return _convert(values, path), path
        if candidate == root:
            break
    return Config(), None


def _read(path: Path) -> dict[str, object] | None:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        if path.name == "pyproject.toml":
            return None  # not ours to judge
        raise InputError.at(path, None, f"cannot be read as TOML: {error}") from error
    if path.name == "natsscan.toml":
        return content
    tool = content.get("tool")
    section = tool.get("natsscan") if isinstance(tool, dict) else None
    return section if isinstance(section, dict) else None


def _convert(values: dict[str, object], path: Path) -> Config:
    known = [field.encode_name for field in msgspec.structs.fields(Config)]
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"
            raise InputError.at(path, _line_of(path, key), f"unknown option `{key}`; {hint}")
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        message = str(error)
        key = message.rpartition("$.")[2].split("[")[0].rstrip("`")
        raise InputError.at(path, _line_of(path, key), message) from error


def _line_of(path: Path, key: str) -> int | None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.split("=")[0].strip().strip("\"'") == key:
            return number
    return None
