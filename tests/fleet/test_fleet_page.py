"""The page of a fleet in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page

from natsscan.reports.fleet import html
from tests.fleet import fleets
from tests.inventory import conftest as pages
from tests.inventory.conftest import See
from tests.inventory.test_page_access import CONTRAST

SECTIONS = ["summary", "repositories", "map", "queues", "flows", "loose", "coverage"]
browser, see = pages.browser, pages.see
# Of a fleet with 1,000 repositories and 10,000 queues.
MOST_BYTES = 8_000_000


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("fleet") / "small.html", html.render(fleets.small()))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("fleet") / "large.html", html.render(fleets.large(1_000, 10_000)))


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def panel(page: Page, term: str) -> str:
    """What the details say of something."""
    entry = page.locator("#panel dt", has_text=re.compile(f"^{term}$"))
    return entry.locator("xpath=following-sibling::dd[1]").inner_text()


def names(page: Page, section: str) -> list[str]:
    return page.locator(f"#{section}-list tr th").all_inner_texts()


def told(page: Page, section: str) -> str:
    return page.inner_text(f"#{section}-shown")


def quickly(page: Page, script: str) -> None:
    """Run a script in the page, and see that a person would not wait for it."""
    took = page.evaluate(f"() => {{ const start = performance.now(); {script}; return performance.now() - start; }}")
    assert took < 500, f"{took} ms"


def test_the_summary_says_what_is_left(see: See, small: Path) -> None:
    for script in (True, False):
        page = see(small, script=script).page
        assert [each.get_attribute("id") for each in page.locator("main > section").all()] == SECTIONS
        assert "3 of 4" in page.inner_text(".tiles")
        assert "110 on 2026-10-01, now 64" in page.inner_text("#summary")
        assert page.locator(".burndown circle").count() == 6
        order = page.locator("#summary .chart tr th").all_inner_texts()
        assert order == ["mail", "billing", "shop"]
        assert "no such branch: main" in page.inner_text("#coverage")
        assert page.locator("#map .node").count() == 4


def test_one_run_is_a_picture_too_and_none_is_no_picture(see: See, tmp_path: Path) -> None:
    fleet = fleets.small()
    one = replace(fleet, history=fleet.history[-1:])
    page = see(write(tmp_path / "one.html", html.render(one))).page
    assert page.locator(".burndown circle").count() == 2
    assert "17 now" in page.inner_text("#summary")
    page = see(write(tmp_path / "none.html", html.render(fleets.nothing()))).page
    assert page.locator(".burndown").count() == 0
    assert "none uses AMQP" in page.inner_text("#summary")
    assert told(page, "queues") == "There are none."


def test_a_click_on_a_repository_shows_its_queues_and_whom_it_waits_for(see: See, small: Path) -> None:
    page = see(small).page
    page.click("#repositories-list a >> text=billing")
    assert page.inner_text("#panel-title") == "billing"
    assert panel(page, "Order") == "2 of 3. It moves after mail and before shop."
    assert "commit bbbbbbbbbbbb of 2026-11-21; 210 files, 2 not read in whole" in panel(page, "From")
    assert "9 own uses and 2 of wrappers left, 40 points; 3 on NATS" in panel(page, "Work")
    assert panel(page, "Consumes") == "billing.orders filled by shop"
    assert panel(page, "Its messages reach").startswith("receipts")
    assert (panel(page, "Waits for"), panel(page, "Waited for by")) == ("mail", "shop")
    assert "receipts" in panel(page, "Loose ends")
    page.click("#panel >> text=billing.orders")
    assert page.inner_text("#panel-title") == "Queue billing.orders"
    assert "shop through orders with order.placed\nbecomes orders.order.placed" in panel(page, "Filled by")
    assert panel(page, "Read by").startswith("billing/worker, mode manual, prefetch 10")
    assert "billing.dead" in panel(page, "Dead letters")
    on_nats = panel(page, "On NATS")
    assert "subject queue.billing.orders" in on_nats and "stream ORDERS" in on_nats
    assert "consumer billing-orders\ndurable, takes orders.order.>" in on_nats
    assert "changed dead letters" in panel(page, "What would be lost")
    page.go_back()
    assert page.inner_text("#panel-title") == "billing"
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()


def test_what_is_left_of_a_kind_is_a_click_away(see: See, small: Path) -> None:
    page = see(small).page
    page.click("#summary >> text=queue is consumed in no repository")
    assert names(page, "loose") == ["receipts"]
    assert told(page, "loose") == "1 loose end of 5."
    page.click("#loose-form button")
    page.fill("#loose-form input[name=repository]", "mail")
    page.wait_for_function("document.getElementById('loose-shown').textContent === '3 loose ends of 5.'")
    page.select_option("#queues-form select[name=kind]", "crossing")
    assert names(page, "queues") == ["billing.dead", "billing.orders"]
    page.select_option("#flows-form select[name=kind]", "dead")
    assert page.locator("#flows-list tr").all_inner_texts() == ["billing/worker\tbilling.dead\tmail\tdead letters"]


def test_of_many_places_the_first_stands_in_the_list(see: See, tmp_path: Path) -> None:
    fleet = fleets.small()
    many = replace(fleet.unread[0], at=tuple(fleets.at("billing/src/Publish.hs", line) for line in range(1, 21)))
    page = see(write(tmp_path / "places.html", html.render(replace(fleet, unread=(many,))))).page
    where = page.locator("#loose-list tr").first.locator("td").last.inner_text()
    assert where.split("\n") == ["billing/src/Publish.hs:1", "and 19 more"]


def test_a_picture_leads_to_a_repository(see: See, small: Path) -> None:
    page = see(small).page
    page.click("#picture .node:has-text('shop')")
    assert page.inner_text("#panel-title") == "shop"
    page.focus("#picture .node >> nth=0")
    page.keyboard.press("Enter")
    assert page.inner_text("#panel-title") in ("billing", "shop")


def test_the_address_keeps_what_is_looked_at(see: See, small: Path) -> None:
    page = see(small).page
    page.fill("#queues-form input[name=q]", "order")
    page.click("#queues-list a >> text=billing.orders")
    again = see(small, "#" + page.url.partition("#")[2]).page
    assert again.inner_text("#panel-title") == "Queue billing.orders"
    assert again.input_value("#queues-form input[name=q]") == "order"
    assert again.locator("#queues-list tr").count() == page.locator("#queues-list tr").count() == 1
    direct = see(small, "#repository:shop").page
    assert direct.inner_text("#panel-title") == "shop"
    for nothing in ("#nowhere?part=queue:gone", "#repository:%E0%A4%A", "#queues?queues.kind=<b>&part=data"):
        page = see(small, nothing).page
        assert page.locator("#panel").is_hidden()
        assert told(page, "queues") == "4 queues."


def test_a_thousand_repositories_are_as_quick_as_a_few(see: See, large: Path) -> None:
    assert large.stat().st_size < MOST_BYTES
    page = see(large).page
    assert told(page, "repositories").startswith("1,000 repositories, 102,887 points left. The first 100")
    assert told(page, "queues") == "10,000 queues. The first 100 are shown."
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") < 5_000
    assert page.evaluate("document.querySelectorAll('*').length") < 12_000
    set_text = "const field = document.querySelector('#queues-form [name=q]'); field.value = '{}'; field.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    for text in ("w", "work.0004", "work.00042", ""):
        quickly(page, set_text.format(text))
    quickly(page, set_text.format("work.00042"))
    assert names(page, "queues") == ["team-02-service-0042.work.00042"]
    page.click("#queues-form button")
    page.fill("#queues-form input[name=repository]", "team-02-service-0042")
    assert re.match(r"\d\d queues of 10,000\.", told(page, "queues"))
    quickly(page, "document.querySelector('#queues-list a').click()")
    page.keyboard.press("Escape")
    page.fill("#repositories-form input[name=q]", "service-0042")
    page.click("#repositories-list th a")
    assert page.inner_text("#panel-title") == "team-02-service-0042"
    assert panel(page, "Consumes").count("team-02-service-0042.work.") == 10
    assert page.locator("#map .node").count() <= 40
    assert "are left out" in page.inner_text("#map .lead")


def test_a_picture_of_all_that_send_to_all_can_still_be_read(see: See, tmp_path: Path) -> None:
    page = see(write(tmp_path / "dense.html", html.render(fleets.large(25, 6_000, mapped=False)))).page
    assert 0 < page.locator("#map .flow").count() <= 60
    assert page.evaluate("picture.height") < 2_500
    left_out = re.search(r"([\d,]+) ways between repositories", page.inner_text("#map .lead"))
    assert left_out and int(left_out[1].replace(",", "")) + page.locator("#map .flow").count() == 25 * 24


def test_more_rows_come_when_asked_for(see: See, large: Path) -> None:
    page = see(large).page
    page.click("#flows-more")
    assert page.locator("#flows-list tr").count() == 200
    assert page.evaluate("document.activeElement.closest('tr') === document.querySelectorAll('#flows-list tr')[100]")
    page.select_option("#repositories-form select[name=sort]", "effort")
    first = page.locator("#repositories-list tr").first.inner_text().split()
    assert first[3] == "126"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_both_themes(see: See, small: Path, scheme: str) -> None:
    page = see(small, "#queue:billing.orders", scheme=scheme).page
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.mouse.move(0, 0)
    found = page.evaluate(CONTRAST)
    assert found["bad"] == []
    assert found["seen"] > 200


def test_it_works_by_keyboard(see: See, small: Path) -> None:
    page = see(small).page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "summary-title"
    page.focus("#repositories-form input")
    page.keyboard.type("billing")
    while not page.evaluate("document.activeElement.matches('#repositories-list a')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    assert page.evaluate("document.activeElement.textContent") == "billing"


def test_screen_readers_find_their_way(see: See, small: Path) -> None:
    page = see(small).page
    for landmark in ("header", "nav[aria-label]", "main", "footer"):
        assert page.locator(landmark).count() == 1, landmark
    levels = page.evaluate(
        "[...document.querySelectorAll('main :is(h1, h2, h3, h4)')].filter(e => e.checkVisibility()).map(e => +e.tagName[1])"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("table:not(:has(caption)), th:not([scope]), thead th:empty").count() == 0
    nameless = "[...document.querySelectorAll('button, input, select, a')].filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length))"
    assert page.evaluate(f"{nameless}.map(e => e.outerHTML)") == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(see: See, small: Path, large: Path, scheme: str) -> None:
    for file in (small, large):
        page = see(file, width=400, scheme=scheme).page
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.locator("#repositories-list a").first.click()
        assert page.locator("#panel").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        assert page.evaluate("document.getElementById('panel').getBoundingClientRect().width") <= 400


def test_what_was_chosen_is_printed_and_never_simply_everything(see: See, large: Path) -> None:
    page = see(large).page
    page.fill("#queues-form input[name=q]", "work.01")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#queues-list tr").count() == 1_000
    assert page.locator("#flows-list tr").count() == 100
    assert "9,690 flows more are in the page." in page.inner_text("#flows-note")
    assert not page.locator("nav").is_visible() and not page.locator("#queues-form").is_visible()


def test_hostile_names_are_only_shown(see: See, tmp_path: Path) -> None:
    file = write(tmp_path / "hostile.html", html.render(fleets.hostile()))
    for script in (True, False):
        page = see(file, script=script).page
        assert page.locator("img, iframe, object, embed").count() == 0
        assert page.locator("script").count() == 2
        assert page.locator("a:not([href^='#']), [onmouseover], [onerror]").count() == 0
        assert not set(page.inner_text("body")) & set("\u202e\u2066\x1b\x07")
        assert "49{" not in page.inner_text("body")
    page = see(file).page
    assert {f"q{name}" for name in fleets.HOSTILE if name.isprintable()} <= set(names(page, "queues"))
    for section in ("repositories", "queues", "loose"):
        for at in range(len(fleets.HOSTILE)):
            link = page.locator(f"#{section}-list tr").nth(at).locator("th a")
            title = link.inner_text()
            link.click()
            shown = page.inner_text("#panel-title").removeprefix("Queue ")
            assert " ".join(shown.split()) == " ".join(title.split())
            assert page.locator("#panel img, #panel script").count() == 0
            page.keyboard.press("Escape")
