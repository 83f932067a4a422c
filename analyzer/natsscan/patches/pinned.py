"""What cannot move: programs that come as released images or charts read their configuration as they always did."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from natsscan.catalog.broker import Broker
from natsscan.model.source import FileKind, SourceFile
from natsscan.source.kinds import is_helmfile
from natsscan.surfaces.chartfiles import read_helmfile
from natsscan.surfaces.helmmask import find_actions, mask
from natsscan.surfaces.yamltree import YamlTree, read_yaml

_SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Pinned:
    """What cannot move, each with the image or chart that it belongs to.

    `files` are configurations by their paths, `services` those of compose files by path and name. In the `folders` of
    such compose files the broker has to stay.
    """

    files: Mapping[str, str]
    services: Mapping[tuple[str, str], str]
    folders: frozenset[str]

    def keeps_broker(self, path: str) -> bool:
        """Tell whether a file is below a folder in which the broker has to stay."""
        return any(path.startswith(folder + "/") or not folder for folder in self.folders)


def find_pinned(sources: Iterable[SourceFile], broker: Broker) -> Pinned:
    """Return what cannot move, of files that have to do with the broker.

    A compose service is one if it has an image, is not built here, and mounts a configuration with the broker in it;
    values are if all releases that get them install charts from elsewhere.
    """
    sources = tuple(sources)
    configs = {source.path for source in sources if source.kind in (FileKind.YAML, FileKind.HELM_VALUES)}
    files: dict[str, str] = {}
    services: dict[tuple[str, str], str] = {}
    for source in sources:
        if source.kind in (FileKind.COMPOSE, FileKind.YAML) and _SERVICES.encode() in source.data:
            tree = _tree(source)
            for service, image, mounted in _released(source, tree, broker):
                held = {path for path in configs if any(path == m or path.startswith(f"{m}/") for m in mounted)}
                if held:
                    files = dict.fromkeys(held, image) | files
                    services[source.path, service] = image
                    if not _runs_broker(tree, broker):  # what its services share, they share with none but themselves
                        files = {source.path: image} | files
    files |= _values_of_others(sources, broker)
    return Pinned(files, services, frozenset(posixpath.dirname(path) for path, _ in services))


def _runs_broker(tree: YamlTree, broker: Broker) -> bool:
    images = (e.text for e in tree.entries if len(e.path) == 3 and (e.path[0], e.name) == (_SERVICES, "image"))
    return any(broker.image.search(image) for image in images)


def _released(source: SourceFile, tree: YamlTree, broker: Broker) -> Iterable[tuple[str, str, list[str]]]:
    """Yield each service with an image that is not built here: its name, image, and what it mounts."""
    folder = posixpath.dirname(source.path)
    services = (e.path[1] for e in tree.entries if len(e.path) == 2 and e.path[0] == _SERVICES and e.key)
    names = list(dict.fromkeys(services))
    texts: dict[tuple[str, ...], list[str]] = {}
    for entry in tree.entries:
        if entry.path[:1] == (_SERVICES,) and entry.text:
            texts.setdefault(entry.path, []).append(entry.text)
    built = {e.path[1] for e in tree.entries if len(e.path) > 2 and e.path[2] == "build"}
    for name in names:
        image = next(iter(texts.get((_SERVICES, name, "image"), ())), "")
        if not image or name in built or broker.image.search(image):
            continue
        given = [text.split(":")[0] for text in texts.get((_SERVICES, name, "volumes"), ())]
        given += texts.get((_SERVICES, name, "volumes", "source"), [])
        mounted = [posixpath.normpath(posixpath.join(folder, each)) for each in given if each[:1] == "."]
        # Who mounts the whole folder, or what is above it, need not read all that is there.
        yield name, image, [each for each in mounted if each.startswith(f"{folder}/" if folder else "")]


def _values_of_others(sources: Iterable[SourceFile], broker: Broker) -> dict[str, str]:
    """Return the files of values whose releases all install charts that are not in this tree."""
    charts: dict[str, set[str]] = {}
    for source in sources:
        if is_helmfile(source.path):
            folder = posixpath.dirname(source.path)
            for release in read_helmfile(source.data).releases:
                for file in release.files:
                    charts.setdefault(posixpath.normpath(posixpath.join(folder, file)), set()).add(release.chart)
    return {
        path: sorted(names)[0]
        for path, names in charts.items()
        if not any(name.startswith(".") or posixpath.basename(name) in broker.charts for name in names)
    }


def _tree(source: SourceFile) -> YamlTree:
    actions = find_actions(source.data)
    return read_yaml(source.data, mask(source.data, actions), actions)
