"""The same samples through a real RabbitMQ."""

from __future__ import annotations

import time

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from natsscan.model.errors import InputError
from natsscan.model.proof import Broker, Proof, Verdict
from natsscan.nats.proof.samples import Trial

_PREFIX = "natsscan-verify."
_SETTLED = 0.05  # seconds between looks at queues that may still be filling
_LOOKS = 4


def deliveries(url: str, broker: Broker, sent: list[tuple[str, str]]) -> tuple[frozenset[str], ...]:
    """Return, for each exchange and key, which queues of a real RabbitMQ get the message.

    Exchanges and queues get a prefix and are deleted again; queues belong to this connection only. Raises InputError
    for a URL that does not answer.
    """
    connection = connect(url)
    channel = connection.channel()
    try:
        for name, kind in broker.exchanges.items():
            channel.exchange_declare(_PREFIX + name, kind, auto_delete=False)
        for source, key, destination in broker.passages:
            channel.exchange_bind(_PREFIX + destination, _PREFIX + source, key)
        for queue in sorted(broker.queues):
            channel.queue_declare(_PREFIX + queue, exclusive=True)
        for exchange, key, queue in broker.bindings:
            channel.queue_bind(_PREFIX + queue, _PREFIX + exchange, key)
        channel.confirm_delivery()
        for number, (exchange, key) in enumerate(sent):
            to = (_PREFIX + exchange, key) if exchange else ("", _PREFIX + key)
            channel.basic_publish(*to, body=str(number).encode())
        return _collected(channel, broker, len(sent))
    except AMQPError as error:
        raise InputError(f"--rabbitmq: RabbitMQ refused: {str(error) or type(error).__name__}") from error
    finally:
        if connection.is_open:
            cleaning = channel if channel.is_open else connection.channel()
            for name in broker.exchanges:
                cleaning.exchange_delete(_PREFIX + name)
            connection.close()


def connect(url: str) -> pika.BlockingConnection:
    """Return a connection. Raises InputError for a URL that does not answer."""
    try:
        return pika.BlockingConnection(pika.URLParameters(url))
    except (AMQPError, OSError, ValueError) as error:
        raise InputError(f"--rabbitmq {_without_password(url)}: no RabbitMQ answers there") from error


def compare(trial: Trial, got: tuple[frozenset[str], ...], on_nats: tuple[frozenset[str], ...]) -> list[Proof]:
    """Return what RabbitMQ and NATS did otherwise, or one line that says they agree."""
    found = []
    for sample, rabbit, nats in zip(trial.samples, got, on_nats, strict=True):
        if rabbit != nats:
            where = f"key '{sample.key}' to {sample.exchange or 'the default exchange'}"
            detail = f"RabbitMQ: {', '.join(sorted(rabbit)) or 'nobody'}; NATS: {', '.join(sorted(nats)) or 'nobody'}"
            found.append(Proof(where, "RabbitMQ and NATS", Verdict.DIFFERS, detail))
    if not found:
        found = [Proof("all messages", "RabbitMQ and NATS", Verdict.PROVEN, f"{len(got)} messages, the same queues")]
    return found


def _collected(channel: BlockingChannel, broker: Broker, count: int) -> tuple[frozenset[str], ...]:
    found: list[set[str]] = [set() for _ in range(count)]
    for queue in sorted(broker.queues):
        looks = 0
        while looks < _LOOKS:
            method, _, body = channel.basic_get(_PREFIX + queue, auto_ack=True)
            if method is None or body is None:
                looks += 1
                if looks < _LOOKS and queue == min(broker.queues):
                    time.sleep(_SETTLED)
                continue
            found[int(body)].add(queue)
    return tuple(map(frozenset, found))


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else url
