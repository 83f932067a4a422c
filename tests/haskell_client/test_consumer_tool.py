"""The command that `natsscan generate nats-consumer` writes, compiled, against a real nats-server."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerInfo

import nats
from tests.conftest import WIRE_MINI, Run, run_command
from tests.haskell_client.conftest import FLAGS, Server, jetstream, serving
from tests.nats.conftest import OldServer, free_ports, missing, old_server

__all__ = ["old_server"]  # the fixture

pytestmark = pytest.mark.ghc
T = TypeVar("T")
STREAM, QUEUE = "Q_backend-notifications", "backend-notifications.b.example"
CONSUMER, SUBJECT = "backend-notifications=2Eb=2Eexample", "q.backend-notifications.b=2Eexample"


@dataclass(frozen=True)
class Tool:
    """The command, and what `natsscan map` writes for the same code."""

    program: Path
    package: Path
    mapping: Path

    def __call__(self, url: str, *arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> Run:
        command = [self.program, *arguments, *(["--server", url] if url else [])]
        done = subprocess.run(
            command, input=stdin, env=env or {}, capture_output=True, text=True, check=False, timeout=60
        )
        return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    compiler, folder = shutil.which("ghc"), tmp_path_factory.mktemp("tool")
    if compiler is None:
        missing("no ghc; apt-get install ghc")
    project, package = folder / "wire-mini", folder / "wire-mini/tools/nats-consumer"
    shutil.copytree(WIRE_MINI, project)
    for what in (["generate", "nats-consumer", ".", "-o", package], ["map", ".", "-o", folder / "mapping"]):
        run = run_command(*what, cwd=project)
        assert run.code == 0, run.err
    cabal = (package / "nats-consumer.cabal").read_text()
    names = [
        word
        for name in re.findall(r"^    [ ,] ([\w-]+)(?: >=.*)?$", cabal, re.MULTILINE)
        for word in ("-package", name)
    ]
    flags = (*FLAGS, "-XHaskell2010", "-O0", "-threaded", "-haddock", "-Winvalid-haddock", "-Wunused-packages")
    folders = [f"-i{package / 'src'}", "-outputdir", folder / "objects", "-o", folder / "nats-consumer"]
    done = subprocess.run(
        [compiler, *flags, *names, *folders, package / "app/Main.hs"], capture_output=True, text=True, check=False
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)
    return Tool(folder / "nats-consumer", package, folder / "mapping")


def test_cabal_takes_the_package(tool: Tool, tmp_path: Path) -> None:
    package = shutil.copytree(tool.package, tmp_path / "package")
    (package / "Setup.hs").write_text("import Distribution.Simple\nmain = defaultMain\n")
    command = ["runghc", "Setup.hs", "configure", "--global"]
    done = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Warning" not in done.stdout + done.stderr, done.stdout + done.stderr


@dataclass(frozen=True)
class Broker:
    """A server with what is mapped for the queue of one backend, and who else uses it."""

    url: str

    def _with(self, act: Callable[[Client], Awaitable[T]]) -> T:
        async def run() -> T:
            client = await nats.connect(self.url)
            try:
                return await act(client)
            finally:
                await client.close()

        return asyncio.run(run())

    def ask(self, subject: str, **body: object) -> None:
        async def act(client: Client) -> None:
            answer = json.loads((await client.request(f"$JS.API.{subject}", json.dumps(body).encode())).data)
            assert "error" not in answer, answer

        self._with(act)

    def set_up(self, tool: Tool, **more: object) -> None:
        stream = json.loads((tool.mapping / f"streams/{STREAM}.json").read_text())
        self.ask(f"STREAM.CREATE.{STREAM}", **stream | {"num_replicas": 1})
        file = tool.mapping / f"consumers/{STREAM}/backend-notifications=2E{{queues}}.json"
        config = json.loads(file.read_text().replace("{queues}", "b=2Eexample")) | more
        self.ask(f"CONSUMER.DURABLE.CREATE.{STREAM}.{CONSUMER}", stream_name=STREAM, config=config)

    def publish(self, *bodies: object, subject: str = SUBJECT) -> None:
        async def act(client: Client) -> None:
            for body in bodies:
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                await client.jetstream().publish(subject, data, headers={"Origin": "a.example"})

        self._with(act)

    def info(self) -> ConsumerInfo:
        async def act(client: Client) -> ConsumerInfo:
            return await client.jetstream().consumer_info(STREAM, CONSUMER)

        return self._with(act)

    def deliveries(self) -> int:
        """Return how many there were so far, of all messages."""
        delivered = self.info().delivered
        assert delivered is not None
        return delivered.consumer_seq

    def take(self, count: int, *settled: tuple[int, bytes]) -> list[tuple[bytes, int]]:
        """Pull messages, then settle some of them in this order; return their bodies, and how often each came."""

        async def act(client: Client) -> list[tuple[bytes, int]]:
            sub = await client.jetstream().pull_subscribe_bind(CONSUMER, STREAM)
            found = await sub.fetch(count, timeout=5)
            for at, answer in settled:
                await client.publish(found[at].reply, answer)
            await client.flush()
            return [(message.data, message.metadata.num_delivered or 0) for message in found]

        return self._with(act)

    def rest(self) -> list[int]:
        """Take all that is left, and return the numbers that are in it."""
        count = (self.info().num_pending or 0) + (self.info().num_ack_pending or 0)
        return [json.loads(self.take(1, (0, b"+ACK"))[0][0])["n"] for _ in range(count)]


@pytest.fixture
def broker(server: Server, tool: Tool) -> Broker:
    found = Broker(server.url)
    found.set_up(tool)
    return found


@pytest.fixture
def three(broker: Broker) -> Broker:
    """With three messages, and one of another backend before them."""
    broker.publish({"n": 0}, subject="q.backend-notifications.other")
    broker.publish(*({"n": n, "path": f"/{n}"} for n in (1, 2, 3)))
    return broker


def field(run: Run, name: str) -> str:
    found = re.search(rf"^{name}: +(.*)$", run.out, re.MULTILINE)
    assert found is not None, run.out + run.err
    return found[1]


def test_head_leaves_all_as_it_is(tool: Tool, three: Broker) -> None:
    before = three.info()
    first = tool(three.url, "head", "--queue", QUEUE)
    assert (first.code, first.err) == (0, "")
    told = [field(first, name) for name in ("stream", "consumer", "subject", "number", "delivered", "header")]
    assert told == [STREAM, CONSUMER, SUBJECT, "2", "never", "Origin: a.example"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", field(first, "published"))
    assert first.out.endswith('\n{\n  "n": 1,\n  "path": "/1"\n}\n\n')
    assert tool(three.url, "head", "--stream", STREAM, "--consumer", CONSUMER) == first, "it is still there"
    assert three.info() == before
    assert three.take(1, (0, b"-NAK"))[0][1] == 1, "whoever gets it next gets it for the first time"


def test_head_of_a_message_in_work(tool: Tool, three: Broker) -> None:
    three.take(1)
    run = tool(three.url, "head", "--queue", QUEUE)
    assert (field(run, "number"), field(run, "delivered")) == ("2", "once; somebody may be working on it")
    assert three.deliveries() == 1


def test_drop_head_drops_the_first_and_no_other(tool: Tool, three: Broker) -> None:
    run = tool(three.url, "drop-head", "--queue", QUEUE)
    assert run.code == 0 and run.out.endswith("\n\ndropped: number 2, delivery 1\n") and '"/1"' in run.out
    assert field(tool(three.url, "head", "--queue", QUEUE), "number") == "3"
    assert (three.rest(), three.deliveries()) == ([2, 3], 3)


def test_drop_head_finds_the_first_among_what_was_given_back(tool: Tool, broker: Broker, tmp_path: Path) -> None:
    """The server delivers again in the order in which messages are given back."""
    broker.ask(f"CONSUMER.DELETE.{STREAM}.{CONSUMER}")
    broker.set_up(tool, max_ack_pending=10)
    broker.publish(*({"n": n} for n in (1, 2, 3, 4)))
    broker.take(3, (1, b"-NAK"), (2, b"-NAK"), (0, b"-NAK"))
    run = tool(broker.url, "drop-head", "--queue", QUEUE)
    assert run.code == 0 and run.out.endswith("dropped: number 1, delivery 2\n")
    assert broker.rest() == [2, 3, 4], "the others are in order again"


def test_a_message_that_somebody_holds_is_not_dropped(tool: Tool, broker: Broker) -> None:
    broker.ask(f"CONSUMER.DELETE.{STREAM}.{CONSUMER}")
    broker.set_up(tool, max_ack_pending=10, ack_wait=4_000_000_000)
    broker.publish(*({"n": n} for n in (1, 2, 3)))
    broker.take(1)
    run = tool(broker.url, "drop-head", "--queue", QUEUE)
    held = "not dropped: somebody else holds it; number 2 came instead, and was given back\n"
    assert run.code == 1 and run.out.endswith(held)
    time.sleep(4)
    assert sorted(broker.rest()) == [1, 2, 3]


def test_one_message_at_a_time_is_waited_for(tool: Tool, three: Broker) -> None:
    """What the mapping has: a queue with one active consumer has one message in work."""
    three.take(1)
    run = tool(three.url, "drop-head", "--queue", QUEUE, "--timeout", "1")
    assert run.code == 1 and run.out.endswith("not dropped: somebody else holds it; waited for 1s\n")
    assert three.deliveries() == 1


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (["path=/2"], "path is not /2"),
        (["path=/1", "n=2"], "n is not 2"),
        (["none=1"], "none is not 1"),
        (["path=1"], "path is not 1"),
    ],
)
def test_a_condition_that_is_not_met_drops_nothing(tool: Tool, three: Broker, conditions: list[str], said: str) -> None:
    before = three.info()
    run = tool(three.url, "drop-head", "--queue", QUEUE, *(word for each in conditions for word in ("--if", each)))
    assert run.code == 1 and run.out.endswith(f"\nnot dropped: {said}\n")
    assert three.info() == before and three.rest() == [1, 2, 3]


def test_conditions_that_are_met(tool: Tool, broker: Broker) -> None:
    broker.publish({"n": 1, "to": {"domain": "b.example", "x.y": None}, "id": "7"})
    conditions = ("--if=n=1", "--if=to.domain=b.example", "--if=to.x.y=null", "--if=id=7")
    assert tool(broker.url, "drop-head", "--queue", QUEUE, *conditions).code == 0
    assert broker.rest() == []


def test_interactive(tool: Tool, three: Broker) -> None:
    run = tool(three.url, "interactive", "--queue", QUEUE, stdin="what?\nback\ndrop\nquit\n")
    assert run.code == 0 and re.findall(r"^number: +(\d)$", run.out, re.MULTILINE) == ["2", "2", "3"]
    assert "[drop/back/quit] dropped: number 2, delivery 1\n" in run.out
    assert run.out.endswith("[drop/back/quit] it stays where it is\n")
    assert three.deliveries() == 1
    assert tool(three.url, "interactive", "--queue", QUEUE).code == 0, "the end of input is as good as quit"
    run = tool(three.url, "interactive", "--queue", QUEUE, stdin="drop\ndrop\n")
    assert run.code == 0 and run.out.endswith("dropped: number 4, delivery 1\nthe queue is empty\n")


def test_an_empty_queue_is_waited_for(tool: Tool, broker: Broker) -> None:
    broker.publish({"n": 1}, subject="q.backend-notifications.other")
    for command in ("head", "drop-head", "interactive"):
        begin = time.monotonic()
        run = tool(broker.url, command, "--queue", QUEUE, "--timeout", "1.5")
        assert (run.code, run.out, run.err) == (1, "the queue is empty; waited for 1.5s\n", "")
        assert 1.5 <= time.monotonic() - begin < 5


def test_a_message_that_comes_while_it_waits(tool: Tool, broker: Broker) -> None:
    command = [tool.program, "head", "--queue", QUEUE, "--server", broker.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
        time.sleep(0.5)
        broker.publish({"n": 1})
        out, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 0 and '"n": 1' in out


def test_a_single_active_consumer_is_not_disturbed(tool: Tool, server: Server) -> None:
    broker = Broker(server.url)
    group = {"priority_groups": ["one"], "priority_policy": "pinned_client", "priority_timeout": 4_000_000_000}
    broker.set_up(tool, **group)
    broker.publish({"n": 1}, {"n": 2}, {"n": 3})
    assert tool(broker.url, "drop-head", "--queue", QUEUE).code == 0

    async def act(client: Client) -> None:
        inbox = client.new_inbox()
        sub = await client.subscribe(inbox)
        body = json.dumps({"batch": 1, "expires": 60_000_000_000, "group": "one"}).encode()
        await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{CONSUMER}", body, reply=inbox)
        message = await sub.next_msg(5)
        assert json.loads(message.data) == {"n": 2}, "the command left its place to others"
        await client.publish(message.reply, b"+ACK")
        await client.flush()

    broker._with(act)
    run = tool(broker.url, "drop-head", "--queue", QUEUE, "--timeout", "1")
    assert run.code == 1 and run.out.endswith("somebody else holds it; waited for 1s\n") and '"n": 3' in run.out
    run = tool(broker.url, "drop-head", "--queue", QUEUE)
    assert run.code == 0 and run.out.endswith("dropped: number 3, delivery 1\n"), "the other one is gone"


def test_bodies_that_are_no_json_and_what_would_steer_a_terminal(tool: Tool, broker: Broker) -> None:
    broker.publish(b"\x1b[2Jone\ntwo\xff")
    assert tool(broker.url, "head", "--queue", QUEUE).out.endswith("\n\\x1b[2Jone\ntwo\ufffd\n\n")
    assert tool(broker.url, "drop-head", "--queue", QUEUE).code == 0
    text = '{ "\u202e a\\"{[,":[1.50,{},[ ] ,true],\n"b":"\u00e9"}'
    broker.publish(text.encode())
    out = tool(broker.url, "head", "--queue", QUEUE).out
    assert out.endswith(
        '\n{\n  "\\x202e a\\"{[,": [\n    1.50,\n    {},\n    [],\n    true\n  ],\n  "b": "\u00e9"\n}\n\n'
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["head", "--queue", "unknown"],
            "no queue is called unknown; known are: user-notifications.{UserId}.Nothing, ",
        ),
        (["head", "--queue", "backend-notifications."], "backend-notifications.{queues}, "),
        (["head"], "which queue?"),
        (["head", "--stream", "S"], "which queue?"),
        (["head", "--stream", "a.b", "--consumer", "c"], "no stream or consumer can be called a.b"),
        (["--queue", QUEUE], "which command?"),
        (["peek", "--queue", QUEUE], "no command is called peek"),
        (["head", "twice", "--queue", QUEUE], "what is twice for?"),
        (["head", "--queue", QUEUE, "--timeout", "soon"], "--timeout is a number of seconds"),
        (["head", "--queue", QUEUE, "--if", "a=b"], "--if is for drop-head only"),
        (["drop-head", "--queue", QUEUE, "--if", "a"], "--if takes FIELD=VALUE"),
        (["head", "--queue", QUEUE, "--server", "http://x"], "not a server: http://x"),
        (["head", "--queue", QUEUE, "--fast"], "unrecognized option `--fast'"),
    ],
)
def test_wrong_arguments(tool: Tool, arguments: list[str], said: str) -> None:
    run = tool("", *arguments)
    assert (run.code, run.out) == (2, "") and said in run.err and len(run.err.splitlines()) == 1


def test_help(tool: Tool) -> None:
    run = tool("", "--help")
    assert (run.code, run.err) == (0, "") and "--if=FIELD=VALUE" in run.out and "interactive" in run.out


def test_servers_and_credentials_of_the_environment(tool: Tool, tmp_path: Path) -> None:
    locked = f'authorization {{ user: ann, password: "p w" }}\n{jetstream(tmp_path)}'
    with serving(tmp_path / "s", locked) as server:
        url, user = {"NATS_URL": server.url}, {"NATS_USERNAME": "ann", "NATS_PASSWORD": "p w"}
        run = tool("", "head", "--queue", QUEUE, env=url | user)
        where = f"(stream {STREAM}, consumer {CONSUMER})"
        assert (run.code, run.err) == (1, f"nats-consumer: stream not found {where}\n")
        run = tool("", "head", "--queue", QUEUE, env=url)
        assert run.code == 1 and "AuthorizationViolation" in run.err
        run = tool("", "head", "--queue", QUEUE, env=url | {"NATS_USERNAME": "ann"})
        assert (run.code, run.err) == (2, "nats-consumer: NATS_USERNAME is set, and NATS_PASSWORD is not\n")
        dead = f"127.0.0.1:{free_ports(1)[0]}"
        assert "stream not found" in tool(f"{dead},{server.url}", "head", "--queue", QUEUE, env=user).err
        run = tool(dead, "head", "--queue", QUEUE)
        assert run.code == 1 and run.err.startswith(f"nats-consumer: no connection: {dead}: ")
        assert len(run.err.splitlines()) == 1


@pytest.fixture
def old_broker(tool: Tool, old_server: OldServer, tmp_path: Path) -> Iterator[Broker]:
    with serving(tmp_path / "old", jetstream(tmp_path), program=old_server.program) as server:
        broker = Broker(server.url)
        broker.set_up(tool)
        yield broker


def test_a_server_as_old_as_supported(tool: Tool, old_broker: Broker) -> None:
    old_broker.publish({"n": 1}, {"n": 2})
    assert field(tool(old_broker.url, "head", "--queue", QUEUE), "delivered") == "never"
    assert tool(old_broker.url, "drop-head", "--queue", QUEUE).code == 0
    assert old_broker.rest() == [2]
