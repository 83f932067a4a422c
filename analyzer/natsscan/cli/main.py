from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from natsscan import __version__
from natsscan.model.errors import InputError

USAGE_ERROR = 2
INTERRUPTED = 130


# In the order that help lists them. Each is imported when it is run: their needs differ, and all of them start.
_COMMANDS = (
    "scan",
    "topology",
    "map",
    "patch",
    "generate",
    "verify",
    "checklist",
    "inventory",
    "fleet",
    "diff",
    "comment",
    "baseline",
    "cache",
    "rules",
    "explain",
    "schema",
)


class _Commands(click.Group):
    """The commands, of which `natsscan PATH` means `natsscan scan PATH`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"natsscan.cli.{cmd_name}"), f"{cmd_name}_command")
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if args and args[0] not in _COMMANDS and args[0] not in own:
            args = ["scan", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
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
    except (KeyboardInterrupt, click.Abort) as error:
        told = str(error.__cause__ or error)  # click passes it on as the cause of its own
        print(f"natsscan: interrupted; {told or 'nothing was written'}", file=sys.stderr)  # noqa: T201
        code = INTERRUPTED
    except MemoryError:
        code = _fail("out of memory; give it more, or name fewer paths")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; do not complain at exit
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> int:
    line = " ".join(message.split())
    print(f"natsscan: {line}", file=sys.stderr)  # noqa: T201
    return USAGE_ERROR
