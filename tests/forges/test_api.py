"""How requests are repeated, and what is said when they fail for good."""

from __future__ import annotations

import socket
import traceback

import pytest

from natsscan.forges.api import Api
from natsscan.forges.forge import ForgeError
from natsscan.forges.publish import publish_remarks, publish_summary
from natsscan.forges.review import SUMMARY_MARK
from natsscan.model.errors import InputError
from tests.forges.conftest import NOW, Clock, on_github, on_gitlab, remark
from tests.forges.fake_github import FakeGitHub
from tests.forges.fake_gitlab import FakeGitLab
from tests.forges.server import TOKEN, Fault, Reply

SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}


@pytest.mark.parametrize(
    ("reply", "waited"),
    [
        (Reply(403, SECONDARY, {"Retry-After": "7"}), 7.0),
        (Reply(429, SECONDARY, {"Retry-After": "7"}), 7.0),
        (Reply(403, SECONDARY), 60.0),
        (
            Reply(403, {"message": "limit"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 41)}),
            42.0,
        ),
        (Reply(429, {}, {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW) + 41)}), 42.0),
        (Reply(503), 1.0),
    ],
)
def test_the_forge_is_asked_again_when_it_wants_it(
    github: FakeGitHub, clock: Clock, reply: Reply, waited: float
) -> None:
    github.faults = [Fault("POST", "/issues/7/comments$", reply)]

    assert publish_summary(on_github(github, clock), f"{SUMMARY_MARK}\nhello") == "posted"
    assert clock.slept == [waited]
    assert len(github.comments) == 1


def test_failing_on_and_on_is_waited_for_longer_each_time_and_then_given_up(github: FakeGitHub, clock: Clock) -> None:
    github.faults = [Fault("GET", "/pulls/7$", Reply(502)) for _ in range(9)]

    with pytest.raises(ForgeError, match=r"127\.0\.0\.1: 502 Bad Gateway; asked 5 times"):
        on_github(github, clock).change()
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_limit_that_lasts_too_long_is_not_waited_for(github: FakeGitHub, clock: Clock) -> None:
    limit = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 3000)}
    github.faults = [Fault("GET", "/pulls/7$", Reply(403, {"message": "API rate limit exceeded"}, limit))]

    with pytest.raises(ForgeError, match="API rate limit exceeded; it is to be asked again in 3,001 seconds"):
        on_github(github, clock).change()
    assert clock.slept == []


def test_a_bad_token_is_told_by_the_name_of_its_variable(github: FakeGitHub, clock: Clock) -> None:
    with pytest.raises(ForgeError, match=r"127\.0\.0\.1: does not take the token in GITHUB_TOKEN"):
        on_github(github, clock, "another-token").change()


def test_a_host_that_cannot_be_reached(clock: Clock) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        forge = FakeGitHub({})
        forge.url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(ForgeError, match=r"127\.0\.0\.1: cannot be reached: .*refused"):
            on_github(forge, clock).change()


def test_an_answer_that_is_no_json(github: FakeGitHub, clock: Clock) -> None:
    github.faults = [Fault("GET", "/pulls/7$", Reply(200, "a page that wants a login"))]

    with pytest.raises(ForgeError, match="does not answer as the API of the forge does"):
        on_github(github, clock).change()


@pytest.mark.parametrize("url", ["ftp://host/", "host", "https://", "https://joe:hunter7@host/", "https://h:x"])
def test_what_is_no_api_is_said_without_secrets(url: str, clock: Clock) -> None:
    with pytest.raises(InputError) as caught:
        Api(url, TOKEN, "GITHUB_TOKEN", {}, clock.waiting())
    assert "hunter7" not in str(caught.value)


def test_a_token_with_characters_that_none_has(clock: Clock) -> None:
    with pytest.raises(InputError, match=r"^GITHUB_TOKEN: has characters that no token has$"):
        Api("https://host/", f"{TOKEN}\nX-Evil: yes", "GITHUB_TOKEN", {}, clock.waiting())


def test_pages_are_asked_of_the_forge_itself_wherever_a_link_leads(github: FakeGitHub, clock: Clock) -> None:
    links = {"Link": '<https://elsewhere.example/x?page=2&per_page=100>; rel="next"'}
    github.faults = [Fault("GET", "/issues/7/comments$", Reply(200, [], links))]

    assert on_github(github, clock).notes() == []
    assert [(r.path, r.query.get("page")) for r in github.log] == [
        ("/repos/acme/shop/issues/7/comments", None),
        ("/repos/acme/shop/issues/7/comments", "2"),
    ]


def failing(status: int) -> list[Fault]:
    """All that is asked fails, with a status, or with 0 by being cut off."""
    return [
        Fault(method, ".", Reply(status, {"message": "no"}), is_cut=status == 0)
        for method in ("GET", "POST")
        for _ in range(9)
    ]


@pytest.mark.parametrize("status", [0, 400, 401, 403, 404, 418, 422, 500])
def test_the_token_is_in_no_error(github: FakeGitHub, gitlab: FakeGitLab, clock: Clock, status: int) -> None:
    for server, forge in ((github, on_github(github, clock)), (gitlab, on_gitlab(gitlab, clock))):
        for call in (
            forge.change,
            lambda forge=forge: publish_summary(forge, "x"),
            lambda forge=forge: publish_remarks(forge, [remark("k")], "a" * 40),
        ):
            server.faults = failing(status)
            with pytest.raises(InputError) as caught:
                call()
            assert TOKEN not in "".join(traceback.format_exception(caught.value))
            assert TOKEN not in repr(caught.value)
            assert "\n" not in str(caught.value)
