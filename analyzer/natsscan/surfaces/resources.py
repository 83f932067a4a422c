"""Kubernetes resources that declare a broker's objects, as its operator takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from natsscan.catalog.schema import ResourcesRule
from natsscan.catalog.yamlloader import compose_all
from natsscan.model.coverage import Loss
from natsscan.surfaces.definitions import DeclaredObject, Unread
from natsscan.surfaces.helmmask import mask
from natsscan.surfaces.words import Place, with_holes

_DEEPEST = 16


def declared_resources(data: bytes, rule: ResourcesRule) -> Iterator[DeclaredObject | Unread]:
    """Yield the objects that the documents of a YAML file declare, and what could not be read: the rest of the file.

    Resources of other kinds are passed over, those of the broker's API group that are not known are told.
    """
    lines = _Lines(data)
    try:
        for root in compose_all(mask(data).decode("utf-8", errors="replace")):
            if isinstance(root, yaml.MappingNode):
                yield from _resource(root, rule, lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = lines.offset(mark.line, 0) if mark else 0
        yield Unread(at, f"broken YAML: {error.problem or error.context}", Loss.PART)
    except yaml.YAMLError as error:
        yield Unread(0, f"broken YAML: {str(error).splitlines()[0]}", Loss.PART)


def _resource(root: yaml.MappingNode, rule: ResourcesRule, lines: _Lines) -> Iterator[DeclaredObject | Unread]:
    top = {key.value: value for key, value in root.value if isinstance(key, yaml.ScalarNode)}
    version, kind, spec = (top.get(name) for name in ("apiVersion", "kind", "spec"))
    if not isinstance(version, yaml.ScalarNode) or not str(version.value).startswith(rule.group + "/"):
        return
    at = lines.offset(root.start_mark.line, root.start_mark.column)
    name = str(kind.value) if isinstance(kind, yaml.ScalarNode) else ""
    if name not in rule.kinds:
        yield Unread(at, f"nothing is known of resources of kind {name!r} here: it is left out", Loss.NONE)
        return
    found = DeclaredObject(rule.kinds[name], at)
    for path, text, place in _scalars(spec, (), lines):
        first, *rest = path
        found.fields[".".join((rule.fields.get(first, first), *rest))] = text, place
    metadata = top.get("metadata")
    for path, text, place in _scalars(metadata, (), lines):
        if path == ("name",):
            found.fields.setdefault("name", (text, place))
    yield found


def _scalars(node: object, path: tuple[str, ...], lines: _Lines) -> Iterator[tuple[tuple[str, ...], str, Place]]:
    """Yield the path, text and place of each scalar below a mapping."""
    if isinstance(node, yaml.MappingNode) and len(path) < _DEEPEST:
        for key, value in node.value:
            yield from _scalars(value, (*path, str(key.value)), lines)
    elif isinstance(node, yaml.ScalarNode) and path:
        start = lines.offset(node.start_mark.line, node.start_mark.column)
        end = lines.offset(node.end_mark.line, node.end_mark.column)
        written = lines.data[start:end].decode("utf-8", errors="replace")
        text = with_holes(written.strip("'\"")) if "{{" in written else str(node.value)
        yield path, text, (start, end)


class _Lines:
    """Where lines begin in a text, for places that YAML gives in lines and columns."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._starts = [0, *(match.end() for match in re.finditer(rb"\n", data))]

    def offset(self, line: int, column: int) -> int:
        """Return the byte offset of a line and a column, both from 0, the column in code points."""
        start = self._starts[min(line, len(self._starts) - 1)]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.data)
        text = self.data[start:end].decode("utf-8", errors="replace")
        return start + len(text[:column].encode())
