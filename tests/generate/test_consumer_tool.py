"""`natsscan generate nats-consumer`: a package with a command, and with what it knows of a code base's queues."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.generate.consumer_tool import consumer_package, known_queues
from natsscan.generate.haskell import PACKAGES, client_modules, fixed_modules, with_crypton
from natsscan.model.marks import GENERATED
from tests.conftest import WIRE_MINI, Command, Run, run_command
from tests.generate.conftest import contents
from tests.haskell_client.test_modules import PARTIAL
from tests.nats.systems import binding, consumer, exchange, mapped, queue, topology

FOLDER = "tools/nats-consumer"
TABLE = "src/Network/NATS/Tools/Consumer/Table.hs"
Write = Callable[[dict[str, str | bytes]], Path]


def generate(project: Path, *paths: str) -> Run:
    return run_command("generate", "nats-consumer", *(paths or (".",)), "-o", FOLDER, cwd=project)


@pytest.fixture(scope="module")
def wire_mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tool") / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    run = generate(root)
    assert run.code == 0, run.err
    return root


def test_the_package_has_command_client_and_table(wire_mini: Path) -> None:
    files = contents(wire_mini / FOLDER)
    cabal = files["nats-consumer.cabal"]
    modules = {p.removeprefix("src/").removesuffix(".hs").replace("/", ".") for p in files if p.startswith("src/")}
    assert sorted(re.findall(r"^    (\w[\w.]+\.\w+)$", cabal, re.MULTILINE)) == sorted(modules)
    assert {f"src/{path}" for path in client_modules()} < set(files)
    assert {"app/Main.hs", TABLE} < set(files)
    assert re.findall(r"^    [ ,] ([\w-]+)(?: >=.*)?$", cabal, re.MULTILINE) == ["base", *PACKAGES]
    assert "executable nats-consumer\n" in cabal and "-threaded" in cabal
    assert all(GENERATED in text.partition("\n")[0] for text in files.values())


def test_the_table_has_the_queues_whose_consumers_follow_from_their_names(wire_mini: Path) -> None:
    table = (wire_mini / FOLDER / TABLE).read_text()
    assert (
        'Queue "backend-notifications.{queues}" [Known "backend-notifications.", Hole] "Q_backend-notifications" '
        '[Known "backend-notifications=2E", Hole]'
    ) in table
    assert 'Queue "background-jobs" [Known "background-jobs"] "Q_background-jobs" [Known "background-jobs"]' in table
    assert table.index(".Nothing") < table.index('"user-notifications.{uid}.{cid}"'), "more is known of it"
    assert "cellsEventQueue" not in table, "nothing of its name is known"


def test_it_says_what_it_knows_and_what_is_next(wire_mini: Path) -> None:
    project = (wire_mini / "cabal.project").read_bytes()
    run = generate(wire_mini)
    assert re.match(r"tools/nats-consumer: \d+ files; 0 written\n", run.out)
    assert (
        "by name: user-notifications.{UserId}.Nothing, dead-user-notifications, backend-notifications.{queues}"
        in run.out
    )
    assert "--stream and --consumer are for: {settings.cellsEventQueue}\n" in run.out
    last = run.out.splitlines()[-1]
    assert last.startswith("Next, name tools/nats-consumer/ in cabal.project; with Nix: ")
    assert last.endswith('callCabal2nix "nats-consumer" ./tools/nats-consumer { };')
    assert (wire_mini / "cabal.project").read_bytes() == project, "that is its owner's"


def test_it_says_when_the_project_has_it_already(write: Write, tmp_path: Path) -> None:
    write({"A.hs": queues("jobs"), "cabal.project": f"packages:\n  {FOLDER}/\n"})
    assert generate(tmp_path).out.splitlines()[-1].startswith("cabal.project names tools/nats-consumer/ already; ")


def test_the_same_again_and_what_is_written_is_not_code_of_the_project(wire_mini: Path) -> None:
    before = contents(wire_mini / FOLDER)
    shutil.rmtree(wire_mini / FOLDER)
    assert generate(wire_mini).code == 0
    assert generate(wire_mini, ".", "tools").code == 0
    assert contents(wire_mini / FOLDER) == before


def test_nothing_of_others_is_overwritten(wire_mini: Path) -> None:
    main = wire_mini / FOLDER / "app/Main.hs"
    ours = main.read_text()
    main.write_text("module Main (main) where\n")
    run = generate(wire_mini)
    assert run.code == 2 and "Main.hs: was not made by natsscan generate" in run.err
    assert main.read_text() == "module Main (main) where\n"
    main.write_text(ours + "-- changed\n")
    assert "; 1 written" in generate(wire_mini).out


def test_crypton_is_named_where_the_code_base_has_it(write: Write, tmp_path: Path) -> None:
    write({"A.hs": queues("jobs"), "a.cabal": "library\n  build-depends: base, crypton\n"})
    assert generate(tmp_path).code == 0
    cabal = (tmp_path / FOLDER / "nats-consumer.cabal").read_text()
    assert re.findall(r"^    [ ,] ([\w-]+)(?: >=.*)?$", cabal, re.MULTILINE) == ["base", *with_crypton(PACKAGES)]


def queues(*names: str) -> str:
    declared = "".join(f'  declareQueue chan newQueue {{queueName = "{name}"}}\n' for name in names)
    return f"module A (f) where\nimport Network.AMQP\nf chan = do\n{declared}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["."], "nats-consumer is a package; name a folder for it, such as -o tools/nats-consumer"),
        (["-o", FOLDER], "name its PATH"),
        ([".", "-o", FOLDER], "no queue is declared or consumed here"),
        ([".", "-o", "A.hs"], "is a file; give a folder"),
    ],
)
def test_wrong_arguments(natsscan: Command, write: Write, arguments: list[str], said: str) -> None:
    write({"A.hs": "module A where\n"})
    run = natsscan("generate", "nats-consumer", *arguments)
    assert run.code == 2 and said in run.err and len(run.err.splitlines()) == 1


def test_names_may_be_anything(catalog: Catalog) -> None:
    odd = 'a"]\\ -}\n\u00e9'
    system = topology(
        exchange("e", "topic"), queue(odd), queue("q.{user}"), queue("urgent", max_priority="3"),
        binding("e", "k", odd), consumer("urgent"),
    )  # fmt: skip
    known = known_queues(mapped(catalog, system))
    assert [shown for shown, _ in known.queues] == [odd, "q.{user}"], "of the first more is known"
    assert known.others == ("urgent",), "it has a consumer for each priority"
    table = consumer_package(known)[TABLE]
    assert 'Known "a\\"]\\\\ -}\\10\\&\\233\\&"' in table and '[Known "q.", Hole]' in table


def test_no_queue_that_is_known_by_name(catalog: Catalog) -> None:
    table = consumer_package(known_queues(mapped(catalog, topology(queue("{all}")))))[TABLE]
    assert table.endswith("table :: [Queue]\ntable = []\n")


@pytest.mark.parametrize("path", sorted(fixed_modules("haskell-consumer")))
def test_no_partial_function(path: str) -> None:
    text = fixed_modules("haskell-consumer")[path]
    assert GENERATED in text.splitlines()[0] and len(text.splitlines()) < 200
    assert re.search(PARTIAL, re.sub(r"--.*|\"(\\.|[^\"\\])*\"", "", text)) is None
