# Made by natsscan generate python-amqp; written anew when it runs again.
"""Arguments of queues: what the plan has seen to, what means nothing to NATS, and what cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import NOT_IMPLEMENTED, PRECONDITION_FAILED, ChannelFailure
from .plan import Place, Plan

# How RabbitMQ keeps a queue, which does not change what it does.
_WITHOUT_MEANING = frozenset(
    [
        "x-queue-type",
        "x-queue-mode",
        "x-queue-version",
        "x-queue-master-locator",
        "x-queue-leader-locator",
        "x-quorum-initial-group-size",
        "x-ha-policy",
        "x-max-in-memory-length",
        "x-max-in-memory-bytes",
        "x-dead-letter-strategy",
        "x-consumer-timeout",
    ]
)
_OVERFLOW = {"drop-head": "old", "reject-publish": "new"}


def check(plan: Plan, place: Place, given: Mapping[str, Any]) -> None:
    """Raise ChannelFailure for an argument that the plan does not have, or that cannot be kept."""
    stream = plan.stream(place.stream)
    config = stream.config if stream is not None else {}
    limit = given.get("x-delivery-limit")
    kept = {
        "x-dead-letter-exchange": place.dead_letter_exchange == given.get("x-dead-letter-exchange"),
        "x-dead-letter-routing-key": place.dead_letter_routing_key == given.get("x-dead-letter-routing-key"),
        "x-message-ttl": config.get("max_age", 0) > 0,
        "x-expires": place.config.get("inactive_threshold", 0) > 0,
        "x-max-length": config.get("max_msgs", -1) > 0,
        "x-max-length-bytes": config.get("max_bytes", -1) > 0,
        "x-overflow": config.get("discard") == _OVERFLOW.get(given.get("x-overflow", "")),
        "x-delivery-limit": isinstance(limit, int) and place.config.get("max_deliver", -1) == limit + 1,
    }
    for name, value in given.items():
        if _is_unkept(name, value, kept):
            raise _not_kept(name, value)
        if not kept.get(name, True):
            raise ChannelFailure(
                PRECONDITION_FAILED,
                f"the plan of this package does not have {name} {value!r} for the queue '{place.name}'; "
                "run 'natsscan generate python-amqp' to have it planned",
            )


def of_server_named(given: Mapping[str, Any]) -> int | None:
    """Return how long messages of a queue that the broker names live, in milliseconds."""
    for name, value in given.items():
        if _is_unkept(name, value, {"x-expires": True, "x-message-ttl": True}):
            raise _not_kept(name, value)
    ttl = given.get("x-message-ttl")
    return int(ttl) if ttl is not None else None


def _is_unkept(name: str, value: object, kept: Mapping[str, bool]) -> bool:
    if name == "x-queue-type":
        return value not in ("classic", "quorum")
    if name == "x-single-active-consumer":
        return bool(value)
    return name not in _WITHOUT_MEANING and name not in kept


def _not_kept(name: str, value: object) -> ChannelFailure:
    return ChannelFailure(NOT_IMPLEMENTED, f"queues with {name} {value!r}")
