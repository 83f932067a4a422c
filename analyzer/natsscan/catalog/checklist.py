"""Rules that judge the tasks of a migration checklist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from natsscan.catalog.strict import Strict
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.usage import Operation


class How(StrEnum):
    """By what a task is judged.

    `replaced`: uses of the old system are gone, and the new one is there. `removed`: uses of the old one are gone, or
    what is named is. `present`: uses of the new one are there. `both`: uses of each are there. `kept`: uses of the old
    one are there. `contains`: a file has the `content`. `exists`: what is named is there. `read`: people read code,
    while it is about the old system. `told`: natsscan itself tells. `order`: natsscan works out the order. `after`:
    people try it, once the new system is in use. `people`: only people can say.
    """

    REPLACED = "replaced"
    REMOVED = "removed"
    PRESENT = "present"
    BOTH = "both"
    KEPT = "kept"
    CONTAINS = "contains"
    EXISTS = "exists"
    READ = "read"
    TOLD = "told"
    ORDER = "order"
    AFTER = "after"
    PEOPLE = "people"


class Where(StrEnum):
    """Where a rule looks first: at what the task names, else in its service, else in the whole tree."""

    NAMED = "named"
    SERVICE = "service"
    TREE = "tree"


class TaskWhen(Strict, frozen=True):
    """Which tasks a rule is about; every condition given must hold. Patterns are searched without regard to case.

    `verbs` are classes of verbs of which one begins the task. `text` is searched in the task, `section` in its headings
    and the tasks around it. `names` asks for something in the task that is, or could be, in the tree.
    """

    verbs: tuple[str, ...] = ()
    text: str = ""
    section: str = ""
    names: bool | None = None


class JudgeRule(Strict, frozen=True):
    """How a task is judged; conditions narrow which usages count.

    `symbols` and `paths` are patterns for the symbols and the paths of files that count; `content` are patterns that
    the text of one file must all have, in the case in which they are written. With `among`, only files with that in
    their text count, and all of them must have the content. `shown` is the command of natsscan that tells.
    """

    how: How
    where: Where = Where.NAMED
    operations: tuple[Operation, ...] = ()
    languages: tuple[str, ...] = ()
    symbols: str = ""
    paths: str = ""
    among: str = ""
    content: tuple[str, ...] = ()
    shown: str = ""


class ChecklistRule(Strict, frozen=True):
    """A kind of task. `next` says what to do while it is open; `about` and `not_about` are tasks as people write them.

    A task in these stands behind its headings: `Phase 2 > Gundeck > Update the cabal file`.
    """

    id: str
    title: str
    when: TaskWhen
    judge: JudgeRule
    about: Annotated[tuple[str, ...], Meta(min_length=1)]
    not_about: Annotated[tuple[str, ...], Meta(min_length=1)]
    next: str = ""


class ChecklistFile(Strict, frozen=True, tag_field="kind", tag="checklist"):
    """Rules about tasks, the first one that fits a task counts; `verbs` are classes of verbs, in several languages."""

    id: str
    title: str
    rules: tuple[ChecklistRule, ...]
    verbs: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its patterns ready to be used."""

    rule: ChecklistRule
    text: re.Pattern[str]
    section: re.Pattern[str]
    symbols: re.Pattern[str]
    paths: re.Pattern[str]
    among: re.Pattern[str]
    content: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class ChecklistRules:
    """All rules in order, and the class of each verb."""

    rules: tuple[CompiledRule, ...]
    verbs: dict[str, str]


def compile_checklist(files: Iterable[tuple[YamlFile, ChecklistFile]]) -> ChecklistRules:
    """Return the rules of all files; those of a later file, a user's own, come first.

    Raises InputError, with file and line, for a broken pattern, an id given twice and a class of verbs that is none.
    """
    loaded = list(files)
    verbs = {verb.lower(): name for _, content in loaded for name, each in content.verbs.items() for verb in each}
    classes = set(verbs.values())
    rules: list[CompiledRule] = []
    seen: set[str] = set()
    for file, given in reversed(loaded):
        for at, rule in enumerate(given.rules):
            if rule.id in seen:
                raise file.error(("rules", at, "id"), f"rule {rule.id} is defined twice")
            seen.add(rule.id)
            for verb in rule.when.verbs:
                if verb not in classes:
                    raise file.error(("rules", at, "when", "verbs"), f"{verb} is none of {', '.join(sorted(classes))}")
            texts: list[tuple[tuple[str | int, ...], str]] = [
                (("when", "text"), rule.when.text),
                (("when", "section"), rule.when.section),
                (("judge", "symbols"), rule.judge.symbols),
                (("judge", "paths"), rule.judge.paths),
                (("judge", "among"), rule.judge.among),
                *((("judge", "content", number), text) for number, text in enumerate(rule.judge.content)),
            ]
            for place, text in texts:
                file.pattern(("rules", at, *place), text)
            when, section, symbols, places, among = (re.compile(text, re.IGNORECASE) for _, text in texts[:5])
            content = tuple(map(re.compile, rule.judge.content))
            rules.append(CompiledRule(rule, when, section, symbols, places, among, content))
    return ChecklistRules(tuple(rules), verbs)
