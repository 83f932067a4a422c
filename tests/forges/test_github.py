"""What stands on a pull request after natsscan has been there, on a server with GitHub's rules."""

from __future__ import annotations

import pytest

from natsscan.forges.forge import ForgeError, MovedOnError, ReadOnlyError
from natsscan.forges.publish import MOST_REMARKS, publish_remarks, publish_summary
from natsscan.forges.review import SUMMARY_MARK
from tests.forges.conftest import PATCH, Clock, deleted, on_github, remark
from tests.forges.fake_github import FakeGitHub
from tests.forges.server import Fault, Reply

SUMMARY = f"{SUMMARY_MARK}\n2 properties lost"
HEAD = "a" * 40


def test_the_request_is_known_by_its_commits(github: FakeGitHub, clock: Clock) -> None:
    change = on_github(github, clock).change()

    assert (change.name, change.target, change.base, change.head) == ("acme/shop#7", "main", "b" * 40, HEAD)
    assert change.files == "https://github.example/acme/shop/blob"


def test_the_first_run_posts_a_summary(github: FakeGitHub, clock: Clock) -> None:
    assert publish_summary(on_github(github, clock), SUMMARY) == "posted"
    assert [comment["body"] for comment in github.comments] == [SUMMARY]


def test_the_same_summary_again_writes_nothing(github: FakeGitHub, clock: Clock) -> None:
    publish_summary(on_github(github, clock), SUMMARY)
    github.comments[0]["body"] = SUMMARY.replace("\n", "\r\n") + "\n"  # as forges may keep it
    github.log.clear()

    assert publish_summary(on_github(github, clock), SUMMARY) == ""
    assert github.writes() == []


def test_another_summary_takes_the_place_of_the_first(github: FakeGitHub, clock: Clock) -> None:
    publish_summary(on_github(github, clock), SUMMARY)
    github.comments.append(github.say("jo", "thanks"))

    assert publish_summary(on_github(github, clock), f"{SUMMARY_MARK}\n1 property lost") == "edited"
    assert [comment["body"] for comment in github.comments] == [f"{SUMMARY_MARK}\n1 property lost", "thanks"]


def test_a_summary_goes_when_there_is_nothing_to_say(github: FakeGitHub, clock: Clock) -> None:
    publish_summary(on_github(github, clock), SUMMARY)

    assert publish_summary(on_github(github, clock), "") == "deleted"
    assert github.comments == []


def test_nothing_to_say_is_not_said(github: FakeGitHub, clock: Clock) -> None:
    assert publish_summary(on_github(github, clock), "") == ""
    assert github.writes() == []


def test_the_summary_is_found_among_hundreds_of_comments(github: FakeGitHub, clock: Clock) -> None:
    github.comments = [github.say("jo", f"comment {at}") for at in range(250)]
    github.comments.append(github.say(github.login, SUMMARY))

    assert publish_summary(on_github(github, clock), f"{SUMMARY}, one more") == "edited"
    assert len(github.comments) == 251
    assert [r.query["page"] for r in github.log if r.path.endswith("/comments") and "page" in r.query] == ["2", "3"]


def test_one_of_two_summaries_is_left(github: FakeGitHub, clock: Clock) -> None:
    github.comments = [github.say(github.login, SUMMARY), github.say(github.login, SUMMARY)]

    publish_summary(on_github(github, clock), SUMMARY)
    assert len(github.comments) == 1


@pytest.mark.parametrize("body", [SUMMARY, f"> quoted\n{SUMMARY}"])
def test_what_others_write_is_not_touched(github: FakeGitHub, clock: Clock, body: str) -> None:
    github.comments = [github.say("mallory", SUMMARY), github.say(github.login, f"> quoted\n{SUMMARY}")]

    assert publish_summary(on_github(github, clock), f"{SUMMARY_MARK}\nmine") == "posted"
    assert publish_summary(on_github(github, clock), "") == "deleted"
    assert len(github.comments) == 2


