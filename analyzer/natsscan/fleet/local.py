"""Repositories scanned on this machine, by processes that each scan one at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType

import msgspec

from natsscan.fleet.engine import ATTEMPTS, TICK, Done, Work
from natsscan.fleet.share import join_all, unpack
from natsscan.fleet.task import Result
from natsscan.model.errors import InputError
from natsscan.model.fleet import Failed, Repository, Share


@dataclass(frozen=True, slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection

    def end(self) -> None:
        """End the process, whatever it is at."""
        self.process.kill()
        self.process.join()
        self.connection.close()


@dataclass(frozen=True, slots=True)
class _Job:
    worker: _Worker
    repository: Repository
    attempt: int


class LocalEngine:
    """Scans up to `workers` repositories at once.

    A process that dies, for lack of memory perhaps, takes no other along, and another one takes its place.
    """

    def __init__(self, work: Work, workers: int) -> None:
        self._work = work
        self._workers = workers
        self._idle: list[_Worker] = []
        self._jobs: dict[Connection, _Job] = {}
        # A forked process has the rules already; elsewhere it loads them.
        can_fork = "fork" in multiprocessing.get_all_start_methods()
        self._processes = multiprocessing.get_context("fork") if can_fork else multiprocessing.get_context("spawn")

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in (*self._idle, *(job.worker for job in self._jobs.values())):
            worker.end()

    def scan(self, repositories: Iterable[Repository]) -> Iterator[Done | Failed | None]:
        """Yield what comes of each repository."""
        waiting = deque((repository, 1) for repository in repositories)
        while waiting or self._jobs:
            while waiting and len(self._jobs) < self._workers:
                self._start(*waiting.popleft())
            finished = wait(list(self._jobs), TICK)
            if not finished:
                yield None
            for ready in finished:
                assert isinstance(ready, Connection)
                job = self._jobs.pop(ready)
                came = self._came(job)
                if isinstance(came, Failed) and came.attempts < ATTEMPTS:
                    waiting.append((job.repository, job.attempt + 1))
                else:
                    yield came

    def running(self) -> tuple[Repository, ...]:
        """Return the repositories in work."""
        return tuple(job.repository for job in self._jobs.values())

    def join(self, shares: Iterable[bytes]) -> Share:
        """Return packed shares as one."""
        return join_all(map(unpack, shares))

    def _start(self, repository: Repository, attempt: int) -> None:
        worker = self._idle.pop() if self._idle else self._hire()
        with suppress(BrokenPipeError):  # it has died, which is found when its answer is waited for
            worker.connection.send_bytes(msgspec.msgpack.encode(repository))
        self._jobs[worker.connection] = _Job(worker, repository, attempt)

    def _hire(self) -> _Worker:
        here, there = self._processes.Pipe()
        process = self._processes.Process(target=_serve, args=(self._work, there), daemon=True)
        process.start()
        there.close()
        return _Worker(process, here)

    def _came(self, job: _Job) -> Done | Failed:
        repository, worker = job.repository, job.worker
        try:
            came = msgspec.msgpack.decode(worker.connection.recv_bytes(), type=Result | str)
        except (EOFError, ConnectionResetError):
            worker.process.join()
            code = worker.process.exitcode or 0
            worker.end()
            died = f"its process was ended by signal {-code}" if code < 0 else f"its process ended with {code}"
            return Failed(repository, died, job.attempt)
        self._idle.append(worker)
        return Done(repository, came) if isinstance(came, Result) else Failed(repository, came, job.attempt)


def _serve(work: Work, connection: Connection) -> None:
    """Scan one repository after the other, and send what comes of each: a result, or why there is none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = os.getppid()
    while True:
        while not connection.poll(TICK):  # processes that were forked later hold the other end too, so it may not end
            if os.getppid() != parent:
                return
        try:
            repository = msgspec.msgpack.decode(connection.recv_bytes(), type=Repository)
        except EOFError:
            return
        try:
            came: Result | str = work(repository)
        except InputError as error:
            came = str(error)
        except Exception as error:  # a fault of natsscan's own must not end the run
            came = f"{type(error).__name__}: {error}"
        connection.send_bytes(msgspec.msgpack.encode(came))
