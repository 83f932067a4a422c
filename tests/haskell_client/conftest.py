from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest

from natsscan.generate.haskell import PACKAGES
from tests.conftest import run_command
from tests.nats.conftest import free_ports, missing

PROGRAM = Path(__file__).with_name("program")
FLAGS = (
    "-v0", "-Wall", "-Werror", "-Wcompat", "-Wincomplete-uni-patterns", "-Wincomplete-record-updates",
    "-Wpartial-fields", "-Wredundant-constraints", "-Wmissing-deriving-strategies", "-hide-all-packages",
)  # fmt: skip
SECONDS = 60  # no scenario takes nearly as long


@dataclass(frozen=True)
class Haskell:
    """A compiler, and where the generated modules are."""

    compiler: str
    source: Path

    def compile(self, output: Path, *arguments: str | Path, packages: tuple[str, ...] = ()) -> str:
        """Return what the compiler says; nothing is well."""
        names = [word for name in ("base", *PACKAGES, *packages) for word in ("-package", name)]
        command = [self.compiler, *FLAGS, *names, f"-i{self.source}", "-outputdir", output, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit code {done.returncode}")


@pytest.fixture(scope="session")
def haskell(tmp_path_factory: pytest.TempPathFactory) -> Haskell:
    compiler = shutil.which("ghc")
    if compiler is None:
        missing("no ghc; apt-get install ghc")
    packages = shutil.which("ghc-pkg")
    assert packages is not None
    listed = subprocess.run([packages, "list", "--simple-output"], capture_output=True, text=True, check=True).stdout
    absent = {*PACKAGES, "QuickCheck"} - {name.rpartition("-")[0] for name in listed.split()}
    if absent:
        missing(f"ghc lacks {', '.join(sorted(absent))}; .ci/run has what Debian calls them")
    source = tmp_path_factory.mktemp("client") / "src"
    run = run_command("generate", "haskell-client", "-o", source, cwd=source.parent)
    assert run.code == 0, run.err
    return Haskell(compiler, source)


@pytest.fixture(scope="session")
def scenarios(haskell: Haskell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenarios in `program/`, compiled with the client; once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "haskell-client"
    folder.mkdir(exist_ok=True)
    program = folder / "scenarios"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            said = haskell.compile(
                folder / "objects", f"-i{PROGRAM}", "-O1", "-threaded", "-o", program, PROGRAM / "Main.hs",
                packages=("QuickCheck", "directory", "unix"),
            )  # fmt: skip
            assert said == ""
    return program


@dataclass
class Scenario:
    """A scenario that runs, and what it has said so far."""

    process: subprocess.Popen[str]
    said: list[tuple[str, Any]] = field(default_factory=list)
    _lines: Queue[str | None] = field(default_factory=Queue)

    def __post_init__(self) -> None:
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def tell(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def wait_for(self, name: str, containing: str = "") -> Any:
        """Return what is said next under this name."""
        ends = time.monotonic() + SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, ends - time.monotonic()))
            except Empty:
                raise AssertionError(f"{name} is not said; only {self.said}") from None
            if line is None:
                raise AssertionError(f"{name} is not said; only {self.said}, {self._errors()}")
            said = json.loads(line)
            self.said.append((said["name"], said["value"]))
            if said["name"] == name and containing in str(said["value"]):
                return said["value"]

    def result(self) -> dict[str, Any]:
        """Wait for the end, and return what was said; events are a list."""
        ends = time.monotonic() + SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, ends - time.monotonic()))
            except Empty:
                raise AssertionError(f"it does not end; it said {self.said}") from None
            if line is None:
                break
            said = json.loads(line)
            self.said.append((said["name"], said["value"]))
        assert self.process.wait(10) == 0, self._errors()
        return {**dict(self.said), "event": self.events}

    @property
    def events(self) -> list[str]:
        return [value for name, value in self.said if name == "event"]

    def _errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()


Start = Callable[..., Scenario]


@pytest.fixture
def start(scenarios: Path) -> Iterator[Start]:
    """Start a scenario by its name with settings; it is stopped at the end in any case."""
    running: list[subprocess.Popen[str]] = []

    def begin(name: str, servers: str, /, environment: dict[str, str] | None = None, **settings: object) -> Scenario:
        process = subprocess.Popen(
            [scenarios, name, json.dumps({"servers": servers, **settings}), "+RTS", "-N2"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment or {},
        )  # fmt: skip
        running.append(process)
        return Scenario(process)

    yield begin
    for process in running:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


class Server:
    """A nats-server that can be stopped and started again, with the same port and data."""

    def __init__(self, folder: Path, config: str, port: int, program: Path) -> None:
        self.folder = folder
        self.port = port or free_ports(1)[0]
        self.config = config
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "nats.conf"
        file.write_text(f'listen: "127.0.0.1:{self.port}"\n{self.config}\n')
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            command = [self.program, "-c", file, "--ports_file_dir", self.folder]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        ends = time.monotonic() + 15
        while not list(self.folder.glob(f"*_{self.process.pid}.ports")):  # written when it takes clients
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < ends, "nats-server does not start"
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


@contextmanager
def serving(folder: Path, config: str, port: int = 0, program: Path | None = None) -> Iterator[Server]:
    server = Server(folder, config, port, program or Path(sys.executable).with_name("nats-server"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def jetstream(folder: Path) -> str:
    return f'jetstream {{ store_dir: "{folder}/data" }}'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One with JetStream, and nothing else in it."""
    with serving(tmp_path / "server", jetstream(tmp_path)) as found:
        yield found
