"""Whose the commands of a script are: the broker's by what they call or name, harmless, or somebody else's."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from tree_sitter import Node

from natsscan.model.usage import Usage
from natsscan.patches import bash
from natsscan.patches.place import Job
from natsscan.surfaces.words import with_holes

_WORD = re.compile(r"(?:\$\{[^{}\s]*\}|\$?[\w-])+")


class Commands:
    """Asks about the commands in trees of one file whose text begins at `offset`.

    `functions` are names of commands that are known to do nothing but call the broker.
    """

    def __init__(self, job: Job, usages: Iterable[Usage], offset: int = 0, functions: Container[str] = ()) -> None:
        self._job = job
        self._usages = tuple(usages)
        self._offset = offset
        self._functions = functions

    def usages_in(self, node: Node) -> list[Usage]:
        """Return the usages in a node."""
        start, end = node.start_byte + self._offset, node.end_byte + self._offset
        return [usage for usage in self._usages if start <= usage.span.start < end]

    def calls(self, node: Node) -> bool:
        """Tell whether something in a node calls the broker's tools or API, or what does."""
        here = any(usage.is_call and not _in_heredoc(node, usage, self._offset) for usage in self.usages_in(node))
        return here or any(self._is_known(command) for command in bash.within(node, "command"))

    def leads_away(self, node: Node) -> str | None:
        """Return the released image that a word in a node leads to, None if there is none."""
        words = (match[0] for match in _WORD.finditer(bash.text(node)))
        return next((image for word in words if (image := self._job.leads_to(with_holes(word))) is not None), None)

    def is_the_brokers(self, node: Node) -> bool:
        """Tell whether all that a node does is the broker's, or harmless, and some of it calls the broker."""
        commands = [each for each in bash.within(node, "command") if not _is_in_function(each, node)]
        calls = [each for each in commands if self.calls(each)]
        return bool(calls) and self.leads_away(node) is None and all(map(self._is_in_place, commands))

    def _is_in_place(self, command: Node) -> bool:
        if self._is_own(command) or name_of(command).rpartition("/")[2] in self._job.broker.tools.harmless:
            return True
        parent = command.parent
        while parent is not None and parent.type in ("redirected_statement", "negated_command"):
            parent = parent.parent
        if parent is None or parent.type != "pipeline":
            return False
        return any(self._is_own(each) for each in bash.within(parent, "command"))

    def _is_own(self, command: Node) -> bool:
        named = any(not _in_heredoc(command, usage, self._offset) for usage in self.usages_in(command))
        return named or self._is_known(command)

    def _is_known(self, command: Node) -> bool:
        return name_of(command) in self._functions


def name_of(command: Node) -> str:
    """Return what a command is called as it is written."""
    name = command.child_by_field_name("name")
    return bash.text(name).strip("\"'") if name is not None else ""


def broker_functions(job: Job, root: Node) -> frozenset[str]:
    """Return the names of a script's functions that do nothing but call the broker."""
    known: frozenset[str] = frozenset()
    while True:
        commands = Commands(job, job.usages, 0, known)
        found = frozenset(
            function_name(each) for each in bash.within(root, "function_definition") if commands.is_the_brokers(each)
        )
        if found == known:
            return found
        known = found


def function_name(function: Node) -> str:
    """Return what a function is called."""
    name = function.child_by_field_name("name")
    return bash.text(name) if name is not None else ""


def told_for(job: Job, reason: str, usages: Sequence[Usage]) -> str:
    """Return a reason with what stands on the target for the calls among usages."""
    texts = dict.fromkeys(job.replacements.command(usage) for usage in usages if usage.is_call)
    told = "; ".join(text for text in texts if text)
    return (
        f"{reason} On {job.replacements.rules.words.get(job.broker.title, 'the target')}: {told}." if told else reason
    )


def _in_heredoc(node: Node, usage: Usage, offset: int) -> bool:
    return any(
        each.start_byte + offset <= usage.span.start < each.end_byte + offset
        for each in bash.within(node, "heredoc_body")
    )


def _is_in_function(node: Node, outermost: Node) -> bool:
    around: Node | None = node
    while around is not None and around != outermost:
        if around.type == "function_definition":
            return True
        around = around.parent
    return False
