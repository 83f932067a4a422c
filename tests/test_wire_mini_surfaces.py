"""What surrounds the programs of the bundled fixture, against its answer key."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.conftest import KEYS, WIRE_MINI, run_command

KEY = yaml.safe_load((KEYS / "wire-mini-surfaces.yaml").read_text())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("wire-mini") / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    result: dict[str, Any] = run_command(".", "--format", "json", cwd=root).json
    return result


def rows(section: str) -> Iterator[dict[str, Any]]:
    yield from (row for row in KEY[section] if not row.get("related") and row.get("required", True))


def test_every_key_variable_and_reference_is_found_on_its_line(report: dict[str, Any]) -> None:
    found = {(f["path"], line) for f in report["findings"] for line in range(f["line"], f["end_line"] + 1)}
    wanted = {
        (row["file"], row["line"]) for section in ("config_keys", "env_vars", "k8s_refs") for row in rows(section)
    }
    missed: dict[str, set[int]] = {}
    for path, line in wanted - found:
        missed.setdefault(path, set()).add(line)
    assert missed == {}


def test_every_file_is_reported_in_its_tier(report: dict[str, Any]) -> None:
    tiers: dict[str, set[str]] = {}
    for finding in report["findings"]:
        tiers.setdefault(finding["path"], set()).add(finding["tier"])
    missed = {row["path"] for row in rows("files") if row["tier"] not in tiers.get(row["path"], set())}
    # An export of definitions in which no word of the broker stands is not looked into.
    assert missed == {"deploy/compose/definitions.json"}


def test_look_alikes_are_not_reported(report: dict[str, Any]) -> None:
    direct = {f["path"] for f in report["findings"] if f["tier"] == "direct"}
    assert direct & {row["path"] for row in KEY["decoy_files"]} == set()


def test_no_secret_value_is_in_the_report(report: dict[str, Any]) -> None:
    text = str(report)
    for secret in ("alpaca", "blueberry", "hunter2"):
        assert secret not in text.lower()


def test_a_dependency_that_no_module_imports_is_said_to_be_so(report: dict[str, Any]) -> None:
    found = [f for f in report["findings"] if f["rule"] == "broker-dependency-unused"]
    assert [f["path"] for f in found] == ["tools/queue-report/package.yaml"]
    assert "no module under" in found[0]["message"]
