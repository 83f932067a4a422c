from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from natsscan.model.name import Name
from natsscan.model.span import Span


class Operation(StrEnum):
    """What a usage does with a messaging system; the names follow the methods of AMQP 0-9-1 where it has one.

    `topology` is what only the whole of a messaging system tells. What programs do with NATS has names of its own;
    `nats-subscribe` is also to fetch, `nats-ack` to settle in any way, `nats-stream` and `nats-consumer` to set up,
    change, ask for or delete one, `nats-store` all of a key-value or object store.
    """

    IMPORT = "import"
    TYPE = "type"
    CONNECT = "connect"
    OPEN_CHANNEL = "open-channel"
    CLOSE = "close"
    DECLARE_EXCHANGE = "declare-exchange"
    DECLARE_QUEUE = "declare-queue"
    DELETE_EXCHANGE = "delete-exchange"
    DELETE_QUEUE = "delete-queue"
    BIND = "bind"
    UNBIND = "unbind"
    PUBLISH = "publish"
    MESSAGE = "message"
    CONSUME = "consume"
    CANCEL = "cancel"
    GET = "get"
    ACK = "ack"
    REJECT = "reject"
    RECOVER = "recover"
    QOS = "qos"
    CONFIRM = "confirm"
    RETURN = "return"
    FLOW = "flow"
    TX = "tx"
    PURGE = "purge"
    HANDLER = "handler"
    ADMIN = "admin"
    WRAPPER = "wrapper"
    DEPENDENCY = "dependency"
    CONFIG = "config"
    ENV = "env"
    DEPLOY = "deploy"
    MENTION = "mention"
    TOPOLOGY = "topology"
    NATS_CONNECT = "nats-connect"
    NATS_PUBLISH = "nats-publish"
    NATS_REQUEST = "nats-request"
    NATS_SUBSCRIBE = "nats-subscribe"
    NATS_ACK = "nats-ack"
    NATS_STREAM = "nats-stream"
    NATS_CONSUMER = "nats-consumer"
    NATS_STORE = "nats-store"


class Tier(StrEnum):
    """How near a usage is to the broker: itself or its library, a name that leads to one, or only its mention."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    MENTION = "mention"


class Provenance(StrEnum):
    """Where the value of an argument comes from."""

    LITERAL = "literal"
    CONSTANT = "constant"
    COMPUTED = "computed"
    CONFIG = "config"
    PARAMETER = "parameter"
    DEFAULT = "default"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Argument:
    """One named argument or property of a usage: the text as written, and where its value comes from.

    A property that the code leaves to the library has provenance `default` and no span. `value` is what the expression
    evaluates to, None where that is no more than what is written.
    """

    name: str
    text: str
    provenance: Provenance
    span: Span | None
    value: Name | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """One place that uses a messaging system: AMQP, or NATS where the code base has it already.

    `library` is the library it uses, outside of programs the broker; rules tell which system either belongs to.
    `symbol` is the fully qualified defining name, also where the code reached it through an alias or a re-export.
    `definition` is the enclosing top-level binding, None on an import line. `service` is the package it belongs to.
    `is_call` tells a call that does the operation from what only describes or names it: options, a message, a type.
    """

    operation: Operation
    is_call: bool
    symbol: str
    library: str
    language: str
    tier: Tier
    span: Span
    definition: str | None
    service: str
    arguments: tuple[Argument, ...]
