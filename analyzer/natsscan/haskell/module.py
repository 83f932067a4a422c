"""One reading of a Haskell file as a module: its header, its imports and where its top-level definitions stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import tree_sitter_haskell
from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

from natsscan.model.operator import Associativity, Fixity


@lru_cache(maxsize=1)
def grammar() -> Language:
    """Return the Haskell grammar."""
    return Language(tree_sitter_haskell.language())


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return Parser(grammar())


NOT_PARSED = "(code with a syntax error)"
_DECLARATIONS = frozenset(
    {"bind", "class", "data_type", "function", "instance", "newtype", "signature", "type_synonym"}
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A name in an import or export list; `children` are what follows in parentheses, `..` as `all_children`."""

    name: str
    qualifier: str | None = None
    children: tuple[str, ...] = ()
    all_children: bool = False
    is_module: bool = False


@dataclass(frozen=True, slots=True)
class Import:
    """An import line. `entities` is None for an open import; with `hiding` they are what it leaves out."""

    module: str
    alias: str | None
    qualified: bool
    hiding: bool
    entities: tuple[Entity, ...] | None
    start: int
    end: int

    def answers_to(self, qualifier: str | None) -> bool:
        """Tell whether names written with this qualifier (None: unqualified) may come from this import."""
        if qualifier is None:
            return not self.qualified
        return qualifier == (self.alias or self.module)


@dataclass(frozen=True, slots=True)
class Definition:
    """A top-level definition: the clauses, signature and all, that stand for one name.

    An instance is named by its head. `nodes` are the declarations of the syntax tree.
    """

    name: str
    nodes: tuple[Node, ...]

    @property
    def start(self) -> int:
        """The byte offset at which its first declaration begins."""
        return self.nodes[0].start_byte

    @property
    def declares_type(self) -> bool:
        """Tell whether it declares a type, or another name for one."""
        return self.nodes[-1].type in ("data_type", "newtype", "type_synonym")

    @property
    def end(self) -> int:
        """The byte offset behind its last declaration."""
        return self.nodes[-1].end_byte


# What a query finds in a definition: nodes by the name of the capture.
Captures = dict[str, list[Node]]


def captures_in(definition: Definition) -> Captures:
    """Return what is asked of every definition that is looked into, by one query, since compiling one takes long.

    `type`: names of types and classes; `comment`; `bound`: names bound in parameters and operators defined within;
    `fixity`: fixity declarations.
    """
    found: Captures = {}
    for root in definition.nodes:
        for name, nodes in QueryCursor(_query()).captures(root).items():
            found.setdefault(name, []).extend(nodes)
    return found


