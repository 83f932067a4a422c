"""Configurations of streams and consumers as fields of the Haskell client's records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from natsscan.generate.haskell import literal
from natsscan.model.mapping import DURATIONS, Config, ConfigValue

# How fields of a record are called, and the value that each has anyway.
Fields = Mapping[str, tuple[str, ConfigValue]]


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its fields, those that are no Maybe, and the field for all that it lacks."""

    fields: Fields
    plain: Collection[str]
    other: str

    def lacks(self, config: Config) -> bool:
        """Tell whether a configuration has fields that the record lacks; JSON has to be imported for them."""
        return not config.keys() <= self.fields.keys()


# Words that are constructors, for each field.
_WORDS: dict[str, dict[str, str]] = {
    "retention": {"limits": "LimitsRetention", "interest": "InterestRetention", "workqueue": "WorkQueueRetention"},
    "storage": {"file": "FileStorage", "memory": "MemoryStorage"},
    "discard": {"old": "DiscardOld", "new": "DiscardNew"},
    "deliver_policy": {
        "all": "DeliverAll", "last": "DeliverLast", "last_per_subject": "DeliverLastPerSubject", "new": "DeliverNew",
    },
    "ack_policy": {"explicit": "AckExplicit", "all": "AckAll", "none": "AckNone", "flow_control": "AckFlowControl"},
    "replay_policy": {"instant": "ReplayInstant", "original": "ReplayOriginal"},
}  # fmt: skip
STREAM = Record(
    {
        "retention": ("scRetention", "limits"),
        "storage": ("scStorage", "file"),
        "num_replicas": ("scReplicas", 1),
        "max_bytes": ("scMaxBytes", -1),
        "max_msgs": ("scMaxMessages", -1),
        "max_msgs_per_subject": ("scMaxMessagesPerSubject", -1),
        "max_msg_size": ("scMaxMessageSize", -1),
        "max_consumers": ("scMaxConsumers", -1),
        "max_age": ("scMaxAge", 0),
        "discard": ("scDiscard", "old"),
        "discard_new_per_subject": ("scDiscardNewPerSubject", ""),
        "duplicate_window": ("scDuplicateWindow", ""),
        "allow_msg_ttl": ("scAllowMessageTtl", ""),
        "allow_msg_schedules": ("scAllowMessageSchedules", ""),
        "allow_rollup_hdrs": ("scAllowRollup", ""),
        "allow_direct": ("scAllowDirect", ""),
        "description": ("scDescription", ""),
    },
    ("retention", "storage", "num_replicas", "discard"),
    "scOther",
)
CONSUMER = Record(
    {
        "description": ("ccDescription", ""),
        "deliver_policy": ("ccDeliverPolicy", "all"),
        "ack_policy": ("ccAckPolicy", "explicit"),
        "ack_wait": ("ccAckWait", 0),
        "max_deliver": ("ccMaxDeliver", -1),
        "backoff": ("ccBackoff", ()),
        "max_ack_pending": ("ccMaxAckPending", ""),  # without it the server has 1,000
        "max_waiting": ("ccMaxWaiting", 0),
        "inactive_threshold": ("ccInactiveThreshold", 0),
        "replay_policy": ("ccReplayPolicy", "instant"),
        "num_replicas": ("ccReplicas", 0),
        "mem_storage": ("ccMemoryStorage", ""),
        "headers_only": ("ccHeadersOnly", ""),
        "priority_groups": ("ccPriorityGroups", ()),
        "priority_policy": ("ccPriorityPolicy", ""),
        "priority_timeout": ("ccPriorityTimeout", 0),
    },
    ("deliver_policy", "ack_policy", "backoff", "replay_policy", "priority_groups"),
    "ccOther",
)


def fields(record: Record, config: Config) -> list[str]:
    """Return the fields to set, `scReplicas = 3`; what the record lacks is JSON in the field for others.

    A configuration comes without names, subjects and filters.
    """
    config = _start(config)
    given = [
        f"{record.fields[name][0]} = {_field(record, name, value)}"
        for name, value in config.items()
        if name in record.fields and value != record.fields[name][1]
    ]
    others = {name: value for name, value in config.items() if name not in record.fields}
    if others:
        pairs = ", ".join(f"({literal(name)}, {as_json(value)})" for name, value in others.items())
        given.append(f"{record.other} = KeyMap.fromList [{pairs}]")
    return given


def _field(record: Record, name: str, value: ConfigValue) -> str:
    text = _value(name, value)
    if name in record.plain:
        return text
    return f"Just ({text})" if text.startswith("-") else f"Just {text}"


def _start(config: Config) -> Config:
    """Return a configuration whose beginning, of which fields of their own tell, is a part of the policy."""
    rest = {name: value for name, value in config.items() if name not in ("opt_start_seq", "opt_start_time")}
    if config.get("deliver_policy") == "by_start_sequence":
        return rest | {"deliver_policy": f"DeliverFromSequence {config.get('opt_start_seq', 1)}"}
    if config.get("deliver_policy") == "by_start_time":
        time = datetime.fromisoformat(str(config.get("opt_start_time"))).astimezone(UTC)
        day, seconds = (
            f"fromGregorian {time:%Y} {time.month} {time.day}",
            time.hour * 3600 + time.minute * 60 + time.second,
        )
        return rest | {"deliver_policy": f"DeliverFromTime (UTCTime ({day}) {seconds})"}
    return rest


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return _seconds(value) if name in DURATIONS else str(value)
    if isinstance(value, str):
        return _WORDS[name].get(value, value) if name in _WORDS else literal(value)
    each = value if isinstance(value, Iterable) else ()
    return f"[{', '.join(_value(name, one) for one in each)}]"


def _seconds(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{seconds}.{rest:09d}".rstrip("0").rstrip(".")


def as_json(value: object) -> str:
    """Return a value as JSON in Haskell."""
    if isinstance(value, bool):
        return f"Aeson.Bool {value}"
    if isinstance(value, str):
        return f"Aeson.String {literal(value)}"
    if isinstance(value, int):
        return f"Aeson.Number ({value})"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"({literal(str(name))}, {as_json(inner)})" for name, inner in value.items())
        return f"Aeson.Object (KeyMap.fromList [{pairs}])"
    inner = value if isinstance(value, Iterable) else ()
    return f"Aeson.toJSON [{', '.join(map(as_json, inner))}]"
