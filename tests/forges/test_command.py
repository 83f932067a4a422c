"""natsscan comment as a run of CI calls it: a real repository, and a server with the forge's rules."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Run, run_command
from tests.diff.conftest import Repository
from tests.forges.fake_github import FakeGitHub
from tests.forges.fake_gitlab import FakeGitLab
from tests.forges.server import TOKEN, FakeForge, Fault, Reply

SENDER = "services/gundeck/src/Send.hs"
READER = "services/gundeck/src/Read.hs"
READS = """module Read where
import Network.AMQP

run chan = do
  _ <- declareQueue chan newQueue {queueName = "jobs", queueDurable = True}
  qos chan 0 10 False
  consumeMsgs chan "jobs" Ack $ \\(msg, env) -> do
    work msg
    ackEnv env
"""
SENDS = """module Send where
import Network.AMQP

send chan = publishMsg chan "events" "jobs" newMsg {msgDeliveryMode = Just Persistent}
"""


@dataclass
class Work:
    """A clone with a branch that loses acknowledgements and publishes, while main goes on elsewhere."""

    repository: Repository
    main: str
    head: str

    @property
    def patches(self) -> dict[str, str]:
        parts = self.repository.git("diff", f"{self.main}...{self.head}").split("diff --git a/")[1:]
        return {part.split(" ")[0]: part[part.index("@@") :] for part in parts if "@@" in part}

    def push(self, *edits: tuple[str, str]) -> None:
        self.repository.edit(READER, *edits)
        self.head = self.repository.commit()


@pytest.fixture
def work(tmp_path: Path) -> Work:
    found = Repository(tmp_path / "shop")
    found.write(READER, READS)
    found.commit("one")
    found.git("checkout", "-q", "-b", "faster")
    found.edit(READER, ("    ackEnv env\n", "    pure ()\n"))
    found.write(SENDER, SENDS)
    head = found.commit("faster")
    found.git("checkout", "-q", "main")
    found.write("services/brig/src/Other.hs", SENDS.replace("module Send", "module Other"))
    main = found.commit("elsewhere")
    found.git("checkout", "-q", "faster")
    return Work(found, main, head)


@pytest.fixture
def github(work: Work, serve: Callable[[FakeForge], None]) -> FakeGitHub:
    forge = FakeGitHub(work.patches, work.main, work.head)
    serve(forge)
    return forge


def comment(work: Work, forge: FakeForge, *more: str, name: str = "github", **env: str) -> Run:
    own = {
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_GRAPHQL_URL": "",
    }
    gitlab = {"CI_API_V4_URL": f"{forge.url}/api/v4", "CI_PROJECT_ID": "acme/shop", "GITLAB_TOKEN": TOKEN}
    none = {"GITHUB_STEP_SUMMARY": "", "GITHUB_SERVER_URL": "", "CI_JOB_URL": "", "NO_PROXY": "127.0.0.1"}
    run = run_command("comment", name, "--pr", "7", *more, cwd=work.repository.root, env=own | gitlab | none | env)
    assert TOKEN not in run.out + run.err
    return run


def test_from_the_first_run_to_the_last(work: Work, github: FakeGitHub) -> None:
    first = comment(work, github)
    assert (first.code, first.err) == (0, "")
    summary = github.comments[0]["body"]
    assert summary.split("\n")[1].startswith("**natsscan: 1 messaging property lost, ")
    assert "Other.hs" not in summary  # what main has done meanwhile is not this branch's
    base = work.repository.git("merge-base", "main", "faster").strip()
    assert f"https://github.example/acme/shop/blob/{base}/{READER}#L" in summary
    assert f"https://github.example/acme/shop/blob/{work.head}/{SENDER}#L4" in summary
    sides = {(r["path"], r["line"], r["side"]) for r in github.remarks}
    assert {(READER, 9, "LEFT"), (SENDER, 4, "RIGHT")} <= sides
    assert first.out == f"acme/shop#7: summary posted, {len(github.remarks)} remarks posted\n"

    github.log.clear()
    assert comment(work, github).out == "acme/shop#7: nothing to do\n"
    assert github.writes() == []

    work.push(("pure ()", "ackEnv env"))
    github.head, github.patches = work.head, work.patches
    assert re.fullmatch(r"acme/shop#7: summary edited, [12] outdated remarks? deleted\n", comment(work, github).out)
    assert "lost" not in github.comments[0]["body"]
    assert READER not in {r["path"] for r in github.remarks}

    work.repository.git("rm", "-q", SENDER)
    work.head = work.repository.commit()
    github.head, github.patches = work.head, work.patches
    assert comment(work, github).code == 0
    assert github.comments == github.remarks == []


def test_a_merge_request_on_gitlab(work: Work, serve: Callable[[FakeForge], None]) -> None:
    base = work.repository.git("merge-base", "main", "faster").strip()
    forge = FakeGitLab({path: (path, patch) for path, patch in work.patches.items()}, base, work.head)
    serve(forge)

    first = comment(work, forge, name="gitlab")
    assert (first.code, first.err) == (0, "")
    assert forge.bodies()[0].split("\n")[1].startswith("**natsscan: 1 messaging property lost, ")
    positions = [talk["notes"][0]["position"] for talk in forge.discussions[1:]]
    assert (None, 9) in {(p.get("new_line"), p.get("old_line")) for p in positions if p["new_path"] == READER}
    forge.log.clear()
    assert comment(work, forge, name="gitlab").out == "acme/shop!7: nothing to do\n"
    assert forge.writes() == []


def test_a_token_that_may_only_read_tells_the_run_instead(work: Work, github: FakeGitHub, tmp_path: Path) -> None:
    github.is_read_only = True
    file = tmp_path / "summary.md"
    file.write_text("before\n")

    run = comment(work, github, GITHUB_STEP_SUMMARY=str(file))
    assert run.code == 0
    assert "natsscan: the token may not write to acme/shop#7, so it is told here" in run.err
    assert file.read_text().startswith("before\n<!-- natsscan:summary -->\n**natsscan: 1 messaging property lost, ")
    assert run.out.startswith("::warning title=natsscan::1 messaging property lost, ")
    assert f"::error file={SENDER},line=4,title=amqp-publish::" in run.out
    assert github.comments == github.remarks == []


def test_on_gitlab_the_log_is_told(work: Work, serve: Callable[[FakeForge], None]) -> None:
    forge = FakeGitLab({}, work.main, work.head)
    forge.is_read_only = True
    serve(forge)

    run = comment(work, forge, name="gitlab")
    assert run.code == 0
    assert "**natsscan: 1 messaging property lost, " in run.out
    assert "::" not in run.out


def test_a_dry_run_posts_nothing(work: Work, github: FakeGitHub) -> None:
    run = comment(work, github, "--dry-run")

    assert run.code == 0
    assert run.out.startswith("<!-- natsscan:summary -->\n**natsscan: 1 messaging property lost, ")
    assert f"--- {READER}:9-9 before the change\n" in run.out
    assert github.writes() == []


def test_lines_of_another_commit_than_the_newest_get_no_remarks(work: Work, github: FakeGitHub) -> None:
    old = work.head
    work.push(("qos chan 0 10 False", "qos chan 0 20 False"))
    github.head = work.head

    run = comment(work, github, "--head", old)
    assert run.out == "acme/shop#7: summary posted; no remarks, since what was compared is not its newest commit\n"
    assert github.remarks == []


def test_a_limit_is_waited_for(work: Work, github: FakeGitHub) -> None:
    reply = Reply(403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "1"})
    github.faults = [Fault("POST", "/reviews$", reply)]

    assert comment(work, github).code == 0
    assert len(github.reviews) == 1


def test_a_clone_that_is_too_shallow_says_how_to_make_one(work: Work, github: FakeGitHub, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", work.repository.root.as_uri(), shallow], check=True, capture_output=True
    )
    run = comment(Work(Repository(shallow), work.main, work.head), github)

    assert run.code == 2
    assert run.err.startswith(f"natsscan: {work.main}: git has no such commit here (this clone is shallow")
    assert "fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab" in run.err


@pytest.mark.parametrize(
    ("options", "env", "said"),
    [
        ((), {"GITHUB_TOKEN": " "}, "GITHUB_TOKEN is not set; it is the token that comments are posted with"),
        ((), {"GITHUB_TOKEN": "old"}, "127.0.0.1: does not take the token in GITHUB_TOKEN; it may have expired"),
        ((), {"GITHUB_REPOSITORY": ""}, "the repository is not known; give it with --repo OWNER/NAME"),
        (("--repo", "shop"), {}, "the repository is not known; give it with --repo OWNER/NAME"),
        (
            ("--repo", "acme/none"),
            {},
            "acme/none#7: no such pull request, or none that the token may see (127.0.0.1: 404",
        ),
        (("--base", "nonsense"), {}, "nonsense: git has no such commit here; acme/shop#7 is compared in this clone"),
        (("--api-url", "nonsense"), {}, "nonsense: not the URL of an API, like https://host/api"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    work: Work, github: FakeGitHub, options: tuple[str, ...], env: dict[str, str], said: str
) -> None:
    run = comment(work, github, *options, **env)

    assert run.code == 2
    assert run.err.startswith(f"natsscan: {said}")
    assert run.err.count("\n") == 1
    assert github.writes() == []


def test_names_of_scanned_code_mention_nobody(work: Work, github: FakeGitHub) -> None:
    path = "services/gundeck/src/@acme team.hs"
    work.repository.write(
        path,
        'module Hostile where\nimport Network.AMQP\n'
        'x chan = publishMsg chan "@acme/all #1 https://evil.example" "`</details>![i](http://evil.example/i)" newMsg\n',
    )  # fmt: skip
    work.head = work.repository.commit()
    github.head, github.patches = work.head, work.patches | {path: "@@ -0,0 +1,3 @@\n+a\n+b\n+c"}

    assert comment(work, github).code == 0
    said = [*github.comments, *github.reviews, *github.remarks]
    assert any("acme" in each["body"] for each in said)
    for each in said:
        plain = re.sub(r"(`+).*?\1", "", each["body"])
        assert "evil" not in plain.replace("evil.example\u200b", "") or "https:\u200b//evil" in plain
        assert not re.search(r"@acme|(?<![\w&])#1\b|!\[|https?://evil", plain)


def test_without_the_client_it_says_what_to_install(work: Work) -> None:
    script = (
        "import sys; sys.modules['httpx'] = None; sys.argv = ['natsscan', 'comment', 'github', '--pr', '7']; "
        "from natsscan.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=work.repository.root, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (
        2,
        "natsscan: comment needs a package more: pip install 'natsscan[bot]'\n",
    )
