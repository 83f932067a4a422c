"""Who can use the page of the inventory: by keyboard or mouse, in either theme, small, read aloud, on paper."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.inventory.conftest import See, shown

# The contrast of each text that is shown with what is behind it, where it is less than WCAG 2.2 asks for (AA, 1.4.3).
CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (node) => {
    if (node.closest("svg .label, svg .node")) return parse(getComputedStyle(node.parentElement.querySelector("rect, polygon")).fill);
    for (let each = node; each; each = each.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(each).backgroundColor);
      if (a === 1) return [r, g, b];
      if (a > 0) throw new Error("half transparent");
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), bad = [];
  let seen = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.closest("script, title")) continue;
    const style = getComputedStyle(node);
    const ink = parse(node instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(node))].sort((x, y) => y - x);
    seen += 1;
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(`${walker.currentNode.textContent.trim().slice(0, 40)}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return {seen, bad: [...new Set(bad)]};
}"""


def test_it_works_by_keyboard(see: See, page_file: Path) -> None:
    page = see(page_file).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "summary-title"
    page.click("nav a[href='#topology']")
    stops = 0
    while not page.evaluate("document.activeElement.matches('#picture .node')"):
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 10
    assert page.evaluate("document.querySelectorAll('#picture .node[tabindex=\"0\"]').length") == 1
    assert (
        page.evaluate("getComputedStyle(document.activeElement.querySelector('rect, polygon')).strokeWidth") == "3.2px"
    )
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert first.startswith("publisher ") and second != first
    before = page.get_attribute("#picture", "viewBox")
    page.keyboard.press("+")
    zoomed = page.get_attribute("#picture", "viewBox")
    page.keyboard.press("Shift+ArrowRight")
    moved = page.get_attribute("#picture", "viewBox")
    page.keyboard.press("0")
    assert len({before, zoomed, moved}) == 3
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panel-title"
    assert page.inner_text("#panel-title").lower().endswith(second.split(":")[0].split(" ", 1)[1])
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == second
    assert page.evaluate("document.activeElement.getBoundingClientRect().top > 0")


def test_the_picture_is_moved_and_zoomed_by_mouse(see: See, page_file: Path) -> None:
    page = see(page_file).page
    page.click("nav a[href='#topology']")
    box = page.locator("#picture").bounding_box()
    assert box

    def view() -> list[float]:
        return [float(part) for part in (page.get_attribute("#picture", "viewBox") or "").split()]

    start, before = view(), page.get_attribute("#picture", "viewBox") or ""
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(page.locator("#picture")).not_to_have_attribute("viewBox", before)
    zoomed = view()
    assert zoomed[2] < start[2]
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 120, box["y"] + 40, steps=4)
    page.mouse.up()
    assert view()[0] > zoomed[0]
    assert page.locator("#panel").is_hidden()
    page.click("[data-zoom=fit]")
    assert view() == start
    page.click("[data-zoom=in]")
    page.click("[data-zoom=out]")
    assert view() == pytest.approx(start, abs=0.05)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
    page.mouse.wheel(0, 100)
    assert view() == pytest.approx(start, abs=0.05)


def test_a_node_shows_what_leads_to_it_and_from_it(see: See, page_file: Path) -> None:
    page = see(page_file).page
    page.hover("#picture .exchange:has-text('dead-user-notifications')")
    assert page.locator("#picture.lit .flow.dead.lit").count() == 2
    assert page.locator("#picture .node.lit").count() < page.locator("#picture .node").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_both_themes(see: See, page_file: Path, scheme: str) -> None:
    page = see(page_file, scheme=scheme).page
    page.click("nav a[href='#topology']")
    page.click("#picture .queue >> nth=3")
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.mouse.move(0, 0)
    found = page.evaluate(CONTRAST)
    assert found["bad"] == []
    assert found["seen"] > 3000


def test_the_theme_can_be_changed(see: See, page_file: Path) -> None:
    page = see(page_file, scheme="dark").page
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.inner_text("#theme") == "Light"
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    assert page.inner_text("#theme") == "Dark"
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_screen_readers_find_their_way(see: See, page_file: Path) -> None:
    page = see(page_file).page
    for landmark in ("header", "nav[aria-label]", "main", "footer"):
        assert page.locator(landmark).count() == 1, landmark
    levels = page.evaluate(
        "[...document.querySelectorAll('main :is(h1, h2, h3, h4)')].filter(e => e.checkVisibility()).map(e => +e.tagName[1])"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0
    nameless = "[...document.querySelectorAll('button, input, select, a')].filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length))"
    assert page.evaluate(f"{nameless}.map(e => e.outerHTML)") == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    gone = "[...document.querySelectorAll(\"a[href^='#']\")].map(e => e.getAttribute('href').slice(1).split('?')[0])"
    assert set(page.evaluate(gone)) <= set(ids)


def test_it_can_be_read_without_script(see: See, page_file: Path) -> None:
    page = see(page_file, script=False).page
    text = page.inner_text("main")
    for part in ("story points of effort", "background-worker", "dead-user-notifications", "What to do", "NATS beside"):
        assert part in text
    assert "The list needs JavaScript" in text
    assert page.locator("#picture .node").first.is_visible()
    for control in ("#filters", "#theme", ".tools"):
        assert page.locator(control).is_hidden()
    page.click("#queues table >> nth=1 >> a:has-text('background-jobs')")
    detail = page.locator("#queue-background-jobs")
    assert detail.is_visible()
    assert "services/background-worker/src/Wire/BackgroundWorker/Jobs/Consumer.hs" in detail.inner_text()


@pytest.mark.parametrize("width", [400, 768])
def test_it_fits_narrow_screens(see: See, page_file: Path, width: int) -> None:
    page = see(page_file, width=width).page
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.click("#services tbody a >> nth=3")
    assert (page.locator("#panel").bounding_box() or {})["width"] <= width


def test_on_paper_there_is_what_was_chosen(see: See, page_file: Path) -> None:
    page = see(page_file).page
    page.emulate_media(media="print")
    for control in ("nav", "#theme", "#filters", ".tools"):
        assert page.locator(control).is_hidden()
    assert page.locator("#services table").is_visible()
    assert page.locator("#queues details").first.is_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".finding").first.is_hidden()
    assert "Those that a filter leaves are printed." in page.inner_text("#print-note")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    page.select_option("select[name=service]", "gundeck")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".finding").count() == shown(page) > 100
    assert page.locator(".finding").last.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
