"""What is tried of Python modules that move: they parse, moving them twice changes nothing, and no import is left."""

from __future__ import annotations

from collections.abc import Mapping

from natsscan.model.patch import Check, Checks
from natsscan.patches.python.imports import imports_of
from natsscan.patches.python.layer import PythonLayer
from natsscan.patches.python.parsed import parse


def check(after: Mapping[str, bytes], layer: PythonLayer) -> Checks:
    """Return what is found in modules, by path, whose imports were replaced."""
    parsed = [parse(data) for data in after.values()]
    found = [imports_of(each, layer.rules.tops, layer.rules.package) for each in parsed if each is not None]
    return Checks(
        Check.PASSED,
        _passed(all(each is not None for each in parsed)),
        _passed(not any(each.replaced for each in found)),
        _passed(not any(each.taken for each in found)),
    )


def _passed(result: bool) -> Check:
    return Check.PASSED if result else Check.FAILED
