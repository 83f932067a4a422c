from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from hashlib import blake2b
from string import Formatter

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.schema import FindingRule, WhenRule
from natsscan.findings.redact import Notation, notation_of, redact, redact_argument
from natsscan.model.finding import Finding
from natsscan.model.source import PROGRAMS
from natsscan.model.usage import Argument, Operation, Tier, Usage

_NOT_GIVEN = "(not given here)"
_MAX_VALUE = 60


def judge(usages: Iterable[Usage], catalog: Catalog, line_of: Callable[[Usage], str]) -> tuple[Finding, ...]:
    """Apply every rule to every usage; `line_of` gives the source line of a usage. Sorted by place, then rule.

    Secrets are struck out of symbols, arguments and lines here, before anything else sees them.
    """
    rules = _by_subject(catalog)
    found = []
    twins: Counter[str] = Counter()
    hide = cache(partial(redact, catalog.secrets))
    hide_argument = cache(partial(redact_argument, catalog.secrets))  # the same texts come again and again
    for usage in sorted((_without_secrets(usage, hide, hide_argument) for usage in usages), key=_place):
        system = catalog.system_of(usage.library)
        applying = [rule for rule in rules[system, usage.operation, usage.tier] if _applies(rule.when, usage)]
        applying = [rule for rule in applying if rule.when.libraries] or applying
        if not applying:
            continue
        excerpt = hide(line_of(usage), notation_of(usage.language))
        for rule in applying:
            identity = fingerprint_base(rule.id, usage, excerpt)
            found.append(_finding(rule, usage, excerpt, system, f"{identity}:{twins[identity]}"))
            twins[identity] += 1
    return tuple(found)


def _by_subject(catalog: Catalog) -> defaultdict[tuple[str, Operation, Tier], list[FindingRule]]:
    """Return the rules by the systems, the operations and the tier that they are about, in the order given."""
    found: defaultdict[tuple[str, Operation, Tier], list[FindingRule]] = defaultdict(list)
    for rule in catalog.rules:
        for system in catalog.subjects(rule):
            for operation in rule.when.operations:
                found[system, operation, rule.when.tier].append(rule)
    return found


def fingerprint_base(rule: str, usage: Usage, excerpt: str) -> str:
    """Return what makes a finding the same one after its file was edited: neither line nor column is part of it."""
    parts = (rule, usage.span.path, usage.definition or "", usage.symbol, "".join(excerpt.split()))
    return "\0".join(parts)


_Hide = Callable[[str, Notation], str]
_HideArgument = Callable[[str, str, Notation], str]


def _without_secrets(usage: Usage, hide: _Hide, hide_argument: _HideArgument) -> Usage:
    """Return the usage with passwords and the like struck out of all its texts: no report may show them."""
    notation = notation_of(usage.language)
    arguments = tuple(_without_secret(argument, notation, hide_argument) for argument in usage.arguments)
    symbol = hide(usage.symbol, notation)
    definition = hide(usage.definition, notation) if usage.definition else usage.definition
    if (arguments, symbol, definition) == (usage.arguments, usage.symbol, usage.definition):
        return usage
    return replace(usage, arguments=arguments, symbol=symbol, definition=definition)


def _without_secret(argument: Argument, notation: Notation, hide: _HideArgument) -> Argument:
    """Return an argument with secrets struck out; what it evaluates to goes if there is a secret in it."""
    text = hide(argument.name, argument.text, notation)
    shown = [f'"{text}"' for text in argument.value.texts] if argument.value else []
    is_open = all(hide(argument.name, value, notation) == value for value in shown)
    if is_open and text == argument.text:
        return argument
    return replace(argument, text=text, value=argument.value if is_open else None)


def _finding(rule: FindingRule, usage: Usage, excerpt: str, system: str, identity: str) -> Finding:
    return Finding(
        fingerprint=blake2b(identity.encode(), digest_size=8).hexdigest(),
        rule=rule.id,
        category=rule.category,
        severity=rule.severity,
        effort=rule.effort,
        message=_fill(rule.message, usage),
        usage=usage,
        excerpt=excerpt,
        system=system,
    )


def _applies(when: WhenRule, usage: Usage) -> bool:
    """Tell whether a usage of the rule's operation and tier is one that the rule is about."""
    if when.call is not None and when.call is not usage.is_call:
        return False
    if when.languages and usage.language not in when.languages:
        return False
    if when.libraries and usage.library not in when.libraries:
        return False
    if when.given or when.absent:
        names = {argument.name for argument in usage.arguments}
        if not names.issuperset(when.given) or not names.isdisjoint(when.absent):
            return False
    return not when.symbols or usage.symbol in when.symbols


def _fill(message: str, usage: Usage) -> str:
    """Put a usage's values into a message; `{queue|options}` is the first of these that is given."""
    values = {argument.name: _shorten(_told(argument)) for argument in usage.arguments}
    values["symbol"] = usage.symbol.rpartition(".")[2] if usage.language in PROGRAMS else usage.symbol
    values["definition"] = usage.definition or "the import"
    filled = []
    for text, names, _, _ in Formatter().parse(message):
        filled.append(text)
        if names is not None:
            filled.append(next((values[name] for name in names.split("|") if name in values), _NOT_GIVEN))
    return "".join(filled)


def _told(argument: Argument) -> str:
    """Return an argument as a message tells it: what it evaluates to, if that says more than what is written."""
    value = argument.value
    if value is None or not any(isinstance(p, str) or p.key for pieces in value.alternatives for p in pieces):
        return argument.text
    return " or ".join(text or '""' for text in value.texts)


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"


def _place(usage: Usage) -> tuple[str, int, int, str]:
    return usage.span.path, usage.span.start, usage.span.end, usage.symbol
