"""Shell scripts: words in lists, here-documents, assignments, commands, and scripts that are the broker's wholly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from tree_sitter import Node

from natsscan.model.usage import Usage
from natsscan.patches import bash, heredocs, wordlists
from natsscan.patches.commands import Commands, broker_functions, function_name, told_for
from natsscan.patches.lines import runs, whole
from natsscan.patches.place import Job, Place, Reading, Switch
from natsscan.patches.rewording import DROPPED, may_be_unset, reworded
from natsscan.patches.stretches import alone, comments_above, ends_paragraph, with_blank

_UNREADABLE = "The script cannot be read to its end, so nothing in it is changed: write the same for NATS by hand."
_WHOLE = "All that the script does is the broker's. What of it is still wanted has to be written with other commands."
_CALL = "It calls the broker's tools or management API, which no new names make calls of NATS."
_SHARED = "It shares its lines with something else: take it out by hand."
_EMPTIED = "Nothing would be left in the block that it stands in: take it out by hand, with the block."
_LEADS = "It also leads to {}, which is not built from this tree and keeps its broker."
_READ = "What stays in the script still uses what it defines: take both out by hand."
_TAKEN = "The script uses the name that it would have on NATS for something else already."
_MIXED = "It calls the broker's tools or management API in one command with something else: take it out by hand."
_INNER = "It stands in the condition or the words of another command: write the same for NATS by hand."
_ASSIGNING = ("variable_assignment", "variable_assignments", "declaration_command")
_RUNS = ("command_substitution", "process_substitution", "command")


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement on lines of its own with the usages in it. `calls` tells that it calls the broker."""

    node: Node
    start: int
    end: int
    usages: tuple[Usage, ...]
    calls: bool


def read(job: Job) -> Reading:
    """Return the places of a shell script, and lines to switch."""
    root = bash.parse(job.source.data)
    if root.has_error:
        return Reading((), tuple((usage, _UNREADABLE) for usage in job.usages))
    return _Script(job, root).reading()


