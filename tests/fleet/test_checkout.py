from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from natsscan.fleet.cache import Cache
from natsscan.fleet.checkout import commit_now, open_repository
from natsscan.model.coverage import Problem
from natsscan.model.errors import InputError
from tests.conftest import clean_environment
from tests.fleet.conftest import Made, clones, files, make, named, refusal


def source_of(origin: Made, kind: str) -> str:
    if kind == "bare":
        bare = origin.path.parent / "bare.git"
        shutil.rmtree(bare, ignore_errors=True)
        origin.git("clone", "-q", "--bare", ".", str(bare))
        return str(bare)
    return str(origin.path) if kind == "checkout" else origin.url


EVERY_KIND = pytest.mark.parametrize("kind", ["checkout", "bare", "url"])


@EVERY_KIND
def test_the_newest_commit_is_read(origin: Made, cache: Cache, kind: str) -> None:
    origin.commit({"a.hs": "one"})
    commit = origin.commit({"a.hs": "two", "src/b.hs": b"\xff"})
    repository = named(source_of(origin, kind))
    opened = open_repository(repository, cache)
    assert files(opened) == {"a.hs": b"two", "src/b.hs": b"\xff"}
    assert (opened.commit, opened.committed) == (commit, "2026-11-27")
    assert commit_now(repository) == commit
    assert (opened.project.root.name, opened.project.scope) == ("shop", (".",))


@EVERY_KIND
@pytest.mark.parametrize("revision", ["v1", "light", "release/1", "refs/heads/release/1", "id"])
def test_a_revision_is_read(origin: Made, cache: Cache, kind: str, revision: str) -> None:
    commit = origin.commit({"a.hs": "one"})
    origin.git("tag", "-a", "v1", "-m", "first")
    origin.git("tag", "light")
    origin.git("branch", "release/1")
    origin.git("branch", "other/v1")
    newest = origin.commit({"a.hs": "two"})
    origin.git("branch", "v1", newest)  # git takes the tag
    repository = named(source_of(origin, kind), commit if revision == "id" else revision)
    opened = open_repository(repository, cache)
    assert files(opened) == {"a.hs": b"one"}
    assert opened.commit == commit_now(repository) == commit


@EVERY_KIND
def test_a_revision_that_is_not_there_is_told(origin: Made, cache: Cache, kind: str) -> None:
    origin.commit({"a.hs": "one"})
    repository = named(source_of(origin, kind), "no-such")
    said = refusal(repository, cache)
    assert said.startswith(f"{repository.source}: no-such: ")
    assert "no such" in said
    with pytest.raises(InputError, match=r"no-such: .*no such"):
        commit_now(repository)


@EVERY_KIND
def test_a_repository_without_commits_is_told(origin: Made, cache: Cache, kind: str) -> None:
    repository = named(source_of(origin, kind))
    assert "has no commit yet" in refusal(repository, cache)
    with pytest.raises(InputError, match="has no commit yet"):
        commit_now(repository)


def test_what_is_not_committed_makes_no_difference(origin: Made, cache: Cache) -> None:
    origin.commit({"a.hs": "one"})
    (origin.path / "a.hs").write_text("changed")
    (origin.path / "new.hs").write_text("new")
    assert files(open_repository(named(origin.path), cache)) == {"a.hs": b"one"}


def test_large_files_are_named_and_not_read(origin: Made, cache: Cache) -> None:
    origin.commit({"a.hs": "x" * 11})
    for source in (str(origin.path), origin.url):
        opened = open_repository(named(source), cache, max_size=10)
        problem = opened.project.tree.read("a.hs")
        assert isinstance(problem, Problem)
        assert "over the limit of 10" in problem.reason


def test_a_folder_without_git_is_read_as_it_is(tmp_path: Path, cache: Cache) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "a.hs").write_text("one")
    repository = named(folder)
    opened = open_repository(repository, cache)
    assert files(opened) == {"a.hs": b"one"}
    assert opened.project.root.name == "shop"
    assert opened.committed == ""
    assert opened.commit.startswith("content:")
    assert len(opened.commit) == len("content:") + 32
    assert commit_now(repository) == opened.commit
    (folder / "a.hs").rename(folder / "b.hs")
    renamed = commit_now(repository)
    (folder / "b.hs").write_text("two")
    assert len({opened.commit, renamed, commit_now(repository)}) == 3
    assert "no git repository, so it has no revision main" in refusal(named(folder, "main"), cache)


def test_a_link_leads_to_the_same_folder(tmp_path: Path, cache: Cache) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "a.hs").write_text("one")
    (folder / "b.hs").symlink_to("a.hs")
    (tmp_path / "link").symlink_to("code")
    opened = open_repository(named(tmp_path / "link"), cache)
    assert files(opened) == {"a.hs": b"one", "b.hs": None}


