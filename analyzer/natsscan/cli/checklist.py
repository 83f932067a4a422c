from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.catalog.escape import visible
from natsscan.cli.options import Given, need_subjects, read_tasks, scan_options, subjects_option
from natsscan.model.errors import InputError
from natsscan.source.write import write_file

if TYPE_CHECKING:
    from natsscan.checklist.tree import Tree
    from natsscan.cli.mapping import Mapped
    from natsscan.cli.opened import Opened
    from natsscan.model.checklist import Checklist, Review, Status

FORMATS = ("text", "json", "markdown", "html", "csv")
OPEN = 1
# What a checklist that natsscan writes for the occasion is called.
GENERATED = "the checklist written from it"


@click.command("checklist")
@click.argument("path", type=click.Path(path_type=Path), metavar="PATH")
@click.option(
    "--checklist",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The checklist, in Markdown; without one, the generated.",
)
@click.option("--update", is_flag=True, help="Set the ticks in FILE as the tree says, and nothing else.")
@click.option("--annotate", is_flag=True, help="Also write below each task what the tree says of it.")
@click.option("--generate", is_flag=True, help="Print a checklist for what is found, or write it to FILE.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="What to print.  [default: text]")
@click.option("-v", "--verbose", is_flag=True, help="Print every open task with its evidence and what to do next.")
@click.option("--since", metavar="REV", help="Also tell what was finished, and what went back, since a commit.")
@click.option(
    "--fail-on",
    metavar="STATUS,...",
    default="",
    help="Exit with 1 if a task is one of these, such as regressed,stale.",
)
@subjects_option
@scan_options
def checklist_command(
    path: Path,
    file: Path | None,
    update: bool,
    annotate: bool,
    generate: bool,
    format_: str,
    verbose: bool,
    since: str | None,
    fail_on: str,
    subjects: Path | None,
    given: Given,
) -> int:
    """Hold a migration checklist against the project around PATH: what is done, to do, and no longer true.

    The whole project is looked at, whatever part of it PATH is: a checklist names files of all of it.
    """
    from natsscan.checklist.read import read_checklist
    from natsscan.cli.opened import open_paths
    from natsscan.cli.outputs import terminal
    from natsscan.source.project import open_project

    wanted = _statuses(fail_on)
    need_subjects(subjects)
    if (update or annotate) and (file is None or generate):
        raise click.UsageError("--update and --annotate need --checklist FILE", ctx=click.get_current_context())
    opened = open_paths((open_project((path,)).root,), given)
    tasks = None if file is None or generate else read_tasks(file)
    now = _look_at(opened, subjects, file)
    if tasks is None:
        text = _generated(now)
        if generate:
            return _print_or_write(text, file)
        tasks = text.encode()
    checklist = read_checklist(str(file) if file and not generate else GENERATED, tasks)
    review = _review(checklist, now, given.rules)
    before = _review(checklist, _look_at(_at(since, opened), subjects, file), given.rules) if since else None
    if file is not None and (update or annotate):
        _write(file, review, annotate)
    if format_ == "text":
        from natsscan.reports import checklist as report

        width, colour = terminal()
        sys.stdout.write(report.render(review, now.mapped.report.root, verbose, width, colour))
        if before is not None:
            sys.stdout.write(report.render_moves(before, review, str(since)))
        if not verbose:
            sys.stdout.write(report.render_next(str(path), file))
    else:
        from natsscan.reports import checklist_files

        sys.stdout.write(checklist_files.render(format_, review, now.mapped.report.root, before))
    return OPEN if any(judged.status in wanted for judged in review.judgements) else 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """A project scanned and mapped, to be held against a checklist."""

    tree: Tree
    mapped: Mapped
    opened: Opened


def _look_at(opened: Opened, subjects: Path | None, file: Path | None) -> _Seen:
    from natsscan.cli.mapping import map_opened
    from natsscan.pipeline.review import tree_for

    mapped = map_opened(opened, None, subjects)
    tree = tree_for(mapped.report, mapped.catalog, opened.project, opened.options.exclude, file)
    return _Seen(tree, mapped, opened)


def _review(checklist: Checklist, seen: _Seen, rules: tuple[Path, ...]) -> Review:
    from natsscan.patches.plan import make_patches
    from natsscan.pipeline.review import judge_checklist

    mapped, opened = seen.mapped, seen.opened
    patches = make_patches(mapped.report, mapped.mapping, mapped.catalog, seen.tree.read, seen.tree.paths)
    return judge_checklist(checklist, seen.tree, mapped.mapping, patches, opened.project.root, opened.config, rules)


def _generated(seen: _Seen) -> str:
    from natsscan.checklist.generate import generate_checklist

    return generate_checklist(seen.tree, seen.mapped.mapping)


def _at(revision: str, opened: Opened) -> Opened:
    """Return the same project as it was in a commit."""
    from natsscan.source.git import tree_of

    project = opened.project
    return replace(opened, project=replace(project, tree=tree_of(project.root, revision)))


def _print_or_write(text: str, file: Path | None) -> int:
    if file is None:
        sys.stdout.write(text)
        return 0
    if file.exists():
        raise InputError(f"--checklist {file}: is there already; remove it first, or leave --checklist out to print")
    write_file(file, text.encode())
    told = f"{file}: written; natsscan checklist --checklist {shlex.quote(str(file))} holds it against the code"
    sys.stdout.write(visible(told) + "\n")
    return 0


def _write(file: Path, review: Review, annotate: bool) -> None:
    from natsscan.checklist.write import with_annotations, with_ticks

    data = with_ticks(review)
    if annotate:
        data = with_annotations(data, review.judgements)
    if data != review.checklist.data:
        write_file(file, data)


def _statuses(text: str) -> frozenset[Status]:
    from natsscan.model.checklist import Status

    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in set(Status):
            raise InputError(f"--fail-on {name}: is none of {', '.join(Status)}")
    return frozenset(map(Status, names))
