"""`natsscan diff --format github-review`: what a forge would take, and what it would make of the tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.cli.test_secrets import FILES
from tests.conftest import run_command
from tests.diff.conftest import Repository

BEFORE = "name: shop\n" + "".join(f"setting{at}: {at}\n" for at in range(20))
AFTER = BEFORE.replace("setting3: 3\n", "setting3: 3\nrabbitmq:\n  host: broker\n  port: 5672\n")
WORKER = "module A where\n\nimport Network.AMQP\n\ndone :: Envelope -> IO ()\ndone envelope = ackEnv envelope\n"


def shown_lines(repository: Repository, path: str) -> set[int]:
    """Return the lines of a file that git's own diff of the last commit shows."""
    diff = repository.git("diff", "-U3", "HEAD~1", "HEAD", "--", path)
    hunks = re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", diff, re.MULTILINE)
    return {line for first, count in hunks for line in range(int(first), int(first) + int(count or 1))}


def reviewed(repository: Repository) -> dict[str, Any]:
    done = run_command("diff", "HEAD~1", "--format", "github-review", cwd=repository.root)
    assert done.code == 0, done.err
    document: dict[str, Any] = done.json
    return document


def changed(repository: Callable[[], Repository]) -> Repository:
    found = repository()
    found.write("natsscan.toml", "")
    found.write("shop.yaml", BEFORE)
    found.commit()
    found.write("shop.yaml", AFTER)
    found.write("A.hs", WORKER)
    found.commit()
    return found


def test_every_comment_is_on_lines_that_the_diff_shows(repository: Callable[[], Repository]) -> None:
    found = changed(repository)
    comments = reviewed(found)["comments"]
    assert {comment["path"] for comment in comments} == {"shop.yaml", "A.hs"}
    for comment in comments:
        lines = range(comment.get("start_line", comment["line"]), comment["line"] + 1)
        assert set(lines) <= shown_lines(found, comment["path"])
    assert any("`amqp-ack`" in comment["body"] and comment["line"] == 6 for comment in comments)


def test_a_suggestion_that_is_taken_is_what_patch_would_have_written(repository: Callable[[], Repository]) -> None:
    found = changed(repository)
    (comment,) = (each for each in reviewed(found)["comments"] if "```suggestion" in each["body"])
    block = re.search(r"```suggestion\n(.*?)```", comment["body"], re.DOTALL)
    assert block is not None
    lines = AFTER.splitlines(keepends=True)
    lines[comment.get("start_line", comment["line"]) - 1 : comment["line"]] = [block[1]]
    assert run_command("patch", ".", "--write", cwd=found.root).code == 0
    assert "".join(lines) == (found.root / "shop.yaml").read_text()


def test_the_same_change_has_the_same_review(repository: Callable[[], Repository]) -> None:
    found = changed(repository)
    assert reviewed(found) == reviewed(found)


def test_no_secret_is_in_a_review(repository: Callable[[], Repository]) -> None:
    found = repository()
    found.write("natsscan.toml", "")
    found.commit()
    for path, content in FILES.items():
        (found.root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    found.commit()
    document = reviewed(found)
    assert len(document["comments"]) > 10
    assert "hunter" not in str(document)


def test_a_scan_is_no_change(repository: Callable[[], Repository]) -> None:
    found = changed(repository)
    done = run_command(".", "--format", "github-review", cwd=found.root)
    assert (done.code, done.out) == (2, "")
    assert "use natsscan diff BASE --format github-review" in done.err