@EVERY_KIND
def test_a_tag_of_something_else_than_a_commit_is_told(origin: Made, cache: Cache, kind: str) -> None:
    origin.commit({"a.hs": "one"})
    origin.git("tag", "files", "HEAD^{tree}")
    assert "files: " in refusal(named(source_of(origin, kind), "files"), cache)


@pytest.mark.parametrize("kind", ["checkout", "bare"])
def test_a_clone_of_others_that_lacks_a_list_of_files_is_told(origin: Made, cache: Cache, kind: str) -> None:
    origin.commit({"src/a.hs": "one"})
    source = source_of(origin, kind)
    tree = origin.git("rev-parse", "HEAD:src").strip()
    objects = Path(source) / (".git/objects" if kind == "checkout" else "objects")
    (objects / tree[:2] / tree[2:]).unlink()
    assert "git cannot list its files" in refusal(named(source), cache)


def test_a_folder_that_is_gone_is_told(tmp_path: Path, cache: Cache) -> None:
    assert "no such folder" in refusal(named(tmp_path / "gone"), cache)


def test_a_broken_repository_inside_of_another_is_not_taken_for_that(origin: Made, cache: Cache) -> None:
    origin.commit({"a.hs": "one"})
    (origin.path / "inner" / ".git").mkdir(parents=True)
    assert "git cannot read it" in refusal(named(origin.path / "inner"), cache)


def test_a_clone_has_one_commit_and_does_not_tell_where_it_is_from(origin: Made, cache: Cache) -> None:
    for content in ("one", "two", "three"):
        origin.commit({"a.hs": content})
    open_repository(named(origin.url), cache)
    (clone,) = clones(cache)
    assert Made(clone).git("rev-list", "--count", "--all").strip() == "1"
    for path in cache.root.rglob("*"):
        assert "origin" not in path.name
        assert path.is_dir() or b"origin" not in path.read_bytes()


def test_what_came_since_is_fetched_into_the_same_clone(origin: Made, cache: Cache) -> None:
    origin.commit({"a.hs": "one"})
    open_repository(named(origin.url), cache)
    origin.commit({"a.hs": "two"})
    assert files(open_repository(named(origin.url), cache)) == {"a.hs": b"two"}
    origin.git("reset", "-q", "--hard", "HEAD~1")
    origin.commit({"a.hs": "rewritten"})
    assert files(open_repository(named(origin.url), cache)) == {"a.hs": b"rewritten"}
    assert len(clones(cache)) == 1


def test_ids_of_sha256_are_read_where_a_clone_is(tmp_path: Path, cache: Cache) -> None:
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(tmp_path / "long")], check=True)
    made = Made(tmp_path / "long")
    commit = made.commit({"a.hs": "one"})
    assert open_repository(named(made.path), cache).commit == commit
    assert "list the path of one" in refusal(named(made.url), cache)


def test_a_shallow_repository_can_be_fetched(origin: Made, cache: Cache, tmp_path: Path) -> None:
    origin.commit({"a.hs": "one"})
    origin.commit({"a.hs": "two"})
    origin.git("clone", "-q", "--depth", "1", origin.url, str(tmp_path / "shallow"))
    assert files(open_repository(named((tmp_path / "shallow").as_uri()), cache)) == {"a.hs": b"two"}


def test_a_short_commit_id_of_a_url_must_be_whole(origin: Made, cache: Cache) -> None:
    commit = origin.commit({"a.hs": "one"})
    assert "a commit id must be whole" in refusal(named(origin.url, commit[:10]), cache)


def lose_the_pack(clone: Path) -> None:
    for each in (clone / "objects").rglob("*"):
        if each.is_file():
            each.chmod(0o600)
            each.write_bytes(b"")


def lose_the_files(clone: Path) -> None:
    made = Made(clone)
    for each in made.git("cat-file", "--batch-all-objects", "--batch-check").splitlines():
        name, kind, _ = each.split()
        if kind == "blob":
            (clone / "objects" / name[:2] / name[2:]).unlink()


def lose_the_names(clone: Path) -> None:
    shutil.rmtree(clone / "refs")
    (clone / "shallow").write_text("?")


