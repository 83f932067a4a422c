"""Where something went that a checklist names and that is not there: by git's history, by its name, by likeness."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from natsscan.checklist.tree import Tree
from natsscan.model.checklist import Evidence
from natsscan.source.history import Departure

_MOST = 3
# A shorter name of a module, such as `Client`, is in many that have nothing to do with it.
_TELLING = 10


def find(names: Iterable[str], tree: Tree, departed: Mapping[str, Departure]) -> dict[str, tuple[Evidence, ...]]:
    """Return, for names that are not in the tree, places where what they mean may be; the likeliest first.

    `departed` is what git knows of them. What is in neither is in the result with nothing.
    """
    return {name: _moved(name, tree, departed.get(name)) or _alike(name, tree) for name in names}


def _moved(name: str, tree: Tree, departure: Departure | None) -> tuple[Evidence, ...]:
    if departure is None:
        return ()
    there = [path for path in departure.moved_to if path in tree.paths or path in tree.folders]
    said = f"it went in {departure.commit}"
    if there:
        return tuple(Evidence(path, 0, f"{said}, to {path}") for path in there[:_MOST])
    alike = _alike(name, tree)
    if alike:
        return tuple(Evidence(each.path, 0, f"{said}; {each.note}") for each in alike)
    return (Evidence(name, 0, f"{said}, and nothing like it is in the tree"),)


def _alike(name: str, tree: Tree) -> tuple[Evidence, ...]:
    """Return what has the same name elsewhere, or a module whose name has the name in it."""
    above, bare = posixpath.split(name.rstrip("/"))
    first, last = name.partition("/")[0], posixpath.basename(above)
    if name.endswith("/"):
        folders = (f for f in tree.folders if posixpath.basename(f.rstrip("/")) == bare and f.startswith(f"{first}/"))
        return _named("of that name there is", folders)
    same = [path for path in tree.paths if path.endswith(f"/{last}/{bare}" if last else f"/{bare}")]
    if same:
        return _named("of that name there is", same)
    module = bare.partition(".")[0] if tree.is_program(bare) else bare.rpartition(".")[2]
    if len(module) < _TELLING or not module[:1].isupper():
        return ()
    work = {finding.usage.span.path for finding in (*tree.old, *tree.new)}
    alike = (p for names, paths in tree.modules.items() if module in names.rpartition(".")[2] for p in paths)
    return _named("a module of a like name is", {path for path in alike if path in work})


def _named(said: str, paths: Iterable[str]) -> tuple[Evidence, ...]:
    return tuple(Evidence(path, 0, f"{said} {path}") for path in sorted(paths)[:_MOST])
