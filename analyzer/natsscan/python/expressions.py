"""From expressions of LibCST to the core. Effects are ignored, as in all of the core: `await f()` is `f()`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from natsscan.core.arguments import SPREAD, SPREAD_TABLE
from natsscan.core.expression import (
    ANYTHING,
    Alternative,
    Application,
    Binding,
    BindingGroup,
    Case,
    Constructor,
    ConstructorPattern,
    Expression,
    Field,
    GroupPattern,
    Lambda,
    Let,
    Literal,
    Opaque,
    Pattern,
    Projection,
    Signature,
    Variable,
    VariablePattern,
)
from natsscan.core.expression import Sequence as Items
from natsscan.core.tables import BY_KEY
from natsscan.python.literals import number_of, text_of, unescaped
from natsscan.python.spans import Spans

# Names of what the core has no form for; rules/python/functions.yaml says what they give.
ELEMENT, ENTER, ENTRY, APPEND, TEXT, EITHER = "%element", "%enter", "%entry", "%append", "%text", "%either"
# What a comprehension gives, and operators that look at what a value is.
EACH, OR, AND, TRUTH, EMPTY = "%each", "%or", "%and", "%truth", "%none"
# What `super()` is in a method.
SUPER = "%super"
# What says of which class a value is: `assert isinstance(value, Class)`, `value: Class = ...`.
NARROW, ANNOTATED = "%narrow", "%annotated"
_OPERATORS: dict[type[cst.BaseBinaryOp], str] = {
    cst.Add: "+",
    cst.Modulo: "%",
    cst.Multiply: "*",
    cst.BitOr: "+",
    cst.Divide: "/",
}
_MOST_DIGITS = 100  # of numbers that are added
_CONSTANTS = {"True": "True", "False": "False", "None": "none"}


class Expressions:
    """Lowers expressions. `is_set` tells which attributes of a receiver have a local name: those set before, here."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self.receiver = ""
        self.defined: set[str] = set()
        self.pending: list[BindingGroup] = []

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where a node begins and ends, in bytes of the file."""
        return self._spans.of(node)

    def expression(self, node: cst.CSTNode) -> Expression:
        """Return an expression in the core; one that natsscan has no form for is opaque."""
        form = _FORMS.get(type(node))
        return form(self, node) if form is not None else self.opaque(node)

    def opaque(self, node: cst.CSTNode) -> Expression:
        """Return what is not understood, with the expressions in it."""
        return Opaque(tuple(self._inner(node)), *self.span(node))

    def _inner(self, node: cst.CSTNode) -> list[Expression]:
        found: list[Expression] = []
        for child in node.children:
            if isinstance(child, cst.BaseExpression) and not isinstance(child, cst.Annotation):
                found.append(self.expression(child))
            elif not isinstance(child, cst.BaseParenthesizableWhitespace | cst.Annotation):
                found += self._inner(child)
        return found

    # Names

    def _name(self, node: cst.Name) -> Expression:
        start, end = self.span(node)
        if node.value in _CONSTANTS:
            return Constructor(None, _CONSTANTS[node.value], start, end)
        return Variable(None, node.value, start, end)

    def _attribute(self, node: cst.Attribute) -> Expression:
        start, end = self.span(node)
        own = self.own_attribute(node)
        if own in self.defined:
            return Variable(None, own, start, end)
        return Projection(self.expression(node.value), (self.variable(node.attr),), start, end)

    def own_attribute(self, node: cst.BaseExpression) -> str:
        """Return the local name of an attribute of the receiver, `self.channel`; nothing for any other expression."""
        if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name) and node.value.value == self.receiver:
            return f"{self.receiver}.{node.attr.value}"
        return ""

    def variable(self, node: cst.Name) -> Variable:
        """Return a name as written."""
        return Variable(None, node.value, *self.span(node))

    # Calls

    def _call(self, node: cst.Call) -> Expression:
        if isinstance(node.func, cst.Name) and node.func.value == "super":
            return self._word(SUPER, node)
        given: list[Expression] = []
        named: list[Field] = []
        for at, argument in enumerate(node.args):
            value = self.expression(argument.value)
            if argument.star == "*":
                given.append(Application(self._word(SPREAD, argument), (value,), value.start, value.end))
            elif argument.star == "**":
                named.append(Field(self._word(f"{SPREAD_TABLE}{at}", argument), value))
            elif argument.keyword is not None:
                named.append(Field(self.variable(argument.keyword), value))
            else:
                given.append(value)
        start, end = self.span(node)
        return Application(self.expression(node.func), tuple(given), start, end, tuple(named))

    def _word(self, name: str, node: cst.CSTNode) -> Variable:
        """Return a name of natsscan's own at the beginning of a node."""
        start, _ = self.span(node)
        return Variable(None, name, start, start)

    def applied(self, name: str, arguments: Sequence[Expression], node: cst.CSTNode) -> Application:
        """Return a call of a function of natsscan's own."""
        return Application(self._word(name, node), tuple(arguments), *self.span(node))

    def _lambda(self, node: cst.Lambda) -> Expression:
        outer, self.defined = self.defined, set(self.defined)
        patterns, signature = self.parameters(node.params)
        body = self.expression(node.body)
        self.defined = outer
        return Lambda(patterns, body, *self.span(node), signature)

    def parameters(self, node: cst.Parameters, skip: int = 0) -> tuple[tuple[Pattern, ...], Signature]:
        """Return the parameters of a function and how they are given, without the first `skip`."""
        positional = [*node.posonly_params, *node.params][skip:]
        every = [*positional, *node.kwonly_params]
        rest = node.star_arg if isinstance(node.star_arg, cst.Param) else None
        collecting = [param for param in (rest, node.star_kwarg) if param is not None]
        patterns = tuple(VariablePattern(p.name.value, *self.span(p.name)) for p in (*every, *collecting))
        defaults = tuple(Field(self.variable(p.name), self.expression(p.default)) for p in every if p.default)
        signature = Signature(
            len(positional),
            defaults,
            rest.name.value if rest else "",
            node.star_kwarg.name.value if node.star_kwarg else "",
        )
        return patterns, signature

    # Texts and numbers

    def _string(self, node: cst.SimpleString) -> Expression:
        return Literal(text_of(node), *self.span(node))

    def _concatenated(self, node: cst.ConcatenatedString) -> Expression:
        parts = (self.expression(node.left), self.expression(node.right))
        if all(isinstance(part, Literal) for part in parts):
            return Literal("".join(part.text for part in parts if isinstance(part, Literal)), *self.span(node))
        return self.applied(TEXT, (Items(parts, *self.span(node)),), node)

    def _formatted(self, node: cst.FormattedString) -> Expression:
        parts: list[Expression] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                text = part.value.replace("{{", "{").replace("}}", "}")
                parts.append(Literal(text if "r" in node.prefix else unescaped(text), *self.span(part)))
            elif isinstance(part, cst.FormattedStringExpression):
                parts.append(self.expression(part.expression))
        return self.applied(TEXT, (Items(tuple(parts), *self.span(node)),), node)

    def _number(self, node: cst.Integer | cst.Float) -> Expression:
        return Literal(number_of(node.value), *self.span(node))

    # Collections

    def _items(self, node: cst.List | cst.Tuple | cst.Set) -> Expression:
        start, end = self.span(node)
        found: Expression | None = None
        plain: list[Expression] = []
        for element in node.elements:
            value = self.expression(element.value)
            if not isinstance(element, cst.StarredElement):
                plain.append(value)
                continue
            before = Items(tuple(plain), start, end)
            found = before if found is None else self._joined(found, before, node)
            found, plain = self._joined(found, value, node), []
        last = Items(tuple(plain), start, end)
        return last if found is None else self._joined(found, last, node)

    def _joined(self, left: Expression, right: Expression, node: cst.BaseExpression) -> Expression:
        """Return one list after another; nothing is added to the left one by an empty list."""
        return left if isinstance(right, Items) and not right.items else self.applied("+", (left, right), node)

    def _dict(self, node: cst.Dict) -> Expression:
        start, end = self.span(node)
        pairs: list[Expression] = []
        merged: list[Expression] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                key, value = self.expression(element.key), self.expression(element.value)
                pairs.append(Items((key, value), key.start, value.end))
            else:
                merged.append(self.expression(element.value))
        table: Expression = Items(tuple(pairs), start, end)
        for other in merged:
            table = self.applied("+", (other, table), node)
        return table

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Expression:
        outer, self.defined = self.defined, set(self.defined)
        start, end = self.span(node)
        groups = list(self._loops(node.for_in))
        if isinstance(node, cst.DictComp):
            item: Expression = Items((self.expression(node.key), self.expression(node.value)), start, end)
        else:
            item = self.expression(node.elt)
        self.defined = outer
        return self.applied(EACH, (Let(tuple(groups), item, start, end),), node)

    def _loops(self, loop: cst.CompFor) -> list[BindingGroup]:
        over = self.applied(ELEMENT, (self.expression(loop.iter),), loop.iter)
        found = [BindingGroup((Binding(self.target(loop.target), over),), recursive=False)]
        found += [
            BindingGroup((Binding(ANYTHING, self.expression(condition.test)),), recursive=False)
            for condition in loop.ifs
        ]
        return found + (self._loops(loop.inner_for_in) if loop.inner_for_in else [])

    def target(self, node: cst.CSTNode) -> Pattern:
        """Return the pattern that an assignment to a name, or several, is; anything else binds nothing."""
        if isinstance(node, cst.Name):
            self.defined.add(node.value)
            return VariablePattern(node.value, *self.span(node))
        if isinstance(node, cst.Tuple | cst.List):
            return GroupPattern(tuple(self.target(element.value) for element in node.elements))
        own = self.own_attribute(node) if isinstance(node, cst.BaseExpression) else ""
        if own:
            self.defined.add(own)
            return VariablePattern(own, *self.span(node))
        return ANYTHING

    # Operators and choices

    def _binary(self, node: cst.BinaryOperation) -> Expression:
        operands = (self.expression(node.left), self.expression(node.right))
        operator = _OPERATORS.get(type(node.operator))
        if operator is None:
            return Opaque(operands, *self.span(node))
        if operator == "+" and isinstance(node.left, cst.Integer) and isinstance(node.right, cst.Integer):
            added = [number_of(number.value) for number in (node.left, node.right)]
            if max(map(len, added)) <= _MOST_DIGITS:
                return Literal(str(sum(map(int, added))), *self.span(node))
        return self.applied(operator, operands, node)

    def _boolean(self, node: cst.BooleanOperation) -> Expression:
        operands = (self.expression(node.left), self.expression(node.right))
        return self.applied(OR if isinstance(node.operator, cst.Or) else AND, operands, node)

    def _unary(self, node: cst.UnaryOperation) -> Expression:
        inner = self.expression(node.expression)
        if isinstance(node.operator, cst.Minus) and isinstance(inner, Literal):
            return Literal(f"-{inner.text}", *self.span(node))
        return Opaque((inner,), *self.span(node))

    def _if(self, node: cst.IfExp) -> Expression:
        subject, patterns = self.tested(node.test)
        ways = zip(patterns, (node.body, node.orelse), strict=True)
        alternatives = tuple(Alternative(pattern, self.expression(way)) for pattern, way in ways)
        return Case(subject, alternatives, *self.span(node))

    def tested(self, test: cst.BaseExpression) -> tuple[Expression, tuple[Pattern, Pattern]]:
        """Return a test, and what it matches where it holds and where it does not.

        Only of a test of a single name may that be known: `if suffix`, `if suffix is None`.
        """
        name, is_true = _tested_name(test)
        if name is None:
            return self.expression(test), (ANYTHING, ANYTHING)
        start = self.span(test)[0]
        word = TRUTH if is_true else EMPTY
        yes, no = (ConstructorPattern(Constructor(None, word, start, start), ()) for word in ("True", "False"))
        return self.applied(word, (self.expression(name),), test), (no, yes) if _is_negated(test) else (yes, no)

    def is_told(self, test: cst.BaseExpression) -> bool:
        """Tell whether the code may tell which way a test leads."""
        return _tested_name(test)[0] is not None

    def _subscript(self, node: cst.Subscript) -> Expression:
        base = self.expression(node.value)
        keys = [self.expression(each.slice.value) for each in node.slice if isinstance(each.slice, cst.Index)]
        if len(keys) != len(node.slice):
            return Opaque((base, *(part for each in node.slice for part in self._inner(each))), *self.span(node))
        key = keys[0] if len(keys) == 1 else Items(tuple(keys), keys[0].start, keys[-1].end)
        return self.applied(BY_KEY, (base, key), node)

    def _walrus(self, node: cst.NamedExpr) -> Expression:
        value = self.expression(node.value)
        self.pending.append(BindingGroup((Binding(self.target(node.target), value),), recursive=False))
        return self.expression(node.target)


