from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.options import scan_options
from natsscan.cli.outputs import output_files, output_option, terminal, write_reports
from natsscan.reports.formats import FORMATS, Look, render

if TYPE_CHECKING:
    from natsscan.catalog.catalog import Catalog
    from natsscan.config import Config
    from natsscan.model.report import Report

FINDINGS = 1
UNREAD = 3


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
@click.option("--strict/--no-strict", default=None, help="Exit with 3 if something could not be read.")
@scan_options
@click.option("--max-file-size", type=click.IntRange(min=1), metavar="BYTES", help="Largest file to read.")
def scan_command(
    paths: tuple[Path, ...],
    format_: str,
    outputs: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    fail_on: str | None,
    strict: bool | None,
    exclude: tuple[str, ...],
    rules: tuple[Path, ...],
    definitions: tuple[Path, ...],
    max_file_size: int | None,
) -> int:
    """Scan PATHs and show where AMQP is used.

    Names are resolved in the whole project around the PATHs: the git root, else the folder with natsscan.toml,
    cabal.project or stack.yaml.
    """
    from natsscan.pipeline.outcome import outcome
    from natsscan.source.project import open_project

    if quiet and verbose:
        raise click.UsageError("-q and -v exclude each other", ctx=click.get_current_context())
    files = output_files(outputs)
    report, catalog = scan_with_rules(paths, exclude, rules, max_file_size, definitions)
    config = configuration(paths)[0]
    found = outcome(report, catalog, open_project(paths).tree, exclude)
    write_reports(found, files)
    detail = 0 if quiet else 2 if verbose else 1
    sys.stdout.write(render(format_, found, Look(detail, *terminal())))
    return _exit_code(report, fail_on or config.fail_on, config.strict if strict is None else strict)


def run_scan(
    paths: tuple[Path, ...],
    exclude: tuple[str, ...],
    rules: tuple[Path, ...],
    max_file_size: int | None,
    definitions: tuple[Path, ...],
) -> Report:
    """Scan as the configuration around the paths and the options of a command say."""
    return scan_with_rules(paths, exclude, rules, max_file_size, definitions)[0]


def scan_with_rules(
    paths: tuple[Path, ...],
    exclude: tuple[str, ...],
    rules: tuple[Path, ...],
    max_file_size: int | None,
    definitions: tuple[Path, ...],
) -> tuple[Report, Catalog]:
    """Scan likewise, and return the rules that it went by too."""
    from natsscan.catalog.catalog import load_catalog
    from natsscan.cli.progress import Progress
    from natsscan.pipeline.scan import scan
    from natsscan.pipeline.task import ScanOptions
    from natsscan.source.project import open_project

    sys.setrecursionlimit(10_000)  # every recursion here is bounded, but the bounds add up
    gc.disable()  # a scan makes few cycles and ends soon; looking for them took a tenth of its time
    config, config_file = configuration(paths)
    catalog = load_catalog((*_config_rules(config, config_file), *rules))
    options = ScanOptions((*config.exclude, *exclude), max_file_size or config.max_file_size, definitions)
    with Progress() as progress:
        return scan(open_project(paths), catalog, options, progress.update), catalog


def configuration(paths: tuple[Path, ...]) -> tuple[Config, Path | None]:
    """Return the configuration for some paths, and the file that it stands in."""
    from natsscan.config import load_config
    from natsscan.source.project import open_project

    return load_config(paths[0].resolve(), open_project(paths).root)


def _config_rules(config: Config, file: Path | None) -> tuple[Path, ...]:
    return tuple(file.parent / folder for folder in config.rules) if file else ()


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
