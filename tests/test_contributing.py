"""What CONTRIBUTING.md names is there, and its examples work as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog
from natsscan.reports.formats import FORMATS
from tests.catalog.test_rule_cases import lines_found
from tests.conftest import REPOSITORY

TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text()
EXAMPLES = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
PROSE = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)


def test_every_file_and_folder_named_is_there() -> None:
    words = [word for span in re.findall(r"`([^`\n]+)`", PROSE) for word in span.split()]
    paths = {word for word in words if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?|\w+\.(?:py|md)", word)} - set(EXAMPLES)
    package = REPOSITORY / "analyzer" / "natsscan"
    places = (REPOSITORY, package, package / "surfaces")
    missing = [path for path in paths if not any((place / path).exists() for place in places)]
    assert [path for path in missing if not path.startswith(".venv/")] == []


def test_every_command_named_is_there() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z]+)", TEXT)) <= set(targets)
    commands = {path.stem for path in (REPOSITORY / "analyzer" / "natsscan" / "cli").glob("*.py")}
    assert set(re.findall(r"natsscan ([a-z]+) ", PROSE)) <= commands


def test_the_example_of_a_library_and_its_rule_holds(tmp_path: Path) -> None:
    for path, text in EXAMPLES.items():
        if path.startswith("rules/"):
            (tmp_path / Path(path).name).write_text(text)
    catalog = load_catalog([tmp_path])
    (rule,) = (rule for rule in catalog.rules if rule.id == "hare-send")
    for at, case in enumerate(rule.cases.fires):
        assert case.line in lines_found(case, rule.id, tmp_path / f"fires{at}", catalog)
    for at, case in enumerate(rule.cases.quiet):
        assert lines_found(case, rule.id, tmp_path / f"quiet{at}", catalog) == []


@pytest.mark.parametrize(
    ("module", "test", "registered"),
    [
        (
            "analyzer/natsscan/surfaces/systemd.py",
            "tests/surfaces/test_systemd.py",
            {"from natsscan.surfaces import systemd": "import example_systemd as systemd", "FileKind.SYSTEMD": "'env'"},
        ),
        (
            "analyzer/natsscan/reports/lines.py",
            "tests/reports/test_lines.py",
            {
                "from natsscan.reports.formats import Look, render": "import example_lines",
                'render("lines", ': "example_lines.render(",
                ", Look())": ")",
            },
        ),
    ],
)
def test_the_tests_of_an_example_hold(
    module: str,
    test: str,
    registered: dict[str, str],
    catalog: Catalog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What stands in for the places where a newcomer registers the example is `registered`."""
    (tmp_path / f"example_{Path(module).name}").write_text(EXAMPLES[module])
    monkeypatch.syspath_prepend(tmp_path)
    text = EXAMPLES[test]
    for registration, instead in registered.items():
        assert registration in text
        text = text.replace(registration, instead)
    names: dict[str, object] = {}
    exec(compile(text, test, "exec"), names)  # as pytest does with it
    tests = [each for name, each in names.items() if name.startswith("test_") and callable(each)]
    assert tests
    for each in tests:
        each(catalog) if each.__code__.co_argcount else each()  # type: ignore[attr-defined]


def test_every_format_is_in_the_table_of_formats() -> None:
    table = (REPOSITORY / "docs" / "reports.md").read_text()
    assert [name for name in FORMATS if not re.search(rf"^\|[^|]*`{name}`", table, re.MULTILINE)] == []
