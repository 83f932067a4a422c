"""Each rule about tasks takes those that it says it takes, and leaves those that look alike to others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from natsscan.catalog.catalog import load_checklist_rules
from natsscan.catalog.checklist import ChecklistRule
from natsscan.checklist.understand import rule_for, verb_of
from natsscan.model.errors import InputError

RULES = load_checklist_rules()
ABOUT = [(each.rule, task) for each in RULES.rules for task in each.rule.about]
NOT_ABOUT = [(each.rule, task) for each in RULES.rules for task in each.rule.not_about]


def rule_of(task: str) -> str:
    where, _, text = task.rpartition(" > ")
    names = re.findall(r"`([^`]+)`", text)
    found = rule_for(RULES.rules, verb_of(text, RULES.verbs), text, where, bool(names))
    return found.rule.id if found else ""


@pytest.mark.parametrize(("rule", "task"), ABOUT, ids=[task for _, task in ABOUT])
def test_a_rule_is_about(rule: ChecklistRule, task: str) -> None:
    assert rule_of(task) == rule.id


@pytest.mark.parametrize(("rule", "task"), NOT_ABOUT, ids=[f"{rule.id}: {task}" for rule, task in NOT_ABOUT])
def test_a_rule_is_not_about(rule: ChecklistRule, task: str) -> None:
    assert rule_of(task) != rule.id


@pytest.mark.parametrize(
    ("text", "verb"),
    [("Set up alerts", "create"), ("Updates", ""), ("Konfiguration anpassen", "change"), ("Prüfen: `a.hs`", "read")],
)
def test_verbs_are_told(text: str, verb: str) -> None:
    assert verb_of(text, RULES.verbs) == verb


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("text: x", 'text: "("', "broken pattern"),
        ("verbs: [do]", "verbs: [dance]", "dance is none of"),
        ("how: people", "how: guess", "guess"),
    ],
)
def test_a_broken_rule_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    good = (
        "kind: checklist\nid: own\ntitle: Own\nverbs: {do: [do]}\nrules:\n  - id: mine\n    title: Mine\n"
        "    when: {verbs: [do], text: x}\n    judge: {how: people}\n    about: [do x]\n    not_about: [y]\n"
    )
    file = tmp_path / "own.yaml"
    file.write_text(good)
    assert load_checklist_rules([tmp_path]).rules[0].rule.id == "mine"
    file.write_text(good.replace(old, new))
    with pytest.raises(InputError, match=rf"own\.yaml.*{re.escape(message)}|own\.yaml:\d+"):
        load_checklist_rules([tmp_path])
