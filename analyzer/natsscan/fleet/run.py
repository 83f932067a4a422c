"""A fleet from its repositories to what they are together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from natsscan.fleet.checkout import commit_now
from natsscan.fleet.engine import Done, Engine
from natsscan.fleet.store import Store
from natsscan.fleet.task import Task
from natsscan.fleet.whole import make_fleet
from natsscan.model.definitions import Definitions
from natsscan.model.errors import InputError
from natsscan.model.fleet import Failed, Fleet, Repository
from natsscan.nats.artifacts.files import render
from natsscan.nats.artifacts.folder import keep
from natsscan.nats.artifacts.subjects import SUBJECTS_FILE

# Most of the time goes by waiting for other machines, or for git to start.
_ASKED_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is: repositories done, of them those that were finished before, and failed; those in work."""

    total: int
    done: int
    before: int
    failed: int
    running: tuple[Repository, ...]


def run_fleet(
    repositories: Iterable[Repository],
    task: Task,
    engine: Engine,
    store: Store,
    definitions: Definitions | None,
    progress: Callable[[Standing], None],
) -> Fleet:
    """Scan what is not finished, write each report as it comes, and return what all repositories are together.

    The mapping of all of it is written too, and obeys what people decided in it.

    `progress` is told whenever something changes, and now and then.
    """
    repositories = tuple(repositories)
    waiting = _unfinished(repositories, store)
    failed: list[Failed] = []
    before = done = len(repositories) - len(waiting)
    store.tidy(repositories)
    progress(Standing(len(repositories), done, before, 0, ()))
    for came in engine.scan(waiting):
        done += came is not None
        if isinstance(came, Done):
            store.keep(came.repository, came.result)
        elif came is not None:
            failed.append(came)
        progress(Standing(len(repositories), done, before, len(failed), engine.running()))
    gone = {each.repository for each in failed}
    share = engine.join(store.shares(each for each in repositories if each not in gone))
    subjects = store.mapping / SUBJECTS_FILE
    fleet, decided = make_fleet(share, failed, store.history(), task.catalog, definitions, subjects)
    files = render(decided.mapping, decided.decisions, share.beside.vhosts or ("/",), "fleet")
    keep(store.mapping, files, decided.written)
    store.remember(fleet.history)
    return fleet


def _unfinished(repositories: Iterable[Repository], store: Store) -> list[Repository]:
    """Return the repositories that were not scanned yet as they are now; git is asked about several at once."""
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as threads:
        return [
            each for each, done in threads.map(lambda one: (one, _is_finished(one, store)), repositories) if not done
        ]


def _is_finished(repository: Repository, store: Store) -> bool:
    try:
        return store.is_finished(repository, commit_now(repository))
    except InputError:  # scanning it will tell why
        return False
