"""`natsscan generate haskell-amqp`: a package with what a code base uses of amqp, and where its messages are."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.generate.compat_plan import CompatPlan, compat_plan, render_plan
from natsscan.generate.haskell import PACKAGES, client_modules, has_crypton, literal
from natsscan.model.marks import GENERATED
from natsscan.model.topology import SERVER_NAMED, Topology
from natsscan.nats.decisions import Decisions
from tests.conftest import WIRE_MINI, Command, Run, run_command
from tests.generate.conftest import contents
from tests.nats.systems import binding, consumer, exchange, mapped, publisher, queue, topology

AMQP, TYPES, LIFTED, PLAN = (f"src/Network/NATS/Amqp{name}.hs" for name in ("", "/Types", "/Lifted", "/Plan"))
Write = Callable[[dict[str, str | bytes]], Path]


def exported(text: str) -> list[str]:
    """Return the items of a module's export list."""
    head = re.search(r"^module [\w.]+\n  \(\s*(.*?)\s*\)\nwhere$", text, re.MULTILINE | re.DOTALL)
    assert head is not None, text
    return [item.strip() for item in head[1].split(",\n") if item.strip(", \n")]


def trimmed(items: list[str]) -> list[str]:
    return [item.rstrip(",") for item in items]


def names(folder: Path, path: str) -> list[str]:
    return trimmed(exported((folder / path).read_text()))


def generate(project: Path, *arguments: str, at: str = ".") -> Run:
    return run_command("generate", "haskell-amqp", at, *arguments, "-o", "libs/nats-amqp", cwd=project)


@pytest.fixture(scope="module")
def wire_mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("layer") / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    run = generate(root)
    assert run.code == 0, run.err
    return root


@pytest.fixture(scope="module")
def package(wire_mini: Path) -> Path:
    return wire_mini / "libs/nats-amqp"


# What is exported


def test_facades_export_what_is_used_and_nothing_else(package: Path) -> None:
    """The names are those that GHC's -ddump-minimal-imports gives for the fixture, and those hidden from imports."""
    assert {"Message (..)", "Channel", "Connection", "Ack (..)", "consumeMsgs", "publishMsg'"} <= {
        *names(package, AMQP)
    }
    unused = {
        "getServerProperties",
        "rabbitCRdemo",
        "openConnection",
        "consumeMsgs'",
        "SASLMechanism (..)",
        "bindExchange",
    }
    assert not unused & {*names(package, AMQP)}
    assert names(package, TYPES) == ["AMQPException (..)", "CloseType (..)", "FieldTable (..)", "FieldValue (..)"]
    assert names(package, LIFTED) == ["consumeMsgs", "consumeMsgs'"]


def test_facades_import_all_that_they_export(package: Path) -> None:
    for path in (AMQP, TYPES, LIFTED):
        text = (package / path).read_text()
        listed = " ".join(
            re.findall(r"^import [\w.]+\s*\((.*?)\)$", text.replace(" (..)", ""), re.MULTILINE | re.DOTALL)
        )
        assert sorted(re.findall(r"[\w']+", listed)) == sorted(
            name.replace(" (..)", "") for name in names(package, path)
        )


def test_the_package_has_client_layer_and_plan(package: Path) -> None:
    files = contents(package)
    cabal = files["nats-amqp.cabal"]
    modules = {
        path.removeprefix("src/").removesuffix(".hs").replace("/", ".") for path in files if path.endswith(".hs")
    }
    listed = re.findall(r"^    (\w[\w.]+)$", cabal, re.MULTILINE)
    assert sorted(listed) == sorted(modules)
    exposed = cabal.partition("other-modules")[0]
    assert "Network.NATS.Amqp\n" in exposed and "Network.NATS.JetStream\n" in exposed
    assert "Internal" not in exposed and "Amqp.Plan" not in exposed
    assert {f"src/{path}" for path in client_modules()} < set(files)
    packages = re.findall(r"^    [, ] ([\w-]+)", cabal, re.MULTILINE)
    assert packages == ["base", *sorted([*PACKAGES, "connection", "monad-control"])]
    assert all(GENERATED in text.partition("\n")[0] for text in files.values())


