"""Where named templates of Helm charts are included: the key path that their text goes to, and what their dot is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator
from itertools import takewhile

from natsscan.catalog.broker import Broker
from natsscan.model.questions import matches
from natsscan.model.source import FileKind, SourceFile
from natsscan.source.text import TextPositions
from natsscan.surfaces.helmdefines import defined_names, named_templates
from natsscan.surfaces.helmmask import Action, find_actions, mask
from natsscan.surfaces.helmscope import resolve
from natsscan.surfaces.surface import Included
from natsscan.surfaces.yamltree import ValueKind, YamlTree, block_around, read_yaml

_INDENT = re.compile(r"\bn?indent\s+(\d+)")


def included(sources: Iterable[SourceFile], worth: Container[str], broker: Broker) -> dict[str, dict[str, Included]]:
    """Return, by file and name, the named templates that are about the broker and where they are included.

    They are about it if their file is in `worth`, or if a file in `worth` hands them values of the broker. Templates
    that others include inside named templates of their own are not followed further.
    """
    templates = [source for source in sources if source.kind is FileKind.HELM_TEMPLATE]
    homes: dict[str, list[str]] = {}
    for source in templates:
        for name in source.ask(defined_names):
            homes.setdefault(name, []).append(source.path)
    wanted = {name for name, paths in homes.items() if any(path in worth for path in paths)}
    if homes:
        wanted |= {name for source in templates if source.path in worth for name in _given_values(source, broker)}
    if not wanted:
        return {}
    names = b"|".join(re.escape(name.encode()) for name in sorted(wanted))
    asking = rb"\b(?:include|template)\s+[\"`](?:%s)[\"`]" % names
    found: dict[str, dict[str, set[Included]]] = {}
    for source in templates:
        for name, place in _places(source) if source.ask(matches, asking) else ():
            home = _home(homes.get(name, ()), source.path) if name in wanted else None
            if home is not None:
                found.setdefault(home, {}).setdefault(name, set()).add(place)
    return {path: {name: _agreed(places) for name, places in names.items()} for path, names in found.items()}


def _given_values(source: SourceFile, broker: Broker) -> Iterator[str]:
    """Yield the templates that a file includes with values of the broker as their dot."""
    if b"include" in source.data or b"template" in source.data:
        for meaning in resolve(source.data, find_actions(source.data)):
            for name, dot in meaning.included:
                if dot and broker.name.search(".".join(dot)):
                    yield name


def _places(source: SourceFile) -> Iterator[tuple[str, Included]]:
    """Yield each template that a file includes outside of named templates of its own, and where."""
    data = source.data
    actions = find_actions(data)
    own = [template.body for template in named_templates(data, actions)]
    tree = read_yaml(data, mask(data, actions), actions)
    positions = TextPositions(source.path, data)
    values = {number: e.path for e in tree.entries if e.kind is ValueKind.TEMPLATE for number in e.actions}
    keys = sorted((entry.key[0], entry.place) for entry in tree.entries if entry.key is not None)
    for number, (action, meaning) in enumerate(zip(actions, resolve(data, actions), strict=True)):
        if meaning.included and not any(start <= action.start < end for start, end in own):
            path = _path(action, tree, positions, keys) if number not in values else values[number]
            yield from ((name, Included(path, dot or ())) for name, dot in meaning.included)


def _path(action: Action, tree: YamlTree, positions: TextPositions, keys: list[tuple[int, int]]) -> tuple[str, ...]:
    """Return the path of the map that the lines of an action belong to, by the column they are indented to."""
    indent = _INDENT.search(action.body)
    column = int(indent[1]) + 1 if indent else positions.position(action.start)[1]
    at = bisect_left(keys, (action.start, 0))
    return block_around(tree, positions, tree.entries[keys[at - 1][1]], column) if at else ()


def _home(paths: Iterable[str], asking: str) -> str | None:
    """Return the file that defines a template: in the same chart, else the only one there is."""
    paths = list(paths)
    chart = asking.partition("/templates/")[0]
    here = [path for path in paths if path.partition("/templates/")[0] == chart] or paths
    return here[0] if len(here) == 1 else None


def _agreed(places: set[Included]) -> Included:
    return Included(_common_end([place.path for place in places]), _common_end([place.dot for place in places]))


def _common_end(chains: list[tuple[str, ...]]) -> tuple[str, ...]:
    shared = takewhile(lambda names: len(set(names)) == 1, zip(*map(reversed, chains), strict=False))
    return tuple(reversed([names[0] for names in shared]))
