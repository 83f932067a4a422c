from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

import click

from natsscan import __version__
from natsscan.catalog.escape import visible
from natsscan.model.errors import InputError, StoppedError
from natsscan.source.signals import end_on_signals, stop_on_signals

USAGE_ERROR = 2
_KILLED = 128  # what shells add to the number of a signal
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO)


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
    130: interrupted; 143: terminated.
    """
    stop_on_signals()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # what the terminal's encoding lacks, or no encoding has
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
        cause = error.__cause__ if isinstance(error, click.Abort) else error  # click raises one of its own
        number = cause.signal if isinstance(cause, StoppedError) else signal.SIGINT
        told = str(cause or "") or "nothing was written"
        _tell(f"{'terminated' if number == signal.SIGTERM else 'interrupted'}; {told}")
        code = _KILLED + number
    except MemoryError:
        code = _fail("out of memory; give it more, or name fewer paths")
    except BrokenPipeError:
        _forget_output()
        code = 0
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        _forget_output()
        code = _fail(f"the output cannot be written: {(error.strerror or str(error)).lower()}")
    end_on_signals()
    sys.exit(code if isinstance(code, int) else 0)


def _forget_output() -> None:
    """Let what was not written go, whose reader has gone or whose disk is full, or Python complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> int:
    _tell(message)
    return USAGE_ERROR


def _tell(message: str) -> None:
    """Print a line to standard error: for people, and nothing in it for a terminal or a runner to obey."""
    with suppress(OSError):  # there is nobody left to tell
        print(f"natsscan: {visible(' '.join(message.split()))}", file=sys.stderr)  # noqa: T201
