"""A code base many times over gives many times the same, and no part of it is taken for one of another."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from natsscan.catalog.catalog import Catalog
from natsscan.model.report import Report
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import open_project
from tests.growth import make_tree

TIMES = 3


def scanned(tree: Path, catalog: Catalog) -> Report:
    return scan(open_project((tree,)), catalog, ScanOptions(), lambda *_: None)


def test_what_is_found_grows_with_the_tree(tmp_path: Path, catalog: Catalog) -> None:
    one = scanned(make_tree(tmp_path / "one", 1), catalog)
    several = scanned(make_tree(tmp_path / "several", TIMES), catalog)
    rules = Counter(finding.rule for finding in one.findings)
    assert Counter(finding.rule for finding in several.findings) == {rule: TIMES * n for rule, n in rules.items()}
    for part in range(TIMES):
        here = [finding for finding in several.findings if finding.usage.span.path.startswith(f"part-{part}/")]
        assert Counter(finding.rule for finding in here) == rules
    names = {queue.name for queue in one.topology.queues}
    parts = (str(part) for part in range(TIMES))
    assert {q.name for q in several.topology.queues} == {n.replace("-0", f"-{part}") for part in parts for n in names}
    assert sum("-0" in name for name in names) == 5
