from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from natsscan.catalog.schema import BrokerFile, SettingRule

# Words that share this many bytes are searched for by that first: every search is over every file.
_STEM = 3


@dataclass(frozen=True, slots=True)
class Broker:
    """What gives a broker away outside of programs: the broker and settings files of the rules, ready to ask.

    `words` are in lower case, those of them that are no port numbers are `names`, and each begins with one of `stems`.
    `name_in` is `name` for bytes. `trace` matches in whatever holds a name, image, command, package or URL of the
    broker, so that one search tells that a text has none of these. `settings` are by the last part of their keys; a key
    ends in a plain part, not in `*`.
    """

    id: str
    words: tuple[bytes, ...]
    names: tuple[bytes, ...]
    stems: tuple[bytes, ...]
    name: re.Pattern[str]
    name_in: re.Pattern[bytes]
    trace: re.Pattern[str]
    variable: re.Pattern[str]
    image: re.Pattern[str]
    url: re.Pattern[str]
    command: re.Pattern[str]
    packages: dict[str, frozenset[str]]
    charts: frozenset[str]
    ports: dict[int, str]
    api: tuple[str, ...]
    settings: dict[str, tuple[tuple[tuple[str, ...], SettingRule], ...]]

    def is_worth_reading(self, data: bytes) -> bool:
        """Tell whether a file holds one of the broker's words, in any case."""
        lowered = data.lower()
        return any(stem in lowered for stem in self.stems) and any(word in lowered for word in self.words)

    def is_named(self, data: bytes) -> bool:
        """Tell whether a file holds one of the broker's words that are no port numbers, in any case."""
        lowered = data.lower()
        return any(word in lowered for word in self.names)

    def unit_of(self, key: str) -> str:
        """Return the unit of a configuration key's value, by the last part of its path; empty if no rule knows it."""
        return next((rule.unit for _, rule in self.settings.get(key, ()) if rule.unit), "")

    def setting(self, path: tuple[str, ...]) -> SettingRule | None:
        """Return the rule about a configuration key that sets messaging behaviour without naming the broker.

        A rule's key is the end of the path, its parts separated by dots, `*` for any one part.
        """
        for wanted, rule in self.settings.get(path[-1] if path else "", ()):
            tail = path[-len(wanted) :]
            if len(tail) == len(wanted) and all(part in ("*", have) for part, have in zip(wanted, tail, strict=True)):
                return rule
        return None


def compile_broker(file: BrokerFile, settings: tuple[SettingRule, ...]) -> Broker:
    """Make a broker file ready to ask. Raises re.error for a broken pattern."""
    images = "|".join(re.escape(image) for image in sorted(file.images, key=len, reverse=True))
    commands = "|".join(re.escape(command) for command in sorted(file.commands, key=len, reverse=True))
    schemes = "|".join(map(re.escape, file.url_schemes))
    words = tuple(sorted(word.lower().encode() for word in file.words))
    return Broker(
        id=file.id,
        words=words,
        names=tuple(word for word in words if not word.isdigit()),
        stems=_stems(words),
        name=re.compile(file.name),
        name_in=re.compile(file.name.encode()),
        trace=_trace(file),
        variable=re.compile(rf"^(?:{file.variables})$"),
        image=re.compile(rf"(?:^|/)(?:{images})(?=[:@]|$)"),
        url=re.compile(rf"\b(?:{schemes})://[^\s\"'<>`]*"),
        command=re.compile(rf"(?<![\w./-])(?:[\w./$-]*/)?({commands})(?![\w-])"),
        packages={ecosystem: frozenset(names) for ecosystem, names in file.packages.items()},
        charts=frozenset(file.charts),
        ports=file.ports,
        api=file.api,
        settings=_by_last_part(settings),
    )


def _trace(file: BrokerFile) -> re.Pattern[str]:
    name = re.compile(file.name)
    known = {*file.images, *file.commands, *file.url_schemes, *chain.from_iterable(file.packages.values())}
    return re.compile("|".join([file.name, *(re.escape(word) for word in sorted(known) if not name.search(word))]))


def _stems(words: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the least that must be searched to know that no word is there: what words like port numbers begin with."""
    alike: dict[bytes, list[bytes]] = {}
    for word in words:
        alike.setdefault(word[:_STEM], []).append(word)
    return tuple(group[0] if len(group) == 1 else start for start, group in alike.items())


def _by_last_part(
    settings: tuple[SettingRule, ...],
) -> dict[str, tuple[tuple[tuple[str, ...], SettingRule], ...]]:
    """Return the rules by the last part of their keys, those with the longest keys first."""
    found: dict[str, list[tuple[tuple[str, ...], SettingRule]]] = {}
    for rule in settings:
        parts = tuple(rule.key.split("."))
        found.setdefault(parts[-1], []).append((parts, rule))
    return {last: tuple(sorted(rules, key=lambda entry: -len(entry[0]))) for last, rules in found.items()}
