"""Repositories scanned on many machines by Dask. Workers need natsscan installed, and nothing else.

What is told of Dask is from its documentation: Futures, and Resilience (distributed.dask.org).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from natsscan import __version__
from natsscan.fleet.engine import ATTEMPTS, TICK, Done, Work
from natsscan.fleet.share import join_all, pack, unpack
from natsscan.fleet.task import Result
from natsscan.model.errors import InputError
from natsscan.model.fleet import Failed, Repository, Share

if TYPE_CHECKING:
    from types import TracebackType

    from distributed import Client, Future

# How many repositories wait on a worker beside the one in work: results come back and go to disk in between.
_AHEAD = 2
# How many shares are put together by one task.
_TOGETHER = 8
_PATIENCE = "10s"


class ClusterEngine:
    """Scans on the workers of a Dask scheduler, as many repositories at once as these have threads.

    Raises InputError if Dask is not installed, nobody answers at the address, or a worker has another natsscan.
    """

    def __init__(self, work: Work, address: str) -> None:
        self._client = _connected(address)
        # It goes to each worker once. As what a task gives, it is made anew if all workers that have it die; what is
        # scattered would be lost.
        self._work = self._client.submit(_given, work, pure=False)
        self._working: dict[Future, tuple[Repository, int]] = {}

    def __enter__(self) -> ClusterEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.cancel(list(self._working))
        self._client.close()

    def scan(self, repositories: Iterable[Repository]) -> Iterator[Done | Failed | None]:
        """Yield what comes of each repository."""
        from distributed import wait
        from distributed.client import FuturesCancelledError

        waiting = deque((repository, 1) for repository in repositories)
        while waiting or self._working:
            window = self._window()
            while waiting and len(self._working) < window:
                self._start(*waiting.popleft())
            try:
                finished = wait(list(self._working), timeout=TICK, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                yield None
                continue
            except FuturesCancelledError:  # the scheduler has forgotten some, as when it was started again
                finished = {future for future in self._working if future.cancelled()}
            for future in finished:
                repository, attempt = self._working.pop(future)
                came = _came(future, repository, attempt)
                if isinstance(came, Failed) and came.attempts < ATTEMPTS:
                    waiting.append((repository, attempt + 1))
                else:
                    yield came

    def running(self) -> tuple[Repository, ...]:
        """Return the repositories that are with the workers."""
        return tuple(repository for repository, _ in self._working.values())

    def join(self, shares: Iterable[bytes]) -> Share:
        """Return packed shares as one; they are put together by the workers, some at a time."""
        level = [self._join(each) for each in _chunks(shares)]
        while len(level) > 1:
            level = [self._join(each) for each in _chunks(level)]
        return unpack(level[0].result()) if level else Share()

    def _join(self, shares: list[bytes | Future]) -> Future:
        return self._client.submit(join_packed, shares, pure=False)

    def _start(self, repository: Repository, attempt: int) -> None:
        future = self._client.submit(_do, self._work, repository, pure=False)
        self._working[future] = (repository, attempt)

    def _window(self) -> int:
        threads: int = sum(self._client.nthreads().values())
        return max(1, threads) * _AHEAD


def _given(work: Work) -> Work:
    return work


def _do(work: Work, repository: Repository) -> Result:
    return work(repository)


def join_packed(shares: list[bytes]) -> bytes:
    """Return packed shares as one, packed."""
    return pack(join_all(map(unpack, shares)))


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler needs Dask: pip install 'natsscan[fleet]'") from error
    try:
        client = Client(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise InputError(f"--scheduler {address}: nobody answers there; start one with: dask scheduler") from error
    others = {version for version in client.run(_version).values() if version != __version__}
    if others:
        client.close()
        told = ", ".join(sorted(others))
        raise InputError(f"--scheduler {address}: workers have natsscan {told}, and this is {__version__}; install one")
    return client


def _version() -> str:
    return __version__


def _came(future: Future, repository: Repository, attempt: int) -> Done | Failed:
    from distributed import KilledWorker

    if future.cancelled():
        return Failed(repository, "the scheduler has forgotten it", attempt)
    try:
        result: Result = future.result()
    except KilledWorker:  # Dask has tried it on others already
        return Failed(repository, "each worker that scanned it died, for lack of memory perhaps", ATTEMPTS)
    except InputError as error:
        return Failed(repository, str(error), attempt)
    except Exception as error:  # a fault of natsscan's own, or of a worker, must not end the run
        return Failed(repository, f"{type(error).__name__}: {error}", attempt)
    return Done(repository, result)


def _chunks(items: Iterable[bytes | Future]) -> Iterator[list[bytes | Future]]:
    chunk: list[bytes | Future] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == _TOGETHER:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
