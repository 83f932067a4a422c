"""What policies of the broker add to what queues and exchanges are declared with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from natsscan.catalog.broker import Export
from natsscan.model.definitions import Policy
from natsscan.model.topology import Declared, Queue

_HOLE = re.compile(r"\{[^{}]*\}")
_KINDS = {"classic_queues": "classic", "quorum_queues": "quorum", "streams": "stream"}

D = TypeVar("D", bound=Declared)


def governed(declared: D, policies: Iterable[Policy], export: Export) -> D:
    """Return an exchange or queue with what policies of its virtual host give it.

    Of several that match, the one of the highest priority applies, beside it one of an operator. An argument that is
    given holds before a policy's, but of limits the lower one holds (RabbitMQ: Policies). A hole in a name may be any
    text: it matches what a single letter does.
    """
    applying = [policy for policy in policies if _applies(policy, declared)]
    names, arguments, added = [], dict(declared.arguments), set[str]()
    for is_operators in (False, True):
        same = [policy for policy in applying if policy.is_operators is is_operators]
        if not same:
            continue
        policy = min(same, key=lambda policy: (-policy.priority, policy.name))
        before = len(added)
        for key, value in sorted(policy.settings.items()):
            argument = export.policy_arguments.get(key, f"x-{key}")
            if isinstance(declared, Queue) is (argument in export.of_exchanges):
                continue
            have = arguments.get(argument)
            if have is None or (argument in export.lower_holds and _is_lower(value, have)):
                arguments[argument] = value
                added.add(argument)
        names += [policy.name] if len(added) > before else []
    return replace(declared, arguments=arguments, policy=" and ".join(names), from_policy=tuple(sorted(added)))


def _applies(policy: Policy, declared: Declared) -> bool:
    if not re.search(policy.pattern, _HOLE.sub("x", declared.name)):
        return False
    if policy.applies_to == "all":
        return True
    if not isinstance(declared, Queue):
        return policy.applies_to == "exchanges"
    kind = declared.arguments.get("x-queue-type", "classic")
    return policy.applies_to == "queues" or _KINDS.get(policy.applies_to) == kind


def _is_lower(value: str, than: str) -> bool:
    return value.isdecimal() and than.isdecimal() and int(value) < int(than)
