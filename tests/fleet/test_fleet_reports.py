"""How a fleet is shown: on a terminal, as JSON and as Markdown. The page has a file of its own."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import jsonschema
import pytest
from markdown_it import MarkdownIt

from natsscan.model.fleet import Fleet
from natsscan.reports.fleet import html, markdown, text
from natsscan.reports.fleet import json as fleet_json
from natsscan.reports.fleet.files import render_files
from tests.fleet import fleets

SCREEN = ("out", 100, False)
WIDE = ("out", None, False)


@pytest.fixture(scope="module")
def small() -> Fleet:
    return fleets.small()


@pytest.fixture(scope="module")
def large() -> Fleet:
    return fleets.large(1_000, 10_000, mapped=False)


def test_the_first_sentence_answers_the_question(small: Fleet) -> None:
    first = text.render(small, *WIDE).splitlines()[0]
    assert first == (
        "4 repositories, 3 of them use AMQP, through 4 queues and 1 exchange; 2 flows cross repositories. "
        "20 uses left to move, effort 64 points; 3 uses on NATS already. 1 more could not be scanned."
    )
    assert text.render(fleets.nothing(), *SCREEN).startswith("1 repository: none uses AMQP.\n")


def test_repositories_stand_in_the_order_in_which_they_can_move(small: Fleet) -> None:
    lines = text.render(small, *SCREEN).splitlines()
    at = next(number for number, line in enumerate(lines) if "repository" in line and "effort" in line)
    assert [line.split() for line in lines[at + 1 : at + 4]] == [
        ["1", "mail", "4", "12", "-", "2", "-"],
        ["2", "billing", "12", "43", "3", "1", "1"],
        ["3", "shop", "4", "9", "-", "-", "1"],
    ]


def test_what_does_not_fit_is_told_with_its_place(small: Fleet) -> None:
    told = text.render(small, *WIDE)
    assert (
        "Consumed in no repository:\n  receipts: filled or declared by billing/worker, at billing/src/Publish.hs:31"
        in told
    )
    assert "Filled from no repository:\n  mail.{tenant}: consumed by mail, at mail/src/Read.hs:40" in told
    assert "Exchanges that nothing is bound to:\n  audit: published to by shop, at shop/src/Publish.hs:50" in told
    assert "queue biling.orders in mail, billing.orders in billing/worker, at mail/src/Read.hs:8" in told
    assert "queue billing.dead: x-max-priority not set, not 10 at mail/src/Read.hs:20" in told
    assert "legacy: no such branch: main (tried 3 times)" in told
    assert "in mail, which can move first" in told
    assert "open out/inventory.html" in told


def test_a_terminal_shows_one_screen_of_many_repositories(large: Fleet) -> None:
    told = text.render(large, *SCREEN)
    assert len(told.splitlines()) < 50
    assert max(map(len, told.splitlines())) <= 100
    assert "and 988 more (in inventory.html)" in told
    assert "\x1b[" not in told
    assert "\x1b[" in text.render(large, "out", 100, True)


def test_the_json_has_all_of_it_and_fits_its_schema(small: Fleet) -> None:
    schema, found = json.loads(fleet_json.schema()), json.loads(fleet_json.render(small))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found | {"repositories": [{}]}, schema)
    assert schema["title"] == "natsscan fleet, schema_version 1"
    assert (found["schema_version"], found["tool"]["rules_digest"]) == (1, "d" * 16)
    billing = next(each for each in found["repositories"] if each["name"] == "billing")
    assert (billing["revision"], billing["totals"]) == ("v2", {"direct": 10, "indirect": 2, "effort": 43, "on_nats": 3})
    assert [each["service"] for each in billing["services"]] == ["billing", "billing/worker"]
    assert [step["name"] for step in found["order"]] == ["mail", "billing", "shop"]
    assert found["crossings"][0] == {
        "publisher": "billing/worker", "queue": "billing.dead", "consumer": "mail", "through": "", "dead_letters": True,
    }  # fmt: skip
    assert found["unread_queues"][0]["at"] == [{"path": "billing/src/Publish.hs", "line": 31}]
    for name in ("failed", "unfed_queues", "unbound_exchanges", "conflicts", "alike", "history"):
        assert len(found[name]) == len(getattr(small, name.partition("_")[0])), name
    assert [each["name"] for each in found["topology"]["exchanges"]] == ["orders"]
    assert [each["name"] for each in found["mapping"]["streams"]] == ["ORDERS"]


def test_the_document_has_the_order_the_flows_and_the_loose_ends(small: Fleet) -> None:
    told = markdown.render(small)
    assert "| 2 | `billing` | 12 | 43 | 3 | 1 | 1 | It moves after mail and before shop. |" in told
    assert "| `shop` | `billing.orders` | `billing/worker` |" in told
    assert "- `receipts`, filled or declared by `billing/worker`: `billing/src/Publish.hs:31`" in told
    assert "| queue | `biling.orders` | `mail` | `billing.orders` | `billing/worker` | `mail/src/Read.hs:8` |" in told
    assert "| `billing.dead` | x-max-priority not set, not 10 |" in told
    assert "| 2026-11-01 | 4 | 22 | 5 | 84 |" in told
    assert "- `legacy` from `https://git.example/legacy.git`: no such branch: main (3 attempts)" in told
    assert "- `site` from `https://git.example/site.git`, `a1b2c3d4a1b2` of 2026-11-20: no AMQP" in told
    assert "No messages go from one repository to another." in markdown.render(fleets.nothing())


def test_the_document_ends_before_forges_stop_rendering_it(large: Fleet) -> None:
    told = markdown.render(large)
    assert len(told.encode()) <= 500_000
    assert "and 9,290 more, in `inventory.html`" in told
    longer = replace(large, scanned=tuple(_long(each.repository.name) for each in large.scanned))
    told = markdown.render(longer)
    assert len(told.encode()) <= 500_000
    assert "The rest is left out" in told.splitlines()[-1]


def _long(name: str) -> object:
    made = fleets.scanned(name, 1, 1, 1)
    return replace(made, repository=replace(made.repository, source="https://git.example/" + "é" * 300))


def test_equal_fleets_give_equal_outputs(small: Fleet) -> None:
    again = fleets.small()
    assert fleet_json.render(small) == fleet_json.render(again)
    assert markdown.render(small) == markdown.render(again)
    assert html.render(small) == html.render(again)
    assert text.render(small, *SCREEN) == text.render(again, *SCREEN)


def test_the_files_are_named_as_the_outputs_call_them(small: Fleet) -> None:
    files = render_files(small)
    assert sorted(files) == ["inventory.html", "inventory.json", "inventory.md"]
    assert json.loads(files["inventory.json"])["schema_version"] == 1
    assert "`inventory.html`" in markdown.render(fleets.large(20, 600, mapped=False))


def test_hostile_names_do_nothing_on_a_terminal_and_in_documents() -> None:
    fleet = fleets.hostile()
    screen, document = text.render(fleet, *WIDE), markdown.render(fleet)
    assert not set(fleet_json.render(fleet)) & set("\x1b\x07")
    for output in (screen, document):
        assert not set(output) & set("\x1b\x07\u202e\u2066")
    assert r"\x1b]0;gone\x07" in screen
    assert r"r\u202eot\u2066" in screen
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(document)
    inside = [child for token in tokens for child in token.children or ()]
    kinds = {each.type for each in (*tokens, *inside)}
    assert not kinds & {"html_block", "link_open", "image"}
    assert {each.content for each in inside if each.type == "html_inline"} <= {"<span>", "</span>"}  # around each $
    assert "shop | x | y" in {each.content for each in inside if each.type == "code_inline"}


def test_what_is_shown_does_not_depend_on_how_repositories_are_listed(small: Fleet) -> None:
    shuffled = list(small.scanned)
    random.Random(1).shuffle(shuffled)
    other = replace(small, scanned=tuple(shuffled))
    assert markdown.render(other) == markdown.render(small)
    assert html.render(other) == html.render(small)
