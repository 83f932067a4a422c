"""A program on the amqp API that does what it is told, on RabbitMQ or on NATS."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

SECONDS = 60  # nothing takes nearly as long


@dataclass
class Puppet:
    """The program while it runs. What it tells of its own accord is kept until somebody waits for it."""

    process: subprocess.Popen[str]
    told: list[tuple[str, Any]] = field(default_factory=list)
    _lines: Queue[str | None] = field(default_factory=Queue)
    _reader: Thread = field(init=False)

    def __post_init__(self) -> None:
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def do(self, what: str, **fields: Any) -> Any:
        """Have something done and return the result; what fails returns why, in the words of the API's types."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **fields}) + "\n")
        self.process.stdin.flush()
        return self._wait(lambda name, _: name in ("done", "failed"), SECONDS)[1]

    def event(self, name: str, seconds: float = SECONDS, **wanted: Any) -> Any:
        """Return the next thing that is told under this name, None if it does not come in time."""

        def fits(told: str, value: Any) -> bool:
            return told == name and all(value.get(key) == each for key, each in wanted.items())

        for at, (told, value) in enumerate(self.told):
            if fits(told, value):
                return self.told.pop(at)[1]
        found = self._wait(fits, seconds)
        return found[1]

    def bodies(self, count: int, label: str, seconds: float = SECONDS) -> list[str]:
        """Return the bodies of so many deliveries of a consumer, fewer if they do not come in time."""
        found = [self.event("delivered", seconds, label=label) for _ in range(count)]
        return [each["body"] for each in found if each is not None]

    def _wait(self, fits: Callable[[str, Any], bool], seconds: float) -> tuple[str, Any]:
        ends = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, ends - time.monotonic()))
            except Empty:
                if seconds == SECONDS:
                    raise AssertionError(f"nothing comes; it told {self.told[-5:]}") from None
                return "", None
            if line is None:
                assert self.process.stderr is not None
                raise AssertionError(f"it has ended: {self.process.stderr.read()}")
            said = json.loads(line)
            if fits(said["name"], said["value"]):
                return said["name"], said["value"]
            self.told.append((said["name"], said["value"]))

    def kill(self) -> None:
        """End the program at once, as a machine that fails does; it may have ended already."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()


@dataclass
class Broker:
    """Where puppets connect to, the program that does so, and what they called things: every test has names of its own."""

    program: Path
    host: str
    port: int
    prefix: str
    puppets: list[Puppet] = field(default_factory=list)

    def start(self) -> Puppet:
        """Start a puppet with one channel open."""
        process = subprocess.Popen(
            [self.program, self.host, str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        puppet = Puppet(process)
        self.puppets.append(puppet)
        puppet.event("connected")
        puppet.do("open")
        return puppet

    def name(self, word: str) -> str:
        return f"{self.prefix}.{word}"

    def stop(self) -> None:
        for puppet in self.puppets:
            puppet.kill()
