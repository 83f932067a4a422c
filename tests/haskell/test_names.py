"""What names evaluate to, and where wrappers lead (fixtures/cases/names, fixtures/cases/wrappers).

A line of `names/*.expected` is `LINE ARGUMENT=ALTERNATIVE|ALTERNATIVE ...`, alternatives in any order, with backquotes
around those with blanks or braces; `!ARGUMENT=TEXT` says that the argument must not be just that. In a folder of
`wrappers`, `expected` lists all publishers, queues, consumers, lines that acknowledge, and calls of wrappers.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CASES, run_command

NAMES = sorted(path.stem for path in (CASES / "names").glob("*.hs"))
WRAPPERS = sorted(path.name for path in (CASES / "wrappers").iterdir())
_ITEM = re.compile(r"(!?\w+)=((?:`[^`]*`|[^\s`|]+)(?:\|(?:`[^`]*`|[^\s`|]+))*)")


def scan(tmp_path: Path, source: Path) -> dict[str, Any]:
    if source.is_dir():
        shutil.copytree(source, tmp_path / "tree", ignore=shutil.ignore_patterns("expected"))
    else:
        (tmp_path / "tree").mkdir()
        shutil.copy(source, tmp_path / "tree")
    result: dict[str, Any] = run_command(".", "--format", "json", cwd=tmp_path / "tree").json
    return result


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str, tmp_path: Path) -> None:
    report = scan(tmp_path, CASES / "names" / f"{name}.hs")
    for line in (CASES / "names" / f"{name}.expected").read_text().splitlines():
        number = int(line.split()[0])
        calls = [f for f in report["findings"] if f["line"] == number and f["is_call"] and f["tier"] == "direct"]
        assert len(calls) == 1, f"{number}: {[f['symbol'] for f in calls]}"
        for argument, alternatives in _ITEM.findall(line):
            wanted = sorted(text.strip("`") for text in alternatives.split("|"))
            found = sorted(calls[0]["arguments"][argument.removeprefix("!")]["values"])
            assert (found == wanted) is not argument.startswith("!"), f"{number} {argument}: {found}"


@pytest.mark.parametrize("name", WRAPPERS)
def test_wrappers(name: str, tmp_path: Path) -> None:
    folder = CASES / "wrappers" / name
    report = scan(tmp_path, folder)
    topology = report["topology"]
    found = [f"publisher {p['exchange']} {p['routing_key']}" for p in topology["publishers"]]
    found += [f"queue {queue['name']}" for queue in topology["queues"]]
    for consumer in topology["consumers"]:
        found += [f"consumer {consumer['queue']}", *(f"acked {place['line']}" for place in consumer["acks"])]
    indirect = [f for f in report["findings"] if f["tier"] == "indirect"]
    found += [f"call {f['path']}:{f['line']} {f['symbol']}" for f in indirect]
    assert sorted(found) == sorted((folder / "expected").read_text().splitlines())
