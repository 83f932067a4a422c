"""Many repositories as one, by the command as people start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.fleet.engine import ATTEMPTS, Done
from natsscan.fleet.local import LocalEngine
from natsscan.fleet.task import Result
from natsscan.model.fleet import Failed, Repository
from natsscan.model.topology import SERVER_NAMED
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import open_project
from natsscan.topology.shapes import form, is_said
from tests.conftest import COMMAND, Command
from tests.fleet import small, synthetic
from tests.fleet.synthetic import Made, git

OUT = ("inventory.json", "inventory.md", "inventory.html", "history.json")


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def document(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "inventory.json").read_text())
    return found


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    small.write(tmp_path / "repos", 6)
    return tmp_path / "repos"


# What they are together


def test_flows_cross_repositories(natsscan: Command, shops: Path, tmp_path: Path) -> None:
    run = natsscan("fleet", str(shops), "-o", "out")
    assert (run.code, run.err) == (0, "")
    fleet = document(tmp_path / "out")
    assert {(flow["publisher"], flow["queue"], flow["consumer"]) for flow in fleet["crossings"]} == {
        (f"shop{at:02}", f"jobs-of-shop{(at + 1) % 6:02}", f"shop{(at + 1) % 6:02}") for at in range(6)
    }
    assert [each["name"] for each in fleet["order"]] == ["shop00", "shop05", "shop04", "shop03", "shop02", "shop01"]
    assert {*OUT} <= written(tmp_path / "out").keys()
    report = json.loads((tmp_path / "out/repositories/shop03/report.json").read_text())
    assert (report["root"], {f["path"] for f in report["findings"]}) == ("shop03", {"run.py"})


def test_ends_that_are_in_no_repository_and_names_that_are_slips(
    natsscan: Command, shops: Path, tmp_path: Path
) -> None:
    small.write_one(shops / "late", small.PROGRAM.format(own="jobs-of-late", next="jobs-of-shpo02"))
    natsscan("fleet", str(shops), "-o", "out")
    fleet = document(tmp_path / "out")
    assert [each["name"] for each in fleet["unread_queues"]] == ["jobs-of-shpo02"]
    assert [each["name"] for each in fleet["unfed_queues"]] == ["jobs-of-late"]
    assert [(each["name"], each["other"]) for each in fleet["alike"]] == [("jobs-of-shpo02", "jobs-of-shop02")]


def test_declarations_that_contradict_each_other(natsscan: Command, shops: Path, tmp_path: Path) -> None:
    program = 'import pika\npika.BlockingConnection().channel().queue_declare("jobs-of-shop01", durable=False)\n'
    small.write_one(shops / "late", program)
    natsscan("fleet", str(shops), "-o", "out")
    (conflict,) = document(tmp_path / "out")["conflicts"]
    assert conflict["queue"] == "jobs-of-shop01" and "durable" in conflict["difference"]
    assert {conflict["at"]["path"], conflict["first"]["path"]} == {"late/run.py", "shop01/run.py"}


def test_what_people_decide_on_the_whole_is_obeyed(natsscan: Command, shops: Path, tmp_path: Path) -> None:
    natsscan("fleet", str(shops), "-o", "out")
    subjects = tmp_path / "out/nats/subjects.yaml"
    text = subjects.read_text()
    assert "q.jobs-of-shop01" in text
    subjects.write_text(text.replace("q.jobs-of-shop01", "work.one"))
    assert natsscan("fleet", str(shops), "-o", "out").code == 0
    publishers = document(tmp_path / "out")["mapping"]["publishers"]
    assert "work.one" in {each["subject"] for each in publishers} and "work.one" in subjects.read_text()
    synthetic.remove(shops, ["shop00", "shop01"])
    run = natsscan("fleet", str(shops), "-o", "out")
    assert run.code == 2 and "subjects.yaml: nothing in the code is called so any more: queue jobs-of-shop01" in run.err


@pytest.fixture(scope="session")
def wire_fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Made]]:
    folder = tmp_path_factory.mktemp("fleet")
    return folder, synthetic.write(folder, synthetic.TOGETHER + 2)


def test_wire_mini_many_times_is_what_it_should_be(
    natsscan: Command, wire_fleet: tuple[Path, list[Made]], catalog: Catalog, tmp_path: Path
) -> None:
    folder, made = wire_fleet
    run = natsscan("fleet", str(folder), "-o", "out")
    assert run.code == 0, run.err
    topology = document(tmp_path / "out")["topology"]
    found = {part: {key_of(part, each) for each in topology[part]} for part in KEYS}
    assert found == expected(made, catalog)


Key = tuple[str, ...]
KEYS: dict[str, tuple[str, ...]] = {
    "exchanges": ("name",),
    "queues": ("name",),
    "bindings": ("exchange", "routing_key", "queue"),
    "publishers": ("service", "exchange", "routing_key"),
    "consumers": ("service", "queue"),
}


def key_of(part: str, entry: dict[str, Any]) -> tuple[Key, Key, Key]:
    """Return what an entry is about, who has it, and where."""
    at = tuple(f"{each['path']}:{each['line']}" for each in entry["at"])
    return tuple(plain(entry[name]) for name in KEYS[part]), tuple(entry.get("services", ())), at


def plain(name: str) -> str:
    """Return a name whose holes are called nothing, if there is a text beside them."""
    return form(name) if is_said(name) else name


def expected(made: Iterable[Made], catalog: Catalog) -> dict[str, set[tuple[Key, Key, Key]]]:
    """Return the whole, put together by hand of what wire-mini itself is, with the names that each repository has."""
    found: dict[str, dict[Key, tuple[set[str], set[str]]]] = {part: {} for part in KEYS}
    for each in made:
        system = alone(each, catalog)
        for part in KEYS:
            for entry in getattr(system, part):
                names = tuple(plain(renamed(each, name, getattr(entry, name), entry, part)) for name in KEYS[part])
                services, at = found[part].setdefault(names, (set(), set()))
                services.update(f"{each.name}/{named(each, service)}" for service in getattr(entry, "services", ()))
                at.update(f"{each.name}/{each.moved(span.path)}:{span.line}" for span in entry.at)
    return {
        part: {(key, tuple(sorted(services)), tuple(in_order(at))) for key, (services, at) in entries.items()}
        for part, entries in found.items()
    }


def in_order(places: Iterable[str]) -> list[str]:
    return sorted(places, key=lambda place: (place.rpartition(":")[0], int(place.rpartition(":")[2])))


SYSTEMS: dict[str, Any] = {}


def alone(made: Made, catalog: Catalog) -> Any:
    """Return what the part of wire-mini that a repository has is by itself, as a scan of a folder finds it."""
    if made.service not in SYSTEMS:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "alone"
            for path, text in synthetic.files(made.service):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            SYSTEMS[made.service] = scan(open_project((root,)), catalog, ScanOptions(), lambda *_: None).topology
    return SYSTEMS[made.service]


def named(made: Made, service: str) -> str:
    return made.own_service if service == made.service else service


def renamed(made: Made, field: str, value: str, entry: Any, part: str) -> str:
    if field == "service":
        return f"{made.name}/{named(made, value)}"
    is_queue = (
        field == "queue" or part == "queues" or (field == "routing_key" and part == "publishers" and not entry.exchange)
    )
    if is_queue and (not value or value == SERVER_NAMED):
        return f"{SERVER_NAMED} in {made.name}"
    if value and not is_said(value) and (is_queue or field in ("exchange", "name")):
        return value.replace("}", f"@{made.name}}}")
    return made.renamed(value)


# Runs that break off


def test_what_is_finished_is_not_done_again(natsscan: Command, shops: Path, tmp_path: Path) -> None:
    natsscan("fleet", str(shops), "-o", "out")
    before = written(tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/repositories").rglob("*.json")}
    (shops / "shop01/run.py").write_text("x = 1\n")
    natsscan("fleet", str(shops), "-o", "out")
    assert written(tmp_path / "out") == before  # what is not committed makes no difference
    git(shops / "shop01", "commit", "-qam", "no broker any more")
    run = natsscan("fleet", str(shops), "-o", "out")
    changed = {path.parent.name for path, then in times.items() if path.stat().st_mtime_ns != then}
    assert changed == {"shop01"} and run.code == 0
    history = json.loads((tmp_path / "out/history.json").read_text())
    assert len(history) == 2 and history[0]["direct"] > history[1]["direct"] > 0
    git(shops / "shop01", "revert", "--no-edit", "HEAD")
    natsscan("fleet", str(shops), "-o", "out")
    history = json.loads((tmp_path / "out/history.json").read_text())
    assert [point["direct"] == history[0]["direct"] for point in history] == [True, False, True]


def test_what_left_the_fleet_leaves_the_folder(natsscan: Command, shops: Path, tmp_path: Path) -> None:
    natsscan("fleet", str(shops), "-o", "out")
    synthetic.remove(shops, ["shop01"])
    natsscan("fleet", str(shops), "-o", "out")
    assert not (tmp_path / "out/repositories/shop01").exists()
    assert [each["name"] for each in document(tmp_path / "out")["unread_queues"]] == ["jobs-of-shop01"]


def test_a_share_that_is_broken_is_made_anew(natsscan: Command, shops: Path, tmp_path: Path) -> None:
    natsscan("fleet", str(shops), "-o", "out")
    before = written(tmp_path / "out")
    share = tmp_path / "out/repositories/shop01/share.msgpack"
    share.write_bytes(share.read_bytes()[:-20])
    natsscan("fleet", str(shops), "-o", "out")
    assert written(tmp_path / "out") == before


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_ends_early_goes_on(how: signal.Signals, natsscan: Command, tmp_path: Path) -> None:
    small.write(tmp_path / "repos", 30)
    natsscan("fleet", "repos", "-o", "whole")
    process = subprocess.Popen(
        [COMMAND, "fleet", "repos", "-o", "out", "--workers", "1"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    shares = tmp_path / "out/repositories"
    until(lambda: len(list(shares.glob("*/share.msgpack"))) >= 2)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert (
        how is signal.SIGKILL
        or err.strip() == "natsscan: interrupted; what is finished is kept; start it again to go on"
    )
    assert process.returncode == (130 if how is signal.SIGINT else -how)
    times = {path: path.stat().st_mtime_ns for path in shares.glob("*/share.msgpack")}
    assert natsscan("fleet", "repos", "-o", "out").code == 0
    assert all(path.stat().st_mtime_ns == then for path, then in times.items())
    assert written(tmp_path / "out") == written(tmp_path / "whole")


def until(holds: Any) -> None:
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


# Repositories that fail


def dying(repository: Repository) -> Result:
    if repository.name == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    if repository.name == "broken":
        raise ZeroDivisionError("by no means")
    return Result("commit", b"report", b"share")


def test_who_kills_its_process_is_given_up_and_the_others_are_scanned() -> None:
    repositories = [Repository(name, f"/{name}") for name in ("a", "bad", "b", "broken", "c")]
    with LocalEngine(dying, 2) as engine:
        came = [each for each in engine.scan(repositories) if each is not None]
    assert sorted(each.repository.name for each in came if isinstance(each, Done)) == ["a", "b", "c"]
    failed = {each.repository.name: each for each in came if isinstance(each, Failed)}
    assert {each.attempts for each in failed.values()} == {ATTEMPTS}
    assert failed["bad"].reason == "its process was ended by signal 9"
    assert failed["broken"].reason == "ZeroDivisionError: by no means"


def test_a_repository_that_cannot_be_had_is_told(natsscan: Command, shops: Path, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("".join(f"repos/shop{at:02}\n" for at in range(3)) + "repos/shop03 no-such-branch\n")
    run = natsscan("fleet", "list", "-o", "out")
    assert run.code == 0 and "shop03" in run.out
    (failed,) = document(tmp_path / "out")["failed"]
    assert (failed["name"], failed["attempts"]) == ("shop03", ATTEMPTS) and "no-such-branch" in failed["reason"]
    assert natsscan("fleet", "list", "-o", "out", "--strict").code == 3


def test_a_repository_may_leave_files_out(natsscan: Command, shops: Path, tmp_path: Path) -> None:
    (shops / "shop00/natsscan.toml").write_text('exclude = ["run.py"]\n')
    git(shops / "shop00", "add", "-A")
    git(shops / "shop00", "commit", "-qm", "leave it out")
    natsscan("fleet", str(shops), "-o", "out")
    report = json.loads((tmp_path / "out/repositories/shop00/report.json").read_text())
    assert report["findings"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fleet", "nowhere", "-o", "out"], "nowhere"),
        (["fleet", "repos"], "--output"),
        (["fleet", "repos", "-o", "file"], "file"),
        (["fleet", "repos", "-o", "out", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "--workers"),
    ],
)
def test_wrong_arguments(natsscan: Command, shops: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "file").write_text("x")
    run = natsscan(*arguments)
    assert run.code == 2 and says in run.err and len(run.err.splitlines()) == 1


# Many machines


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A scheduler and two workers, each a process of its own, on loopback."""
    distributed = pytest.importorskip("distributed")
    from dask import config

    with (
        config.set({"temporary-directory": str(tmp_path_factory.mktemp("dask"))}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as found,
    ):
        yield found


def test_a_cluster_finds_the_same(natsscan: Command, cluster: Any, shops: Path, tmp_path: Path) -> None:
    assert natsscan("fleet", "repos", "-o", "here").code == 0
    run = natsscan("fleet", "repos", "-o", "there", "--scheduler", cluster.scheduler_address)
    assert run.code == 0, run.err
    assert written(tmp_path / "there") == written(tmp_path / "here")


def test_workers_that_are_killed_change_nothing(natsscan: Command, cluster: Any, tmp_path: Path) -> None:
    small.write(tmp_path / "repos", 30)
    natsscan("fleet", "repos", "-o", "here")
    command = [COMMAND, "fleet", "repos", "-o", "there", "--scheduler", cluster.scheduler_address]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    until(lambda: len(list((tmp_path / "there").glob("repositories/*/share.msgpack"))) >= 2)
    for worker in cluster.workers.values():  # so all that they have is lost
        os.kill(worker.pid, signal.SIGKILL)
    assert process.wait(timeout=120) == 0
    assert written(tmp_path / "there") == written(tmp_path / "here")


def test_nobody_at_the_address(natsscan: Command, shops: Path) -> None:
    run = natsscan("fleet", "repos", "-o", "out", "--scheduler", "tcp://127.0.0.1:1")
    assert run.code == 2 and "nobody answers" in run.err and len(run.err.splitlines()) == 1
