from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from natsscan import __version__
from natsscan.cli.baseline import baseline_command
from natsscan.cli.checklist import checklist_command
from natsscan.cli.comment import comment_command
from natsscan.cli.diff import diff_command
from natsscan.cli.explain import explain_command
from natsscan.cli.generate import generate_command
from natsscan.cli.inventory import inventory_command
from natsscan.cli.map import map_command
from natsscan.cli.patch import patch_command
from natsscan.cli.rules import rules_command
from natsscan.cli.scan import scan_command
from natsscan.cli.schema import schema_command
from natsscan.cli.topology import topology_command
from natsscan.cli.verify import verify_command
from natsscan.model.errors import InputError

USAGE_ERROR = 2
INTERRUPTED = 130


class _ScanByDefault(click.Group):
    """A group of commands in which `natsscan PATH` means `natsscan scan PATH`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if args and args[0] not in self.commands and args[0] not in own:
            args = ["scan", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ScanByDefault,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    commands=[
        scan_command,
        topology_command,
        map_command,
        patch_command,
        generate_command,
        verify_command,
        checklist_command,
        inventory_command,
        diff_command,
        comment_command,
        baseline_command,
        rules_command,
        explain_command,
        schema_command,
    ],
    no_args_is_help=True,
)
@click.version_option(__version__, message="natsscan %(version)s")
def cli() -> None:
    """Find every use of AMQP in a code base, and see what moving to NATS takes.

    `natsscan PATH...` scans, the same as `natsscan scan PATH...`. Nothing is run, built, fetched or changed.
    """


def main() -> NoReturn:
    """Run the command line and exit.

    0: done; 1: findings at or above --fail-on; 2: bad input; 3: files unread and --strict; 4: the baseline is stale;
    130: interrupted.
    """
    try:
        code = cli(standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        code = _fail(str(error))
    except click.UsageError as error:
        hint = f" (try: {error.ctx.command_path} --help)" if error.ctx else ""
        code = _fail(error.format_message().rstrip(".") + hint)
    except click.ClickException as error:
        code = _fail(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        print("natsscan: interrupted; nothing was written", file=sys.stderr)  # noqa: T201
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; do not complain at exit
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> int:
    line = " ".join(message.split())
    print(f"natsscan: {line}", file=sys.stderr)  # noqa: T201
    return USAGE_ERROR
