"""Which libraries count: one that speaks to other brokers too does only if its broker is AMQP, as far as is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from natsscan.catalog.python_rules import PythonLibraryFile
from natsscan.catalog.python_settings import PythonBrokerRule
from natsscan.model.name import Hole, Name

_SCHEME = re.compile(r"[A-Za-z][\w+.-]*:(?://)?")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{3,}")
_NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the rest of a project says: the values that variables have there, and whether it names the broker."""

    values: tuple[str, ...]
    is_named: bool


# The arguments of one call that connects, or what a setting sets, by name.
Given = Mapping[str, Name]
# Looks for the values of variables in the rest of a project.
LookElsewhere = Callable[[Collection[str]], Elsewhere]


def left_out(
    libraries: Iterable[PythonLibraryFile],
    given: Mapping[str, list[Given]],
    used: Collection[str],
    look: LookElsewhere,
    names_broker: re.Pattern[str],
) -> dict[str, str]:
    """Return the libraries, by their ids, whose broker is not AMQP here, each with what says so.

    `given` is what the connections of each are given, `used` are the libraries that are used at all.
    """
    found: dict[str, str] = {}
    rules = {library.id: library.broker for library in libraries if library.broker is not None and library.id in used}
    for name, rule in sorted(rules.items(), key=lambda item: bool(item[1].below)):
        told = [_Told.of(rule, names_broker, each) for each in given.get(name, ())]
        told = [each for each in told if each.amqp or each.other or each.variables or each.is_unknown]
        reason = found.get(rule.below) if not told and rule.below in rules else _reason(rule, told, look)
        if reason is not None:
            found[name] = reason
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    """What one connection tells: what of it is AMQP, what another broker, which variables decide, or something else."""

    amqp: tuple[str, ...]
    other: tuple[str, ...]
    variables: tuple[str, ...]
    is_unknown: bool

    @classmethod
    def of(cls, rule: PythonBrokerRule, names_broker: re.Pattern[str], given: Given) -> _Told:
        """Return what the arguments of a connection tell."""
        amqp, other, unknown = list[str](), list[str](), list[str]()
        for name, pattern in rule.amqp.items():
            for text, hole in _known(given.get(name)):
                if hole is None:
                    (amqp if re.match(pattern, text) else other).append(text)
                elif names_broker.search(text):
                    amqp.append(text)
                else:
                    (other if re.search(rule.other, text) else unknown).append(text)
        variables = [name for text in unknown for name in _VARIABLE.findall(text)]
        return cls(tuple(amqp), tuple(other), tuple(variables), bool(unknown))


def _known(name: Name | None) -> Iterator[tuple[str, Hole | None]]:
    """Yield the alternatives of a value as texts, each with the hole that it begins with, if it does."""
    for alternative in name.alternatives if name is not None else ():
        pieces = tuple(_default(piece) for piece in alternative)
        text = "".join(map(str, pieces))
        if text and text != _NOTHING:
            yield text, pieces[0] if isinstance(pieces[0], Hole) else None


def _default(piece: str | Hole) -> str | Hole:
    return piece if isinstance(piece, str) or piece.default is None else piece.default


def _reason(rule: PythonBrokerRule, told: list[_Told], look: LookElsewhere) -> str | None:
    """Return what says that a broker is another one, None if it is AMQP or may be."""
    others = [text for each in told for text in each.other]
    if any(each.amqp and not each.other for each in told):
        return None
    if told and all(each.other for each in told):
        return _said(others)
    elsewhere = look({*rule.variables, *(name for each in told for name in each.variables)})
    if any(re.match(pattern, text) for text in elsewhere.values for pattern in rule.amqp.values()):
        return None
    if elsewhere.values:
        return _said(elsewhere.values)
    if rule.needs_name and not elsewhere.is_named:
        return "nothing says that its broker is AMQP"
    return None


def _said(texts: Iterable[str]) -> str:
    schemes = (found[0] if (found := _SCHEME.match(text)) else text for text in texts)
    return f"its broker is {' or '.join(sorted(set(schemes)))}"
