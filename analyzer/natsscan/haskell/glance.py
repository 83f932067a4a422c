"""What the bytes of a Haskell module tell before it is parsed; what they deny is not there."""

from __future__ import annotations

import re

from natsscan.model.questions import question

_MODULE = re.compile(rb"^[ \t>]*module\s+([\w.']+)", re.MULTILINE)
_IMPORT = re.compile(
    rb"import\s+(?:\{-#[^#]*#-\}\s*)?(?:safe\s+)?(?:qualified\s+)?(?:\"[^\"]*\"\s+)?([\w.']+)", re.MULTILINE
)
_FIXITY = re.compile(rb"^[ \t]*infix[lr]?[ \t][^\n]*", re.MULTILINE)


@question
def module_name(data: bytes) -> str:
    """Return the name of the module that a file holds; without a header that is `Main`."""
    at = data.find(b"\nmodule ") + 1  # nearly always what is looked for
    match = _MODULE.match(data, at) or _MODULE.search(data)
    return match.group(1).decode(errors="replace") if match is not None else "Main"


@question
def imported_modules(data: bytes) -> tuple[str, ...]:
    """Return the names of the modules that a file imports, sorted."""
    found = set[bytes]()
    at = data.find(b"import ")
    while at >= 0:
        if match := _IMPORT.match(data, at) if data[at - 1 : at] in (b"\n", b"") else None:
            found.add(match.group(1))
        at = data.find(b"\nimport ", at) + 1 or -1
    return tuple(sorted(name.decode(errors="replace") for name in found))


@question
def fixity_lines(data: bytes) -> tuple[str, ...]:
    """Return the lines that declare fixities of operators."""
    return tuple(found.decode(errors="replace") for found in _FIXITY.findall(data)) if b"infix" in data else ()


@question
def may_pass_on(data: bytes, module: str) -> bool:
    """Tell whether the export list of a file may hold a module as a whole."""
    return b"module " + module.encode() in _header(data)[len(b"module ") :]


@question
def may_pass_modules_on(data: bytes) -> bool:
    """Tell whether the export list of a file may hold any other module as a whole."""
    return _header(data).count(b"module ") > 1


@question
def may_define(data: bytes, name: str) -> bool:
    """Tell whether a module may define or pass on a name, by its text: false spares it from being parsed.

    A name that is generated shares all but its first character with the name it is made from.
    """
    word = name.encode()
    if not word or word[1:] not in data:
        return False
    if name[0].islower():
        made = name[:1].upper().encode() + word[1:]
        by_effect = b"makeSem" in data and _holds(data, b" ", made)
        code = data[max(0, data.find(b"\nmodule ")) :]  # what stands above is prose
        if _holds(code, b"\n", word) or word + b" ::" in data or _holds(data, b"_", word) or by_effect:
            return True
    elif re.search(rb"[=|]\s*(?:forall[^.]*\.\s*)?%b\b|\b%b\s*::" % (re.escape(word), re.escape(word)), data):
        return True
    header = _header(data)
    return _holds(header, b" ", word) or _holds(header, b"(", word)


def _holds(data: bytes, before: bytes, word: bytes) -> bool:
    """Tell whether a text holds a whole word after some bytes."""
    wanted = before + word
    at = data.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not (data[end : end + 1].isalnum() or data[end : end + 1] in (b"_", b"'")):
            return True
        at = data.find(wanted, end)
    return False


def _header(data: bytes) -> bytes:
    """Return a module's name and export list, without the prose above."""
    end = data.find(b"\nimport ")
    return data[data.find(b"\nmodule ") + 1 : end if end >= 0 else len(data)]
