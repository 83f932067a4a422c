"""Damage to a copy of a whole project, round by round, and what each command makes of it.

    python tests/soak.py [ROUNDS] [SEED]

No command may end with a traceback or an exit code that is not documented, a second run says the same, and a file that
cannot be read as it should is named in the report. `verify` is held to what it says: no message goes another way.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import jsonschema
import yaml

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from natsscan.catalog.catalog import load_catalog
from natsscan.model.source import FileKind
from natsscan.reports.json import schema
from natsscan.source.kinds import Kinds
from natsscan.source.read import text_problem
from tests.conftest import WIRE_MINI, Run, run_command
from tests.fuzz.mutations import mutated

STAGES = ("prepare", "dual-publish", "switch-consumers", "cut-over", "clean-up")
_PLAIN_YAML = frozenset({FileKind.YAML, FileKind.COMPOSE, FileKind.HELM_VALUES})
# What ends a line in YAML 1.1, which PyYAML reads, and not in 1.2.
_ENDS = dict.fromkeys((0x85, 0x2028, 0x2029), " ")
Command = Callable[..., Run]


class UnexpectedError(AssertionError):
    """What a command did that it never should."""


def run_round(seed: int, number: int, *, on_servers: bool = False) -> None:
    """Damage a copy of the project and run the commands on it, `on_servers` what needs NATS servers, too.

    Raises UnexpectedError, with how to see it again.
    """
    random = Random(f"{seed}/{number}")
    with TemporaryDirectory(prefix="soak-") as folder:
        root = Path(folder, "project")
        shutil.copytree(WIRE_MINI, root)
        (root / "natsscan.toml").touch()
        damaged = damage(random, root)
        command = _command(root, f"round {number} of seed {seed}, {', '.join(damaged) or 'nothing'} damaged")
        report = _scan(command)
        named = {problem["path"] for problem in report["coverage"]["problems"]}
        missing = sorted(set(_unreadable(root, damaged)) - named)
        _demand(not missing, f"not named in the report: {', '.join(missing)} (seed {seed}, round {number})")
        command("map", ".", "-o", f"{folder}/out", codes=(0, 2))
        if number % 3 == 0:
            subjects = Path(folder, "out", "subjects.yaml")
            if subjects.exists():
                subjects.write_bytes(mutated(random, subjects.read_bytes(), [b"a: 1\n"]))
                command("map", ".", "-o", f"{folder}/out", codes=(0, 2))
        if on_servers:
            command("verify", ".", codes=(0, 2))
        route = random.choice(([], [], ["--route", "compat"], ["--route", "native"]))
        json.loads(command("patch", ".", *route, "--format", "json", codes=(0, 2)).out or "null")
        command("patch", ".", *route, "--stage", random.choice(STAGES), "--unsafe", "--write", codes=(0, 2))
        command(".", codes=(0,))


def damage(random: Random, root: Path) -> list[str]:
    """Damage some files below a folder, or delete them, and return their paths."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.name != "natsscan.toml")
    contents = [path.read_bytes() for path in paths]
    chosen = random.sample(range(len(paths)), random.choice((1, 3, 10, 40)))
    for at in chosen:
        if random.random() < 0.1:
            paths[at].unlink()
        else:
            paths[at].write_bytes(mutated(random, contents[at], contents))
    return sorted(paths[at].relative_to(root).as_posix() for at in chosen)


def _scan(command: Command) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Return the report, which is the same twice and as the schema has it."""
    first = command(".", "--format", "json", codes=(0,)).out
    for again in ((), ("--no-cache",)):
        _demand(command(".", "--format", "json", *again, codes=(0,)).out == first, "two scans say different things")
    report: dict[str, dict[str, list[dict[str, str]]]] = json.loads(first)
    jsonschema.validate(report, json.loads(schema()))
    return report


def _unreadable(root: Path, damaged: list[str]) -> Iterator[str]:
    """Yield which damaged files are no text, or are about the broker and no YAML."""
    kinds = Kinds(path.relative_to(root).as_posix() for path in root.rglob("*"))
    broker = load_catalog().broker
    for path in damaged:
        kind = kinds.of(path)
        if kind is None or not (root / path).exists():
            continue
        data = (root / path).read_bytes()
        is_plain = kind in _PLAIN_YAML and b"{{" not in data and broker.name.search(data.decode("latin-1"))
        if text_problem(path, data, kind) is not None or (is_plain and not _is_yaml(data)):
            yield path


def _is_yaml(data: bytes) -> bool:
    try:
        for _ in yaml.parse(data.decode().translate(_ENDS), yaml.CSafeLoader):
            pass
    except yaml.YAMLError:
        return False
    return True


def _command(root: Path, situation: str) -> Command:
    def run(*arguments: str, codes: tuple[int, ...]) -> Run:
        done = run_command(*arguments, cwd=root)
        what = f"natsscan {' '.join(arguments)} ({situation}): exit code {done.code}\n{done.err}"
        _demand(done.code in codes and "Traceback" not in done.err, what)
        _demand(done.code == 0 or (done.err.startswith("natsscan: ") and done.err.count("\n") == 1), what)
        return done

    return run


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UnexpectedError(otherwise)


def main() -> None:
    """Run rounds, tell those that went wrong, and exit with 1 if any did."""
    given = [int(value) for value in sys.argv[1:3]]
    rounds, seed = (*given, *(200, 0)[len(given) :])
    wrong = 0
    for number in range(rounds):
        try:
            run_round(seed, number, on_servers=True)
        except UnexpectedError as error:
            wrong += 1
            print(error, flush=True)
    print(f"{rounds} rounds of seed {seed}, {wrong} of them went wrong")
    raise SystemExit(wrong > 0)


if __name__ == "__main__":
    main()
