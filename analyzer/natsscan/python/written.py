"""Names with dots as the code has them."""

from __future__ import annotations

from natsscan.core.expression import Application, Expression, Projection, Variable
from natsscan.core.tables import BY_KEY


def written(expression: Expression) -> str:
    """Return a name with dots as it is written; of a call what is called; nothing for another expression."""
    match expression:
        case Variable(qualifier=qualifier, name=name):
            return f"{qualifier}.{name}" if qualifier else name
        case Projection(record=record, fields=fields):
            return ".".join([written(record), *(field.name for field in fields)])
        case Application(function=Variable(name=name), arguments=(base, *_)) if name == BY_KEY:
            return written(base)
        case Application(function=function):
            return written(function)
        case _:
            return ""
