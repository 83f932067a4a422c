"""Scripts in YAML, of workflow steps and containers: commands that set something up in the broker, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from natsscan.patches.lines import line_end, line_start
from natsscan.patches.place import Job
from natsscan.patches.yamllines import Lines, YamlLines
from natsscan.surfaces.yamltree import Entry, ValueKind

# Keys whose text, or whose items' texts, a shell runs; and lists whose items are there to run one.
_KEYS = frozenset({"run", "script", "command", "args", "entrypoint"})
_RUNNERS = frozenset({"steps", "containers", "initContainers"})
_TEXTS = frozenset({ValueKind.BLOCK, ValueKind.STRING, ValueKind.TEMPLATE})
_NEUTRAL = re.compile(r"(?:set [-+][\w -]*|:|true|#.*)?$")
_STRUCTURE = re.compile(r"(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|function|select|\{|\})\b|.*<<")
_BETWEEN = re.compile(r"&&|\|\||;")
_ASSIGNS = re.compile(r"(?:export\s+)?[A-Za-z_]\w*=(?:\$\(.*\)|[^\s\"']|\"[^\"]*\"|'[^']*')*$")
_WORD = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(frozen=True, slots=True)
class _Command:
    """A command with all lines that it goes on over, and whether it stands on its own."""

    lines: Lines
    text: str
    is_plain: bool


class Scripts:
    """The scripts of a file: what in them the broker alone is about."""

    def __init__(self, job: Job, file: YamlLines) -> None:
        self._broker = job.broker
        self._dropped = job.replacements.dropped
        self._port = re.compile(rf":(?:{'|'.join(map(str, sorted(job.broker.ports)))})\b") if job.broker.ports else None
        self._file = file
        self._own: dict[int, list[_Command]] = {}
        # Steps and containers that run nothing else, by the places of their entries.
        self.whole: set[int] = set()
        for place in {script.place for usage in job.usages if (script := self.around(usage.span.start))}:
            self._sort(file.tree.entries[place])

    def around(self, at: int) -> Entry | None:
        """Return the script around an offset, None if there is none."""
        for entry in self._file.around(at):
            if entry.kind in _TEXTS and (entry.name or self._above(entry).name) in _KEYS:
                return entry
        return None

    def lines(self, at: int) -> Lines | None:
        """Return the lines of the command at an offset, and a template block around nothing else; None if it stays."""
        script = self.around(at)
        for command in self._own.get(script.place, ()) if script is not None else ():
            if command.lines.has(at):
                return self._file.block_of(command.lines)
        return None

    def _above(self, entry: Entry) -> Entry:
        return self._file.tree.entries[entry.parent] if entry.parent >= 0 else entry

    def _sort(self, script: Entry) -> None:
        commands = list(self._commands(script))
        own = [each for each in commands if each.is_plain and self._is_own(each.text)]
        if own and len(own) == len(commands):
            runner = next((e for e in self._file.tree.ancestors(script) if self._above(e).name in _RUNNERS), None)
            if runner is not None and runner.key is None and len(self._others(runner)) > 0:
                self.whole.add(runner.place)
                return
        if script.kind is ValueKind.BLOCK and len(own) < len(commands):
            self._own[script.place] = own

    def _others(self, runner: Entry) -> list[Entry]:
        """Return what is left of a list without one of its items; first containers can all go."""
        if self._above(runner).name == "initContainers":
            return [runner]
        return [each for each in self._file.siblings(runner) if each != runner]

    def _is_own(self, text: str) -> bool:
        """Tell whether a command uses a tool of the broker, its management, or what has no counterpart."""
        for part in _BETWEEN.split(text):
            used = self._broker.command.search(part) or self._broker.api.search(part)
            if self._port is not None:
                used = used or self._port.search(part)
            if not used and not any(map(self._dropped.fullmatch, _WORD.findall(part))):
                return False
        return True

    def _commands(self, script: Entry) -> Iterator[_Command]:
        """Yield the commands of a script, without those that only set the shell up."""
        data, (at, end) = self._file.data, script.value
        if script.kind is not ValueKind.BLOCK:
            text = script.text.strip()
            yield _Command(Lines(at, end), text, not _STRUCTURE.match(text) and _ASSIGNS.match(text) is None)
            return
        at, depth, parts = data.find(b"\n", at, end) + 1 or end, 0, list[str]()
        first = at
        while at < end:
            stop = line_end(data, at)
            line = data[at:stop].decode(errors="replace").strip()
            if not parts:
                first = at
            at = stop
            if self._file.is_action(line_start(data, stop - 1)):
                continue
            goes_on = line.endswith(("\\", "|", "&&"))
            parts.append(line.rstrip("\\").strip())
            if goes_on and at < end:
                continue
            text, parts = " ".join(parts), []
            is_structure = _STRUCTURE.match(text) is not None
            is_plain = not is_structure and depth == 0 and text.count('"') % 2 == text.count("'") % 2 == 0
            depth += len(re.findall(r"(?:^|;\s*)(?:if|for|while|until|case)\b", text))
            depth -= len(re.findall(r"(?:^|;\s*)(?:fi|done|esac)\b", text))
            if not _NEUTRAL.match(text):
                yield _Command(Lines(first, at), text, is_plain and _ASSIGNS.match(text) is None)
