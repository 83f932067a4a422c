"""The files that hold rules and templates, found before any of them is read."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from natsscan.model.errors import InputError


def bundled(name: str) -> Path:
    """Return the folder `rules` or `templates` that comes with natsscan, in an installed wheel or in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data" / name
    return installed if installed.is_dir() else package.parents[1] / name


def rule_files(folder: Path) -> list[Path]:
    """Return the rule files below a folder, sorted. Raises InputError if there is no such folder."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such rules folder; --rules takes a folder of YAML files")
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))
    for path in found:
        if not path.is_file():
            raise InputError(f"{path}: is no regular file; rule files are")
    return found


def rules_digest(extra: Iterable[Path] = ()) -> str:
    """Return a digest that changes when any byte of the bundled rules, or of those in the folders `extra`, does.

    Raises InputError for a folder or file that cannot be read.
    """
    digest = blake2b(digest_size=8)
    for path in (path for folder in (bundled("rules"), *extra) for path in rule_files(folder)):
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise InputError.at(path, None, f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    return digest.hexdigest()
