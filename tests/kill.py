"""Ends `natsscan patch --write` at random moments, and holds what is on disk against the run that nobody ended.

    python tests/kill.py [ROUNDS]

Ended by SIGKILL, each file is wholly as it was or wholly as it should be, and the next run does what is left and
removes what the killed one left over. Ended by SIGINT or SIGTERM, nothing is left over, all files are as they were or
all as they should be, and the message says which.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from natsscan.source.leftovers import NEW, OLD, is_leftover

WIRE_MINI = Path(__file__).parents[1] / "fixtures" / "wire-mini"
COMMAND = (str(Path(sys.executable).with_name("natsscan")), "patch", ".", "--write", "--unsafe", "--stage", "prepare")
_COPIES = 4
_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
Files = dict[str, tuple[bytes, int]]


@dataclass(frozen=True)
class Subject:
    """A tree, what an undisturbed run makes of it, and how many seconds such a run takes."""

    before: Path
    old: Files
    new: Files
    seconds: float

    @property
    def changed(self) -> list[str]:
        return sorted(path for path in self.old.keys() | self.new.keys() if self.old.get(path) != self.new.get(path))


def subject(tree: Path, folder: Path) -> Subject:
    """Run the command undisturbed on a copy of a tree."""
    after = folder / "after"
    shutil.copytree(tree, after)
    began = time.monotonic()
    subprocess.run(COMMAND, cwd=after, check=True, capture_output=True)
    seconds = time.monotonic() - began
    found = Subject(tree, files_in(tree), files_in(after), seconds)
    shutil.rmtree(after)
    return found


def files_in(tree: Path) -> Files:
    return {
        path.relative_to(tree).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in tree.rglob("*")
        if path.is_file()
    }


def end_once(of: Subject, folder: Path, number: signal.Signals, chance: random.Random, *, writing: bool) -> str:
    """End one run on a copy of the tree and check what there is afterwards; return what became of the run.

    The moment is one while files are being written, or any moment of the run.
    """
    tree = folder / "tree"
    shutil.copytree(of.before, tree)
    # Where this runs in the background, a shell has had it ignore SIGINT.
    running = subprocess.Popen(
        COMMAND, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    if writing:
        _wait_for_writing(running, tree, of, chance.choice((NEW, OLD)))
        time.sleep(chance.uniform(0, 0.02))
    else:
        time.sleep(chance.uniform(0, of.seconds))
    running.send_signal(number)
    _, err = running.communicate(timeout=120)
    found = files_in(tree)
    there = {path: each for path, each in found.items() if not is_leftover(path.rpartition("/")[2])}
    for path in there.keys() | of.old.keys() | of.new.keys():
        assert there.get(path) in (of.old.get(path), of.new.get(path)), f"{path} is neither old nor new"
    became = "nothing" if there == of.old else "all" if there == of.new else "a part"
    if number in _CODES and running.returncode == -number:  # before or after there was anything to clean up
        assert not err
    elif number in _CODES:
        assert running.returncode in (0, _CODES[number]), err
        assert "Traceback" not in err
    if number in _CODES:
        assert there == found, f"left over: {found.keys() - there.keys()}"
        assert became != "a part"
        if running.returncode == _CODES[number]:
            assert ("nothing was written" in err) == (became == "nothing"), err
            assert err.count("natsscan: ") == 1
    again = subprocess.run(COMMAND, cwd=tree, check=True, capture_output=True, text=True)
    finished = files_in(tree)
    different = sorted(path for path in finished.keys() | of.new.keys() if finished.get(path) != of.new.get(path))
    assert not different, f"{became} was written, and the next run left {different} otherwise: {again.stdout}"
    left = " and leftovers" if there != found else ""
    shutil.rmtree(tree)
    return f"{became} written{left}"


def _wait_for_writing(running: subprocess.Popen[str], tree: Path, of: Subject, sign: str) -> None:
    """Wait until new content stands beside a file (NEW), or the first file has been replaced (OLD)."""
    folders = {(tree / path).parent for path in of.changed}
    while running.poll() is None:
        for folder in folders:
            if folder.is_dir() and any(path.name.endswith(sign) for path in folder.iterdir()):
                return


def _many(folder: Path) -> Path:
    """Return a tree of several copies of the fixture, whose parts go by names of their own."""
    tree = folder / "before"
    for number in range(_COPIES):
        for path in _regular(WIRE_MINI):
            target = tree / f"part{number}" / path.relative_to(WIRE_MINI)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    (tree / "natsscan.toml").write_text("")
    return tree


def _regular(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def main(rounds: int) -> None:
    """End `rounds` runs by each signal, half of them while they write."""
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        of = subject(_many(folder), folder)
        print(f"{len(of.old):,} files, of which {len(of.changed)} change; a run takes {of.seconds:.1f} s")
        for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
            became = Counter(end_once(of, folder, number, chance, writing=at % 2 == 0) for at in range(rounds))
            print(f"{number.name}: {', '.join(f'{count} times {what}' for what, count in sorted(became.items()))}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
