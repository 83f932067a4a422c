"""natsscan checklist, as people use it: on the bundled fixture, before and after patches, and on odd documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import Command
from tests.patches.test_wire_mini import git, tree
from tests.patches.test_wire_mini import write as patch

__all__ = ["tree"]  # a fixture

CABAL = "name: a\nversion: 1\nlibrary\n  build-depends: amqp\n  exposed-modules: A\n"
LIST = """# Move

## Foundation
- [x] Create NATS client library (`libs/extended/src/Network/NATS/Client.hs`)
- [x] Update docker-compose to use NATS

## Gundeck
- [ ] **Look**
  - [ ] Review `services/gundeck/src/Gundeck/Push.hs`
  - [ ] Document message publishing patterns
- [ ] Update `services/gundeck/gundeck.cabal`
- [ ] Update `gundeck.integration.yaml`
- [ ] Update `charts/gundeck/`
- [ ] Update publishing logic
- [ ] Test reconnection logic
- [ ] Sing a song

## People
- [ ] Train ops team
- [x] Schedule maintenance windows — Jo Doe, 2026-05-01: on Sundays
"""


def judge(natsscan: Command, root: Path, text: str | bytes, *arguments: str) -> dict[str, Any]:
    file = root / "checklist.md"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    run = natsscan("checklist", root, "--checklist", file, "--format", "json", *arguments)
    assert run.code == 0, run.err
    found = run.json
    assert isinstance(found, dict)
    return found


def statuses(found: dict[str, Any]) -> dict[str, str]:
    return {task["text"]: task["status"] for task in found["tasks"]}


def test_tasks_are_judged_by_the_tree(natsscan: Command, tree: Path) -> None:
    found = judge(natsscan, tree, LIST)
    assert statuses(found) == {
        "Create NATS client library (`libs/extended/src/Network/NATS/Client.hs`)": "stale",
        "Update docker-compose to use NATS": "regressed",
        "Look": "partial",
        "Review `services/gundeck/src/Gundeck/Push.hs`": "manual",
        "Document message publishing patterns": "done",
        "Update `services/gundeck/gundeck.cabal`": "todo",
        "Update `gundeck.integration.yaml`": "todo",
        "Update `charts/gundeck/`": "todo",
        "Update publishing logic": "todo",
        "Test reconnection logic": "todo",
        "Sing a song": "unclear",
        "Train ops team": "manual",
        "Schedule maintenance windows — Jo Doe, 2026-05-01: on Sundays": "manual",
    }
    by_text = {task["text"]: task for task in found["tasks"]}
    cabal = by_text["Update `services/gundeck/gundeck.cabal`"]
    assert cabal["evidence"][0]["path"] == "services/gundeck/gundeck.cabal" and cabal["evidence"][0]["line"] > 1
    assert any(patch.startswith("prepare-") for patch in cabal["patches"])
    signed = by_text["Schedule maintenance windows — Jo Doe, 2026-05-01: on Sundays"]
    assert signed["attestation"] == {"who": "Jo Doe", "when": "2026-05-01", "note": "on Sundays"}


def test_what_no_task_covers_is_proposed(natsscan: Command, tree: Path) -> None:
    proposed = {each["text"]: each["section"] for each in judge(natsscan, tree, LIST)["proposals"]}
    paths = {text.split("`")[1] for text in proposed}
    assert "services/cannon/src/Cannon/RabbitMq.hs" in paths
    assert "services/gundeck/src/Gundeck/Push.hs" not in paths  # a task reads it
    assert any(text.startswith("Move queue `background-jobs`") for text in proposed)
    everything = LIST + "".join(f"- [ ] Update `{path}`\n" for path in paths)
    assert not [each for each in judge(natsscan, tree, everything)["proposals"] if "Update" in each["text"]]


def test_patches_move_tasks_forward_and_none_back(natsscan: Command, tree: Path) -> None:
    before = statuses(judge(natsscan, tree, LIST))
    patch(natsscan, tree, "prepare")
    prepared = statuses(judge(natsscan, tree, LIST))
    assert prepared["Update docker-compose to use NATS"] == "done"
    assert prepared["Update `services/gundeck/gundeck.cabal`"] == "partial"
    assert prepared["Update `charts/gundeck/`"] == "partial"
    patch(natsscan, tree, "clean-up")
    after = statuses(judge(natsscan, tree, LIST))
    assert after["Update `services/gundeck/gundeck.cabal`"] == "done"
    assert after["Update `gundeck.integration.yaml`"] == "done"
    assert after["Update `charts/gundeck/`"] == "done"
    for now, later in ((before, prepared), (prepared, after)):
        assert [text for text in now if now[text] == "done" and later[text] != "done"] == []


def test_update_changes_ticks_only_and_once(natsscan: Command, tree: Path) -> None:
    file = tree / "docs" / "moving.md"
    file.write_bytes(LIST.replace("\n", "\r\n").encode())
    natsscan("checklist", tree, "--checklist", file, "--update")
    lines = list(zip(LIST.splitlines(), file.read_bytes().decode().split("\r\n"), strict=False))
    changed = [(old, new) for old, new in lines if old != new]
    assert [new.replace("[x]", "[ ]") for _, new in changed] == [old.replace("[x]", "[ ]") for old, _ in changed]
    assert ("  - [ ] Document message publishing patterns", "  - [x] Document message publishing patterns") in changed
    once = file.read_bytes()
    natsscan("checklist", tree, "--checklist", file, "--update")
    assert file.read_bytes() == once
    natsscan("checklist", tree, "--checklist", file, "--annotate")
    annotated = file.read_bytes()
    assert annotated.count(b"<!-- natsscan -->\r\n") == 13
    natsscan("checklist", tree, "--checklist", file, "--annotate")
    assert file.read_bytes() == annotated


def test_people_attest_in_the_configuration_and_in_notes(natsscan: Command, tree: Path) -> None:
    (tree / "natsscan.toml").write_text(
        '[[attest]]\ntask = "Review `services/gundeck/src/Gundeck/Push.hs`"\nwho = "Ann"\nwhen = "2026-01-02"\n'
        '[[attest]]\ntask = "Nobody has this task"\nwho = "Bob"\n'
    )
    found = judge(natsscan, tree, LIST + "\n## Notes\n\n- 2026-02-03 Train ops team: done in March\n")
    by_text = {task["text"]: task for task in found["tasks"]}
    assert by_text["Review `services/gundeck/src/Gundeck/Push.hs`"]["attestation"]["who"] == "Ann"
    assert by_text["Train ops team"]["attestation"]["when"] == "2026-02-03"
    assert by_text["Look"]["status"] == "done"
    assert found["unmatched_attestations"] == ["Nobody has this task"]
    shown = natsscan("checklist", tree, "--checklist", tree / "checklist.md").out
    assert "Attested, but no task of this checklist: Nobody has this task" in shown


def test_what_went_elsewhere_is_found_in_history(natsscan: Command, tree: Path) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.test")
    (tree / "libs/queues").mkdir()
    git(tree, "mv", "services/gundeck/src/Gundeck/Push.hs", "libs/queues/Sender.hs")
    git(tree, "mv", "charts/galley", "charts/teams")
    git(tree, *who, "commit", "-qm", "moved")
    found = judge(
        natsscan,
        tree,
        "- [ ] Review `services/gundeck/src/Gundeck/Push.hs`\n- [ ] Update `charts/galley/`\n- [ ] See `a/b.hs`\n",
    )
    moved, chart, never = found["tasks"]
    assert (moved["status"], moved["evidence"][0]["path"]) == ("stale", "libs/queues/Sender.hs")
    assert (chart["status"], chart["evidence"][0]["path"]) == ("stale", "charts/teams/")
    assert never["reason"].endswith("nothing like it is in the tree or its history.")


def test_since_a_commit_tells_what_was_finished(natsscan: Command, tree: Path) -> None:
    patch(natsscan, tree, "prepare")
    text = "- [ ] Update docker-compose to use NATS\n- [ ] Keep RabbitMQ infrastructure during transition\n"
    moved = judge(natsscan, tree, text, "--since", "HEAD")
    assert moved["since"] == {"finished": [moved["tasks"][0]["id"]], "went_back": []}
    run = natsscan("checklist", tree, "--checklist", tree / "checklist.md", "--since", "HEAD")
    assert "1 task finished:\n    line 1: Update docker-compose to use NATS" in run.out
    bad = natsscan("checklist", tree, "--checklist", tree / "checklist.md", "--since", "nope")
    assert bad.code == 2 and "nope: git has no such commit here" in bad.err and bad.err.count("\n") == 1


def test_a_checklist_is_written_and_understood(natsscan: Command, tree: Path) -> None:
    file = tree / "docs" / "plan.md"
    assert natsscan("checklist", tree, "--generate", "--checklist", file).code == 0
    found = judge(natsscan, tree, file.read_bytes())
    counts = found["totals"]
    assert counts["unclear"] == 0 and counts["stale"] == 0 and counts["regressed"] == 0
    assert counts["todo"] > 50
    text = file.read_text()
    assert text.index("### background-worker") < text.index("### gundeck")  # the consumer moves before who publishes
    assert not [each for each in found["proposals"] if "src/" in each["text"]]
    again = natsscan("checklist", tree, "--generate", "--checklist", file)
    assert again.code == 2 and "is there already" in again.err
    assert natsscan("checklist", tree, "--generate").out == text


def test_a_tree_without_tls_gets_no_task_about_it(natsscan: Command, write: Write) -> None:
    code = 'module A where\nimport Network.AMQP\nf c = publishMsg c "x" "k" newMsg\n'
    write({"natsscan.toml": "", "a/a.cabal": CABAL, "a/A.hs": code})
    text = natsscan("checklist", ".", "--generate").out
    assert "### a\n" in text and "TLS" not in text


def test_formats_say_the_same(natsscan: Command, tree: Path) -> None:
    file = tree / "checklist.md"
    file.write_text(LIST + "- [ ] Train <script>alert(1)</script> | @everyone\n- [ ] Train =1+1\n")
    markdown = natsscan("checklist", tree, "--checklist", file, "--format", "markdown").out
    html = natsscan("checklist", tree, "--checklist", file, "--format", "html").out
    table = natsscan("checklist", tree, "--checklist", file, "--format", "csv").out
    assert "<script>" not in markdown and "<script>" not in html and "@everyone" not in markdown
    assert markdown.count("- [") >= 15 and "**regressed**" in markdown
    assert html.count('class="status') == 15 and "http" not in html
    assert len(table.splitlines()) == 16


@pytest.mark.parametrize(
    "text", ["", "no tasks\n", "- [ ] \n", "# Aufgaben\n\n## Gundeck\n1. [ ] Konfiguration anpassen\n"]
)
def test_odd_documents_are_read(natsscan: Command, tree: Path, text: str) -> None:
    found = judge(natsscan, tree, text)
    assert all(task["reason"] for task in found["tasks"])
    run = natsscan("checklist", tree, "--checklist", tree / "checklist.md")
    assert run.code == 0 and "Traceback" not in run.err


def test_german_tasks_are_judged_by_what_they_name(natsscan: Command, tree: Path) -> None:
    text = "## Dienste\n1. `services/gundeck/src/Gundeck/Push.hs` umstellen\n2. `charts/rabbitmq/` entfernen\n3. Tee kochen\n"
    assert [task["status"] for task in judge(natsscan, tree, text)["tasks"]] == ["todo", "todo", "unclear"]


def test_ten_thousand_tasks_are_read(natsscan: Command, tree: Path) -> None:
    found = judge(
        natsscan, tree, "".join(f"- [ ] Update `services/gundeck/src/Gundeck/Push.hs` {n}\n" for n in range(10_000))
    )
    assert found["totals"]["todo"] == 10_000


def test_bad_calls_are_told_in_one_line(natsscan: Command, tree: Path) -> None:
    for arguments, message in (
        (("--checklist", "nowhere.md"), "nowhere.md: cannot be read"),
        (("--update",), "need --checklist FILE"),
        (("--fail-on", "sad"), "--fail-on sad: is none of done,"),
    ):
        run = natsscan("checklist", tree, *arguments)
        assert (run.code, run.err.count("\n")) == (2, 1) and message in run.err, run.err
    file = tree / "checklist.md"
    file.write_text(LIST)
    assert natsscan("checklist", tree, "--checklist", file, "--fail-on", "regressed,stale").code == 1
    assert natsscan("checklist", tree, "--checklist", file, "--fail-on", "").code == 0
