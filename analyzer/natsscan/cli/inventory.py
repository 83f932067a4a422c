from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.catalog.escape import visible
from natsscan.cli.opened import open_paths
from natsscan.cli.options import Given, need_subjects, read_tasks, scan_options, subjects_option
from natsscan.cli.outputs import write_report
from natsscan.reports.formats import INVENTORIES, render_inventory

if TYPE_CHECKING:
    from natsscan.cli.mapping import Mapped
    from natsscan.cli.opened import Opened
    from natsscan.model.checklist import Review
    from natsscan.model.outcome import Outcome


@click.command("inventory")
@click.argument("path", type=click.Path(path_type=Path), metavar="PATH")
@click.option(
    "--format",
    "format_",
    type=click.Choice(INVENTORIES),
    default=INVENTORIES[0],
    help="A document for a forge or wiki, or one page for a browser.  [default: markdown]",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a file.")
@click.option(
    "--checklist",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The checklist that progress is told by, in Markdown; without one, the generated.",
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Templates of your own, which take the place of those of the same name.",
)
@subjects_option
@scan_options
def inventory_command(
    path: Path,
    format_: str,
    output: Path | None,
    file: Path | None,
    templates: Path | None,
    subjects: Path | None,
    given: Given,
) -> None:
    """Write the inventory of a migration: what is there, what becomes of it, what is done and what is left.

    Services in the order in which they move, the messaging system, what would be lost, patches, the checklist held
    against the code, and every finding.
    """
    need_subjects(subjects)
    opened = _without(output, open_paths((path,), given))
    text = render_inventory(format_, _outcome(opened, subjects, file, given.rules), templates)
    if output is None:
        sys.stdout.write(text)
        return
    write_report(output, text)
    sys.stdout.write(visible(f"{output}: written") + "\n")


def _without(output: Path | None, opened: Opened) -> Opened:
    """Return the project as if the file that is to be written were not there: what an older one says is no finding."""
    from natsscan.source.tree import TreeWithout

    project = opened.project
    if output is None or not output.resolve().is_relative_to(project.root):
        return opened
    path = output.resolve().relative_to(project.root).as_posix()
    return replace(opened, project=replace(project, tree=TreeWithout(project.tree, path)))


def _outcome(opened: Opened, subjects: Path | None, file: Path | None, rules: tuple[Path, ...]) -> Outcome:
    """Return what the inventory is made of.

    A checklist that is generated is held against what was scanned; the tasks of a given one are about the whole
    project, whatever part of it is looked at.
    """
    mapped, found = _look_at(opened, subjects)
    if file is None or opened.project.scope == (".",):
        return replace(found, review=_review(opened, mapped, found, file, rules))
    whole = replace(opened, project=replace(opened.project, scope=(".",)))
    return replace(found, review=_review(whole, *_look_at(whole, subjects), file, rules))


def _look_at(opened: Opened, subjects: Path | None) -> tuple[Mapped, Outcome]:
    from natsscan.cli.mapping import map_opened
    from natsscan.pipeline.outcome import outcome

    mapped = map_opened(opened, None, subjects)
    found = outcome(mapped.report, lambda: mapped.catalog, opened.project.tree, opened.options.exclude)
    return mapped, replace(found, make_mapping=lambda: mapped.mapping)


def _review(opened: Opened, mapped: Mapped, found: Outcome, file: Path | None, rules: tuple[Path, ...]) -> Review:
    from natsscan.checklist.generate import generate_checklist
    from natsscan.checklist.read import read_checklist
    from natsscan.cli.checklist import GENERATED
    from natsscan.pipeline.review import judge_checklist, tree_for

    project = opened.project
    tree = tree_for(mapped.report, mapped.catalog, project, opened.options.exclude, file)
    data = generate_checklist(tree, mapped.mapping).encode() if file is None else read_tasks(file)
    checklist = read_checklist(str(file) if file else GENERATED, data)
    return judge_checklist(checklist, tree, mapped.mapping, found.patches, project.root, opened.config, rules)
