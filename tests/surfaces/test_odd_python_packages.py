"""Python's dependency files that are broken or odd: they cost what they must, and the rest is read."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import PYTHON_PACKAGING, FileKind
from natsscan.surfaces.python_packages import read
from natsscan.surfaces.tomltree import read_toml
from tests.scanning import read_surface
from tests.surfaces.test_python_packages import reading

NAMES = {
    FileKind.REQUIREMENTS: ("requirements.txt",),
    FileKind.PYPROJECT: ("pyproject.toml",),
    FileKind.SETUP_CFG: ("setup.cfg",),
    FileKind.SETUP_PY: ("setup.py",),
    FileKind.PIPFILE: ("Pipfile",),
    FileKind.CONDA: ("environment.yml", "meta.yaml"),
    FileKind.PYTHON_LOCK: ("poetry.lock", "Pipfile.lock", "conda-lock.yml"),
}


BROKEN = [
    ("pyproject.toml", '[project]\ndependencies = ["pika"]\nx = = "secret-1"\n[tool.uv]\ndev-dependencies = ["amqp"]\n', 3, "not TOML", ["pika", "amqp"]),
    ("pyproject.toml", '[a]\nx = 1\n[a]\n[project]\ndependencies = ["pika"]\n', 3, "not TOML: Cannot declare twice", ["pika"]),
    ("pyproject.toml", '[project]\ndependencies = [\n  "pika",\n', 4, "not TOML", ["pika"]),
    ("Pipfile", '[packages]\npika = "*"\n"unclosed = 1\n', 3, "not TOML", ["pika"]),
    ("setup.cfg", "[options]\ninstall_requires =\n  pika\nsecret-2\n", 4, "not an INI file", ["pika"]),
    ("setup.cfg", "x = 1\n[options]\ninstall_requires =\n  pika\n", 1, "not an INI file", ["pika"]),
    ("setup.cfg", "[options]\n[options]\ninstall_requires =\n  pika\n", 2, "not an INI file", ["pika"]),
    ("environment.yml", "dependencies:\n  - pika\nx: [\n", 3, "", ["pika"]),
    ("poetry.lock", '[[package]]\nname = "pika"\n<<<<<<< ours\n', 3, "not TOML", ["pika"]),
    ("Pipfile.lock", '{\n    "default": {\n        "pika": {} "x"\n    }\n}\n', 3, "not JSON", ["pika"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "line", "reason", "symbols"), BROKEN)
def test_broken_files_cost_one_problem_and_not_the_rest(
    path: str, text: str, line: int, reason: str, symbols: list[str], catalog: Catalog
) -> None:
    found = reading(path, text, catalog)
    (problem,) = found.problems
    assert problem.line == line
    assert reason in problem.reason
    assert "secret" not in problem.reason
    assert [usage.symbol for usage in found.usages] == symbols


PIECES = ["pika", "aio_pika", "kombu", "[", "]", "(", ")", "{", "}", '"', "'", '"""', "=", "==", "~=", ">=1", ",", ";", ":", "#", "\\", "\n", "\r\n", " ", "  ", "- ", "-e ", "--hash=a:b", "git+https://h/pika", "#egg=", "@", "install_requires", "extras_require", "setup(", "[project]\n", "dependencies", "[tool.poetry.dependencies]\n", "[options]\n", "[packages]\n", "[[package]]\nname = ", "pip:", "dependencies:\n", "requirements:\n", "package:\n", "{{ x }}", "{% if %}", "# via ", "é", "\x00", "\ufeff", "1.3", "*", '"default": {', "name: "]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map(lambda pieces: "".join(pieces).encode())
TOML = ["a = ", "b.c = ", "[x]\n", "[[y.z]]\n", "'q' . r = ", "[", "]", "{ ", " }", ", ", "\n", "# c\n", '"s"\n', "'t'\n", '"""u\n""v"""\n', "'\''w'\''", '"\\u00e9\\n"\n', "1\n", "d = 1\n", "e = [1, 'f']\n", "g = {h = 'i', j.k = []}\n", "1979-05-27 07:32:00\n", "# é\n"]  # fmt: skip


def test_any_bytes_are_read(catalog: Catalog) -> None:
    @settings(max_examples=400, deadline=None)
    @given(st.sampled_from(sorted(PYTHON_PACKAGING)), st.one_of(st.binary(), TEXTS))
    def check(kind: FileKind, data: bytes) -> None:
        for path in NAMES[kind]:
            found = read_surface(read, kind, path, data, catalog)
            assert all(0 <= usage.span.start <= usage.span.end <= len(data) for usage in found.usages)
            assert all(problem.line is None or problem.line >= 1 for problem in found.problems)

    check()


def test_where_toml_stands_is_found_wherever_it_is_toml() -> None:
    @settings(max_examples=400, deadline=None)
    @given(st.lists(st.sampled_from(TOML), max_size=12).map("".join))
    def check(text: str) -> None:
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            return
        assert read_toml(text.encode()).faults == ()

    check()
