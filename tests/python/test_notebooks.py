"""Notebooks: not read, but told of where they use a library of the broker."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.coverage import Loss, Problem
from tests.python.test_bad_input import problems, scanned

REASON = "notebooks are not read; export it with `jupyter nbconvert --to script`, and scan that"


def notebook(*source: str, indent: int | None = 1) -> str:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": list(source)}]
    return json.dumps({"cells": cells, "nbformat": 4}, indent=indent)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (notebook("import os\n", "import pika\n"), 9),
        (notebook("if True:\n", "    from kombu import Queue\n"), 9),
        (notebook("import os; import aio_pika as amqp"), 8),
        (notebook("import os, pika", indent=None), 1),
        (json.dumps({"cells": [{"source": "# %%\nimport os\n\timport pika"}]}), 1),
    ],
)
def test_a_notebook_that_uses_the_broker_is_told(content: str, line: int, tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"notes/one.ipynb": content}, catalog)
    assert report.coverage.problems == (Problem("notes/one.ipynb", line, REASON, Loss.WHOLE),)


def test_it_is_told_where_nothing_else_uses_the_broker(tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"one.ipynb": notebook("import pika")}, catalog, good=False)
    assert problems(report) == [("one.ipynb", 8, REASON)]
    assert not report.findings


@pytest.mark.parametrize(
    "content",
    [
        notebook("import os\n", "print('import this')\n"),
        notebook("# pika is a small mammal\n", "!pip install pika\n"),
        notebook("import pikachu"),
        notebook("import nats"),
        "",
        "no JSON",
        b"\xff\xfe\x00",
    ],
)
def test_other_notebooks_are_not_mentioned(content: str | bytes, tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"one.ipynb": content}, catalog)
    assert problems(report) == []
    assert "one.ipynb" not in {finding.usage.span.path for finding in report.findings}


def test_copies_that_jupyter_keeps_are_left_out(tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {".ipynb_checkpoints/one-checkpoint.ipynb": notebook("import pika")}, catalog)
    assert problems(report) == []
    assert report.coverage.excluded == {".ipynb_checkpoints": 1}


def test_a_large_notebook_takes_no_time(tmp_path: Path, catalog: Catalog) -> None:
    picture = "iVBORw0KGgo" * 440_000
    begun = time.perf_counter()
    report = scanned(tmp_path, {"one.ipynb": notebook("import os\n", f"x = 'pika {picture}'\n")}, catalog)
    assert time.perf_counter() - begun < 3
    assert problems(report) == []
