"""The YAML of Haskell's build tools, hpack and stack: nodes with byte offsets, anchors and merges followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from natsscan.model.coverage import Problem
from natsscan.surfaces.surface import Surface

_BOM = b"\xef\xbb\xbf"
# YAML marks count characters. With every other byte an x, they count bytes; names of packages and keys are ASCII.
_ASCII = bytes(byte if byte < 128 else ord("x") for byte in range(256))
_QUOTED = re.compile(r":? ['\"][^ ]{2,}['\"]")
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file, None if there is none, and what could not be read of it."""

    root: yaml.Node | None
    data: bytes
    offset: int
    problems: tuple[Problem, ...]

    def span(self, node: yaml.Node) -> tuple[int, int]:
        """Return where a node begins and ends, in bytes, the quotes of a scalar left out."""
        quotes = 1 if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"') else 0
        return self.offset + node.start_mark.index + quotes, self.offset + node.end_mark.index - quotes

    def text(self, node: yaml.Node) -> str:
        """Return the text of a node as written, on one line."""
        start, end = self.span(node)
        return " ".join(self.data[start:end].decode("utf-8", errors="replace").split())


def load(surface: Surface) -> Document:
    """Return the first document of a YAML file; of a broken one, what stands before the lines that are broken."""
    data = surface.source.data
    offset = len(_BOM) if data.startswith(_BOM) else 0
    text = data[offset:].translate(_ASCII).decode("ascii")
    problems: list[Problem] = []
    for _ in range(_ATTEMPTS):
        try:
            loader = yaml.SafeLoader(text)
            return Document(loader.get_node() if loader.check_node() else None, data, offset, tuple(problems))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = min(mark.index, len(text)) if mark else 0
            problems.append(surface.problem(offset + at, f"not YAML: {_reason(error)}"))
            # The mark may stand on the line after the broken one, or at the end of all.
            text = text[: text.rfind("\n", 0, at) + 1] if at < len(text) else text[: text.rfind("\n", 0, at - 1) + 1]
        except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
            at = error.position if isinstance(error, yaml.reader.ReaderError) else 0
            reason = "a character that YAML forbids" if at else f"not YAML: {type(error).__name__}"
            problems.append(surface.problem(offset + at, reason))
            text = text[: text.rfind("\n", 0, at) + 1]
    return Document(None, data, offset, tuple(problems[:1]))


def _reason(error: yaml.MarkedYAMLError) -> str:
    """Return what is wrong without the words of the file that the parser quotes, which may be a secret."""
    return _QUOTED.sub("", error.problem or error.context or "broken")


def pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Yield key, key's node and value of a map, with what it merges in; nothing for what is no map."""
    waiting = [node]
    seen: set[int] = set()
    for part in waiting:  # grows while it is walked
        if not isinstance(part, yaml.MappingNode) or id(part) in seen:
            continue
        seen.add(id(part))
        for key, value in part.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "<<":
                waiting += items(value)
            elif isinstance(key, yaml.ScalarNode):
                yield key.value, key, value


def items(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield the items of a list; anything else is a list of one."""
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif node is not None:
        yield node


def scalars(node: yaml.Node) -> Iterator[tuple[str, yaml.ScalarNode]]:
    """Yield the scalars in a tree, each once, with the key that it is nearest to (empty for none)."""
    waiting = [("", node)]
    seen: set[int] = set()
    for nearest, part in waiting:  # grows while it is walked
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, yaml.ScalarNode):
            yield nearest, part
        elif isinstance(part, yaml.SequenceNode):
            waiting += [(nearest, item) for item in items(part)]
        else:
            waiting += [(key, value) for key, _, value in pairs(part)]
