"""The manual of all rules in one Markdown document, and the page of what becomes of a property on NATS."""

from __future__ import annotations

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.target import GapRule
from natsscan.catalog.templates import environment
from natsscan.reports.fidelity import FIDELITY
from natsscan.reports.rules import render_page

_NOUNS = {
    "exchange": "an exchange",
    "queue": "a queue",
    "binding": "a binding",
    "publisher": "a publisher and its messages",
    "consumer": "a consumer",
    "code": "connections, channels and administration",
}
_OLDEST = "2.2"  # what a rule has that names no version: JetStream as it began


def render_gap(gap: GapRule) -> str:
    """Return the page of one property as Markdown."""
    templates = environment(final_newline=True)
    page = templates.get_template("gap.md")
    return page.render(gap=gap, nouns=_NOUNS, fidelities=FIDELITY, oldest=_OLDEST).rstrip() + "\n"


def render_manual(catalog: Catalog) -> str:
    """Return all rules as one Markdown document: two tables that lead to the pages below them."""
    gaps = sorted(catalog.target.known.items())
    lines = [
        "# What natsscan knows",
        "",
        f"{len(catalog.rules)} rules say what is found, and {len(gaps)} what becomes of a property on NATS.",
        "`natsscan explain ID` prints one page of it.",
        "",
        "| finding | category | severity | effort | what it finds |",
        "| --- | --- | --- | ---: | --- |",
    ]
    rules = sorted(catalog.rules, key=lambda rule: rule.id)
    lines += [
        f"| [{r.id}](#{_anchor(r.id, r.title)}) | {r.category} | {r.severity} | {r.effort} | {_cell(r.title)} |"
        for r in rules
    ]
    lines += ["", "| property | of | on NATS | by |", "| --- | --- | --- | --- |"]
    lines += [
        f"| [{name}](#{_anchor(name, gap.property)}) | {gap.about} | {FIDELITY[gap.fidelity]} | {by} |"
        for name, gap in gaps
        for by in [_cell(gap.feature)]
    ]
    pages = [_lowered(render_page(rule)) for rule in rules] + [_lowered(render_gap(gap)) for _, gap in gaps]
    return "\n".join([*lines, "", *pages])


def _lowered(page: str) -> str:
    """Return a page with its headings one level down; code in it is indented and stays."""
    return "".join(f"#{line}" if line.startswith("#") else line for line in page.splitlines(keepends=True))


def _anchor(name: str, title: str) -> str:
    """Return the anchor that GitHub gives to the heading of a page."""
    text = f"{name}: {title}".lower()
    return "".join("-" if c == " " else c for c in text if c.isalnum() or c in " -_")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
