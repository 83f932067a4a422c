"""Telling files that are nested more deeply than the parser, which is a program of its own, can take.

It goes down once for each bracket and each link of a chain (`a + b + c`, `a.b().c()`, `not not a`), and there is no
limit to that but the end of its memory. Python itself takes 200 brackets, and few more links than are counted here.
"""

from __future__ import annotations

import re

MOST_BRACKETS = 200
MOST_LINKS = 500

_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
_PAIRS = (b"()", b"[]", b"{}")
_OPERATORS = (b"+", b"-", b"*", b"/", b"%", b"@", b"|", b"&", b"^", b"~", b"<<", b">>")
_WORDS = (b"lambda", b"not", b"if", b"and", b"or", b"await")
_AFTER_A_BRACKET = re.compile(rb"[)\]]\s*[.(\[]")
_ATTRIBUTES = re.compile(rb"(?:\.\s*\w+\s*){200}")

_TOKEN = re.compile(
    rb"""
      (?P<skipped>
          (?<![fF])(?<![fF][rR])(?:'''(?:[^\\]|\\.)*?''' | \"\"\"(?:[^\\]|\\.)*?\"\"\")
        | (?<![fF])(?<![fF][rR])(?:'(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*")
        | \#[^\n]*)
    | (?P<definition>^(?:def|class|async|import|from|@)\b)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<end>[,;\n])
    | (?P<link>[-+*/%@|&^~]+|<<|>>|\.|\b(?:lambda|not|if|and|or|await)\b)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


def too_deep(data: bytes) -> int | None:
    """Return the offset at which a file is nested too deeply to be parsed, None if it is not."""
    if not _may_be_deep(data):
        return None
    links = [0]
    for match in _TOKEN.finditer(data):
        kind = match.lastgroup
        if kind == "definition":
            links = [0]
        elif kind == "open":
            links[-1] += 1
            links.append(0)
        elif kind == "close" and len(links) > 1:
            links.pop()
        elif kind == "link":
            links[-1] += 1
        elif kind == "end" and (match[0] != b"\n" or len(links) == 1):
            links[-1] = 0
        if len(links) > MOST_BRACKETS or links[-1] > MOST_LINKS:
            return match.start()
    return None


def _may_be_deep(data: bytes) -> bool:
    """Tell whether a file may be nested too deeply: quickly, since next to none is."""
    brackets = data.translate(None, delete=_NO_BRACKETS)
    for _ in range(MOST_BRACKETS // 2):
        before = len(brackets)
        for pair in _PAIRS:
            brackets = brackets.replace(pair, b"")
        if len(brackets) == before:
            break
    if len(brackets) > MOST_BRACKETS:
        return True
    if sum(map(data.count, _OPERATORS)) > MOST_LINKS or any(data.count(word) > MOST_LINKS for word in _WORDS):
        return True
    return len(_AFTER_A_BRACKET.findall(data)) > MOST_LINKS or _ATTRIBUTES.search(data) is not None
