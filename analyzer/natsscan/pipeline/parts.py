"""The two parts of a scan, programs and all else: neither needs anything of the other, so each has its own process.

Each part is imported where it is scanned, since importing is a good part of the time that a scan takes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import msgspec

from natsscan.model.coverage import Loss, Problem
from natsscan.model.source import FileKind
from natsscan.pipeline.options import Progress, Side
from natsscan.pipeline.task import Part, Task
from natsscan.source.watch import Seen, Watch
from natsscan.workers import Worker, WorkerDiedError, WorkerFailedError, can_fork

_MOST_DEATHS = 4


@dataclass(frozen=True, slots=True)
class Done:
    """A scanned part, and what it was made of; that is None if a process died over it, so that it may not be whole."""

    part: Part
    seen: Seen | None


_decoder = msgspec.msgpack.Decoder(Done)


def scan_parts(
    task: Task, files: Mapping[Side, dict[str, FileKind]], known: Collection[Side], progress: Progress
) -> dict[Side, Done]:
    """Scan the parts that are not known, side by side where that can be.

    A file over which a process dies is left out and listed; a part in which that happens again and again is lost, and
    listed as such.
    """
    sides = [side for side in Side if side not in known]
    if task.options.alone or not can_fork():
        return {side: _scan(side, task, files[side], progress, _forget) for side in sides}
    workers: dict[Side, Worker] = {}
    try:
        for side in sides:
            # Only the longer part tells how far it is: there is one line to do so.
            workers[side] = _worker(side, task, files[side], progress if side is sides[-1] else _hush)
        return {side: _result(workers[side], side, task, files[side]) for side in sides}
    except OSError:  # there is no room for a process
        return {side: _scan(side, task, files[side], progress, _forget) for side in sides}
    finally:
        for worker in workers.values():
            worker.stop()


def _worker(side: Side, task: Task, files: dict[str, FileKind], progress: Progress) -> Worker:
    return Worker(lambda hold: msgspec.msgpack.encode(_scan(side, task, files, progress, hold)))


def _result(worker: Worker, side: Side, task: Task, files: dict[str, FileKind]) -> Done:
    """Return what a worker found; if it died over a file, what another one finds without it."""
    set_aside: dict[str, str] = {}
    for deaths in range(_MOST_DEATHS):
        if deaths:
            worker = _worker(side, replace(task, set_aside=dict(set_aside)), files, _hush)
        try:
            done = _decoder.decode(worker.result())
            return replace(done, seen=None) if set_aside else done
        except WorkerFailedError:
            break
        except WorkerDiedError as death:
            reason = f"the process that read it was {death}"
            if death.held in files:
                set_aside[death.held] = f"left out, since {reason}"
        finally:
            worker.stop()
    else:
        return Done(_lost(side, task, reason), None)
    return _scan(side, task, files, _hush, _forget)  # to raise here what was raised there


def _scan(side: Side, task: Task, files: dict[str, FileKind], progress: Progress, hold: Callable[[str], None]) -> Done:
    if side is Side.PROGRAMS:
        from natsscan.pipeline.programs import scan_programs as scan
    else:
        from natsscan.pipeline.others import scan_others as scan

    watch = Watch(hold)
    part = scan(replace(task, watch=watch), files, progress)
    return Done(part, watch.seen())


def _lost(side: Side, task: Task, reason: str) -> Part:
    told = f"{side}: none of them is read, since {reason}, and that {_MOST_DEATHS} times"
    return Part((), {}, {}, (Problem(task.project.scope[0], 0, told, Loss.WHOLE),), {}, (), {})


def _forget(_: str) -> None:
    """Note nothing: in this process nobody would be left to tell."""


def _hush(stage: str, done: int, total: int) -> None:
    """Tell nothing of how far it is."""
