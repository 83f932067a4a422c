"""Where exchanges and queues are, as a module of Python, in the style of formatters."""

from __future__ import annotations

from natsscan.generate.compat_plan import (
    CompatPlan,
    Parts,
    PlannedBinding,
    PlannedExchange,
    PlannedQueue,
    PlannedStream,
)
from natsscan.model.marks import GENERATED

MODULE = "the_plan.py"
_LINE = 120
_INDENT = "    "
_CLASSES = ("Binding", "Exchange", "Plan", "Queue", "Stream")


class Expression(str):
    """A value that is written as it is."""


class Call:
    """A call with arguments by name; those that are empty are left out."""

    def __init__(self, called: str, /, **arguments: object) -> None:
        self.name = called
        self.arguments = {key: value for key, value in arguments.items() if value not in (None, (), {})}


def render_python_plan(plan: CompatPlan, made_by: str) -> str:
    """Return the module of a plan; `made_by` is the name of what makes it."""
    made = Call(
        "Plan",
        exchanges=tuple(map(_exchange, plan.exchanges)),
        queues=tuple(map(_queue, plan.queues)),
        bindings=tuple(map(_binding, plan.bindings)),
        streams=tuple(map(_stream, plan.streams)),
    )
    text = laid_out(made, len("PLAN = "))
    used = ", ".join(name for name in _CLASSES if f"{name}(" in text)
    return "\n".join(
        [
            f"# {GENERATED} {made_by}; written anew when it runs again.",
            '"""Where exchanges and queues are, as `natsscan map` plans it."""',
            "",
            f"from .plan import {used}",
            "",
            f"PLAN = {text}",
            "",
        ]
    )


def _exchange(exchange: PlannedExchange) -> Call:
    return Call("Exchange", name=exchange.name, kind=exchange.kind, subject=exchange.subject, stream=exchange.stream)


def _queue(queue: PlannedQueue) -> Call:
    exchange, key = queue.dead_letter or (None, "")
    return Call(
        "Queue",
        name=_name(queue.name),
        subject=_name(queue.subject),
        consumer=_name(queue.consumer),
        stream=queue.stream,
        filters=tuple(map(_name, queue.filters)),
        dead_letter_exchange=exchange,
        dead_letter_routing_key=key or None,
        config=queue.config,
    )


def _binding(binding: PlannedBinding) -> Call:
    return Call(
        "Binding", exchange=binding.exchange, routing_key=_name(binding.routing_key), queue=_name(binding.queue)
    )


def _stream(stream: PlannedStream) -> Call:
    config = {"name": stream.name, "subjects": list(stream.subjects), **stream.planned}
    return Call("Stream", name=stream.name, config={key: each for key, each in config.items() if each != []})


def _name(parts: Parts) -> object:
    """Return a name as text if all of it is known."""
    return "".join(part or "" for part in parts) if None not in parts else parts


def laid_out(value: object, taken: int, indent: int = 0) -> str:
    """Return a value as it is written where so much of the line is taken: on one line if it fits, else on several."""
    flat = _flat(value)
    if len(flat) + taken < _LINE:
        return flat
    inner = _INDENT * (indent + 1)
    opening, closing, items = _items(value)
    if not items:
        return flat
    lines = [f"{inner}{key}{laid_out(item, len(inner) + len(key), indent + 1)}," for key, item in items]
    return "\n".join([opening, *lines, _INDENT * indent + closing])


def _items(value: object) -> tuple[str, str, list[tuple[str, object]]]:
    """Return how a value begins and ends, and what is in it with what stands before each."""
    match value:
        case Call():
            return f"{value.name}(", ")", [(f"{key}=", each) for key, each in value.arguments.items()]
        case dict():
            return "{", "}", [(f"{quoted(str(key))}: ", each) for key, each in value.items()]
        case tuple():
            return "(", ")", [("", each) for each in value]
        case list():
            return "[", "]", [("", each) for each in value]
        case _:
            return "", "", []


def _flat(value: object) -> str:
    match value:
        case Expression():
            return str(value)
        case str():
            return quoted(value)
        case Call() | dict() | tuple() | list():
            opening, closing, items = _items(value)
            comma = "," if isinstance(value, tuple) and len(items) == 1 else ""
            return opening + ", ".join(f"{key}{_flat(each)}" for key, each in items) + comma + closing
        case _:
            return repr(value)


def quoted(text: str) -> str:
    """Return text as a string of Python: in double quotes, unless that takes more escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(f"\\{each}" if each == quote else _character(each) for each in text) + quote


def _character(character: str) -> str:
    return character if character in "'\"" else repr(character)[1:-1]
