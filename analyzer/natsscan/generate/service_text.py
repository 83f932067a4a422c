"""What a service has on NATS as declarations of Haskell, in terms of the client that natsscan writes."""

from __future__ import annotations

from natsscan.generate.haskell import literal
from natsscan.generate.haskell_config import CONSUMER, STREAM, fields
from natsscan.generate.haskell_layout import (
    WIDTH,
    applied,
    argument,
    code,
    comment,
    gap_lines,
    listed,
    plain,
    record,
    signature,
    wide,
)
from natsscan.generate.haskell_names import consumer, parameters
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
from natsscan.model.mapping import Discipline, Mapping, PublisherPlan, StreamPlan, Words, filters_of
from natsscan.model.topology import SERVER_NAMED
from natsscan.nats.names import hole_token, holes, split_holes, subject

_NAMES_NOT_SUBJECTS = ("durable_name", "name", "filter_subject", "filter_subjects", "deliver_subject", "deliver_group")


def _key(text: str) -> str:
    """Return a routing key as people read it."""
    return "its own key" if text == OWN_KEY else code(text) if text else "the empty key"


def _sending_comment(sending: Sending) -> list[str]:
    ends = dict.fromkeys((p.exchange, p.routing_key) for p in sending.plans)
    what = " and ".join(f"{code(e) if e else 'the default exchange'} under {_key(key)}" for e, key in ends)
    libraries = ", ".join(map(code, sending.libraries))
    through = f", through {libraries}" if libraries else ""
    text = [f"What goes to {what}{through}. The stream {code(sending.plan.stream)} keeps it."]
    if sending.plan.discipline is Discipline.DELAYED:
        text.append("It is published when it is @due@, such as 2030-01-31T12:00:00Z. Each needs a schedule of its own.")
    headers = dict.fromkeys(header for plan in sending.plans for header in plan.headers)
    living = [header for header in headers if header.startswith("Nats-TTL")]
    if living:
        text.append(f"Messages expire: set 'poTtl', in {plain(living[0].partition(': ')[2])}.")
    wanted = [header for header in headers if header not in living]
    if wanted:
        text.append(f"Headers in 'poHeaders': {plain('; '.join(wanted))}.")
    return comment(" ".join(text))


_HELD = (
    "It is held for {} seconds at most unless 'pullHoldFor' says otherwise; of a program that is killed others get it "
    "after {}. 'abandonConsuming' gives back what is not settled."
)


