"""What a task is about: its verb, the rule for its kind, its service, and what it names in the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from natsscan.catalog.checklist import ChecklistRules, CompiledRule
from natsscan.checklist.tree import Kind, Named, Tree, folded
from natsscan.model.checklist import Task

_LONGEST_VERB = 3
# Words behind which a task says what is to come, not what is there.
_TARGET = re.compile(r"\s(?:to|into|with|by|durch|nach|zu)\s|→|->|=>", re.IGNORECASE)
CREATING = "create"


@dataclass(frozen=True, slots=True)
class Understood:
    """A task as natsscan understands it; `rule` is None if none is about such tasks.

    `named` is what it names, `wanted` those names among them that need not be there yet.
    """

    task: Task
    service: str
    rule: CompiledRule | None
    named: tuple[Named, ...]
    wanted: tuple[Named, ...]

    @property
    def missing(self) -> tuple[Named, ...]:
        """What it names as being there, and is not."""
        return tuple(each for each in self.named if each.kind is Kind.MISSING and each not in self.wanted)

    @property
    def there(self) -> tuple[Named, ...]:
        """What it names that is there."""
        return tuple(each for each in self.named if each.paths)


def understand(tasks: Sequence[Task], rules: ChecklistRules, tree: Tree) -> tuple[Understood, ...]:
    """Return what each of some tasks is about; headings that all of them share say nothing of any."""
    shared = shared_sections(tasks)
    return tuple(_understand(task, rules, tree, shared) for task in tasks)


def shared_sections(tasks: Sequence[Task]) -> tuple[str, ...]:
    """Return the headings that stand above all tasks, such as the title of the document."""
    first = tasks[0].sections if tasks else ()
    return tuple(text for at, text in enumerate(first) if all(task.sections[at : at + 1] == (text,) for task in tasks))


def _understand(task: Task, rules: ChecklistRules, tree: Tree, phases: Sequence[str]) -> Understood:
    verb = verb_of(task.text, rules.verbs)
    around = [text for text in (*task.sections, *task.parents) if text not in phases]
    service = next(filter(None, map(tree.service_in, (*around, task.text))), "")
    named = tuple(tree.named(name, service) for name in task.names)
    named = tuple(each for each in named if each.kind is not Kind.OTHER)
    where = " > ".join([*task.sections, *task.parents])
    rule = rule_for(rules.rules, verb, task.text, where, bool(named))
    return Understood(task, service, rule, named, _wanted(task, verb, named))


def verb_of(text: str, verbs: dict[str, str]) -> str:
    """Return the class of the verb that a task begins with; German ones may also end it."""
    words = folded(text).split()
    for length in range(min(_LONGEST_VERB, len(words)), 0, -1):
        for start in (0, len(words) - length):
            found = verbs.get(" ".join(words[start : start + length]))
            if found is not None:
                return found
    return ""


def rule_for(rules: Iterable[CompiledRule], verb: str, text: str, where: str, has_names: bool) -> CompiledRule | None:
    """Return the first rule that fits a task, None if none does."""
    for compiled in rules:
        when = compiled.rule.when
        if when.verbs and verb not in when.verbs:
            continue
        if when.names is not None and when.names is not has_names:
            continue
        if (not when.text or compiled.text.search(text)) and (not when.section or compiled.section.search(where)):
            return compiled
    return None


def _wanted(task: Task, verb: str, named: Iterable[Named]) -> tuple[Named, ...]:
    """Return the names that a task wants to be there: all of one that creates, else those behind `to` or `with`."""
    if verb == CREATING:
        return tuple(named)
    target = _TARGET.search(task.text)
    behind = task.text[target.end() :] if target else ""
    return tuple(each for each in named if f"`{each.name}`" in behind)
