"""Compare a cold scan with ast-grep and ripgrep: one table of ratios from interleaved runs.

    python tests/bench.py TREE [ROUNDS]

Every round runs all of them once, so that a machine that slows down slows all of them down. ast-grep scans with a
single rule, the imports of the AMQP modules; ripgrep counts the literals that decide what natsscan parses.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from natsscan.catalog.catalog import load_catalog

ROUNDS = 7


def main(arguments: list[str]) -> int:
    if not arguments or not Path(arguments[0]).is_dir():
        print("usage: bench.py TREE [ROUNDS]; TREE is a checkout to scan (make bench CORPUS=path/to/wire-server)")
        return 2
    rounds = max(5, int(arguments[1])) if len(arguments) > 1 else ROUNDS
    literals = [literal.decode() for literal in load_catalog().literals]
    with tempfile.TemporaryDirectory() as folder:
        rule = Path(folder) / "rule.yml"
        pattern = "|".join(literal.replace(".", r"\.") for literal in literals)
        rule.write_text(f"id: amqp-import\nlanguage: haskell\nrule: {{kind: import, regex: '{pattern}'}}\n")
        commands = {
            "natsscan": [tool("natsscan"), ".", "--format", "json"],
            "ast-grep": [tool("ast-grep"), "scan", "-r", str(rule), "."],
        }
        if ripgrep := shutil.which("rg"):
            commands["ripgrep"] = [ripgrep, "-c", *(part for literal in literals for part in ("-e", literal)), "."]
        else:
            print("ripgrep is not installed: its row is left out")
        times = measure(commands, Path(arguments[0]), rounds)
    print(f"{rounds} interleaved rounds, wall time relative to ast-grep with one rule\n")
    print(f"{'':<10}{'ratio':>8}{'least':>8}{'most':>8}")
    for name, measured in times.items():
        ratios = sorted(mine / other for mine, other in zip(measured, times["ast-grep"], strict=True))
        print(f"{name:<10}{statistics.median(ratios):>8.2f}{ratios[0]:>8.2f}{ratios[-1]:>8.2f}")
    return 0


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        sys.exit(f"{name} is not installed")
    return found


def measure(commands: dict[str, list[str]], tree: Path, rounds: int) -> dict[str, list[float]]:
    """Return the wall times in seconds of each command's runs; a first round, not counted, warms the disk."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            done = subprocess.run(command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            if done.returncode not in (0, 1):
                sys.exit(f"{name} failed: {done.stderr.decode(errors='replace').strip()}")
            if number:
                times[name].append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
