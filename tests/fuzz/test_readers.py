"""Whatever is in a file, each reader comes to an end with it, without an error and in time that grows with its size."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain
from random import Random

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.findings.redact import Notation, redact
from natsscan.model.source import FileKind
from natsscan.source.kinds import Kinds
from natsscan.surfaces.registry import READERS
from tests.conftest import REPOSITORY
from tests.fuzz.mutations import mutated
from tests.scanning import read_surface

_FIXTURES = sorted(
    path
    for path in chain(*((REPOSITORY / "fixtures" / name).rglob("*") for name in ("wire-mini", "orders-mini")))
    if path.is_file()
)
_CONTENTS = [path.read_bytes() for path in _FIXTURES]
_ROUNDS = 12


@pytest.mark.parametrize("kind", sorted(READERS))
def test_damaged_files(kind: FileKind, catalog: Catalog) -> None:
    kinds = Kinds(path.as_posix() for path in _FIXTURES)
    same = [
        (path.name, data) for path, data in zip(_FIXTURES, _CONTENTS, strict=True) if kinds.of(path.as_posix()) is kind
    ]
    for number in range(_ROUNDS):
        random = Random(f"{kind}/{number}")
        name, data = random.choice(same or [("f", random.choice(_CONTENTS))])
        damaged = mutated(random, data, [content for _, content in same] or _CONTENTS)
        for owner in (None, "rabbitmq"):
            result = read_surface(READERS[kind], kind, name, damaged, catalog, owner)
            assert all(0 <= usage.span.start <= usage.span.end <= len(damaged) for usage in result.usages)
            assert all(problem.line > 0 for problem in result.problems)


LONG: list[tuple[FileKind, str, str, str]] = [
    (FileKind.BROKER_CONFIG, "rabbitmq.conf", "default_user = ", "$"),
    (FileKind.BROKER_CONFIG, "rabbitmq.conf", "default_user = ", "://"),
    (FileKind.ENV, ".env", "RABBITMQ_URL=", "amqp://"),
    (FileKind.HELM_TEMPLATE, "c/templates/a.yaml", "rabbitmq: {{ ", "$"),
    (FileKind.SETUP_CFG, "setup.cfg", "[options]\ninstall_requires =\n  pika ", "\\\n"),
    (FileKind.PYPROJECT, "pyproject.toml", '[project]\ndependencies = ["pika"]\n', "a."),
    (FileKind.PYPROJECT, "pyproject.toml", '[project]\ndependencies = ["pika"]\n[', "a."),
    (FileKind.HPACK, "package.yaml", "library:\n  dependencies: [amqp, ", "["),
]


@pytest.mark.parametrize(("kind", "path", "begin", "piece"), LONG)
def test_what_is_repeated_takes_no_more_than_seconds(
    kind: FileKind, path: str, begin: str, piece: str, catalog: Catalog
) -> None:
    text = begin + piece * (200_000 // len(piece))
    _in_seconds(lambda: read_surface(READERS[kind], kind, path, text, catalog))


def test_quotes_that_nothing_closes_are_no_long_search_for_secrets(catalog: Catalog) -> None:
    line = "rabbitmqctl add_user a " + '\\"' * 20_000
    _in_seconds(lambda: redact(catalog.secrets, line, Notation.TEXT))


def _in_seconds(work: Callable[[], object]) -> None:
    begin = time.process_time()
    work()
    assert time.process_time() - begin < 6
