"""`natsscan generate haskell-service`: modules for services that are rewritten by hand onto NATS."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.generate.facts import facts
from natsscan.generate.haskell_config import CONSUMER, STREAM, fields
from natsscan.generate.haskell_names import haskell_style, lower, parameters, prefixes
from natsscan.generate.service import services
from natsscan.generate.service_module import render
from natsscan.model.mapping import HoleRule, Words
from natsscan.model.marks import GENERATED
from natsscan.model.topology import SERVER_NAMED, Topology
from natsscan.nats.decisions import Decisions
from tests.conftest import WIRE_MINI, Run, run_command
from tests.haskell_client.conftest import Haskell, haskell
from tests.nats.systems import binding, consumer, exchange, mapped, publisher, queue, topology

__all__ = ["haskell"]  # the fixture

ODD = 'a"]}, x\\ -}\n\u00e9\u202e'
SPLIT = Decisions(holes={name: HoleRule(words=Words.SPLIT) for name in ("key", "topic")})


def generate(project: Path, *arguments: str | Path) -> Run:
    return run_command("generate", "haskell-service", *arguments, cwd=project)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("services") / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    return root


@pytest.fixture(scope="module")
def modules(project: Path) -> dict[str, str]:
    """The modules of all services, by the names that they begin with."""
    run = generate(project, ".", "-o", "made")
    assert run.code == 0, run.err
    return {path.parent.name: path.read_text() for path in (project / "made").rglob("Nats.hs")}


def module(catalog: Catalog, system: Topology, decisions: Decisions | None = None) -> str:
    """Return the module of the only service of a system."""
    mapping = mapped(catalog, system, decisions)
    (service,) = services(facts(mapping, (), "shop"), system, {"shop"}, haskell_style())
    return render(service, prefixes([service])["shop"], mapping)


def exported(text: str) -> list[str]:
    head = re.search(r"^module [\w.]+\n  \((.*?)\n  \)\nwhere$", text, re.MULTILINE | re.DOTALL)
    assert head is not None, text
    return re.findall(r"^ +([a-z][\w']*),$", head[1], re.MULTILINE)


def types(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z][\w']*) :: (.*)$", text, re.MULTILINE))


def about(text: str, name: str) -> str:
    """Return the comment of a function, on one line."""
    before = re.split(rf"^{name} ::", text, flags=re.MULTILINE)[0]
    return re.sub(r"\n-- *", " ", before[before.rindex("-- |") :])


# What a service has


def test_there_is_a_module_for_each_service_that_publishes_or_consumes(modules: dict[str, str]) -> None:
    services_ = {"BackgroundWorker", "Brig", "Cannon", "Galley", "Gundeck", "Integration"}
    assert set(modules) == services_ | {
        "WireApiFederation",
        "WireSubsystems",
    }  # libraries that publish are packages too
    for name, text in modules.items():
        assert f"\nmodule {name}.Nats\n" in text
        assert text.splitlines()[0] == f"-- {GENERATED} haskell-service; written anew when it runs again."
        assert "takes the first line away" in text.splitlines()[1] and text.count(GENERATED) == 1


def test_a_service_that_consumes_and_rejects(modules: dict[str, str]) -> None:
    cannon = modules["Cannon"]
    assert exported(cannon) == [
        "streams", "ensureStreams",
        "userNotificationsNothingConsumer", "ensureUserNotificationsNothing", "consumeUserNotificationsNothing",
        "temporaryConsumer", "ensureTemporary", "consumeTemporary",
        "deadLetterUserNotificationsNothing",
    ]  # fmt: skip
    found = types(cannon)
    assert found["streams"] == "[StreamConfig]"
    assert found["temporaryConsumer"] == "Text -> Text -> (Text, ConsumerConfig)"
    assert found["ensureTemporary"] == "JetStream -> Text -> Text -> IO ()"
    callback = "PullOptions -> (Delivery -> IO ()) -> IO Consumption"
    assert found["consumeUserNotificationsNothing"] == f"JetStream -> Text -> {callback}"
    assert found["deadLetterUserNotificationsNothing"] == "JetStream -> Text -> Delivery -> IO ()"
    assert "\ntemporaryConsumer client userId =\n" in cannon, "parameters are called after the holes"
    for stream in ("Q_user-notifications=2ENothing", "X_user-notifications", "X_dead-user-notifications"):
        assert f'(defaultStreamConfig "{stream}"' in cannon
    for field in ("ccDurable = False", "ccInactiveThreshold = Just 30", "ccMaxAckPending = Just (-1)"):
        assert field in cannon
    assert "-- * what it publishes to the default exchange under {queueName}\n" in cannon


def test_a_service_that_publishes_and_declares(modules: dict[str, str]) -> None:
    gundeck = modules["Gundeck"]
    found = types(gundeck)
    assert {name for name in exported(gundeck) if name.startswith("publish")} == {
        "publishToGundeckProbe", "publishToSettingsCellsEventQueue", "publishToUserNotificationsAnnounce",
        "publishToUserNotificationsEnvRoutingKey", "publishToUserNotificationsUid",
    }  # fmt: skip
    assert found["publishToUserNotificationsAnnounce"] == (
        "JetStream -> Text -> Text -> PublishOptions -> ByteString -> IO PubAck"
    )
    assert '("x.user-notifications.announce." <> token region <> "." <> token team)' in gundeck
    assert '(keySubject "x.user-notifications" envRoutingKey)' in gundeck, "the words of this key are tokens"
    said = about(gundeck, "publishToUserNotificationsUid")
    assert "What goes to @user-notifications@ under @{uid}@" in said and "@X_user-notifications@ keeps it" in said
    assert "Messages expire: set 'poTtl', in seconds" in said and "Headers in 'poHeaders': Content-Type" in said
    assert {"ensureUserNotifications", "deadLetterUserNotifications"} <= {*exported(gundeck)}
    assert not [name for name in exported(gundeck) if name.startswith("consume")]


def test_a_name_that_only_a_deployment_knows_is_a_parameter_of_the_streams(modules: dict[str, str]) -> None:
    found = types(modules["Gundeck"])
    assert found["streams"] == "Text -> [StreamConfig]" and found["ensureStreams"] == "JetStream -> Text -> IO ()"
    assert '["q." <> token settingsCellsEventQueue]' in modules["Gundeck"]


def test_a_service_that_publishes_through_libraries(modules: dict[str, str]) -> None:
    for name in ("Brig", "Galley"):
        text = modules[name]
        assert exported(text) == [
            "streams", "ensureStreams", "publishToBackendNotifications", "publishToBackgroundJobs",
        ]  # fmt: skip
        assert "through @wire-subsystems@" in about(text, "publishToBackgroundJobs")


def test_what_must_survive_is_said_where_it_is(modules: dict[str, str]) -> None:
    worker = modules["BackgroundWorker"]
    assert types(worker)["consumeBackgroundJobs"].startswith("JetStream -> PullOptions -> ")
    said = about(worker, "backendNotificationsConsumer")
    assert "* single active consumer: max_ack_pending 1." in said and "* quorum queue: num_replicas 3." in said
    assert "* reject with requeue: nak with delay." in about(worker, "consumeBackgroundJobs")
    assert "of a program that is killed others get it after 30." in " ".join(
        about(worker, "consumeBackgroundJobs").replace("--", "").split()
    )
    assert "ccAckWait = Just 30" in worker and "ccAckWait = Just 1800" not in worker
    assert "consume js stream (ccName config) (holdingFor 1800 options) callback" in worker
    dead = about(modules["Cannon"], "deadLetterUserNotificationsNothing")
    assert "The server dead-letters nothing." in dead
    assert "scDuplicateWindow = Just 1920" in modules["Cannon"], "longer than the ack wait, so nothing is said of it"
    assert "That stream knows an id" not in dead
    for text in modules.values():
        longest = re.findall(r"^-- \* .*(?:\n--   .*)*", text, re.MULTILINE)
        assert longest and max(each.count("\n") for each in longest) < 3
        assert all(len(line) <= 120 for line in text.splitlines())


# The command


def test_the_module_of_one_service_is_printed(project: Path, modules: dict[str, str]) -> None:
    """And it is the same as with all others: streams are those of the whole project."""
    run = generate(project, "services/cannon")
    assert (run.code, run.out) == (0, modules["Cannon"])


def test_it_writes_only_what_has_changed_and_nothing_that_was_edited(project: Path, modules: dict[str, str]) -> None:
    run = generate(project, "services/brig", "services/cannon", "-o", "some")
    assert run.out == "some: Brig/Nats.hs, Cannon/Nats.hs; 2 written\n"
    assert generate(project, "services", "-o", "made").out.endswith("; 0 written\n")
    edited = modules["Brig"].partition("\n")[2]
    (project / "some/Brig/Nats.hs").write_text(edited)
    run = generate(project, "services/brig", "-o", "some")
    assert run.code == 2 and run.err.count("\n") == 1
    assert "Brig/Nats.hs: was not made by natsscan generate; move it away" in run.err
    assert (project / "some/Brig/Nats.hs").read_text() == edited


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["services"], "several files: BackgroundWorker/Nats.hs, Brig/Nats.hs"),
        ([], "name its PATH"),
        (["docs", "-o", "out"], "no service here publishes or consumes"),
        (["tools", "-o", "out"], "no service here publishes or consumes"),
        (["services", "-o", "cabal.project"], "is a file"),
        (["services", "-o", "out", "--subjects", "no.yaml"], "no such file"),
    ],
)
def test_wrong_arguments(project: Path, arguments: list[str], said: str) -> None:
    run = generate(project, *arguments)
    assert run.code == 2 and said in run.err and len(run.err.splitlines()) == 1


# Names and configurations


def test_names_of_parameters() -> None:
    wanted = {
        "uid": "uid", "UserId": "userId", "settings_queue": "settingsQueue", "Uid": "uid2", "type": "type'",
        "id": "id'", "ack": "ack'", "token": "token'", "ensureJobs": "ensureJobs'", "1st": "value1st", "_": "value",
    }  # fmt: skip
    assert parameters(wanted) == wanted
    assert (lower("UserNotifications"), lower("URLCache"), lower("HTTP")) == ("userNotifications", "urlCache", "http")


def test_queues_whose_names_would_be_the_same(catalog: Catalog) -> None:
    names = ("jobs", "jobs.{kind}", "consumer", "9 lives", "\u00e9", "\u00e8", "jobs-kind")
    text = module(catalog, topology(*map(queue, names), *map(consumer, names)))
    found = [name for name in exported(text) if name.startswith("consume")]
    assert len(found) == len(set(found)) == len(names)
    assert {"consumeJobs", "consumeJobsKind", "consumeQueueJobsKind", "consumeQueueConsumer"} < set(found)
    assert "consumeQueue9Lives" in found, "what begins with a digit is no name of a value"


def test_dead_letters_that_keep_their_key(catalog: Catalog) -> None:
    system = topology(
        exchange("e", "topic"), exchange("dlx", "topic"), queue("in.{user}", dead_letter_exchange="dlx"),
        queue("dead"), binding("dlx", "#", "dead"), binding("e", "*.{user}", "in.{user}"), consumer("in.{user}"),
        publisher("", "in.{user}"),
    )  # fmt: skip
    text = module(catalog, system)
    assert '("x.dlx" <> maybe (".in." <> token user) snd through)' in text
    assert '    through = arrivedUnder [("x.e", "e")] delivery\n' in text
    assert "under its own key" in about(text, "deadLetterIn") and "deadLetterDead" not in text


def test_what_is_published_for_later(catalog: Catalog) -> None:
    system = topology(exchange("e", "x-delayed-message"), queue("q"), binding("e", "k", "q"), publisher("e", "k"))
    text = module(catalog, system)
    assert types(text)["publishToE"] == "JetStream -> Text -> Text -> PublishOptions -> ByteString -> IO PubAck"
    assert '("Nats-Schedule-Target", encodeUtf8 "x.e.k")' in text
    assert "ensureDelays" in exported(text), "without this consumer nothing keeps them"


def test_streams_come_after_those_that_fill_them(catalog: Catalog) -> None:
    text = module(catalog, topology(exchange("z"), queue("q", max_length="5"), binding("z", "k", "q"), consumer("q")))
    assert text.index('defaultStreamConfig "X_z"') < text.index('defaultStreamConfig "Q_q"')
    assert 'scSources = [(defaultStreamSource "X_z") {sourceFilter = Just "x.z.k"}]' in text


def test_queues_without_a_name_and_many_subjects(catalog: Catalog) -> None:
    names = [f"{letter * 20}.{{id}}" for letter in "abcd"]
    system = topology(
        exchange("e"), *map(queue, names), *(binding("e", "k", name) for name in names),
        *(publisher("", name) for name in names), queue(""), consumer(SERVER_NAMED), publisher("", SERVER_NAMED),
        binding("e", "{user}", SERVER_NAMED),
    )  # fmt: skip
    text = module(catalog, system)
    assert '(defaultStreamConfig "X_e" [])\n' in text and "        scSubjects =\n          [ " in text
    assert "publishToTemporary" in exported(text)
    assert all(len(line) <= 120 for line in text.splitlines())


def test_configurations() -> None:
    assert fields(CONSUMER, {"ack_wait": 1_500_000_000, "backoff": [10**9], "max_deliver": -1}) == [
        "ccAckWait = Just 1.5", "ccBackoff = [1]",
    ]  # fmt: skip
    assert fields(CONSUMER, {"deliver_policy": "by_start_time", "opt_start_time": "2026-01-02T01:00:00+01:00"}) == [
        "ccDeliverPolicy = DeliverFromTime (UTCTime (fromGregorian 2026 1 2) 0)"
    ]
    assert fields(CONSUMER, {"sample_freq": "100", "mem_storage": False}) == [
        "ccMemoryStorage = Just False", 'ccOther = KeyMap.fromList [("sample_freq", Aeson.String "100")]',
    ]  # fmt: skip
    assert fields(STREAM, {"storage": "memory", "max_bytes": -1, "max_age": 10**9}) == [
        "scStorage = MemoryStorage", "scMaxAge = Just 1",
    ]  # fmt: skip


# As a compiler sees it

SYSTEMS = {
    "Odd": topology(
        exchange(ODD, "topic"), exchange("dlx", "topic"), queue(ODD, dead_letter_exchange="dlx"), consumer(ODD),
        binding(ODD, "#", ODD), publisher(ODD, "k.{id}.{stream}"), publisher(ODD, "{type}"), publisher(ODD, ""),
    ),
    "Later": topology(
        exchange("e", "x-delayed-message"), queue("q"), binding("e", "k", "q"), publisher("e", "k.{message}")
    ),
    "Filled": topology(
        exchange("e", "topic"), queue("q", max_length="5"), binding("e", "k.#", "q"), consumer("q"),
        queue("p", max_priority="9"), consumer("p"), publisher("", "p"),
    ),
    "Split": topology(
        exchange("e", "topic"), queue("logs.{topic}.end"), queue("logs.{topic}"), consumer("logs.{topic}"),
        publisher("e", "a.{key}.b"), publisher("e", "x{key}"), publisher("e", "{key}"), publisher("", "logs.{topic}"),
    ),
    "Long": topology(
        queue("long." + "x" * 200), consumer("long." + "x" * 200), queue("y" * 99 + ".{a}.{b}", dead_letter_exchange=""),
    ),
    "Unnamed": topology(
        exchange("dlx"), exchange("e"), queue("", dead_letter_exchange="dlx", dead_letter_routing_key="z.{user}"),
        consumer(SERVER_NAMED), binding("e", "{user}", SERVER_NAMED),
    ),
    "Sending": topology(exchange("fan", "fanout"), publisher("fan", "")),
    "Fields": topology(queue("q"), consumer("q")),
}  # fmt: skip
DECISIONS = {
    "Split": SPLIT,
    "Fields": Decisions(
        consumer_fields={
            "q": {
                "deliver_policy": "by_start_time", "opt_start_time": "2026-01-02T03:04:05Z", "backoff": ["1s", "5s"],
                "max_deliver": 3, "priority_groups": ["jobs"], "priority_policy": "pinned_client", "sample_freq": "100",
            }
        },
        stream_fields={"Q_q": {"compression": "s2", "description": ODD}},
    ),
}  # fmt: skip


@pytest.mark.ghc
def test_modules_compile_without_a_warning(
    haskell: Haskell, catalog: Catalog, modules: dict[str, str], tmp_path: Path
) -> None:
    texts = modules | {
        name: module(catalog, system, DECISIONS.get(name)).replace("module Shop.", f"module {name}.")
        for name, system in SYSTEMS.items()
    }
    paths = []
    for name, text in texts.items():
        paths.append(tmp_path / name / "Nats.hs")
        paths[-1].parent.mkdir()
        paths[-1].write_text(text)
    flags = ("-XHaskell2010", "-O0", "-fno-code", "-haddock", "-Winvalid-haddock", f"-i{tmp_path}")
    assert haskell.compile(tmp_path / "objects", *flags, *paths) == ""
