"""Parsing a Python file with LibCST, and lowering what is in it."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from tokenize import detect_encoding

import libcst as cst

from natsscan.core.expression import Binding, Expression, Lambda, Let, Variable, VariablePattern
from natsscan.core.expression import Sequence as Items
from natsscan.model.coverage import Loss, Problem
from natsscan.model.source import SourceFile
from natsscan.python.expressions import Expressions
from natsscan.python.module import RESULT, Class, Function, Imported, ImportLine, Module
from natsscan.python.nesting import too_deep
from natsscan.python.spans import Spans, offsets_of
from natsscan.python.statements import Statements

_STATIC, _OF_CLASS = "staticmethod", "classmethod"
_PROPERTIES = frozenset({"property", "cached_property", "functools.cached_property"})
_CONTEXTS = frozenset({"contextmanager", "asynccontextmanager"})
_PYTHON_2 = re.compile(
    rb"^[ \t]*(?:print[ \t]+[\"'\w]|exec[ \t]+[\"'\w]|raise[ \t]+\w+[ \t]*,"
    rb"|except[ \t]+\w[\w.]*[ \t]*,[ \t]*\w+[ \t]*:)",
    re.MULTILINE,
)
_FORM_FEED = re.compile(rb"(\r?\n)(\f+)")
_LONE_RETURN = re.compile(rb"\r(?!\n)")


def parse_python(source: SourceFile, name: str, is_package: bool) -> Module | Problem:
    """Parse and lower a file; `name` is that of its module. Returns the problem if it cannot be parsed."""
    deep = too_deep(source.data)
    if deep is not None:
        return _problem(source, source.data.count(b"\n", 0, deep) + 1, "is nested too deeply to be parsed")
    try:
        text, offsets = decoded(source.data)
    except (SyntaxError, LookupError, ValueError):
        return _problem(source, 1, "is not in the encoding that it declares; save it as UTF-8")
    try:
        tree = cst.parse_module(text)
        spans = Spans(tree, offsets)
        if spans.text != text:
            return _problem(source, 1, "has characters between its lines that the parser does not keep; take them out")
        return _ModuleLowering(source, name, is_package, Expressions(spans)).module(tree)
    except cst.ParserSyntaxError as error:
        return _problem(source, error.raw_line, _told(source.data))
    except RecursionError:
        return _problem(source, 1, "is nested too deeply to be parsed")


def decoded(data: bytes) -> tuple[str, list[int] | None]:
    """Return the text of a file, and at which byte each of its characters begins; None if they are as many bytes.

    Raises SyntaxError, LookupError or ValueError if it is not in the encoding that it declares.
    """
    encoding, _ = detect_encoding(io.BytesIO(data).readline)
    start = len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0
    encoding = encoding.removesuffix("-sig")
    text = _with_plain_lines(data).decode(encoding) if not start else _with_plain_lines(data[start:]).decode(encoding)
    if data.isascii():
        return text, None
    offsets = offsets_of(text, encoding, start)
    if offsets[-1] != len(data):
        raise ValueError(f"{encoding} has no number of bytes for each character")
    return text, offsets


def _with_plain_lines(data: bytes) -> bytes:
    """Return as many bytes without what the parser drops: form feeds between lines, returns that end lines alone."""
    if b"\f" in data:
        data = _FORM_FEED.sub(lambda match: b" " * len(match[2]) + match[1], data)
    return _LONE_RETURN.sub(b"\n", data) if b"\r" in data else data


def _problem(source: SourceFile, line: int, reason: str) -> Problem:
    return Problem(source.path, max(1, line), reason, Loss.PART)


def _told(data: bytes) -> str:
    if _PYTHON_2.search(data):
        return "is Python 2, which the parser does not take; port it, or look through it by hand"
    return "is no Python that the parser takes; mend what begins here"


@dataclass(slots=True)
class _Scope:
    """Where a definition stands: the class around it, if it is a method, and what its names begin with."""

    prefix: str
    of: str
    in_function: bool


class _ModuleLowering:
    def __init__(self, source: SourceFile, name: str, is_package: bool, lower: Expressions) -> None:
        self._source = source
        self._name = name
        self._is_package = is_package
        self._lower = lower
        self._imports: list[ImportLine] = []
        self._names: dict[str, Imported] = {}
        self._functions: dict[str, Function] = {}
        self._classes: dict[str, Class] = {}
        self._too_deep: list[int] = []

    def module(self, tree: cst.Module) -> Module:
        """Return the whole file."""
        statements = self._statements(_Scope("", "", in_function=False))
        groups = statements.block(tree.body)
        return Module(
            name=self._name,
            path=self._source.path,
            data=self._source.data,
            is_package=self._is_package,
            imports=tuple(self._imports),
            names=self._names,
            functions=self._functions,
            classes=self._classes,
            groups=groups,
            annotations=tuple(annotation for _, annotation in statements.annotations),
            too_deep=tuple(self._too_deep),
        )

    def _statements(self, scope: _Scope) -> Statements:
        def nested(node: cst.FunctionDef | cst.ClassDef) -> Binding | None:
            try:
                return self._function(node, scope) if isinstance(node, cst.FunctionDef) else self._class(node, scope)
            except RecursionError:
                self._too_deep.append(self._lower.span(node)[0])
                return None

        def resolve(node: cst.Import | cst.ImportFrom) -> list[tuple[str, Imported]]:
            return self._import(node, scope)

        return Statements(self._lower, nested, resolve)

    # Imports

    def _import(self, node: cst.Import | cst.ImportFrom, scope: _Scope) -> list[tuple[str, Imported]]:
        """Return the names that an import binds; those outside of functions are the module's."""
        start, end = self._lower.span(node)
        bound: list[tuple[str, Imported]] = []
        line: list[Imported] = []
        if isinstance(node, cst.Import):
            for alias in node.names:
                module = _dotted(alias.name)
                line.append(Imported(module))
                name = _alias(alias)
                bound.append(
                    (name, Imported(module)) if name else (module.partition(".")[0], Imported(module.partition(".")[0]))
                )
        else:
            module = self._absolute(node)
            if isinstance(node.names, cst.ImportStar):
                line.append(Imported(module, "*"))
                self._names[f"*{module}"] = Imported(module, "*")
            else:
                for alias in node.names:
                    imported = Imported(module, _dotted(alias.name))
                    line.append(imported)
                    bound.append((_alias(alias) or imported.name, imported))
        self._imports.append(ImportLine(start, end, tuple(line)))
        if not scope.in_function and not scope.of:
            self._names |= dict(bound)
        return bound

    def _absolute(self, node: cst.ImportFrom) -> str:
        """Return the module that an import takes from; of a relative one, counted from this module's package."""
        module = _dotted(node.module) if node.module is not None else ""
        if not node.relative:
            return module
        parts = self._name.split(".")
        package = parts if self._is_package else parts[:-1]
        up = len(node.relative) - 1
        base = package[: len(package) - up] if up else package
        return ".".join([*base, module] if module else base)

    # Definitions

    def _function(self, node: cst.FunctionDef, scope: _Scope) -> Binding | None:
        """Lower a function; one inside another is returned, to be bound there, the others are the module's."""
        lower = self._lower
        name = f"{scope.prefix}{node.name.value}"
        words = {_dotted(decorator.decorator) for decorator in node.decorators}
        is_method = bool(scope.of) and not scope.in_function and _STATIC not in words
        params = [*node.params.posonly_params, *node.params.params]
        receiver = params[0].name.value if is_method and params else ""
        outer = lower.defined, lower.receiver
        # What surrounds an inner function, it sees; its own names are its own.
        lower.defined = set(lower.defined) if scope.in_function else set()
        lower.receiver = receiver or (lower.receiver if scope.in_function else "")
        patterns, signature = lower.parameters(node.params, skip=1 if receiver else 0)
        lower.defined = {own for own in lower.defined if "." in own} if scope.in_function else set()
        lower.defined |= {pattern.name for pattern in patterns if isinstance(pattern, VariablePattern)}
        statements = self._statements(_Scope(f"{name}.", "", in_function=True))
        groups = statements.block(node.body)
        start, end = lower.span(node)
        returned: Expression = Variable(None, RESULT, start, start)
        if statements.yields and not words & _CONTEXTS:
            returned = Items((returned,), start, start)
        code = Lambda(patterns, Let(groups, returned, start, end), start, end, signature)
        annotations = {
            param.name.value: lower.expression(param.annotation.annotation)
            for param in (*params, *node.params.kwonly_params)
            if param.annotation is not None
        }
        if node.returns is not None:
            annotations[RESULT] = lower.expression(node.returns.annotation)
        annotations |= {f"={at}": annotation for at, (_, annotation) in enumerate(statements.annotations)}
        lower.defined, lower.receiver = outer
        decorators = tuple(lower.expression(decorator.decorator) for decorator in node.decorators)
        self._functions[self._key(name, node, start)] = Function(
            name=name,
            of=scope.of if not scope.in_function else "",
            code=code,
            start=start,
            end=end,
            receiver=receiver,
            decorators=decorators,
            annotations=annotations,
            attributes=tuple(dict.fromkeys(statements.attributes)),
            shared=tuple(dict.fromkeys(statements.shared)),
            is_class_method=_OF_CLASS in words,
            is_property=bool(words & _PROPERTIES),
            is_nested=scope.in_function,
        )
        if scope.of and not scope.in_function:
            return None
        return Binding(VariablePattern(node.name.value, *lower.span(node.name)), code)

    def _key(self, name: str, node: cst.FunctionDef, start: int) -> str:
        """Return the key of a function: its name, if another one of that name does not come before it.

        The last one counts, but one that only adds to the first, as `@name.setter` does.
        """
        before = self._functions.get(name)
        if before is None:
            return name
        own = node.name.value
        if any(_dotted(decorator.decorator).startswith(f"{own}.") for decorator in node.decorators):
            return f"{name}@{start}"
        self._functions[f"{name}@{before.start}"] = before
        return name

    def _class(self, node: cst.ClassDef, scope: _Scope) -> Binding | None:
        lower = self._lower
        name = f"{scope.prefix}{node.name.value}"
        outer = lower.defined, lower.receiver
        lower.defined, lower.receiver = set(), ""
        known = set(self._functions)
        statements = self._statements(_Scope(f"{name}.", name, in_function=False))
        groups = statements.block(node.body)
        lower.defined, lower.receiver = outer
        start, end = lower.span(node)
        self._classes[name] = Class(
            name=name,
            start=start,
            end=end,
            bases=tuple(lower.expression(base.value) for base in node.bases),
            decorators=tuple(lower.expression(decorator.decorator) for decorator in node.decorators),
            groups=groups,
            annotations=dict(statements.annotations),
            methods=tuple(key for key in self._functions if key not in known and key.rpartition(".")[0] == name),
        )
        here = lower.span(node.name)
        return Binding(VariablePattern(node.name.value, *here), Variable(self._name, name, *here))


def _alias(node: cst.ImportAlias) -> str:
    if node.asname is not None and isinstance(node.asname.name, cst.Name):
        return node.asname.name.value
    return ""


def _dotted(node: cst.CSTNode) -> str:
    """Return a name with dots as written; of a call, what is called; nothing for another expression."""
    if isinstance(node, cst.Call):
        return _dotted(node.func)
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""
