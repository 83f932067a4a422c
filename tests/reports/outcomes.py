"""Outcomes made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b

from natsscan.model.comparison import Comparison, Hunk, State
from natsscan.model.coverage import Coverage, Problem
from natsscan.model.finding import Category, Finding, Severity, Suppressed
from natsscan.model.mapping import Mapping as NatsMapping
from natsscan.model.natsuse import NatsUse
from natsscan.model.outcome import Outcome
from natsscan.model.patch import Applicability, Edit, Patch, Stage, edit
from natsscan.model.report import Report
from natsscan.model.topology import Topology
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.source.text import TextPositions

Files = Mapping[str, bytes]


def finding(
    files: Files,
    path: str,
    text: str,
    *,
    rule: str = "amqp-publish",
    severity: Severity = Severity.ERROR,
    message: str = "publishes to jobs",
    arguments: tuple[Argument, ...] = (),
    system: str = "rabbitmq",
    identity: str = "",
) -> Finding:
    """Return a finding at the first place in a file where a text stands."""
    data = files[path]
    start = data.index(text.encode())
    positions = TextPositions(path, data)
    span = positions.span(start, start + len(text.encode()))
    usage = Usage(
        operation=Operation.PUBLISH,
        is_call=True,
        symbol="Network.AMQP.publishMsg",
        library="amqp",
        language="haskell",
        tier=Tier.DIRECT,
        span=span,
        definition="send",
        service="gundeck",
        arguments=arguments,
    )
    key = blake2b(f"{rule}{path}{text}{identity}".encode(), digest_size=8).hexdigest()
    excerpt = positions.line_at(start)
    return Finding(key, rule, Category.MANDATORY, severity, 5, message, usage, excerpt, system)


def argument(files: Files, path: str, text: str, name: str = "exchange") -> Argument:
    start = files[path].index(text.encode())
    span = TextPositions(path, files[path]).span(start, start + len(text.encode()))
    return Argument(name, text, Provenance.LITERAL, span)


def patch(
    files: Files,
    name: str,
    *changes: tuple[str, str, str],
    answers: Iterable[Finding] = (),
    stage: Stage = Stage.PREPARE,
    applicability: Applicability = Applicability.SAFE,
) -> Patch:
    """Return a patch that puts, in a file, one text in the place of another, at its first place."""
    edits: list[Edit] = []
    for path, before, after in changes:
        start = files[path].index(before.encode())
        edits.append(edit(path, files[path], start, start + len(before.encode()), after.encode()))
    found = tuple(answers)
    return Patch(
        id=f"{stage}-{name}",
        title=f"{name}: NATS beside RabbitMQ",
        stage=stage,
        applicability=applicability,
        reason="Only adds.",
        service="gundeck",
        answers=tuple(each.fingerprint for each in found),
        rules=tuple(sorted({each.rule for each in found})),
        at=tuple(each.usage.span for each in found),
        edits=tuple(edits),
    )


def outcome(
    files: Files,
    findings: Iterable[Finding] = (),
    patches: Iterable[Patch] = (),
    *,
    suppressed: tuple[Suppressed, ...] = (),
    problems: tuple[Problem, ...] = (),
    states: dict[str, State] | None = None,
    gone: tuple[Finding, ...] = (),
) -> Outcome:
    report = Report(
        root="shop",
        scope=(".",),
        rules_digest="0123456789abcdef",
        coverage=Coverage({}, problems),
        findings=tuple(findings),
        suppressed=suppressed,
        topology=Topology(),
        targets={"nats": "NATS"},
        nats=NatsUse(),
    )
    made = tuple(patches)
    return Outcome(
        report=report,
        read=files.get,
        make_mapping=_no_mapping,
        make_patches=lambda _: made,
        states=states or {},
        gone=gone,
        redact=lambda _, line: line.replace("hunter7", "***"),
    )


def _no_mapping() -> NatsMapping:
    return NatsMapping({}, {}, {}, (), (), (), (), (2, 10), ())


def change(
    of: Outcome, hunks: dict[str, tuple[tuple[int, int], ...]], *, old: Callable[[Finding], bool] = lambda _: False
) -> Outcome:
    """Return an outcome as that of a change whose diff shows some lines; all findings are new but the old ones."""
    findings = of.report.findings
    comparison = Comparison(
        base="main",
        head="HEAD",
        before=of.report,
        after=of.report,
        new=tuple(each for each in findings if not old(each)),
        fixed=(),
        unchanged=tuple(filter(old, findings)),
        hunks={path: tuple(Hunk(*lines) for lines in shown) for path, shown in hunks.items()},
    )
    states = {each.fingerprint: State.UNCHANGED if old(each) else State.NEW for each in findings}
    return replace(of, comparison=comparison, states=states)
