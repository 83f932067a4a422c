"""YAML of every sort: what the broker has in a configuration, a chart or a compose file, and what NATS has there.

A place is the outermost key or list item that is the broker's, or a template block about it. Its twin is the same text
about NATS: as values, templates and environment are written anew by the same tables, they go on agreeing. Text is never
printed from a parsed form, so comments, order and style stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from natsscan.model.source import FileKind
from natsscan.model.usage import Usage
from natsscan.patches.lines import is_alone, line_end, line_start, whole
from natsscan.patches.place import Job, Place, Reading, Switch
from natsscan.surfaces.helmdefines import named_templates
from natsscan.surfaces.helmmask import Action, find_actions, mask
from natsscan.surfaces.helmscope import Meaning, resolve
from natsscan.surfaces.yamltree import Entry, ValueKind, read_yaml

_OPENS = re.compile(r"(?:if|with|range|define|block)\b")
_INDENT = re.compile(r"\bn?indent\s+(\d+)")
_NAMES = ("name", "key", "id", "alias", "release", "host")
_NOT_SWITCHED = re.compile(rb"^[ \t-]*image:|\brabbitmq(?:ctl|admin|-diagnostics|-plugins)\b|/api/")
_DEFINES = re.compile(rb"\s*\{\{-?\s*define\b")
_WORD = re.compile(rb"[A-Za-z_][\w-]*")
_ANCHOR = re.compile(rb"(?m)(?:^|[ \t\[{,-])&([\w-]+)(?=[ \t\r\n]|$)")
_EMPTY_BLOCK = re.compile(
    rb"[ \t]*\{\{-? *(?:if|with|range)\b[^{}]*\}\}[ \t]*\r?\n[ \t]*\{\{-? *end *-?\}\}[ \t]*\r?\n"
)
_VALUE_ONLY = "Only the value is the broker's, and one key cannot have two values: change it when the service moves."
_NO_NAME = "It would be called the same on NATS, so the two cannot stand side by side."
_SETTING = "It does not name the broker and stays; see what unit and meaning its reader gives it on NATS."
_BRANCHES = "A template decides here between several branches; write the one for NATS by hand."
_TORN = "A template block begins or ends in the middle of it; write the part for NATS by hand."
_SOMEBODY_ELSES = (
    "The chart is somebody else's. Add one for NATS from https://nats-io.github.io/k8s/helm/charts with JetStream on, "
    "and what needs it after that."
)
_NO_COMMAND = "A service of a workflow takes no command, and the image needs -js: start NATS in a step of its own."
_TOOL = "It prepares the broker for others, which wait for it: take it out by hand, and what waits for it with it."
_NO_VOLUME = "The service of NATS keeps its streams in its container; give it a volume if they should outlive that."
_BROKEN = "The file cannot be read to its end, so nothing in it is changed: mend that first."
_DROPPED = "Nothing on NATS takes its place: an account comes with the credentials, and there is no management API."


def read(job: Job) -> Reading:
    """Return the places of a YAML file."""
    return _Editor(job).reading()


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int

    def has(self, offset: int) -> bool:
        return self.start <= offset < self.end


class _Editor:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.data = job.source.data
        self.actions = find_actions(self.data)
        self.meanings = resolve(self.data, self.actions)
        masked = mask(self.data, self.actions)
        bodies = None
        if job.source.path.endswith(".tpl"):
            bodies = [(*template.body, ()) for template in named_templates(self.data, self.actions)]
        self.tree = read_yaml(self.data, masked, self.actions, bodies)
        self.owned = {u.span.start for u in job.usages if _has(u, "owner") or self._is_service(u)}
        self.tools = {u.span.start for u in job.usages if self._is_service(u)}
        self._alone = {
            line_start(self.data, action.start): action
            for action in self.actions
            if is_alone(self.data, action.start, action.end)
        }
        self.children: dict[int, list[Entry]] = {}
        for entry in self.tree.entries:
            if entry.parent >= 0:
                self.children.setdefault(entry.parent, []).append(entry)

    def reading(self) -> Reading:
        if self.tree.faults or self.tree.skipped:
            return Reading((), tuple((usage, _BROKEN) for usage in self.job.usages))
        found: dict[_Span, tuple[Entry | None, list[Usage]]] = {}
        others: list[tuple[Usage, str]] = []
        lone: list[Usage] = []
        blocks = list(self._blocks())
        for usage in self.job.usages:
            if _has(usage, "sets") and not self._names(usage) and not self._is_service(usage):
                others.append((usage, _SETTING))
                continue
            at = usage.span.start
            entry = self._outermost(at)
            span = self._span(entry) if entry is not None else None
            around = next((block for block in blocks if block.has(at)), None)
            if around is not None and (span is None or around.start <= span.start):
                entry, span = None, around
            if span is None:
                lone.append(usage)
            else:
                found.setdefault(span, (entry, []))[1].append(usage)
        outer = self._outer(found)
        self.anchors = {name for span, _, _ in outer for name in _ANCHOR.findall(self.data, span.start, span.end)}
        switches, rest = self._switches(lone)
        return Reading(tuple(map(self._place, _runs(outer))), (*others, *rest), switches)

    def _switches(self, lone: Iterable[Usage]) -> tuple[tuple[Switch, ...], list[tuple[Usage, str]]]:
        """Return the lines that say something else when the program has moved, and the usages that need people.

        Commands and images of other programs are not had by changing names.
        """
        lines: dict[int, list[Usage]] = {}
        rest: list[tuple[Usage, str]] = []
        for usage in lone:
            start = line_start(self.data, usage.span.start)
            line = self.data[start : line_end(self.data, start)]
            if usage.is_call or self._is_fixed(line):
                rest.append((usage, _VALUE_ONLY))
            else:
                lines.setdefault(start, []).append(usage)
        switches = []
        for start, usages in sorted(lines.items()):
            end = line_end(self.data, start)
            text = self._with_templates(self.job.replacements.text(self.data[start:end]))
            switches.append(Switch(start, end, text, tuple(usages)))
        return tuple(switches), rest

    def _outer(
        self, found: dict[_Span, tuple[Entry | None, list[Usage]]]
    ) -> list[tuple[_Span, Entry | None, list[Usage]]]:
        """Return the spans that are in no other one, in order, with the usages of those inside them."""
        kept: list[tuple[_Span, Entry | None, list[Usage]]] = []
        for span in sorted(found, key=lambda span: (span.start, -span.end)):
            entry, usages = found[span]
            if kept and span.start < kept[-1][0].end:
                kept[-1][2].extend(usages)
            else:
                kept.append((span, entry, list(usages)))
        return kept

    def _is_fixed(self, line: bytes) -> bool:
        """Tell whether a line is not about the target once its names are changed."""
        names = (word.decode(errors="replace") for word in _WORD.findall(line))
        dropped = any(map(self.job.replacements.dropped.fullmatch, names))
        return dropped or bool(_NOT_SWITCHED.search(line)) or self.job.replacements.text(line) == line

    def _is_service(self, usage: Usage) -> bool:
        """Tell whether a usage is a compose service that prepares the broker for others, as a rule says."""
        compose = self.job.source.kind is FileKind.COMPOSE
        return compose and _has(usage, "sets") and usage.symbol.count(".") == 1 and usage.symbol.startswith("services.")

    def _names(self, usage: Usage) -> bool:
        return self.job.broker.name.search(usage.symbol) is not None

    def _outermost(self, at: int) -> Entry | None:
        """Return the outermost entry around an offset that is the broker's as a whole, None if there is none."""
        best: Entry | None = None
        for entry in self._around(at):
            if self._is_brokers(entry):
                best = entry
        return best

    def _around(self, at: int) -> Iterator[Entry]:
        """Yield the entries around an offset, the innermost first."""
        inner: Entry | None = None
        for entry in self.tree.entries:
            start = entry.key[0] if entry.key else entry.value[0]
            if start <= at < max(entry.value[1], entry.key[1] if entry.key else 0) and (
                inner is None or entry.place > inner.place
            ):
                inner = entry
        if inner is not None:
            yield inner
            yield from self.tree.ancestors(inner)

    def _is_brokers(self, entry: Entry) -> bool:
        broker = self.job.broker
        if entry.key is not None:
            if broker.name.search(entry.name) or entry.key[0] in self.owned:
                return True
            return self._runs_broker(entry)
        if entry.parent < 0:
            return False
        if entry.kind in (ValueKind.MAP,):
            return broker.name.search(self._name(entry)) is not None
        return broker.name.search(entry.text) is not None

    def _runs_broker(self, entry: Entry) -> bool:
        """Tell whether an entry is a service of a compose file whose image is the broker."""
        if self.job.source.kind is not FileKind.COMPOSE or len(entry.path) != 2 or entry.path[0] != "services":
            return False
        image = self.tree.child(entry.place, "image")
        return image is not None and self.job.broker.image.search(image.text) is not None

    def _span(self, entry: Entry) -> _Span | None:
        """Return the lines of an entry, None if it shares them with others."""
        start = entry.key[0] if entry.key else entry.value[0]
        end = self._end(entry)
        if not is_alone(self.data, start, end):
            return None
        first = line_start(self.data, start)
        column = len(self.data[first:start]) - len(self.data[first:start].lstrip(b" "))
        return _Span(first, self._with_what_belongs(first, line_end(self.data, end), column))

    def _end(self, entry: Entry) -> int:
        """Return where the last thing in an entry ends: comments and template actions behind it do not count."""
        inside = self.children.get(entry.place, ())
        if inside and self.data[entry.value[0] : entry.value[0] + 1] not in (b"{", b"["):
            return max(map(self._end, inside))
        if entry.kind is ValueKind.BLOCK:
            return entry.value[0] + len(self.data[slice(*entry.value)].rstrip())
        printed = max((self.actions[number].end for number in entry.actions), default=0)
        return max(entry.value[1], printed, entry.key[1] + 1 if entry.key else 0)

    def _with_what_belongs(self, start: int, end: int, column: int) -> int:
        """Return the end of lines with those below that belong to them: deeper comments and actions, ends of blocks."""
        while end < len(self.data):
            after = line_end(self.data, end)
            line = self.data[end:after]
            deeper = len(line) - len(line.lstrip(b" ")) > column
            action = self._alone.get(end)
            depth = _depth(a for a in self.actions if start <= a.start < end)
            if action is not None:
                belongs = depth > 0 or (deeper and (action.is_comment or self._indents(action) > column))
            else:
                belongs = line.lstrip().startswith(b"#") and deeper
            if not belongs:
                break
            end = after
        return end

    def _indents(self, action: Action) -> int:
        indent = _INDENT.search(action.body)
        return int(indent[1]) if indent and action.prints else -1

    def _blocks(self) -> Iterator[_Span]:
        """Yield the template blocks about the broker, the outermost only: their lines hold nothing else."""
        open_: list[tuple[Action, Meaning]] = []
        last = 0
        found = []
        for action, meaning in zip(self.actions, self.meanings, strict=True):
            if action.body.startswith("end") and open_:
                first, about = open_.pop()
                span = _Span(line_start(self.data, first.start), line_end(self.data, action.end))
                if (
                    self._is_about(first, about)
                    and is_alone(self.data, first.start, first.end)
                    and is_alone(self.data, action.start, action.end)
                ):
                    found.append(span)
            elif _OPENS.match(action.body):
                open_.append((action, meaning))
            elif action.prints and self._is_about(action, meaning) and is_alone(self.data, action.start, action.end):
                found.append(_Span(line_start(self.data, action.start), line_end(self.data, action.end)))
        for span in sorted(found, key=lambda span: (span.start, -span.end)):
            if span.start >= last:
                yield span
                last = span.end

    def _is_about(self, action: Action, meaning: Meaning) -> bool:
        broker = self.job.broker
        if action.body.startswith("define"):
            return any(
                broker.name.search(string.text) or string.text in self.job.templates for string in meaning.strings
            )
        named = [reference for reference in meaning.references if broker.name.search(reference.dotted)]
        others = [r for r in meaning.references if r.is_value and r not in named]
        quoted = not action.prints and any(broker.name.search(string.text) for string in meaning.strings)
        return (bool(named) or quoted) and not others and not re.search(r"\bnot\b", action.body)

    def _place(self, run: Sequence[tuple[_Span, Entry | None, list[Usage]]]) -> Place:
        """Return one place for entries that follow each other: what stands beside them comes after the last."""
        start, end = run[0][0].start, run[-1][0].end
        answers = tuple(usage for _, _, usages in run for usage in usages)
        twins: list[bytes] = []
        reason = ""
        for span, entry, _ in run:
            twin = self._twin(span, entry)
            if isinstance(twin, str):
                reason = reason or twin
            else:
                twins.append(twin)
        text = b"".join(twins)
        if text and run[0][1] is not None:
            text = self._guarded(text)
        if not text:
            left = None if reason in (_TORN, _BRANCHES, _TOOL) else b""
            above = self._emptied(run)
            if above is not None:
                start, end = above.start, above.end
            return Place(start, end, answers, None, end, reason or _DROPPED, left)
        if self._is_there(run, text):
            return Place(start, end, answers, b"", end, "")
        return Place(start, end, answers, whole(self.data, text, end), end, reason)

    def _emptied(self, run: Sequence[tuple[_Span, Entry | None, list[Usage]]]) -> _Span | None:
        """Return the lines of the key in which nothing would be left but a run of entries, None if something would."""
        first = run[0][1]
        if first is None or first.parent < 0 or len(self.children[first.parent]) != len(run):
            return None
        parent = self.tree.entries[first.parent]
        return self._span(parent) if parent.key is not None else None

    def _guarded(self, text: bytes) -> bytes:
        """Return lines of a template under the condition that the values they ask for are there at all.

        Values may come from outside of this tree, where nobody has written any for NATS yet.
        """
        if self.job.source.kind is not FileKind.HELM_TEMPLATE:
            return text
        target = self.job.replacements.rules.target.encode()
        asked = set(re.findall(rb"(?<![\w.)])(\$?[\w.]*\." + target + rb")\.\w", text))
        if len(asked) != 1 or text.lstrip().startswith(b"{{"):
            return text
        indent = text[: len(text) - len(text.lstrip(b" "))]
        newline = b"\r\n" if text.endswith(b"\r\n") else b"\n"
        return b"%s{{- if %s }}%s%s%s{{- end }}%s" % (indent, *asked, newline, text, indent, newline)

    def _is_there(self, run: Sequence[tuple[_Span, Entry | None, list[Usage]]], text: bytes) -> bool:
        """Tell whether what would be put beside a place stands there already, under the same name."""
        entry = run[0][1]
        if entry is None:
            return text.strip() in self.data
        new = self.job.replacements.text(self._name(entry).encode()).decode()
        return any(self._name(other) == new for other in self.children.get(entry.parent, ()) if other is not entry)

    def _name(self, entry: Entry) -> str:
        if entry.key is not None:
            return entry.name
        if entry.kind is ValueKind.MAP:
            metadata = self.tree.child(entry.place, "metadata")
            named = self.children.get(metadata.place if metadata is not None else entry.place, ())
            return next((child.text for child in named if child.name in _NAMES), "")
        return entry.text

    def _twin(self, span: _Span, entry: Entry | None) -> bytes | str:
        """Return the text that stands for lines on NATS, empty if nothing does; or why there can be none."""
        inside = [action for action in self.actions if span.start <= action.start < span.end]
        if _depth(inside) != 0:
            return _TORN
        if entry is None and any(action.body.startswith("else") for action in inside):
            return _BRANCHES
        if entry is not None:
            if (why := self._not_ours(entry)) is not None:
                return why
            if self.job.replacements.dropped.fullmatch(self._name(entry)):
                return b""
            if self._runs_broker(entry):
                return self._service(span, entry)
            if entry.key is not None and entry.path[0] == "services" and entry.key[0] in self.tools:
                return _TOOL
            if self.job.replacements.text(self._name(entry).encode()) == self._name(entry).encode():
                return _NO_NAME
        new = self._renamed(self.job.replacements.text(self._without_dropped(span)))
        if new == self.data[span.start : span.end]:
            return _NO_NAME
        return b"\n" + new if entry is None and _DEFINES.match(new) else new

    def _renamed(self, text: bytes) -> bytes:
        """Return a twin whose anchors, and aliases of those, have names of their own."""
        suffix = b"-" + self.job.replacements.rules.target.encode()
        text = self._with_templates(text)
        for name in sorted(self.anchors):
            text = re.sub(rb"(?<![\w-])([&*])" + re.escape(name) + rb"(?![\w-])", rb"\g<1>" + name + suffix, text)
        return text

    def _with_templates(self, text: bytes) -> bytes:
        """Return text in which templates about the broker that are not called so give way to those beside them."""
        for name in sorted(self.job.templates):
            if self.job.replacements.text(name.encode()) == name.encode():
                text = text.replace(f'"{name}"'.encode(), f'"{name}{self._suffix}"'.encode())
        return text

    @property
    def _suffix(self) -> str:
        return self.job.replacements.rules.target.capitalize()

    def _not_ours(self, entry: Entry) -> str | None:
        """Return why new names do not do for a thing that others bring: a remote chart, a workflow's service."""
        if entry.path and entry.path[-1] == "needs" and entry.path[0] == "releases":
            return _SOMEBODY_ELSES
        if self.job.source.kind is FileKind.COMPOSE and len(entry.path) == 2 and entry.path[0] == "volumes":
            return _NO_VOLUME
        charts = self.job.broker.charts
        chart, repository = self.tree.child(entry.place, "chart"), self.tree.child(entry.place, "repository")
        if chart is not None and not chart.text.startswith(".") and chart.text.rpartition("/")[2] in charts:
            return _SOMEBODY_ELSES
        if repository is not None and "://" in repository.text and not repository.text.startswith("file:"):
            return _SOMEBODY_ELSES
        alias = self.tree.child(entry.place, "alias")
        if alias is not None and self.job.replacements.text(alias.text.encode()) == alias.text.encode():
            return _NO_NAME
        image = self.tree.child(entry.place, "image")
        runs = image is not None and self.job.broker.image.search(image.text) is not None
        return _NO_COMMAND if runs and self.job.source.kind is not FileKind.COMPOSE and "jobs" in entry.path else None

    def _without_dropped(self, span: _Span) -> bytes:
        """Return the lines of a span without comments, and without keys and items that have no counterpart."""
        left_out: list[_Span] = []
        for entry in self.tree.entries:
            at = entry.key[0] if entry.key else entry.value[0]
            if span.has(at) and entry.parent >= 0 and self.job.replacements.dropped.fullmatch(self._name(entry)):
                lines = self._span(entry) or self._in_flow(entry)
                if lines != span:
                    left_out.append(lines)
        for start, _ in self.tree.comments:
            is_text = not any(action.start <= start < action.end for action in self.actions)
            if span.has(start) and is_text and not self.data[line_start(self.data, start) : start].strip():
                left_out.append(_Span(line_start(self.data, start), line_end(self.data, start)))
        cuts = [(lines.start, lines.end, b"") for lines in set(left_out)]
        parts, at = [], span.start
        for start, end, text in sorted([*cuts, *self._optional(span)], key=lambda cut: (cut[0], -cut[1])):
            if start >= at:
                parts += [self.data[at:start], text]
                at = end
        parts.append(self.data[at : span.end])
        return _EMPTY_BLOCK.sub(b"", b"".join(parts))

    def _optional(self, span: _Span) -> Iterator[tuple[int, int, bytes]]:
        """Yield what makes references to secrets optional: pods start though the secret has nothing for NATS yet."""
        for entry in self.tree.entries:
            children = self.children.get(entry.place, ())
            if entry.name != "secretKeyRef" or not span.has(entry.value[0]) or not children:
                continue
            if any(child.name == "optional" for child in children):
                continue
            last = children[-1]
            end = self._end(last)
            if self.data[entry.value[0] : entry.value[0] + 1] == b"{":
                yield end, end, b", optional: true"
            elif last.key is not None:
                after = line_end(self.data, end)
                indent = self.data[line_start(self.data, last.key[0]) : last.key[0]]
                newline = b"\r\n" if self.data[:after].endswith(b"\r\n") else b"\n"
                yield after, after, indent + b"optional: true" + newline

    def _in_flow(self, entry: Entry) -> _Span:
        """Return what goes with an entry that shares its lines: up to the next one, or else from the one before."""
        siblings = self.children.get(entry.parent, [])
        at = siblings.index(entry)
        start = entry.key[0] if entry.key else entry.value[0]
        if at + 1 < len(siblings):
            after = siblings[at + 1]
            return _Span(start, after.key[0] if after.key else after.value[0])
        return _Span(self._end(siblings[at - 1]) if at else start, self._end(entry))

    def _service(self, span: _Span, entry: Entry) -> bytes:
        """Return the compose service that takes the place of the broker's."""
        rule, replacements = self.job.replacements.rules.service, self.job.replacements
        first = line_end(self.data, span.start)
        indent = self.data[first : first + 80]
        deep = indent[: len(indent) - len(indent.lstrip(b" "))] or b"    "
        newline = b"\r\n" if self.data[span.start : first].endswith(b"\r\n") else b"\n"
        parts = [replacements.text(self.data[span.start : first])]
        parts += [deep + line.encode() + newline for line in rule.sets.splitlines()]
        for child in self.children.get(entry.place, ()):
            lines = self._span(child)
            if child.name in rule.keeps and lines is not None:
                parts.append(replacements.text(self.data[lines.start : lines.end]))
        return b"".join(parts)


def _has(usage: Usage, name: str) -> bool:
    return any(argument.name == name for argument in usage.arguments)


def _depth(actions: Iterable[Action]) -> int:
    """Return how many blocks actions leave open; -1 if they end one that they did not open."""
    depth = 0
    for action in actions:
        if _OPENS.match(action.body):
            depth += 1
        elif action.body.startswith("end"):
            depth -= 1
        if depth < 0:
            return -1
    return depth


def _runs(
    spans: Iterable[tuple[_Span, Entry | None, list[Usage]]],
) -> Iterator[list[tuple[_Span, Entry | None, list[Usage]]]]:
    """Yield spans that follow each other without a gap and belong to one parent, together."""
    run: list[tuple[_Span, Entry | None, list[Usage]]] = []
    for each in spans:
        if run and not (
            run[-1][0].end == each[0].start
            and run[-1][1] is not None
            and each[1] is not None
            and run[-1][1].parent == each[1].parent
        ):
            yield run
            run = []
        run.append(each)
    if run:
        yield run
