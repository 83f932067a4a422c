"""What class a value may be of: by what made it, by annotations, by what the code was seen to give to a parameter."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from natsscan.core.expression import Application, Expression, Literal, Projection, Variable
from natsscan.core.expression import Sequence as Sequenced
from natsscan.core.tables import BY_KEY
from natsscan.core.value import Call, Choice, Class, Element, Environment, FieldOf, Known, Local, Made, Parameter, Value
from natsscan.python.module import MODULE_LEVEL, RESULT, Function
from natsscan.python.written import written

if TYPE_CHECKING:
    from natsscan.python.program import Program

_QUOTED = re.compile(r"(?:Optional\[)?(?P<name>[\w.]+)(?:\]| *\| *None)?")
_WRAPPING = frozenset({"Optional", "Union", "Annotated", "Awaitable", "Coroutine", "Final", "ClassVar", "Required"})
_CALLABLE = "Callable"
_COLLECTIONS = frozenset(
    {"list", "List", "set", "Set", "frozenset", "tuple", "Tuple", "Sequence", "Collection", "Iterable", "AsyncIterable"}
    | {"Iterator", "AsyncIterator", "Generator", "AsyncGenerator"}
)


class _Asked(Enum):
    """What an annotation is asked for: the class of the value, of its elements, of what calling it gives."""

    ITSELF = 0
    ELEMENT = 1
    RESULT = 2


class Types:
    """Tells the classes of values. `seen` are those that arguments were seen to be of, by the parameter they became."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.seen: dict[Parameter, set[str]] = {}

    def of(self, value: Value, depth: int = 8) -> frozenset[str]:
        """Return the classes, of libraries or of the code base, that a value may be of; nothing if nobody knows."""
        if depth <= 0:
            return frozenset()
        match value:
            case Made(constructor="", arguments=(record, *_)):
                return self.of(self._program.evaluator.force(record), depth - 1)
            case Made(constructor=name):
                return frozenset({name} if self._program.classes.find(name) else ())
            case Choice(values=values):
                return frozenset(name for single in values for name in self.of(single, depth - 1))
            case Parameter():
                return frozenset(self.seen.get(value, ())) | self._annotated_parameter(value)
            case FieldOf(record=record, name=name):
                owners = sorted(self.of(record, depth - 1))
                return frozenset(found for own in owners for found in self._of_attribute(own, name, depth - 1))
            case Element(of=of):
                return self._of_element(of, depth - 1)
            case Call(function=Class(name=name)):
                return frozenset({name})
            case Call(function=Parameter() as of):
                return self._annotated_parameter(of, _Asked.RESULT)
            case Call(function=Known() | Local(), arguments=(argument, *_)):
                return frozenset() if isinstance(argument, Parameter) else self.of(argument, depth - 1)
            case _:
                return self._program.library.classes_of(value)

    def _of_element(self, value: Value, depth: int) -> frozenset[str]:
        """Return the classes of what a value gives when it is iterated over."""
        methods = [self._program.library.iterating(own) for own in self.of(value, depth)]
        found = frozenset(method.rule.yields for method in methods if method is not None and method.rule.yields)
        if isinstance(value, Parameter):
            found |= self._annotated_parameter(value, _Asked.ELEMENT)
        return found | self._program.library.classes_of(Element(value))

    def _of_attribute(self, own: str, name: str, depth: int) -> frozenset[str]:
        library = self._program.library.attribute_class(own, name)
        if library:
            return frozenset({library})
        for up in self._program.classes.mro(own):
            inherited = self._program.library.attribute_class(up, name)
            if inherited:
                return frozenset({inherited})
            found = self._program.classes.find(up)
            if found is not None and name in found[1].annotations:
                return self.annotated(found[0].name, found[1].annotations[name])
        is_own = self._program.classes.find(own) is not None
        value = self._program.instances.attribute(self._program.instances.open(own), name) if is_own else None
        return frozenset() if value is None or isinstance(value, FieldOf) else self.of(value, depth)

    def _annotated_parameter(self, parameter: Parameter, asked: _Asked = _Asked.ITSELF) -> frozenset[str]:
        owner = parameter.owner
        function = self._program.classes.function_at(owner.module, owner.start)
        annotation = function.annotations.get(parameter.name) if function else None
        if annotation is not None:
            return self.annotated(owner.module, annotation, asked)
        if function is not None and asked is _Asked.ITSELF:
            return self._of_default(owner.module, function, parameter.name)
        found = self._program.classes.find(owner.definition)
        if function is None and found is not None and parameter.name in found[1].annotations:
            return self.annotated(owner.module, found[1].annotations[parameter.name], asked)
        return frozenset()

    def _of_default(self, module: str, function: Function, name: str) -> frozenset[str]:
        """Return the classes of the library's objects that a parameter is if it is not given."""
        signature = function.code.signature
        for field in signature.defaults if signature is not None else ():
            if field.name.name == name and isinstance(field.value, Application):
                value = self._program.evaluator.value(field.value, Environment(module, MODULE_LEVEL))
                return self._program.library.classes_of(value)
        return frozenset()

    def result(self, module: str, function: Function) -> frozenset[str]:
        """Return the classes that the annotation of a function's result names."""
        annotation = function.annotations.get(RESULT)
        return frozenset() if annotation is None else self.annotated(module, annotation)

    def annotated(self, module: str, annotation: Expression, asked: _Asked = _Asked.ITSELF) -> frozenset[str]:
        """Return the classes that an annotation allows: of the value, or of what it is asked for."""
        match annotation:
            case Variable() | Projection() if asked is _Asked.ITSELF:
                value = self._program.evaluator.value(annotation, Environment(module, MODULE_LEVEL))
                return frozenset({value.name} if isinstance(value, Class) else ())
            case Literal(text=text) if quoted := _QUOTED.fullmatch(text):
                return self.annotated(module, _dotted(quoted["name"], annotation.start), asked)
            case Application(function=Variable(name=name), arguments=(base, index)) if name == BY_KEY:
                return self._subscripted(module, base, index.items if isinstance(index, Sequenced) else (index,), asked)
            case Application(function=Variable(name="+"), arguments=parts):
                return frozenset(own for part in parts for own in self.annotated(module, part, asked))
            case _:
                return frozenset()

    def _subscripted(
        self, module: str, base: Expression, inner: tuple[Expression, ...], asked: _Asked
    ) -> frozenset[str]:
        word = written(base).rpartition(".")[2]
        if word in _WRAPPING:
            return frozenset(own for part in inner for own in self.annotated(module, part, asked))
        if asked is _Asked.ELEMENT and word in _COLLECTIONS:
            return self.annotated(module, inner[0])
        if asked is _Asked.RESULT and word == _CALLABLE:
            return self.annotated(module, inner[-1])
        return self.annotated(module, base, asked)


def _dotted(text: str, start: int) -> Expression:
    first, *rest = text.split(".")
    found: Expression = Variable(None, first, start, start)
    for word in rest:
        found = Projection(found, (Variable(None, word, start, start),), start, start)
    return found