def test_it_says_what_it_made_and_what_is_next(wire_mini: Path) -> None:
    run = generate(wire_mini)
    assert re.match(r"libs/nats-amqp: \d+ files; 0 written\n", run.out)
    assert "Network.NATS.Amqp: 62 names, for Network.AMQP\n" in run.out
    assert run.out.endswith("  natsscan patch . --route compat\n") and len(run.out.splitlines()) < 25


def test_the_same_again_and_from_a_part_of_the_project(wire_mini: Path, package: Path) -> None:
    before = contents(package)
    shutil.rmtree(package)
    run = generate(wire_mini, at="services/cannon")
    assert "natsscan patch services/cannon --route compat" in run.out
    assert contents(package) == before


def test_a_tree_that_has_moved_gets_the_same(wire_mini: Path, package: Path, tmp_path: Path) -> None:
    """What is on the layer is what the layer is made of: it can be written anew at any time."""
    root = tmp_path / "moved"
    shutil.copytree(wire_mini, root)
    shutil.rmtree(root / "libs/amqp-standin")
    for path in root.rglob("*.hs"):
        if "nats-amqp" not in path.parts:
            text = path.read_text()
            path.write_text(re.sub(r"\bNetwork\.AMQP((?:\.Types|\.Lifted)?)(?![\w.])", r"Network.NATS.Amqp\1", text))
    assert "; 0 written\n" in generate(root).out
    assert contents(root / "libs/nats-amqp") == contents(package)


def test_only_what_is_needed_is_written_and_what_is_not_any_more_goes(write: Write, tmp_path: Path) -> None:
    lifted = "module A where\nimport Network.AMQP.Lifted\nf = consumeMsgs\n"
    write({"p.cabal": "name: p\n", "A.hs": lifted, "B.hs": "module B where\nimport Network.AMQP\nf = ackEnv\n"})
    assert generate(tmp_path).code == 0
    folder = tmp_path / "libs/nats-amqp"
    assert (folder / LIFTED).exists() and not (folder / TYPES).exists()
    assert "monad-control" in (folder / "nats-amqp.cabal").read_text()
    (tmp_path / "A.hs").unlink()
    (folder / "src/Own.hs").write_text("module Own where\n")
    run = generate(tmp_path)
    assert re.search(r"; 1 written, \d+ removed\n", run.out)
    assert not (folder / LIFTED).exists() and "Lifted" not in "".join(contents(folder))
    assert "monad-control" not in (folder / "nats-amqp.cabal").read_text()
    assert (folder / "src/Own.hs").exists()


def test_what_somebody_wrote_is_not_overwritten(write: Write, tmp_path: Path) -> None:
    own = "module Network.NATS.Amqp where\n"
    write({"B.hs": "module B where\nimport Network.AMQP\nf = ackEnv\n", f"libs/nats-amqp/{AMQP}": own})
    run = generate(tmp_path)
    assert run.code == 2 and "was not made by natsscan generate" in run.err
    assert contents(tmp_path / "libs") == {f"nats-amqp/{AMQP}": own}


def test_a_module_that_is_imported_for_nothing_is_there(write: Write, tmp_path: Path) -> None:
    write({"B.hs": "module B where\nimport Network.AMQP ()\nimport Network.AMQP.Types (Octet)\n"})
    generate(tmp_path)
    assert names(tmp_path / "libs/nats-amqp", AMQP) == []
    assert names(tmp_path / "libs/nats-amqp", TYPES) == ["Octet"]


def test_what_is_passed_on_to_nobody_here_is_passed_on_whole(write: Write, tmp_path: Path) -> None:
    """Who uses it is in another code base; and GHC warns of an export of nothing."""
    write({"B.hs": "module B (module Network.AMQP.Types) where\nimport Network.AMQP.Types\n"})
    generate(tmp_path)
    found = names(tmp_path / "libs/nats-amqp", TYPES)
    assert {"FieldTable (..)", "Octet", "ConsumerTag"} <= {*found} and "qos" not in found


