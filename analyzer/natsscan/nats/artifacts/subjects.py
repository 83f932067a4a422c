"""`subjects.yaml`: the mapping as people edit it. What they change there is kept and obeyed on the next run."""

from __future__ import annotations

from pathlib import Path

import msgspec

from natsscan.catalog.strict import Strict
from natsscan.catalog.target import LayoutsFile, Setting, config
from natsscan.catalog.yamlfile import YamlFile, yaml_text
from natsscan.model.errors import InputError
from natsscan.model.mapping import DURATIONS, ConfigValue, HoleRule, Mapping, Words
from natsscan.nats.decisions import Decisions
from natsscan.nats.escape import asset_name_problem
from natsscan.nats.names import HoleRules, asset, exchange_subject, queue_subject
from natsscan.nats.subjects import problem

SUBJECTS_FILE = "subjects.yaml"
_HEAD = """\
# What each exchange and queue is called on NATS, as natsscan proposes it. Change any value: it is kept on the next run.
# A changed entry that nothing in the code matches any more is an error, so that no decision is lost in silence.
#
# holes    {name} in a name is known at run time only. `words: escape` keeps the dots of a value in one token,
#          `words: split` makes each word a token. With `value` the hole has this one value in the whole deployment.
# set      fields of a stream's or consumer's configuration that replace those proposed; durations like 30m.
"""


class HoleEntry(Strict, frozen=True):
    """What is decided of a hole."""

    words: Words = Words.ESCAPE
    value: str | None = None
    constant: bool | None = None


class ExchangeEntry(Strict, frozen=True):
    """What is decided of an exchange."""

    subject: str | None = None


class QueueEntry(Strict, frozen=True):
    """What is decided of a queue."""

    subject: str | None = None
    consumer: str | None = None
    set: dict[str, Setting] = msgspec.field(default_factory=dict)


class StreamEntry(Strict, frozen=True):
    """What is decided of a stream, by the name it would have."""

    name: str | None = None
    set: dict[str, Setting] = msgspec.field(default_factory=dict)


class SubjectsDocument(Strict, frozen=True):
    """The whole file; `files` are those written beside it."""

    version: int
    exchanges: dict[str, ExchangeEntry] = msgspec.field(default_factory=dict)
    queues: dict[str, QueueEntry] = msgspec.field(default_factory=dict)
    streams: dict[str, StreamEntry] = msgspec.field(default_factory=dict)
    holes: dict[str, HoleEntry] = msgspec.field(default_factory=dict)
    files: tuple[str, ...] = ()


def read_subjects(path: Path, layouts: LayoutsFile) -> SubjectsDocument | None:
    """Return what the file says, None if there is none. Raises InputError, with file and line, for what cannot be."""
    if not path.exists():
        return None
    file = YamlFile(path)
    document = file.convert(SubjectsDocument)
    if document.version != 1:
        raise file.error(("version",), f"version {document.version} is not known; this natsscan writes version 1")
    for kind, subjects in (
        ("exchanges", {name: entry.subject for name, entry in document.exchanges.items()}),
        ("queues", {name: entry.subject for name, entry in document.queues.items()}),
    ):
        taken: dict[str, str] = {}
        for name, subject in subjects.items():
            if subject is None:
                continue
            wrong = problem(subject, wildcards=False)
            if wrong is None and subject in taken:
                wrong = f"is also that of {taken[subject]}"
            if wrong:
                raise file.error((kind, name, "subject"), f"subject '{subject}' {wrong}")
            taken[subject] = name
    _check_names(file, document)
    _check_fields(file, document, layouts)
    return document


def decisions_of(
    document: SubjectsDocument, proposed: Mapping, layouts: LayoutsFile, path: Path, *, is_part: bool = False
) -> Decisions:
    """Return what people changed: what differs from `proposed`, the mapping without decisions.

    Raises InputError that lists every decision about something that is not there any more; not if `proposed` is only
    a part of what the decisions are about.
    """
    stale = [f"exchange {name}" for name in document.exchanges.keys() - proposed.exchanges.keys()]
    stale += [f"queue {name}" for name in document.queues.keys() - proposed.queues.keys()]
    names = {stream.name for stream in proposed.streams}
    stale += [f"stream {name}" for name in document.streams.keys() - names]
    stale += [f"hole {name}" for name in document.holes.keys() - proposed.holes.keys()]
    consumers = {consumer.queue: consumer.called for consumer in proposed.consumers}
    gone = sorted(each for each in stale if _is_changed(document, each, layouts, proposed.holes))
    if gone and not is_part:
        raise InputError(
            f"{path}: nothing in the code is called so any more: {', '.join(gone)}; remove them or correct the names"
        )
    return Decisions(
        exchanges={
            n: e.subject for n, e in document.exchanges.items() if e.subject and e.subject != proposed.exchanges.get(n)
        },
        queues={n: e.subject for n, e in document.queues.items() if e.subject and e.subject != proposed.queues.get(n)},
        consumers={n: e.consumer for n, e in document.queues.items() if e.consumer and e.consumer != consumers.get(n)},
        streams={n: e.name for n, e in document.streams.items() if e.name and e.name != n},
        holes={
            name: rule
            for name, entry in document.holes.items()
            if name in proposed.holes and (rule := _hole(entry, proposed.holes[name])) != proposed.holes[name]
        },
        stream_fields={n: e.set for n, e in document.streams.items() if e.set},
        consumer_fields={n: e.set for n, e in document.queues.items() if e.set},
    )


