"""Here-documents with YAML in them, such as values for helm: what the editor of YAML makes of each."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import replace

from tree_sitter import Node

from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Usage
from natsscan.patches import bash, yaml
from natsscan.patches.lines import line_start
from natsscan.patches.place import Job, Place, Reading, Switch
from natsscan.patches.rewording import may_be_unset

_LINE = re.compile(rb" *(?:- |(?:- +)*[\"']?[\w./-]+[\"']?:(?=[ \r\n]))")
_NO_YAML = "It stands in a here-document that is no YAML: write the same for NATS by hand."
_BY_HAND = "It stands in a here-document. {}"


def read(job: Job, root: Node, assigned: Container[bytes]) -> Reading:
    """Return the places in the here-documents of a script, and the usages in them that are for people."""
    places: list[Place] = []
    others: list[tuple[Usage, str]] = []
    switches: list[Switch] = []
    kept: list[Usage] = []
    for document in bash.within(root, "heredoc_redirect"):
        bodies = [each for each in document.named_children if each.type == "heredoc_body"]
        inside = [u for u in job.usages if any(b.start_byte <= u.span.start < b.end_byte for b in bodies)]
        if not inside:
            continue
        if any(not _LINE.match(job.source.data, line_start(job.source.data, usage.span.start)) for usage in inside):
            others += [(usage, _NO_YAML) for usage in inside]
            continue
        found = _within(job, bodies[0], inside, assigned, is_expanded=not _is_quoted(document))
        places += found.places
        others += found.others
        switches += found.switches
        kept += found.kept
    return Reading(tuple(places), tuple(others), tuple(switches), tuple(kept))


def _within(job: Job, body: Node, usages: Iterable[Usage], assigned: Container[bytes], *, is_expanded: bool) -> Reading:
    data, shift = job.source.data, body.start_byte
    text = data[shift : body.end_byte]
    moved = {_moved(usage, -shift): usage for usage in usages}
    source = SourceFile(job.source.path, FileKind.HELM_VALUES, text)
    found = yaml.read(replace(job, source=source, usages=tuple(moved)))
    places = []
    for place in found.places:
        twin = place.twin
        if twin and is_expanded:
            twin = may_be_unset(text, twin, assigned)
        answers = tuple(moved[usage] for usage in place.answers)
        start, end, beside = (at + shift for at in (place.start, place.end, place.beside))
        places.append(replace(place, start=start, end=end, beside=beside, answers=answers, twin=twin))
    switches = tuple(
        Switch(each.start + shift, each.end + shift, each.text, tuple(moved[usage] for usage in each.answers))
        for each in found.switches
    )
    others = tuple((moved[usage], _BY_HAND.format(reason)) for usage, reason in found.others)
    return Reading(tuple(places), others, switches, tuple(moved[usage] for usage in found.kept))


def _moved(usage: Usage, shift: int) -> Usage:
    span = replace(usage.span, start=usage.span.start + shift, end=usage.span.end + shift)
    return replace(usage, span=span)


def _is_quoted(document: Node) -> bool:
    start = next((each for each in document.named_children if each.type == "heredoc_start"), None)
    return start is not None and bash.text(start).startswith(("'", '"', "\\"))