def test_a_type_whose_constructors_nobody_names_is_abstract(write: Write, tmp_path: Path) -> None:
    write(
        {"B.hs": "module B where\nimport qualified Network.AMQP as Q\nf :: Q.Message -> Q.Envelope\nf = Q.Envelope\n"}
    )
    generate(tmp_path)
    assert names(tmp_path / "libs/nats-amqp", AMQP) == ["Envelope (..)", "Message"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["generate", "haskell-amqp", "."], "such as libs/nats-amqp"),
        (["generate", "haskell-amqp", "-o", "out"], "name its PATH"),
        (["generate", "haskell-amqp", ".", "-o", "out"], "imports Network.AMQP or Network.AMQP.Types or"),
        (["generate", "haskell-amqp", ".", "-o", "B.hs"], "is a file"),
        (["generate", "haskell-amqp", ".", "-o", "out", "--subjects", "no.yaml"], "no such file"),
    ],
)
def test_wrong_arguments(natsscan: Command, write: Write, arguments: list[str], said: str) -> None:
    write({"B.hs": "module B where\n"})
    run = natsscan(*arguments)
    assert run.code == 2 and said in run.err and len(run.err.splitlines()) == 1


# Packages by another name


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["build-depends: crypton"], True),
        (["build-depends: base, crypton-connection"], True),
        (["haskellPackages.crypton-x509-store"], True),
        (["build-depends: cryptonite"], False),
        (["build-depends: cryptonite", "build-depends: cryptonite\n", "build-depends: crypton"], False),
        (["build-depends: base, my-crypton, cryptonite-openssl"], False),
        ([f"-- {GENERATED} x\nbuild-depends: crypton"], False),
        ([], False),
    ],
)
def test_which_packages_a_code_base_has(texts: list[str], wanted: bool) -> None:
    assert has_crypton(text.encode() for text in texts) is wanted


def test_packages_are_called_as_in_the_code_base(write: Write, tmp_path: Path) -> None:
    code = "module B where\nimport Network.AMQP\nf = openConnection\n"
    write({"B.hs": code, "p/p.cabal": "name: p\nlibrary\n  build-depends: crypton, tls >=1.7\n"})
    generate(tmp_path)
    cabal = (tmp_path / "libs/nats-amqp/nats-amqp.cabal").read_text()
    packages = re.findall(r"^    [, ] ([\w-]+)", cabal, re.MULTILINE)
    assert {"crypton", "crypton-connection", "crypton-x509", "crypton-x509-validation"} < {*packages}
    assert not {"cryptonite", "connection", "x509"} & {*packages}
    assert "; 0 written" in generate(tmp_path).out


# What is refused

JOBS = """\
module Jobs where
import Network.AMQP
import Network.AMQP.Types (FieldTable (..), FieldValue (..))
import qualified Data.Map as Map

setUp :: Channel -> IO ()
setUp chan = do
  declareQueue chan newQueue {queueName = "jobs", queueHeaders = FieldTable (Map.fromList [("x-max-length", FVInt32 10)])}
  pure ()
"""


def test_a_property_that_is_lost_keeps_its_function_from_compiling(write: Write, tmp_path: Path) -> None:
    write({"src/Jobs.hs": JOBS})
    run = generate(tmp_path)
    about = "It cannot keep x-max-length of queue jobs (src/Jobs.hs:8)."
    assert f"declareQueue\n    {about}\n" in run.out and "    src/Jobs.hs:8\n" in run.out
    text = (tmp_path / "libs/nats-amqp" / AMQP).read_text()
    assert "declareQueue" in trimmed(exported(text))
    assert f"'Text {literal(about)}" in text and "instance\n  TypeError" in text
    assert not re.search(r"^import .*declareQueue", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x-max-length", "x-message-ttl"),
        ('("x-max-length", FVInt32 10)', '("x-queue-type", FVString "quorum")'),
        ("declareQueue chan newQueue", "send newQueue"),
    ],
)
def test_what_is_kept_is_not_refused(write: Write, tmp_path: Path, old: str, new: str) -> None:
    write({"src/Jobs.hs": JOBS.replace(old, new)})
    run = generate(tmp_path)
    assert run.code == 0 and "does not compile" not in run.out
    assert "TypeError" not in (tmp_path / "libs/nats-amqp" / AMQP).read_text()


