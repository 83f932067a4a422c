from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from natsscan.catalog.catalog import load_catalog
from natsscan.findings.redact import Notation, redact
from natsscan.model.errors import InputError
from tests.conftest import Command

OWN = """\
kind: secrets
id: house-secrets
title: What we call secrets
names: [geheimnis]
short_names: [gw]
options: [--geheim]
calls: {Zugang: 1}
"""


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("geheimnis: abc", "geheimnis: ***"),
        ("brokerGw = abc", "brokerGw = ***"),
        ("regw = abc", "regw = abc"),
        ("tool --geheim abc run", "tool --geheim *** run"),
        ("Zugang('abc', 1)", "Zugang('***', 1)"),
        ("password: abc", "password: ***"),
    ],
)
def test_a_users_rules_add_names_options_and_calls(tmp_path: Path, line: str, shown: str) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    assert redact(load_catalog([tmp_path]).secrets, line, Notation.TEXT) == shown


def test_what_a_library_calls_password_is_hidden_where_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "kind: library\nid: own\ntitle: Own\nlanguage: haskell\npackages: []\nmodules:\n  Own.Bus:\n    functions:\n"
        "      dial: {operation: connect, arguments: [host, port, password, options]}\n"
    )
    secrets = load_catalog([tmp_path]).secrets
    assert redact(secrets, 'dial "h" 5672 "abc" opts', Notation.CODE) == 'dial "h" 5672 "***" opts'
    assert redact(secrets, 'redial "h" 5672 "abc" opts', Notation.CODE) == 'redial "h" 5672 "abc" opts'


def test_a_broken_rule_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace("[--geheim]", "[geheim]"))
    with pytest.raises(InputError) as raised:
        load_catalog([tmp_path])
    assert str(raised.value).startswith(f"{path}:6: ")


def test_no_value_of_such_a_key_is_in_a_report(
    natsscan: Command, write: Callable[[dict[str, str | bytes]], Path]
) -> None:
    write({"rules/own.yaml": OWN, "app.yaml": "rabbitmq:\n  geheimnis: s3cr3tWord\n  host: h\n"})
    for arguments in ((".", "-v"), (".", "--format", "json")):
        run = natsscan(*arguments, "--rules", "rules")
        assert "s3cr3tWord" not in run.out
        assert "geheimnis" in run.out
