from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from natsscan.cache.stamps import Stamp, digest_of, stamps


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    long_ago = time.time() - 100
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (long_ago, long_ago))
    return tmp_path


def look(tree: Path, known: dict[str, Stamp]) -> tuple[dict[str, Stamp], list[str]]:
    """Return the stamps of all files, and those that were read for it."""
    read: list[str] = []

    def reader(path: str) -> object:
        read.append(path)
        try:
            return (tree / path).read_bytes()
        except OSError as error:
            return error.strerror

    return stamps(str(tree), [path.name for path in sorted(tree.iterdir())], known, reader), read


def settled(known: dict[str, Stamp]) -> dict[str, Stamp]:
    """Return stamps as they would be, had the files been there for some time: one can set all times but the last."""
    return {
        path: Stamp(each.size, each.modified, each.changed, each.inode, each.digest, True)
        for path, each in known.items()
    }


def test_files_are_read_again_if_they_may_have_changed(tree: Path) -> None:
    first, read = look(tree, {})
    assert read == ["a", "b"]
    assert first["a"].digest == digest_of(b"a")
    assert not first["a"].is_settled, "made a moment ago"
    second, read = look(tree, first)
    assert read == ["a", "b"]
    assert second == first
    _, read = look(tree, settled(first))
    assert read == []


def test_each_way_to_change_a_file_is_seen(tree: Path) -> None:
    known = settled(look(tree, {})[0])
    times = (tree / "a").stat()
    (tree / "a").write_text("x")  # as long as before
    os.utime(tree / "a", ns=(times.st_atime_ns, times.st_mtime_ns))  # and as old
    now, read = look(tree, known)
    assert read == ["a"]
    assert now["a"].digest == digest_of(b"x")
    (tree / "new").write_text("b")
    os.utime(tree / "new", ns=(times.st_atime_ns, times.st_mtime_ns))
    (tree / "new").replace(tree / "b")
    assert look(tree, known)[1] == ["a", "b"]


def test_what_is_no_file_has_a_digest_of_its_own(tree: Path) -> None:
    before = look(tree, {})[0]["a"].digest
    (tree / "a").unlink()
    (tree / "a").symlink_to("b")
    link = look(tree, {})[0]["a"]
    assert link.digest == digest_of(b"b")
    assert not link.is_settled
    (tree / "b").unlink()
    assert look(tree, {})[0]["a"].digest not in {before, link.digest}
