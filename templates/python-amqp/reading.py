# Made by natsscan generate python-amqp; written anew when it runs again.
"""Messages of streams, as messages of queues, and the words that settle them."""

from __future__ import annotations

from nats.aio.msg import Msg

from . import codec
from .message import Held
from .plan import Plan

ACK, NAK, PROGRESS = b"+ACK", b"-NAK", b"+WPI"
LATER = b'-NAK {"delay":1000000000}'


def read(plan: Plan, message: Msg, queue: str) -> Held:
    """Return a message of a queue."""
    headers = message.headers or {}
    info = message.metadata
    exchange, key = codec.decode_origin(headers) or plan.origin(message.subject) or ("", queue)
    return Held(
        properties=codec.decode(headers),
        body=message.data,
        exchange=exchange,
        routing_key=key,
        queue=queue,
        redelivered=info.num_delivered > 1,
        reply=message.reply,
        stream=info.stream,
        consumer=info.consumer,
        sequence=info.sequence.stream,
        stored=round(info.timestamp.timestamp() * 1_000_000),
        delivered=info.num_delivered,
        left=info.num_pending,
    )
