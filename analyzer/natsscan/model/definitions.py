"""What the broker itself holds, as an export of its definitions or resources of its operator say."""

from __future__ import annotations

from dataclasses import dataclass

from natsscan.model.brokercall import BrokerCall
from natsscan.model.span import Span


@dataclass(frozen=True, slots=True)
class Policy:
    """What the broker gives to all queues or exchanges whose names match a pattern, beside what they ask for.

    `applies_to` is `all`, `exchanges`, `queues` or a kind of queues. An operator's policy holds beside an ordinary one.
    """

    name: str
    vhost: str
    pattern: str
    applies_to: str
    priority: int
    settings: dict[str, str]
    is_operators: bool
    at: Span


@dataclass(frozen=True, slots=True)
class Definitions:
    """What definitions declare, by virtual host, and the policies in them."""

    declared: dict[str, tuple[BrokerCall, ...]]
    policies: tuple[Policy, ...]
