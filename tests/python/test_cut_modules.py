"""Modules that were cut to pieces and put together otherwise, as a merge or a full disk leaves them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from tests.python.test_bad_input import scanned

PIECES = (
    '''"""Orders, by pika."""
import os
import pika
from pika import exceptions as errors

EXCHANGE, QUEUE = "orders", f"{os.environ['PREFIX']}.billing"


class Publisher(object):
    KEY = "order.%s"

    def __init__(self, url: str, *, durable=True) -> None:
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        self.channel.queue_declare(queue=QUEUE, durable=durable, arguments={"x-max-length": 10})

    def send(self, kind, body, **more):
        try:
            self.channel.basic_publish(EXCHANGE, self.KEY % kind, body, pika.BasicProperties(**more))
        except (errors.AMQPError, ValueError) as error:
            raise RuntimeError("no") from error


if __name__ == "__main__":
    for kind in ("paid", "sent"):
        Publisher(os.environ.get("URL", "amqp://")).send(kind, b"\\x00")
''',
    """import asyncio, aio_pika
from aio_pika.abc import AbstractIncomingMessage as Message


async def work(message: Message) -> None:
    async with message.process(requeue=True):
        print(f"{message.body!r:>{10}}", end="")


async def main(queues=["a", "b"]):
    async with await aio_pika.connect_robust(host="localhost") as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("news", aio_pika.ExchangeType.TOPIC)
        for name in [q + ".new" for q in queues if q]:
            queue = await channel.declare_queue(name, durable=True)
            await queue.bind(exchange, routing_key=name)
            await queue.consume(work)
        await exchange.publish(aio_pika.Message(b"", delivery_mode=2), "a.new")

asyncio.run(main())
""",
    """from kombu import Connection, Exchange, Queue
from kombu.mixins import ConsumerMixin

events = Exchange("events", type="topic")
QUEUES = {name: Queue(name, events, routing_key=name + ".#") for name in ("user", "audit")}


class Worker(ConsumerMixin):
    def __init__(self, connection): self.connection = connection

    def get_consumers(self, Consumer, channel):
        return [Consumer(queues=list(QUEUES.values()), callbacks=[self.on_event, lambda b, m: m.ack()])]

    def on_event(self, body, message):
        message.requeue() if body else message.ack()


with Connection("amqp://guest@localhost//") as connection:
    Worker(connection).run()
""",
)


@st.composite
def cut(draw: st.DrawFn) -> bytes:
    """Return a module of which bytes and lines were taken out, doubled, or put in from elsewhere."""
    data = draw(st.sampled_from(PIECES)).encode()
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.lists(st.integers(0, len(data)), min_size=2, max_size=2)))
        lines = data.splitlines(keepends=True) or [b""]
        first, last = sorted(draw(st.lists(st.integers(0, len(lines)), min_size=2, max_size=2)))
        other = draw(st.sampled_from(PIECES)).encode()
        data = draw(
            st.sampled_from(
                [
                    data[:end],
                    data[:start] + data[start + draw(st.integers(1, 9)) :],
                    data[:start] + draw(st.binary(max_size=4)) + data[start:],
                    data[:start] + other[start:end] + data[end:],
                    b"".join([*lines[:last], *lines[first:]]),
                    b"".join([*lines[:first], *lines[last:]]),
                    b"".join([*lines[:first], *sorted(lines[first:last]), *lines[last:]]),
                ]
            )
        )
    return data


@given(first=cut(), second=cut())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_piece_of_a_module_ends_the_scan(first: bytes, second: bytes, catalog: Catalog) -> None:
    with TemporaryDirectory() as folder:
        report = scanned(Path(folder), {"first.py": first, "package/second.py": second}, catalog)
    assert all(problem.line > 0 for problem in report.coverage.problems)
