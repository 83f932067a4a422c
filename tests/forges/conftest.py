from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from natsscan.forges.api import Api, Waiting
from natsscan.forges.github import HEADERS, GitHub
from natsscan.forges.gitlab import GitLab
from natsscan.model.remark import Remark
from tests.forges.fake_github import FakeGitHub
from tests.forges.fake_gitlab import FakeGitLab
from tests.forges.server import TOKEN, FakeForge, serving

NOW = 1_000_000.0
# Lines 1 to 5 and 20 to 22 after the change; line 2 is new, and line 21, and line 20 before it is taken away.
PATCH = "@@ -1,4 +1,5 @@\n one\n+two\n three\n four\n five\n@@ -19,3 +20,3 @@\n twenty\n-old\n+new\n more"


class Clock:
    """A clock that stands still, and on which nobody really waits."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.opened = ExitStack()

    def waiting(self) -> Waiting:
        return Waiting(sleep=self.slept.append, now=lambda: NOW)


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with clock.opened:
        yield clock


@pytest.fixture
def serve() -> Iterator[Callable[[FakeForge], None]]:
    with ExitStack() as stack:
        yield lambda forge: stack.enter_context(serving(forge))


@pytest.fixture
def github(serve: Callable[[FakeForge], None]) -> FakeGitHub:
    forge = FakeGitHub({"src/A.hs": PATCH})
    serve(forge)
    return forge


@pytest.fixture
def gitlab(serve: Callable[[FakeForge], None]) -> FakeGitLab:
    forge = FakeGitLab({"src/A.hs": ("src/Old.hs", PATCH)})
    serve(forge)
    return forge


def on_github(forge: FakeGitHub, clock: Clock, token: str = TOKEN) -> GitHub:
    """Connect to pull request 7."""
    api = Api(forge.url, token, "GITHUB_TOKEN", HEADERS, clock.waiting())
    return GitHub(clock.opened.enter_context(api), "acme/shop", 7, f"{forge.url}/graphql")


def on_gitlab(forge: FakeGitLab, clock: Clock) -> GitLab:
    """Connect to merge request 7."""
    api = Api(f"{forge.url}/api/v4", TOKEN, "GITLAB_TOKEN", {}, clock.waiting())
    return GitLab(clock.opened.enter_context(api), "acme/shop", 7)


def deleted(key: str, line: int = 20) -> Remark:
    """A remark on a line that the change takes away."""
    return Remark(key, "src/A.hs", line, line, f"<!-- natsscan:{key} -->\nThis goes", is_deleted=True)


def remark(
    key: str, line: int = 2, first: int | None = None, path: str = "src/A.hs", said: str = "look here"
) -> Remark:
    """A remark as reports make them: its mark first, here with a suggestion."""
    text = f"<!-- natsscan:{key} -->\n{said}\n\n```suggestion\nbetter {key}\n```"
    return Remark(key, path, line if first is None else first, line, text, f"better {key}\n")
