"""Tasks of a code base: what settings give to calls and definitions of them, and what their library does by itself.

A library with a setting of the role `queue` has tasks: what its rules call `task` is the name of one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from natsscan.core.effects import Effect
from natsscan.core.expression import Application, Expression, Projection
from natsscan.core.naming import name_of
from natsscan.core.tables import pairs
from natsscan.core.value import Environment, Function, Made, Parameter, Text, Value, one_of
from natsscan.model.brokercall import BrokerCall
from natsscan.model.name import Hole, Name
from natsscan.model.span import Span
from natsscan.model.usage import Operation
from natsscan.python.program import Program
from natsscan.python.properties import Properties
from natsscan.python.routes import (
    DESTINATION,
    DIRECT,
    EXCHANGE,
    KEY,
    KIND,
    QUEUE,
    TASK,
    Queue,
    Routes,
    options_of,
    present,
)
from natsscan.python.settings import Setting, Values

_CALLS = {Operation.PUBLISH: "publish", Operation.CONSUME: "consume", Operation.CONNECT: "connect"}

# What a task that is a class has as its name.
_NAME = "name"
# Where something stands: a module and an offset.
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Places:
    """Tells the span of a setting, the service of a file and of a module."""

    span: Callable[[Setting], Span]
    service: Callable[[str], str]
    service_of_module: Callable[[str], str]


class Tasks:
    """Completes what calls of libraries with tasks are given, and tells what these do by themselves."""

    def __init__(self, program: Program, settings: Iterable[Setting], properties: Properties, places: Places) -> None:
        self._program = program
        self._properties = properties
        self._places = places
        self._made, self._named = _decorated(program)
        settings = tuple(settings)
        self._values = {
            library.id: Values(library.settings, tuple(s for s in settings if s.library is library))
            for library in program.library.libraries.libraries
            if library.settings is not None and library.settings.setting("queue")
        }
        self._ways: dict[tuple[str, str], _Way] = {}

    def _way(self, library: str, service: str) -> _Way:
        """Return the way of the tasks of a service: by its own settings, else by those of others."""
        key = (library, service)
        if key not in self._ways:
            values = self._values[library].preferring(lambda s: self._places.service_of_module(s.module) == service)
            self._ways[key] = _Way(values, Routes(values, self._program.library.argument), self._places)
        return self._ways[key]

    def given(self, effect: Effect) -> dict[str, Value]:
        """Return the arguments that a call has, with those that its task and the settings give it."""
        symbol = effect.symbol
        if symbol.library not in self._values:
            return self._properties.given(effect)
        way = self._way(symbol.library, self._places.service_of_module(effect.place.module))
        found = {name: present(value) for name, value in self._properties.given(self._of_own_task(effect)).items()}
        if TASK in symbol.arguments and symbol.operation is Operation.CONSUME:
            known = self._named.get((effect.place.module, effect.place.start))
            if known is not None:
                found.setdefault(TASK, known)
            found[QUEUE] = way.routes.destination(found)[QUEUE]
        elif TASK in found and symbol.operation is Operation.PUBLISH:
            found |= way.routes.destination(found)
        elif symbol.operation is Operation.CONSUME and isinstance(queue := found.get(QUEUE), Text):
            found[QUEUE] = one_of([Text(name.strip()) for name in queue.text.split(",")])
        if symbol.operation in _CALLS:
            for name, value in way.values.given(_CALLS[symbol.operation]).items():
                found.setdefault(name, self._properties.told(symbol.library, name, value))
        return found

    def _of_own_task(self, effect: Effect) -> Effect:
        """Return a call that a task makes of its own methods with that task in the place of the parameter."""
        given = zip(effect.symbol.arguments, effect.arguments, strict=False)
        return replace(effect, arguments=tuple(self._task(v) if name == TASK else v for name, v in given))

    def _task(self, value: Value) -> Value:
        """Return what a parameter of a task's function is that stands for the task, and the name of a class's task."""
        if isinstance(value, Parameter) and value.index == 0:
            return self._made.get((value.owner.module, value.owner.start), value)
        if isinstance(value, Made) and self._program.classes.find(value.constructor):
            name = self._program.instances.attribute(value, _NAME)
            return name if isinstance(name, Text) else Text(value.constructor)
        return value

    def all_calls(self, calls: Iterable[tuple[str, BrokerCall]]) -> Iterator[BrokerCall]:
        """Yield all calls: those that the code makes, given with their libraries, and what the libraries do besides.

        A call that sends tasks which are put together elsewhere is left out: those are calls of their own. So is the
        binding of a queue that settings list to an exchange which nothing is published to, as tasks are sent past it.
        """
        calls = tuple(calls)
        used = {text for _, call in calls if call.operation is Operation.PUBLISH for text in _texts(call, EXCHANGE)}
        kept = [(library, self._listed(call)) for library, call in calls if self._is_told(library, call, used)]
        yield from (call for _, call in kept)
        declared = {text for _, call in kept if call.operation is Operation.DECLARE_QUEUE for text in _texts(call)}
        for library, values in self._values.items():
            scheduled = [call for setting in values.of("schedule") for call in self._scheduled(library, setting)]
            yield from scheduled
            own = [*(call for of, call in kept if of == library and TASK in call.properties), *scheduled]
            consuming = [call for call in own if call.operation is Operation.CONSUME]
            publishing = [call for call in own if call.operation is Operation.PUBLISH]
            for service in sorted(set(map(self._service, consuming))):
                here = [call for call in consuming if self._service(call) == service]
                further = list(self._way(library, service).consumed(here, publishing))
                yield from further
                consuming += (call for call in further if call.operation is Operation.CONSUME)
            for call in (*consuming, *publishing):
                made = list(self._way(library, self._service(call)).declared(call, declared))
                declared |= {text for each in made for text in _texts(each)}
                yield from made

    def _service(self, call: BrokerCall) -> str:
        return self._places.service(call.span.path)

    def _scheduled(self, library: str, setting: Setting) -> Iterator[BrokerCall]:
        return self._way(library, self._places.service_of_module(setting.module)).scheduled(setting)

    def _is_told(self, library: str, call: BrokerCall, used: Collection[str]) -> bool:
        if call.operation is Operation.BIND and not any(text in used for text in _texts(call, EXCHANGE)):
            return not any(self._way(of, call.service).is_listed(_texts(call)) for of in self._values)
        is_sent = library in self._values and call.operation is Operation.PUBLISH
        return not is_sent or not {TASK, *DESTINATION}.isdisjoint(call.properties)

    def _listed(self, call: BrokerCall) -> BrokerCall:
        """Return a declaration of a queue that settings list with what these add to it."""
        if call.operation is Operation.DECLARE_QUEUE:
            for library in self._values:
                way = self._way(library, call.service)
                if way.is_listed(_texts(call)):
                    added = {name: name_of(value) for name, value in way.values.given("queue").items()}
                    return replace(call, properties=added | call.properties)
        return call


@dataclass(frozen=True, slots=True)
class _Way:
    """The way of the tasks of one service to their queues, and what its library does for it."""

    values: Values
    routes: Routes
    places: Places

    def is_listed(self, names: Collection[str]) -> bool:
        """Tell whether one of these queues is listed by a setting."""
        lists = self.values.of("queues")
        return any(name in self.routes.queues and self.routes.queues[name].setting in lists for name in names)

    def scheduled(self, setting: Setting) -> Iterator[BrokerCall]:
        """Yield the calls that a schedule makes."""
        for _, entry in pairs(setting.value):
            told = dict(options_of(entry))
            given = ({TASK: told[TASK]} if TASK in told else {}) | options_of(told.get("options"))
            yield self._call(
                Operation.PUBLISH, setting, given | self.routes.destination(given), delivery_mode="Persistent"
            )

    def consumed(self, consuming: list[BrokerCall], sent: Iterable[BrokerCall]) -> Iterator[BrokerCall]:
        """Yield what the library does where a service consumes; `sent` are the calls of all services that publish."""
        more = list(_elsewhere(consuming, sent))
        more += self._of_lists([*consuming, *more])
        yield from more
        yield from self._limits([*consuming, *(call for call in more if call.operation is Operation.CONSUME)])

    def _of_lists(self, consuming: list[BrokerCall]) -> Iterator[BrokerCall]:
        """Yield that workers consume the queues that a setting lists too, which tasks here are not sent to."""
        known = {text for call in consuming for text in _texts(call)}
        for name, queue in sorted(self.routes.queues.items()):
            if consuming and name not in known and queue.setting is not None and self.is_listed([name]):
                for operation in (Operation.CONSUME, Operation.ACK):
                    call = self._call(operation, queue.setting, {QUEUE: Text(name)}, ack="Ack")
                    yield replace(call, service=consuming[0].service)

    def _limits(self, consuming: Iterable[BrokerCall]) -> Iterator[BrokerCall]:
        """Yield how much a worker takes at once, for each file."""
        each, processes = self.values.text("prefetch"), self.values.text("processes")
        if each == "0":
            return
        hole = Hole(self.values.rule.setting("processes"))
        limit = Name(((hole,) if each == "1" else (f"{each} × ", hole),))
        if each.isdigit() and processes.isdigit():
            limit = _name(str(int(each) * int(processes)))
        for call in {call.span.path: call for call in consuming}.values():
            yield replace(call, operation=Operation.QOS, properties={"prefetch_count": limit}, via=())

    def declared(self, call: BrokerCall, known: Collection[str]) -> Iterator[BrokerCall]:
        """Yield that the queues of a call are declared, if nothing is known to declare them, and their bindings."""
        name = call.properties.get(QUEUE)
        for alternative in name.alternatives if name is not None else ():
            text = "".join(map(str, alternative))
            if text not in known and any(isinstance(piece, str) or piece.key for piece in alternative):
                yield self._queue(text, Name((alternative,)), call)
            queue = self.routes.queues.get(text)
            if queue is not None and queue.setting is not None and queue.kind != DIRECT and not queue.is_bound:
                yield from self._bound(text, queue, queue.setting)

    def _queue(self, text: str, name: Name, call: BrokerCall) -> BrokerCall:
        is_default = text == self.routes.default
        given = self.values.given("queue") | self.values.given("default-queue" if is_default else "new-queue")
        properties = {argument: name_of(value) for argument, value in given.items()}
        left = {"durable": _name("true"), "exclusive": _name("false"), "auto_delete": _name("false")}
        made = replace(call, operation=Operation.DECLARE_QUEUE, properties=left | properties | {QUEUE: name}, via=())
        places = self.values.of("queue") if is_default else []
        span = self.places.span(places[0]) if places else call.span
        return replace(made, span=span, service=self.places.service(span.path), defaults=frozenset(left))

    def _bound(self, text: str, queue: Queue, setting: Setting) -> Iterator[BrokerCall]:
        exchange: dict[str, Value] = {EXCHANGE: Text(queue.exchange)}
        yield self._call(Operation.DECLARE_EXCHANGE, setting, exchange | {KIND: Text(queue.kind)}, durable="true")
        yield self._call(Operation.BIND, setting, exchange | {QUEUE: Text(text), KEY: Text(queue.key)})

    def _call(self, operation: Operation, setting: Setting, given: Mapping[str, Value], **left: str) -> BrokerCall:
        """Return what a setting has the library do; `left` is what the library fills in."""
        span = self.places.span(setting)
        properties = {name: name_of(value) for name, value in given.items()}
        filled = {name: _name(text) for name, text in left.items() if name not in properties}
        symbol = f"{self.values.rule.object}.{setting.name}"
        service = self.places.service(span.path)
        every = filled | properties
        return BrokerCall(operation, symbol, every, frozenset(filled), span, (), service, setting.name)


def _elsewhere(consuming: Iterable[BrokerCall], sent: Iterable[BrokerCall]) -> Iterator[BrokerCall]:
    """Yield that a task is consumed from the queues too that somebody sends it to, and not only from its own."""
    publishing = [call for call in sent if call.operation is Operation.PUBLISH]
    for call in consuming:
        known, names = set(_texts(call)), set(_texts(call, TASK))
        for other in publishing:
            if not names.isdisjoint(_texts(other, TASK)) and not known.issuperset(_texts(other)):
                known.update(_texts(other))
                yield replace(call, properties=call.properties | {QUEUE: other.properties[QUEUE]})


def _name(text: str) -> Name:
    return Name(((text,),))


def _texts(call: BrokerCall, name: str = QUEUE) -> tuple[str, ...]:
    found = call.properties.get(name)
    return found.texts if found is not None else ()


def _decorated(program: Program) -> tuple[dict[Place, Value], dict[Place, Value]]:
    """Return what decorators made of functions, by where these begin, and their names by where the decorators stand."""
    made: dict[Place, Value] = {}
    named: dict[Place, Value] = {}
    for module in program.index.parsed():
        for function in module.functions.values():
            value = Function(function.code, Environment(module.name, function.name))
            task = program.instances.decorated(value) if function.decorators else None
            if task is not None:
                made[module.name, function.start] = task
                name = program.library.argument(task, TASK)
                if name is not None:
                    named |= {(module.name, _start(decorator)): name for decorator in function.decorators}
    return made, named


def _start(decorator: Expression) -> int:
    """Return where the last name of a decorator stands."""
    if isinstance(decorator, Application):
        return _start(decorator.function)
    return decorator.fields[-1].start if isinstance(decorator, Projection) else decorator.start
