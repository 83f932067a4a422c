from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from natsscan.cache.store import Store

WRITER = """
import sys
from pathlib import Path
from natsscan.cache.store import Store

store = Store(Path(sys.argv[1]), print)
while True:
    for number in range(20):
        store.put(f"key{number}", bytes([number]) * 200_000)
        found = store.get(f"key{number}")
        assert found is None or found == bytes([number]) * 200_000, "another one's bytes"
    store.tidy()
"""


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, told: list[str]) -> Store:
    return Store(tmp_path / "kept", told.append)


def test_what_is_put_is_there(store: Store, told: list[str]) -> None:
    assert store.get("a") is None
    store.put("a", b"one")
    store.put("b", b"")
    store.put("a", b"two")
    assert (store.get("a"), store.get("b"), store.get("c")) == (b"two", b"", None)
    assert store.sizes()[0] == 2
    assert told == []


@pytest.mark.parametrize("damage", [b"", b"natsscan", b"x" * 500, None])
def test_a_damaged_file_is_told_once_and_ignored(store: Store, told: list[str], damage: bytes | None) -> None:
    store.put("a", b"one" * 1000)
    (file,) = store.root.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-7] if damage is None else damage)
    assert store.get("a") is None
    assert told == [f"{file}: damaged; this part of the cache is ignored and made anew"]
    assert store.get("a") is None
    assert len(told) == 1
    store.put("a", b"again")
    assert store.get("a") == b"again"


def test_what_is_no_file_or_not_ours_is_ignored(store: Store, told: list[str]) -> None:
    store.put("a", b"one")
    (file,) = store.root.iterdir()
    elsewhere = store.root.parent / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert store.get("a") is None
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    assert store.get("a") is None
    assert len(told) == 2
    assert elsewhere.exists()


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "kept").write_text("a file, not a folder")
    store = Store(tmp_path / "kept", told.append)
    store.put("a", b"one")
    store.tidy()
    assert store.sizes() == (0, 0)
    assert (tmp_path / "kept").read_text() == "a file, not a folder"


def test_those_used_longest_ago_go_first(tmp_path: Path, told: list[str]) -> None:
    store = Store(tmp_path, told.append, max_bytes=35_000)
    long_ago = time.time() - 3600
    for number, key in enumerate("abcd"):
        store.put(key, b"x" * 10_000)
        os.utime(tmp_path / f"{key}.kept", (long_ago + number, long_ago + number))
    assert store.get("a") is not None  # which counts as a use
    store.tidy()
    assert {key: store.get(key) is not None for key in "abcd"} == {"a": True, "b": False, "c": True, "d": True}


def test_what_is_old_or_left_over_goes(store: Store) -> None:
    store.put("old", b"x")
    store.put("new", b"x")
    (store.root / "left.tmp").write_bytes(b"half")
    (store.root / "writing.tmp").write_bytes(b"half")
    day = 24 * 3600
    for name, age in {"old.kept": 31 * day, "left.tmp": day}.items():
        os.utime(store.root / name, (time.time() - age, time.time() - age))
    store.tidy()
    assert sorted(path.name for path in store.root.iterdir()) == ["new.kept", "writing.tmp"]
    assert store.clear()[0] == 1
    assert list(store.root.iterdir()) == []


def test_processes_that_write_at_once_and_are_killed_leave_only_what_is_whole(store: Store, told: list[str]) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, store.root]) for _ in range(3)]
    for writer in writers:
        while not list(store.root.glob("*.kept")):
            assert writer.poll() is None
            time.sleep(0.01)
        time.sleep(0.3)
        assert writer.poll() is None, "it saw bytes that nobody wrote"
        writer.kill()
        writer.wait()
    found = {number: store.get(f"key{number}") for number in range(20)}
    assert any(found.values())
    assert all(data is None or data == bytes([number]) * 200_000 for number, data in found.items())
    assert told == []
