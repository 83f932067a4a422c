"""`natsscan patch` as people meet it: what it prints, asks, refuses and writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import Command

SERVICE = "a: 1\nrabbitmq:\n  host: h\nb: 2\n"
AFTER = "a: 1\nrabbitmq:\n  host: h\nnats:\n  host: h\nb: 2\n"
CODE = """module Shop where
import Network.AMQP
send chan = do
  declareQueue chan newQueue {queueName = "jobs"}
  publishMsg chan "" "jobs" newMsg
work chan = consumeMsgs chan "jobs" Ack print
"""


@pytest.fixture
def shop(write: Write) -> Path:
    return write({"natsscan.toml": "", "one/s.yaml": SERVICE, "two/s.yaml": SERVICE, "src/Shop.hs": CODE})


def test_without_flags_nothing_is_written(natsscan: Command, shop: Path) -> None:
    run = natsscan("patch", ".")
    assert run.code == 0
    assert run.out.splitlines()[0] == "# prepare, safe: one/s.yaml: NATS beside RabbitMQ"
    assert "+nats:\n+  host: h\n" in run.out
    assert "prepare: 2 patches in 2 files" in run.err
    assert (shop / "one/s.yaml").read_text() == SERVICE


def test_check_tells_by_its_exit_code(natsscan: Command, shop: Path) -> None:
    assert natsscan("patch", ".", "--check").code == 1
    assert (shop / "one/s.yaml").read_text() == SERVICE
    natsscan("patch", ".", "--write")
    assert natsscan("patch", ".", "--stage", "prepare", "--check").code == 0


def test_only_takes_rules_too(natsscan: Command, shop: Path) -> None:
    assert "Shop.hs" in natsscan("patch", ".", "--stage", "dual-publish", "--only", "amqp-publish").out
    assert natsscan("patch", ".", "--stage", "dual-publish", "--only", "amqp-consume").out == ""


@pytest.mark.parametrize("only", ["one", "one/", "one/s.yaml", "*e/s.yaml"])
def test_only_what_is_wanted_is_written(natsscan: Command, shop: Path, only: str) -> None:
    natsscan("patch", ".", "--only", only, "--write")
    assert (shop / "one/s.yaml").read_text() == AFTER
    assert (shop / "two/s.yaml").read_text() == SERVICE


def test_what_wants_a_look_is_left_out_unless_asked_for(natsscan: Command, shop: Path) -> None:
    natsscan("patch", ".", "--stage", "prepare", "--write")
    run = natsscan("patch", ".", "--stage", "clean-up", "--write")
    assert "2 that want a look are left out, see --unsafe" in run.out
    assert (shop / "one/s.yaml").read_text() == AFTER


def test_code_is_told_what_to_write_with_the_names_of_the_mapping(natsscan: Command, shop: Path) -> None:
    publish = natsscan("patch", ".", "--stage", "dual-publish").out.replace("\n#   ", " ")
    assert "src/Shop.hs:5" in publish
    assert "Publish to `q.jobs`, which stream Q_jobs keeps; wait for its acknowledgement." in publish
    consume = natsscan("patch", ".", "--stage", "switch-consumers").out.replace("\n#   ", " ")
    assert "Queue jobs is the durable consumer `jobs` of stream Q_jobs" in consume


def answered(shop: Path, answers: str, editor: str = "false") -> str:
    command = Path(sys.executable).with_name("natsscan")
    environment = {**os.environ, "EDITOR": editor, "VISUAL": editor}
    done = subprocess.run(
        [command, "patch", ".", "-i"],
        cwd=shop,
        input=answers,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("answers", "one", "two"),
    [
        ("y\nn\n", True, False),
        ("n\ny\n", False, True),
        ("a\n", True, True),
        ("q\n", False, False),
        ("y\nq\n", True, False),
    ],
)
def test_each_patch_is_asked_for(shop: Path, answers: str, one: bool, two: bool) -> None:
    out = answered(shop, answers)
    assert "(1/2) make this change" in out
    assert [(shop / f"{name}/s.yaml").read_text() == AFTER for name in ("one", "two")] == [one, two]


def test_help_is_given_for_an_answer_that_is_none(shop: Path) -> None:
    assert "a make it and all that follow" in answered(shop, "?\nq\n")


def test_an_edited_diff_is_what_is_made(shop: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=shop, check=True)
    answered(shop, "e\nn\n", editor="sed -i s/^+..host:.h/+__host:_own/;s/__/\\ \\ /;s/:_/:\\ /")
    assert (shop / "one/s.yaml").read_text() == AFTER.replace("nats:\n  host: h", "nats:\n  host: own")


def test_a_series_goes_into_an_empty_folder_only(natsscan: Command, shop: Path) -> None:
    assert natsscan("patch", ".", "-o", "out").code == 0
    names = sorted(path.name for path in (shop / "out").iterdir())
    assert names == [
        "0001-prepare-one-s-yaml-nats-beside-rabbitmq.patch",
        "0002-prepare-two-s-yaml-nats-beside-rabbitmq.patch",
    ]
    assert "Subject: [PATCH] one/s.yaml: NATS beside RabbitMQ" in (shop / "out" / names[0]).read_text()
    again = natsscan("patch", ".", "-o", "out")
    assert again.code == 2 and "give a new or empty folder" in again.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--write", "--check"), "exclude each other"),
        (("--stage", "soon"), "'soon' is not one of"),
        (("--server-version", "x"), "not a version"),
    ],
)
def test_a_wrong_flag_is_told(natsscan: Command, shop: Path, arguments: tuple[str, ...], says: str) -> None:
    run = natsscan("patch", ".", *arguments)
    assert run.code == 2
    assert says in run.err and "Traceback" not in run.err


def test_what_a_link_leads_to_is_not_changed(
    natsscan: Command, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (shop / "two/s.yaml").rename(outside / "s.yaml")
    (shop / "two").rmdir()
    (shop / "two").symlink_to(outside)
    assert natsscan("patch", ".", "--write").code == 0
    assert (outside / "s.yaml").read_text() == SERVICE
    assert (shop / "one/s.yaml").read_text() == AFTER


def test_programs_get_all_stages_as_json(natsscan: Command, shop: Path) -> None:
    patches = natsscan("patch", ".", "--format", "json").json["patches"]
    first = patches[0]
    assert (first["title"], first["stage"], first["applicability"]) == (
        "one/s.yaml: NATS beside RabbitMQ",
        "prepare",
        "safe",
    )
    (edit,) = first["edits"]
    assert SERVICE[: edit["start"]] + edit["replacement"] + SERVICE[edit["end"] :] == AFTER
    checks = {"applies", "parses", "idempotent", "rescan_clean"}
    assert first["checks"] == {**dict.fromkeys(checks, "passed"), "renders": "not run"}  # it is in no chart
    assert {patch["stage"] for patch in patches} == {
        "prepare",
        "dual-publish",
        "switch-consumers",
        "cut-over",
        "clean-up",
    }
    found = natsscan(".", "--format", "json").json["findings"]
    known = {finding["fingerprint"] for finding in found}
    answered_by = {answer for patch in patches for answer in patch["answers"]}
    assert answered_by <= known
    assert {f["fingerprint"] for f in found if f["tier"] == "direct" and f["operation"] != "topology"} <= answered_by


def test_one_patch_is_chosen_by_its_id(natsscan: Command, shop: Path) -> None:
    first = natsscan("patch", ".", "--format", "json").json["patches"][0]
    chosen = natsscan("patch", ".", "--format", "json", "--only", first["id"]).json["patches"]
    assert [patch["title"] for patch in chosen] == [first["title"]]


def test_names_in_output_hold_no_control_characters(natsscan: Command, write: Write) -> None:
    write({"natsscan.toml": "", "a\x1b[31m/s.yaml": SERVICE})
    run = natsscan("patch", ".")
    assert "\x1b" not in run.out
    assert '"a/a\\033[31m/s.yaml"' in run.out
