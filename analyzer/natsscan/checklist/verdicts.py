"""What each way of judging makes of a task: its status, why, and the places that show it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from natsscan.catalog.checklist import CompiledRule, How, Where
from natsscan.checklist.tree import Kind, Tree
from natsscan.checklist.understand import Understood
from natsscan.model.checklist import Evidence, Status
from natsscan.model.finding import Finding
from natsscan.model.order import Mismatch
from natsscan.nats.order import compare_order, migration_order, stated_order

SHOWN = 5
_IN_BRACKETS = re.compile(r"\(([^()]+)\)")

Verdict = tuple[Status, str, tuple[Evidence, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """Findings of the system migrated from and of those migrated to, and where they are."""

    old: tuple[Finding, ...]
    new: tuple[Finding, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Case:
    """A task to be judged: what it is about, the findings there that count, and all findings of its service.

    `old` and `new` are what people call the two systems.
    """

    about: Understood
    rule: CompiledRule | None
    found: Found
    around: Found
    tree: Tree
    old: str
    new: str

    @property
    def title(self) -> str:
        """What the rule says of such tasks."""
        return self.rule.rule.title if self.rule else ""


def verdict(case: Case, how: How) -> Verdict:
    """Return what a way of judging makes of a task."""
    return _VERDICTS[how](case)


def places(findings: Iterable[Finding]) -> tuple[Evidence, ...]:
    """Return the first places of some findings."""
    shown: dict[tuple[str, int], Evidence] = {}
    for finding in findings:
        span = finding.usage.span
        shown.setdefault(
            (span.path, span.line), Evidence(span.path, span.line, f"{finding.usage.operation} {finding.usage.symbol}")
        )
        if len(shown) == SHOWN:
            break
    return tuple(shown.values())


def belongs(path: str, owner: str, service: str) -> bool:
    """Tell whether a file belongs to a service: by its package, or as a folder or the file itself is called so."""
    if owner == service:
        return True
    parts = path.split("/")
    return service in parts or parts[-1].startswith(f"{service}.")


def _replaced(case: Case) -> Verdict:
    """Tell whether the new system has taken the place of the old one, at least in the service."""
    found, around = case.found, case.around
    if found.old and found.new:
        total = len(found.old) + len(found.new)
        said = f"{len(found.old)} of {total} uses are still of {case.old}: {_counted(found.old)}."
        return Status.PARTIAL, said, places(found.old)
    if found.old:
        return Status.TODO, f"{_uses(found.old, case.old)} in {found.place}, none of {case.new}.", places(found.old)
    if found.new:
        said = f"No use of {case.old} is left in {found.place}, and {_uses(found.new, case.new)}."
        return Status.DONE, said, places(found.new)
    if around.old:
        said = f"Nothing of {case.old} in {found.place} itself, but {_uses(around.old, case.old)} in {around.place}."
        return Status.TODO, said, places(around.old)
    if around.new:
        said = f"Nothing of {case.old} is in {around.place}, and {_uses(around.new, case.new)}."
        return Status.DONE, said, places(around.new)
    return Status.DONE, f"Nothing of {case.old} is in {found.place}.", ()


def _removed(case: Case) -> Verdict:
    """Tell whether the old system, or what is named, is gone."""
    about, found = case.about, case.found
    if about.named and not about.there:
        return Status.DONE, f"{_listed(about)} {_are(about.named)} gone.", ()
    if about.there:
        here = tuple(Evidence(path, 0, "is there") for each in about.there for path in each.paths[:SHOWN])
        gone = len(about.named) - len(about.there)
        if gone:
            return Status.PARTIAL, f"{gone} of {len(about.named)} are gone.", here
        if found.old or any(each.kind is Kind.FOLDER for each in about.there):
            return Status.TODO, f"{_listed(about)} {_are(about.there)} there.", here
    if found.old:
        return Status.TODO, f"{_uses(found.old, case.old)} in {found.place}.", places(found.old)
    return Status.DONE, f"No use of {case.old} is left in {found.place}.", ()


def _present(case: Case) -> Verdict:
    """Tell whether the new system is in use."""
    if case.found.new:
        return Status.DONE, f"{_uses(case.found.new, case.new)} in {case.found.place}.", places(case.found.new)
    return Status.TODO, f"No such use of {case.new} in {case.found.place}.", ()


def _both(case: Case) -> Verdict:
    """Tell whether both systems are in use side by side; when the old one is gone, that time is over."""
    found = case.found
    if found.new:
        over = "" if found.old else f" {case.old} is gone already."
        return Status.DONE, f"{_uses(found.new, case.new)} in {found.place}.{over}", places(found.new)
    if found.old:
        return Status.TODO, f"Only {case.old} in {found.place}: {_counted(found.old)}.", places(found.old)
    return Status.TODO, f"Neither {case.old} nor {case.new} in {found.place}.", ()


def _kept(case: Case) -> Verdict:
    """Tell whether the old system is still there, as it is to be."""
    found = case.found
    if found.old:
        return Status.DONE, f"It is there: {_uses(found.old, case.old)} in {found.place}.", places(found.old)
    return Status.TODO, f"{case.old} is not in {found.place} any more.", ()


def _contains(case: Case) -> Verdict:
    """Tell whether a file has the text."""
    rule = case.rule
    if rule is None:
        return Status.UNCLEAR, "", ()
    named = [path for each in case.about.there for path in _files(each.paths, case.tree) if rule.paths.search(path)]
    paths = named or sorted(path for path in case.tree.paths if rule.rule.judge.paths and rule.paths.search(path))
    if rule.rule.judge.where is Where.SERVICE and case.about.service:
        paths = [path for path in paths if belongs(path, "", case.about.service)]
    texts = ((path, (case.tree.read(path) or b"").decode("utf-8", errors="replace")) for path in paths)
    among = [(path, text) for path, text in texts if not rule.rule.judge.among or rule.among.search(text)]
    having = []
    for path, text in among:
        first = rule.content[0].search(text) if rule.content else None
        if first is not None and all(pattern.search(text) for pattern in rule.content[1:]):
            having.append(Evidence(path, text.count("\n", 0, first.start()) + 1, "has it"))
    looked = f"{len(among)} {'file' if len(among) == 1 else 'files'} of the kind"
    if not having:
        return Status.TODO, f"Looked for in {looked}, and not found." if among else "No file of the kind is there.", ()
    if rule.rule.judge.among and len(having) < len(among):
        lacking = [Evidence(path, 0, "has it not") for path, _ in among if path not in {each.path for each in having}]
        return Status.PARTIAL, f"{len(having)} of {looked} {_have(having)} it.", tuple(lacking[:SHOWN])
    return Status.DONE, f"{len(having)} of {looked} {_have(having)} it.", tuple(having[:SHOWN])


def _exists(case: Case) -> Verdict:
    """Tell whether what is named is there, or a file whose path fits."""
    about, rule = case.about, case.rule
    if not about.named:
        paths = sorted(p for p in case.tree.paths if rule and rule.rule.judge.paths and rule.paths.search(p))
        here = tuple(Evidence(path, 0, "is there") for path in paths[:SHOWN])
        return (Status.DONE, f"{len(paths)} are there.", here) if paths else (Status.TODO, "No such file is there.", ())
    here = tuple(Evidence(path, 0, "is there") for each in about.there for path in each.paths[:1])
    if len(about.there) == len(about.named):
        return Status.DONE, f"{_listed(about)} {_are(about.named)} there.", here
    if about.there:
        return Status.PARTIAL, f"{len(about.there)} of {len(about.named)} are there.", here
    return Status.TODO, f"{_listed(about)} {_are(about.named)} not there yet.", ()


def _read(case: Case) -> Verdict:
    """Leave code to people to read, as long as it is about the old system."""
    found = case.found
    if found.old:
        said = f"For people to read: {_uses(found.old, case.old)} in {found.place}."
        return Status.MANUAL, said, places(found.old)
    if found.new:
        return Status.DONE, f"{case.old} is gone from {found.place}: nothing is left to read.", ()
    return Status.MANUAL, f"For people to read; natsscan finds nothing of {case.old} in {found.place}.", ()


def _told(case: Case) -> Verdict:
    """Say what of natsscan tells it."""
    if not case.found.old:
        return Status.DONE, f"Nothing of {case.old} is in {case.found.place}.", ()
    shown = case.rule.rule.judge.shown if case.rule else ""
    said = f"`{shown}` tells: {_uses(case.found.old, case.old)} in {case.found.place}."
    return Status.DONE, said, places(case.found.old)


def _ordered(case: Case) -> Verdict:
    """Say the order in which services move, and where the one that the task states breaks it."""
    topology, findings = case.tree.report.topology, case.tree.old
    steps = migration_order(topology, findings)
    if not steps:
        return Status.DONE, "Nothing has to move.", ()
    said = f"By the flows it is {' → '.join(step.name for step in steps)}."
    in_brackets = _IN_BRACKETS.findall(case.about.task.text)
    stated = stated_order(in_brackets[-1]) if in_brackets else ()
    if len(stated) <= 1:
        return Status.DONE, said, ()
    differences = compare_order(stated, topology, findings)
    shown = tuple(Evidence("", 0, f"{each.name}: {each.reason}") for each in differences)
    wrong = [each for each in differences if each.kind is not Mismatch.MISSING]
    if wrong:
        return Status.PARTIAL, f"{said} The one stated breaks it at {wrong[0].name}: {wrong[0].reason}", shown
    left_out = ", ".join(each.name for each in differences)
    return Status.DONE, f"{said} The one stated agrees{f', and leaves out {left_out}' if left_out else ''}.", shown


def _after(case: Case) -> Verdict:
    """Leave it to people to try, once the new system is in use."""
    if case.found.new:
        return Status.MANUAL, f"{case.title}: {case.new} is in {case.found.place}.", places(case.found.new)
    return Status.TODO, f"Not yet: {case.new} is not in use in {case.found.place}.", ()


def _people(case: Case) -> Verdict:
    """Leave it to people to say."""
    return Status.MANUAL, f"{case.title}.", ()


_VERDICTS: dict[How, Callable[[Case], Verdict]] = {
    How.REPLACED: _replaced,
    How.REMOVED: _removed,
    How.PRESENT: _present,
    How.BOTH: _both,
    How.KEPT: _kept,
    How.CONTAINS: _contains,
    How.EXISTS: _exists,
    How.READ: _read,
    How.TOLD: _told,
    How.ORDER: _ordered,
    How.AFTER: _after,
    How.PEOPLE: _people,
}


def _files(paths: Iterable[str], tree: Tree) -> list[str]:
    """Return files, and those in folders."""
    found: list[str] = []
    for path in paths:
        found += sorted(p for p in tree.paths if p.startswith(path)) if path.endswith("/") else [path]
    return found


def _uses(findings: Sequence[Finding], name: str) -> str:
    return f"{len(findings)} {'use' if len(findings) == 1 else 'uses'} of {name}"


def _are(items: Sequence[object]) -> str:
    return "is" if len(items) == 1 else "are"


def _have(items: Sequence[object]) -> str:
    return "has" if len(items) == 1 else "have"


def _counted(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.usage.operation for finding in findings)
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number} {operation}" for operation, number in most[:SHOWN])


def _listed(about: Understood) -> str:
    return ", ".join(f"`{each.name}`" for each in about.named)
