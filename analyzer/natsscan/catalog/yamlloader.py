"""YAML as nodes and values. Whatever a text holds, reading it ends, in `yaml.YAMLError` if it is not to be had."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from yaml.composer import Composer
from yaml.constructor import ConstructorError, SafeConstructor

# The loader of libyaml where PyYAML has it, which is many times faster.
FAST_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What is within both is too shallow for libyaml's composer to run out of stack, which would end the process.
_FEW_BRACKETS = 1000
_LONG_LINE = re.compile(r"[^\n]{2000}")
_ALIAS = re.compile(r"[\s\[{,:]\*\S")
_MOST_NODES = 1_000_000
# What constructors of YAML's types raise for `!!bool x`, `2001-99-99` and numbers of thousands of digits.
_NO_VALUE = (ValueError, TypeError, LookupError, AttributeError, OverflowError)


class _DeepLoader(Composer, FAST_LOADER):  # type: ignore[misc, valid-type]
    """Composes in Python, where what is nested too deeply is an error. It takes twice as long."""

    def __init__(self, text: str) -> None:
        FAST_LOADER.__init__(self, text)
        Composer.__init__(self)


def compose(text: str) -> yaml.Node | None:
    """Return the only document of a text, None if it has none. Raises YAMLError for what is none or is several."""
    nodes = compose_all(text)
    first, second = next(nodes, None), next(nodes, None)
    if second is not None:
        raise ConstructorError(None, None, "more than one document where one is expected", second.start_mark)
    return first


def compose_all(text: str) -> Iterator[yaml.Node]:
    """Yield the documents of a text. Raises YAMLError for what is broken, too deep, or too large by its aliases."""
    is_shallow = text.count("[") + text.count("{") <= _FEW_BRACKETS and not _LONG_LINE.search(text)
    has_aliases = _ALIAS.search(text) is not None
    loader = FAST_LOADER(text) if is_shallow else _DeepLoader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None and has_aliases:
                _check_size(node)
            if node is not None:
                yield node
    except RecursionError as error:
        raise yaml.YAMLError("nested too deeply to read") from error
    finally:
        loader.dispose()


def construct(node: yaml.Node) -> object:
    """Return the value of a node. Raises YAMLError for one that is not of the type that it says it is."""
    try:
        value: object = SafeConstructor().construct_document(node)
    except _NO_VALUE as error:
        raise ConstructorError(
            None, None, "this is no value of its type; put it in quotes if it is text", node.start_mark
        ) from error
    except RecursionError as error:
        raise yaml.YAMLError("nested too deeply to read") from error
    return value


def _check_size(root: yaml.Node) -> None:
    """Raise YAMLError if a document is endless, or very large, once each alias is what it stands for."""
    sizes: dict[int, int] = {}
    entered: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        parts = _parts(node)
        unknown = [part for part in parts if id(part) not in sizes]
        if not unknown:
            sizes[id(node)] = min(_MOST_NODES, 1 + sum(sizes[id(part)] for part in parts))
            waiting.pop()
        elif id(node) in entered:
            raise ConstructorError(None, None, "an alias stands for what it is in", node.start_mark)
        else:
            entered.add(id(node))
            waiting += unknown
    if sizes[id(root)] == _MOST_NODES:
        raise ConstructorError(None, None, "its aliases stand for more than can be read", root.start_mark)


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
