"""The commands of scripts that rule files know, checked and ready to ask."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from natsscan.catalog.schema import HttpClientRule, ToolRule, ToolsFile
from natsscan.catalog.yamlfile import YamlFile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """What commands do: those of the broker, HTTP clients and installers by name, and those that call no other.

    `harmless` ones change nothing outside of the shell. `method` matches an option of any HTTP client that gives the
    method, which is its group.
    """

    own: dict[str, ToolRule]
    http_clients: dict[str, HttpClientRule]
    installers: dict[str, str]
    not_calling: frozenset[str]
    harmless: frozenset[str]
    method: re.Pattern[str]


def compile_tools(files: Iterable[tuple[YamlFile, ToolsFile]], ecosystems: Iterable[str]) -> dict[str, Tools]:
    """Return what all files of tools say together, by the system whose tools they are, which may be left empty.

    `ecosystems` are those that packages of brokers are known in. What is not of one system is in all.

    Raises InputError, with file and line, for a command that is described twice, a call that no words lead to and an
    installer of packages that no broker file lists.
    """
    given = list(files)
    own: dict[str, dict[str, ToolRule]] = {"": {}}
    clients: dict[str, HttpClientRule] = {}
    installers: dict[str, str] = {}
    for file, content in given:
        for name, tool in content.tools.items():
            _check_calls(file, name, tool)
            for at, command in enumerate(tool.commands):
                _add(own.setdefault(content.system, {}), command, tool, file, ("tools", name, "commands", at))
        for command, client in content.http_clients.items():
            _add(clients, command, client, file, ("http_clients", command))
        for command, ecosystem in content.installers.items():
            if ecosystem not in ecosystems:
                known = ", ".join(sorted(ecosystems))
                raise file.error(("installers", command), f"no broker has packages of {ecosystem}; known are {known}")
            _add(installers, command, ecosystem, file, ("installers", command))
    methods = chain.from_iterable(client.method for client in clients.values())
    shared = Tools(
        own={},
        http_clients=clients,
        installers=installers,
        not_calling=frozenset(chain.from_iterable(content.not_calling for _, content in given)),
        harmless=frozenset(chain.from_iterable(content.harmless for _, content in given)),
        method=re.compile(rf"(?:{any_of(methods)})[= \t]*[\"']?([A-Z]+)"),
    )
    return {system: replace(shared, own=tools) for system, tools in own.items()}


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for one of several words, the longest first; without words, one that matches nothing."""
    return "|".join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word)))) or "(?!)"


def _add(known: dict[str, T], command: str, value: T, file: YamlFile, steps: tuple[str | int, ...]) -> None:
    if command in known:
        raise file.error(steps, f"{command} is described twice")
    known[command] = value


def _check_calls(file: YamlFile, name: str, tool: ToolRule) -> None:
    """Refuse a call whose words are no verb and noun of the tool: it would never be found."""
    for call in tool.calls:
        verb, _, noun = call.partition(" ")
        if tool.verbs and verb not in tool.verbs:
            raise file.error(("tools", name, "calls", call), f"{verb!r} is none of the tool's verbs")
        if noun and noun not in tool.nouns:
            raise file.error(("tools", name, "calls", call), f"{noun!r} is none of the tool's nouns")