def test_remarks_are_one_review_on_their_lines(github: FakeGitHub, clock: Clock) -> None:
    done = publish_remarks(on_github(github, clock), [remark("k1"), remark("k2", 5, first=3)], HEAD)

    assert (done.posted, done.unplaced) == (2, 0)
    assert [(r["line"], r.get("start_line")) for r in github.remarks] == [(2, None), (5, 3)]
    assert [r.path for r in github.writes()] == ["/repos/acme/shop/pulls/7/reviews"]
    assert github.writes()[0].body["commit_id"] == HEAD
    assert github.reviews[0]["body"].endswith("natsscan: 2 remarks on lines of this change.")


def test_a_remark_can_be_on_a_line_that_goes(github: FakeGitHub, clock: Clock) -> None:
    done = publish_remarks(on_github(github, clock), [deleted("k1"), deleted("k2", 9)], HEAD)

    assert [(r["line"], r["side"]) for r in github.remarks] == [(20, "LEFT")]
    assert done.unplaced == 1
    assert "`src/A.hs:9` before the change\n\nThis goes" in github.reviews[0]["body"]


def test_remarks_are_not_posted_twice(github: FakeGitHub, clock: Clock) -> None:
    publish_remarks(on_github(github, clock), [remark("k1"), remark("k2", 3)], HEAD)
    github.log.clear()

    done = publish_remarks(on_github(github, clock), [remark("k2", 4), remark("k1")], HEAD)
    assert str(done) == "nothing to do"
    assert github.writes() == []


def test_posted_remarks_are_found_on_every_page(github: FakeGitHub, clock: Clock) -> None:
    github.remarks = [github.say("jo", "hm") for _ in range(120)]
    publish_remarks(on_github(github, clock), [remark("k1")], HEAD)
    github.log.clear()

    publish_remarks(on_github(github, clock), [remark("k1")], HEAD)
    assert github.writes() == []


def test_a_remark_that_no_longer_holds_goes_unless_somebody_answered(github: FakeGitHub, clock: Clock) -> None:
    publish_remarks(on_github(github, clock), [remark("k1"), remark("k2", 3)], HEAD)
    answered = github.remarks[0]["id"]
    github.remarks.append(github.say("jo", "why?", in_reply_to_id=answered))
    github.remarks.append(github.say("mallory", "<!-- natsscan:k9 -->\nnot natsscan"))

    done = publish_remarks(on_github(github, clock), [], HEAD)
    assert done.deleted == 1
    assert [r["body"].split("\n")[0] for r in github.remarks] == [
        "<!-- natsscan:k1 -->",
        "why?",
        "<!-- natsscan:k9 -->",
    ]


@pytest.mark.parametrize(
    "bad",
    [
        remark("bad", 9),  # between the hunks
        remark("bad", 21, first=4),  # from one hunk into another
        remark("bad", 2, path="other/B.hs"),  # in a file that is not changed
        remark("bad", 3, said="x" * 70_000),  # longer than a comment may be
    ],
)
def test_one_bad_line_does_not_lose_the_review(github: FakeGitHub, clock: Clock, bad: object) -> None:
    done = publish_remarks(on_github(github, clock), [remark("k1"), bad, remark("k2", 4)], HEAD)  # type: ignore[list-item]

    assert (done.posted, done.unplaced) == (2, 1)
    assert [r["line"] for r in github.remarks] == [2, 4]
    assert len(github.reviews) == 1
    assert "1 remark below" in github.reviews[0]["body"]


def test_a_remark_without_a_place_is_told_in_the_body_once(github: FakeGitHub, clock: Clock) -> None:
    remarks = [remark("k1"), remark("bad", 9, said="this line is far away")]
    publish_remarks(on_github(github, clock), remarks, HEAD)

    body = github.reviews[0]["body"]
    assert "`src/A.hs:9`\n\nthis line is far away" in body
    assert "```suggestion" not in body  # it would replace no lines there
    github.log.clear()
    assert str(publish_remarks(on_github(github, clock), remarks, HEAD)) == "nothing to do"
    assert github.writes() == []