def test_a_property_counts_by_its_value(write: Write, tmp_path: Path) -> None:
    stream = '("x-queue-type", FVString "stream")'
    write({"src/Jobs.hs": JOBS.replace('("x-max-length", FVInt32 10)', stream)})
    assert "It cannot keep x-queue-type: stream of queue jobs (src/Jobs.hs:8)." in generate(tmp_path).out


def test_a_symbol_that_is_lost_is_there_and_does_not_compile(write: Write, tmp_path: Path) -> None:
    write({"M.hs": "module M where\nimport qualified Network.AMQP as Q\nf = [Q.plain, Q.rabbitCRdemo]\n"})
    run = generate(tmp_path)
    assert "rabbitCRdemo is not kept." in run.out and "    M.hs:3\n" in run.out
    text = (tmp_path / "libs/nats-amqp" / AMQP).read_text()
    assert trimmed(exported(text)) == ["plain", "rabbitCRdemo"] and "rabbitCRdemo :: a" in text


# The plan


def planned(catalog: Catalog, system: Topology, decisions: Decisions | None = None) -> CompatPlan:
    return compat_plan(mapped(catalog, system, decisions), system, catalog.target.layouts)


def subjects(plan: CompatPlan) -> dict[str, tuple[str, ...]]:
    return {stream.name: stream.subjects for stream in plan.streams}


def test_plan_of_the_fixture(package: Path) -> None:
    text = (package / PLAN).read_text()
    for line in (
        'ExchangePlan {epName = "user-notifications", epSubject = "x.user-notifications", epStream = "X_user-notifications"}',
        'QueuePlan {qpName = [Known "backend-notifications.", Hole], qpSubject = [Known "q.backend-notifications.", Hole], '
        'qpConsumer = [Known "backend-notifications=2E", Hole], qpStream = "Q_backend-notifications"}',
        'planServerNamed = Just "X_user-notifications"',
        '"x.user-notifications", "x.user-notifications.>", "q.user-notifications.*.*", "q.amq.*"]',
        "scRetention = WorkQueueRetention, scMaxBytes = Just 1073741824, scDiscard = DiscardNew",
        "scDuplicateWindow = Just 120",
    ):
        assert line in text, line
    # The queue that only a configuration names, its stream and what it takes.
    assert "settings" not in text and "{settings" not in text


def test_more_is_known_of_queues_that_come_first(catalog: Catalog) -> None:
    plan = planned(catalog, topology(queue("jobs.{kind}"), queue("jobs.urgent"), queue("a")))
    assert [queue.name for queue in plan.queues] == [("jobs.urgent",), ("jobs.", None), ("a",)]


def test_queues_of_an_exchange_are_reached_by_name_in_its_stream(catalog: Catalog) -> None:
    plan = planned(catalog, topology(exchange("e", "topic"), queue("in.{user}"), binding("e", "k", "in.{user}")))
    assert subjects(plan) == {"X_e": ("x.e", "x.e.>", "q.in.*")}
    assert [(queue.subject, queue.consumer, queue.stream) for queue in plan.queues] == [
        (("q.in.", None), ("in=2E", None), "X_e")
    ]


def test_no_two_streams_take_one_subject(catalog: Catalog) -> None:
    system = topology(
        exchange("e"), queue("in.{user}"), binding("e", "k", "in.{user}"), queue("in.all"), queue("in.b.c")
    )
    plan = planned(catalog, system)
    assert subjects(plan) == {"Q_in=2Eb=2Ec": ("q.in.b.c",), "X_e": ("x.e", "x.e.>", "q.in.*")}
    assert [queue.name for queue in plan.queues] == [("in.b.c",), ("in.", None)]


