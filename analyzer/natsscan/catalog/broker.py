from __future__ import annotations

import re
from dataclasses import dataclass

from natsscan.catalog.schema import BrokerFile, SettingRule


@dataclass(frozen=True, slots=True)
class Broker:
    """What gives a broker away outside of programs: the broker and settings files of the rules, ready to ask.

    `settings` are by the last part of their keys; a key ends in a plain part, not in `*`.
    """

    id: str
    words: tuple[bytes, ...]
    name: re.Pattern[str]
    variable: re.Pattern[str]
    image: re.Pattern[str]
    url: re.Pattern[str]
    command: re.Pattern[str]
    packages: dict[str, frozenset[str]]
    charts: frozenset[str]
    ports: dict[int, str]
    settings: dict[str, tuple[tuple[tuple[str, ...], SettingRule], ...]]

    def is_worth_reading(self, data: bytes) -> bool:
        """Tell whether a file holds one of the broker's words, in any case."""
        lowered = data.lower()
        return any(word in lowered for word in self.words)

    def is_named(self, data: bytes) -> bool:
        """Tell whether a file holds one of the broker's words that are no port numbers, in any case."""
        lowered = data.lower()
        return any(word in lowered for word in self.words if not word.isdigit())

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
    return Broker(
        id=file.id,
        words=tuple(sorted(word.lower().encode() for word in file.words)),
        name=re.compile(file.name),
        variable=re.compile(rf"^(?:{file.variables})$"),
        image=re.compile(rf"(?:^|/)(?:{images})(?=[:@]|$)"),
        url=re.compile(rf"\b(?:{schemes})://[^\s\"'<>`]*"),
        command=re.compile(rf"(?<![\w./-])(?:[\w./$-]*/)?({commands})(?![\w-])"),
        packages={ecosystem: frozenset(names) for ecosystem, names in file.packages.items()},
        charts=frozenset(file.charts),
        ports=file.ports,
        settings=_by_last_part(settings),
    )


def _by_last_part(
    settings: tuple[SettingRule, ...],
) -> dict[str, tuple[tuple[tuple[str, ...], SettingRule], ...]]:
    """Return the rules by the last part of their keys, those with the longest keys first."""
    found: dict[str, list[tuple[tuple[str, ...], SettingRule]]] = {}
    for rule in settings:
        parts = tuple(rule.key.split("."))
        found.setdefault(parts[-1], []).append((parts, rule))
    return {last: tuple(sorted(rules, key=lambda entry: -len(entry[0]))) for last, rules in found.items()}
