"""Where values in Python code come from and go to: literals that reach a call, and whether they reach nothing else.

Names are followed as far as files, classes and functions of a service tell it. What is not understood counts as a use
of its own, so that "nothing else" is never said too often.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_BOM = b"\xef\xbb\xbf"
# What gives its second argument, or `default`, where a variable is not set; and what has a field's default first.
_GETTING = frozenset({"get", "getenv", "env", "config", "setdefault", "getstr"})
_FIELDS = frozenset({"Field", "field", "attrib", "ib"})
# What gives what it is given in another form.
_SAME = frozenset({"int", "str", "cast"})
_DEEPEST = 12

Function = ast.FunctionDef | ast.AsyncFunctionDef
# A name under which a value is known: of what sort, where, and the name.
Carrier = tuple[str, str, int, str]


@dataclass(slots=True)
class Module:
    """A file with its tree: what each node stands in, and where it is in bytes."""

    path: str
    data: bytes
    tree: ast.Module
    above: dict[ast.AST, ast.AST] = field(default_factory=dict)
    nodes: tuple[ast.AST, ...] = ()
    _lines: tuple[int, ...] = ()

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Return where an expression begins and ends, in bytes."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)

    def _at(self, line: int, column: int) -> int:
        return self._lines[line - 1] + column

    def function(self, node: ast.AST) -> Function | None:
        """Return the function that a node is in, None at the level of the module or of a class."""
        above = self.above.get(node)
        while above is not None and not isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            above = self.above.get(above)
        return above if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)) else None

    def owner(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the class around a node, through functions too."""
        above = self.above.get(node)
        while above is not None and not isinstance(above, ast.ClassDef):
            above = self.above.get(above)
        return above