class _Script:
    """One script and what is decided of its statements."""

    def __init__(self, job: Job, root: Node) -> None:
        self.job = job
        self.data = job.source.data
        self.root = root
        self.functions = broker_functions(job, root)
        self.commands = Commands(job, job.usages, 0, self.functions)
        self.assigned = frozenset(_assigned(root))

    def reading(self) -> Reading:
        """Return what is found in the script."""
        whole_script = self._whole()
        if whole_script is not None:
            return Reading((whole_script,), ())
        documents = heredocs.read(self.job, self.root, self.assigned)
        lists, switches, in_lists = self._lists()
        taken = {
            *in_lists,
            *chain.from_iterable(place.answers for place in documents.places),
            *chain.from_iterable(switch.answers for switch in documents.switches),
            *documents.kept,
        }
        others = list(documents.others)
        rest = [u for u in self.job.usages if u not in taken and u not in {usage for usage, _ in others}]
        statements, more = self._statements(rest)
        gone = self._that_go(statements)
        places, in_place, refused = self._of_names([each for each in statements if not each.calls])
        found = [*(self._call(each) for each in gone), *places]
        found, switches = self._settled(
            [*documents.places, *found], [*documents.switches, *switches, *in_place], statements
        )
        others += [*more, *refused]
        every = sorted([*lists, *found], key=lambda place: (place.start, place.end))
        in_order = tuple(sorted(switches, key=lambda each: each.start))
        return Reading(tuple(every), tuple(others), in_order, documents.kept)

    def _whole(self) -> Place | None:
        commands = Commands(replace(self.job, leads_to=lambda _: None), self.job.usages, 0, self.functions)
        if not commands.is_the_brokers(self.root):
            return None
        image = self.commands.leads_away(self.root)
        reason = _WHOLE if image is None else f"{_LEADS.format(image)} {_WHOLE}"
        told = told_for(self.job, reason, self.job.usages)
        return Place(0, len(self.data), self.job.usages, None, 0, told, can_go=image is None)

    def _lists(self) -> tuple[list[Place], list[Switch], set[Usage]]:
        """Return the places of words in arrays and loops, words to switch, and the usages that are in them."""
        found: list[Place] = []
        switches: list[Switch] = []
        used: set[Usage] = set()
        for node in bash.within(self.root, "array", "for_statement"):
            words = [
                (w.start_byte, w.end_byte) for w in node.named_children if w.type in ("word", "string", "raw_string")
            ]
            inside = [u for u in self.job.usages if any(start <= u.span.start < end for start, end in words)]
            is_loop = node.type == "for_statement"
            is_called = not is_loop and self._is_called(node)
            if is_called or not wordlists.is_list(self.data, words, [usage.span.start for usage in inside]):
                continue
            used.update(inside)
            if is_loop and len(words) == 1:  # without it there would be none, and its body is not made for two
                new = self.job.replacements.text(self.data[slice(*words[0])])
                switches.append(Switch(*words[0], new, tuple(inside)))
                continue
            found += wordlists.places(self.job, words, inside, is_safe=not is_loop)
        return found, switches, used

    def _is_called(self, array: Node) -> bool:
        """Tell whether the words of an array are run as a command somewhere."""
        name = array.parent.child_by_field_name("name") if array.parent is not None else None
        called = f"${{{bash.text(name)}[" if name is not None else ""
        return bool(called) and any(
            bash.text(each).strip('"').startswith(called) for each in bash.within(self.root, "command_name")
        )

    def _statements(self, usages: Iterable[Usage]) -> tuple[list[_Statement], list[tuple[Usage, str]]]:
        """Return the statements that usages are in, the innermost, and the usages for people."""
        by_node: dict[tuple[int, int], tuple[Node, list[Usage]]] = {}
        others: list[tuple[Usage, str]] = []
        for usage in usages:
            node = bash.statement_at(self.root, usage.span.start)
            while node is not None and alone(self.data, node.start_byte, node.end_byte) is None:
                node = bash.statement_around(node.parent)
            if node is None:
                others.append((usage, _SHARED))
            else:
                by_node.setdefault((node.start_byte, node.end_byte), (node, []))[1].append(usage)
        for call in self._calls_of_functions():
            by_node.setdefault((call.start_byte, call.end_byte), (call, []))
        found = []
        for _, (node, inside) in sorted(by_node.items(), key=lambda item: item[0]):
            image = self.commands.leads_away(node)
            lines = alone(self.data, node.start_byte, node.end_byte)
            if image is not None or lines is None:
                others += [(usage, _SHARED if image is None else _LEADS.format(image)) for usage in inside]
                continue
            calls = self.commands.calls(node)
            if calls and not self.commands.is_the_brokers(node):
                others += [(usage, told_for(self.job, _MIXED, inside)) for usage in inside]
                continue
            found.append(_Statement(node, *lines, tuple(inside), calls))
        return found, others

    def _calls_of_functions(self) -> Iterator[Node]:
        for command in bash.within(self.root, "command"):
            name = command.child_by_field_name("name")
            if name is not None and bash.text(name) in self.functions:
                node = bash.statement_at(self.root, command.start_byte)
                if node is not None:
                    yield node

    def _that_go(self, statements: Sequence[_Statement]) -> list[_Statement]:
        """Return the outermost statements that do nothing but call the broker, with all that is in each."""
        found: list[_Statement] = []
        for each in statements:
            node: Node | None = each.node
            best = each if each.calls else None
            while node is not None and node.parent is not None:
                lines = alone(self.data, node.start_byte, node.end_byte)
                if bash.is_compound(node) and lines is not None and self.commands.is_the_brokers(node):
                    best = _Statement(node, *lines, (), True)
                node = node.parent
            if best is not None and not any(other.start <= best.start and best.end <= other.end for other in found):
                inside = [u for s in statements for u in s.usages if best.start <= u.span.start < best.end]
                found = [other for other in found if not best.start <= other.start < best.end]
                found.append(replace(best, usages=tuple(dict.fromkeys(inside))))
        return found

    def _call(self, each: _Statement) -> Place:
        data = self.data
        start = comments_above(data, each.start)
        is_function = each.node.type == "function_definition"
        if not is_function and not ends_paragraph(data, each.end):
            start = each.start
        block = bash.siblings(each.node)
        reason = told_for(self.job, _CALL, each.usages) if each.usages else ""
        inside = each.node.parent is not None and each.node.parent.type != "program"
        if inside and len(block) == 1:
            return Place(start, each.end, each.usages, None, each.end, f"{_EMPTIED} {reason}", can_go=False)
        start, end = with_blank(data, start, each.end)
        return Place(start, end, each.usages, None, end, reason)

    def _of_names(self, statements: Sequence[_Statement]) -> tuple[list[Place], list[Switch], list[tuple[Usage, str]]]:
        """Return what stands beside or in the place of statements that only name the broker."""
        places: list[Place] = []
        switches: list[Switch] = []
        others: list[tuple[Usage, str]] = []
        for run in runs(statements, lambda one, other: one.end == other.start and one.node.parent == other.node.parent):
            if any(set(self._renamed(each)) for each in run):
                made = self._run(run)
                if isinstance(made, Place):
                    places.append(made)
                    continue
                others += [(usage, made) for each in run for usage in each.usages]
                continue
            for each in run:
                new = reworded(self.job, self.data[each.start : each.end])
                if bash.is_compound(each.node) or isinstance(new, str):
                    others += [(usage, new if isinstance(new, str) else _INNER) for usage in each.usages]
                else:
                    switches.append(Switch(each.start, each.end, new, each.usages))
        return places, switches, others

    def _renamed(self, each: _Statement) -> Iterator[bytes]:
        """Yield the variables that a statement assigns and that are called otherwise on the target."""
        if each.node.type in _ASSIGNING:
            for name in _assigned(each.node):
                if self.job.replacements.text(name) != name:
                    yield name

    def _run(self, run: Sequence[_Statement]) -> Place | str:
        """Return statements as one place, with the same about the target behind them; or why there can be none."""
        data, answers = self.data, tuple(usage for each in run for usage in each.usages)
        start, end = comments_above(data, run[0].start), run[-1].end
        if not self.job.broker.name.search(data[start : run[0].start].decode(errors="replace")):
            start = run[0].start
        names = {name for each in run for name in self._renamed(each)}
        kept = [each for each in run if not self._is_dropped(each)]
        texts = [reworded(self.job, data[each.start : each.end], names_files=True) for each in kept]
        why = next((text for text in texts if isinstance(text, str)), None)
        if why is not None:
            return why
        if not texts:
            return Place(start, end, answers, None, end, DROPPED)
        new_names = {self.job.replacements.text(name) for name in names}
        old = b"".join(data[each.start : each.end] for each in kept)
        text = may_be_unset(old, b"".join(each for each in texts if isinstance(each, bytes)), new_names | self.assigned)
        above = self.job.replacements.text(data[start : run[0].start])
        if text.strip() in data:
            start, end = with_blank(data, start, end)
            return Place(start, end, answers, b"", end, "")
        if any(re.search(rb"(?<![\w-])" + re.escape(name) + rb"(?![\w-])", data) for name in new_names):
            return _TAKEN
        is_safe = not any(any(bash.within(each.node, *_RUNS)) for each in kept)
        blank = b""
        if above and start:
            blank = b"\r\n" if data[: run[0].start].endswith(b"\r\n") else b"\n"
            start = with_blank_before(data, start)
        return Place(start, end, answers, whole(data, blank + above + text, end), end, "", is_safe=is_safe)

    def _is_dropped(self, each: _Statement) -> bool:
        names = [name.decode() for name in _assigned(each.node)] if each.node.type in _ASSIGNING else []
        return bool(names) and all(map(self.job.replacements.dropped.fullmatch, names))

    def _settled(
        self, places: list[Place], switches: list[Switch], statements: Sequence[_Statement]
    ) -> tuple[list[Place], list[Switch]]:
        """Return places and switches when it is clear what stays: what that reads cannot go, what nobody reads does."""
        while True:
            held = [p for p in places if p.can_go and self._is_read(p, places, switches)]
            if not held:
                break
            places = [
                replace(p, can_go=False, reason=f"{_READ} {p.reason}".strip()) if p in held else p for p in places
            ]
        stay = {name for p in places if not p.can_go for name in _assigned_between(self.root, p.start, p.end)}
        called = [at for at, name in _uses(self.root) if name in stay]
        places = [p for p in places if p.answers or not any(p.start <= at < p.end for at in called)]
        for each in statements:
            switch = next((s for s in switches if s.start == each.start), None)
            if switch is None or each.node.type not in _ASSIGNING:
                continue
            place = Place(each.start, each.end, each.usages, None, each.end, "")
            rest = [s for s in switches if s is not switch]
            if any(True for _ in _reads(each.node, self.root)) and not self._is_read(place, [*places, place], rest):
                places, switches = [*places, place], rest
        return places, switches

    def _is_read(self, place: Place, places: Iterable[Place], switches: Iterable[Switch]) -> bool:
        """Tell whether what stays uses a variable or a function that a place defines."""
        names = {*_assigned_between(self.root, place.start, place.end)}
        if not names:
            return False
        gone = [(p.start, p.end) for p in places if p.can_go] + [(place.start, place.end)]
        staying = [*gone, *((each.start, each.end) for each in switches)]
        for at, name in _uses(self.root):
            if name in names and not any(start <= at < end for start, end in staying):
                return True
        return any(re.search(rb"\$\{?" + re.escape(n) + rb"\b", s.text) for s in switches for n in names)


