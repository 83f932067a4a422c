"""What a service has on NATS as functions of Python, on nats-py."""

from __future__ import annotations

from collections.abc import Iterable

from natsscan.generate.python_layout import INDENT, call, code, docstring, filled, function, gap_items, shown
from natsscan.generate.python_names import parameters
from natsscan.generate.python_plan import Call, Expression, laid_out, quoted
from natsscan.generate.service import (
    OWN_ENDING,
    OWN_KEY,
    SILENCE,
    Queue,
    Sending,
    Service,
    held_seconds,
    is_of_dead_letters,
    sources_of,
    subjects_of,
    words_of,
)
from natsscan.model.mapping import DURATIONS, Discipline, Mapping, PublisherPlan, Words, filters_of
from natsscan.model.topology import SERVER_NAMED, Topology
from natsscan.nats.names import hole_token, holes, split_holes, subject
from natsscan.topology.shapes import shape

_UNLIMITED = 100  # how many messages a program holds that has set no limit
_NAMES = ("name", "durable_name")  # of a configuration: dots in their holes are data
_REPLY_TO = "replyto"  # a key that is nothing but what AMQP's property of this name said
_HEADERS = "headers: Mapping[str, str] | None = None"
_HOLES = f"{INDENT}holes = "
_LETTERS = f"{INDENT}letters = "
_SHORT = ("Publish a message.", "Ask, and return the answer.")
_HANDLER = "handler: Callable[[Delivery], Awaitable[None]]"
_MESSAGE_ID = "message_id: str | None = None"
_CONNECT = (
    *function("connect", ["url: str", "**options: Any"], [], "JetStream"),
    *docstring(
        INDENT,
        "Connect to a server, with options of `nats.connect`; what is lost is connected again until it is closed.",
    ),
    f'{INDENT}return JetStream(await nats.connect(url, **{{"max_reconnect_attempts": -1, **options}}))',
)


def queue_calls(service: Service, mapping: Mapping, topology: Topology) -> dict[str, tuple[str, str]]:
    """Return what makes the consumer of each queue, by the queue's stem, and what would read it."""
    writer = Writer(mapping, topology, service)
    return {
        queue.stem: ("ensure" if writer.is_common(queue) else f"ensure_{queue.stem}", f"consume_{queue.stem}")
        for queue in service.queues
    }


