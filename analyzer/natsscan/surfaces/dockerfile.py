"""Dockerfiles: base images, ports, packages, variables and the shell of their RUN lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from natsscan.catalog.broker import Broker
from natsscan.model.usage import Operation
from natsscan.surfaces.shell import Script, lex, reading
from natsscan.surfaces.surface import Surface, SurfaceReading
from natsscan.surfaces.words import Hit, byte_text, with_holes

_COMMENT = re.compile(r"[ \t]*#")
_INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)(?=[ \t]|$)")
_IMAGE = re.compile(r"(?:[ \t]|\\\r?\n)*(?:--\S+(?:[ \t]|\\\r?\n)+)*([^\s\\]+)(?:\s+[Aa][Ss]\s+([\w.-]+))?")
_PORT = re.compile(r"\b\d+\b")
_ITEM = re.compile(r"\"((?:[^\"\\]|\\.)*+)\"")
_HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction of a Dockerfile: its word in capitals, and where what follows it begins and ends."""

    word: str
    start: int
    end: int


def read(surface: Surface) -> SurfaceReading:
    """Return what a Dockerfile takes from the broker; a usage's definition is the name of its build stage."""
    text = byte_text(surface)
    broker = surface.broker
    script = Script()
    hits: list[Hit] = []
    starts, stages = [0], [""]
    is_broker = broker.name.search(surface.source.path) is not None
    for instruction in instructions(text, script):
        match = _IMAGE.match(text, instruction.start, instruction.end) if instruction.word == "FROM" else None
        if match is not None:
            starts.append(instruction.start)
            stages.append(match[2] or "")
            if broker.image.search(match[1]):
                is_broker = True
                hits.append(
                    Hit(Operation.DEPLOY, with_holes(match[1]), match.start(1), match.end(1), {"image": match[1]})
                )
        elif instruction.word == "EXPOSE" and is_broker:
            hits.extend(_exposed(broker, text, instruction))
        elif text[instruction.start : instruction.end].lstrip().startswith("["):
            script.commands.append([m.span(1) for m in _ITEM.finditer(text, instruction.start, instruction.end)])
        else:
            lex(text, instruction.start, instruction.end, script)
    script.unclosed.clear()
    return reading(surface, text, script, lambda offset: stages[bisect_right(starts, offset) - 1] or None, hits)


def _exposed(broker: Broker, text: str, instruction: Instruction) -> Iterator[Hit]:
    for match in _PORT.finditer(text, instruction.start, instruction.end):
        port = int(match[0]) if len(match[0]) <= len("65535") else 0
        if port in broker.ports:
            yield Hit(Operation.DEPLOY, f"port {port}", match.start(), match.end(), {"serves": broker.ports[port]})


def instructions(text: str, script: Script) -> Iterator[Instruction]:
    """Yield the instructions of a Dockerfile; the comments, which may stand inside of them, go to the script."""
    word, begun, at = "", 0, 0
    pending: list[str] = []
    lines = frozenset(line.strip() for line in text.split("\n"))
    while at < len(text):
        end = _line_end(text, at)
        line = text[at:end].rstrip("\r")
        if pending:
            # Inside a here-document nothing is an instruction or a comment of the Dockerfile.
            if line.strip() == pending[0]:
                pending.pop(0)
            goes_on = bool(pending)
        elif _COMMENT.match(line):
            script.comments.append((at, end))
            goes_on = bool(word)
        else:
            if not word:
                match = _INSTRUCTION.match(line.removeprefix("\xef\xbb\xbf"))
                word, begun = (match[1].upper(), at + line.find(match[1]) + len(match[1])) if match else ("?", at)
            if word in ("RUN", "COPY", "ADD"):
                pending = [delimiter for delimiter in _HEREDOC.findall(line) if delimiter in lines]
            goes_on = bool(pending) or line.rstrip().endswith("\\") or (not line.strip() and word != "?")
        if not goes_on and word:
            yield Instruction(word, begun, end)
            word = ""
        at = end + 1
    if word:
        yield Instruction(word, begun, len(text))


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return found if found >= 0 else len(text)
