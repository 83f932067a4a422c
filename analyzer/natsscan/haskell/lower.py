"""Lowering: the only place that sees Haskell's grammar nodes for expressions, and turns them into the core."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tree_sitter import Node

from natsscan.catalog.catalog import Catalog
from natsscan.core import build
from natsscan.core.expression import (
    ANYTHING,
    Alternative,
    Binding,
    BindingGroup,
    Case,
    Constructor,
    Expression,
    GroupPattern,
    Lambda,
    Let,
    Literal,
    Opaque,
    Pattern,
    Sequence,
    Variable,
)
from natsscan.core.operators import associate
from natsscan.haskell import clauses, patterns, records
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.literal import literal_text
from natsscan.haskell.module import NOT_PARSED, Captures, Definition, Module, first_named, read_fixity, split_qualified
from natsscan.haskell.quotes import quoted_text
from natsscan.model.operator import DEFAULT_FIXITY, Fixity, Plumbing

MAX_NESTING = 100
MAX_CHAIN = 200


class Lowering:
    """Lowers the definitions of one module.

    The fixity that an imported module of the project declares for an operator goes before what the rules say of its
    name. `too_deep` collects the offsets at which nesting went over MAX_NESTING and reading stopped.
    """

    def __init__(self, module: Module, catalog: Catalog, index: ModuleIndex) -> None:
        self._data = module.data
        self._operators = catalog.operators
        self._own_fixities = module.fixities
        self._own_values = module.values
        self._imported_fixity = partial(index.imported_fixity, module)
        self._quoters = catalog.quoters
        self._nesting = 0
        self._local_names: set[str] = set()
        self._local_fixities: dict[str, Fixity] = {}
        self.too_deep: list[int] = []

    def definition(self, definition: Definition, captures: Captures) -> tuple[Binding, ...]:
        """Return the bindings of a top-level definition; a class or instance has one for each of its methods."""
        self._note_local_operators(captures)
        bindings: list[Binding] = []
        for node in definition.nodes:
            body = node.child_by_field_name("declarations")
            if node.type in ("instance", "class") and body is not None:
                bindings += clauses.bindings(self, body.named_children)
            elif node.type in ("top_splice", "pattern_synonym") or definition.name == NOT_PARSED:
                bindings.append(Binding(ANYTHING, self._opaque(node)))
        return (*bindings, *clauses.bindings(self, definition.nodes))

    def _note_local_operators(self, captures: Captures) -> None:
        """Note operators that a definition binds or declares within: there the rules say nothing of them."""
        self._local_names.clear()
        self._local_fixities.clear()
        self._local_names.update(self.text(node).strip("()` ") for node in captures.get("bound", []))
        for node in captures.get("fixity", []):
            self._local_fixities.update(read_fixity(self.text(node)))

    # Expressions

    def expression(self, node: Node | None) -> Expression:
        """Lower an expression; what is missing or not understood becomes opaque."""
        while node is not None and node.type in ("parens", "exp", "signature", "quoted_expression"):
            node = node.child_by_field_name("expression") or first_named(node)
        if node is None:
            return Opaque((), 0, 0)
        if self._nesting >= MAX_NESTING:
            self.too_deep.append(node.start_byte)
            return Opaque((), node.start_byte, node.end_byte)
        self._nesting += 1
        try:
            return _LOWER.get(node.type, Lowering._opaque)(self, node)
        finally:
            self._nesting -= 1

    def field(self, node: Node, name: str) -> Expression:
        """Lower the part of a node that the grammar calls `name`."""
        return self.expression(node.child_by_field_name(name))

    def text(self, node: Node) -> str:
        """Return the code of a node."""
        return self._data[node.start_byte : node.end_byte].decode(errors="replace")

    def _opaque(self, node: Node) -> Expression:
        parts = tuple(self.expression(child) for child in node.named_children if child.type not in _NOT_EXPRESSIONS)
        return Opaque(parts, node.start_byte, node.end_byte)

    def name(self, node: Node) -> Variable | Constructor:
        """Lower a possibly qualified name of a value or constructor."""
        qualifier, name = split_qualified("".join(self.text(node).split()).strip("()`"))
        kind = Constructor if name[:1].isupper() or name[:1] == ":" else Variable
        return kind(qualifier, name, node.start_byte, node.end_byte)

    def _literal(self, node: Node) -> Expression:
        return Literal(literal_text(self.text(node)), node.start_byte, node.end_byte)

    def _quasiquote(self, node: Node) -> Expression:
        quoter, body = node.child_by_field_name("quoter"), node.child_by_field_name("body")
        name = split_qualified("".join(self.text(quoter).split()))[1] if quoter else ""
        if name not in self._quoters:
            return self._opaque(node)
        return quoted_text(self.text(body) if body else "", self._quoters[name], node.start_byte, node.end_byte)

    def _apply(self, node: Node) -> Expression:
        spine: list[Node] = []
        function: Node = node
        while function.type == "apply":
            argument = function.child_by_field_name("argument")
            if argument is not None and argument.type != "type_application":
                spine.append(argument)
            inner = function.child_by_field_name("function")
            if inner is None:
                break
            function = inner
        arguments = tuple(self.expression(argument) for argument in reversed(spine))
        head = self.expression(function)
        plumbing = self._plumbing(head.name) if isinstance(head, Variable) else None
        if plumbing is Plumbing.FLIP:
            return build.flip(arguments, node.start_byte, node.end_byte) if arguments else head
        if isinstance(head, Variable) and plumbing and len(arguments) >= 2:  # an operator before its operands: ($) f x
            result = self._operate(arguments[0], head, arguments[1])
            return build.apply(result, arguments[2:], node.start_byte, node.end_byte)
        return build.apply(head, arguments, node.start_byte, node.end_byte)

    def _infix(self, node: Node) -> Expression:
        operands: list[Node] = []
        operators: list[Node] = []
        rest: Node | None = node
        while rest is not None and rest.type == "infix":
            left, operator = rest.child_by_field_name("left_operand"), rest.child_by_field_name("operator")
            if left is None or operator is None:
                return self._opaque(node)
            operands.append(left)
            operators.append(operator)
            rest = rest.child_by_field_name("right_operand")
        lowered = [self.expression(operand) for operand in [*operands, rest]]
        if len(operators) > MAX_CHAIN:
            return Opaque(tuple(lowered), node.start_byte, node.end_byte)
        names = [self.name(operator) for operator in operators]
        return associate(lowered, names, self._fixity, self._operate)

    def _fixity(self, operator: Variable | Constructor) -> Fixity:
        name = operator.name
        here = self._local_fixities.get(name) or self._own_fixities.get(name) or self._imported_fixity(name)
        return here or self._operators.fixities.get(name) or DEFAULT_FIXITY

    def _plumbing(self, name: str) -> Plumbing | None:
        plumbing = self._operators.plumbing.get(name)
        if plumbing is None or name in self._own_values or name in self._local_names:
            return None
        return None if self._imported_fixity(name) else plumbing

    def _operate(self, left: Expression, operator: Variable | Constructor, right: Expression) -> Expression:
        start, end = min(left.start, right.start), max(left.end, right.end)
        match self._plumbing(operator.name):
            case Plumbing.APPLY:
                return build.apply(left, (right,), start, end)
            case Plumbing.REVERSE_APPLY:
                return build.apply(right, (left,), start, end)
            case Plumbing.COMPOSE:
                return build.compose(left, right, start, end)
            case Plumbing.REVERSE_COMPOSE:
                return build.compose(right, left, start, end)
            case Plumbing.THEN:
                return Let((_statement(left),), right, start, end)
            case Plumbing.BEFORE:
                result = build.held_back(start)
                first = BindingGroup((Binding(result, left),), recursive=False)
                return Let((first, _statement(right)), build.use(result), start, end)
            case _:
                return build.apply(operator, (left, right), start, end)

    def _left_section(self, node: Node) -> Expression:
        operator = node.child_by_field_name("operator")
        if operator is None:
            return self._opaque(node)
        parameter = build.held_back(node.end_byte)
        result = self._operate(self.field(node, "left_operand"), self.name(operator), build.use(parameter))
        return Lambda((parameter,), result, node.start_byte, node.end_byte)

    def _right_section(self, node: Node) -> Expression:
        operator = next((child for child in node.named_children if not child.is_extra), None)
        if operator is None:
            return self._opaque(node)
        parameter = build.held_back(node.start_byte)
        result = self._operate(build.use(parameter), self.name(operator), self.field(node, "right_operand"))
        return Lambda((parameter,), result, node.start_byte, node.end_byte)

    def _lambda(self, node: Node) -> Expression:
        return Lambda(clauses.parameters(self, node), self.field(node, "expression"), node.start_byte, node.end_byte)

    def _let_in(self, node: Node) -> Expression:
        return Let((clauses.local(self, node),), self.field(node, "expression"), node.start_byte, node.end_byte)

    def _conditional(self, node: Node) -> Expression:
        branches = tuple(Alternative(ANYTHING, self.field(node, name)) for name in ("then", "else"))
        return Case(self.field(node, "if"), branches, node.start_byte, node.end_byte)

    def _case(self, node: Node) -> Expression:
        subject = node.child_by_field_name("expression") or first_named(node)
        return Case(self.expression(subject), self._alternatives(node), node.start_byte, node.end_byte)

    def _lambda_case(self, node: Node) -> Expression:
        parameter = build.held_back(node.start_byte)
        body = Case(build.use(parameter), self._alternatives(node), node.start_byte, node.end_byte)
        return Lambda((parameter,), body, node.start_byte, node.end_byte)

    def _alternatives(self, node: Node) -> tuple[Alternative, ...]:
        block = node.child_by_field_name("alternatives")
        found = []
        for child in block.named_children if block else []:
            if child.type != "alternative":
                continue
            pattern = child.child_by_field_name("pattern")
            matched = self.pattern(pattern) if pattern else GroupPattern(clauses.parameters(self, child))
            found.append(Alternative(matched, clauses.matches(self, child)))
        return tuple(found)

    def _do(self, node: Node) -> Expression:
        statements = [child for child in node.named_children if child.type in ("bind", "exp", "let", "rec")]
        if not statements:
            return self._opaque(node)
        groups = [group for child in statements[:-1] for group in self._statement_groups(child)]
        if node.children[0].type == "mdo":
            groups = [_recursive(groups)]
        last = statements[-1]
        if last.type == "exp":
            body = self.expression(last)
        else:
            groups += self._statement_groups(last)
            body = Opaque((), last.end_byte, last.end_byte)
        return Let(tuple(groups), body, node.start_byte, node.end_byte) if groups else body

    def _statement_groups(self, node: Node) -> list[BindingGroup]:
        if node.type == "let":
            return [clauses.local(self, node)]
        if node.type == "bind":
            pattern = node.child_by_field_name("pattern")
            bound = self.pattern(pattern) if pattern else ANYTHING
            return [BindingGroup((Binding(bound, self.field(node, "expression")),), recursive=False)]
        if node.type == "rec":
            return [_recursive([group for child in node.named_children for group in self._statement_groups(child)])]
        return [_statement(self.expression(node))]

    def _comprehension(self, node: Node) -> Expression:
        branches = [self._qualifiers(branch) for branch in node.children_by_field_name("qualifiers")]
        together = tuple(group for groups in branches for group in groups)
        result = Let(together, self.field(node, "expression"), node.start_byte, node.end_byte)
        if len(branches) == 1:
            return result
        # The branches of a parallel comprehension do not see each other's names, only the result sees all.
        nothing = Sequence((), node.end_byte, node.end_byte)
        alone = (Let(groups, nothing, node.start_byte, node.end_byte) for groups in branches)
        return Opaque((*alone, result), node.start_byte, node.end_byte)

    def _qualifiers(self, node: Node) -> tuple[BindingGroup, ...]:
        groups: list[BindingGroup] = []
        for child in node.named_children:
            if child.type == "generator":
                pattern = child.child_by_field_name("pattern")
                bound = self.pattern(pattern) if pattern else ANYTHING
                groups.append(BindingGroup((Binding(bound, self.field(child, "expression")),), recursive=False))
            elif child.type == "let":
                groups.append(clauses.local(self, child))
            else:
                groups.append(_statement(self._opaque(child)))
        return tuple(groups)

    def _sequence(self, node: Node) -> Expression:
        items = tuple(self.expression(child) for child in node.named_children if not child.is_extra)
        return Sequence(items, node.start_byte, node.end_byte)

    def field_name(self, node: Node) -> Variable:
        """Lower the name of a record field."""
        qualifier, name = split_qualified("".join(self.text(node).split()))
        return Variable(qualifier, name, node.start_byte, node.end_byte)

    def pattern(self, node: Node) -> Pattern:
        """Lower a pattern."""
        return patterns.lower_pattern(self, node)


_NOT_EXPRESSIONS = frozenset({"comment", "haddock", "pragma", "cpp", "quoter", "quasiquote_body", "type", "do_module"})

_LOWER: dict[str, Callable[[Lowering, Node], Expression]] = {
    "apply": Lowering._apply,
    "arithmetic_sequence": Lowering._opaque,
    "case": Lowering._case,
    "conditional": Lowering._conditional,
    "constructor": Lowering.name,
    "constructor_operator": Lowering.name,
    "do": Lowering._do,
    "infix": Lowering._infix,
    "lambda": Lowering._lambda,
    "lambda_case": Lowering._lambda_case,
    "lambda_cases": Lowering._lambda_case,
    "left_section": Lowering._left_section,
    "let_in": Lowering._let_in,
    "list": Lowering._sequence,
    "list_comprehension": Lowering._comprehension,
    "literal": Lowering._literal,
    "multi_way_if": clauses.matches,
    "operator": Lowering.name,
    "prefix_id": Lowering.name,
    "projection": records.projection,
    "projection_selector": records.selector,
    "qualified": Lowering.name,
    "quasiquote": Lowering._quasiquote,
    "record": records.record,
    "right_section": Lowering._right_section,
    "tuple": Lowering._sequence,
    "unit": Lowering._sequence,
    "variable": Lowering.name,
}


def _recursive(groups: list[BindingGroup]) -> BindingGroup:
    return BindingGroup(tuple(binding for group in groups for binding in group.bindings), recursive=True)


def _statement(value: Expression) -> BindingGroup:
    return BindingGroup((Binding(ANYTHING, value),), recursive=False)