class Writer:
    """Writes declarations. Holes of names are filled as the mapping decides."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def streams(self, service: Service) -> str:
        """Return the streams of a service and what makes them."""
        taken = [each for stream in service.streams for each in subjects_of(stream)]
        taken += [each for stream in service.streams for _, each in sources_of(stream.config)]
        open_ = [hole for each in taken for hole in holes(each)]
        given = parameters(open_)
        items = [self._stream(stream, given) for stream in service.streams]
        types = [*("Text" for _ in given), "[StreamConfig]"]
        arguments = "".join(f" {name}" for name in given.values())
        made = f"(streams{arguments})" if given else "streams"
        return "\n".join(
            [
                *comment("The streams that it publishes to and consumes from."),
                *gap_lines(service.gaps),
                *signature("streams", types),
                f"streams{arguments} =",
                *listed(items, "  "),
                "",
                *comment("Make the streams, or change them to be so."),
                *signature("ensureStreams", ["JetStream", *("Text" for _ in given), "IO ()"]),
                f"ensureStreams js{arguments} = traverse_ (ensureStream js) {made}",
                "",
            ]
        )

    def _stream(self, stream: StreamPlan, given: dict[str, str]) -> list[str]:
        subjects = [self._filled(each, given) for each in subjects_of(stream)]
        config = {key: value for key, value in stream.config.items() if key not in ("name", "subjects", "sources")}
        filled = [
            f"(defaultStreamSource {literal(name)}) {{sourceFilter = Just {argument(self._filled(taken, given))}}}"
            for name, taken in sources_of(stream.config)
        ]
        sources = [wide("scSources", filled)] if filled else []
        head = f"defaultStreamConfig {literal(stream.name)} [{', '.join(subjects)}]"
        if len(head) > WIDTH - 8:
            head, sources = f"defaultStreamConfig {literal(stream.name)} []", [wide("scSubjects", subjects), *sources]
        return record(head, [*fields(STREAM, config), *sources])

    def queue(self, queue: Queue) -> list[str]:
        """Return a queue's consumer and what makes and reads it."""
        plan = queue.flow.plan
        filters = filters_of(plan.config)
        given = parameters([*holes(plan.name), *(hole for each in filters for hole in holes(each))])
        arguments = "".join(f" {name}" for name in given.values())
        texts = ["Text" for _ in given]
        name = self._filled(plan.name, given, as_name=True)
        config = {key: value for key, value in plan.config.items() if key not in _NAMES_NOT_SUBJECTS}
        held = held_seconds(plan.config)
        config |= {"ack_wait": SILENCE} if held else {}
        taken = [self._filled(each, given) for each in filters]
        more = [] if plan.is_durable else ["ccDurable = False"]
        more += [wide("ccFilterSubjects", taken)] if taken else []
        lines = record(f"defaultConsumerConfig {argument(name)}", [*more, *fields(CONSUMER, config)])
        called = consumer(queue)
        made = f"{called}{arguments}"
        title = f"the queue {code(queue.flow.title)}" if plan.queue else "schedules, which nobody reads"
        about = [f"The consumer for {title}, after the name of its stream."]
        if not plan.is_exact:
            patterns = ", ".join(f"{code(key)} of {code(exchange)}" for exchange, key in plan.patterns)
            about.append(f"It takes more than the queue would get: drop what matches none of {patterns}.")
        found = [
            "\n".join(
                [
                    *comment(" ".join(about)),
                    *gap_lines(gap for gap in queue.gaps if not is_of_dead_letters(gap)),
                    *signature(called, [*texts, "(Text, ConsumerConfig)"]),
                    f"{made} =",
                    f"  ( {literal(plan.stream)},",
                    *(f"    {line}" for line in lines),
                    "  )",
                    "",
                ]
            ),
            "\n".join(
                [
                    *comment(f"Make the consumer for {title}. Its stream has to be there."),
                    *signature(f"ensure{queue.stem}", ["JetStream", *texts, "IO ()"]),
                    *applied(
                        f"ensure{queue.stem} js{arguments}", "void", [f"uncurry (ensureConsumer js) {argument(made)}"]
                    ),
                    "",
                ]
            ),
        ]
        if queue.consumes:
            settled = f" Settle each by {', '.join(plan.settle)}." if plan.settle else ""
            callback = "(Delivery -> IO ())"
            says = f" {_HELD.format(held, SILENCE // 10**9)}" if held else ""
            options = f"(holdingFor {held} options)" if held else "options"
            found.append(
                "\n".join(
                    [
                        *comment(f"Read {title}, whose consumer is made before.{plain(settled)}{says}"),
                        *gap_lines(queue.consuming),
                        *signature(
                            f"consume{queue.stem}",
                            ["JetStream", *texts, "PullOptions", callback, "IO Consumption"],
                        ),
                        f"consume{queue.stem} js{arguments} options callback = do",
                        f"  ensure{queue.stem} js{arguments}",
                        f"  consume js stream (ccName config) {options} callback",
                        "  where",
                        f"    (stream, config) = {made}",
                        "",
                    ]
                )
            )
        return found

    def sending(self, sending: Sending) -> str:
        """Return what publishes to one subject."""
        plan = sending.plan
        later = plan.discipline is Discipline.DELAYED
        given = parameters([*(holes(plan.schedule) if later else ()), *holes(plan.subject)])
        arguments = "".join(f" {name}" for name in given.values())
        to = self._filled(plan.subject, given)
        types = ["JetStream", *("Text" for _ in given), *(["Text"] if later else []), "PublishOptions", "ByteString"]
        if later:
            target = f"encodeUtf8 {argument(to)}"
            where = argument(self._filled(plan.schedule, given))
            definition = [
                f"{sending.name} js{arguments} due options =",
                f"  publishWith js options {{poHeaders = poHeaders options <> headers}} {where}",
                "  where",
                "    headers =",
                '      [ ("Nats-Schedule", encodeUtf8 ("@at " <> due)),',
                f'        ("Nats-Schedule-Target", {target})',
                "      ]",
            ]
        else:
            definition = applied(f"{sending.name} js{arguments} options", "publishWith", ["js", "options", to])
        return "\n".join(
            [
                *_sending_comment(sending),
                *gap_lines(sending.gaps),
                *signature(sending.name, [*types, "IO PubAck"]),
                *definition,
                "",
            ]
        )

    def dead_letter(self, queue: Queue, dead: PublisherPlan) -> str:
        """Return what rejects a message of a queue."""
        plan = queue.flow.plan
        named = "" if plan.queue == SERVER_NAMED else plan.queue
        own = dead.subject.endswith(OWN_ENDING)
        root = dead.subject.removesuffix(OWN_ENDING)
        name_key = subject("", named, self._mapping.holes) if own else ""
        called = "".join(f"{{{hole_token(x)}}}" if at % 2 else x for at, x in enumerate(split_holes(named)))
        roots = [below for _, below in queue.exchanges]
        given = parameters(hole for each in (called, root, name_key, *roots) for hole in holes(each))
        arguments = "".join(f" {name}" for name in given.values())
        parts = [given[x] if at % 2 else literal(x) for at, x in enumerate(split_holes(called)) if x]
        queue_name = " <> ".join(parts) if named else "diConsumer (deliveryInfo delivery)"
        exchanges = ", ".join(f"({self._filled(below, given)}, {literal(name)})" for name, below in queue.exchanges)
        to = self._filled(root, given)
        if own:
            key = argument(self._filled(name_key, given))
            to = f"{to} <> maybe {key} snd through" if exchanges else f"{to} <> {key}"
        about = f"Reject a message of the queue {code(queue.flow.title)}: it goes to "
        about += f"{code(dead.exchange) if dead.exchange else 'the default exchange'} under {_key(dead.routing_key)}, "
        about += f"which the stream {code(dead.stream)} keeps, and is settled when that has it."
        wait = SILENCE if held_seconds(plan.config) else plan.config.get("ack_wait")
        late = []
        if isinstance(wait, int) and queue.window < wait:
            late.append(
                f"That stream knows an id for {queue.window // 10**9} seconds, and what a crash leaves unsettled comes"
                f" again after {wait // 10**9}: to have one copy then too, give it a longer 'scDuplicateWindow'."
            )
        exchange = 'encodeUtf8 (maybe "" fst through)' if exchanges else literal("")
        death = listed(
            [
                [f'("x-first-death-queue", encodeUtf8 {argument(queue_name)})'],
                [f'("x-first-death-exchange", {exchange})'],
                ['("x-first-death-reason", "rejected")'],
            ],
            "  ",
        )
        where = ["headers =", *death]
        where += applied("through", "arrivedUnder", [f"[{exchanges}]", "delivery"]) if exchanges else []
        name = f"deadLetter{queue.stem}"
        return "\n".join(
            [
                *comment(about, *late),
                *gap_lines(gap for gap in queue.gaps if is_of_dead_letters(gap)),
                *signature(name, ["JetStream", *("Text" for _ in given), "Delivery", "IO ()"]),
                *applied(f"{name} js{arguments} delivery", "rejectTo", ["js", "headers", to, "delivery"]),
                "  where",
                *(f"    {line}" for line in where),
                "",
            ]
        )

    def _filled(self, template: str, given: dict[str, str], *, as_name: bool = False) -> str:
        """Return the expression for a subject, or for the name of a consumer, in which a dot is data."""
        parts = split_holes(template)
        last = parts[-2] if len(parts) > 1 else ""
        ends = len(parts) > 2 and not parts[-1] and parts[-3].endswith(".")
        if ends and not as_name and words_of(last, self._mapping) is Words.SPLIT:
            root = template.removesuffix(f".{{{last}}}")
            return f"keySubject {argument(self._filled(root, given))} {given[last]}"
        filled = [
            self._token(part, given, as_name) if at % 2 else literal(part) for at, part in enumerate(parts) if part
        ]
        return " <> ".join(filled) or literal("")

    def _token(self, hole: str, given: dict[str, str], as_name: bool) -> str:
        if not as_name and words_of(hole, self._mapping) is Words.SPLIT:
            return f'Text.intercalate "." (keyTokens {given[hole]})'
        return f"token {given[hole]}"
