"""Where the command begins. What asks for its version alone, as scripts do, waits for nothing else to be imported."""

import os
import signal
import sys

from natsscan import __version__


def main() -> None:
    """Run the command line and exit."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # who started it has closed it
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"natsscan {__version__}\n")
        return
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to clean up; no traceback meanwhile
    from natsscan.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
