from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.opened import Opened, open_paths, scan_opened
from natsscan.cli.options import Given, scan_options
from natsscan.cli.outputs import output_files, output_option, terminal, write_reports
from natsscan.cli.stopping import told_if_stopped
from natsscan.reports.formats import FORMATS, Look, render

if TYPE_CHECKING:
    from natsscan.model.baseline import Known, Ratchet
    from natsscan.model.comparison import State
    from natsscan.model.report import Report

FINDINGS = 1
UNREAD = 3
STALE = 4


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="What to print.  [default: text]")
@output_option
@click.option("-q", "--quiet", is_flag=True, help="Print the answer in one line.")
@click.option("-v", "--verbose", is_flag=True, help="Print every finding with its line, and all that was not read.")
@click.option(
    "--fail-on",
    type=click.Choice(["never", "note", "warning", "error"]),
    help="Exit with 1 if there is a finding of this severity or above.  [default: never]",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Exit with 1 if there is a use that FILE does not know, with 4 if FILE has one that is gone.",
)
@click.option("--strict/--no-strict", default=None, help="Exit with 3 if something could not be read.")
@scan_options
@click.option("--max-file-size", type=click.IntRange(min=1), metavar="BYTES", help="Largest file to read.")
@click.option("--watch", "watching", is_flag=True, help="Scan again whenever files change, until Ctrl-C.")
def scan_command(
    paths: tuple[Path, ...],
    format_: str,
    outputs: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    fail_on: str | None,
    baseline: Path | None,
    strict: bool | None,
    given: Given,
    max_file_size: int | None,
    watching: bool,
) -> int:
    """Scan PATHs and show where AMQP is used.

    Names are resolved in the whole project around the PATHs: the git root, else the folder with natsscan.toml,
    cabal.project or stack.yaml.
    """
    if quiet and verbose:
        raise click.UsageError("-q and -v exclude each other", ctx=click.get_current_context())
    files, look = output_files(outputs), Look(0 if quiet else 2 if verbose else 1, *terminal())

    def opened() -> Opened:
        return open_paths(paths, given, max_file_size)

    def show() -> tuple[str, int]:
        return _show(opened(), paths, baseline, files, format_, look, fail_on, strict)

    if watching:
        from natsscan.cli.watch import watch

        named = (*given.definitions, *([baseline] if baseline else ()))
        watch(lambda: show()[0], opened, named, [file for _, file in files])
        return 0
    text, code = show()
    with told_if_stopped("the files of --output are written") if files else nullcontext():
        sys.stdout.write(text)
        sys.stdout.flush()
    return code


def _show(
    opened: Opened,
    paths: tuple[Path, ...],
    baseline: Path | None,
    files: list[tuple[str, Path]],
    format_: str,
    look: Look,
    fail_on: str | None,
    strict: bool | None,
) -> tuple[str, int]:
    """Scan, write the files that are asked for, and return what to print and the exit code."""
    from natsscan.pipeline.outcome import outcome

    known_in = baseline or opened.baseline
    known = _known(known_in) if known_in else None
    report, config = scan_opened(opened), opened.config
    found = outcome(report, lambda: opened.catalog, opened.project.tree, opened.options.exclude, opened.store)
    ratchet = None
    if known is not None:
        from natsscan.findings.baseline import hold

        ratchet = hold(report.to_migrate.findings, known, opened.project.in_scope)
        found = replace(found, states=_states(ratchet), stale=ratchet.stale)
    text = render(format_, found, look)
    if ratchet is not None and format_ == "text":
        from natsscan.reports import baseline as held

        told = held.render(ratchet, str(known_in), " ".join(map(str, paths)), look.width, look.colour)
        text += told if look.detail == 0 else f"\n{told}"
    write_reports(found, files)
    code = _exit_code(report, fail_on or config.fail_on, config.strict if strict is None else strict)
    return text, code or (0 if ratchet is None else FINDINGS if ratchet.new else STALE if ratchet.stale else 0)


def _known(file: Path) -> tuple[Known, ...]:
    from natsscan.findings.baseline_file import read_baseline

    return read_baseline(file)


def _states(ratchet: Ratchet) -> dict[str, State]:
    from natsscan.model.comparison import State

    new = dict.fromkeys((finding.fingerprint for finding in ratchet.new), State.NEW)
    return new | dict.fromkeys((finding.fingerprint for finding in ratchet.known), State.UNCHANGED)


def _exit_code(report: Report, fail_on: str, strict: bool) -> int:
    from natsscan.model.coverage import Loss
    from natsscan.model.finding import Severity

    if strict and any(problem.loss is not Loss.NONE for problem in report.coverage.problems):
        return UNREAD
    if fail_on != "never" and any(
        finding.severity.rank <= Severity(fail_on).rank for finding in report.to_migrate.findings
    ):
        return FINDINGS
    return 0