def read_module(path: str, data: bytes) -> Module | None:
    """Return a file with its tree, None if it has none."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return None
    starts = [0]
    while (end := data.find(b"\n", starts[-1])) >= 0:
        starts.append(end + 1)
    starts[0] = len(_BOM) if data.startswith(_BOM) else 0
    nodes = tuple(ast.walk(tree))
    above = {below: node for node in nodes for below in ast.iter_child_nodes(node)}
    return Module(path, data, tree, above, nodes, tuple(starts))


@dataclass(frozen=True, slots=True)
class Reached:
    """A literal that reaches a call as an argument of this name; `is_only` if nothing else uses it."""

    module: Module
    node: ast.expr
    key: str
    is_only: bool


class Flows:
    """Follows values through the files of a service, from calls back to where they are written."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = tuple(modules)
        self._seen: set[ast.AST] = set()
        self._done: set[tuple[Carrier, str]] = set()
        self._feeds: dict[Carrier, set[Carrier]] = {}
        self._found: list[tuple[Module, ast.expr, str, Carrier | None]] = []

    def literals(self, sinks: Iterable[tuple[Module, ast.expr, str]]) -> tuple[Reached, ...]:
        """Return the literals that reach some expressions, each of which is an argument of a name."""
        for module, node, key in sinks:
            self._back(module, node, key, None, 0)
        return tuple(
            Reached(module, node, key, carrier is None or self._is_closed(carrier, frozenset()))
            for module, node, key, carrier in self._found
        )

    # Backwards, from what is used to where it is written

    def _back(self, module: Module, node: ast.expr, key: str, into: Carrier | None, depth: int) -> None:
        if depth > _DEEPEST:
            return
        self._seen.add(node)
        match node:
            case ast.Constant() | ast.JoinedStr():
                self._found.append((module, node, key, into))
            case ast.BoolOp(values=parts):
                for part in parts:
                    self._back(module, part, key, into, depth + 1)
            case ast.IfExp(body=body, orelse=orelse):
                self._back(module, body, key, into, depth + 1)
                self._back(module, orelse, key, into, depth + 1)
            case ast.Await(value=value):
                self._back(module, value, key, into, depth + 1)
            case ast.Name(id=name):
                self._name(module, node, name, key, into, depth)
            case ast.Attribute(attr=name):
                self._carry(("attribute", "", 0, name), key, into, depth, self._of_attribute(name))
            case ast.Call():
                self._call(module, node, key, into, depth)
            case _:
                pass

    def _call(self, module: Module, call: ast.Call, key: str, into: Carrier | None, depth: int) -> None:
        name = _last(call.func)
        positional = [each for each in call.args if not isinstance(each, ast.Starred)]
        default = next((each.value for each in call.keywords if each.arg == "default"), None)
        if name in _GETTING:
            default = default or (positional[1] if len(positional) > 1 else None)
        elif name in _FIELDS:
            default = default or (positional[0] if positional else None)
        elif name in _SAME and positional:
            default = positional[-1]
        else:
            made = [(where, found) for where, found in self._functions(name)]
            if len(made) == 1:
                where, found = made[0]
                returns = [n.value for n in ast.walk(found) if isinstance(n, ast.Return) and n.value is not None]
                self._seen.add(call.func)
                values = [(where, value) for value in returns]
                self._carry(("function", where.path, found.lineno, name), key, into, depth, values)
            return
        if default is not None:
            self._back(module, default, key, into, depth + 1)

    def _name(self, module: Module, node: ast.Name, name: str, key: str, into: Carrier | None, depth: int) -> None:
        function = module.function(node)
        if function is not None and name in _parameters(function):
            carrier = ("local", module.path, function.lineno, name)
            self._carry(
                carrier, key, into, depth, [*self._given(module, function, name), *_set_in(module, function, name)]
            )
        elif function is not None and (values := list(_set_in(module, function, name))):
            self._carry(("local", module.path, function.lineno, name), key, into, depth, values)
        else:
            self._carry(("global", "", 0, name), key, into, depth, self._of_global(name))

    def _carry(
        self,
        carrier: Carrier,
        key: str,
        into: Carrier | None,
        depth: int,
        values: Iterable[tuple[Module, ast.expr]],
    ) -> None:
        """Go on with all that a name may stand for."""
        feeds = self._feeds.setdefault(carrier, set())
        if into is not None:
            feeds.add(into)
        if (carrier, key) in self._done:
            return
        self._done.add((carrier, key))
        for where, value in values:
            self._back(where, value, key, carrier, depth + 1)

    # What names stand for

    def _of_global(self, name: str) -> Iterator[tuple[Module, ast.expr]]:
        for module in self.modules:
            for statement in module.tree.body:
                for target, value in _assigned(statement):
                    if isinstance(target, ast.Name) and target.id == name:
                        yield module, value

    def _of_attribute(self, name: str) -> Iterator[tuple[Module, ast.expr]]:
        """Yield what an attribute is set to: in classes, on `self`, by their constructors; and in modules."""
        yield from self._of_global(name)
        owners: set[str] = set()
        for module in self.modules:
            for node in module.nodes:
                if isinstance(node, ast.ClassDef):
                    for statement in node.body:
                        if isinstance(statement, ast.AnnAssign) and _is_name(statement.target, name):
                            owners.add(node.name)
                        for target, value in _assigned(statement):
                            if _is_name(target, name):
                                owners.add(node.name)
                                yield module, value
                elif isinstance(node, ast.stmt):
                    for target, value in _assigned(node):
                        if isinstance(target, ast.Attribute) and target.attr == name:
                            yield module, value
        yield from self._constructed(name, owners)

    def _constructed(self, name: str, owners: set[str]) -> Iterator[tuple[Module, ast.expr]]:
        for module in self.modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    called = _last(node.func)
                    around = module.owner(node) if called == "cls" else None
                    if called in owners or (around is not None and around.name in owners):
                        yield from ((module, each.value) for each in node.keywords if each.arg == name)

    def _functions(self, name: str) -> Iterator[tuple[Module, Function]]:
        for module in self.modules:
            for node in module.nodes:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
                    yield module, node

    def _given(self, module: Module, function: Function, name: str) -> Iterator[tuple[Module, ast.expr]]:
        """Yield what a parameter is given: its default, and by all calls that may be of the function."""
        ordered = [*function.args.posonlyargs, *function.args.args]
        last = ordered[len(ordered) - len(function.args.defaults) :]
        every: list[tuple[ast.arg, ast.expr | None]] = [*zip(last, function.args.defaults, strict=True)]
        every += zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        yield from ((module, value) for each, value in every if each.arg == name and value is not None)
        owner = module.owner(function)
        called = owner.name if owner is not None and function.name == "__init__" else function.name
        names = [each.arg for each in ordered]
        if owner is not None and names and names[0] in ("self", "cls"):
            names = names[1:]
        for where in self.modules:
            for node in where.nodes:
                if isinstance(node, ast.Call) and _last(node.func) == called:
                    yield from ((where, each.value) for each in node.keywords if each.arg == name)
                    if name in names and len(node.args) > names.index(name):
                        yield where, node.args[names.index(name)]

    # Forwards: whether all uses of a name were met on the way back

    def _is_closed(self, carrier: Carrier, above: frozenset[Carrier]) -> bool:
        """Tell whether a name is used only for what was followed, and so are the names that it feeds."""
        if carrier in above:
            return True
        uses = list(self._uses(carrier))
        is_met = all(use in self._seen for use in uses) and not self._is_told_by_text(carrier)
        return is_met and all(self._is_closed(each, above | {carrier}) for each in self._feeds.get(carrier, ()))

    def _uses(self, carrier: Carrier) -> Iterator[ast.AST]:
        sort, path, line, name = carrier
        for module in self.modules:
            if path and module.path != path and sort == "local":
                continue
            for node in module.nodes:
                if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load):
                    if sort != "local":
                        yield node
                elif isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                    function = module.function(node)
                    if sort == "local":
                        if function is not None and function.lineno == line:
                            yield node
                    elif sort != "attribute" and (function is None or name not in _locals(function)):
                        yield node

    def _is_told_by_text(self, carrier: Carrier) -> bool:
        """Tell whether some text is the name, so that it may be used by that."""
        return carrier[0] == "attribute" and any(
            isinstance(node, ast.Constant) and node.value == carrier[3] for m in self.modules for node in m.nodes
        )


def at(module: Module, start: int, end: int) -> ast.expr | None:
    """Return the expression at a place of a file."""
    found = (node for node in module.nodes if isinstance(node, ast.expr) and module.span(node) == (start, end))
    return next(found, None)


def _assigned(statement: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(statement, ast.Assign):
        yield from ((target, statement.value) for target in statement.targets)
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield statement.target, statement.value


def _set_in(module: Module, function: Function, name: str) -> Iterator[tuple[Module, ast.expr]]:
    for node in ast.walk(function):
        for target, value in _assigned(node):
            if _is_name(target, name) and module.function(node) is function:
                yield module, value


def _locals(function: Function) -> frozenset[str]:
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return frozenset(names | {*_parameters(function)})


def _parameters(function: Function) -> Mapping[str, ast.arg]:
    given = function.args
    return {each.arg: each for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _last(node: ast.expr) -> str:
    """Return the last word of what is called."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