def render_subjects(mapping: Mapping, files: tuple[str, ...], decided: Decisions) -> str:
    """Return the file's text for a mapping that obeys what was decided. `files` are those written beside it."""
    called = {new: old for old, new in decided.streams.items()}
    consumers = {consumer.queue: consumer.called for consumer in mapping.consumers}
    content: dict[str, object] = {
        "version": 1,
        "exchanges": {name: {"subject": subject} for name, subject in sorted(mapping.exchanges.items())},
        "queues": {
            name: {"subject": subject, "consumer": consumers.get(name, "")} | _set(decided.consumer_fields.get(name))
            for name, subject in sorted(mapping.queues.items())
        },
        "streams": {
            (old := called.get(s.name, s.name)): {"name": s.name} | _set(decided.stream_fields.get(old))
            for s in mapping.streams
        },
        "holes": {name: _hole_content(rule) for name, rule in sorted(mapping.holes.items())},
        "files": list(files),
    }
    return _HEAD + yaml_text(content, width=120)


def _is_changed(document: SubjectsDocument, stale: str, layouts: LayoutsFile, rules: HoleRules) -> bool:
    """Tell whether an entry about something that is gone says more than natsscan would have proposed itself."""
    kind, _, name = stale.partition(" ")
    if kind == "stream":
        stream = document.streams[name]
        return bool(stream.set) or stream.name not in (None, name)
    if kind == "hole":
        return document.holes[name].value is not None
    if kind == "exchange":
        return document.exchanges[name].subject not in (None, exchange_subject(layouts, name, rules))
    queue = document.queues[name]
    proposed = (queue_subject(layouts, name, rules), asset(name, rules))
    return bool(queue.set) or queue.subject not in (None, proposed[0]) or queue.consumer not in (None, "", proposed[1])


def _check_names(file: YamlFile, document: SubjectsDocument) -> None:
    for kind, names in (
        ("queues", {name: ("consumer", entry.consumer) for name, entry in document.queues.items()}),
        ("streams", {name: ("name", entry.name) for name, entry in document.streams.items()}),
    ):
        given: dict[str, str] = {}
        for key, (field, name) in names.items():
            wrong = asset_name_problem(name) if name is not None else None
            if wrong:
                raise file.error((kind, key, field), f"name '{name}' {wrong}")
            if name in given:
                raise file.error((kind, key, field), f"'{name}' is also what {given[name]} is called")
            if name is not None:
                given[name] = key


def _check_fields(file: YamlFile, document: SubjectsDocument, layouts: LayoutsFile) -> None:
    for kind, part, entries in (
        ("queues", "consumer", {name: entry.set for name, entry in document.queues.items()}),
        ("streams", "stream", {name: entry.set for name, entry in document.streams.items()}),
    ):
        for name, fields in entries.items():
            for field in fields:
                if field not in layouts.since.get(part, {}):
                    raise file.error((kind, name, "set", field), f"{field} is no field of a {part}'s configuration")
            for field, value in config(fields).items():
                if field in DURATIONS and not _is_duration(value):
                    reason = f"{field} is a duration; write a number and ms, s, m or h"
                    raise file.error((kind, name, "set", field), reason)


def _is_duration(value: ConfigValue) -> bool:
    return all(
        isinstance(each, int) and not isinstance(each, bool) for each in (value if isinstance(value, list) else [value])
    )


def _hole(entry: HoleEntry, proposed: HoleRule) -> HoleRule:
    constant = entry.value is not None or (proposed.constant if entry.constant is None else entry.constant)
    return HoleRule(entry.words, constant, entry.value)


def _hole_content(rule: HoleRule) -> dict[str, object]:
    found: dict[str, object] = {"words": rule.words.value}
    if rule.constant:
        found |= {"constant": True, "value": rule.value}
    return found


def _set(fields: dict[str, Setting] | None) -> dict[str, object]:
    return {"set": fields} if fields else {}
