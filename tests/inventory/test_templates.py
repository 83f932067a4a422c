"""Templates of the user's own: they take the place of the bundled ones, and can do no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_bad_input import GOOD, one_line
from tests.conftest import Command


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "M.hs").write_text(GOOD)
    (tmp_path / "tree" / "natsscan.toml").touch()
    (tmp_path / "own").mkdir()
    return tmp_path


def test_a_template_of_the_same_name_wins(natsscan: Command, root: Path) -> None:
    (root / "own" / "summary.html").write_text(
        "<section id='summary'><h1>Ours: {{ parts.totals.effort }}</h1></section>"
    )
    (root / "own" / "style.css").write_text("body { color: rebeccapurple }")
    run = natsscan("inventory", root / "tree", "--format", "html", "--templates", root / "own")
    assert run.err == ""
    assert "<h1>Ours: " in run.out and "rebeccapurple" in run.out and "story points of effort" not in run.out
    assert '<section id="services"' in run.out


def test_so_does_a_glossary(natsscan: Command, root: Path) -> None:
    (root / "own" / "glossary.yaml").write_text("terms:\n  - {term: exchange, of: AMQP, means: Ours}\n")
    out = natsscan("inventory", root / "tree", "--templates", root / "own").out
    assert out.split("## Glossary")[1].strip() == "- **exchange** (AMQP): Ours"


def test_values_are_escaped_in_them_too(natsscan: Command, root: Path) -> None:
    (root / "own" / "summary.html").write_text("{% for e in parts.exchanges %}{{ e.name }}{% endfor %}")
    (root / "tree" / "M.hs").write_text(GOOD.replace("orders", "<b>orders"))
    out = natsscan("inventory", root / "tree", "--format", "html", "--templates", root / "own").out
    assert "<b>orders" not in out and "&lt;b&gt;orders" in out


@pytest.mark.parametrize(
    ("name", "text", "line", "told"),
    [
        ("summary.html", "a\n{% if %}\n", 2, "Expected an expression"),
        ("summary.html", "a\nb\n{{ nothing.here }}\n", 3, "'nothing' is undefined"),
        ("summary.html", "\n{{ parts.total }}", 2, "has no attribute 'total'"),
        ("summary.html", "{{ parts.__class__.__mro__ }}", 1, "'__class__' of 'Parts' object is unsafe"),
        ("summary.html", "{{ ''.__class__ }}", 1, "unsafe"),
        ("summary.html", "\n\n{{ parts.totals.effort / 0 }}", 3, "division by zero"),
        ("summary.html", "{{ 1 | nofilter }}", 1, "No filter named 'nofilter'"),
        ("summary.html", '\n{% include "gone.html" %}', 2, "gone.html"),
        ("summary.html", '{% include "../../../etc/passwd" %}', 1, "passwd"),
        ("page.js", "a\n{{ gone }}", 2, "'gone' is undefined"),
        ("glossary.yaml", "terms:\n  - {term: a, of: SOAP, means: b}\n", 2, "SOAP"),
    ],
)
def test_a_broken_one_is_a_line_with_its_place(
    natsscan: Command, root: Path, name: str, text: str, line: int, told: str
) -> None:
    (root / "own" / name).write_text(text)
    run = natsscan("inventory", root / "tree", "--format", "html", "--templates", "own")
    assert run.code == 2
    assert run.out == ""
    assert one_line(run).startswith(f"natsscan: own/{name}:{line}: ")
    assert told in run.err


def test_what_is_no_folder_of_templates_is_said(natsscan: Command, root: Path) -> None:
    run = natsscan("inventory", root / "tree", "--templates", root / "gone")
    assert (run.code, "no such folder" in one_line(run)) == (2, True)
    (root / "own" / "sumary.html").write_text("")
    run = natsscan("inventory", root / "tree", "--templates", root / "own")
    assert run.code == 2 and "has no template of the inventory; these are" in one_line(run)
    (root / "own" / "summary.html").write_bytes(b"\xff\xfe")
    run = natsscan("inventory", root / "tree", "--templates", root / "own")
    assert run.code == 2 and "summary.html: cannot be read as UTF-8 text" in one_line(run)


def test_a_file_that_cannot_be_written_is_said(natsscan: Command, root: Path) -> None:
    run = natsscan("inventory", root / "tree", "-o", root / "gone" / "x.md")
    assert run.code == 2 and "cannot be written: no such file or directory" in one_line(run)
    run = natsscan("inventory", root / "tree", "--checklist", root / "gone.md")
    assert run.code == 2 and "gone.md: cannot be read" in one_line(run)
