"""What cannot move: programs that come as released images or charts read their configuration as they always did."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from natsscan.catalog.broker import Broker
from natsscan.model.source import FileKind, SourceFile
from natsscan.surfaces.chartfiles import read_helmfile
from natsscan.surfaces.yamltree import YamlTree, read_template

_SERVICES = "services"
_TAG = re.compile(r"[-_](v?\d[\w-]*)$")
_OPEN_TAG = re.compile(r"[-_]([a-z]+)\{[^{}]*\}$")


@dataclass(frozen=True, slots=True)
class Pinned:
    """What cannot move, each with the image or chart that it belongs to.

    `files` are configurations by their paths, `services` those of compose files by path and name. In the `folders` of
    such compose files, and in the files `with_broker`, the broker has to stay. `tags` are what the names of such
    services end in, as `v0` in `brig-v0`: what is called so elsewhere leads to them.
    """

    files: Mapping[str, str]
    services: Mapping[tuple[str, str], str]
    folders: frozenset[str]
    with_broker: frozenset[str]
    tags: Mapping[str, str]

    def leads_to(self, symbol: str) -> str | None:
        """Return the image that a key path or variable leads to by its name, None if it says nothing of any."""
        for part in symbol.lower().split("."):
            tag, open_tag = _TAG.search(part), _OPEN_TAG.search(part)
            if tag is not None and tag[1] in self.tags:
                return self.tags[tag[1]]
            if open_tag is not None:  # a loop makes several names of it: `brig_v{i}`
                for known, image in sorted(self.tags.items()):
                    if re.fullmatch(re.escape(open_tag[1]) + r"\d+", known):
                        return image
        return None

    def keeps_broker(self, path: str) -> bool:
        """Tell whether the broker has to stay in a file."""
        return path in self.with_broker or any(path.startswith(folder + "/") or not folder for folder in self.folders)


def find_pinned(
    sources: Iterable[SourceFile], helmfiles: Iterable[SourceFile], charts: Container[str], broker: Broker
) -> Pinned:
    """Return what cannot move, of files that have to do with the broker.

    `helmfiles` are all of the project, `charts` the names of its charts.
    A compose service is one if it has an image, is not built here, and mounts a configuration with the broker in it;
    values are if all releases that get them install charts from elsewhere that there are here too: older releases of
    them.
    """
    sources = tuple(sources)
    configs = {source.path for source in sources if source.kind in (FileKind.YAML, FileKind.HELM_VALUES)}
    files: dict[str, str] = {}
    services: dict[tuple[str, str], str] = {}
    for source in sources:
        if source.kind in (FileKind.COMPOSE, FileKind.YAML) and _SERVICES.encode() in source.data:
            tree = read_template(source.data)
            for service, image, mounted in _released(source, tree, broker):
                held = {path for path in configs if any(path == m or path.startswith(f"{m}/") for m in mounted)}
                if held:
                    files = dict.fromkeys(held, image) | files
                    services[source.path, service] = image
                    if not _runs_broker(tree, broker):  # what its services share, they share with none but themselves
                        files = {source.path: image} | files
    foreign, with_broker = _foreign(helmfiles, configs, charts, broker)
    folders = frozenset(posixpath.dirname(path) for path, _ in services)
    tags = {tag[1]: image for (_, name), image in sorted(services.items()) if (tag := _TAG.search(name.lower()))}
    return Pinned(files | foreign, services, folders, with_broker, tags)


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


def _foreign(
    helmfiles: Iterable[SourceFile], configs: Container[str], own: Container[str], broker: Broker
) -> tuple[dict[str, str], frozenset[str]]:
    """Return the values whose releases all install charts from elsewhere, and where their broker comes from.

    That is the helmfile of such a release, and the values for the broker's own chart in it.
    """
    charts: dict[str, set[str]] = {}
    releases: dict[str, list[tuple[str, str]]] = {}
    for source in helmfiles:
        folder = posixpath.dirname(source.path)
        for release in read_helmfile(source.data).releases:
            for file in release.files:
                path = posixpath.normpath(posixpath.join(folder, file))
                charts.setdefault(path, set()).add(release.chart)
                releases.setdefault(source.path, []).append((path, release.chart))
    found = {
        path: sorted(names)[0]
        for path, names in charts.items()
        if path in configs and all(_is_older(name, own, broker) for name in names)
    }
    stays: set[str] = set()
    for helmfile, values in releases.items():
        if any(path in found for path, _ in values):
            stays |= {helmfile, *(path for path, chart in values if posixpath.basename(chart) in broker.charts)}
    return found, frozenset(stays)


def _is_older(chart: str, own: Container[str], broker: Broker) -> bool:
    name = posixpath.basename(chart)
    return not chart.startswith(".") and name in own and name not in broker.charts
