from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import run_command
from tests.haskell_client.conftest import jetstream, serving
from tests.haskell_flow.puppet import Broker
from tests.haskell_flow.services import Programs
from tests.nats.conftest import missing, rabbitmq_url  # noqa: F401  # a fixture

HERE = Path(__file__).parent
# What the client and the layer need beside what wire-mini needs.
PACKAGES = (
    "async", "attoparsec", "binary", "cryptonite", "memory", "time", "tls", "x509", "x509-store", "x509-system", "x509-validation",
)  # fmt: skip
FLAGS = ("-v0", "-j1", "-O0", "-threaded", "-Wall", "-Werror")
STAGES = ("prepare", "cut-over", "clean-up")
CABAL = """cabal-version: 2.4
name:          puppet
version:       1.0.0
build-type:    Simple

executable puppet
  main-is:        Main.hs
  hs-source-dirs: src
  build-depends:
    , aeson
    , amqp
    , base
"""


@pytest.fixture(scope="session")
def ghc() -> str:
    found = shutil.which("ghc")
    if found is None:
        missing("no ghc; apt-get install ghc")
    return found


def haskell(name: str, to: Path) -> Path:
    """Copy the Haskell sources of a folder here, and return where to.

    They are not called `.hs` here: a scan of a part of this repository would take them for programs of it.
    """
    for source in sorted((HERE / name).rglob("*.hs.txt")):
        target = to / source.relative_to(HERE / name).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return to


@contextmanager
def once(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that all workers of a test run share; only one is in it at a time."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def compile_program(ghc: str, main: Path, output: Path, *flags: str | Path) -> Path:
    """Compile a program and return it; a warning is a failure."""
    output.mkdir(parents=True, exist_ok=True)
    command = [ghc, *FLAGS, *flags, "-outputdir", output / "objects", "-o", output / "program", main]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return output / "program"


def move(tree: Path, stage: str) -> None:
    """Apply all that natsscan offers of a stage of the compatibility route."""
    run = run_command("patch", tree, "--route", "compat", "--stage", stage, "--unsafe", "--write", cwd=tree.parent)
    assert run.code == 0, run.err


@pytest.fixture(scope="session")
def puppets(ghc: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A program on the API of amqp: as it is, and as natsscan moves it to NATS."""
    with once(tmp_path_factory, "puppets") as folder:
        programs = {"rabbitmq": folder / "before" / "program", "nats": folder / "after" / "program"}
        if not programs["nats"].exists():
            tree, amqp = folder / "tree", haskell("amqp", folder / "amqp")
            main = haskell("program", tree / "src") / "Main.hs"
            assert compile_program(ghc, main, folder / "before", f"-i{amqp}") == programs["rabbitmq"]
            (tree / "puppet.cabal").write_text(CABAL)
            (tree / "cabal.project").write_text("packages:\n  ./\n")
            for stage in STAGES:
                move(tree, stage)
            compile_program(ghc, main, folder / "after", f"-i{tree / 'nats-amqp' / 'src'}")
    return programs


@pytest.fixture(scope="session")
def brokers(
    puppets: dict[str, Path],
    rabbitmq_url: str,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, tuple[Path, int]]]:
    """RabbitMQ and NATS, by name: the program for it, and its port on this machine."""
    folder = tmp_path_factory.mktemp("nats")
    with serving(folder, jetstream(folder)) as nats:
        ports = {"rabbitmq": urlsplit(rabbitmq_url).port or 0, "nats": nats.port}
        yield {name: (program, ports[name]) for name, program in puppets.items()}


@pytest.fixture
def broker(brokers: dict[str, tuple[Path, int]], request: pytest.FixtureRequest) -> Iterator[Broker]:
    """NATS, for what only it does."""
    program, port = brokers["nats"]
    broker = Broker(program, "127.0.0.1", port, request.node.name)
    yield broker
    broker.stop()


def wire_mini_flags(tree: Path) -> list[str]:
    """Return the flags with which all of wire-mini compiles, those of its own script."""
    script = (tree / "compile.sh").read_text()
    listed = script.partition("extensions=(")[2].partition(")")[0].split()
    packages = [
        word
        for line in script.splitlines()
        if line.startswith("packages")
        for word in line.split("(")[1].rstrip(")").split()
    ]
    folders = sorted(path for path in tree.rglob("*") if path.name in ("src", "test") or path.match("test/unit"))
    return [
        "-XHaskell2010", "-hide-all-packages", *(f"-X{each}" for each in listed),
        *(word for each in (*packages, *PACKAGES) for word in ("-package", each)), *(f"-i{each}" for each in folders),
    ]  # fmt: skip


def build_services(ghc: str, tree: Path, output: Path, objects: Path, *flags: str | Path) -> Programs:
    """Compile executables of wire-mini, and the one that runs parts of its services.

    What is in `objects` already serves: GHC compiles anew what has changed since.
    """
    mains = {
        "flow": tree / "integration" / "app" / "Main.hs",
        "gundeck": tree / "services" / "gundeck" / "app" / "Main.hs",
        "worker": tree / "services" / "background-worker" / "app" / "Main.hs",
    }
    made = {}
    output.mkdir()
    for name, main in mains.items():
        (objects / "Main.o").unlink(missing_ok=True)  # each has a Main of its own
        done = subprocess.run(
            [ghc, *FLAGS, *wire_mini_flags(tree), *flags, "-outputdir", objects, "-o", output / name, main],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        made[name] = output / name
    return Programs(**made)
