"""Options of command lines: what a program declares, and what each is where people give nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

from natsscan.catalog.functions import OptionsRule
from natsscan.core.expression import Application, Expression, Projection, VariablePattern, within
from natsscan.core.naming import name_of
from natsscan.core.value import Environment, FieldOf, Known, Local, Made, Text, Value
from natsscan.python.module import MODULE_LEVEL, Function
from natsscan.python.module import Module as Lowered

if TYPE_CHECKING:
    from natsscan.python.program import Program

# The object that has an attribute for each option. What a module has under this name makes one.
OPTIONS = "%options"
_OPTION = Local("option")


class Options:
    """Looks up options: by the module that reads them, or by the function that gets them."""

    def __init__(self, program: Program, rule: OptionsRule) -> None:
        self._program = program
        self._rule = rule
        self._declared: dict[str, dict[str, Value]] = {}

    def are_read(self, method: str) -> bool:
        """Tell whether a method gives all options."""
        return method in self._rule.read

    def of_module(self, module: str, name: str) -> Value:
        """Return an option that a module reads; one that is declared elsewhere has no default."""
        if module not in self._declared:
            lowered = self._program.index.module(module)
            self._declared[module] = dict(self._all_of(lowered)) if lowered is not None else {}
        return self._declared[module].get(name) or FieldOf(_OPTION, name, True)

    def _all_of(self, lowered: Lowered) -> Iterator[tuple[str, Value]]:
        """Yield the options that a module declares, wherever in it."""
        environment = Environment(lowered.name, MODULE_LEVEL)
        bodies: list[Expression] = [f.code for f in lowered.functions.values() if not f.is_nested]
        bodies += (binding.value for group in lowered.groups for binding in group.bindings)
        for call in (each for body in bodies for each in within(body)):
            match call:
                case Application(function=Projection(fields=(*_, method))) if method.name in self._rule.declare:
                    yield self._option(call, call.arguments, environment)
                case _:
                    pass

    def of_function(self, lowered: Lowered, function: Function) -> dict[str, Value]:
        """Return the options that a function gets as parameters: from its decorators, or as their defaults."""
        environment = Environment(lowered.name, MODULE_LEVEL)
        found: dict[str, Value] = {}
        for decorator in function.decorators:
            if self._declares(decorator, environment):
                name, value = self._option(decorator, decorator.arguments, environment)
                found[name] = value
        signature = function.code.signature
        for field in signature.defaults if signature is not None else ():
            if self._declares(field.value, environment):
                default, flags = field.value.arguments[:1], field.value.arguments[1:]
                _, found[field.name.name] = self._option(field.value, flags, environment, field.name.name, default)
        names = {pattern.name for pattern in function.code.parameters if isinstance(pattern, VariablePattern)}
        return {name: value for name, value in found.items() if name in names}

    def _declares(self, call: Expression, environment: Environment) -> TypeGuard[Application]:
        if not isinstance(call, Application):
            return False
        function = self._program.evaluator.value(call.function, environment)
        return isinstance(function, Known) and function.name in self._rule.decorators

    def _option(
        self,
        call: Application,
        flags: tuple[Expression, ...],
        environment: Environment,
        name: str = "",
        default: tuple[Expression, ...] = (),
    ) -> tuple[str, Value]:
        """Return the name of an option and its value: that of a variable of the environment, or else an option."""
        given = {field.name.name: self._program.evaluator.value(field.value, environment) for field in call.named}
        texts = [self._program.evaluator.value(flag, environment) for flag in flags]
        destination = given.get("dest")
        if isinstance(destination, Text):
            name = destination.text
        name = name or _called([text.text for text in texts if isinstance(text, Text)])
        values = [self._program.evaluator.value(each, environment) for each in default]
        value = given.get("default", values[0] if values else None)
        if isinstance(value, FieldOf) and value.configured:
            return name, value
        known = name_of(value).texts if value is not None and not isinstance(value, Made) else ()
        text = known[0] if len(known) == 1 and "{" not in known[0] else None
        variable = given.get("envvar")
        if isinstance(variable, Text):
            return name, FieldOf(Local("environment"), variable.text, True, text)
        return name, FieldOf(_OPTION, name, True, text)


def _called(flags: list[str]) -> str:
    """Return what an option is called in the program: by a name of its own, else by its longest flag."""
    own = [flag for flag in flags if not flag.startswith("-")]
    long = [flag for flag in flags if flag.startswith("--")]
    chosen = (own or long or flags or [""])[0]
    return chosen.lstrip("-").partition("/")[0].replace("-", "_")
