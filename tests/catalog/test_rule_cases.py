from __future__ import annotations

from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog
from natsscan.catalog.schema import CaseRule
from natsscan.model.usage import Tier
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import open_project

RULES = {rule.id: rule for rule in load_catalog().rules}
FIRES = [(rule.id, case) for rule in RULES.values() for case in rule.cases.fires]
QUIET = [(rule.id, case) for rule in RULES.values() for case in rule.cases.quiet]


def lines_found(case: CaseRule, rule: str, folder: Path, catalog: Catalog) -> list[int]:
    """Return the lines of the case's file in which a scan of it, and of what is beside it, finds the rule to hold."""
    for name, text in {case.path: case.code, **case.beside}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    given = folder.with_name(f"{folder.name}-definitions.yaml")
    given.write_text(case.definitions)
    definitions = (given,) if case.definitions else ()
    report = scan(open_project((folder,)), catalog, ScanOptions(definitions=definitions), lambda *_: None)
    return [
        finding.usage.span.line
        for finding in report.findings
        if finding.rule == rule and finding.usage.span.path in (case.path, given.name)
    ]


@pytest.mark.parametrize(("rule", "case"), FIRES, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(FIRES)])
def test_rule_fires(rule: str, case: CaseRule, tmp_path: Path, catalog: Catalog) -> None:
    found = lines_found(case, rule, tmp_path, catalog)
    assert case.line in found, f"{rule} should fire on line {case.line} of:\n{case.code}"


@pytest.mark.parametrize(("rule", "case"), QUIET, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(QUIET)])
def test_rule_stays_quiet(rule: str, case: CaseRule, tmp_path: Path, catalog: Catalog) -> None:
    found = lines_found(case, rule, tmp_path, catalog)
    assert found == [], f"{rule} should be quiet ({case.why}) in:\n{case.code}"


def test_every_operation_of_a_library_has_one_rule_that_reports_it(catalog: Catalog) -> None:
    for symbol in catalog.symbols.values():
        reporting = [
            rule
            for rule in catalog.rules
            if symbol.operation in rule.when.operations and rule.when.call in (None, symbol.is_call)
            if catalog.system_of(symbol.library) in catalog.subjects(rule)
            if {*rule.when.given} <= {*symbol.arguments, *symbol.fields.values(), *symbol.defaults}
            if rule.when.tier is Tier.DIRECT and (not rule.when.languages or "haskell" in rule.when.languages)
            if not rule.when.libraries or symbol.library in rule.when.libraries
        ]
        reporting = [rule for rule in reporting if rule.when.libraries] or reporting
        assert len(reporting) == 1, f"{symbol.id.qualified}: {[rule.id for rule in reporting]}"
