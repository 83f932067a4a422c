"""From statements of LibCST to the core: what a block binds, in order.

A branch binds what it assigns in each of its ways: afterwards each name is one of them. A loop is gone through once,
with any element. What a function returns is the name `return`, one of all its returns and yields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import libcst as cst

from natsscan.core.expression import (
    ANYTHING,
    Alternative,
    Application,
    Binding,
    BindingGroup,
    Case,
    Constructor,
    Expression,
    Field,
    GroupPattern,
    Lambda,
    Let,
    Literal,
    Opaque,
    Pattern,
    Update,
    Variable,
    VariablePattern,
)
from natsscan.core.expression import Sequence as Items
from natsscan.core.scoping import bound_names
from natsscan.python.captures import captured
from natsscan.python.expressions import ANNOTATED, APPEND, EITHER, ELEMENT, ENTER, ENTRY, NARROW, Expressions
from natsscan.python.module import RESULT, Imported

# What a name is on a way that does not assign it.
UNSET = "%unset"
_ADDING = {"append": APPEND, "add": APPEND, "extend": "+", "update": "+"}

Nested = Callable[[cst.FunctionDef | cst.ClassDef], Binding | None]
Resolve = Callable[[cst.Import | cst.ImportFrom], list[tuple[str, Imported]]]


class Statements:
    """Lowers the blocks of one function, class or module; `nested` lowers a definition inside it.

    `resolve` tells what an import binds. `annotations` collects the types that assignments name, `shared` the names
    that are the module's.
    """

    def __init__(self, lower: Expressions, nested: Nested, resolve: Resolve) -> None:
        self._lower = lower
        self._nested = nested
        self._resolve = resolve
        self._groups: list[BindingGroup] = []
        self.annotations: list[tuple[str, Expression]] = []
        self.attributes: list[str] = []
        self.shared: list[str] = []
        self.yields = False

    def block(self, body: cst.BaseSuite | Sequence[cst.CSTNode]) -> tuple[BindingGroup, ...]:
        """Return what a block binds, statement by statement."""
        outer, self._groups = self._groups, []
        self._each(body.body if isinstance(body, cst.BaseSuite) else body)
        found, self._groups = tuple(self._groups), outer
        return found

    def _each(self, statements: Sequence[cst.CSTNode]) -> None:
        for at, statement in enumerate(statements):
            if isinstance(statement, cst.If) and _leaves(statement) and self._lower.is_told(statement.test):
                self._if(statement, statements[at + 1 :])
                return
            form = _FORMS.get(type(statement))
            if form is not None:
                form(self, statement)
            else:
                self._bind(ANYTHING, self._expression(statement))

    def _expression(self, node: cst.CSTNode) -> Expression:
        """Lower an expression; what it assigns itself is bound before it."""
        found = self._lower.expression(node)
        self._groups += self._lower.pending
        self._lower.pending.clear()
        return found

    def _bind(self, pattern: VariablePattern | GroupPattern, value: Expression, recursive: bool = False) -> None:
        self._groups.append(BindingGroup((Binding(pattern, value),), recursive))

    def _bind_name(self, name: str, value: Expression) -> None:
        self._lower.defined.add(name)
        self._bind(VariablePattern(name, value.start, value.start), value)

    # Assignments

    def _assign(self, node: cst.Assign) -> None:
        value = self._expression(node.value)
        for target in node.targets:
            self._assign_to(target.target, value)

    def _assign_to(self, target: cst.BaseExpression, value: Expression) -> None:
        if isinstance(target, cst.Subscript):
            self._assign_entry(target, value)
            return
        own = self._lower.own_attribute(target)
        if isinstance(target, cst.Attribute) and not own:
            self._assign_attribute(target, value)
            return
        self._note_attributes(target)
        pattern = self._lower.target(target)
        assert isinstance(pattern, VariablePattern | GroupPattern)
        self._bind(pattern, value)

    def _note_attributes(self, target: cst.CSTNode) -> None:
        if isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self._note_attributes(element.value)
        elif isinstance(target, cst.Attribute) and self._lower.own_attribute(target):
            self.attributes.append(target.attr.value)

    def _assign_attribute(self, target: cst.Attribute, value: Expression) -> None:
        """Assign to an attribute of a local value: the name stands for the value with that attribute afterwards."""
        name = self._place(target.value)
        field = Field(self._lower.variable(target.attr), value)
        base = self._expression(target.value)
        if name in self._lower.defined:
            self._bind_name(name, Update(base, (field,), base.start, value.end))
        else:
            self._bind(ANYTHING, Update(base, (field,), base.start, value.end))

    def _assign_entry(self, target: cst.Subscript, value: Expression) -> None:
        name = self._place(target.value)
        base = self._expression(target.value)
        index = target.slice[0].slice
        key = self._expression(index.value) if isinstance(index, cst.Index) else None
        if key is None:
            self._bind(ANYTHING, Opaque((base, value), base.start, value.end))
        elif name in self._lower.defined:
            self._bind_name(name, self._lower.applied(ENTRY, (base, key, value), target))
        else:
            self._bind(ANYTHING, self._lower.applied(ENTRY, (base, key, value), target))

    def _place(self, node: cst.BaseExpression) -> str:
        """Return the local name of a variable, or of an attribute of the receiver; nothing for another expression."""
        return node.value if isinstance(node, cst.Name) else self._lower.own_attribute(node)

    def _annotated(self, node: cst.AnnAssign) -> None:
        annotation = self._lower.expression(node.annotation.annotation)
        name = self._place(node.target)
        self.annotations.append((name, annotation))
        if node.value is not None:
            value = self._expression(node.value)
            if not isinstance(value, Literal | Items | Lambda | Constructor):  # these are what they are
                value = self._lower.applied(ANNOTATED, (value, annotation), node.value)
            self._assign_to(node.target, value)

    def _augmented(self, node: cst.AugAssign) -> None:
        value = self._expression(node.value)
        name = self._place(node.target)
        if isinstance(node.operator, cst.AddAssign | cst.BitOrAssign) and name in self._lower.defined:
            self._bind_name(name, self._lower.applied("+", (self._expression(node.target), value), node))
        else:
            self._bind(ANYTHING, value)

    def _expression_statement(self, node: cst.BaseExpression) -> None:
        if isinstance(node, cst.Yield):
            self.yields = True
            self._result(node.value.item if isinstance(node.value, cst.From) else node.value)
            return
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and len(node.args) == 1:
            name, adding = self._place(node.func.value), _ADDING.get(node.func.attr.value)
            if adding is not None and name in self._lower.defined and not node.args[0].star:
                base = self._expression(node.func.value)
                added = self._expression(node.args[0].value)
                self._bind_name(name, self._lower.applied(adding, (base, added), node))
                return
        self._bind(ANYTHING, self._expression(node))

    def _result(self, node: cst.BaseExpression | None) -> None:
        if node is None:
            return
        value = self._expression(node)
        if RESULT in self._lower.defined:
            before = Variable(None, RESULT, value.start, value.start)
            value = self._lower.applied(EITHER, (before, value), node)
        self._bind_name(RESULT, value)

    # Ways

    def _branch(
        self, subject: Expression, ways: Sequence[Callable[[], None]], patterns: Sequence[Pattern] = ()
    ) -> None:
        """Bind what several ways assign: each name is one of what it is on the ways, or before them if one has none.

        Each way is a function that lowers it; `patterns` tell which of them the subject may lead to.
        """
        before = set(self._lower.defined)
        lowered: list[tuple[tuple[BindingGroup, ...], set[str]]] = []
        for way in ways:
            self._lower.defined = set(before)
            outer, self._groups = self._groups, []
            way()
            groups, self._groups = tuple(self._groups), outer
            lowered.append((groups, self._lower.defined | _bound(groups)))
        names = sorted({name for groups, _ in lowered for name in _bound(groups)})
        start, end = subject.start, subject.end
        alternatives = tuple(
            Alternative(pattern, Let(groups, Items(_values(names, defined, start), start, start), start, end))
            for pattern, (groups, defined) in zip(patterns or [ANYTHING] * len(lowered), lowered, strict=True)
        )
        self._lower.defined = before | set(names)
        pattern = GroupPattern(tuple(VariablePattern(name, start, start) for name in names))
        self._bind(pattern, Case(subject, alternatives, start, end))

    def _if(self, node: cst.If, rest: Sequence[cst.CSTNode] = ()) -> None:
        """Go either way; `rest` is what comes after a way that leaves the function, and so belongs to the other one."""
        test, patterns = self._lower.tested(node.test)
        self._groups += self._lower.pending
        self._lower.pending.clear()

        def then() -> None:
            self._narrow(node.test)
            self._each(node.body.body)

        otherwise = (lambda: self._each(rest)) if rest else lambda: self._else(node.orelse)
        self._branch(test, [then, otherwise], patterns)

    def _assert(self, node: cst.Assert) -> None:
        for part in (node.test, node.msg):
            if part is not None:
                self._bind(ANYTHING, self._expression(part))
        self._narrow(node.test)

    def _narrow(self, test: cst.BaseExpression) -> None:
        """Bind a name to itself as what a test says it is: `isinstance(channel, Channel)`."""
        if not isinstance(test, cst.Call) or not isinstance(test.func, cst.Name) or test.func.value != "isinstance":
            return
        if len(test.args) == 2 and self._place(test.args[0].value) in self._lower.defined:
            both = [self._lower.expression(argument.value) for argument in test.args]
            self._bind_name(self._place(test.args[0].value), self._lower.applied(NARROW, both, test))

    def _else(self, node: cst.If | cst.Else | None) -> None:
        if isinstance(node, cst.If):
            self._if(node)
        elif node is not None:
            self._each(node.body.body)

    def _for(self, node: cst.For) -> None:
        over = self._lower.applied(ELEMENT, (self._expression(node.iter),), node.iter)

        def once() -> None:
            self._assign_to(node.target, over)
            self._each(node.body.body)

        self._branch(Opaque((), over.start, over.end), [once, _nothing])
        if node.orelse is not None:
            self._each(node.orelse.body.body)

    def _while(self, node: cst.While) -> None:
        test = self._expression(node.test)
        self._branch(test, [lambda: self._each(node.body.body), _nothing])
        if node.orelse is not None:
            self._each(node.orelse.body.body)

    def _try(self, node: cst.Try | cst.TryStar) -> None:
        """Go through the body as if nothing failed; each handler is a way beside that."""
        self._each(node.body.body)
        ways: list[Callable[[], None]] = [lambda: self._else(node.orelse)]
        types: list[Expression] = []
        for handler in node.handlers:
            if handler.type is not None:
                types.append(self._expression(handler.type))
            ways.append(self._handler(handler))
        start, end = self._lower.span(node.body)
        self._branch(Opaque(tuple(types), start, end), ways)
        if node.finalbody is not None:
            self._each(node.finalbody.body.body)

    def _handler(self, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> Callable[[], None]:
        def handle() -> None:
            if handler.name is not None:
                self._bind_unknown(handler.name.name)
            self._each(handler.body.body)

        return handle

    def _bind_unknown(self, name: cst.CSTNode) -> None:
        """Bind a name to what only run time knows: it is no longer what it was."""
        if isinstance(name, cst.Name):
            self._bind_name(name.value, Opaque((), *self._lower.span(name)))

    def _with(self, node: cst.With) -> None:
        for item in node.items:
            value = self._lower.applied(ENTER, (self._expression(item.item),), item.item)
            if item.asname is not None:
                self._assign_to(item.asname.name, value)
            else:
                self._bind(ANYTHING, value)
        self._each(node.body.body)

    def _match(self, node: cst.Match) -> None:
        subject = self._expression(node.subject)
        ways = [self._match_case(case) for case in node.cases]
        self._branch(subject, [*ways, _nothing])

    def _match_case(self, case: cst.MatchCase) -> Callable[[], None]:
        def match() -> None:
            for name in captured(case.pattern):
                self._bind_unknown(name)
            self._bind(ANYTHING, self._lower.opaque(case.pattern))
            if case.guard is not None:
                self._bind(ANYTHING, self._expression(case.guard))
            self._each(case.body.body)

        return match

    # Definitions and imports

    def _definition(self, node: cst.FunctionDef | cst.ClassDef) -> None:
        if isinstance(node, cst.ClassDef):
            beside = [keyword.value for keyword in node.keywords]
        else:
            params = (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params)
            beside = [param.default for param in params if param.default is not None]
        for value in beside:
            self._bind(ANYTHING, self._expression(value))
        binding = self._nested(node)
        named: tuple[Expression, ...] = ()
        if binding is not None:
            assert isinstance(binding.pattern, VariablePattern)
            self._lower.defined.add(binding.pattern.name)
            self._groups.append(BindingGroup((binding,), recursive=isinstance(binding.value, Lambda)))
            at = binding.pattern.start
            named = (Variable(None, binding.pattern.name, at, at),)
        for decorator in node.decorators:
            applied = self._expression(decorator.decorator)
            self._bind(ANYTHING, Application(applied, named, applied.start, applied.end))

    def _global(self, node: cst.Global) -> None:
        self.shared += [item.name.value for item in node.names]

    def _import(self, node: cst.Import | cst.ImportFrom) -> None:
        start, _ = self._lower.span(node)
        for name, imported in self._resolve(node):
            self._bind_name(name, Variable(imported.module, imported.name, start, start))


_FORMS: dict[type[cst.CSTNode], Callable[..., None]] = {
    cst.SimpleStatementLine: lambda lower, node: lower._each(node.body),
    cst.Assign: Statements._assign,
    cst.AnnAssign: Statements._annotated,
    cst.AugAssign: Statements._augmented,
    cst.Expr: lambda lower, node: lower._expression_statement(node.value),
    cst.Return: lambda lower, node: lower._result(node.value),
    cst.If: Statements._if,
    cst.For: Statements._for,
    cst.While: Statements._while,
    cst.Try: Statements._try,
    cst.TryStar: Statements._try,
    cst.With: Statements._with,
    cst.Assert: Statements._assert,
    cst.Match: Statements._match,
    cst.FunctionDef: Statements._definition,
    cst.ClassDef: Statements._definition,
    cst.Global: Statements._global,
    cst.Import: Statements._import,
    cst.ImportFrom: Statements._import,
}


def _leaves(node: cst.If) -> bool:
    """Tell whether what an `if` without an `else` does ends its function."""
    last = node.body.body[-1] if node.orelse is None else None
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return | cst.Raise)


def _nothing() -> None:
    """Go no way at all."""


def _bound(groups: Iterable[BindingGroup]) -> set[str]:
    """Return the names that groups bind; no pattern of Python has names that are not in it."""
    bindings = (binding for group in groups for binding in group.bindings)
    return {name for binding in bindings for name in bound_names(binding.pattern, lambda _: ())}


def _values(names: Iterable[str], defined: set[str], start: int) -> tuple[Expression, ...]:
    return tuple(Variable(None, name if name in defined else UNSET, start, start) for name in names)
