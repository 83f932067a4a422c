"""Kubernetes resources for NACK, the JetStream controller: `jetstream.nats.io/v1beta2` (its deploy/crds.yml)."""

from __future__ import annotations

import re

from natsscan.catalog.yamlfile import yaml_text
from natsscan.model.mapping import DURATIONS, Config, Mapping

_RENAMED = {
    "num_replicas": "replicas",
    "allow_rollup_hdrs": "allowRollup",
    "allow_atomic": "allowAtomicPublish",
    "discard_new_per_subject": "discardPerSubject",
    "priority_timeout": "pinnedTtl",
    "max_batch": "maxRequestBatch",
    "max_expires": "maxRequestExpires",
    "max_bytes": "maxBytes",
}
_NOT_DNS = re.compile(r"[^a-z0-9]+")


def render(mapping: Mapping) -> str:
    """Return the resources of all streams and durable consumers, one document each.

    Consumers that come and go have none: NACK knows durable ones only. One with a hole exists once for each value; its
    resource is a pattern, and a comment says so.
    """
    taken: set[str] = set()
    documents = [_document("Stream", _name(stream.name, taken), stream.config, {}) for stream in mapping.streams]
    for consumer in mapping.consumers:
        if not consumer.is_durable:
            continue
        text = _document(
            "Consumer",
            _name(f"{consumer.stream}-{consumer.name}", taken),
            consumer.config,
            {"streamName": consumer.stream},
        )
        documents.append(f"# One for each value of the holes in braces.\n{text}" if "{" in consumer.name else text)
    return "---\n".join(documents)


def _document(kind: str, name: str, config: Config, more: dict[str, str]) -> str:
    spec: dict[str, object] = dict(more)
    for field, value in config.items():
        if field in DURATIONS and isinstance(value, list):
            spec[_camel(field)] = [_duration(each) for each in value]
        elif field in DURATIONS:
            spec[_camel(field)] = _duration(value)
        elif field == "sources" and isinstance(value, list):
            spec["sources"] = [
                {_camel(key): text for key, text in source.items()} for source in value if isinstance(source, dict)
            ]
        else:
            spec[_camel(field)] = value
    content = {"apiVersion": "jetstream.nats.io/v1beta2", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return yaml_text(content, width=120)


def _duration(nanoseconds: object) -> str:
    return f"{nanoseconds // 10**6}ms" if isinstance(nanoseconds, int) and nanoseconds else "0s"


def _camel(field: str) -> str:
    first, *rest = _RENAMED.get(field, field).split("_")
    return first + "".join(word.capitalize() for word in rest)


def _name(text: str, taken: set[str]) -> str:
    """Return a name that Kubernetes takes (RFC 1123), a number at its end if another resource has it."""
    base = _NOT_DNS.sub("-", text.lower()).strip("-")[:240] or "asset"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    return name