def with_blank_before(data: bytes, start: int) -> int:
    """Return where the blank line above a line begins, its own start if there is none."""
    return with_blank(data, start, len(data))[0] if data[:start].endswith((b"\n\n", b"\n\r\n")) else start


def _assigned(node: Node) -> Iterator[bytes]:
    """Yield the names of the variables that are assigned in a node."""
    for each in bash.within(node, "variable_assignment"):
        name = each.child_by_field_name("name")
        if name is not None and name.type == "variable_name":
            yield name.text or b""
    for each in bash.within(node, "declaration_command"):
        yield from (child.text or b"" for child in each.named_children if child.type == "variable_name")


def _assigned_between(root: Node, start: int, end: int) -> Iterator[bytes]:
    for node in bash.within(root, "variable_assignment", "declaration_command", "function_definition"):
        if start <= node.start_byte < end:
            if node.type == "function_definition":
                yield function_name(node).encode()
            else:
                yield from _assigned(node)


def _uses(root: Node) -> Iterator[tuple[int, bytes]]:
    """Yield where a script reads a variable or calls something, and what."""
    for node in bash.within(root, "variable_name", "command_name"):
        parent = node.parent
        if node.type == "command_name" or (parent is not None and "expansion" in parent.type):
            yield node.start_byte, node.text or b""


def _reads(assignment: Node, root: Node) -> Iterator[int]:
    names = set(_assigned(assignment))
    return (at for at, name in _uses(root) if name in names)
