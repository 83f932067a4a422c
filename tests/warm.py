"""Runs of the command that need not load Python and all of natsscan anew.

A helper process has loaded both, and the rules that come with natsscan, and forks for each run. A run still is a process
of its own, with its own folder, environment, output and exit code, and reads all else as the installed command does.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryFile


class Warm:
    """The helpers of this test process, started when they are needed.

    Two take turns. Sets have another order in each, so a test that compares two runs is told if one depends on that.
    """

    def __init__(self) -> None:
        self._turns = cycle([_Helper(), _Helper()])

    def run(self, command: Path, arguments: list[str], cwd: Path, env: dict[str, str]) -> tuple[int, str, str]:
        """Run the command, and return its exit code, its output and its error output."""
        wanted = {"arguments": [str(command), *arguments], "cwd": str(cwd), "env": env}
        return next(self._turns).run(json.dumps(wanted).encode())


class _Helper:
    """A process that forks."""

    @cached_property
    def _connection(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            # -P: modules are not looked for in this folder.
            program = [sys.executable, "-P", __file__, str(theirs.fileno())]
            helper = subprocess.Popen(program, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        atexit.register(helper.wait)
        atexit.register(ours.close)  # which ends it
        return ours

    def run(self, wanted: bytes) -> tuple[int, str, str]:
        with Path(os.devnull).open() as nothing, TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            # Files go with the first byte, the rest is a line.
            socket.send_fds(self._connection, [b">"], [nothing.fileno(), out.fileno(), err.fileno()])
            self._connection.sendall(wanted + b"\n")
            code = int(_line(self._connection))
            out.seek(0)
            err.seek(0)
            return code, out.read(), err.read()


def _line(connection: socket.socket) -> bytes:
    parts = [b""]
    while not parts[-1].endswith(b"\n"):
        parts.append(connection.recv(1 << 16))
        if not parts[-1]:
            raise EOFError("the process at the other end has gone")
    return b"".join(parts)


def _load() -> None:
    """Import all of natsscan, and read its rules. What is broken is met again by the runs that need it.

    Helm's renderer is not imported by that, and may not be: it starts threads, which no fork has.
    """
    import natsscan
    from natsscan.catalog.catalog import load_catalog

    for module in pkgutil.walk_packages(natsscan.__path__, "natsscan."):
        if not module.name.endswith("__main__"):
            with suppress(Exception):
                import_module(module.name)
    with suppress(Exception):
        load_catalog()


def _serve(connection: socket.socket) -> None:
    """Fork for each run that is asked for. Returns in the new processes only."""
    while True:
        start, files, _, _ = socket.recv_fds(connection, 1, 3)
        if not start:
            sys.exit()
        wanted = json.loads(_line(connection))
        child = os.fork()
        if child == 0:
            connection.close()
            for number, file in enumerate(files):
                os.dup2(file, number)
                os.close(file)
            os.chdir(wanted["cwd"])
            os.environ.clear()
            os.environ.update(wanted["env"])
            sys.argv[:] = wanted["arguments"]
            return
        for file in files:
            os.close(file)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        connection.sendall(f"{code}\n".encode())


def _run() -> None:
    """Be the command. Python's own end is cut short: taking apart what was loaded takes longer than most runs."""
    from natsscan.cli.main import main

    try:
        main()
    except SystemExit as end:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)


if __name__ == "__main__":
    _load()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    _run()
