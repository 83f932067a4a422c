"""Objects of the classes of a code base: how they are made, and what they and their classes have after a dot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from natsscan.core.arguments import bind_call, parameter_names
from natsscan.core.binding import bind_group
from natsscan.core.expression import Application, Let, Projection, Variable, VariablePattern
from natsscan.core.naming import name_of
from natsscan.core.value import (
    ABSENT,
    NONE,
    Bound,
    Choice,
    Class,
    Environment,
    FieldOf,
    Local,
    Made,
    Method,
    Owner,
    Parameter,
    Symbol,
    Text,
    Thunk,
    Value,
    one_of,
)
from natsscan.core.value import Function as FunctionValue
from natsscan.python.classes import INIT, Classes
from natsscan.python.expressions import SUPER
from natsscan.python.library import AS_CLASS, OF_LIBRARY
from natsscan.python.module import MODULE_LEVEL, Function
from natsscan.python.module import Class as Defined
from natsscan.python.module import Module as Lowered
from natsscan.python.symbols import method_name

if TYPE_CHECKING:
    from natsscan.python.program import Program

# What stands for `super()`: it looks an attribute up behind a class.
SUPER_INSTANCE = "<super>"


class Instances:
    """Makes objects, and looks up what they have."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._classes: Classes = program.classes
        self._environments: dict[str, Environment] = {}
        self._running: set[tuple[str, str]] = set()
        self._opened: dict[str, Made] = {}
        self._of_open: dict[tuple[str, str], Value | None] = {}

    def forget(self) -> None:
        """Forget what attributes are: more was learnt of what the code gives them."""
        self._of_open.clear()

    # How they are made

    def made(self, name: str, given: tuple[Bound, ...], named: Mapping[str, Bound]) -> Value | None:
        """Return the instance that calling a class makes, None if it is not one of the code base."""
        if self._classes.find(name) is None:
            return None
        init = self._classes.init(name)
        if init is not None:
            lowered, function = init
            code = FunctionValue(function.code, Environment(lowered.name, function.name))
            names = bind_call(self._program.evaluator, code, given, named)
            return Made(name, tuple(names[parameter] for parameter in parameter_names(function.code)))
        base = self._classes.library_constructor(name)
        if base is not None:
            call = self._program.library.of(base)
            made = Symbol(base, self._program.library.arranged(call, None, given, named))
            return Made(name, (), ((OF_LIBRARY, made),))
        if self._classes.is_enumeration(name):
            value = self._program.evaluator.force(given[0]) if given else None
            return next((member for member in self.members(name) if member == value), value)
        fields = self._classes.fields(name)
        found = dict(zip(fields, given, strict=False)) | {key: value for key, value in named.items() if key in fields}
        return Made(name, tuple(found.get(field, ABSENT) for field in fields))

    def open(self, name: str) -> Made:
        """Return an instance of which nothing is known but its class: its arguments are parameters."""
        if name not in self._opened:
            left_out = self._program.left_out
            owner, parameters = self._classes.taking(name)
            made = Made(name, tuple(Parameter(owner, at, parameter) for at, parameter in enumerate(parameters)))
            if self._program.left_out != left_out:
                return made
            self._opened[name] = made
        return self._opened[name]

    # What they have after a dot

    def attribute(self, instance: Made, name: str) -> Value | None:
        """Return what an instance has after a dot, None if its class says nothing of it."""
        if instance.constructor == SUPER_INSTANCE:
            inner, behind = instance.arguments
            assert isinstance(inner, Made)
            assert isinstance(behind, Class)
            order = self._classes.mro(inner.constructor)
            after = order.index(behind.name) + 1 if behind.name in order else 1
            return self._in(order[after:], inner, name)
        key = (instance.constructor, name)
        is_open = instance == self.open(instance.constructor)
        if is_open and key in self._of_open:
            return self._of_open[key]
        if key in self._running:
            return None
        self._running.add(key)
        left_out = self._program.left_out
        found = self._in(self._classes.mro(instance.constructor), instance, name)
        if found is None and is_open:
            subclasses = self._classes.subclasses(instance.constructor)
            below = [self.attribute(self.open(sub), name) for sub in subclasses]
            values = [value for value in below if value is not None]
            found = one_of(values) if values else None
        self._running.discard(key)
        if is_open and not self._running and self._program.left_out == left_out:
            self._of_open[key] = found
        return found

    def attribute_of(self, own: str, value: Value, name: str) -> Value | None:
        """Return what a value of a class of the code base has after a dot, as far as the class alone tells."""
        if self._classes.find(own) is None:
            return None
        return self.attribute(value if isinstance(value, Made) else self.open(own), name)

    def _in(self, order: tuple[str, ...], instance: Made, name: str) -> Value | None:
        for own in order:
            found = self._classes.find(own)
            if found is None:
                known = self._program.library.known_class(own)
                if name == INIT and known is not None and known.constructor is not None:
                    return Method(known.constructor.symbol)
                inherited = self._program.library.attribute(own, instance, name)
                if inherited is not None:
                    return inherited
                continue
            lowered, defined = found
            method = lowered.functions.get(f"{defined.name}.{name}")
            if method is not None and method.name in defined.methods:
                bound = _bound(lowered, method, own, instance)
                return self._program.evaluator.value(method.body, bound.environment) if method.is_property else bound
            values = list(self._assigned(lowered, defined, own, instance, name))
            init = lowered.functions.get(f"{defined.name}.{INIT}")
            if not values or init is None or name not in init.attributes:  # which hides what stands in the class's body
                values = [*self._given(own, instance, name), *values]
            telling = [value for value in values if not _says_nothing(value)]
            if telling or values:
                return one_of(telling or values[:1])
        return None

    def _given(self, own: str, instance: Made, name: str) -> Iterator[Value]:
        """Yield what the body of a class binds a name to, and what an instance was given for a field of it."""
        is_configuration = self._classes.is_configuration(own)
        has_init = self._classes.init(instance.constructor) is not None
        fields = self._classes.fields(instance.constructor) if not has_init else ()
        if name in fields:
            given = dict(zip(fields, instance.arguments, strict=False)).get(name, ABSENT)
            value = self._program.evaluator.force(given)
            if value != ABSENT and not is_configuration:
                yield value
                if not isinstance(value, Parameter):
                    return
        bound = self.class_environment(own).names.get(name)
        default = self._program.evaluator.force(bound) if bound is not None else None
        found = self._classes.find(own)
        if found is not None and name in found[1].annotations and is_configuration:
            texts = name_of(default).texts if default is not None and not _says_nothing(default) else ()
            is_known = len(texts) == 1 and "{" not in texts[0]
            yield FieldOf(Local(own.rpartition(".")[2]), name, True, texts[0] if is_known else None)
        elif default is not None:
            yield default

    def _assigned(self, lowered: Lowered, defined: Defined, own: str, instance: Made, name: str) -> Iterator[Value]:
        """Yield what the methods of a class set an attribute to."""
        for key in defined.methods:
            method = lowered.functions[key]
            if name not in method.attributes or method.is_class_method:
                continue
            body, start = method.body, method.start
            value = Let(body.groups, Variable(None, f"{method.receiver}.{name}", start, start), start, start)
            yield self._program.evaluator.value(value, self.environment(lowered, method, own, instance))

    # What classes have after a dot

    def of_class(self, own: str, name: str) -> Value | None:
        """Return what a class itself has after a dot: a constant, a class of its own, a method."""
        if self._classes.find(own) is None:
            return None
        for up in self._classes.mro(own):
            held = self._classes.find(up)
            if held is None:
                continue
            lowered, defined = held
            method = lowered.functions.get(f"{defined.name}.{name}")
            if method is not None and method.name in defined.methods:
                return _bound(lowered, method, up, Class(own) if method.is_class_method else self.open(own))
            bound = self.class_environment(up).names.get(name)
            if bound is not None:
                value = self._program.evaluator.force(bound)
                return self._member(own, name, value) if self._classes.is_enumeration(own) else value
        return None

    def _member(self, own: str, name: str, value: Value) -> Value:
        """Return a member of an enumeration: the text that is its value, which knows the member's name."""
        if isinstance(value, Text):
            return Text(value.text, name)
        return Text(name.lower(), name) if self._classes.is_called_by_name(own) else FieldOf(Class(own), name)

    def members(self, own: str) -> tuple[Value, ...]:
        """Return the members of an enumeration in order, nothing for another class."""
        if not self._classes.is_enumeration(own):
            return ()
        names = self.class_environment(own).names
        found = self._classes.find(own)
        methods = {key.rpartition(".")[2] for key in found[1].methods} if found is not None else set()
        own_names = [name for name in names if not name.startswith("_") and name not in methods]
        return tuple(value for name in own_names if (value := self.of_class(own, name)) is not None)

    def class_environment(self, name: str) -> Environment:
        """Return what the names in the body of a class stand for."""
        if name not in self._environments:
            found = self._classes.find(name)
            assert found is not None
            environment = Environment(found[0].name, name)
            for group in found[1].groups:
                environment = bind_group(self._program, group, environment)
            self._environments[name] = environment
        return self._environments[name]

    # What names in functions stand for

    def environment(self, lowered: Lowered, method: Function, own: str, instance: Value) -> Environment:
        """Return what the names in a method stand for: its receiver, and its parameters as far as they are known."""
        names = _receiving(method, own, instance)
        given: dict[str, Bound] = {}
        if method.name.endswith(f".{INIT}") and isinstance(instance, Made):
            given = self._init_arguments(lowered, method, own, instance)
        dynamic = instance.constructor if isinstance(instance, Made) else own
        owner = Owner(lowered.name, method_name(dynamic, method), method.start)
        told = self._classes.overridden(dynamic, method)
        for at, pattern in enumerate(method.code.parameters):
            if isinstance(pattern, VariablePattern):
                parameter = Parameter(owner, at, pattern.name)
                names[pattern.name] = given.get(pattern.name, parameter)
                known = told[at] if at < len(told) else ""
                if known.startswith(AS_CLASS):
                    names[pattern.name] = Class(known.removeprefix(AS_CLASS))
                elif known:
                    self._program.types.seen.setdefault(parameter, set()).add(known)
        return Environment(lowered.name, method.name, names)

    def free(self, lowered: Lowered, function: Function, owner: Owner) -> Environment:
        """Return what the names in a function of no class stand for.

        Its parameters are whatever it is called with, or options of the command line.
        """
        patterns = enumerate(function.code.parameters)
        names: dict[str, Bound] = {
            p.name: Parameter(owner, at, p.name) for at, p in patterns if isinstance(p, VariablePattern)
        }
        return Environment(lowered.name, function.name, names | self._program.options.of_function(lowered, function))

    def around(self, lowered: Lowered, function: Function) -> Environment:
        """Return what the names in a function or a method stand for, whatever it is called with."""
        if function.of:
            own = f"{lowered.name}.{function.of}"
            return self.environment(lowered, function, own, self.open(own))
        return self.free(lowered, function, Owner(lowered.name, function.name, function.start))

    def _init_arguments(self, lowered: Lowered, method: Function, own: str, instance: Made) -> dict[str, Bound]:
        """Return what `__init__` of a class or a base of it was given for an instance."""
        init = self._classes.init(instance.constructor)
        if init is None:
            return {}
        if init == (lowered, method):
            return dict(zip(parameter_names(method.code), instance.arguments, strict=False))
        caller, function = init
        call = _super_call(function.body)
        if call is None or own not in self._classes.mro(instance.constructor)[1:]:
            return {}
        environment = self.environment(caller, function, instance.constructor, instance)
        for group in function.body.groups:
            environment = bind_group(self._program, group, environment)
        given = [Thunk(argument, environment) for argument in call.arguments]
        named: dict[str, Bound] = {field.name.name: Thunk(field.value, environment) for field in call.named}
        code = FunctionValue(method.code, Environment(lowered.name, method.name))
        return bind_call(self._program.evaluator, code, given, named)

    def decorated(self, function: FunctionValue) -> Value | None:
        """Return what a library's decorator makes of a function, None if it has none."""
        found = self._classes.function_at(function.environment.module, function.expression.start)
        environment = Environment(function.environment.module, MODULE_LEVEL)
        for decorator in found.decorators if found else ():
            value = self._program.evaluator.value(decorator, environment)
            if isinstance(value, Method):
                value = self._program.library.called(value, (), {})
            if found is not None and isinstance(value, Symbol) and self._program.library.class_of(value) is not None:
                return self._program.library.named_after(value, f"{function.environment.module}.{found.name}")
        return None


def _receiving(method: Function, own: str, instance: Value) -> dict[str, Bound]:
    if not method.receiver:
        return {}
    return {method.receiver: instance, SUPER: Made(SUPER_INSTANCE, (instance, Class(own)))}


def _bound(lowered: Lowered, method: Function, own: str, instance: Value) -> FunctionValue:
    """Return a method of a class as a function of its other parameters."""
    return FunctionValue(method.code, Environment(lowered.name, method.name, _receiving(method, own, instance)))


def _says_nothing(value: Value) -> bool:
    return value in (NONE, Choice(()))


def _super_call(body: Let) -> Application | None:
    """Return the call of the base's `__init__` in the body of one."""
    for group in body.groups:
        for binding in group.bindings:
            match binding.value:
                case (
                    Application(function=Projection(record=Variable(name=name), fields=(Variable(name=init),))) as call
                ) if init == INIT:
                    if name == SUPER:
                        return call
                    if call.arguments:
                        return Application(call.function, call.arguments[1:], call.start, call.end, call.named)
    return None
