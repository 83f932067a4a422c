from __future__ import annotations

import re
from dataclasses import dataclass

from natsscan.catalog.schema import BrokerFile, SettingRule


@dataclass(frozen=True, slots=True)
class Broker:
    """What gives a broker away outside of programs: the broker and settings files of the rules, ready to ask."""

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
    settings: tuple[SettingRule, ...]

    def is_worth_reading(self, data: bytes) -> bool:
        """Tell whether a file holds one of the broker's words, in any case."""
        lowered = data.lower()
        return any(word in lowered for word in self.words)

    def setting(self, path: tuple[str, ...]) -> SettingRule | None:
        """Return the rule about a configuration key that sets messaging behaviour without naming the broker.

        A rule's key is the end of the path, its parts separated by dots, `*` for any one part.
        """
        for rule in self.settings:
            wanted = rule.key.split(".")
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
        words=tuple(sorted(word.lower().encode() for word in {*file.words, *(rule.word for rule in settings)})),
        name=re.compile(file.name),
        variable=re.compile(rf"^(?:{file.variables})$"),
        image=re.compile(rf"(?:^|/)(?:{images})(?=[:@]|$)"),
        url=re.compile(rf"\b(?:{schemes})://[^\s\"'<>`]*"),
        command=re.compile(rf"(?<![\w./-])(?:[\w./$-]*/)?({commands})(?![\w-])"),
        packages={ecosystem: frozenset(names) for ecosystem, names in file.packages.items()},
        charts=frozenset(file.charts),
        ports=file.ports,
        settings=settings,
    )
