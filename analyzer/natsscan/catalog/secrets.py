"""How secrets are told from other values: the patterns that rule files make up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from natsscan.catalog.schema import SecretsFile, ToolRule
from natsscan.catalog.tools import any_of
from natsscan.model.symbol import LibrarySymbol

STRING = r'"(?:[^"\\\n]|\\.)*+"'
LITERAL = rf"(?:{STRING}|'(?:[^'\\\n]|\\.)*+')"
# Of bounded length, or each quote of a line in which none is closed would be sought to the end of it.
_WORD = r"(?:\"(?:[^\"\\\n]|\\.){0,1000}+\"|'(?:[^'\\\n]|\\.){0,1000}+'|\S)++"
_PASSWORD = "password"  # noqa: S105 - what arguments that are one are called in rules
# What any of the other patterns needs beside names: URLs, headers, PEM.
_ALWAYS = r"://|user|auth|basic|bearer|-----|[A-Za-z0-9+/]{60}"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The patterns of secrets, ready to ask.

    `key` matches in the name of a key whose value is a secret, at its end. `assigned` matches such a key up to its
    value, `points` the beginning of one that only says where a secret is. `places` have two groups: what stands before
    a secret without a key, and the secret. `loose` matches what may be a secret, its last group. Where `hint` finds
    nothing there is no secret.
    """

    key: re.Pattern[str]
    assigned: re.Pattern[str]
    points: re.Pattern[str]
    places: tuple[re.Pattern[str], ...]
    loose: re.Pattern[str]
    hint: re.Pattern[str]


def compile_secrets(
    files: Iterable[SecretsFile], symbols: Iterable[LibrarySymbol], tools: Iterable[tuple[str, ToolRule]]
) -> Secrets:
    """Return what all files say together, with what functions of libraries and commands take as a password."""
    files, symbols, tools = tuple(files), tuple(symbols), tuple(tools)
    name = _name(files)
    elsewhere = any_of(word for file in files for word in file.elsewhere)
    # One of several, `PASSWORD_V0`; what says where the secret is, `PASSWORD_FILE`, is none.
    numbered = rf"(?:_(?!(?:{elsewhere})\b)[A-Z0-9]{{1,12}})?"
    options = any_of(option for file in files for option in file.options)
    logins = any_of(option for file in files for option in file.logins)
    taking = sorted(
        {(symbol.id.name, symbol.arguments.index(_PASSWORD)) for symbol in symbols if _PASSWORD in symbol.arguments}
    )
    calls = sorted({(call, at) for file in files for call, at in file.calls.items()})
    return Secrets(
        key=re.compile(rf"{name}$"),
        assigned=re.compile(
            rf"{name}{numbered}(?P<close>\\*[\"']|)(?P<before>[ \t]*)"
            rf"(?P<sep>=>(?=[ \t]*[\"'])|[:?+]?=|:(?=[\s\"'\\{{]|$))(?P<after>[ \t]*)"
        ),
        points=re.compile(rf"(?i)^(?:{any_of(word for file in files for word in file.pointers)})"),
        places=tuple(map(re.compile, (*_places(name, options, logins), *_calls(taking, calls), *_commands(tools)))),
        loose=re.compile(
            rf"{name}{numbered}[\"']?[ \t]*[:=][ \t]*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'${{}}\[\],][^\s\"',}}]*))"
            rf"|(?:(?:{options})[ =]|(?<!\S)(?:{logins})[ =]?[\"']?[^\s\"':$=]*:)[\"']?([^\s\"'$-][^\s\"']*)"
        ),
        hint=re.compile(rf"(?i){_ALWAYS}|{any_of({*_hints(files), *(call for call, _ in (*taking, *calls))})}"),
    )


def _name(files: Iterable[SecretsFile]) -> str:
    """Return the pattern of the end of a secret's name; a short one must not end a word like `bypass`."""
    files = tuple(files)
    long = any_of(name for file in files for name in file.names).replace("_", "[_-]?")
    short = any_of(name for file in files for name in file.short_names)
    capital = any_of(name.capitalize() for file in files for name in file.short_names)
    return rf"(?:(?i:{long})|(?<![A-Za-z])(?i:{short})|(?<=[a-z0-9])(?:{capital}))"


def _hints(files: Iterable[SecretsFile]) -> Iterator[str]:
    """Yield what is in every text that holds a secret by a name, an option or a login."""
    for file in files:
        yield from (name.rpartition("_")[2] if name.endswith("_key") else name.partition("_")[0] for name in file.names)
        yield from (*file.short_names, *file.options, *file.logins)


def _places(name: str, options: str, logins: str) -> Iterator[str]:
    """Yield where a secret has no key. Options are whole words: a blank stands before them."""
    yield rf"((?:{options})[ \t]+)(?!--)({_WORD})"
    yield rf"((?<!\S)(?:{logins})[ \t=]*)(?!\d+:\d+\b(?!.{{0,200}}://))({LITERAL}|[^\s:\"'=-][^\s:]*:\S+)"
    yield rf"(\b(?:ENV|ARG)[ \t]+\w*{name}[ \t]+)({_WORD})"
    yield rf"((?i:\bname)[\"']?:[ \t]*[\"']?[\w-]*{name}[\"']?[ \t]*,[ \t]*[\"']?value[\"']?:[ \t]*)({_WORD})"
    yield rf"(\{{[ \t]*'?\w*{name}'?[ \t]*,[ \t]*(?:<<)?)({STRING})"
    yield rf"(<[\w.:-]*{name}>)([^<\n]+)"
    yield r"((?i:\bauthorization)[\"']?[ \t]*[:=,][ \t]*[\"']?(?:(?i:bearer|basic|token)[ \t]+)?+)(\S+)"
    yield r"(\b[Bb]earer[ \t]+)((?=\S*\d|\S{20})[^\s{$]\S*)"


def _calls(spaced: Iterable[tuple[str, int]], parenthesised: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Yield the calls that are given a password as a literal: by the function's name and what stands before it."""
    for name, before in spaced:
        yield rf"((?<![\w']){re.escape(name)}\s++(?:(?:{STRING}|\S++)\s++){{{before}}})({STRING})"
    for name, position in parenthesised:
        yield rf"(\b{re.escape(name)}\(\s*+(?:{LITERAL}\s*,\s*){{{position - 1}}})({LITERAL})"


def _commands(tools: Iterable[tuple[str, ToolRule]]) -> Iterator[str]:
    """Yield where commands take a password: after a subcommand and a user, or after a short option."""
    for command, tool in tools:
        setting = any_of(call for call, rule in tool.calls.items() if rule.sets_password).replace("\\ ", r"[ \t]+")
        yield rf"(\b(?:{setting})[ \t]+(?:--?\S+[ \t]+){{0,4}}+{_WORD}[ \t]+)({_WORD})"
        letters = any_of(option for option, name in tool.arguments.items() if name == _PASSWORD and len(option) == 1)
        yield rf"(\b{re.escape(command)}\b[^|;&\n]{{0,200}}?(?<!\S)-(?:{letters})[ \t]*)({_WORD})"
