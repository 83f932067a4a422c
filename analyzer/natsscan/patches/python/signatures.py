"""Whether calls of a library are written as the package takes them: parameters by their names and in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from natsscan.catalog.python_compat import PythonCompat
from natsscan.catalog.python_library import PythonLibraries
from natsscan.model.usage import Usage
from natsscan.patches.python.parsed import Parsed

_NO_PARAMETER = "{} has no parameter {} in the package."
_TOO_MANY = "{} has only {} in order in the package, and {} are given."
_ORDER = "{} has its parameters in another order: it is written for an earlier release of the library."


@dataclass(frozen=True, slots=True)
class Call:
    """A call: where each argument in order begins, and the names of the others; `is_open` if there may be more."""

    positional: tuple[int, ...]
    named: tuple[str, ...]
    is_open: bool


def calls_of(parsed: Parsed) -> Mapping[int, Call]:
    """Return the calls in a file, by where the name of what is called ends."""
    found = _Calls(parsed)
    parsed.tree.visit(found)
    return found.by_end


def misfits(usage: Usage, call: Call, rules: PythonCompat, python: PythonLibraries) -> Iterator[str]:
    """Yield what does not fit of a usage that is a call."""
    parameters, known = rules.parameters(usage.symbol), python.call(rules.defined(usage.symbol))
    if parameters is None or known is None:
        return
    meant = dict(known.signatures[0].parameters)
    name = usage.symbol.rpartition(".")[2]
    at = next((at for at, each in enumerate(parameters) if each.startswith("*")), len(parameters))
    ordered, takes_any = parameters[:at], parameters[at : at + 1] not in ((), ("*",))
    for each in call.named:
        if each not in parameters:
            yield _NO_PARAMETER.format(name, each)
    if len(call.positional) > len(ordered) and not takes_any:
        count = f"{len(ordered)} parameter{'s' if len(ordered) != 1 else ''}"
        yield _TOO_MANY.format(name, count, len(call.positional))
    told = {argument.span.start: argument.name for argument in usage.arguments if argument.span is not None}
    for start, parameter in zip(call.positional, ordered, strict=False):
        if told.get(start, meant.get(parameter)) != meant.get(parameter):
            yield _ORDER.format(name)
            return


class _Calls(cst.CSTVisitor):
    def __init__(self, parsed: Parsed) -> None:
        super().__init__()
        self._parsed = parsed
        self.by_end: dict[int, Call] = {}

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802  # of LibCST
        positional = [each for each in node.args if each.keyword is None and not each.star]
        named = [each.keyword.value for each in node.args if each.keyword is not None]
        is_open = any(each.star for each in node.args)
        begins = tuple(self._parsed.span(each.value)[0] for each in positional)
        self.by_end[self._parsed.span(node.func)[1]] = Call(begins, tuple(named), is_open)
