from __future__ import annotations

import os
from pathlib import Path

import pytest

from natsscan.fleet.repositories import read_repositories
from natsscan.model.errors import InputError
from tests.fleet.conftest import SECRET


def listed(folder: Path, text: str | bytes) -> Path:
    path = folder / "fleet.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def names(path: Path) -> list[str]:
    return [repository.name for repository in read_repositories(path)]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as raised:
        read_repositories(path)
    text = str(raised.value)
    assert "\n" not in text
    return text


def checkout(path: Path) -> Path:
    (path / ".git").mkdir(parents=True)
    return path


def bare(path: Path) -> Path:
    for name in ("objects", "refs"):
        (path / name).mkdir(parents=True)
    (path / "HEAD").write_text("ref: refs/heads/main\n")
    return path


def test_a_list_has_paths_and_urls_with_revisions(tmp_path: Path) -> None:
    checkout(tmp_path / "code" / "gundeck")
    found = read_repositories(
        listed(
            tmp_path,
            "# all of ours\r\n"
            "code/gundeck\r\n"
            "\n"
            "https://git.example.org/team/brig.git  v1.2  # until they upgrade\n"
            "git@git.example.org:team/cannon\n"
            "ssh://git@git.example.org:2222/team/galley.git\trelease/7\n"
            "file:///srv/git/spar.git",
        )
    )
    assert [(each.name, each.source, each.revision) for each in found] == [
        ("brig", "https://git.example.org/team/brig.git", "v1.2"),
        ("cannon", "git@git.example.org:team/cannon", ""),
        ("galley", "ssh://git@git.example.org:2222/team/galley.git", "release/7"),
        ("gundeck", str(tmp_path / "code" / "gundeck"), ""),
        ("spar", "file:///srv/git/spar.git", ""),
    ]


def test_what_shares_a_name_gets_the_parts_before_it(tmp_path: Path) -> None:
    path = listed(
        tmp_path,
        "https://git.example.org/eu/team/api\n"
        "https://git.example.org/us/team/api\n"
        "https://git.example.org/team/web\n"
        "git@other.example.org:team/web.git\n",
    )
    assert names(path) == ["eu-team-api", "git.example.org-team-web", "other.example.org-team-web", "us-team-api"]


def test_two_revisions_of_one_repository_are_named_by_them(tmp_path: Path) -> None:
    path = listed(tmp_path, "git://h/api\ngit://h/api.git release/1\ngit://h/api release/2\n")
    assert names(path) == ["api", "api-release-1", "api-release-2"]


def test_names_do_not_depend_on_the_order_of_lines(tmp_path: Path) -> None:
    lines = ["git://h/a/b", "git://h/c/b", "git://h/a-b", "https://h/a/b", "git://h/A-B", "git://h/b"]
    forwards = read_repositories(listed(tmp_path, "\n".join(lines)))
    backwards = read_repositories(listed(tmp_path, "\n".join(reversed(lines))))
    assert forwards == backwards
    assert len({each.name.casefold() for each in forwards}) == len(lines)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("https://h/..", "repository"),
        ("https://h/.github", "github"),
        ("https://h/-rf.git", "rf"),
        ("https://h/a/.git", "a"),
        ("https://h/%2e%2e", "%2e%2e"),
        ("file:///...", "repository"),
        ("https://h/a\\..\\b", "a-..-b"),
    ],
)
def test_a_name_leads_out_of_no_folder(tmp_path: Path, source: str, name: str) -> None:
    assert names(listed(tmp_path, source)) == [name]


