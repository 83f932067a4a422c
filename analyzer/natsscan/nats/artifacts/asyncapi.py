"""An AsyncAPI 3.0 document: channels are subjects, operations what services send and receive."""

from __future__ import annotations

import re

from natsscan.catalog.yamlfile import yaml_text
from natsscan.model.mapping import Mapping, filters_of

_HOLE = re.compile(r"\{([^{}]*)\}")
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9._-]+")


def render(mapping: Mapping, title: str) -> str:
    """Return the document. Payloads are not described: the code that was scanned does not say what they are."""
    subjects = {p.subject for p in mapping.publishers if p.subject}
    for consumer in mapping.consumers:
        if consumer.queue:
            subjects |= set(filters_of(consumer.config))
    keys = {subject: _key(subject) for subject in sorted(subjects)}
    channels = {keys[subject]: _channel(subject) for subject in keys}
    operations: dict[str, object] = {}
    for publisher in mapping.publishers:
        if publisher.subject:
            name = _key(f"{publisher.service}-{publisher.discipline}-{publisher.subject}")
            operations[name] = {"action": "send", "channel": {"$ref": f"#/channels/{keys[publisher.subject]}"}}
    for consumer in mapping.consumers:
        for filter_ in filters_of(consumer.config) if consumer.queue else ():
            for service in consumer.services:
                operations[_key(f"{service}-receive-{consumer.name}-{filter_}")] = {
                    "action": "receive",
                    "channel": {"$ref": f"#/channels/{keys[filter_]}"},
                    "bindings": {"nats": {"queue": consumer.name}},
                }
    content = {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Messages of {title} on NATS",
            "version": "1.0.0",
            "description": "Made by natsscan from the AMQP topology of the code.",
        },
        "defaultContentType": "application/octet-stream",
        "channels": channels,
        "operations": dict(sorted(operations.items())),
        "components": {"messages": {"message": {"payload": {}}}},
    }
    return yaml_text(content, width=120)


def _channel(subject: str) -> dict[str, object]:
    found: dict[str, object] = {"address": subject}
    holes = list(dict.fromkeys(_HOLE.findall(subject)))
    if holes:
        found["parameters"] = {hole: {"description": "Known at run time; escaped into one token."} for hole in holes}
    found["messages"] = {"message": {"$ref": "#/components/messages/message"}}
    return found


def _key(text: str) -> str:
    """Return a key that the specification takes: letters, digits and .-_; wildcards are named."""
    return _NOT_IN_KEYS.sub("-", text.replace("*", "any").replace(">", "all")).strip("-")
