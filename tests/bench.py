"""Compare natsscan with ast-grep and ripgrep on a tree, and with itself on trees that grow: tables of ratios.

    python -m tests.bench TREE [ROUNDS]

Every round runs all commands once, so that a machine that slows down slows all of them down. ast-grep scans with a
single rule, the imports of the AMQP modules; ripgrep counts the literals that decide what natsscan parses. `first` scans
as if there had been no scan before, `again` once more what was just scanned. Memory is the most that all processes of a
command had together, shared pages counted once; it is watched in runs of its own (Linux only).
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from natsscan.catalog.catalog import load_catalog
from tests.growth import make_tree

ROUNDS = 7
SIZES = (1, 10, 50)
# Else Python compiles all of natsscan anew in each run, as nobody's does who has installed it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_PAUSE = 0.005
# The largest tree takes long, and the figures of a growing tree vary little.
_GROWTH_ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """The wall times of a command's runs in seconds, and its peak memory in megabytes; 0 where that is not known."""

    times: list[float]
    memory: float


def main(arguments: list[str]) -> int:
    if not arguments or not Path(arguments[0]).is_dir():
        print(
            "usage: python -m tests.bench TREE [ROUNDS]; TREE is a checkout to scan (make bench CORPUS=path/to/wire-server)"
        )
        return 2
    rounds = max(5, int(arguments[1])) if len(arguments) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        ENVIRONMENT["XDG_CACHE_HOME"] = folder
        compare(Path(arguments[0]), rounds, Path(folder))
        print()
        grow(_GROWTH_ROUNDS, Path(folder))
    return 0


def compare(tree: Path, rounds: int, folder: Path) -> None:
    """Print how long natsscan takes on a tree, relative to ast-grep with one rule."""
    literals = [literal.decode() for literal in load_catalog().literals]
    rule = folder / "rule.yml"
    pattern = "|".join(literal.replace(".", r"\.") for literal in literals)
    rule.write_text(f"id: amqp-import\nlanguage: haskell\nrule: {{kind: import, regex: '{pattern}'}}\n")
    commands = {
        "natsscan, first": [tool("natsscan"), ".", "--no-cache"],
        "natsscan, again": [tool("natsscan"), "."],
        "ast-grep, one rule": [tool("ast-grep"), "scan", "-r", str(rule), "."],
    }
    if ripgrep := shutil.which("rg"):
        commands["ripgrep"] = [ripgrep, "-c", *(part for literal in literals for part in ("-e", literal)), "."]
    else:
        print("ripgrep is not installed: its row is left out")
    measured = measure({name: (command, tree) for name, command in commands.items()}, rounds)
    print(f"{rounds} interleaved rounds, wall time relative to ast-grep with one rule\n")
    print(f"{'':<20}{'ratio':>8}{'least':>8}{'most':>8}{'memory':>10}")
    for name, each in measured.items():
        ratios = sorted(
            mine / other for mine, other in zip(each.times, measured["ast-grep, one rule"].times, strict=True)
        )
        figures = f"{statistics.median(ratios):>8.2f}{ratios[0]:>8.2f}{ratios[-1]:>8.2f}"
        print(f"{name:<20}{figures}{shown(each.memory):>10}")


def grow(rounds: int, folder: Path) -> None:
    """Print how time and memory of a first scan grow with the tree; of times, what an empty tree takes is taken off."""
    trees = {size: make_tree(folder / f"tree-{size}", size) for size in SIZES}
    (folder / "nothing" / ".git").mkdir(parents=True)
    scan = [tool("natsscan"), ".", "--no-cache"]
    commands = {str(size): (scan, tree) for size, tree in trees.items()} | {"nothing": (scan, folder / "nothing")}
    measured = measure(commands, rounds)
    start = statistics.median(measured["nothing"].times)
    first = statistics.median(measured[str(SIZES[0])].times) - start
    print(
        f"{rounds} interleaved rounds on trees made of wire-mini, relative to one of it, without what starting takes\n"
    )
    print(f"{'':<20}{'files':>8}{'time':>8}{'per size':>10}{'memory':>10}")
    for size, tree in trees.items():
        each, files = measured[str(size)], sum(1 for path in tree.rglob("*") if path.is_file())
        ratio = (statistics.median(each.times) - start) / first
        print(f"{f'{size} x wire-mini':<20}{files:>8,}{ratio:>8.1f}{ratio / size:>10.2f}{shown(each.memory):>10}")


def shown(memory: float) -> str:
    return f"{memory:,.0f} MB" if memory else "?"


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        sys.exit(f"{name} is not installed")
    return found


def measure(commands: dict[str, tuple[list[str], Path]], rounds: int) -> dict[str, Measured]:
    """Return what each command takes in its folder; a first round, not timed, warms the disk and shows the memory."""
    for name, (command, tree) in commands.items():
        run(name, command, tree)
    memory = {name: run(name, command, tree, watched=True)[1] for name, (command, tree) in commands.items()}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (command, tree) in commands.items():
            times[name].append(run(name, command, tree)[0])
    return {name: Measured(times[name], memory[name]) for name in commands}


def run(name: str, command: list[str], tree: Path, *, watched: bool = False) -> tuple[float, float]:
    """Run a command and return how long it took and, if it is watched, the most memory it had."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        most = 0.0
        while watched and process.poll() is None:
            most = max(most, sum(map(memory_of, family(process.pid))))
            time.sleep(_PAUSE)
        _, told = process.communicate()
    taken = time.perf_counter() - start
    if process.returncode not in (0, 1):
        sys.exit(f"{name} failed: {told.decode(errors='replace').strip()}")
    return taken, most / 1e6


def family(process: int) -> list[int]:
    """Return a process and its children, and theirs."""
    found = [process]
    with suppress(OSError, ValueError):
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            found += family(int(child))
    return found


def memory_of(process: int) -> float:
    """Return the memory of a process in bytes, of what it shares its part; 0 if that cannot be told."""
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024.0
    return 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
