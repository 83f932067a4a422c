"""The way of a task to its queue by the settings of its library: routes, queues that are listed, and the default."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from natsscan.core.naming import name_of
from natsscan.core.tables import pairs
from natsscan.core.value import ABSENT, NONE, Choice, Items, Symbol, Text, Value, one_of
from natsscan.python.settings import Setting, Values

TASK, QUEUE, EXCHANGE, KEY, KIND = "task", "queue", "exchange", "routing_key", "exchange_type"
DESTINATION = (QUEUE, EXCHANGE, KEY)
DIRECT = "direct"
_MISSING = (ABSENT, NONE)
# Names that options of a queue have in settings, where they are not those of arguments.
_OPTIONS = {"binding_key": KEY, "type": KIND}

# Returns an argument of the call that made an object, None if it has none.
ArgumentOf = Callable[[Value, str], Value | None]


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that settings tell of: the exchange that its messages pass, of which type, with which routing key.

    `setting` is what lists it, None if none does. `is_bound` if the code itself binds it.
    """

    exchange: str
    kind: str
    key: str
    setting: Setting | None = None
    is_bound: bool = False


class Routes:
    """Tells where tasks go. `queues` are those that the settings tell of, `default` is where a task goes by itself."""

    def __init__(self, values: Values, argument_of: ArgumentOf) -> None:
        self._values = values
        self._argument_of = argument_of
        self._routes = [route for setting in values.of("routes") for route in _routes(setting.value)]
        self.default = values.text("queue")
        self._exchange = values.text("exchange") or self.default
        self._key = values.text("routing-key") or self.default
        self.queues = {name: queue for setting in values.of("queues") for name, queue in self._listed(setting)}
        said = [*values.of("exchange-type"), *values.of("exchange"), *values.of("queue")]
        own = Queue(self._exchange, values.text("exchange-type"), self._key, next(iter(said), None))
        self.queues.setdefault(self.default, own)

    def destination(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """Return queue, exchange and routing key of a call with some arguments, as far as they are known."""
        tasks = name_of(given[TASK]).texts if TASK in given else ("",)
        own = {name: given[name] for name in DESTINATION if name in given}
        ways = [self._expanded(self._route(task) | own) for task in tasks]
        return {name: one_of([way[name] for way in ways if name in way]) for name in DESTINATION if name in ways[0]}

    def _route(self, task: str) -> dict[str, Value]:
        exact = [to for pattern, to in self._routes if pattern == task]
        alike = [to for pattern, to in self._routes if "*" in pattern and fnmatchcase(task, pattern)]
        return dict(next(iter((*exact, *alike)), {}))

    def _expanded(self, given: dict[str, Value]) -> dict[str, Value]:
        """Return a destination with what it leaves to its queue."""
        if QUEUE not in given and EXCHANGE in given:
            return given
        queue = given.get(QUEUE, Text(self.default))
        found = [self._through(single, given) for single in (queue.values if isinstance(queue, Choice) else (queue,))]
        return {name: one_of([each[name] for each in found]) for name in DESTINATION}

    def _through(self, queue: Value, given: Mapping[str, Value]) -> dict[str, Value]:
        known = self.queues.get(text_of(queue))
        if not (EXCHANGE in given and KEY in given) and (known is None or known.kind == DIRECT):
            return {QUEUE: queue, EXCHANGE: Text(""), KEY: queue}
        exchange, key = (known.exchange, known.key) if known is not None else ("", "")
        return {QUEUE: queue, EXCHANGE: given.get(EXCHANGE, Text(exchange)), KEY: given.get(KEY, Text(key))}

    def _listed(self, setting: Setting) -> Iterator[tuple[str, Queue]]:
        """Yield the queues that a setting lists: objects, or tables of options by name."""
        for key, options in pairs(setting.value):
            yield self._queue(text_of(key), options_of(options), setting, is_object=False)
        for item in setting.value.items if isinstance(setting.value, Items) else ():
            if isinstance(item, Symbol):
                told = {name: self._argument_of(item, name) for name in DESTINATION}
                exchange = told[EXCHANGE]
                if isinstance(exchange, Symbol):
                    told |= {name: self._argument_of(exchange, name) for name in (EXCHANGE, KIND)}
                given = {name: value for name, value in told.items() if value is not None}
                yield self._queue(text_of(told[QUEUE]), given, setting, is_object=True)

    def _queue(self, name: str, given: Mapping[str, Value], setting: Setting, is_object: bool) -> tuple[str, Queue]:
        exchange, key = text_of(given.get(EXCHANGE)), text_of(given.get(KEY)) or self._key
        kind = text_of(given.get(KIND)) or (DIRECT if exchange else self._values.text("exchange-type"))
        return name, Queue(exchange or self._exchange, kind, key, setting, is_object and bool(exchange))


def present(value: Value) -> Value:
    """Return an argument without the alternatives that say that it is not given, if there are others."""
    kept = [each for each in value.values if each not in _MISSING] if isinstance(value, Choice) else []
    return one_of(kept) if kept else value


def options_of(value: Value | None) -> dict[str, Value]:
    """Return the entries of a table by name; a text is the name of a queue."""
    if isinstance(value, Text):
        return {QUEUE: value}
    found = {text_of(key): entry for key, entry in pairs(value)} if value is not None else {}
    return {_OPTIONS.get(name, name): entry for name, entry in found.items()}


def text_of(value: Value | None) -> str:
    """Return a value as a text, of several the first; nothing for none."""
    texts = name_of(value).texts if value is not None and value not in _MISSING else ()
    return texts[0] if texts else ""


def _routes(value: Value) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield the patterns of a table of routes, or of several in a list, each with where it leads."""
    for item in value.items if isinstance(value, Items) else value.values if isinstance(value, Choice) else ():
        if isinstance(item, Items) and len(item.items) == 2 and isinstance(item.items[0], Text):
            yield item.items[0].text, {n: v for n, v in options_of(item.items[1]).items() if n in DESTINATION}
        else:
            yield from _routes(item)
