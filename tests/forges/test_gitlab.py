"""What stands on a merge request after natsscan has been there, on a server with GitLab's rules."""

from __future__ import annotations

import pytest

from natsscan.forges.forge import MovedOnError, ReadOnlyError
from natsscan.forges.publish import publish_remarks, publish_summary
from natsscan.forges.review import SUMMARY_MARK
from tests.forges.conftest import Clock, deleted, on_gitlab, remark
from tests.forges.fake_gitlab import ME, OTHER, FakeGitLab
from tests.forges.server import Fault, Reply

SUMMARY = f"{SUMMARY_MARK}\n2 properties lost"
HEAD = "a" * 40


def test_the_request_is_known_by_its_newest_version(gitlab: FakeGitLab, clock: Clock) -> None:
    change = on_gitlab(gitlab, clock).change()

    assert (change.name, change.target, change.base, change.head) == ("acme/shop!7", "main", "b" * 40, HEAD)
    assert change.files == "https://gitlab.example/acme/shop/-/blob"


def test_a_summary_is_posted_edited_left_alone_and_deleted(gitlab: FakeGitLab, clock: Clock) -> None:
    gitlab.say(OTHER, SUMMARY)
    steps = [
        (publish_summary(on_gitlab(gitlab, clock), text), gitlab.bodies()[1:])
        for text in (SUMMARY, SUMMARY, f"{SUMMARY}, and one", "")
    ]

    assert steps == [
        ("posted", [SUMMARY]),
        ("", [SUMMARY]),
        ("edited", [f"{SUMMARY}, and one"]),
        ("deleted", []),
    ]
    assert gitlab.bodies() == [SUMMARY]


def test_the_summary_is_found_among_hundreds_of_threads(gitlab: FakeGitLab, clock: Clock) -> None:
    for at in range(230):
        gitlab.say(OTHER, f"comment {at}")
    gitlab.say(ME, SUMMARY)

    assert publish_summary(on_gitlab(gitlab, clock), SUMMARY) == ""


def test_remarks_stand_on_lines_that_are_new_that_stay_and_that_go(gitlab: FakeGitLab, clock: Clock) -> None:
    done = publish_remarks(on_gitlab(gitlab, clock), [remark("k1"), remark("k2", 5, first=3), deleted("k3")], HEAD)

    assert done.posted == 3
    positions = [talk["notes"][0]["position"] for talk in gitlab.discussions]
    assert [(p["old_path"], p["new_path"]) for p in positions] == [("src/Old.hs", "src/A.hs")] * 3
    assert [(p.get("old_line"), p.get("new_line")) for p in positions] == [(None, 2), (4, 5), (20, None)]


def test_a_suggestion_says_how_many_lines_above_it_replaces(gitlab: FakeGitLab, clock: Clock) -> None:
    publish_remarks(on_gitlab(gitlab, clock), [remark("k1"), remark("k2", 5, first=3)], HEAD)

    assert "\n```suggestion:-0+0\nbetter k1\n```" in gitlab.bodies()[0]
    assert "\n```suggestion:-2+0\nbetter k2\n```" in gitlab.bodies()[1]


def test_remarks_are_not_posted_twice_and_go_when_they_no_longer_hold(gitlab: FakeGitLab, clock: Clock) -> None:
    remarks = [remark("k1"), remark("k2", 3)]
    publish_remarks(on_gitlab(gitlab, clock), remarks, HEAD)
    gitlab.log.clear()
    publish_remarks(on_gitlab(gitlab, clock), remarks, HEAD)
    assert gitlab.writes() == []

    gitlab.discussions[0]["notes"].append({"id": 900, "author": {"id": OTHER}, "body": "why?", "system": False})
    gitlab.discussions[1]["notes"].append({"id": 901, "author": {"id": OTHER}, "body": "changed line", "system": True})
    gitlab.say(OTHER, "<!-- natsscan:k9 -->\nnot natsscan")
    assert publish_remarks(on_gitlab(gitlab, clock), [], HEAD).deleted == 1
    assert [body.split("\n")[0] for body in gitlab.bodies() if "natsscan:" in body] == [
        "<!-- natsscan:k1 -->",
        "<!-- natsscan:k9 -->",
    ]


def test_what_has_no_place_is_told_in_a_note_once(gitlab: FakeGitLab, clock: Clock) -> None:
    gitlab.diffs["src/B.hs"] = gitlab.diffs["src/A.hs"]
    gitlab.refuses = {"src/B.hs"}
    remarks = [remark("k1"), remark("far", 9), remark("odd", 2, path="src/B.hs", said="refused")]

    done = publish_remarks(on_gitlab(gitlab, clock), remarks, HEAD)
    assert (done.posted, done.unplaced) == (1, 2)
    assert "`src/A.hs:9`" in gitlab.bodies()[1]
    assert "`src/B.hs:2`\n\nrefused" in gitlab.bodies()[1]
    gitlab.log.clear()
    publish_remarks(on_gitlab(gitlab, clock), remarks, HEAD)
    assert gitlab.writes() == []


def test_a_remark_that_was_posted_though_it_seemed_to_fail_is_not_posted_again(
    gitlab: FakeGitLab, clock: Clock
) -> None:
    gitlab.faults = [Fault("POST", "/discussions$", Reply(500), is_done=True)]

    assert publish_remarks(on_gitlab(gitlab, clock), [remark("k1")], HEAD).posted == 1
    assert len(gitlab.discussions) == 1


def test_a_request_that_has_moved_on_is_left_to_the_next_run(gitlab: FakeGitLab, clock: Clock) -> None:
    gitlab.head = "c" * 40

    with pytest.raises(MovedOnError):
        publish_remarks(on_gitlab(gitlab, clock), [remark("k1")], HEAD)
    assert gitlab.discussions == []


def test_a_token_that_may_only_read_says_so(gitlab: FakeGitLab, clock: Clock) -> None:
    gitlab.is_read_only = True

    with pytest.raises(ReadOnlyError, match="insufficient_scope"):
        publish_summary(on_gitlab(gitlab, clock), SUMMARY)
