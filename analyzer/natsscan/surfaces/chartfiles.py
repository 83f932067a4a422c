"""What Chart.yaml, requirements.yaml and helmfiles say of charts: which ones they need, and with which values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from natsscan.surfaces.yamlgrammar import Fault
from natsscan.surfaces.yamltree import Entry, YamlTree, read_template

_FILE_LISTS = ("values", "secrets")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A chart that another one needs: its name, the key of its values there, whence it comes, and where that stands."""

    name: str
    key: str
    repository: str
    offset: int


@dataclass(frozen=True, slots=True)
class Release:
    """A chart that a helmfile installs, and the files of values for it, as written; none of those a template names."""

    chart: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChartFile:
    """What a Chart.yaml or requirements.yaml says; `name` is empty where it says none."""

    name: str
    dependencies: tuple[Dependency, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Helmfile:
    """What a helmfile says: its releases, and the files of values for its own templates, those of all environments."""

    releases: tuple[Release, ...]
    environments: tuple[str, ...]
    faults: tuple[Fault, ...]


def read_chart(data: bytes) -> ChartFile:
    """Read a Chart.yaml or a requirements.yaml."""
    tree = read_template(data)
    dependencies = []
    for item in _items(tree, "dependencies"):
        name = _text(tree, item, "name")
        if name:
            key, repository = _text(tree, item, "alias") or name, _text(tree, item, "repository")
            dependencies.append(Dependency(name, key, repository, item.value[0]))
    top = next((entry.text for entry in tree.entries if entry.path == ("name",) and entry.key), "")
    return ChartFile(top, tuple(dependencies), tuple(tree.faults))


def read_helmfile(data: bytes) -> Helmfile:
    """Read a helmfile, all documents of it."""
    tree = read_template(data)
    releases = {item.place: _text(tree, item, "chart") for item in _items(tree, "releases")}
    lists: dict[int, int] = {}
    for place in releases:
        for name in _FILE_LISTS:
            listed = tree.child(place, name)
            if listed is not None:
                lists[listed.place] = place
    files: dict[int, list[str]] = {}
    for entry in tree.entries:
        if entry.key is None and entry.parent in lists and entry.text and not entry.actions:
            files.setdefault(lists[entry.parent], []).append(entry.text)
    found = (Release(chart, tuple(files.get(place, ()))) for place, chart in releases.items() if chart)
    environments = dict.fromkeys(
        entry.text
        for entry in tree.entries
        if entry.key is None and entry.path[:1] == ("environments",) and entry.path[2:] == ("values",)
        if entry.text and not entry.actions
    )
    return Helmfile(tuple(found), tuple(environments), tuple(tree.faults))


def _items(tree: YamlTree, name: str) -> Iterator[Entry]:
    """Yield the items of the list at a top-level key, of all documents of a file."""
    lists = {entry.place for entry in tree.entries if entry.path == (name,) and entry.key and entry.holder < 0}
    yield from (entry for entry in tree.entries if entry.key is None and entry.parent in lists)


def _text(tree: YamlTree, item: Entry, name: str) -> str:
    entry = tree.child(item.place, name)
    return entry.text if entry is not None else ""
