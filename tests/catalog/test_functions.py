from __future__ import annotations

from pathlib import Path

import pytest

from natsscan.catalog.catalog import load_catalog
from natsscan.model.errors import InputError

TEXT = """\
kind: functions
language: haskell
functions: {}
transparent: []
constructors: []
generated: []
interpreters: []
environment: []
configuration: "Opts$"
configured: "FromJSON {type}"
quoters:
  note: "%([a-z]*)%"
  raw: ""
"""


def test_quoters_of_a_users_rules_stand_beside_the_bundled_ones(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(TEXT)
    quoters = load_catalog([tmp_path]).quoters
    assert quoters["raw"] is None
    assert {"i", "fmt", "note"} <= quoters.keys()


@pytest.mark.parametrize(
    ("old", "new", "line"), [('"%([a-z]*)%"', '"%("', 12), ('"Opts$"', '"Opts("', 9), ('"FromJSON {type}"', '"["', 10)]
)
def test_a_broken_pattern_is_told_with_its_line(old: str, new: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(InputError, match="broken pattern") as raised:
        load_catalog([tmp_path])
    assert f"{path}:{line}" in str(raised.value)