class Writer:
    """Writes the functions of a service and their data. Holes of names are filled as the mapping decides."""

    def __init__(self, mapping: Mapping, topology: Topology, service: Service) -> None:
        self._mapping = mapping
        self._topology = topology
        self._service = service
        taken = [each for stream in service.streams for each in subjects_of(stream)]
        taken += [each for stream in service.streams for _, each in sources_of(stream.config)]
        self._common = parameters(hole for each in taken for hole in holes(each))

    def tables(self) -> str:
        """Return the configurations of streams and consumers."""
        streams = [self._config(dict(stream.config), self._common) for stream in self._service.streams]
        consumers = {queue.stem: self._consumer(queue) for queue in self._service.queues}
        found = ["# As the server's API has them; times are nanoseconds."]
        for name, value in (("_STREAMS", streams), ("_CONSUMERS", consumers)):
            typed = f"{name}: {'list[dict[str, Any]]' if value is streams else 'dict[str, dict[str, Any]]'} = "
            found += [typed + laid_out(value, len(typed))] if value else []
        return "\n".join([*found, ""]) if len(found) > 1 else ""

    def functions(self) -> list[str]:
        """Return all functions of the service."""
        found = [list(_CONNECT), self._ensure()]
        for queue in self._service.queues:
            if not self.is_common(queue):
                found.append(self._ensure_one(queue))
            if queue.consumes:
                found.append(self._consume(queue))
        found += [self._sending(sending) for sending in self._service.sendings]
        return ["\n".join(lines) for lines in found]

    def _config(self, config: dict[str, object], given: dict[str, str]) -> dict[str, object]:
        """Return a configuration whose texts have parameters for holes, and seconds for times."""
        return {key: self._value(key, value, given) for key, value in config.items()}

    def _value(self, key: str, value: object, given: dict[str, str]) -> object:
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            seconds, rest = divmod(value, 10**9)
            return Expression(f"{seconds} * _SECOND") if key in DURATIONS and value > 0 and not rest else value
        if isinstance(value, str):
            return self._open(value, given, as_name=key in _NAMES)
        if isinstance(value, dict):
            return self._config(value, given)
        return [self._value(key, each, given) for each in value] if isinstance(value, (list, tuple)) else value

    def _open(self, text: str, given: dict[str, str], *, as_name: bool) -> str:
        """Return a text with holes as the tables have them: `{uid}` is a token, `{topic.}` the words of a value."""
        parts = split_holes(text)
        return "".join(
            "{" + given[each] + ("." if self._splits(each, as_name) else "") + "}" if at % 2 and each in given else each
            for at, each in enumerate(parts)
        )

    def _splits(self, hole: str, as_name: bool) -> bool:
        return not as_name and words_of(hole, self._mapping) is Words.SPLIT

    def _given(self, queue: Queue) -> dict[str, str]:
        plan = queue.flow.plan
        return parameters(
            [*(hole for hole in self._common if hole in holes(plan.name)), *holes(plan.name)]
            + [hole for each in filters_of(plan.config) for hole in holes(each)]
        )

    def is_common(self, queue: Queue) -> bool:
        """Tell whether a consumer is made with the streams: it stays, and nothing more is to be known for it."""
        return queue.flow.plan.is_durable and self._given(queue).keys() <= self._common.keys()

    def _consumer(self, queue: Queue) -> dict[str, object]:
        plan = queue.flow.plan
        config = dict(plan.config)
        if "backoff" in config:  # the server takes the wait from there
            config.pop("ack_wait", None)
        elif held_seconds(plan.config):
            config["ack_wait"] = SILENCE
        return self._config({"stream": plan.stream, **config}, self._given(queue))

    def _holes(self, texts: Iterable[tuple[str, bool]], given: dict[str, str]) -> list[str]:
        """Return the statement for the values that the holes of texts have in tables; none if there are no holes."""
        found: dict[str, object] = {}
        for text, as_name in texts:
            for hole in holes(text):
                name = given[hole]
                splits = self._splits(hole, as_name)
                found[f"{name}." if splits else name] = Expression(f"_words({name})" if splits else f"_token({name})")
        return [f"{_HOLES}{laid_out(found, len(_HOLES), 1)}"] if found else []

    def _ensure(self) -> list[str]:
        service = self._service
        made = [queue for queue in service.queues if self.is_common(queue)]
        texts = [(each, False) for stream in service.streams for each in subjects_of(stream)]
        texts += [(each, False) for stream in service.streams for _, each in sources_of(stream.config)]
        texts += [text for queue in made for text in _texts(queue)]
        lines = function("ensure", ["js: JetStream"], [f"{name}: str" for name in self._common.values()])
        others = [f"`ensure_{queue.stem}`" for queue in service.queues if not self.is_common(queue)]
        lines += docstring(
            INDENT,
            "Make the streams and consumers that are not there.",
            "Raise ConfigurationError if one is there with another configuration, and say what differs; it stays.",
            f"Consumers that need more than that have functions of their own: {', '.join(others)}." if others else "",
        )
        given = self._holes(texts, self._common)
        lines += given
        if service.streams:
            lines += [
                f"{INDENT}for stream in _STREAMS:",
                f"{INDENT * 2}await _ensure_stream(js, {_filling('stream', given)})",
            ]
        if made:
            names = laid_out(tuple(queue.stem for queue in made), len(f"{INDENT}for name in :"), 1)
            lines += [
                f"{INDENT}for name in {names}:",
                f"{INDENT * 2}await _ensure_consumer(js, {_filling('_CONSUMERS[name]', given)})",
            ]
        return lines

    def _made(self, start: str, queue: Queue) -> list[str]:
        """Return the statements that make a consumer."""
        given = self._holes(_texts(queue), self._given(queue))
        return [
            *given,
            *call(f"{start}await _ensure_consumer", ["js", _filling(f"_CONSUMERS[{quoted(queue.stem)}]", given)]),
        ]

    def _ensure_one(self, queue: Queue) -> list[str]:
        named = [f"{name}: str" for name in self._given(queue).values()]
        first = f"Make the consumer for the queue {code(queue.flow.title)}, after its stream."
        return [
            *function(f"ensure_{queue.stem}", ["js: JetStream"], named),
            *docstring(
                INDENT,
                first,
                short="Make the consumer for a queue, after its stream.",
                items=gap_items(g for g in queue.gaps if not is_of_dead_letters(g)),
            ),
            *self._made("", queue),
        ]

    def _consume(self, queue: Queue) -> list[str]:
        plan = queue.flow.plan
        given = self._given(queue)
        letters = self._letters(queue, queue.dead) if queue.dead is not None else None
        known = parameters([*given, *(letters[1] if letters else ())])
        words = [word for word in plan.settle if not word.startswith("in progress")]  # that it says by itself
        settle = f" Settle each by {shown(', '.join(words))}." if words else ""
        on_receipt = "ack on receipt" in plan.settle and "ack" not in plan.settle
        if on_receipt:
            settle = " Each is acknowledged before the handler has it."
        exact = ""
        if not plan.is_exact:
            patterns = ", ".join(f"{code(key)} of {code(exchange)}" for exchange, key in plan.patterns)
            exact = f"It gets more than the queue would: drop what matches none of {patterns}."
        dead = ""
        if queue.dead is not None:
            to = code(queue.dead.exchange) if queue.dead.exchange else "the default exchange"
            dead = f"What is rejected by `term` goes to {to} under {_key(queue.dead.routing_key)} first."
        gaps = [*(g for g in queue.gaps if letters or not is_of_dead_letters(g)), *queue.consuming]
        hold = held_seconds(plan.config) or SILENCE // 10**9
        arguments = ["js", "config", str(hold), "prefetch"]
        arguments += ["letters"] if letters else []
        arguments += ["acks_on_receipt=True"] if on_receipt else []
        return [
            *function(
                f"consume_{queue.stem}",
                ["js: JetStream", _HANDLER],
                [*(f"{name}: str" for name in known.values()), f"prefetch: int = {self._prefetch(queue)}"],
            ),
            *docstring(
                INDENT,
                f"Read the queue {code(queue.flow.title)} until this is cancelled: what is unsettled then goes back.",
                f"The handler has one message after the other, and may leave it to a task of its own.{settle}",
                exact,
                dead,
                short="Read a queue until this is cancelled: what is unsettled then goes back.",
                items=gap_items(gaps),
            ),
            *self._made("config = ", queue),
            *([f"{_LETTERS}{laid_out(letters[0], len(_LETTERS), 1)}"] if letters else []),
            *call("await _Consumption", arguments, ").run(handler)"),
        ]

    def _prefetch(self, queue: Queue) -> int:
        """Return how many messages the code holds; one if the plan lets only one be in work over all programs."""
        name, most = shape(queue.flow.plan.queue), queue.flow.plan.config.get("max_ack_pending")
        own = [c for c in self._topology.consumers if c.service == self._service.name and shape(c.queue) == name]
        known = [int(c.prefetch) for c in own if c.prefetch and c.prefetch.isdecimal() and int(c.prefetch)]
        found = max(known, default=_UNLIMITED)
        return min(found, most) if isinstance(most, int) and most > 0 else found

    def _letters(self, queue: Queue, dead: PublisherPlan) -> tuple[Call, list[str]]:
        """Return what makes where rejected messages of a queue go, and the holes in it."""
        plan = queue.flow.plan
        named = "" if plan.queue == SERVER_NAMED else plan.queue
        own = dead.subject.endswith(OWN_ENDING)
        root = dead.subject.removesuffix(OWN_ENDING)
        key = subject("", named, self._mapping.holes) if own else ""
        name = "".join(f"{{{hole_token(x)}}}" if at % 2 else x for at, x in enumerate(split_holes(named)))
        roots = dict(queue.exchanges)
        open_ = [hole for each in (name, root, key, *roots.values()) for hole in holes(each)]
        given = parameters([*self._given(queue), *open_])
        plain = [given[each] if at % 2 else each for at, each in enumerate(split_holes(name))]
        made = Call(
            "_DeadLetters",
            stream=dead.stream,
            subject=Expression(self._text(root, given)),
            queue=Expression(filled(plain) if named else 'config["name"]'),
            exchanges={exchange: Expression(self._text(each, given)) for exchange, each in roots.items()},
            key=Expression(self._text(key, given)) if own else None,
        )
        return made, open_

    def _text(self, template: str, given: dict[str, str]) -> str:
        """Return the expression for a subject."""
        parts = split_holes(template)
        whole = len(parts) > 2 and not parts[-1] and parts[-3].endswith(".") and self._is_root(template, parts[-2])
        if whole and self._splits(parts[-2], as_name=False):
            return f"_below({self._text(template.removesuffix(f'.{{{parts[-2]}}}'), given)}, {given[parts[-2]]})"
        return filled(
            [
                f"{'_words' if self._splits(each, as_name=False) else '_token'}({given[each]})" if at % 2 else each
                for at, each in enumerate(parts)
            ]
        )

    def _is_root(self, template: str, hole: str) -> bool:
        return template.removesuffix(f".{{{hole}}}") in self._mapping.exchanges.values()

    def _sending(self, sending: Sending) -> list[str]:
        plan = sending.plan
        later, asks = plan.discipline is Discipline.DELAYED, plan.discipline is Discipline.REQUEST
        key = split_holes(plan.routing_key)
        answers = not plan.stream and not plan.exchange and _is_reply_to(key)
        given = parameters([*(holes(plan.schedule) if later else ()), *holes(plan.subject)])
        expires = any(header.startswith("Nats-TTL") for each in sending.plans for header in each.headers)
        to = next(iter(given.values())) if answers else self._text(plan.subject, given)
        named = [*(f"{name}: str" for name in given.values()), *(["due: datetime"] if later else []), "body: bytes"]
        named += ["timeout: float"] if asks else []
        named += [_HEADERS, *([_MESSAGE_ID] if plan.stream else [])]
        named += ["ttl: float | None = None"] if expires and plan.stream and not later else []
        rest = ["headers", *(["message_id"] if plan.stream else [])]
        rest += ["ttl"] if expires and plan.stream and not later else []
        if later:
            schedule = self._text(plan.schedule, given)
            lines = call("await _schedule", ["js", quoted(plan.stream), schedule, to, "due", "body", *rest])
        elif asks and plan.stream:
            lines = call("return await _request", ["js", quoted(plan.stream), to, "body", "timeout", *rest])
        elif asks:
            lines = call("return await js.nats.request", [to, "body", "timeout", "headers=dict(headers or {})"])
        elif plan.stream:
            lines = call("await _publish", ["js", quoted(plan.stream), to, "body", *rest])
        else:
            lines = call("await js.nats.publish", [to, "body", "headers=dict(headers or {})"])
        return [
            *function(sending.name, ["js: JetStream"], named, "Msg" if asks else "None"),
            *docstring(INDENT, *_about(sending, answers, expires), short=_SHORT[asks], items=gap_items(sending.gaps)),
            *lines,
        ]


