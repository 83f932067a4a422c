"""The templates of the inventory and of what is shown like it: the bundled ones; those of a user come first."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from natsscan.catalog.escape import visible
from natsscan.catalog.markdown import Safe, prose
from natsscan.catalog.rulefiles import bundled
from natsscan.model.errors import InputError

OWN = bundled("templates") / "inventory"


class Templates:
    """Renders documents in a sandbox. What comes from scanned code is escaped unless a filter has done so.

    `own` are the folders of the bundled ones, the nearest first. Raises InputError for a `folder` that is none, has no
    template of the inventory, or one that is not UTF-8.
    """

    def __init__(self, folder: Path | None, own: tuple[Path, ...] = (OWN,)) -> None:
        self.folders = own if folder is None else (folder, *own)
        self._own = own
        if folder is not None:
            _check(folder)

    def file(self, name: str) -> Path:
        """Return where the template of a name is."""
        return next(
            path
            for path in (folder / name for folder in self.folders)
            if path.is_file() or path.parent == self._own[-1]
        )

    def render(self, name: str, filters: Mapping[str, Callable[..., object]], values: Mapping[str, object]) -> str:
        """Return a document. Raises InputError, with file and line, for a template of the user's that is broken."""
        is_html = name.endswith(".html")
        environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(self.folders),
            autoescape=(lambda each: each is None or each.endswith((".html", ".svg"))) if is_html else False,
            finalize=shown if is_html else _prose,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=not is_html,
        )
        environment.filters |= filters
        try:
            return environment.get_template(name).render(values)
        except TemplateSyntaxError as error:
            raise InputError.at(error.filename or str(error.name), error.lineno, str(error.message)) from error
        except Exception as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> Exception:
        """Return an error of the user's template as one about its line; any other is ours and stays."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if Path(frame.filename).parent == self.folders[0] != self._own[0]:
                return InputError.at(frame.filename, frame.lineno, " ".join(str(error).split()))
        return error


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"--templates {folder}: no such folder")
    known = sorted(path.name for path in OWN.iterdir())
    if not any((folder / name).is_file() for name in known):
        raise InputError(f"--templates {folder}: has no template of the inventory; these are {', '.join(known)}")
    for path in sorted(folder.iterdir()):
        try:
            if path.is_file():
                path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError.at(path, None, f"cannot be read as UTF-8 text: {error}") from error


def shown(value: object) -> object:
    """Return what a template for HTML is to show, with controls in it made visible; markup stays as it is."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(value: object) -> object:
    return value if isinstance(value, Safe | int | float) else prose(str(value))