def test_a_long_name_is_cut_and_still_tells_what_it_is(tmp_path: Path) -> None:
    long = "x" * 300
    first, second = names(listed(tmp_path, f"git://h/{long}1\ngit://h/{long}2\n"))
    assert first != second
    assert len(first) == len(second) == 100


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# nothing\n\n", "fleet.txt: no repository is listed; write one repository to a line"),
        ("\nmissing", "fleet.txt:2: missing: no such folder; paths are taken from the folder of this list"),
        ("fleet.txt", "fleet.txt:1: a file; name the folder of a checkout"),
        ("git://h/a main too", "fleet.txt:1: 3 words; write one repository to a line"),
        ("git://h/a --upload-pack=x", "fleet.txt:1: a revision does not begin with -"),
        (". -x", "fleet.txt:1: a revision does not begin with -"),
        ("git://h/a main:refs/heads/x", "fleet.txt:1: of a URL a revision is a branch, a tag or a whole commit id"),
        ("git://h/a +main", "fleet.txt:1: of a URL a revision is"),
        ("git://h/a HEAD~2", "fleet.txt:1: of a URL a revision is"),
        ("ext::sh", "fleet.txt:1: an address of a transport that runs commands"),
        ("fd::3", "fleet.txt:1: an address of a transport that runs commands"),
        ("hg://h/x", "fleet.txt:1: git's own transports are used only"),
        ("-oProxyCommand=x:y", "fleet.txt:1: this is neither a path nor an address"),
        ("ssh://-oProxyCommand=x/y", "fleet.txt:1: an address without a repository"),
        ("https://h", "fleet.txt:1: an address without a repository"),
        ("git://h/a\x1b[2J", "fleet.txt:1: an address with control characters"),
        ("git://h/a\ngit://h/b\ngit://h/a.git/ HEAD\n", "fleet.txt:3: the same repository and revision as in line 1"),
        (b"git://h/a\ngit://h/\xe9\n", "fleet.txt:2: not UTF-8 here; save the list as UTF-8"),
    ],
)
def test_what_is_no_list_is_told_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in refusal(listed(tmp_path, text))


@pytest.mark.parametrize(
    "line",
    [
        f"https://user:{SECRET}@host/x",
        f"https://user:{SECRET}@host/x main",
        f"ssh://user:{SECRET}@host/x",
        f"https://user%3A{SECRET}@host/x",
        f"https://{SECRET}@host/x",
        f"https://user:{SECRET}/y@host/x",
        f"user:{SECRET}@host:x",
        f"https:/user:{SECRET}@host/x",
        f"https//user:{SECRET}@host/x",
        f"https://host/x?private_token={SECRET}",
        f"https://user:{SECRET}@host/x main and more",
        f"https://user:{SECRET}@[host/x",
    ],
)
def test_a_secret_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    said = refusal(listed(tmp_path, f"\n{line}\n"))
    assert "fleet.txt:2: " in said
    assert SECRET not in said


def test_an_address_with_a_password_tells_where_it_belongs(tmp_path: Path) -> None:
    assert "credential helper" in refusal(listed(tmp_path, f"https://user:{SECRET}@host/x"))


def test_the_same_folder_written_twice_is_told(tmp_path: Path) -> None:
    checkout(tmp_path / "a")
    (tmp_path / "link").symlink_to("a")
    assert "fleet.txt:2: the same repository" in refusal(listed(tmp_path, "a\nlink\n"))


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "no such file or directory; name a list" in refusal(tmp_path / "none.txt")


def test_a_folder_has_checkouts_and_bare_repositories(tmp_path: Path) -> None:
    checkout(tmp_path / "brig")
    checkout(tmp_path / "brig" / "inner")
    bare(tmp_path / "team" / "cannon.git")
    bare(tmp_path / "team" / "no-name-of-one")
    checkout(tmp_path / "one" / "two" / "three")
    checkout(tmp_path / "one" / "two" / "deeper" / "four")
    checkout(tmp_path / "node_modules" / "other")
    (tmp_path / "worktree").mkdir()
    (tmp_path / "worktree" / ".git").write_text("gitdir: /elsewhere\n")
    (tmp_path / "link").symlink_to("brig")
    found = read_repositories(tmp_path)
    assert [each.name for each in found] == ["brig", "cannon", "three", "worktree"]
    assert found[1].source == str(tmp_path / "team" / "cannon.git")


def test_checkouts_of_one_name_are_told_apart(tmp_path: Path) -> None:
    checkout(tmp_path / "eu" / "api")
    checkout(tmp_path / "us" / "api")
    assert names(tmp_path) == ["eu-api", "us-api"]


def test_a_folder_without_checkouts_is_told(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    assert "no git checkout and no bare repository" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "shown"), [(b"caf\xe9", "caf"), (b"two\nlines", "two\\nlines"), (b"\x1b[2J", "x1b[2J")]
)
def test_a_folder_whose_name_no_report_could_hold_is_told(tmp_path: Path, name: bytes, shown: str) -> None:
    checkout(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)))
    said = refusal(tmp_path)
    assert said.isprintable()
    assert shown in said
    assert "its name is not UTF-8, or has control characters; rename it" in said
