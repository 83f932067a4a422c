"""What stands beside lines about the broker: the same lines about the target."""

from __future__ import annotations

import re
from collections.abc import Iterator

from natsscan.model.source import FileKind
from natsscan.patches.lines import line_end, line_start
from natsscan.patches.place import Job, Place
from natsscan.patches.yamllines import Lines, YamlLines
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
        first = line_end(data, lines.start)
        following = data[first : line_end(data, first)]
        indent = following[: len(following) - len(following.lstrip(b" "))] or b"    "
        parts = [self._new.text(data[lines.start : first])]
        parts += [indent + line.encode() + _newline(parts[0]) for line in rule.sets.splitlines()]
        for child in self._file.children(entry):
            kept = self._file.lines(child)
            if child.name in rule.keeps and kept is not None:
                parts.append(self._new.text(data[kept.start : kept.end]))
        return b"".join(parts)

    def of_release(self, entry: Entry) -> tuple[bytes, tuple[str, ...]]:
        """Return the release of a helmfile that installs the target beside the broker's, and its own files of values.

        Their paths are as written. Without a `chart` of its own line nothing can be said.
        """
        data, rule = self._file.data, self._new.rules.release
        parts: list[bytes] = []
        own: list[str] = []
        for child in self._file.children(entry):
            lines = self._file.lines(child)
            if lines is None:
                continue
            text = data[lines.start : lines.end]
            if child.name in ("chart", "version"):
                start, end = child.value[0] - lines.start, child.value[1] - lines.start
                parts.append(text[:start] + b'"%s"' % getattr(rule, child.name).encode() + text[end:])
            elif child.name == "values":
                items = [each for each in self._file.children(child) if self.name(each.text) != each.text]
                stretches = [found for each in items if (found := self._file.lines(each)) is not None]
                own += [self.name(each.text) for each in items]
                if stretches:
                    parts += [data[lines.start : line_end(data, lines.start)]]
                    parts += [self._new.text(data[found.start : found.end]) for found in stretches]
            elif child.name in rule.keeps:
                parts.append(self._new.text(text))
        return b"".join(parts), tuple(own)

    def repository(self) -> Place | None:
        """Return the place of a helmfile where the repository of the target's chart goes in, None if it is there."""
        rule, tree, data = self._new.rules.release, self._file.tree, self._file.data
        if any(entry.name == "url" and entry.text.rstrip("/") == rule.url.rstrip("/") for entry in tree.entries):
            return None
        item = f'- name: {rule.repository}\n{{indent}}  url: "{rule.url}"\n'
        top = {entry.name: entry for entry in tree.entries if len(entry.path) == 1 and entry.key and entry.holder < 0}
        known = top.get("repositories")
        items = self._file.children(known) if known is not None else []
        if items and (lines := self._file.lines(items[-1])) is not None:
            first = line_start(data, items[-1].value[0])
            indent = data[first : first + len(data[first:]) - len(data[first:].lstrip(b" "))].decode()
            return _inserted(lines.end, indent + item.format(indent=indent), data)
        releases = top.get("releases")
        if known is not None or releases is None or releases.key is None:
            return None
        return _inserted(line_start(data, releases.key[0]), "repositories:\n  " + item.format(indent="  ") + "\n", data)

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

    def guarded(self, text: bytes) -> bytes:
        """Return lines of a template under the condition that the values they ask for are there at all.

        Values may come from outside of this tree, where nobody has written any for the target yet.
        """
        if self._job.source.kind is not FileKind.HELM_TEMPLATE or text.lstrip().startswith(b"{{"):
            return text
        asked = set(re.findall(rb"(?<![\w.)])(\$?[\w.]*\." + self._target.encode() + rb")\.\w", text))
        if len(asked) != 1:
            return text
        indent = text[: len(text) - len(text.lstrip(b" "))]
        newline = _newline(text)
        return b"%s{{- if %s }}%s%s%s{{- end }}%s" % (indent, *asked, newline, text, indent, newline)

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
        for entry in file.entries_in(lines):
            if entry.parent >= 0 and self._new.dropped.fullmatch(file.name(entry)):
                own = file.lines(entry) or file.in_flow(entry)
                if own != lines:
                    cuts.add((own.start, own.end, b""))
        parts, at = [], lines.start
        for start, end, text in sorted(cuts.union(self._optional(lines)), key=lambda cut: (cut[0], -cut[1])):
            if start >= at:
                parts += [file.data[at:start], text]
                at = end
        parts.append(file.data[at : lines.end])
        return _EMPTY_BLOCK.sub(b"", b"".join(parts))

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
                yield after, after, indent + b"optional: true" + _newline(file.data[:after])


def _inserted(at: int, text: str, data: bytes) -> Place:
    new = text.replace("\n", _newline(data[: line_end(data, 0)]).decode()).encode()
    return Place(at, at, (), new, at, "", can_go=False)


def _newline(text: bytes) -> bytes:
    """Return the line end that a text has at its end."""
    return b"\r\n" if text.endswith(b"\r\n") else b"\n"
