"""Parsing a Python file with LibCST, and lowering what is in it."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

import libcst as cst

from natsscan.core.expression import Binding, Expression, Lambda, Let, Variable, VariablePattern
from natsscan.core.expression import Sequence as Items
from natsscan.model.coverage import Loss, Problem
from natsscan.model.source import SourceFile
from natsscan.python.decoding import Decoded, decode
from natsscan.python.expressions import Expressions
from natsscan.python.module import RESULT, Class, Function, Imported, ImportLine, Module
from natsscan.python.nesting import too_deep
from natsscan.python.spans import Spans, TooDeepError
from natsscan.python.statements import Statements
from natsscan.source.read import declared_encoding

_STATIC, _OF_CLASS = "staticmethod", "classmethod"
_PROPERTIES = frozenset({"property", "cached_property", "functools.cached_property"})
_CONTEXTS = frozenset({"contextmanager", "asynccontextmanager"})
_PYTHON_2 = re.compile(
    rb"^[ \t]*(?:print[ \t]+[\"'\w]|exec[ \t]+[\"'\w]|raise[ \t]+\w+[ \t]*,"
    rb"|except[ \t]+\w[\w.]*[ \t]*,[ \t]*\w+[ \t]*:)",
    re.MULTILINE,
)
# What only Python 2 takes, at the place where the parser stops.
_PYTHON_2_HERE = re.compile(
    r"`|<>|\bur['\"]|(?<![-\w.:'\"])(?:0\d+|\d+[lL])\b|[;:]\s*(?:print|exec)\s+[\"'\w]|\braise\s+\w+\s*,|\blambda\s*\("
)
_OLD = "is Python 2, which the parser does not take; port it, or look through it by hand"
_BROKEN = "is no Python that the parser takes; mend what begins here"
TOO_DEEP = "is nested too deeply here to be parsed; take it apart"


def parse_python(source: SourceFile, name: str, is_package: bool) -> Module | Problem:
    """Parse and lower a file; `name` is that of its module. Returns the problem if it cannot be parsed."""
    deep = too_deep(source.data)
    if deep is not None:
        return _problem(source, source.data.count(b"\n", 0, deep) + 1, TOO_DEEP)
    try:
        decoded = decode(source.data)
    except (LookupError, ValueError):
        return _declares(source)
    try:
        tree = cst.parse_module(decoded.text)
        spans = Spans(tree, decoded.offsets)
        if spans.text != decoded.text:
            return _problem(source, 1, "has characters between its lines that the parser does not keep; take them out")
        return _ModuleLowering(source, name, is_package, Expressions(spans), decoded.undecoded).module(tree)
    except cst.ParserSyntaxError as error:
        return _refused(source, decoded, error.raw_line)
    except cst.CSTValidationError:
        return _refused(source, decoded, 1)
    except TooDeepError as error:
        return _problem(source, source.data.count(b"\n", 0, error.offset) + 1, TOO_DEEP)
    except RecursionError:
        return _problem(source, 1, TOO_DEEP)


def _declares(source: SourceFile) -> Problem:
    """Return the problem of a file that declares an encoding which is not read; one of the first two lines does."""
    line = 1 if declared_encoding(source.data.partition(b"\n")[0]) else 2
    encoding = declared_encoding(source.data)
    return _problem(source, line, f"declares the encoding {encoding}, which is not read; save it as UTF-8")


def _refused(source: SourceFile, decoded: Decoded, line: int) -> Problem:
    """Return the problem of a file that is no Python; `line` is where the parser stopped, which may be far behind."""
    line = _refused_line(decoded.text) or line
    lines = decoded.text.split("\n")[:line]
    before = sum(map(len, lines[:-1])) + line - 1
    offset = decoded.offsets[before] if decoded.offsets is not None else before
    is_old = _PYTHON_2.search(source.data) or _PYTHON_2_HERE.search(lines[-1])
    # A return that stands alone ends no line in a report.
    return _problem(source, source.data.count(b"\n", 0, offset) + 1, _OLD if is_old else _BROKEN)


def _refused_line(text: str) -> int:
    """Return the line of a text that Python itself refuses, 0 if it does not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 0
    except (ValueError, RecursionError, MemoryError):
        return 0
    return 0


def _problem(source: SourceFile, line: int, reason: str) -> Problem:
    return Problem(source.path, max(1, line), reason, Loss.PART)


@dataclass(slots=True)
class _Scope:
    """Where a definition stands: the class around it, if it is a method, and what its names begin with."""

    prefix: str
    of: str
    in_function: bool


class _ModuleLowering:
    def __init__(
        self, source: SourceFile, name: str, is_package: bool, lower: Expressions, undecoded: int | None
    ) -> None:
        self._source = source
        self._name = name
        self._is_package = is_package
        self._lower = lower
        self._imports: list[ImportLine] = []
        self._names: dict[str, Imported] = {}
        self._functions: dict[str, Function] = {}
        self._classes: dict[str, Class] = {}
        self._problems: list[Problem] = []
        if undecoded is not None:
            self._note(undecoded, "is not in the encoding that it declares here; save it as UTF-8")

    def module(self, tree: cst.Module) -> Module:
        """Return the whole file."""
        statements = self._statements(_Scope("", "", in_function=False))
        groups = statements.block(tree.body)
        return Module(
            name=self._name,
            path=self._source.path,
            data=self._source.data,
            imports=tuple(self._imports),
            names=self._names,
            functions=self._functions,
            classes=self._classes,
            groups=groups,
            annotations=tuple(annotation for _, annotation in statements.annotations),
            problems=tuple(self._problems),
        )

    def _note(self, offset: int, reason: str) -> None:
        self._problems.append(_problem(self._source, self._source.data.count(b"\n", 0, offset) + 1, reason))

    def _statements(self, scope: _Scope) -> Statements:
        def nested(node: cst.FunctionDef | cst.ClassDef) -> Binding | None:
            try:
                return self._function(node, scope) if isinstance(node, cst.FunctionDef) else self._class(node, scope)
            except RecursionError:
                self._note(self._lower.span(node)[0], "nested too deeply here; take it apart")
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
        # Of no known package, it begins with a dot: a module beside this one is no library of that name.
        return ".".join([*base, module] if module else base) if base else f".{module}"

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
