"""Where the command begins. What asks for its version alone, as scripts do, waits for nothing else to be imported."""

import sys

from natsscan import __version__


def main() -> None:
    """Run the command line and exit."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"natsscan {__version__}\n")
        return
    from natsscan.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