@pytest.mark.parametrize(
    "damage",
    [
        lose_the_pack,
        lose_the_files,
        lambda clone: (clone / "HEAD").unlink(),
        lambda clone: shutil.rmtree(clone / "objects"),
        lambda clone: (clone / "shallow.lock").write_text(""),
        lambda clone: (clone / "config").write_text("[broken"),
        lose_the_names,
    ],
)
@pytest.mark.parametrize("is_newer", [False, True])
def test_a_broken_clone_is_made_anew(
    origin: Made, cache: Cache, damage: Callable[[Path], object], is_newer: bool
) -> None:
    origin.commit({"a.hs": "one", "b.hs": "same"})
    open_repository(named(origin.url), cache)
    (clone,) = clones(cache)
    damage(clone)
    if is_newer:
        origin.commit({"a.hs": "two"})
    found = files(open_repository(named(origin.url), cache))
    assert found == {"a.hs": b"two" if is_newer else b"one", "b.hs": b"same"}
    Made(clone).git("fsck", "--strict")


def test_a_clone_is_kept_while_the_other_side_is_away(origin: Made, cache: Cache) -> None:
    origin.commit({"a.hs": "one"})
    open_repository(named(origin.url), cache)
    away = origin.path.rename(origin.path.with_name("away"))
    assert "not a repository, or one that you may not see" in refusal(named(origin.url), cache)
    assert len(clones(cache)) == 1
    away.rename(origin.path)
    assert files(open_repository(named(origin.url), cache)) == {"a.hs": b"one"}


def test_nothing_of_the_repository_runs(
    origin: Made, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    template = tmp_path / "template"
    hooks = [template / "hooks", origin.path / ".git" / "hooks", tmp_path / "global-hooks"]
    for folder in hooks:
        folder.mkdir(parents=True, exist_ok=True)
    origin.commit({"a.hs": "one", ".gitattributes": "* filter=evil\n"})
    for folder in hooks:
        for name in ("reference-transaction", "post-checkout", "post-merge", "pre-auto-gc"):
            (folder / name).write_text(f"#!/bin/sh\necho {folder} >> {ran}\n")
            (folder / name).chmod(0o755)
    for key in ("filter.evil.smudge", "core.fsmonitor", "core.sshCommand", "uploadpack.packObjectsHook"):
        origin.git("config", key, f"touch {ran}; cat")
    settings = tmp_path / "settings"
    settings.write_text(f"[core]\n\thooksPath = {tmp_path / 'global-hooks'}\n[init]\n\ttemplateDir = {template}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(origin.path / ".git"))
    monkeypatch.chdir(origin.path)
    for source in (str(origin.path), origin.url):
        assert files(open_repository(named(source), cache))["a.hs"] == b"one"
        commit_now(named(source))
    assert not ran.exists()


def test_a_transport_that_runs_a_command_is_not_used(cache: Cache, tmp_path: Path) -> None:
    assert "git's own transports" in refusal(named(f"ext::touch {tmp_path / 'ran'}"), cache)
    assert not (tmp_path / "ran").exists()


_OPEN = """
import sys
from collections.abc import Callable
from pathlib import Path
from natsscan.fleet.cache import Cache
from natsscan.fleet.checkout import open_repository
from natsscan.model.fleet import Repository
opened = open_repository(Repository("shop", sys.argv[1]), Cache(Path(sys.argv[2])))
print(opened.commit, len(opened.project.tree.list().paths))
"""


def test_processes_that_fetch_one_url_do_not_meet(origin: Made, cache: Cache) -> None:
    commit = origin.commit({f"f{at}.hs": "x" * 1000 + str(at) for at in range(50)})
    command = [sys.executable, "-c", _OPEN, origin.url, str(cache.root)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
        for _ in range(4)
    ]
    for each in running:
        out, err = each.communicate(timeout=60)
        assert (out.strip(), err) == (f"{commit} 50", "")
    assert len(clones(cache)) == 1
    Made(clones(cache)[0]).git("fsck", "--strict")


def test_a_repository_beside_is_not_needed_to_fetch_one(tmp_path: Path, cache: Cache) -> None:
    first, second = make(tmp_path / "a" / "shop"), make(tmp_path / "b" / "shop")
    first.commit({"a.hs": "first"})
    second.commit({"a.hs": "second"})
    assert files(open_repository(named(first.url), cache)) == {"a.hs": b"first"}
    assert files(open_repository(named(second.url), cache)) == {"a.hs": b"second"}
    assert len(clones(cache)) == 2


def test_files_that_a_clone_lacks_are_told(tmp_path: Path, cache: Cache) -> None:
    made = make(tmp_path / "origin")
    made.commit({"run.py": "import pika\n", "large.bin": "x" * 100})
    blob = made.git("rev-parse", "HEAD:large.bin").strip()
    (made.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    found = files(open_repository(named(made.path), cache))
    assert found["run.py"] == b"import pika\n"
    assert isinstance(found["large.bin"], Problem)
