from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from itertools import chain

from natsscan.catalog.schema import BrokerFile, DefinitionsRule, ResourcesRule, SectionRule, SettingRule
from natsscan.catalog.tools import Tools, any_of
from natsscan.model.questions import held_in_lower_case, matches
from natsscan.model.source import SourceFile

# Words that share this many bytes are searched for by that first: every search is over every file.
_STEM = 3
# Ecosystems in which names are compared without case, and dash, dot and underline are the same.
_PYTHON = ("pypi", "conda")


@dataclass(frozen=True, slots=True)
class Export:
    """How to tell an export of the broker's definitions, and what it holds.

    A file without any of `gates` is none. `version` and `section` match keys, the latter with the array they have. The
    rest is as in the rule.
    """

    gates: tuple[bytes, ...]
    version: re.Pattern[bytes]
    section: re.Pattern[bytes]
    sections: dict[str, SectionRule]
    anchors: tuple[str, ...]
    policies: dict[str, bool]
    policy_arguments: dict[str, str]
    of_exchanges: frozenset[str]
    lower_holds: frozenset[str]
    defaults: dict[str, str]
    own: re.Pattern[str]
    resources: ResourcesRule | None


@dataclass(frozen=True, slots=True)
class Broker:
    """What gives a broker away outside of programs: the broker and settings files of the rules, ready to ask.

    `is_target` tells the system migrated to from those migrated from. `title` is what people call it. `words` are in
    lower case, those of them that are no port numbers are `names`, and each begins with one of `stems`. `name_in` is
    `name` for bytes, `in_programs` what names the broker in the text of programs. `trace` matches in whatever holds a
    name, image, command, package or URL of the broker, so that one search tells that a text has none of these.
    `python_packages` matches in files that ask for a package of Python's.
    `config_key` matches the beginning of a line that sets one of the broker's keys, `api` the beginning of a path of
    its management API. `settings` are by the last part of their keys; a key ends in a plain part, not in `*`.
    """

    id: str
    title: str
    is_target: bool
    words: tuple[bytes, ...]
    names: tuple[bytes, ...]
    stems: tuple[bytes, ...]
    name: re.Pattern[str]
    name_in: re.Pattern[bytes]
    in_programs: re.Pattern[bytes]
    message_headers: re.Pattern[str]
    trace: re.Pattern[str]
    variable: re.Pattern[str]
    image: re.Pattern[str]
    url: re.Pattern[str]
    url_symbol: str
    command: re.Pattern[str]
    packages: dict[str, frozenset[str]]
    python_packages: re.Pattern[bytes]
    charts: frozenset[str]
    ports: dict[int, str]
    api_paths: tuple[str, ...]
    config_key: re.Pattern[str]
    api: re.Pattern[str]
    export: Export | None
    tools: Tools
    settings: dict[str, tuple[tuple[tuple[str, ...], SettingRule], ...]]

    def is_worth_reading(self, source: SourceFile, held: Container[bytes]) -> bool:
        """Tell whether a file holds one of the broker's words; `held` are those of all brokers that it holds."""
        return self.is_named_in(source, held) or any(word in held for word in self.words if word.isdigit())

    def is_named_in(self, source: SourceFile, held: Container[bytes]) -> bool:
        """Tell whether a file holds one of the broker's words that are no port numbers, and its name.

        A word may be part of another one, which the pattern of the name is there to tell. `held` are the words of all
        brokers that the file holds.
        """
        name = self.name_in
        return any(word in held for word in self.names) and source.ask(matches, name.pattern, name.flags)

    def is_named(self, data: bytes) -> bool:
        """Tell the same of some bytes."""
        return bool(held_in_lower_case(data, self.names)) and self.name_in.search(data) is not None

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