@pytest.mark.parametrize("name", ["{user}", "{user}.{client}", "logs.{topic}"])
def test_a_queue_that_cannot_be_told_is_left_to_the_layer(catalog: Catalog, name: str) -> None:
    """Nothing of its name is known, or a hole in it brings words of its own."""
    plan = planned(catalog, topology(queue(name), queue("jobs"), consumer(name)))
    assert [queue.name for queue in plan.queues] == [("jobs",)]
    assert "Q_jobs" in subjects(plan)


def test_a_queue_whose_holes_have_another_order_as_a_subject_is_left_out(catalog: Catalog) -> None:
    turned = Decisions(queues={"in.{user}.{client}": "q.in.{client}.{user}"})
    assert planned(catalog, topology(queue("in.{user}.{client}")), turned).queues == ()


@pytest.mark.parametrize(("arguments", "queues"), [({}, 2), ({"max_length": "5"}, 1)])
def test_streams_that_are_filled_from_others_are_left_out(
    catalog: Catalog, arguments: dict[str, str], queues: int
) -> None:
    plan = planned(catalog, topology(exchange("e"), queue("q", **arguments), binding("e", "k", "q"), queue("other")))
    assert len(plan.queues) == queues and not any(stream.config.get("sources") for stream in plan.streams)
    assert [exchange.name for exchange in plan.exchanges] == (["e"] if queues == 2 else [])


def test_a_queue_with_levels_of_priority_is_left_out_with_its_stream(catalog: Catalog) -> None:
    plan = planned(catalog, topology(queue("q", max_priority="9"), queue("other")))
    assert [queue.name for queue in plan.queues] == [("other",)] and [*subjects(plan)] == ["Q_other"]


def test_queues_without_a_name(catalog: Catalog) -> None:
    unnamed = (queue(""), consumer(SERVER_NAMED))
    plan = planned(catalog, topology(exchange("e"), *unnamed, binding("e", "k", SERVER_NAMED)))
    assert (plan.server_named, plan.queues) == ("X_e", ()) and "q.amq.*" in subjects(plan)["X_e"]
    assert planned(catalog, topology(exchange("e"), queue("q"), binding("e", "k", "q"))).server_named is None


def test_what_lives_for_a_time_and_is_a_dead_letter_then_is_kept(catalog: Catalog) -> None:
    timed = planned(catalog, topology(queue("q", message_ttl="5500")))
    assert timed.streams[0].config["max_age"] == 5_500_000_000
    assert "scMaxAge = Just 5.5," in render_plan(timed, "x")
    lost = planned(catalog, topology(queue("q", message_ttl="5500", dead_letter_exchange="dlx"), exchange("dlx")))
    (own,) = (stream for stream in lost.streams if stream.name == "Q_q")
    assert "max_age" not in own.config
    assert "scMaxAge" not in render_plan(lost, "x")


def test_fields_that_people_set_are_kept(catalog: Catalog) -> None:
    fields = {"Q_q": {"max_msgs": 7, "compression": "s2", "discard": "old", "storage": "memory", "allow_direct": True}}
    text = render_plan(planned(catalog, topology(queue("q")), Decisions(stream_fields=fields)), "x")
    for wanted in ("scMaxMessages = Just 7", "scStorage = MemoryStorage", "scAllowDirect = Just True"):
        assert wanted in text
    assert 'scOther = KeyMap.fromList [("compression", Aeson.String "s2")]' in text and "scDiscard" not in text


def test_names_cannot_break_out_of_the_plan(catalog: Catalog) -> None:
    hostile = 'a"]}, x\\ -}\n\u00e9'
    text = render_plan(planned(catalog, topology(exchange(hostile), queue(hostile), publisher("", hostile))), "x")
    assert r'epName = "a\"]}, x\\ -}\10\&\233\&"' in text
