"""Documents that a user gives are refused with one line, whatever they hold: rules, decisions, settings, definitions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import yaml

from natsscan.catalog.catalog import Catalog, load_catalog
from natsscan.catalog.yamlloader import compose, compose_all, construct
from natsscan.config import load_config
from natsscan.findings.baseline_file import read_baseline
from natsscan.model.errors import InputError
from natsscan.nats.artifacts.subjects import read_subjects
from natsscan.source.text import TextPositions
from natsscan.topology.definitions import read_definitions
from tests.conftest import REPOSITORY
from tests.fuzz.mutations import mutated

LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(20))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n + 1}: &a{n + 1} {{<<: [{', '.join([f'*a{n}'] * 9)}]}}\n" for n in range(12))
BOMBS = {
    "brackets": "[" * 100_000,
    "braces": "{" * 100_000,
    "template": "{{" * 50_000,
    "lists": "- " * 50_000,
    "keys": "? " * 50_000,
    "closed": "[" * 50_000 + "]" * 50_000,
    "aliases": LAUGHS,
    "merges": MERGES,
    "alias of itself": "a: &a [*a]\n",
    "merge of itself": "a: &a {<<: *a}\n",
    "several": "a: 1\n---\na: 2\n",
    "digits": "a: " + "9" * 6000,
    "no such day": "a: 2001-99-99",
    "no truth": "a: !!bool maybe",
    "no time": "a: !!timestamp noon",
    "no number": "a: !!int ''",
    "a list as a key": "{[a]: 1}",
    "an object of Python": "a: !!python/object/apply:os.getcwd []",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_no_yaml_is_too_much(text: str, tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(text)
    _one_line(lambda: load_catalog((tmp_path,)))
    _one_line(lambda: read_baseline(path))
    _one_line(lambda: read_subjects(path, catalog.target.layouts))
    below = "\n".join(f"  {line}" for line in text.splitlines())
    resource = f"apiVersion: rabbitmq.com/v1beta1\nkind: Queue\nspec:\n{below}\n"
    for given in (text, resource, f'{{"queues": {text}'):
        _one_line(
            lambda given=given: read_definitions([TextPositions("f", given.encode())], catalog.broker), or_none=True
        )


def test_yaml_of_others_is_read_up_to_its_limits() -> None:
    wide = f"[{'[], ' * 1200}]"
    assert [node.id for node in compose_all(f"{wide}\n---\na: &a [1]\nb: [*a, *a]\n")] == ["sequence", "mapping"]
    node = compose("base: &b {x: 1}\nmore: {<<: *b, y: [*b]}\n")
    assert node is not None
    assert construct(node) == {"base": {"x": 1}, "more": {"x": 1, "y": [{"x": 1}]}}
    assert compose("") is None
    with pytest.raises(yaml.YAMLError, match="more than one document"):
        compose("a\n---\nb\n")


TOML = {
    "arrays": "a = " + "[" * 100_000,
    "tables": "a = " + "{a=" * 30_000,
    "key": "a." * 50_000 + "b = 1",
    "header": "[" + "a." * 50_000 + "b]",
    "number": "a = " + "9" * 6000,
    "date": "a = 2020-99-99",
}


@pytest.mark.parametrize("text", TOML.values(), ids=TOML.keys())
def test_no_toml_is_too_much(text: str, tmp_path: Path) -> None:
    (tmp_path / "natsscan.toml").write_text(text)
    _one_line(lambda: load_config(tmp_path, tmp_path))
    (tmp_path / "natsscan.toml").unlink()
    (tmp_path / "pyproject.toml").write_text(text)
    load_config(tmp_path, tmp_path)  # which need not be natsscan's, so it is as if it were not there


def test_damaged_documents(tmp_path: Path, catalog: Catalog) -> None:
    rules = [path.read_bytes() for path in sorted((REPOSITORY / "rules").rglob("*.yaml"))]
    folder = tmp_path / "rules"
    folder.mkdir()
    for number in range(25):
        random = Random(number)
        data = mutated(random, random.choice(rules), rules)
        (folder / "more.yaml").write_bytes(data)
        (tmp_path / "natsscan.toml").write_bytes(mutated(random, b'exclude = ["/a"]\nstrict = true\n', rules))
        _one_line(lambda: load_catalog((folder,)))
        _one_line(lambda: load_config(tmp_path, tmp_path), or_none=True)
        _one_line(lambda data=data: read_definitions([TextPositions("f", data)], catalog.broker))


def _one_line(read: Callable[[], object], *, or_none: bool = False) -> None:
    try:
        read()
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert or_none
