"""Judges the tasks of a checklist against a scanned tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from natsscan.catalog.checklist import CompiledRule, How, Where
from natsscan.checklist.tree import Kind, Tree
from natsscan.checklist.understand import Understood
from natsscan.checklist.verdicts import Case, Found, belongs, verdict
from natsscan.model.checklist import Attestation, Evidence, Judgement, Status
from natsscan.model.finding import Finding

_BY_USES = frozenset({How.REPLACED, How.REMOVED, How.PRESENT, How.BOTH})
_OPEN = frozenset({Status.TODO, Status.PARTIAL})
_UNKNOWN = "natsscan does not understand what would make it done."
_TICKED = "It is ticked."
_TREE = "the tree"
_SUCH_FILES = "files of the kind"


def judge(
    tasks: Sequence[Understood],
    tree: Tree,
    gone: Mapping[str, tuple[Evidence, ...]],
    patches: Mapping[str, tuple[str, ...]],
    attested: Mapping[str, Attestation],
) -> tuple[Judgement, ...]:
    """Return a judgement of each task, in order.

    `gone` tells where what is not there any more went, by the name that tasks give it, `patches` are those that answer
    a finding, by its fingerprint, `attested` what people say of tasks, by id.
    """
    found: list[Judgement] = []
    inside: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Judgement]] = {}
    for about in reversed(tasks):
        own = about.task
        children = inside.pop((own.sections, (*own.parents, own.text)), [])
        judged = _of_children(about, children) if children else _alone(about, tree, gone, patches)
        judged = _attested(_ticked(judged), attested)
        inside.setdefault((own.sections, own.parents), []).append(judged)
        found.append(judged)
    return tuple(reversed(found))


def _alone(
    about: Understood, tree: Tree, gone: Mapping[str, tuple[Evidence, ...]], patches: Mapping[str, tuple[str, ...]]
) -> Judgement:
    """Judge a task that has none inside."""
    rule = about.rule
    how = rule.rule.judge.how if rule else How.REPLACED
    missing = () if how is How.REMOVED else about.missing
    if about.task.is_ticked and not missing:
        missing = tuple(each for each in about.wanted if each.kind is Kind.MISSING)
    if missing:
        return _stale(about, [each.name for each in missing], gone)
    found = _found(about, tree)
    if rule is None and not (about.there and (found.old or found.new)):
        return Judgement(about.task, Status.UNCLEAR, _UNKNOWN, service=about.service)
    names = tree.catalog.broker.title, ", ".join(tree.report.targets.values())
    around = _around(about.service, tree) if about.service else found
    status, reason, evidence = verdict(Case(about, rule, found, around, tree, *names), how)
    is_open = status in _OPEN
    return Judgement(
        task=about.task,
        status=status,
        reason=reason,
        rule=rule.rule.id if rule else "",
        service=about.service,
        evidence=evidence,
        next_step=rule.rule.next if rule and is_open else "",
        patches=_patches(found.old, patches) if is_open and how in _BY_USES else (),
    )


def _stale(about: Understood, names: Sequence[str], gone: Mapping[str, tuple[Evidence, ...]]) -> Judgement:
    evidence = tuple(each for name in names for each in gone.get(name, ()))
    lost = ", ".join(f"`{name}`" for name in names)
    went = evidence[0].note if evidence else "nothing like it is in the tree or its history"
    rule = about.rule.rule if about.rule else None
    next_step = "Name what is meant today, or take the task out." if evidence else rule.next if rule else ""
    return Judgement(
        task=about.task,
        status=Status.STALE,
        reason=f"{lost} {'is' if len(names) == 1 else 'are'} not there; {went}.",
        rule=rule.id if rule else "",
        service=about.service,
        evidence=evidence,
        next_step=next_step,
    )


def _found(about: Understood, tree: Tree) -> Found:
    """Return the findings that a task is about: those in what it names, else in its service, else all."""
    rule = about.rule
    where = rule.rule.judge.where if rule else Where.NAMED
    there = about.there if where is Where.NAMED else ()
    packages = {each.name for each in about.named if each.kind is Kind.PACKAGE and not each.paths}
    definitions = {each.name for each in about.named if each.kind is Kind.DEFINITION}
    service = about.service if where is not Where.TREE and not there else ""

    def counts(finding: Finding) -> bool:
        usage = finding.usage
        if there and not any(each.covers(usage.span.path) for each in there):
            return False
        if definitions and not definitions & {usage.definition, usage.symbol.rpartition(".")[2]}:
            return False
        if packages and usage.symbol not in packages:
            return False
        if service and not belongs(usage.span.path, usage.service, service):
            return False
        return rule is None or _fits(finding, rule)

    is_narrow = rule is not None and bool(rule.rule.judge.paths or rule.rule.judge.languages)
    place = ", ".join(each.name for each in there) or service or (_SUCH_FILES if is_narrow else _TREE)
    return Found(tuple(filter(counts, tree.old)), tuple(filter(counts, tree.new)), place)


def _around(service: str, tree: Tree) -> Found:
    """Return all findings of a service."""
    old, new = (
        tuple(f for f in each if belongs(f.usage.span.path, f.usage.service, service)) for each in (tree.old, tree.new)
    )
    return Found(old, new, service)


def _fits(finding: Finding, rule: CompiledRule) -> bool:
    judged, usage = rule.rule.judge, finding.usage
    if judged.operations and usage.operation not in judged.operations:
        return False
    if judged.languages and usage.language not in judged.languages:
        return False
    if judged.symbols and not rule.symbols.search(usage.symbol):
        return False
    return not judged.paths or rule.paths.search(usage.span.path) is not None


def _of_children(about: Understood, children: Sequence[Judgement]) -> Judgement:
    finished = sum(child.is_finished for child in children)
    if finished == len(children):
        status = Status.DONE
    elif finished or any(child.status is Status.PARTIAL for child in children):
        status = Status.PARTIAL
    elif all(child.status is Status.MANUAL for child in children):
        status = Status.MANUAL
    else:
        status = Status.TODO
    return Judgement(about.task, status, f"{finished} of {len(children)} tasks in it are done.", service=about.service)


def _ticked(judged: Judgement) -> Judgement:
    """Return a judgement that takes the tick into account: what is ticked and open is a step back."""
    if not judged.task.is_ticked or judged.status not in (*_OPEN, Status.STALE):
        return judged
    status = Status.REGRESSED if judged.status in _OPEN else judged.status
    return replace(judged, status=status, reason=f"{_TICKED} {judged.reason}")


def _attested(judged: Judgement, attested: Mapping[str, Attestation]) -> Judgement:
    attestation = attested.get(judged.task.id)
    if attestation is None or judged.status not in (Status.MANUAL, Status.UNCLEAR):
        return judged
    return replace(judged, status=Status.MANUAL, attestation=attestation)


def _patches(findings: Iterable[Finding], patches: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id_ for finding in findings for id_ in patches.get(finding.fingerprint, ())))
