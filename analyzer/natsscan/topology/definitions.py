"""Reading what the broker itself holds: an export of its definitions, or resources of its operator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from warnings import catch_warnings, simplefilter

from natsscan.catalog.broker import Broker, Export
from natsscan.model.brokercall import BrokerCall
from natsscan.model.coverage import Loss, Problem
from natsscan.model.definitions import Definitions, Policy
from natsscan.model.errors import InputError
from natsscan.model.name import Name
from natsscan.model.span import Span
from natsscan.model.usage import Operation
from natsscan.source.text import TextPositions
from natsscan.surfaces.definitions import DeclaredObject, Unread, declared_objects
from natsscan.surfaces.resources import declared_resources
from natsscan.surfaces.words import with_holes

_DEFAULT_VHOST = "/"
_SETTING = "definition."


def read_definitions(files: Iterable[TextPositions], broker: Broker) -> tuple[Definitions, tuple[Problem, ...]]:
    """Read definitions, and what could not be read of them.

    Raises InputError for a file that declares nothing, and if nothing is known of the broker's definitions.
    """
    export = broker.export
    if export is None:
        raise InputError(f"no rule tells how definitions of {broker.title} look; leave out --definitions")
    declared: dict[str, list[BrokerCall]] = {}
    policies: list[Policy] = []
    problems: list[Problem] = []
    for file in files:
        found = list(_objects(file, export))
        if not any(isinstance(item, DeclaredObject) for item in found):
            reason = next((item.reason for item in found if isinstance(item, Unread)), "it declares nothing")
            remedy = "give an export of the broker's definitions, or resources of its operator"
            raise InputError.at(file.path, None, f"{reason}; {remedy}")
        for item in found:
            if isinstance(item, Unread):
                problems.append(Problem(file.path, file.position(item.at)[0], item.reason, item.loss))
            elif item.section in export.policies:
                policy = _policy(item, file, export.policies[item.section])
                policies += [policy] if _is_understood(policy, problems) else []
            elif export.sections[item.section].operation is not Operation.CONFIG:
                vhost = item.fields.get("vhost", (_DEFAULT_VHOST, (0, 0)))[0]
                declared.setdefault(vhost, []).append(_call(item, file, export))
    in_order = sorted(policies, key=lambda policy: (policy.vhost, policy.name, policy.at))
    return Definitions({vhost: tuple(declared[vhost]) for vhost in sorted(declared)}, tuple(in_order)), tuple(problems)


def _objects(file: TextPositions, export: Export) -> Iterable[DeclaredObject | Unread]:
    begin = file.data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin.startswith(b"{") and not begin.startswith(b"{{"):
        return declared_objects(file.data.decode("latin-1"), export.sections)
    return declared_resources(file.data, export.resources) if export.resources else ()


def _call(item: DeclaredObject, file: TextPositions, export: Export) -> BrokerCall:
    """Return what declares an object, as if a program did."""
    section = export.sections[item.section]
    fields = {key: text for key, (text, _) in item.fields.items()}
    names = {section.known(key, fields): Name(((with_holes(text),),)) for key, text in fields.items()}
    span = _span(item, file, export.anchors)
    return BrokerCall(section.operation, item.section, names, frozenset(), span, (), "")


def _span(item: DeclaredObject, file: TextPositions, anchors: Iterable[str]) -> Span:
    places = (item.fields[key][1] for key in anchors if key in item.fields)
    return file.span(*next(places, (item.start, item.start)))


def _policy(item: DeclaredObject, file: TextPositions, is_operators: bool) -> Policy:
    fields = {key: text for key, (text, _) in item.fields.items()}
    priority = fields.get("priority", "0")
    return Policy(
        name=fields.get("name", ""),
        vhost=fields.get("vhost", _DEFAULT_VHOST),
        pattern=fields.get("pattern", ""),
        applies_to=fields.get("apply-to", "all"),
        priority=int(priority) if priority.lstrip("-").isdecimal() else 0,
        settings={key.removeprefix(_SETTING): text for key, text in fields.items() if key.startswith(_SETTING)},
        is_operators=is_operators,
        at=_span(item, file, ("name", "pattern")),
    )


def _is_understood(policy: Policy, problems: list[Problem]) -> bool:
    try:
        with catch_warnings():
            simplefilter("error", FutureWarning)  # a pattern such as `[[a]`, which other versions read otherwise
            re.compile(policy.pattern)
    except (re.error, FutureWarning, RecursionError, OverflowError) as error:
        reason = f"the pattern {policy.pattern!r} of policy {policy.name} is not understood ({error}): it is left out"
        problems.append(Problem(policy.at.path, policy.at.line, reason, Loss.PART))
        return False
    return True


def lines_of(definitions: Definitions, files: Iterable[TextPositions]) -> dict[tuple[str, int], str]:
    """Return the lines that definitions stand on, by path and number."""
    at = {file.path: file for file in files}
    spans = [call.span for calls in definitions.declared.values() for call in calls]
    spans += [policy.at for policy in definitions.policies]
    return {(span.path, span.line): at[span.path].line_at(span.start) for span in spans}
