"""What code reads of objects of libraries beside what it calls: attributes, and methods that no rule knows."""

from __future__ import annotations

from dataclasses import dataclass

from natsscan.core.expression import Application, Expression, Projection
from natsscan.core.value import Environment, Local
from natsscan.python.calls import Walker
from natsscan.python.program import Program


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A name after a dot, on an object of a class: the module, where it is, the class and the name."""

    module: str
    start: int
    of: str
    name: str


class MemberWalker(Walker):
    """A walk that also notes the `members` of objects of libraries' classes, as far as classes are known."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.members: set[Member] = set()

    def _refer(self, expression: Expression, environment: Environment) -> bool:
        if isinstance(expression, Projection):
            self._note(expression, environment)
        return super()._refer(expression, environment)

    def _application(self, call: Application, environment: Environment) -> None:
        if isinstance(call.function, Projection):
            self._note(call.function, environment)
        super()._application(call, environment)

    def _note(self, projection: Projection, environment: Environment) -> None:
        last = projection.fields[-1]
        if len(projection.fields) > 1 or projection.start == projection.end:
            return
        value = self._value(projection.record, environment)
        if isinstance(value, Local):
            return
        for own in sorted(self._program.types.of(value)):
            if self._program.library.known_class(own) is not None:
                self.members.add(Member(environment.module, projection.start, own, last.name))
