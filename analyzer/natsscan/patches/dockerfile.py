"""Dockerfiles: build stages of the broker's image, variables, and packages that are installed among others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from natsscan.model.usage import Operation, Usage
from natsscan.patches.commands import told_for
from natsscan.patches.lines import line_start, runs, whole
from natsscan.patches.place import Job, Place, Reading
from natsscan.patches.rewording import DROPPED, SAME_NAME, reworded
from natsscan.patches.stretches import comments_above
from natsscan.surfaces.dockerfile import Instruction, instructions
from natsscan.surfaces.shell import Script

_WHOLE = (
    "It builds an image of the broker. One of NATS needs no building: what was set here goes into nats-server.conf."
)
_STAGE = "The stage builds an image of the broker; one of NATS needs no building."
_USED = "Another stage takes something from it: take both out by hand."
_LAST = "The stage is what the file builds, and the others serve it: decide what it builds on NATS."
_RUN = "It is run while the image is built or in it: write the same for NATS by hand."
_COPY = "It copies files of the broker; write the same for those of NATS when they are there."
_PORT = "The port is the broker's: expose the one of NATS when the image runs it."
_READ = "What stays in the file still reads it: take both out by hand."
_PACKAGE = "No package takes its place: the server and the nats command come as images and as releases to download."
_FROM = re.compile(r"\s*(?:--\S+\s+)*([^\s\\]+)(?:\s+[Aa][Ss]\s+([\w.-]+))?")
_ASSIGNED = re.compile(
    rb"[ \t]*([A-Za-z_]\w*)(?:=(?:[^\s\"'\\]|\"[^\"\n]*\"|'[^'\n]*')*|[ \t]+[^\s=][^\n\\]*)[ \t]*\r?$"
)
_WORD = re.compile(rb"[^\s\\]+")
_ENDS = re.compile(rb"[;&|]")


@dataclass(frozen=True, slots=True)
class _Stage:
    start: int
    end: int
    name: str
    number: int
    is_broker: bool


def read(job: Job) -> Reading:
    """Return the places of a Dockerfile."""
    data = job.source.data
    every = list(instructions(data.decode("latin-1"), Script()))
    stages = _stages(job, every)
    if stages and all(stage.is_broker for stage in stages):
        return Reading((Place(0, len(data), job.usages, None, 0, told_for(job, _WHOLE, job.usages)),), ())
    others: list[tuple[Usage, str]] = []
    variables: dict[int, Instruction] = {}
    places = [_stage(job, stage, stages) for stage in stages if stage.is_broker]
    for usage in job.usages:
        if any(place.start <= usage.span.start < place.end for place in places):
            continue
        around = next((each for each in every if line_start(data, each.start) <= usage.span.start < each.end), None)
        if around is not None and around.word in ("ENV", "ARG") and _is_own(job, around, usage):
            variables[around.start] = around
        elif around is not None and usage.operation is Operation.DEPENDENCY:
            place = _package(job, around, usage)
            if place is None:
                others.append((usage, f"{_PACKAGE} {_RUN}"))
            else:
                places.append(place)
        else:
            word = around.word if around is not None else ""
            reason = _COPY if word in ("COPY", "ADD") else _PORT if word == "EXPOSE" else _RUN
            others.append((usage, told_for(job, reason, [usage])))
    lines = [variables[start] for start in sorted(variables)]
    together = runs(lines, lambda one, other: one.end + 1 == line_start(data, other.start))
    places += [_variables(job, run) for run in together]
    return Reading(tuple(sorted(places, key=lambda place: (place.start, place.end))), tuple(others))


def _stages(job: Job, every: Sequence[Instruction]) -> list[_Stage]:
    data = job.source.data
    found: list[_Stage] = []
    begins = [each for each in every if each.word == "FROM"]
    for number, each in enumerate(begins):
        match = _FROM.match(data[each.start : each.end].decode("latin-1"))
        image, name = (match[1], match[2] or "") if match is not None else ("", "")
        start = comments_above(data, line_start(data, each.start))
        after = begins[number + 1 :]
        end = comments_above(data, line_start(data, after[0].start)) if after else len(data)
        known = any(stage.name == image and stage.is_broker for stage in found)
        found.append(_Stage(start, end, name, number, known or job.broker.image.search(image) is not None))
    return found


def _stage(job: Job, stage: _Stage, stages: Sequence[_Stage]) -> Place:
    """Return one stage of several as a place."""
    data = job.source.data
    answers = tuple(usage for usage in job.usages if stage.start <= usage.span.start < stage.end)
    rest = data[: stage.start] + data[stage.end :]
    names = [re.escape(stage.name.encode())] if stage.name else []
    used = re.search(rb"(?:--from=|\bFROM[ \t]+)(?:%s)(?![\w.-])" % b"|".join([*names, rb"\d+"]), rest)
    why = _USED if used else _LAST if stage.number == len(stages) - 1 else ""
    reason = told_for(job, f"{why} {_STAGE}".strip(), answers)
    return Place(stage.start, stage.end, answers, None, stage.end, reason, can_go=not why)


def _is_own(job: Job, instruction: Instruction, usage: Usage) -> bool:
    """Tell whether an instruction sets this one variable and nothing else."""
    match = _ASSIGNED.fullmatch(job.source.data, instruction.start, instruction.end)
    return match is not None and match.start(1) == usage.span.start


def _variables(job: Job, run: Sequence[Instruction]) -> Place:
    """Return variables of the broker that are set in lines that follow each other."""
    data = job.source.data
    start, end = line_start(data, run[0].start), min(run[-1].end + 1, len(data))
    names = [match[1] for each in run if (match := _ASSIGNED.fullmatch(data, each.start, each.end)) is not None]
    rest = data[:start] + b"\n" + data[end:]
    read = any(re.search(rb"\$\{?" + re.escape(name) + rb"\b", rest) for name in names)
    answers = tuple(usage for usage in job.usages if start <= usage.span.start < end)
    texts = []
    for each in run:
        match = _ASSIGNED.fullmatch(data, each.start, each.end)
        name = match[1] if match is not None else b""
        if job.replacements.dropped.fullmatch(name.decode()) or job.replacements.text(name) == name:
            continue
        texts.append(reworded(job, data[line_start(data, each.start) : min(each.end + 1, len(data))], names_files=True))
    why = next((text for text in texts if isinstance(text, str)), None)
    if why is not None or not texts:
        return Place(start, end, answers, None, end, why or (DROPPED if not texts else SAME_NAME))
    text = b"".join(text for text in texts if isinstance(text, bytes))
    twin = b"" if text.strip() in data else whole(data, text, end)
    return Place(start, end, answers, twin, end, _READ if read else "", can_go=not read)


def _package(job: Job, instruction: Instruction, usage: Usage) -> Place | None:
    """Return a package among others as a place, None if it is the only one that is installed there."""
    data = job.source.data
    before = max(
        (m.end() for m in _ENDS.finditer(data, instruction.start, usage.span.start)), default=instruction.start
    )
    after = _ENDS.search(data, usage.span.start, instruction.end)
    words = [m.span() for m in _WORD.finditer(data, before, after.start() if after else instruction.end)]
    at = next((n for n, (start, _) in enumerate(words) if start == usage.span.start), None)
    if at is None or data[before : words[at][0]].count(b"install") != 1:
        return None
    verb = next(n for n, (start, end) in enumerate(words) if data[start:end] == b"install")
    others = [n for n in range(verb + 1, len(words)) if n != at and data[words[n][0] : words[n][0] + 1] != b"-"]
    if not others or at < verb:
        return None
    if at + 1 < len(words):
        return Place(words[at][0], words[at + 1][0], (usage,), None, words[at][1], _PACKAGE)
    return Place(words[at - 1][1], words[at][1], (usage,), None, words[at][1], _PACKAGE)
