"""Texts in a Python file that name modules: what loads or replaces these goes on finding the library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import libcst as cst

from natsscan.patches.python.parsed import Parsed, dotted

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
# What loads a module by its name, and what puts something else in its place, by the last word of what is called.
_LOADING = frozenset(
    {
        *("import_module", "__import__", "find_spec", "find_loader", "importorskip", "resolve_name", "import_string"),
        *("run_module", "import_object", "load_object", "import_from_string", "locate", "get_module"),
    }
)
_REPLACING = frozenset({"patch", "multiple", "setattr", "delattr", "setitem", "delitem"})
# What reads a name as that of a type or a logger.
_HARMLESS = frozenset({"getLogger", "get_logger", "cast", "TypeVar", "ForwardRef", "NewType"})
_LOADED = "The text names {}: what reads it goes on finding the library."
_REPLACED = "What it puts in the place of {} is not what the code uses any more. Replace it in the module that uses it."


def by_text(parsed: Parsed, tops: frozenset[str], is_symbol: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """Yield where a text names a module of a library, or what `is_symbol` says is in one, and why it matters."""
    found = _Texts(parsed, tops, is_symbol)
    parsed.tree.visit(found)
    return iter(dict.fromkeys(found.told))


class _Texts(cst.CSTVisitor):
    def __init__(self, parsed: Parsed, tops: frozenset[str], is_symbol: Callable[[str], bool]) -> None:
        super().__init__()
        self._parsed = parsed
        self._tops = tops
        self._is_symbol = is_symbol
        self.told: list[tuple[int, str]] = []

    def visit_Annotation(self, node: cst.Annotation) -> bool:  # noqa: ARG002, N802  # of LibCST
        return False

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
        called = dotted(node.func)
        last = called.rpartition(".")[2] or (node.func.attr.value if isinstance(node.func, cst.Attribute) else "")
        if last in _HARMLESS:
            return
        replaces = last in _REPLACING or called.endswith(("patch.dict", "patch.multiple"))
        for argument in node.args:
            for text, name in self._names(argument.value):
                if last in _LOADING:
                    self._tell(text, name, _LOADED)
                elif replaces:
                    self._tell(text, name, _REPLACED)
                elif self._is_symbol(name):
                    self._tell(text, name, _LOADED)
            if replaces and isinstance(argument.value, cst.Dict):
                for element in argument.value.elements:
                    if isinstance(element, cst.DictElement):
                        for text, name in self._names(element.key):
                            self._tell(text, name, _REPLACED)
        if called in ("sys.modules.get", "sys.modules.pop", "sys.modules.setdefault") and node.args:
            for text, name in self._names(node.args[0].value):
                self._tell(text, name, _LOADED)

    def visit_Subscript(self, node: cst.Subscript) -> None:  # noqa: N802
        if dotted(node.value) in ("sys.modules", "modules"):
            for element in node.slice:
                if isinstance(element.slice, cst.Index):
                    for text, name in self._names(element.slice.value):
                        self._tell(text, name, _REPLACED)

    def _names(self, node: cst.BaseExpression) -> Iterator[tuple[cst.SimpleString, str]]:
        """Yield a text if it is a name with dots that begins as a library does."""
        value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
        is_name = isinstance(value, str) and _NAME.fullmatch(value) is not None
        if isinstance(node, cst.SimpleString) and isinstance(value, str) and is_name:
            yield from [(node, value)] if value.partition(".")[0] in self._tops else []

    def _tell(self, node: cst.SimpleString, name: str, reason: str) -> None:
        self.told.append((self._parsed.span(node)[0], reason.format(name)))
