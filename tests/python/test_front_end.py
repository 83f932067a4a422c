"""What is found in Python code: uses of libraries, the names they are about, and the messaging system behind them.

Each case is a project. A line of what is expected reads `FILE:LINE OPERATION NAME=VALUE ...`, or is about the system.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.report import Report
from natsscan.model.usage import Argument, Operation, Provenance, Tier
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import open_project

_NAMES = ("exchange", "queue", "routing_key", "exchange_type", "ack", "prefetch_count", "requeue", "delivery_mode")
_UNTOLD = (Operation.IMPORT, Operation.TYPE, Operation.TOPOLOGY, Operation.ENV, Operation.CONFIG, Operation.MENTION)

CASES: dict[str, tuple[dict[str, str], str]] = {
    "pika, blocking": (
        {
            "send.py": """
                import pika
                connection = pika.BlockingConnection(pika.ConnectionParameters("localhost"))
                channel = connection.channel()
                channel.exchange_declare(exchange="orders", exchange_type="topic", durable=True)
                channel.queue_declare("billing", durable=True, arguments={"x-dead-letter-exchange": "dead"})
                channel.queue_bind(exchange="orders", queue="billing", routing_key="order.*")
                channel.basic_qos(prefetch_count=8)
                channel.basic_publish("orders", "order.new", b"", pika.BasicProperties(delivery_mode=2))
                def on_message(ch, method, properties, body):
                    ch.basic_ack(delivery_tag=method.delivery_tag)
                    ch.basic_nack(method.delivery_tag, requeue=False)
                channel.basic_consume("billing", on_message)
                channel.start_consuming()
            """
        },
        """
        send.py:3 connect
        send.py:3 connect
        send.py:4 open-channel
        send.py:5 declare-exchange exchange=orders exchange_type=topic
        send.py:6 declare-queue queue=billing
        send.py:7 bind exchange=orders queue=billing routing_key=order.*
        send.py:8 qos prefetch_count=8
        send.py:9 message delivery_mode=Persistent
        send.py:9 publish exchange=orders routing_key=order.new
        send.py:11 ack
        send.py:12 reject requeue=False
        send.py:13 consume queue=billing
        send.py:13 wraps send.on_message
        send.py:14 handler
        exchange orders topic
        queue billing {'x-dead-letter-exchange': 'dead'}
        binding orders order.* billing
        publisher orders order.new Persistent
        consumer billing Ack 8
        """,
    ),
    "pika before 1.0: the callback first, no_ack": (
        {
            "old.py": """
                import pika
                channel = pika.BlockingConnection().channel()
                def work(channel, method, properties, body): ...
                channel.basic_consume(work, queue="jobs", no_ack=True)
                channel.basic_consume(work, "mails")
            """
        },
        """
        old.py:3 connect
        old.py:3 open-channel
        old.py:5 consume ack=NoAck queue=jobs
        old.py:6 consume queue=mails
        consumer jobs NoAck None
        consumer mails Ack None
        """,
    ),
    "a class around a channel, made in another file": (
        {
            "broker.py": """
                import pika

                class Publisher:
                    EXCHANGE = "orders"

                    def __init__(self, url, prefix):
                        self.connection = pika.BlockingConnection(pika.URLParameters(url))
                        self._channel = self.connection.channel()
                        self.prefix = prefix

                    def send(self, what, body):
                        self._channel.basic_publish(self.EXCHANGE, f"{self.prefix}.{what}", body)
            """,
            "main.py": """
                from broker import Publisher

                def run(url):
                    publisher = Publisher(url, "order")
                    publisher.send("paid", b"")
            """,
        },
        """
        broker.py:8 connect
        broker.py:8 connect
        broker.py:9 open-channel
        broker.py:13 publish exchange=orders routing_key=order.paid
        main.py:5 wraps broker.Publisher
        main.py:6 wraps broker.Publisher.send
        publisher orders order.paid
        """,
    ),
    "aio-pika: annotations, iterators, objects that are names": (
        {
            "worker.py": """
                import aio_pika
                from aio_pika.abc import AbstractChannel

                async def declare(channel: AbstractChannel):
                    exchange = await channel.declare_exchange("orders", aio_pika.ExchangeType.FANOUT, durable=True)
                    queue = await channel.declare_queue("stock", durable=True)
                    await queue.bind(exchange, "")
                    return queue

                async def work(url):
                    async with await aio_pika.connect_robust(url) as connection:
                        channel = await connection.channel()
                        await channel.set_qos(prefetch_count=4)
                        queue = await declare(channel)
                        async with queue.iterator() as messages:
                            async for message in messages:
                                await message.reject(requeue=True)
                        await channel.default_exchange.publish(aio_pika.Message(b""), routing_key="replies")
            """
        },
        """
        worker.py:6 declare-exchange exchange=orders exchange_type=fanout
        worker.py:7 declare-queue queue=stock
        worker.py:8 bind exchange=orders queue=stock routing_key=
        worker.py:12 connect
        worker.py:13 open-channel
        worker.py:14 qos prefetch_count=4
        worker.py:15 wraps worker.declare
        worker.py:16 consume queue=stock
        worker.py:18 reject requeue=True
        worker.py:19 message
        worker.py:19 publish routing_key=replies
        exchange  direct
        exchange orders fanout
        queue stock {}
        binding orders  stock
        publisher  replies NonPersistent
        consumer stock Ack 4
        """,
    ),
    "kombu: objects, a mixin, a producer with an exchange": (
        {
            "events.py": """
                from kombu import Connection, Exchange, Queue, Producer
                from kombu.mixins import ConsumerMixin

                events = Exchange("events", type="topic")
                audit = Queue("audit", events, routing_key="user.#")

                class Auditor(ConsumerMixin):
                    def __init__(self, connection):
                        self.connection = connection

                    def get_consumers(self, Consumer, channel):
                        return [Consumer(queues=[audit], callbacks=[self.on_event])]

                    def on_event(self, body, message):
                        message.ack()

                def tell(url):
                    with Connection(url) as connection:
                        Producer(connection, exchange=events).publish({}, routing_key="user.new")
            """
        },
        """
        events.py:5 declare-exchange exchange=events exchange_type=topic
        events.py:6 declare-queue exchange=events queue=audit routing_key=user.#
        events.py:13 consume queue=audit
        events.py:13 wraps events.Auditor.on_event
        events.py:16 ack
        events.py:19 connect
        events.py:20 publish exchange=events routing_key=user.new
        exchange events topic
        queue audit {}
        binding events user.# audit
        publisher events user.new Persistent
        consumer audit Ack None
        """,
    ),
    "names: every way to put one together": (
        {
            "names.py": """
                import os
                from dataclasses import dataclass
                import pika

                QUEUE = "jobs"
                TABLE = {"mail": "mails", "print": "prints"}

                @dataclass
                class Settings:
                    exchange: str = "main"

                def go(settings: Settings, user):
                    c = pika.BlockingConnection().channel()
                    c.queue_declare(QUEUE)
                    c.queue_declare("user.%s" % user)
                    c.queue_declare("user.{}.{kind}".format(user, kind="x"))
                    c.queue_declare(f"user.{user}")
                    c.queue_declare(".".join(["a", "b", user]))
                    c.queue_declare(os.environ.get("QUEUE", "fallback"))
                    c.queue_declare(os.environ["NAME"])
                    c.queue_declare(TABLE["mail"])
                    c.queue_declare("left" if user else "right")
                    c.queue_declare(QUEUE + ".dead")
                    for kind in ("one", "two"):
                        c.queue_declare(kind)
                    c.exchange_declare(Settings().exchange)
            """
        },
        """
        names.py:14 connect
        names.py:14 open-channel
        names.py:15 declare-queue queue=jobs
        names.py:16 declare-queue queue=user.{user}
        names.py:17 declare-queue queue=user.{user}.x
        names.py:18 declare-queue queue=user.{user}
        names.py:19 declare-queue queue=a.b.{user}
        names.py:20 declare-queue queue={QUEUE}
        names.py:21 declare-queue queue={NAME}
        names.py:22 declare-queue queue=mails
        names.py:23 declare-queue queue=left|right
        names.py:24 declare-queue queue=jobs.dead
        names.py:26 declare-queue queue=one|two
        names.py:27 declare-exchange exchange=main
        exchange main direct
        queue a.b.{user} {}
        queue jobs {}
        queue jobs.dead {}
        queue left {}
        queue mails {}
        queue one {}
        queue right {}
        queue two {}
        queue user.{user} {}
        queue user.{user}.x {}
        queue {NAME} {}
        queue {QUEUE} {}
        """,
    ),
    "a channel that nobody tells the class of, by methods that only AMQP has": (
        {
            "setup.cfg": "[metadata]\nname = x\n",
            "connect.py": "import pika\nconnection = pika.BlockingConnection()\n",
            "use.py": """
                def handle(thing, body):
                    thing.basic_publish(exchange="e", routing_key="k", body=body)
                    thing.publish("not this")
            """,
        },
        """
        connect.py:2 connect
        use.py:3 publish exchange=e routing_key=k
        publisher e k
        """,
    ),
    "what looks alike and is something else": (
        {
            "quiet.py": """
                import pika  # only for its version
                import redis

                class Channel:
                    def publish(self, text): ...
                    def declare_queue(self, name): ...

                def hooks(client, channel):
                    redis.Redis().publish("news", "x")
                    Channel().publish("x")
                    Channel().declare_queue("not-a-queue")
                    client.send("queue_declare")
                    # channel.basic_publish("e", "k", b"")
                    return "channel.basic_ack()"
            """
        },
        "",
    ),
    "Haskell and Python share an exchange": (
        {
            "hs/Send.hs": """
                module Send where
                import qualified Network.AMQP as Q
                send c m = Q.publishMsg c "orders" "order.new" m
            """,
            "py/read.py": """
                import pika
                channel = pika.BlockingConnection().channel()
                channel.queue_bind("stock", "orders", "order.new")
                channel.basic_consume("stock", print, auto_ack=True)
            """,
        },
        """
        py/read.py:3 connect
        py/read.py:3 open-channel
        py/read.py:4 bind exchange=orders queue=stock routing_key=order.new
        py/read.py:5 consume ack=NoAck queue=stock
        binding orders order.new stock
        publisher orders order.new
        consumer stock NoAck None
        """,
    ),
}


def scanned(folder: Path, catalog: Catalog) -> Report:
    return scan(open_project((folder,)), catalog, ScanOptions(), lambda *_: None)


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.split("\n")
        path.write_text("\n".join(line[16:] if line.startswith(" " * 16) else line for line in lines))
    return folder / "project"


@pytest.mark.parametrize("name", CASES)
def test_found(name: str, tmp_path: Path, catalog: Catalog) -> None:
    files, expected = CASES[name]
    wanted = [line.removeprefix(" " * 8) for line in expected.split("\n") if line.strip()]
    assert sorted(told(scanned(written(tmp_path, files), catalog))) == sorted(wanted)


def told(report: Report) -> Iterator[str]:
    """Yield what a report says of Python and of the system, one line each."""
    for finding in report.findings:
        usage = finding.usage
        if usage.language != "python" or usage.operation in _UNTOLD or usage.tier is Tier.MENTION:
            continue
        place = f"{usage.span.path}:{usage.span.line}"
        if usage.tier is Tier.INDIRECT:
            yield f"{place} wraps {usage.symbol}"
        else:
            given = {argument.name: argument for argument in usage.arguments}
            values = [f"{name}={shown(given[name])}" for name in sorted(_NAMES) if is_said(given.get(name))]
            yield " ".join([place, usage.operation, *values])
    system = report.topology
    yield from (f"exchange {e.name} {e.properties.get('exchange_type', '')}" for e in system.exchanges)
    yield from (f"queue {queue.name} {queue.arguments}" for queue in system.queues)
    yield from (f"binding {b.exchange} {b.routing_key} {b.queue}" for b in system.bindings)
    for p in system.publishers:
        yield f"publisher {p.exchange} {p.routing_key} {p.properties.get('delivery_mode', '')}".rstrip()
    yield from (f"consumer {c.queue} {c.ack} {c.prefetch}" for c in system.consumers)


def is_said(argument: Argument | None) -> bool:
    return argument is not None and argument.provenance is not Provenance.DEFAULT


def shown(argument: Argument) -> str:
    return "|".join(argument.value.texts) if argument.value else argument.text


_WITHOUT = """
import sys
from natsscan.cli.main import main
sys.argv = ["natsscan", ".", "--format", "json"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
assert "libcst" not in sys.modules, "LibCST was imported"
"""


def test_a_tree_without_amqp_is_scanned_without_libcst(tmp_path: Path) -> None:
    for at in range(5_000):
        path = tmp_path / f"package{at % 50}" / f"module{at}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"import os\n\n\ndef function{at}(channel):\n    return channel.publish(os.name)\n")
    done = subprocess.run([sys.executable, "-c", _WITHOUT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"seen": 5000' in done.stdout or '"seen":5000' in done.stdout.replace(" ", "")
