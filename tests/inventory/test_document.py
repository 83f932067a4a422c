"""The inventory as a document, as a forge renders it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.cli.test_bad_input import Write
from tests.conftest import Command, run_command
from tests.inventory.conftest import HOSTILE, inventory

SECTIONS = [
    *("Summary", "Services", "Topology", "Queues and exchanges", "What changes", "Patches", "Checklist"),
    *("Findings", "Coverage", "Glossary"),
]
NODE = r'[a-z]\d+(?:\(\["[^"\[\]{}<>|]*"\]\)|\{\{"[^"]*"\}\}|\[\("[^"]*"\)\])'
ARROW = r'[a-z]\d+ (?:-->|-\.->)(?:\|"[^"|]*"\|)? [a-z]\d+'


def parse(text: str) -> Sequence[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def inline(tokens: Iterable[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def findings_part(text: str) -> str:
    return text.split("\n## Findings\n")[1].split("\n## Coverage\n")[0]


def test_it_has_all_sections_in_order(document: str) -> None:
    tokens = parse(document)
    headings = [
        tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"
    ]
    assert headings == SECTIONS


def test_every_finding_is_there_with_its_line(document: str, wire_mini: Path) -> None:
    report = run_command(wire_mini, "--format", "json", cwd=wire_mini).json
    part = findings_part(document)
    expected = sorted((f["path"], f["line"]) for f in report["findings"])
    found: list[tuple[str, int]] = []
    path = ""
    for line in part.splitlines():
        if file := re.fullmatch(r"- `(.+)`", line):
            path = file[1]
        elif number := re.match(r"  (?:  )?- (\d+)[, ]", line):
            found.append((path, int(number[1])))
    assert sorted(found) == expected
    counts = re.findall(r"<summary><code>([^<]+)</code> \((\d+)\)</summary>", part)
    assert sum(int(count) for _, count in counts) == len(expected)
    assert len({service for service, _ in counts}) == len(counts)


def test_services_queues_and_dead_letters_are_tables(document: str) -> None:
    assert re.search(r"\| 10 \| `cannon` \| service \| \d+ \| \d+ \| 0/\d+ \| ░+ \|", document)
    assert re.search(r"\| `user-notifications` \| direct \| `gundeck`", document)
    assert (
        "| `user-notifications.{uid}.{cid}` | `dead-user-notifications` | `dead-user-notifications` "
        "| `dead-user-notifications`  | `background-worker`  |" in document
    )


def test_it_renders_as_it_was_meant(document: str) -> None:
    tokens = parse(document)
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert all(re.fullmatch(r"<details><summary>.*</summary>|</details>", block) for block in blocks)
    assert sum(block == "</details>" for block in blocks) * 2 == len(blocks) > 50
    assert not [token for token in tokens if token.type == "code_block"]
    assert {token.info for token in tokens if token.type == "fence"} == {"mermaid", "diff"}
    assert not [t for t in inline(tokens) if t.type in ("link_open", "image")]
    tables = re.findall(r"(?m)(?:^\|.*\n)+", re.sub(r"(?ms)^```.*?^```$", "", document))
    for table in tables:
        widths = {len(re.split(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table.splitlines()[:3]
    assert sum(token.type == "table_open" for token in tokens) == len(tables)


def test_the_picture_is_mermaid(document: str) -> None:
    (picture,) = re.findall(r"```mermaid\n(.*?)```", document, re.DOTALL)
    first, *lines = picture.strip().splitlines()
    assert first == "flowchart LR"
    for line in lines:
        assert re.fullmatch(f"  (?:{NODE}|{ARROW})", line), line
    named = {line.split("(")[0].split("[")[0].split("{")[0].strip() for line in lines if "->" not in line}
    used = {end for line in lines if "->" in line for end in (line.split()[0], line.split()[-1])}
    assert used <= named


def test_hostile_names_are_only_shown(hostile: Path) -> None:
    text = inventory(hostile, "markdown").read_text()
    tokens = parse(text)
    assert not [t for t in inline(tokens) if t.type in ("link_open", "image")]
    assert {t.content for t in inline(tokens) if t.type == "html_inline"} <= {"<span>", "</span>"}
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert all(re.fullmatch(r"<details><summary>.*</summary>|</details>", block) for block in blocks)
    assert all(re.fullmatch(r"(?:<code>[^<]*</code>|[^<@])*", block[18:-10]) for block in blocks if "summary" in block)
    assert sum(block == "</details>" for block in blocks) * 2 == len(blocks)
    prose = "".join(t.content for t in inline(tokens) if t.type in ("text", "text_special"))
    assert "@octocat" not in prose and "#12" not in prose and "https://" not in prose
    assert not set(text) & set("\u202e\u2066")
    spans = {t.content for t in inline(tokens) if t.type == "code_inline"}
    assert {"q" + name for name in HOSTILE if name.isascii() and "|" not in name} <= spans
    fences = [token for token in tokens if token.type == "fence"]
    assert {token.info for token in fences} == {"mermaid", "diff"}


@pytest.mark.corpus
def test_it_is_small_enough_for_a_forge_to_render(corpus: Path, tmp_path: Path) -> None:
    file = tmp_path / "inventory.md"
    assert run_command("inventory", corpus, "-o", file, cwd=tmp_path).code == 0
    assert file.stat().st_size < 512 * 1024


def test_a_checklist_of_people_is_held_against_the_whole_project(wire_mini: Path, tmp_path: Path) -> None:
    checklist = tmp_path / "moving.md"
    checklist.write_text(
        "# Moving\n\n## Cannon\n- [x] Replace RabbitMQ publishing with NATS\n\n## Brig\n- [ ] Update `services/brig/brig.cabal`\n"
    )
    run = run_command("inventory", "services/cannon", "--checklist", checklist, cwd=wire_mini)
    assert (run.code, run.err) == (0, "")
    part = run.out.split("\n## Checklist\n")[1].split("\n## ")[0]
    assert "Replace RabbitMQ publishing with NATS: **ticked and not so**" in part
    assert re.search(r"Update `services/brig/brig.cabal`: \*\*to do\*\*\. \d uses? of RabbitMQ", part)
    assert "| tasks done | **0 of 2** |" in run.out
    assert "`services/cannon`" in run.out and "services/gundeck/src" not in findings_part(run.out)


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_scan_writes_the_same_document_without_a_checklist(
    natsscan: Command, wire_mini: Path, tmp_path: Path, form: str
) -> None:
    file = tmp_path / "out"
    run = natsscan(wire_mini, "-q", "--output", f"{form}={file}")
    assert (run.code, run.err) == (0, "")
    text = file.read_text()
    assert "background-worker" in text and "What would be lost" in text
    assert 'id="checklist"' not in text and "## Checklist" not in text and "tasks done" not in text
    assert natsscan(wire_mini, "--format", form).out == text


def test_decisions_about_subjects_are_kept(natsscan: Command, wire_mini: Path, tmp_path: Path) -> None:
    assert natsscan("map", wire_mini, "-o", tmp_path / "nats").code == 0
    subjects = tmp_path / "nats" / "subjects.yaml"
    text = subjects.read_text()
    assert "q.background-jobs" in text
    subjects.write_text(text.replace("q.background-jobs", "work.jobs"))
    assert "`work.jobs`" in natsscan("inventory", wire_mini, "--subjects", subjects).out


def test_nothing_found_is_said(natsscan: Command, write: Write) -> None:
    root = write({"a.hs": "module A where\n"})
    for form in ("markdown", "html"):
        run = natsscan("inventory", root, "--format", form)
        assert (run.code, run.err) == (0, "")
        assert "No use of AMQP found" in run.out


def test_too_many_arrows_are_not_drawn(natsscan: Command, write: Write) -> None:
    calls = "\n".join(f'f{at} c = Q.publishMsg c "x{at}" "k" Q.newMsg' for at in range(520))
    root = write({"M.hs": f"module M where\nimport qualified Network.AMQP as Q\n{calls}\n"})
    out = natsscan("inventory", root).out
    assert "```mermaid" not in out and "`natsscan topology --format svg` has the picture" in out
    assert "| `x519` |" in out
