"""Definitions that need each other, double without end or branch at every step: what they name is worked out in bounds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.report import Report
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import Project
from natsscan.source.tree import GivenTree

COUNT = 8
# Seconds of processor time for a file of some hundred bytes: a thousand times what the usual one takes.
LONGEST = 5.0
HASKELL = (
    "n{0}", "n{0} <> n{1}", '"a" <> n{0}', "if c then n{0} else n{1}", "twice n{0}", "mconcat [n{0}, n{1}, n{2}]", "case n{0} of {{ \"a\" -> n{1}; _ -> n{2} }}",
    "let n{0} = n{1} in n{0}", "field (R n{0} n{1})", "foldr (<>) n{0} [n{1}, n{2}]", "(\\x -> x <> x) n{0}", "n{0} & twice & twice", "fix (<> n{0})", "T.replicate 9999999 n{0}",
)  # fmt: skip
PYTHON = (
    "n{0}()", "n{0}() + n{1}()", "'a' + n{0}()", "n{0}() if c else n{1}()", "twice(n{0}())", "''.join([n{0}(), n{1}(), n{2}()])", "f'{{n{0}()}}.{{n{1}()}}'", "n{0}() or n{1}()",
    "(lambda x: x + x)(n{0}())", "[n{0}(), n{1}()][0]", "{{'a': n{0}()}}['a']", "n{0}() * 9999999", "'{{}}{{}}'.format(n{0}(), n{1}())", "n{0}().replace('a', n{1}())", "sum((n{0}(), n{1}()), n{2}())",
)  # fmt: skip
numbers = st.integers(0, COUNT - 1)


def bodies(shapes: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Return strategies for what each of some names is, by other ones."""
    one = st.builds(lambda shape, *names: str(shape).format(*names), st.sampled_from(shapes), *([numbers] * 3))
    return st.lists(one, min_size=COUNT, max_size=COUNT)


def scanned(path: str, text: str, catalog: Catalog) -> Report:
    """Return the report of a file, after a time in bounds."""
    start = time.process_time()
    project = Project(Path("project"), (".",), GivenTree({path: text.encode()}))
    report = scan(project, catalog, ScanOptions(alone=True), lambda *_: None)
    assert time.process_time() - start < LONGEST, text
    return report


@pytest.mark.usefixtures("deep")
@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(bodies(HASKELL))
def test_haskell(catalog: Catalog, texts: list[str]) -> None:
    names = "".join(f"n{at} = {text}\n" for at, text in enumerate(texts))
    head = "module M where\nimport Network.AMQP\nimport Data.Text qualified as T\ndata R = R {field :: Text, other :: Text}\n"
    report = scanned("M.hs", f"{head}twice x = x <> x\nsend c m = publishMsg c n0 n1 m\n{names}", catalog)
    assert any(finding.usage.symbol == "Network.AMQP.publishMsg" for finding in report.findings)
    assert len(report.topology.publishers) >= 1


@pytest.mark.usefixtures("deep")
@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(bodies(PYTHON))
def test_python(catalog: Catalog, texts: list[str]) -> None:
    names = "".join(f"def n{at}():\n    return {text}\n" for at, text in enumerate(texts))
    head = "import pika\ndef twice(x):\n    return x + x\n"
    use = "def send(c: pika.channel.Channel):\n    c.basic_publish(n0(), n1(), b'')\n"
    report = scanned("m.py", head + names + use, catalog)
    assert any(finding.usage.symbol.endswith("basic_publish") for finding in report.findings)
    assert len(report.topology.publishers) >= 1


@pytest.fixture
def deep() -> Iterator[None]:
    """Allow recursion as the command does."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(before)
