from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.opened import Opened, open_here, prepare_to_scan, scan_project
from natsscan.cli.options import Given, paths_option, read_tasks, scan_options, tasks_option
from natsscan.cli.outputs import output_files, output_option, terminal, write_reports
from natsscan.model.errors import InputError
from natsscan.reports.formats import FORMATS, Look, render

if TYPE_CHECKING:
    from natsscan.model.checklist import Checklist, Review
    from natsscan.model.comparison import Comparison, TaskMove
    from natsscan.model.outcome import Outcome
    from natsscan.model.report import Report
    from natsscan.pipeline.compare import Ends

FOUND = 1
_KINDS = ("new", "lost")


@click.command("diff")
@click.argument("base")
@click.argument("head", required=False)
@click.option("--staged", is_flag=True, help="Compare BASE with what is staged, as a pre-commit hook wants it.")
@paths_option
@click.option(
    "--fail-on",
    metavar="WHAT,...",
    default="",
    help="Exit with 1 if there is something new (a use of AMQP), or something lost (a messaging property).",
)
@tasks_option
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="What to print.  [default: text]")
@output_option
@click.option("-q", "--quiet", is_flag=True, help="Print the answer in one line.")
@click.option("-v", "--verbose", is_flag=True, help="Print everything, with what NATS has for what is lost.")
@scan_options
def diff_command(
    base: str,
    head: str | None,
    staged: bool,
    paths: tuple[Path, ...],
    fail_on: str,
    checklist: Path | None,
    format_: str,
    outputs: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    given: Given,
) -> int:
    """Show what a change does to messaging: from commit BASE to HEAD, by default the commit that is checked out.

    Properties that the change loses come first: durability, acknowledgements, dead letters, order, expiry, credentials.
    BASE...HEAD is from where both parted, as in git. Files are read from git's objects: nothing is checked out, and
    what is not committed does not count.
    """
    from natsscan.pipeline.compare import ends_of

    if quiet and verbose:
        raise click.UsageError("-q and -v exclude each other", ctx=click.get_current_context())
    if staged and head is not None:
        raise click.UsageError("--staged and HEAD exclude each other", ctx=click.get_current_context())
    wanted, files = _wanted(fail_on), output_files(outputs)
    opened = open_here(paths, given)
    ends = ends_of(opened.project, base, head, staged=staged)
    found = compare_ends(opened, ends, checklist, given.rules)
    write_reports(found, files)
    look = Look(0 if quiet else 2 if verbose else 1, *terminal())
    sys.stdout.write(render(format_, found, look))
    return FOUND if found.comparison is not None and _fails(found.comparison, wanted) else 0


def compare_ends(opened: Opened, ends: Ends, checklist: Path | None, rules: tuple[Path, ...]) -> Outcome:
    """Compare two states of a project, and return what the formats are made of."""
    from natsscan.cli.progress import Progress
    from natsscan.model.comparison import State
    from natsscan.pipeline.compare import compare
    from natsscan.pipeline.outcome import outcome

    prepare_to_scan()
    with Progress() as progress:
        found, before, after = compare(
            opened.project,
            lambda project: scan_project(opened, project, progress.update),
            opened.catalog.target,
            opened.options,
            ends,
        )
    if checklist is not None:
        opens = replace(opened, project=before), replace(opened, project=after)
        found = replace(found, tasks=_tasks(found, *opens, checklist, rules))
    states = {finding.fingerprint: State.NEW for finding in found.new}
    states |= {finding.fingerprint: State.UNCHANGED for finding in found.unchanged}
    made = outcome(found.after, lambda: opened.catalog, after.tree, opened.options.exclude)
    return replace(made, states=states, gone=found.fixed, comparison=found)


def _tasks(
    found: Comparison, before: Opened, after: Opened, file: Path, rules: tuple[Path, ...]
) -> tuple[TaskMove, ...]:
    """Return the tasks of a checklist, as it stands on disk, that are finished by a change or taken back."""
    from natsscan.checklist.read import read_checklist
    from natsscan.checklist.review import moves
    from natsscan.model.comparison import TaskMove

    checklist = read_checklist(str(file), read_tasks(file))
    reviews = [
        _review(checklist, opened, report, file, rules)
        for opened, report in ((before, found.before), (after, found.after))
    ]
    return tuple(TaskMove(judged, is_finished) for judged, is_finished in moves(*reviews))


def _review(checklist: Checklist, opened: Opened, report: Report, file: Path, rules: tuple[Path, ...]) -> Review:
    """Hold a checklist against a state. Which patches do a task is not told of a change, so none are made."""
    from natsscan.pipeline.outcome import propose_mapping
    from natsscan.pipeline.review import judge_checklist, tree_for

    project = opened.project
    mapping = propose_mapping(report, opened.catalog)
    tree = tree_for(report, opened.catalog, project, opened.options.exclude, file)
    return judge_checklist(checklist, tree, mapping, (), project.root, opened.config, rules)


def _wanted(text: str) -> frozenset[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in _KINDS:
            raise InputError(f"--fail-on {name}: is none of {', '.join(_KINDS)}")
    return frozenset(names)


def _fails(comparison: Comparison, wanted: frozenset[str]) -> bool:
    from natsscan.model.comparison import Fate
    from natsscan.model.usage import Tier

    is_new = any(finding.usage.tier is Tier.DIRECT for finding in comparison.new)
    return ("new" in wanted and is_new) or ("lost" in wanted and bool(comparison.of_fate(Fate.LOST)))