def naming(
    sources: Iterable[SourceFile],
    brokers: Iterable[Broker],
    names: Callable[[Broker, SourceFile, Container[bytes]], bool],
) -> dict[str, dict[str, SourceFile]]:
    """Return the files that name each broker, by its id and their paths.

    `names` tells whether a file does, from the words of all brokers that it holds.
    """
    brokers = tuple(brokers)
    stems = tuple(sorted({stem for broker in brokers for stem in broker.stems}))
    words = tuple(sorted({word for broker in brokers for word in broker.words}))
    found: dict[str, dict[str, SourceFile]] = {broker.id: {} for broker in brokers}
    for source in sources:
        if held := source.ask(held_in_lower_case, words, stems):
            for broker in brokers:
                if names(broker, source, held):
                    found[broker.id][source.path] = source
    return found


def compile_broker(file: BrokerFile, settings: tuple[SettingRule, ...], tools: Tools) -> Broker:
    """Make a broker file ready to ask. Raises re.error for a broken pattern."""
    words = tuple(sorted(word.lower().encode() for word in file.words))
    return Broker(
        id=file.id,
        title=file.title,
        is_target=file.role == "target",
        words=words,
        names=tuple(word for word in words if not word.isdigit()),
        stems=_stems(words),
        name=re.compile(file.name),
        name_in=re.compile(file.name.encode()),
        in_programs=re.compile((file.in_programs or file.name).encode()),
        message_headers=re.compile(file.message_headers),
        trace=_trace(file, tools.own),
        variable=re.compile(rf"^(?:{file.variables})$"),
        image=re.compile(rf"(?:^|/)(?:{any_of(file.images)})(?=[:@]|$)"),
        url=re.compile(rf"\b(?:{any_of(file.url_schemes)})://[^\s\"'<>`]*"),
        url_symbol=f"{next(iter(file.url_schemes), file.id)} URL",
        command=re.compile(rf"(?<![\w./-])(?:(?<!\$)[\w./$-]*/)?({any_of(tools.own)})(?![\w-])"),
        packages={ecosystem: frozenset(names) for ecosystem, names in file.packages.items()},
        python_packages=_any_package(chain.from_iterable(file.packages.get(each, ()) for each in _PYTHON)),
        charts=frozenset(file.charts),
        ports=file.ports,
        api_paths=file.api_paths,
        config_key=re.compile(rf"(?m)^[ \t]*({any_of(file.config_keys)})\b[^=\n]*="),
        api=re.compile(rf"(?:{any_of(file.api_paths)})\b"),
        export=_export(file.definitions) if file.definitions else None,
        tools=tools,
        settings=_by_last_part(settings),
    )


def _export(rule: DefinitionsRule) -> Export:
    versions, telling = (any_of(words).encode() for words in (rule.versions, rule.telling))
    return Export(
        gates=tuple(f'"{key}"'.encode() for key in (*rule.needs, *rule.versions)),
        version=re.compile(rb"\"(?:%b)\"\s*:" % versions),
        section=re.compile(rb"\"(%b)\"\s*:\s*\[" % telling),
        sections=rule.sections,
        anchors=rule.anchors,
        policies=rule.policies,
        policy_arguments=rule.policy_arguments,
        of_exchanges=frozenset(rule.of_exchanges),
        lower_holds=frozenset(rule.lower_holds),
        defaults=rule.defaults,
        own=re.compile(rule.own),
        resources=rule.resources,
    )


def _trace(file: BrokerFile, commands: Iterable[str]) -> re.Pattern[str]:
    name = re.compile(file.name)
    known = {*file.images, *commands, *file.url_schemes, *chain.from_iterable(file.packages.values())}
    return re.compile("|".join([file.name, *(re.escape(word) for word in sorted(known) if not name.search(word))]))


def _any_package(names: Iterable[str]) -> re.Pattern[bytes]:
    """Return a pattern for the name of one of some packages, however it is written; extras are left out."""
    bare = sorted({name.partition("[")[0] for name in names})
    written = "|".join("[-_.]+".join(map(re.escape, name.split("-"))) for name in bare) or "(?!)"
    return re.compile(rf"(?i)(?<![a-z0-9])(?:{written})(?![a-z0-9])".encode())


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