def _filling(table: str, given: list[str]) -> str:
    """Return the expression for a table, with its holes filled if there are any."""
    return f"_filled({table}, holes)" if given else table


def _texts(queue: Queue) -> list[tuple[str, bool]]:
    """Return the texts of a consumer that may have holes, each with whether it is a name."""
    plan = queue.flow.plan
    return [(plan.name, True), *((each, False) for each in filters_of(plan.config))]


def _is_reply_to(key: tuple[str, ...]) -> bool:
    return (
        len(key) == 3 and not key[0] and not key[2] and hole_token(key[1]).replace("_", "").lower().endswith(_REPLY_TO)
    )


def _key(text: str) -> str:
    """Return a routing key as people read it."""
    return "its own key" if text == OWN_KEY else code(text) if text else "the empty key"


def _about(sending: Sending, answers: bool, expires: bool) -> list[str]:
    """Return what a function that publishes says of itself."""
    plan = sending.plan
    ends = dict.fromkeys((p.exchange, p.routing_key) for p in sending.plans)
    what = " and ".join(f"{code(e) if e else 'the default exchange'} under {_key(key)}" for e, key in ends)
    libraries = ", ".join(map(code, sending.libraries))
    through = f", through {libraries}" if libraries else ""
    kept = f"return when the stream {code(plan.stream)} has it" if plan.stream else "no stream keeps it"
    text = [f"Publish what goes to {what}{through}; {kept}."]
    if plan.discipline is Discipline.REQUEST:
        text = [f"Ask by what goes to {what}{through}, and return the answer, which the header Reply-To asks for."]
    if plan.discipline is Discipline.DELAYED:
        text.append("The server publishes it when it is `due`. Each needs a schedule of its own.")
    if answers:
        text.append("The subject is what the question has in its header Reply-To.")
    if expires:
        text.append("Messages expire: `ttl` is in seconds.")
    known = ("Nats-TTL", "Message-Id", "Reply-To")
    wanted = [h for h in dict.fromkeys(h for p in sending.plans for h in p.headers) if not h.startswith(known)]
    if wanted:
        text.append(f"Headers: {shown('; '.join(wanted))}.")
    return [text[0], " ".join(text[1:])]