@lru_cache(maxsize=1)
def _query() -> Query:
    return Query(
        grammar(),
        """
        (name) @type
        [(comment) (haddock)] @comment
        (fixity) @fixity
        (function name: (prefix_id) @bound)
        (function (infix operator: (operator) @bound))
        (patterns [(prefix_id) (variable)] @bound)
        (patterns (parens (prefix_id) @bound))
        """,
    )


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed module.

    `exports` is None if it exports all it defines; `error` is the offset of the first syntax error.
    """

    name: str
    exports: tuple[Entity, ...] | None
    imports: tuple[Import, ...]
    definitions: tuple[Definition, ...]
    values: frozenset[str]
    types: frozenset[str]
    constructor_fields: dict[str, tuple[str, ...]]
    fixities: dict[str, Fixity]
    error: int | None
    data: bytes
    tree: Tree


def parse_module(data: bytes) -> Module:
    """Parse one reading of a Haskell file. Never raises: what the grammar does not take is left out and `error` set."""
    tree = _parser().parse(data)
    header = exports_node = None
    imports: list[Import] = []
    declarations: list[Node] = []
    waiting = [tree.root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "header":
            header = node
            exports_node = node.child_by_field_name("exports")
        elif node.type == "import":
            imports.append(_import(node, data))
        elif node.type in ("haskell", "imports", "declarations", "ERROR"):
            waiting.extend(reversed(node.named_children))
        else:
            declarations.append(node)
    name_node = header.child_by_field_name("module") if header else None
    definitions = _definitions(declarations, data)
    outline = _Outline(data)
    for node in declarations:
        outline.add(node)
    return Module(
        name=_text(name_node, data) if name_node else "Main",
        exports=tuple(_exports(exports_node, data)) if exports_node else None,
        imports=tuple(imports),
        definitions=definitions,
        values=frozenset(outline.values),
        types=frozenset(outline.types),
        constructor_fields=outline.constructor_fields,
        fixities=outline.fixities,
        error=_first_error(tree.root_node) if tree.root_node.has_error else None,
        data=data,
        tree=tree,
    )


def _text(node: Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode(errors="replace")


def _import(node: Node, data: bytes) -> Import:
    module = node.child_by_field_name("module")
    alias = node.child_by_field_name("alias")
    names = node.child_by_field_name("names")
    return Import(
        module=_text(module, data) if module else "",
        alias=_text(alias, data) if alias else None,
        qualified=_has(node, b"qualified", data),
        hiding=_has(node, b"hiding", data),
        entities=tuple(_entity(name, data) for name in names.named_children if name.type == "import_name")
        if names
        else None,
        start=node.start_byte,
        end=node.end_byte,
    )


def _has(node: Node, keyword: bytes, data: bytes) -> bool:
    """Tell whether a keyword is part of a node; nearly always its text tells that it is not."""
    in_text = data.find(keyword, node.start_byte, node.end_byte) >= 0
    return in_text and any(child.type == keyword.decode() for child in node.children)


def _exports(node: Node, data: bytes) -> list[Entity]:
    found = []
    for child in node.named_children:
        if child.type == "module_export":
            module = child.child_by_field_name("module")
            found.append(Entity(_text(module, data) if module else "", is_module=True))
        elif child.type == "export":
            found.append(_entity(child, data))
    return found


def _entity(node: Node, data: bytes) -> Entity:
    name, qualifier = "", None
    children: list[str] = []
    everything = False
    for child in node.named_children:
        if child.type == "children":
            elements = [element for element in child.named_children if not element.is_extra]
            everything = any(element.type == "all_names" for element in elements)
            children = [_bare(element, data)[1] for element in elements if element.type != "all_names"]
        elif child.type != "namespace" and not child.is_extra:
            qualifier, name = _bare(child, data)
    return Entity(name, qualifier, tuple(children), everything)


def _bare(node: Node, data: bytes) -> tuple[str | None, str]:
    """Return qualifier and name of a possibly qualified, possibly parenthesised name."""
    text = _text(node, data).strip("() \t\r\n")
    if node.type == "qualified" or any(child.type == "qualified" for child in node.named_children):
        return split_qualified(text)
    return None, text


def split_qualified(text: str) -> tuple[str | None, str]:
    """Split `A.B.name` or `A.B.+.` into qualifier and name."""
    at = 0
    while (dot := text.find(".", at)) > at and text[at].isupper() and dot + 1 < len(text):
        at = dot + 1
    return (text[: at - 1], text[at:]) if at else (None, text)


def _definitions(declarations: list[Node], data: bytes) -> tuple[Definition, ...]:
    grouped: list[tuple[str, list[Node]]] = []
    for node in declarations:
        if node.is_extra and node.type != "top_splice":
            continue
        name = _definition_name(node, data)
        if grouped and grouped[-1][0] == name:
            grouped[-1][1].append(node)
        else:
            grouped.append((name, [node]))
    return tuple(Definition(name, tuple(nodes)) for name, nodes in grouped)


def _definition_name(node: Node, data: bytes) -> str:
    if node.parent is not None and node.parent.is_error and node.type not in _DECLARATIONS:
        return NOT_PARSED
    if node.type in ("instance", "deriving_instance"):
        body = node.child_by_field_name("declarations")
        head = data[node.start_byte : body.start_byte if body else node.end_byte].decode(errors="replace")
        return " ".join(head.split()).removesuffix(" where")
    name = node.child_by_field_name("name") or node.child_by_field_name("pattern") or node.child_by_field_name("names")
    if name is not None:
        return " ".join(_text(name, data).strip("()").split())
    infix = infix_head(node)
    if infix is not None:
        operator = infix.child_by_field_name("operator")
        return _text(operator, data).strip("`") if operator else ""
    return " ".join(_text(node, data).split()[:3])


def first_named(node: Node) -> Node | None:
    """Return the first part of a node that is no comment."""
    return next((child for child in node.named_children if not child.is_extra), None)


def infix_head(node: Node) -> Node | None:
    """Return the left-hand side of a function that is defined infix, also in parentheses: ``(a `op` b) c = ...``."""
    if node.type != "function" or not node.named_children:
        return None
    head = node.named_children[0]
    while head.type in ("function_head_parens", "parens") and head.named_children:
        head = head.named_children[0]
    return head if head.type == "infix" else None


class _Outline:
    """Collects the names that a module's declarations define at top level."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.values: set[str] = set()
        self.types: set[str] = set()
        self.constructor_fields: dict[str, tuple[str, ...]] = {}
        self.fixities: dict[str, Fixity] = {}

    def add(self, node: Node) -> None:
        """Take in one top-level declaration."""
        if node.type in ("function", "bind"):
            self._add_value(node)
        elif node.type in ("data_type", "newtype"):
            self._add_data(node)
        elif node.type == "class":
            self._add_class(node)
        elif node.type in ("type_synonym", "type_family", "data_family", "kind_signature"):
            self._add_name(node, self.types)
        elif node.type == "foreign_import":
            signature = node.child_by_field_name("signature")
            if signature is not None:
                self._add_name(signature, self.values)
        elif node.type == "fixity":
            self.fixities.update(read_fixity(_text(node, self._data)))

    def _add_name(self, node: Node, names: set[str]) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            names.add(_text(name, self._data).strip("()"))

    def _add_value(self, node: Node) -> None:
        pattern = node.child_by_field_name("pattern")
        if pattern is not None:
            waiting = [pattern]
            while waiting:
                part = waiting.pop()
                if part.type == "variable":
                    self.values.add(_text(part, self._data))
                waiting.extend(part.named_children)
        else:
            self.values.add(_definition_name(node, self._data))

    def _add_data(self, node: Node) -> None:
        self._add_name(node, self.types)
        waiting = list(node.named_children)
        while waiting:
            part = waiting.pop()
            if part.type == "constructor":
                self.values.add(_text(part, self._data))
                self.constructor_fields.setdefault(_text(part, self._data), ())
            elif part.type in ("record", "newtype_constructor"):
                self._add_record(part)
            if part.type not in ("fields", "name", "deriving"):
                waiting.extend(part.named_children)

    def _add_record(self, node: Node) -> None:
        constructor = node.child_by_field_name("name")
        names: list[str] = []
        waiting = [node]
        while waiting:
            part = waiting.pop(0)
            if part.type == "field_name":
                names.append(_text(part, self._data))
            elif part.type in ("record", "fields", "field", "newtype_constructor"):
                waiting.extend(part.named_children)
        self.values.update(names)
        if constructor is not None and names:
            self.constructor_fields[_text(constructor, self._data)] = tuple(names)

    def _add_class(self, node: Node) -> None:
        self._add_name(node, self.types)
        body = node.child_by_field_name("declarations")
        for member in body.named_children if body else []:
            if member.type == "signature":
                names = member.child_by_field_name("name") or member.child_by_field_name("names")
                if names is not None:
                    self.values.update(part.strip("() \n") for part in _text(names, self._data).split(","))
            elif member.type == "fixity":
                self.fixities.update(read_fixity(_text(member, self._data)))


def read_fixity(text: str) -> dict[str, Fixity]:
    """Read a fixity declaration such as `infixr 5 +++, `cons``; anything else gives nothing."""
    words = text.replace(",", " ").split()
    if not words or words[0] not in tuple(Associativity):
        return {}
    stated = len(words) > 1 and words[1].isdigit()
    fixity = Fixity(Associativity(words[0]), min(int(words[1]), 9) if stated else 9)
    return {operator.strip("`"): fixity for operator in words[2 if stated else 1 :]}


def _first_error(root: Node) -> int:
    """Return where the first error begins that has no other within: an outer one often begins far before the fault."""
    node = root
    while inner := next((child for child in node.children if child.has_error or child.is_missing), None):
        node = inner
    return node.start_byte