_FORMS: dict[type[cst.CSTNode], Callable[..., Expression]] = {
    cst.Name: Expressions._name,
    cst.Attribute: Expressions._attribute,
    cst.Call: Expressions._call,
    cst.SimpleString: Expressions._string,
    cst.ConcatenatedString: Expressions._concatenated,
    cst.FormattedString: Expressions._formatted,
    cst.Integer: Expressions._number,
    cst.Float: Expressions._number,
    cst.List: Expressions._items,
    cst.Tuple: Expressions._items,
    cst.Set: Expressions._items,
    cst.Dict: Expressions._dict,
    cst.BinaryOperation: Expressions._binary,
    cst.BooleanOperation: Expressions._boolean,
    cst.UnaryOperation: Expressions._unary,
    cst.IfExp: Expressions._if,
    cst.Subscript: Expressions._subscript,
    cst.Lambda: Expressions._lambda,
    cst.Await: lambda lower, node: lower.expression(node.expression),
    cst.NamedExpr: Expressions._walrus,
    cst.ListComp: Expressions._comprehension,
    cst.SetComp: Expressions._comprehension,
    cst.GeneratorExp: Expressions._comprehension,
    cst.DictComp: Expressions._comprehension,
}


def _tested_name(test: cst.BaseExpression) -> tuple[cst.BaseExpression | None, bool]:
    """Return the name that a test is about, and whether the test is that it is true; else, that it is nothing."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return _tested_name(test.expression) if not _is_negated(test.expression) else (None, True)
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        target = test.comparisons[0]
        is_nothing = isinstance(target.comparator, cst.Name) and target.comparator.value == "None"
        if (
            is_nothing
            and isinstance(target.operator, cst.Is | cst.IsNot)
            and isinstance(test.left, cst.Name | cst.Attribute)
        ):
            return test.left, False
        return None, True
    return (test, True) if isinstance(test, cst.Name | cst.Attribute) else (None, True)


def _is_negated(test: cst.BaseExpression) -> bool:
    """Tell whether a test holds where what it is about does not: `not x`, `x is not None`."""
    if isinstance(test, cst.Comparison):
        return isinstance(test.comparisons[0].operator, cst.IsNot)
    return isinstance(test, cst.UnaryOperation)
