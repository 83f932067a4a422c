"""The page of the inventory in a real browser, as a lead shows it in a meeting."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from natsscan.catalog.catalog import Catalog
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.outcome import outcome
from natsscan.pipeline.scan import scan
from natsscan.reports.formats import render_inventory
from natsscan.source.project import open_project
from tests.conftest import run_command
from tests.inventory.conftest import HOSTILE, See, inventory, shown

SECTIONS = ["summary", "services", "topology", "queues", "changes", "patches", "checklist", "findings", "coverage"]


def panel(page: Page, term: str) -> str:
    """What the details say of something."""
    entry = page.locator("#panel dt", has_text=re.compile(f"^{term}$"))
    return entry.locator("xpath=following-sibling::dd[1]").inner_text()


def data(file: Path) -> list[dict[str, object]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', file.read_text(), re.DOTALL)
    assert found
    held = json.loads(found[1])
    return [dict(zip(held["fields"], row, strict=True)) for row in held["findings"]]


def test_it_has_all_that_the_report_has(see: See, page_file: Path, wire_mini: Path) -> None:
    page = see(page_file).page
    report = run_command(wire_mini, "--format", "json", cwd=wire_mini).json
    assert [section.get_attribute("id") for section in page.locator("main > section").all()] == [*SECTIONS, "glossary"]
    assert f"{report['totals']['overall']['effort']:,}" in page.locator(".tiles").inner_text().replace("\n", " ")
    names = page.locator("#queues table").nth(1).locator("tbody th").all_inner_texts()
    assert set(names) >= {queue["name"] for queue in report["topology"]["queues"] if queue["name"]}
    lost = [gap for gap in report["mapping"]["gaps"] if gap["fidelity"] == "none"]
    for gap in lost:
        assert page.locator("#changes table").first.get_by_text(gap["property"], exact=True).count()
        assert page.locator("#changes").get_by_text(gap["about"], exact=False).count()
    held = data(page_file)
    assert sorted((f["path"], f["line"], f["rule"]) for f in held) == sorted(
        (f["path"], f["line"], f["rule"]) for f in report["findings"]
    )
    assert shown(page) == len(report["findings"])
    assert page.locator("#coverage tbody tr").count() == len(report["coverage"]["files"])


def test_who_publishes_to_an_exchange_is_two_clicks_away(see: See, page_file: Path) -> None:
    page = see(page_file).page
    page.click("nav a[href='#topology']")
    page.click("#picture .exchange:has-text('user-notifications'):not(:has-text('dead'))")
    assert page.inner_text("#panel-title") == "Exchange user-notifications"
    publishers = panel(page, "Published to by")
    assert "gundeck with" in publishers and "services/gundeck/src/Gundeck/Push.hs:67" in publishers
    assert "user-notifications.{uid}.{cid}" in panel(page, "Bound queues")
    assert "x.user-notifications" in panel(page, "On NATS")


def test_what_dead_letters_where_is_one_table(see: See, page_file: Path) -> None:
    page = see(page_file).page
    page.click("nav a[href='#queues']")
    rows = page.locator("h3#dead-letters + .wide tbody tr")
    assert [cell.strip() for cell in rows.last.locator("th, td").all_inner_texts()] == [
        "user-notifications.{uid}.{cid}",
        "dead-user-notifications with dead-user-notifications",
        "dead-user-notifications",
        "background-worker",
    ]
    rows.last.locator("th a").click()
    assert panel(page, "Dead letters").startswith("go to dead-user-notifications")
    page.locator("#panel a", has_text="background-worker").first.click()
    assert page.inner_text("#panel-title") == "Service background-worker"
    assert "dead-user-notifications" in panel(page, "Consumes")


def test_what_is_left_for_a_service_is_two_clicks_away(see: See, page_file: Path) -> None:
    page = see(page_file).page
    page.click("#summary .chart a:has-text('cannon')")
    assert page.inner_text("#panel-title") == "Service cannon"
    assert re.match(r"0 of \d+ done", panel(page, "Tasks"))
    assert "Replace RabbitMQ connection with NATS connection" in panel(page, "Left to do")
    told = panel(page, "Findings")
    page.click("#panel >> text=Show its findings")
    assert page.locator("#panel").is_hidden()
    assert told.startswith(f"{shown(page)} findings")
    assert set(page.locator("#list h3 span").all_inner_texts()) == {"cannon"}


def test_findings_are_chosen_by_all_that_they_have(see: See, page_file: Path) -> None:
    page, held = see(page_file).page, data(page_file)
    page.select_option("select[name=severity]", "error")
    assert shown(page) == sum(f["severity"] == "error" for f in held) > 0
    page.select_option("select[name=service]", "gundeck")
    page.select_option("select[name=operation]", "publish")
    wanted = [f for f in held if (f["severity"], f["service"], f["operation"]) == ("error", "gundeck", "publish")]
    assert shown(page) == len(wanted) > 0
    page.click("#filters button[type=reset]")
    expect(page.locator("#shown")).to_have_text(re.compile(f"^{len(held):,} of"))
    page.select_option("select[name=stage]", "prepare")
    page.select_option("select[name=patch]", "safe")
    assert 0 < shown(page) < len(held)
    assert {"safe patch"} <= set(page.locator(".finding .head span").all_inner_texts())
    page.select_option("select[name=stage]", "")
    page.select_option("select[name=patch]", "none")
    assert shown(page) == sum(not f["patches"] for f in held)
    page.click("#filters button[type=reset]")
    page.fill("input[name=q]", "PUSH.hs:67 publishmsg")
    assert 0 < shown(page) < 5
    assert "publishMsg" in page.locator(".finding .line").first.inner_text()
    page.fill("input[name=q]", "no such thing")
    assert page.inner_text("#shown") == "No finding is like that."
    assert page.get_attribute("#shown", "aria-live") == "polite"


def test_more_findings_come_when_asked_for(see: See, page_file: Path) -> None:
    page = see(page_file).page
    assert page.locator(".finding").count() == 100
    page.click("#more")
    assert page.locator(".finding").count() == 200
    page.locator(".finding summary").first.click()
    assert "natsscan explain" in page.locator(".finding details[open]").inner_text()


def test_a_patch_is_a_click_away_from_its_finding(see: See, page_file: Path) -> None:
    page = see(page_file, "#findings?patch=safe&stage=prepare").page
    page.locator(".finding summary").first.click()
    link = page.locator(".finding details[open] a").first
    title = link.inner_text()
    link.click()
    opened = page.locator("#patches details[open]")
    assert title in opened.locator("summary").inner_text()
    assert opened.locator(".diff .add").count()


def test_the_address_keeps_what_is_looked_at(see: See, page_file: Path) -> None:
    page = see(page_file).page
    page.select_option("select[name=service]", "cannon")
    page.fill("input[name=q]", "ack")
    page.click("nav a[href='#topology']")
    page.click("#picture .queue >> nth=2")
    title, address, found = page.inner_text("#panel-title"), page.url, shown(page)
    again = see(page_file, "#" + address.partition("#")[2]).page
    assert again.inner_text("#panel-title") == title
    assert again.input_value("select[name=service]") == "cannon"
    assert again.input_value("input[name=q]") == "ack"
    assert shown(again) == found
    assert again.evaluate("Math.abs(document.getElementById('topology').getBoundingClientRect().top) < 400")


def test_an_address_that_means_nothing_does_nothing(see: See, page_file: Path) -> None:
    page = see(page_file, "#nowhere?service=nobody&part=data&severity=<b>&q=%3Cimg%20src=x%20onerror=alert(1)%3E").page
    assert page.inner_text("#shown") == "No finding is like that."
    assert page.locator("#panel").is_hidden()
    broken = see(page_file, "#%E0%A4%A").page
    assert shown(broken) == len(data(page_file))


def test_hostile_names_are_only_shown(see: See, hostile: Path) -> None:
    file = inventory(hostile, "html")
    for script in (True, False):
        page = see(file, script=script).page
        assert page.locator("img, iframe, object, embed, form:not(#filters)").count() == 0
        assert page.locator("script").count() == 2
        assert "https://evil.example" in page.inner_text("#queues")
        assert page.locator("a:not([href^='#']), [onmouseover], [onerror]").count() == 0
        assert "49{" not in page.inner_text("#queues")
        assert not set(page.inner_text("body")) & set("\u202e\u2066")
        names = page.locator("#queues table").nth(1).locator("tbody th").all_inner_texts()
        assert {"q" + name for name in HOSTILE if name.isascii()} <= set(names)
        assert r"qr\u202eot\u2066|c" in names
    page = see(file).page
    for name in HOSTILE:
        if name.isascii():
            page.fill("input[name=q]", name[-12:])
            assert shown(page) > 0
    for at in range(len(HOSTILE)):
        page.locator("#queues table").nth(1).locator("tbody th a").nth(at).click()
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.locator("img").count() == 0


def test_no_secret_is_in_it(hostile: Path, wire_mini: Path) -> None:
    for form in ("html", "markdown"):
        text = inventory(hostile, form).read_text()
        assert "hunter2" not in text
        assert "NATS_PASSWORD=***" in text


def test_it_may_run_its_own_script_only(see: See, page_file: Path) -> None:
    page = see(page_file).page
    policy = page.get_attribute("meta[http-equiv]", "content") or ""
    assert "default-src 'none'" in policy and "'unsafe-inline'; img" in policy and "script-src 'sha256-" in policy
    assert page.evaluate("typeof window.done") == "undefined"


def test_five_thousand_findings_are_as_fast_as_few(see: See, wire_mini: Path, tmp_path: Path, catalog: Catalog) -> None:
    project = open_project((wire_mini,))
    report = scan(project, catalog, ScanOptions((), 5_000_000, ()), lambda *_: None)
    some = report.findings
    many = tuple(
        replace(some[at % len(some)], fingerprint=f"{at:016x}", message=f"{some[at % len(some)].message} no. {at}")
        for at in range(5000)
    )
    file = tmp_path / "many.html"
    file.write_text(
        render_inventory("html", outcome(replace(report, findings=many), lambda: catalog, project.tree, ()))
    )
    page = see(file).page
    assert shown(page) == 5000
    timed = """async ([name, value]) => {
      const field = document.forms.filters.elements[name];
      const start = performance.now();
      field.value = value;
      field.dispatchEvent(new Event("input", {bubbles: true}));
      document.body.offsetHeight;
      return performance.now() - start;
    }"""
    for choice in (["q", "no. 49"], ["q", "e"], ["service", "gundeck"], ["severity", "warning"], ["q", ""]):
        assert page.evaluate(timed, choice) < 200, choice


def test_two_runs_differ_in_nothing(wire_mini: Path, page_file: Path, document: str) -> None:
    page = page_file.read_bytes()
    assert inventory(wire_mini, "html").read_bytes() == page
    assert inventory(wire_mini, "markdown").read_text() == document


def test_an_older_inventory_in_the_tree_is_no_finding(wire_mini: Path) -> None:
    for form in ("html", "markdown"):
        file = wire_mini / "docs" / f"inventory.{form}.md"
        first, second = (run_command("inventory", ".", "--format", form, "-o", file, cwd=wire_mini) for _ in range(2))
        assert (first.code, second.code) == (0, 0)
        text = file.read_bytes()
        run_command("inventory", ".", "--format", form, "-o", file, cwd=wire_mini)
        assert file.read_bytes() == text
        file.unlink()
        assert b"inventory.html.md" not in text


@pytest.mark.corpus
def test_the_page_of_wire_server_opens_at_once_and_answers(see: See, corpus: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert run_command("inventory", corpus, "--format", "html", "-o", file, cwd=tmp_path).code == 0
    assert file.stat().st_size < 5_000_000
    page = see(file).page
    timing = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    assert page.evaluate(f"Math.max({timing}, {paint})") < 2000
    page.click("#queues th >> text=/^user-notifications$/")
    assert "gundeck" in panel(page, "Published to by")
    assert "dead-user-notifications" in page.locator("h3#dead-letters + .wide tbody").inner_text()
    page.click("#services tbody a:has-text('cannon')")
    assert "Replace RabbitMQ connection" in panel(page, "Left to do")
