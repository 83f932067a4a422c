from __future__ import annotations

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog
from natsscan.catalog.schema import CaseRule
from natsscan.findings.judge import judge
from natsscan.model.finding import Finding
from natsscan.model.source import FileKind
from natsscan.model.usage import Tier
from natsscan.source.kinds import Kinds
from natsscan.surfaces.registry import READERS
from tests.scanning import read_surface, usages_in

RULES = {rule.id: rule for rule in load_catalog().rules}
FIRES = [(rule.id, case) for rule in RULES.values() for case in rule.cases.fires]
QUIET = [(rule.id, case) for rule in RULES.values() for case in rule.cases.quiet]


def findings(case: CaseRule, catalog: Catalog) -> list[Finding]:
    lines = case.code.splitlines()
    kind = Kinds([case.path]).of(case.path)
    assert kind is not None, case.path
    usages = usages_in({case.path: case.code}, catalog) if kind is FileKind.HASKELL else []
    if not usages:
        usages = list(read_surface(READERS[kind], kind, case.path, case.code, catalog).usages)
    return list(judge(usages, catalog, lambda usage: lines[usage.span.line - 1]))


@pytest.mark.parametrize(("rule", "case"), FIRES, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(FIRES)])
def test_rule_fires(rule: str, case: CaseRule, catalog: Catalog) -> None:
    found = [finding.usage.span.line for finding in findings(case, catalog) if finding.rule == rule]
    assert case.line in found, f"{rule} should fire on line {case.line} of:\n{case.code}"


@pytest.mark.parametrize(("rule", "case"), QUIET, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(QUIET)])
def test_rule_stays_quiet(rule: str, case: CaseRule, catalog: Catalog) -> None:
    found = [finding.usage.span.line for finding in findings(case, catalog) if finding.rule == rule]
    assert found == [], f"{rule} should be quiet ({case.why}) in:\n{case.code}"


def test_every_operation_of_a_library_has_one_rule_that_reports_it(catalog: Catalog) -> None:
    for symbol in catalog.symbols.values():
        reporting = [
            rule.id
            for rule in catalog.rules
            if symbol.operation in rule.when.operations and rule.when.call in (None, symbol.is_call)
            if rule.when.tier is Tier.DIRECT and (not rule.when.languages or "haskell" in rule.when.languages)
        ]
        assert len(reporting) == 1, f"{symbol.id.qualified}: {reporting}"
