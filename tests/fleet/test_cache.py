from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from natsscan.fleet.cache import Cache, default_cache
from natsscan.fleet.checkout import open_repository
from natsscan.model.errors import InputError
from tests.conftest import clean_environment
from tests.fleet.conftest import clones, make, named

URLS = ("git://h/a", "git://h/b", "git://h/c")


def use(cache: Cache, url: str, size: int = 0) -> Path:
    """Use the clone of a URL, which has as many bytes then if a size is given."""
    with cache.hold(url) as clone:
        if size:
            clone.mkdir(exist_ok=True)
            (clone / "pack").write_bytes(b"x" * size)
    return clone


_HOLD = """
import sys
from pathlib import Path
from natsscan.fleet.cache import Cache
with Cache(Path(sys.argv[1])).hold(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(cache: Cache, url: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the clone of a URL until its input ends."""
    command = [sys.executable, "-c", _HOLD, str(cache.root), url]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=clean_environment()) as other:
        assert other.stdin
        assert other.stdout
        try:
            assert other.stdout.readline() == "held\n"
            yield other
        finally:
            other.stdin.close()


def test_those_used_longest_ago_make_room(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=250)
    first, second = use(cache, URLS[0], 100), use(cache, URLS[1], 100)
    use(cache, URLS[0])
    third = use(cache, URLS[2], 100)
    assert clones(cache) == sorted([first, third])
    assert not second.exists()


def test_a_clone_that_is_larger_than_all_may_be_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=99)
    use(cache, URLS[0], 100)
    assert clones(cache) == []


def test_a_clone_that_another_process_uses_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=150)
    first = use(cache, URLS[0], 100)
    with held_elsewhere(cache, URLS[0]):
        use(cache, URLS[1], 100)
        assert clones(cache) == [first]
    second = use(cache, URLS[1], 100)
    assert clones(cache) == [second]


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=150)
    use(cache, URLS[0], 100)
    with held_elsewhere(cache, URLS[0]) as other:
        other.kill()
        other.wait()
        second = use(cache, URLS[1], 100)
    assert clones(cache) == [second]


def test_a_removal_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    clone = use(cache, URLS[0], 100)
    clone.rename(clone.with_suffix(".gone"))
    half = use(cache, URLS[1]).with_suffix(".new")
    half.mkdir()
    third = use(cache, URLS[2], 100)
    assert sorted(path for path in cache.root.iterdir() if path.is_dir()) == [third]


def test_the_size_of_a_clone_counts_also_after_a_crash(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=150)
    clone = use(cache, URLS[0], 100)
    clone.with_suffix(".use").write_bytes(b"")
    os.utime(clone.with_suffix(".use"), (0, 0))
    second = use(cache, URLS[1], 100)
    assert clones(cache) == [second]


def test_a_fetch_that_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    origin = make(tmp_path / "origin")
    commit = origin.commit({"a.hs": "one"})
    cache = Cache(tmp_path / "cache")
    half = use(cache, origin.url).with_suffix(".new")
    (half / "objects").mkdir(parents=True)
    (half / "HEAD").write_text("ref: refs/hea")
    assert open_repository(named(origin.url), cache).commit == commit
    assert [path.suffix for path in cache.root.iterdir() if path.is_dir()] == [".git"]


def test_fetching_makes_room(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", max_bytes=150_000)
    for name in ("a", "b", "c"):
        origin = make(tmp_path / name)
        origin.commit({"noise": os.urandom(100_000)})
        tree = open_repository(named(origin.url), cache).project.tree
        assert tree.list().paths == ("noise",)
        assert len(clones(cache)) == 1


def test_runs_side_by_side_leave_it_below_the_limit(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from natsscan.fleet.cache import Cache
cache = Cache(Path(sys.argv[1]), 500)
for at in range(60):
    with cache.hold(f"git://h/{at * int(sys.argv[2]) % 11}") as clone:
        clone.mkdir(exist_ok=True)
        (clone / "pack").write_bytes(b"x" * 100)
        assert (clone / "pack").stat().st_size == 100
"""
    cache = Cache(tmp_path / "cache", 500)
    command = [sys.executable, "-c", program, str(cache.root)]
    running = [
        subprocess.Popen([*command, str(step)], stderr=subprocess.PIPE, text=True, env=clean_environment())
        for step in (1, 2, 3)
    ]
    for each in running:
        assert each.communicate(timeout=60)[1] == ""
    assert 1 <= len(clones(cache)) <= 5


def test_one_waits_for_the_other(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    with held_elsewhere(cache, URLS[0]) as other:
        command = [sys.executable, "-c", _HOLD, str(cache.root), URLS[0]]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as waiting:
            time.sleep(0.5)
            assert waiting.poll() is None
            assert other.stdin
            other.stdin.close()
            assert waiting.communicate(timeout=20)[0] == "held\n"


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"clones cannot be kept here: .*XDG_CACHE_HOME"):
        use(Cache(tmp_path / "file" / "cache"), URLS[0])


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    use(cache, URLS[0], 1)
    assert cache.root.stat().st_mode & 0o077 == 0


def test_it_is_where_caches_of_the_user_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert default_cache() == Cache(tmp_path / ".cache" / "natsscan" / "repositories", 20_000_000_000)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_cache().root == tmp_path / ".cache" / "natsscan" / "repositories"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert default_cache().root == tmp_path / "own" / "natsscan" / "repositories"
