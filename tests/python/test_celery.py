"""Celery, and libraries that speak to other brokers than AMQP's too (fixtures/cases/python/celery).

Each folder is a project. Its `expected` lists all that is found of calls and settings, the messaging system, and notes:

    FILE:LINE OPERATION SYMBOL [task=TASK] [queue=QUEUE] [SETTING's value]
    exchange|queue|binding|publisher|consumer ...
    misfit FILE:LINE RULE NAME
    note FILE:LINE TEXT
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog
from natsscan.model.errors import InputError
from natsscan.model.finding import Finding
from natsscan.model.report import Report
from natsscan.model.topology import Topology
from natsscan.model.usage import Operation
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import open_project
from tests.conftest import CASES

FOLDER = CASES / "python" / "celery"
NAMES = sorted(path.name for path in FOLDER.iterdir())
_UNTOLD = (Operation.IMPORT, Operation.TYPE)


def scanned(folder: Path, catalog: Catalog) -> Report:
    project = open_project((folder,))
    return scan(project, catalog, ScanOptions(exclude=("expected",)), lambda *_: None)


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, tmp_path: Path, catalog: Catalog) -> None:
    for path in (FOLDER / name).rglob("*"):
        if path.is_file() and path.name != "expected":
            copy = tmp_path / "shop" / path.relative_to(FOLDER / name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    wanted = (FOLDER / name / "expected").read_text().splitlines()
    assert sorted(told(scanned(tmp_path / "shop", catalog))) == sorted(wanted)


def told(report: Report) -> Iterator[str]:
    for finding in report.findings:
        usage = finding.usage
        if usage.language == "python" and usage.operation not in _UNTOLD:
            yield _finding(finding)
        if usage.operation is Operation.TOPOLOGY:
            yield f"misfit {usage.span.path}:{usage.span.line} {finding.rule} {usage.symbol}"
    yield from _system(report.topology)
    for problem in report.coverage.problems:
        yield f"note {problem.path}:{problem.line} {problem.reason}"


def _finding(finding: Finding) -> str:
    usage = finding.usage
    given = {argument.name: argument for argument in usage.arguments}
    texts = {name: "|".join(a.value.texts) if a.value else a.text for name, a in given.items()}
    said = [f"{name}={texts[name]}" for name in ("task", "queue") if name in texts]
    said += [texts[name] for name in ("value", "uri") if name in texts and not usage.is_call]
    indirect = [usage.tier.value] if usage.tier.value != "direct" else []
    place = f"{usage.span.path}:{usage.span.line}"
    return " ".join([place, *indirect, usage.operation.value, usage.symbol.rpartition(".")[2], *said])


def _system(topology: Topology) -> Iterator[str]:
    for exchange in topology.exchanges:
        yield f"exchange {exchange.name or '(default)'} {exchange.properties['exchange_type']}"
    for queue in topology.queues:
        arguments = (f"{name}={value}" for name, value in sorted(queue.arguments.items()))
        durable = "durable" if queue.properties["durable"] == "true" else "transient"
        yield " ".join(["queue", queue.name, durable, *arguments])
    for binding in topology.bindings:
        yield f"binding {binding.exchange} {binding.routing_key} {binding.queue}"
    for publisher in topology.publishers:
        mode = publisher.properties.get("delivery_mode", "unknown")
        yield f"publisher {publisher.service} {publisher.exchange or '(default)'} {publisher.routing_key} {mode}"
    for consumer in topology.consumers:
        limit = consumer.prefetch or "no limit"
        settled = "settled" if consumer.acks else "never settled"
        yield f"consumer {consumer.service} {consumer.queue} {consumer.ack} {settled}, prefetch {limit}"


RULES = """\
kind: python-library
id: jobs
title: Jobs
packages: [jobs]
broker:
  amqp: {uri: "amqp:"}
  below: python-celery
settings:
  object: jobs.Settings
  telling: "JOBS_"
  known:
    queue_name: {older: [JOBS_QUEUE], sets: queue, role: queue, default: jobs}
    broker: {sets: uri, only: "amqp"}
    limit: {sets: prefetch_count}
modules:
  jobs:
    functions:
      run: {operation: publish, parameters: [task]}
      set_up: {operation: type, sets: ["**"]}
    classes:
      Settings: {}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('uri: "amqp:"', 'uri: "amqp("', 6, "broken pattern"),
        ("below: python-celery", "below: python-celeri", 7, "no rule file describes the library python-celeri"),
        ("object: jobs.Settings", "object: jobs.Setting", 9, "no rule file defines the class jobs.Setting"),
        ('telling: "JOBS_"', 'telling: "JOBS_["', 10, "broken pattern"),
        ("older: [JOBS_QUEUE]", "older: [broker]", 13, "broker is also that of queue_name"),
        ("role: queue", "role: queu", 12, "Invalid enum value 'queu'"),
        ("sets: uri, only", "sets: uri, role: queue, only", 13, "role queue is also that of queue_name"),
        ('only: "amqp"', 'only: "amqp("', 13, "broken pattern"),
        ('sets: ["**"]', "sets: [options]", 19, "options is no argument of it"),
        ("object: jobs", "objekt: jobs", 8, "unknown field `objekt`"),
    ],
)
def test_rules_are_checked(old: str, new: str, line: int, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    file.write_text(RULES.replace(old, new))
    with pytest.raises(InputError) as error:
        load_catalog([tmp_path])
    assert f"{file}:{line}" in str(error.value)
    assert reason in str(error.value)


def test_settings_need_a_section(tmp_path: Path) -> None:
    file = tmp_path / "jobs.yaml"
    first, rest = RULES.split("settings:\n")
    file.write_text(first + "modules:\n" + rest.split("modules:\n")[1])
    with pytest.raises(InputError, match="this library has no `settings`"):
        load_catalog([tmp_path])


def test_rules_of_a_user(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "jobs.yaml").write_text(RULES)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "settings.py").write_text('JOBS_QUEUE = "work"\n')
    (tmp_path / "tree" / "app.py").write_text('import jobs\n\njobs.set_up(limit=3, other=4)\njobs.run("add")\n')
    report = scanned(tmp_path / "tree", load_catalog([tmp_path / "rules"]))
    settings = [f.usage for f in report.findings if f.usage.operation is Operation.CONFIG]
    found = [(usage.span.path, usage.span.line, usage.symbol) for usage in settings]
    assert found == [("app.py", 3, "jobs.Settings.limit"), ("settings.py", 1, "jobs.Settings.queue_name")]
    assert [publisher.routing_key for publisher in report.topology.publishers] == ["work"]
