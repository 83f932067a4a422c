"""Files are written whole, with their mode, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from natsscan.model.errors import InputError
from natsscan.source.leftovers import NEW, OLD, beside
from natsscan.source.unfinished import begin_record, put_back_unfinished
from natsscan.source.write import tidy_beside, write_file, write_files


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


def test_folders_that_are_left_empty_go_with_their_files(tmp_path: Path) -> None:
    names = ("chart/Chart.yaml", "chart/templates/a.yaml", "chart/templates/b.yaml", "chart/values.yaml", "other/a")
    write_files(tmp_path, dict.fromkeys((*names, "other/b"), b""))
    write_files(tmp_path, dict.fromkeys(names))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b", "other"]


def test_names_that_begin_alike_or_are_very_long_are_written_apart(tmp_path: Path) -> None:
    names = ["a" * 150 + end for end in ("one", "two")] + ["é" * 120 + end for end in ("one", "two")]
    write_files(tmp_path, {name: name.encode() for name in names})
    assert {path.name: path.read_bytes().decode() for path in tmp_path.iterdir()} == {name: name for name in names}


def test_folders_made_on_the_way_go_again_if_one_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "held").mkdir()
    (tmp_path / "held/file").write_bytes(b"")
    with pytest.raises(InputError, match="held: cannot be written: is a directory"):
        write_files(tmp_path, {"new/deep/file": b"1", "empty/file": b"2", "held": b"3"})
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "empty",
        "held",
        "held/file",
    ]


def test_a_file_that_is_named_is_written_through_its_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/report").write_bytes(b"old")
    (tmp_path / "link").symlink_to("folder/report")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder/report").read_bytes() == b"new"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="loop: cannot be written"):
        write_file(tmp_path / "loop", b"new")


def test_what_is_no_regular_file_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_file(tmp_path / "pipe", b"new")
    assert os.read(reading, 10) == b"new"
    os.close(reading)
    write_file(Path(os.devnull), b"new")
    assert Path(os.devnull).is_char_device()


def test_files_of_a_run_that_was_killed_are_put_back_unless_they_have_changed_since(tmp_path: Path) -> None:
    files: dict[str, bytes | None] = {"a": b"new a", "b": b"new b", "c": b"new c", "d/e": b"new e", "gone": None}
    for name in ("a", "b", "c", "gone"):
        (tmp_path / name).write_bytes(f"old {name}".encode())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    begin_record(tmp_path, files)
    for name in ("a", "b"):
        os.link(tmp_path / name, beside(tmp_path / name, OLD))
        (tmp_path / name).unlink()
        (tmp_path / name).write_bytes(files[name] or b"")
    (tmp_path / "gone").rename(beside(tmp_path / "gone", OLD))
    (tmp_path / "d").mkdir()
    (tmp_path / "d/e").write_bytes(b"new e")
    beside(tmp_path / "c", NEW).write_bytes(b"new c")
    (tmp_path / "b").write_bytes(b"somebody's own")
    assert put_back_unfinished(tmp_path) == 3
    found = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert found == before | {tmp_path / "b": b"somebody's own"}
    assert put_back_unfinished(tmp_path) == 0


def test_what_a_killed_run_left_beside_files_goes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    for what in (NEW, OLD):
        beside(tmp_path / "a", what).write_bytes(b"half")
    beside(tmp_path / "b", NEW).write_bytes(b"somebody else's")
    tidy_beside(tmp_path, ["a"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [beside(tmp_path / "b", NEW).name, "a"]
    write_file(tmp_path / "b", b"b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"old")
    (tmp_path / "b").chmod(0o640)
    (tmp_path / "c").mkdir()
    for files in ({"c": b"new"}, {"a": b"new", "b": None, "c": b"new"}):
        with pytest.raises(InputError):
            write_files(tmp_path, files)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]
        assert (tmp_path / "b").stat().st_mode & 0o777 == 0o640
