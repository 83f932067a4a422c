"""Files are written whole, with their mode, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from natsscan.model.errors import InputError
from natsscan.source.write import write_files


def test_files_are_written_removed_and_keep_their_mode(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"old")
    (tmp_path / "run").chmod(0o750)
    (tmp_path / "gone").write_bytes(b"")
    (tmp_path / "empty/then").mkdir(parents=True)
    (tmp_path / "empty/then/gone").write_bytes(b"")
    write_files(tmp_path, {"run": b"new", "gone": None, "empty/then/gone": None, "a/b/c": b"\r\n"})
    assert (tmp_path / "run").read_bytes() == b"new"
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o750
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")) == ["a", "a/b", "a/b/c", "run"]


@pytest.mark.parametrize("path", ["../out", "/etc/out", "link/f", "to-file"])
def test_nothing_is_written_outside_or_through_a_link(tmp_path: Path, path: str) -> None:
    inside, outside = tmp_path / "in", tmp_path / "else"
    for folder in (inside, outside):
        folder.mkdir()
    (outside / "file").write_bytes(b"mine")
    (inside / "link").symlink_to(outside)
    (inside / "to-file").symlink_to(outside / "file")
    with pytest.raises(InputError, match="nothing was written"):
        write_files(inside, {"first": b"1", path: b"2"})
    assert not (inside / "first").exists()
    assert [p.name for p in outside.iterdir()] == ["file"]
    assert (outside / "file").read_bytes() == b"mine"


def test_if_one_cannot_be_written_none_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/held").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be written"):
        write_files(tmp_path, {"a": b"new", "b": b"new", "c": b"a folder is in the way"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert not (tmp_path / "b").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "c"]