def test_what_github_refuses_for_its_own_reasons_is_found_one_by_one(github: FakeGitHub, clock: Clock) -> None:
    github.patches["src/B.hs"] = PATCH
    github.refuses = {"src/B.hs"}

    done = publish_remarks(
        on_github(github, clock), [remark("k1"), remark("k2", path="src/B.hs"), remark("k3", 4)], HEAD
    )
    assert (done.posted, done.unplaced) == (2, 1)
    assert [r["line"] for r in github.remarks] == [2, 4]
    assert [r["body"].split("\n")[1] for r in github.reviews] == [
        "natsscan: 2 remarks on lines of this change; 1 remark below on lines that cannot be commented on here."
    ]
    assert clock.slept == [1.0, 1.0, 1.0]  # GitHub wants a second between them


def test_a_review_of_a_request_that_has_moved_on_is_left_to_the_next_run(github: FakeGitHub, clock: Clock) -> None:
    forge = on_github(github, clock)
    github.head = "c" * 40

    with pytest.raises(MovedOnError, match="has moved on from aaaaaaaaaa to cccccccccc"):
        publish_remarks(forge, [remark("k1")], HEAD)
    assert github.remarks == []


def test_no_more_remarks_than_people_read_now_or_on_the_next_run(github: FakeGitHub, clock: Clock) -> None:
    github.patches["src/A.hs"] = "@@ -0,0 +1,99 @@\n" + "\n".join(["+line"] * 99)
    remarks = [remark(f"k{line}", line) for line in range(1, 46)]

    done = publish_remarks(on_github(github, clock), remarks, HEAD)
    assert (done.posted, done.more) == (MOST_REMARKS, 15)
    assert "15 more that are not shown" in github.reviews[0]["body"]
    publish_remarks(on_github(github, clock), remarks, HEAD)
    assert len(github.remarks) == MOST_REMARKS
    assert len(github.reviews) == 1


@pytest.mark.parametrize("fault", [Reply(502, {"message": "Bad gateway"}), None])
def test_a_review_that_was_posted_though_it_seemed_to_fail_is_not_posted_again(
    github: FakeGitHub, clock: Clock, fault: Reply | None
) -> None:
    github.faults = [Fault("POST", "/reviews$", fault or Reply(0), is_done=True, is_cut=fault is None)]

    publish_remarks(on_github(github, clock), [remark("k1")], HEAD)
    assert len(github.reviews) == len(github.remarks) == 1
    assert clock.slept == [1.0]


def test_a_summary_that_was_posted_though_it_seemed_to_fail_is_not_posted_again(
    github: FakeGitHub, clock: Clock
) -> None:
    github.faults = [Fault("POST", "/issues/7/comments$", Reply(500), is_done=True)]

    publish_summary(on_github(github, clock), SUMMARY)
    assert len(github.comments) == 1


def test_a_review_that_failed_is_posted_again(github: FakeGitHub, clock: Clock) -> None:
    github.faults = [Fault("POST", "/reviews$", Reply(502))]

    assert publish_remarks(on_github(github, clock), [remark("k1")], HEAD).posted == 1
    assert len(github.reviews) == len(github.remarks) == 1


def test_a_token_that_may_only_read_says_so(github: FakeGitHub, clock: Clock) -> None:
    github.is_read_only = True

    with pytest.raises(ReadOnlyError, match="403 Forbidden Resource not accessible by integration"):
        publish_summary(on_github(github, clock), SUMMARY)
    with pytest.raises(ReadOnlyError):
        publish_remarks(on_github(github, clock), [remark("k1")], HEAD)


def test_a_request_that_is_not_there(github: FakeGitHub, clock: Clock) -> None:
    github.faults = [Fault("GET", "/pulls/7$", Reply(404, {"message": "Not Found"}))]

    with pytest.raises(ForgeError, match="acme/shop#7: no such pull request, or none that the token may see"):
        on_github(github, clock).change()
