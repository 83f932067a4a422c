"""Addresses of the broker in Python code, as those in whose place the code then gets the target's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from natsscan.catalog.addresses import Addresses
from natsscan.catalog.python_compat import PythonCompat
from natsscan.model.usage import Operation, Provenance, Usage
from natsscan.patches.engine import Replacement
from natsscan.patches.python.flows import Flows, Module, Reached, at, read_module

_REACHES_MORE = "An address of the broker stands here, and not only connecting uses it: see what it has to be."
_NOT_REACHED = "An address of the broker stands here, and natsscan does not see what uses it: see what it has to be."
_PUT_IN = re.compile(rb"(\{\{|\}\})|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is replaced in files, by path, and the places that people look at: path, offset and why."""

    replaced: Mapping[str, tuple[Replacement, ...]]
    told: tuple[tuple[str, int, str], ...]


def defaults(
    sources: Mapping[str, bytes], usages: Iterable[Usage], rules: PythonCompat, addresses: Addresses
) -> Defaults:
    """Return what becomes of addresses in the files of services that move.

    A literal is replaced if connecting is all that uses it: it may be the default of a variable, of a field, of a
    parameter. `usages` are those of the libraries in these files.
    """
    connecting = [u for u in usages if u.operation is Operation.CONNECT and u.library in rules.libraries]
    has_address = {path for path, data in sources.items() if addresses.is_in(data)}
    if not connecting and not has_address:
        return Defaults({}, ())
    read = (read_module(path, data) for path, data in sorted(sources.items()))
    modules = {module.path: module for module in read if module is not None}
    sinks = [each for usage in connecting if usage.span.path in modules for each in _sinks(usage, modules, addresses)]
    replaced: dict[str, dict[tuple[int, int], bytes]] = {}
    told: dict[tuple[str, int], str] = {}
    reached = Flows(modules.values()).literals(sinks)
    for each in reached:
        start, end = each.module.span(each.node)
        old = each.module.data[start:end]
        new = _replaced(each, old, addresses)
        if new != old and each.is_only:
            replaced.setdefault(each.module.path, {})[start, end] = new
        elif new != old:
            told[each.module.path, start] = _REACHES_MORE
    known = {(path, start) for path, edits in replaced.items() for start, _ in edits}
    for path in sorted(has_address & modules.keys()):
        for start in _addresses(modules[path], addresses):
            if (path, start) not in known:
                told.setdefault((path, start), _NOT_REACHED)
    told = {place: why for place, why in told.items() if place not in known}
    return Defaults(
        {path: tuple((start, end, new) for (start, end), new in sorted(e.items())) for path, e in replaced.items()},
        tuple((path, start, why) for (path, start), why in sorted(told.items())),
    )


def _sinks(usage: Usage, modules: Mapping[str, Module], addresses: Addresses) -> Iterator[tuple[Module, ast.expr, str]]:
    """Yield the arguments of a call that connects and say where to."""
    module = modules[usage.span.path]
    for argument in usage.arguments:
        if argument.span is None or argument.provenance is Provenance.DEFAULT or not addresses.is_key(argument.name):
            continue
        node = at(module, argument.span.start, argument.span.end)
        if node is not None:
            yield module, node, argument.name


def _replaced(reached: Reached, old: bytes, addresses: Addresses) -> bytes:
    """Return a literal as it is written about the target; what an f-string puts in stays."""
    if not isinstance(reached.node, ast.JoinedStr):
        return addresses.value(reached.key, old)
    inside: list[bytes] = []

    def taken(found: re.Match[bytes]) -> bytes:
        inside.append(found[0])
        return b"$X%dX" % (len(inside) - 1)

    new = addresses.value(reached.key, _PUT_IN.sub(taken, old))
    return re.sub(rb"\$X(\d+)X", lambda found: inside[int(found[1])], new)


def _addresses(module: Module, addresses: Addresses) -> Iterator[int]:
    """Yield where texts of a file begin that have an address of the broker in them, docstrings aside."""
    for node in module.nodes:
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and not isinstance(module.above.get(node), ast.JoinedStr):
            is_text = isinstance(node, ast.JoinedStr) or isinstance(node.value, (str, bytes))
            start, end = module.span(node)
            if is_text and not isinstance(module.above.get(node), ast.Expr) and addresses.is_in(module.data[start:end]):
                yield start
