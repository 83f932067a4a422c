"""Makefiles: words in lists, variables, recipes, and rules that are the broker's as a whole."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tree_sitter import Node

from natsscan.model.usage import Usage
from natsscan.patches import bash, wordlists
from natsscan.patches.commands import Commands, name_of, told_for
from natsscan.patches.lines import runs, whole
from natsscan.patches.makelines import Line, Rule, Sort, lines, rules
from natsscan.patches.place import Job, Place, Reading, Switch
from natsscan.patches.rewording import DROPPED, reworded
from natsscan.patches.stretches import comments_above, with_blank
from natsscan.surfaces.words import with_holes

_JUSTFILE = "natsscan does not rewrite justfiles: write the same for NATS by hand."
_OTHER = "It stands in a definition or a directive of make: write the same for NATS by hand."
_CALL = "It calls the broker's tools or management API, which no new names make calls of NATS."
_GOES = "The target does nothing but call the broker. What is still wanted of it needs other commands."
_TARGET = "The target is called after the broker and does something else too: rename it, and it in all that names it."
_LEADS = "It also leads to {}, which is not built from this tree and keeps its broker."
_READ = "What stays in the makefile still reads it: take both out by hand."
_EMPTIED = "Nothing would be left of the recipe that it stands in: take it out by hand, with its target."
_NO_SHELL = "The command cannot be read: write the same for NATS by hand."
_MAKE = frozenset({"make", "gmake", "$(MAKE)", "${MAKE}"})
_RUNS = re.compile(rb"!=|\$[({]shell\b|`")
_VARIABLE = re.compile(rb"\$\((\w+)\)")
_AUTOMATIC = re.compile(rb"\$[<^?+*%|@]")


def read(job: Job) -> Reading:
    """Return the places of a makefile, and lines to switch."""
    if posixpath.basename(job.source.path).lower().endswith("justfile"):
        return Reading((), tuple((usage, _JUSTFILE) for usage in job.usages))
    return _Makefile(job).reading()


class _Makefile:
    """One makefile, and which of its targets go."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.data = job.source.data
        self.lines = lines(self.data)
        self.rules = [rule for rule in rules(self.lines) if not self._says(rule.header.targets).startswith(b".")]
        self.commands = {
            line.start: self._command(line) for rule in self.rules for line in rule.recipe if line.sort is Sort.RECIPE
        }
        self.gone = self._targets_that_go()

    def reading(self) -> Reading:
        """Return what is found in the makefile."""
        places: list[Place] = []
        switches: list[Switch] = []
        others: list[tuple[Usage, str]] = []
        going = [rule for rule in self.rules if self._goes(rule, self.gone)]
        blocks = [self._rule(rule) for rule in going]
        places += blocks
        rest = [each for each in self.lines if not any(b.start <= each.start < b.end for b in blocks)]
        for line in rest:
            usages = self._usages(line)
            if line.sort is Sort.RULE:
                places += self._header(line, usages, others)
            elif line.sort is Sort.RECIPE and (usages or self._is_going(line, self.gone)):
                self._recipe(line, usages, places, switches, others)
            elif line.sort is not Sort.ASSIGNMENT:
                others += [(usage, _OTHER) for usage in usages]
        assigned = [line for line in rest if line.sort is Sort.ASSIGNMENT and self._usages(line)]
        for run in runs(
            assigned, lambda one, other: one.end == other.start and self._is_own(one) == self._is_own(other)
        ):
            self._assigned(run, places, switches, others)
        places = [self._settled(place, places, switches) for place in places]
        return Reading(tuple(sorted(places, key=lambda p: (p.start, p.end))), tuple(others), tuple(switches))

    def _usages(self, line: Line) -> list[Usage]:
        return [usage for usage in self.job.usages if line.start <= usage.span.start < line.end]

    def _says(self, words: Sequence[tuple[int, int]]) -> bytes:
        return b" ".join(self.data[start:end] for start, end in words)

    def _command(self, line: Line) -> tuple[Node, Commands]:
        """Return the tree of a command in a recipe, and who to ask about it."""
        (start, end), *_ = line.words
        text = _AUTOMATIC.sub(b"$_", self.data[start:end].replace(b"$$", b"\\$"))
        text = _VARIABLE.sub(rb"${\1}", text)  # of the same length, and no command to the shell
        return bash.parse(text), Commands(self.job, self._usages(line), start)

    def _targets_that_go(self) -> frozenset[bytes]:
        gone: frozenset[bytes] = frozenset()
        while True:
            kept = {t for rule in self.rules if not self._goes(rule, gone) for t in self._targets(rule)}
            found = frozenset(t for rule in self.rules for t in self._targets(rule)) - kept
            if found == gone:
                return found
            gone = found

    def _targets(self, rule: Rule) -> list[bytes]:
        return [self.data[start:end] for start, end in rule.header.targets]

    def _goes(self, rule: Rule, gone: frozenset[bytes]) -> bool:
        recipe = [line for line in rule.recipe if line.sort is Sort.RECIPE]
        if rule is self.rules[0]:  # what make does if it is told nothing
            return False
        named = self.job.broker.name.search(self._says(rule.header.targets).decode(errors="replace")) is not None
        if not recipe:
            needs = [self.data[start:end] for start, end in rule.header.words]
            return named and bool(needs) and all(need in gone for need in needs)
        calls = [line for line in recipe if self._is_call(line)]
        harmless = all(line in calls or self._is_going(line, gone) or self._is_harmless(line) for line in recipe)
        return harmless and (bool(calls) or (named and any(self._is_going(line, gone) for line in recipe)))

    def _is_call(self, line: Line) -> bool:
        tree, commands = self.commands[line.start]
        return not tree.has_error and commands.is_the_brokers(tree)

    def _is_harmless(self, line: Line) -> bool:
        tree, _ = self.commands[line.start]
        names = [name_of(each) for each in bash.within(tree, "command")]
        return not tree.has_error and all(name in self.job.broker.tools.harmless for name in names)

    def _is_going(self, line: Line, gone: frozenset[bytes]) -> bool:
        """Tell whether a command has make do nothing but targets that go."""
        (start, end), *_ = line.words
        first, *words = self.data[start:end].split() or [b""]
        wanted = [word for word in words if not word.startswith(b"-") and b"=" not in word]
        return first.decode(errors="replace") in _MAKE and bool(wanted) and all(word in gone for word in wanted)

    def _rule(self, rule: Rule) -> Place:
        """Return a rule as a place, with the line above that says it makes no file."""
        data, start = self.data, rule.header.start
        above = next((line for line in self.lines if line.end == start), None)
        if above is not None and above.targets and self._is_phony(above, self._targets(rule)):
            start = above.start
        start, end = with_blank(data, comments_above(data, start), rule.end)
        answers = tuple(usage for usage in self.job.usages if start <= usage.span.start < end)
        reason = told_for(self.job, _GOES, answers) if any(usage.is_call for usage in answers) else ""
        return Place(start, end, answers, None, end, reason)

    def _is_phony(self, line: Line, targets: Iterable[bytes]) -> bool:
        words = {self.data[start:end] for start, end in line.words}
        return self._says(line.targets) == b".PHONY" and words <= {*targets}

    def _header(self, line: Line, usages: Sequence[Usage], others: list[tuple[Usage, str]]) -> list[Place]:
        """Return the places of what a target needs, or of what is no file; names of targets are for people."""
        listed = [(s, e) for s, e in line.words if self.data[s:e] in self.gone]
        inside = [usage for usage in usages if any(s <= usage.span.start < e for s, e in listed)]
        others += [(usage, _TARGET) for usage in usages if usage not in inside]
        if len(listed) == len(line.words) and self._says(line.targets) == b".PHONY" and listed:
            start, end = with_blank(self.data, line.start, line.end)
            return [Place(start, end, tuple(inside), None, end, "")]
        return wordlists.without(self.job, line.words, listed, inside)

    def _recipe(
        self,
        line: Line,
        usages: Sequence[Usage],
        places: list[Place],
        switches: list[Switch],
        others: list[tuple[Usage, str]],
    ) -> None:
        """Sort one command of a rule that stays."""
        tree, commands = self.commands.get(line.start, (None, None))
        if tree is None or commands is None or tree.has_error:
            others += [(usage, _NO_SHELL) for usage in usages]
        elif (image := commands.leads_away(tree)) is not None:
            others += [(usage, _LEADS.format(image)) for usage in usages]
        elif self._is_call(line) or self._is_going(line, self.gone):
            reason = told_for(self.job, _CALL, usages) if commands.calls(tree) else ""
            rule = next(rule for rule in self.rules if line in rule.recipe)
            left = [each for each in rule.recipe if each.sort is Sort.RECIPE and each is not line]
            stays = any(not self._is_call(each) and not self._is_going(each, self.gone) for each in left)
            told = reason if stays else f"{_EMPTIED} {reason}".strip()
            places.append(Place(line.start, line.end, tuple(usages), None, line.end, told, can_go=stays))
        elif commands.calls(tree):
            others += [(usage, told_for(self.job, _CALL, usages)) for usage in usages]
        else:
            self._switch(line, usages, switches, others)

    def _switch(
        self, line: Line, usages: Sequence[Usage], switches: list[Switch], others: list[tuple[Usage, str]]
    ) -> None:
        new = reworded(self.job, self.data[line.start : line.end])
        if isinstance(new, bytes):
            switches.append(Switch(line.start, line.end, new, tuple(usages)))
        else:
            others += [(usage, new) for usage in usages]

    def _is_own(self, line: Line) -> bool:
        """Tell whether a line assigns a variable that is called otherwise on the target."""
        return self.job.replacements.text(line.name) != line.name

    def _assigned(
        self,
        run: Sequence[Line],
        places: list[Place],
        switches: list[Switch],
        others: list[tuple[Usage, str]],
    ) -> None:
        """Sort assignments that follow each other, all of variables of the broker or none."""
        if self._is_own(run[0]):
            places.append(self._twin(run))
            return
        for line in run:
            usages = self._usages(line)
            text = self.data[line.start : line.end].decode(errors="replace")
            image = next((i for word in text.split() if (i := self.job.leads_to(with_holes(word)))), None)
            is_list = wordlists.is_list(self.data, line.words, [usage.span.start for usage in usages])
            if image is not None and not is_list:
                others += [(usage, _LEADS.format(image)) for usage in usages]
            elif len(line.words) > 1 and is_list and not self._is_run(line.name):
                places += wordlists.places(self.job, line.words, usages)
            else:
                self._switch(line, usages, switches, others)

    def _is_run(self, name: bytes) -> bool:
        """Tell whether a variable is run as a command somewhere."""
        called = rb"(?m)(?:^\t[@+-]*|[;&|(] *)\$[({]" + re.escape(name) + rb"[)}]"
        return re.search(called, self.data) is not None

    def _twin(self, run: Sequence[Line]) -> Place:
        data, answers = self.data, tuple(usage for line in run for usage in self._usages(line))
        start, end = run[0].start, run[-1].end
        kept = [line for line in run if not self.job.replacements.dropped.fullmatch(line.name.decode())]
        missing = [line for line in kept if not self._is_assigned(self.job.replacements.text(line.name))]
        texts = [reworded(self.job, data[line.start : line.end], names_files=True) for line in missing]
        why = next((text for text in texts if isinstance(text, str)), None)
        if why is not None or not kept:
            return Place(start, end, answers, None, end, why or DROPPED)
        text = b"".join(text for text in texts if isinstance(text, bytes))
        is_safe = not any(_RUNS.search(data, line.start, line.end) for line in missing)
        return Place(start, end, answers, whole(data, text, end) if text else b"", end, "", is_safe=is_safe)

    def _is_assigned(self, name: bytes) -> bool:
        return any(line.sort is Sort.ASSIGNMENT and line.name == name for line in self.lines)

    def _settled(self, place: Place, places: Iterable[Place], switches: Iterable[Switch]) -> Place:
        """Return a place that stays if what stays reads a variable of the broker that it assigns."""
        names = [
            line.name
            for line in self.lines
            if line.sort is Sort.ASSIGNMENT and place.start <= line.start < place.end and self._is_own(line)
        ]
        gone = [*((p.start, p.end) for p in places if p.can_go), *((s.start, s.end) for s in switches)]
        for name in names if place.can_go else ():
            pattern = rb"\$[({]" + re.escape(name) + rb"\b"
            left = (m for m in re.finditer(pattern, self.data) if not any(s <= m.start() < e for s, e in gone))
            if next(left, None) is not None or any(re.search(pattern, switch.text) for switch in switches):
                return replace(place, can_go=False, reason=f"{_READ} {place.reason}".strip())
        return place
