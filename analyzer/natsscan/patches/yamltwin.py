"""What stands beside lines about the broker: the same lines about the target."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import yaml

from natsscan.model.source import FileKind
from natsscan.patches.lines import line_end, line_start, runs
from natsscan.patches.place import Job
from natsscan.patches.yamllines import Lines, YamlLines, begin
from natsscan.surfaces.yamltree import Entry

_WORD = re.compile(rb"[A-Za-z_][\w-]*")
_IMAGE = re.compile(rb"^[ \t-]*image:")
_DEFINES = re.compile(rb"\s*\{\{-?\s*define\b")
_EMPTY_BLOCK = re.compile(
    rb"[ \t]*\{\{-? *(?:if|with|range)\b[^{}]*\}\}[ \t]*\r?\n[ \t]*\{\{-? *end *-?\}\}[ \t]*\r?\n"
)


class Twins:
    """Writes lines of a file anew; `anchors` are those that the broker's places define."""

    def __init__(self, job: Job, file: YamlLines, anchors: frozenset[bytes]) -> None:
        self._job = job
        self._file = file
        self._anchors = anchors
        self._new = job.replacements
        self._target = job.replacements.rules.target

    def of(self, lines: Lines) -> bytes:
        """Return lines about the target, without comments and without what has no counterpart."""
        text = self._renamed(self._new.text(self._without_dropped(lines)))
        return b"\n" + text if _DEFINES.match(text) else text

    def of_service(self, lines: Lines, entry: Entry) -> bytes:
        """Return the compose service that takes the place of the broker's."""
        data, rule = self._file.data, self._new.rules.service
        kept = [child for child in self._file.children(entry) if child.name in rule.keeps]
        if self._file.is_flow(entry):
            sets = yaml.safe_dump(yaml.safe_load(rule.sets), default_flow_style=True, sort_keys=False, width=math.inf)
            inside = [sets.strip()[1:-1].encode()]
            inside += [self._new.text(data[begin(child) : self._file.end(child)]) for child in kept]
            key = self._new.text(data[lines.start : entry.value[0]])
            return key + b"{" + b", ".join(inside) + b"}" + data[entry.value[1] : lines.end]
        first = line_end(data, lines.start)
        following = data[first : line_end(data, first)]
        indent = following[: len(following) - len(following.lstrip(b" "))] or b"    "
        head = self._new.text(data[lines.start : first])
        parts = [head, *(indent + line.encode() + newline_of(head) for line in rule.sets.splitlines())]
        for child in kept:
            own = self._file.lines(child)
            parts.append(self._new.text(data[own.start : own.end]) if own is not None else b"")
        return b"".join(parts)

    def line(self, text: bytes) -> bytes | None:
        """Return a line that is to be about the target instead; None if new names alone do not make it so.

        They do not for commands of the broker, its management API, what has no counterpart, and other programs' images.
        """
        decoded = text.decode("utf-8", errors="replace")
        names = (word.decode() for word in _WORD.findall(text))
        broker = self._job.broker
        if _IMAGE.match(text) or broker.command.search(decoded) or broker.api.search(decoded):
            return None
        if any(map(self._new.dropped.fullmatch, names)):
            return None
        new = self._renamed(self._new.text(text))
        return None if new == text else new

    def condition(self, text: bytes) -> bytes | None:
        """Return the values that lines of a template ask for, if they ask for some of the target's and no others.

        Values may come from outside of this tree, where nobody has written any for the target yet.
        """
        if self._job.source.kind is not FileKind.HELM_TEMPLATE or text.lstrip().startswith(b"{{"):
            return None
        asked = set(re.findall(rb"(?<![\w.)])(\$?[\w.]*\." + self._target.encode() + rb")\.\w", text))
        return asked.pop() if len(asked) == 1 else None

    def name(self, name: str) -> str:
        """Return what something is called on the target."""
        return self._new.text(name.encode()).decode()

    def _renamed(self, text: bytes) -> bytes:
        """Return text whose anchors, and aliases of those, have names of their own."""
        text = self._with_templates(text)
        for name in sorted(self._anchors):
            new = name + b"-" + self._target.encode()
            text = re.sub(rb"(?<![\w-])([&*])" + re.escape(name) + rb"(?![\w-])", rb"\g<1>" + new, text)
        return text

    def _with_templates(self, text: bytes) -> bytes:
        """Return text in which templates about the broker that are not called so give way to those beside them."""
        for name in sorted(self._job.templates):
            if self.name(name) == name:
                text = text.replace(f'"{name}"'.encode(), f'"{name}{self._target.capitalize()}"'.encode())
        return text

    def _without_dropped(self, lines: Lines) -> bytes:
        file = self._file
        cuts = {(comment.start, comment.end, b"") for comment in file.comments(lines)}
        dropped = [entry for entry in file.entries_in(lines) if self._is_dropped(entry)]
        for run in runs(dropped, self._follows):
            each = [file.lines(entry) for entry in run]
            cuts |= {(own.start, own.end, b"") for own in each if own is not None and own != lines}
            if None in each:
                own = file.flow_cut(run[0], run[-1])
                cuts |= {(own.start, own.end, b"")} if own != lines else set()
        parts, at = [], lines.start
        for start, end, text in sorted(cuts.union(self._optional(lines)), key=lambda cut: (cut[0], -cut[1])):
            if start >= at:
                parts += [file.data[at:start], text]
                at = end
        parts.append(file.data[at : lines.end])
        return _EMPTY_BLOCK.sub(b"", b"".join(parts))

    def _is_dropped(self, entry: Entry) -> bool:
        return entry.parent >= 0 and self._new.dropped.fullmatch(self._file.name(entry)) is not None

    def _follows(self, one: Entry, other: Entry) -> bool:
        between = self._file.data[self._file.end(one) : begin(other)]
        return one.parent == other.parent and self._file.is_in_flow(one) and between.strip() == b","

    def _optional(self, lines: Lines) -> Iterator[tuple[int, int, bytes]]:
        """Yield what makes references to secrets optional: pods start though the secret has nothing for NATS yet."""
        file = self._file
        for entry in file.entries_in(lines):
            children = file.children(entry)
            if entry.name != "secretKeyRef" or not children or any(child.name == "optional" for child in children):
                continue
            last = children[-1]
            end = file.end(last)
            if file.is_flow(entry):
                yield end, end, b", optional: true"
            elif last.key is not None:
                after = line_end(file.data, end)
                indent = file.data[line_start(file.data, last.key[0]) : last.key[0]]
                yield after, after, indent + b"optional: true" + newline_of(file.data[:after])


def newline_of(text: bytes) -> bytes:
    """Return the line end that a text has at its end."""
    return b"\r\n" if text.endswith(b"\r\n") else b"\n"
