"""Services of which no module may move, each with what keeps it from that: the files, and what is told of which line."""

from __future__ import annotations

OPEN = "import pika\n\nchannel = pika.BlockingConnection(pika.URLParameters('nats://localhost')).channel()\n"
ASYNC = "from aio_pika.abc import AbstractChannel\n\n\nasync def f(channel: AbstractChannel) -> None:\n"

HINDERED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "all names at once": (
        {"m.py": "from pika import *\n"},
        "m.py:1: It takes all names of pika at once, and which it uses cannot be told",
    ),
    "a name that is not there": (
        {"m.py": "from pika import (\n    URLParameters,\n    frobnicate,\n)\n"},
        "m.py:3: pika.frobnicate is not kept.",
    ),
    "a module that is not there": (
        {"m.py": "import pika.callback\n"},
        "m.py:1: pika.callback is not kept.",
    ),
    "a name behind a dot that is not there": (
        {"m.py": "import pika\nx = [pika.URLParameters, pika.__version__]\n"},
        "m.py:2: pika.__version__ is not kept.",
    ),
    "a class that is refused": (
        {"m.py": "import pika\n\n\ndef f(p):\n    return pika.SelectConnection(p)\n"},
        "m.py:5: pika.SelectConnection is not kept. Callbacks of a SelectConnection are called as frames of AMQP come",
    ),
    "a module that is refused": (
        {"m.py": "from aio_pika.patterns import RPC\n"},
        "m.py:1: aio_pika.patterns is not kept. Its requests and tasks are written for exchanges",
    ),
    "a method that is refused": (
        {"m.py": f"{OPEN}channel.tx_select()\n"},
        "m.py:4: pika.adapters.blocking_connection.BlockingChannel.tx_select is not kept. A stream takes each message",
    ),
    "a method that a base class refuses": (
        {"m.py": "from aio_pika import connect_robust\n\n\nasync def f():\n    c = await connect_robust('nats://x')\n    (await c.channel()).transaction()\n"},
        "m.py:6: aio_pika.abc.AbstractChannel.transaction is not kept. A stream takes each message",
    ),
    "a parameter that is not there": (
        {"m.py": f"{OPEN}channel.queue_declare('q', nowait=True)\n"},
        "m.py:4: queue_declare has no parameter nowait in the package.",
    ),
    "more parameters than there are": (
        {"m.py": f"{OPEN}channel.basic_publish('', 'q', b'', None, True, False)\n"},
        "m.py:4: basic_publish has only 5 parameters in order in the package, and 6 are given.",
    ),
    "a callback first, as in earlier releases": (
        {"m.py": f"{OPEN}\n\ndef got(*_):\n    pass\n\n\nchannel.basic_consume(got, 'q')\n"},
        "m.py:10: basic_consume has its parameters in another order: it is written for an earlier release",
    ),
    "a type of exchange that is refused": (
        {"m.py": f"{OPEN}channel.exchange_declare('e', 'headers')\n"},
        "m.py:4: exchange_type is not kept: headers. Subjects are chosen by key",
    ),
    "a type of exchange that another module names": (
        {
            "m.py": f"{OPEN}from h.names import KIND\nchannel.exchange_declare('e', exchange_type=KIND)\n",
            "names.py": "KIND = 'x-consistent-hash'\n",
        },
        "m.py:5: exchange_type is not kept: x-consistent-hash.",
    ),
    "a constant that is refused": (
        {"m.py": f"from aio_pika import ExchangeType\n{ASYNC}    await channel.declare_exchange('e', ExchangeType.HEADERS)\n"},
        "m.py:6: aio_pika.ExchangeType.HEADERS is not kept. Subjects have keys and no headers",
    ),
    "an argument of a queue": (
        {"m.py": f"{OPEN}channel.queue_declare('q', arguments={{'x-max-priority': 5}})\n"},
        "m.py:4: x-max-priority is not kept. JetStream delivers in the order of the stream",
    ),
    "an argument of a queue that is put together": (
        {"m.py": f"{OPEN}ARGUMENTS = {{'x-queue-type': 'stream'}}\nchannel.queue_declare('q', durable=True, arguments=ARGUMENTS)\n"},
        "m.py:5: x-queue-type is not kept: stream. A stream of RabbitMQ keeps what was read",
    ),
    "arguments that a queue must not have together": (
        {"m.py": f"{OPEN}channel.queue_declare('q', arguments={{'x-message-ttl': 5000, 'x-dead-letter-exchange': 'd'}})\n"},
        "m.py:4: x-message-ttl with x-dead-letter-exchange is not kept. The server drops what expires",
    ),
    "what expires in a queue with dead letters": (
        {
            "m.py": f"{OPEN}channel.exchange_declare('d', 'fanout')\nchannel.queue_declare('expiring', arguments={{'x-dead-letter-exchange': 'd'}})\n"
            "channel.basic_publish('', 'expiring', b'', pika.BasicProperties(expiration='5'))\n"
        },
        "m.py:6: The expiration of what gets into queue expiring is not kept. What expires is dropped by the server",
    ),
    "a priority of a message": (
        {"m.py": f"{OPEN}channel.queue_declare('q')\nchannel.basic_publish('', 'q', b'', pika.BasicProperties(priority=3))\n"},
        "m.py:5: priority is not kept: 3. JetStream delivers in the order of the stream",
    ),
    "a priority that only the running program knows": (
        {"m.py": f"{OPEN}\n\ndef f(p):\n    channel.queue_declare('q')\n    channel.basic_publish('', 'q', b'', pika.BasicProperties(priority=p))\n"},
        "m.py:8: priority is not kept. JetStream delivers",
    ),
    "a header that makes copies": (
        {"m.py": f"{OPEN}channel.queue_declare('q')\nchannel.basic_publish('', 'q', b'', pika.BasicProperties(headers={{'CC': ['a']}}))\n"},
        "m.py:5: CC is not kept. A header does not make copies",
    ),
    "a consumer that keeps others away": (
        {"m.py": f"{ASYNC}    queue = await channel.declare_queue('q')\n    await queue.consume(print, exclusive=True)\n"},
        "m.py:6: exclusive is not kept: True. JetStream does not keep other consumers away",
    ),
    "an attribute that is not there": (
        {"m.py": f"{OPEN}x = channel.connection._impl.socket\n"},
        "m.py:4: pika.adapters.blocking_connection.BlockingConnection._impl is not kept.",
    ),
    "an attribute where nothing is imported": (
        {
            "m.py": f"{OPEN}from h import other\nother.take(channel)\n",
            "other.py": "def take(channel):\n    return channel.impl\n",
        },
        "other.py:2: pika.adapters.blocking_connection.BlockingChannel.impl is not kept.",
    ),
    "a class that extends one": (
        {"m.py": "from pika.adapters.blocking_connection import BlockingChannel\n\n\nclass Own(BlockingChannel):\n    pass\n"},
        "m.py:4: It extends pika.adapters.blocking_connection.BlockingChannel, of which the package has what programs call",
    ),
    "what programs do not make": (
        {"m.py": "from aio_pika import Queue\n\nq = Queue(None, 'q', True, False, False, None)\n"},
        "m.py:3: aio_pika.queue.Queue is not kept. The package that takes the library's place makes it itself",
    ),
    "no Python of today": (
        {"m.py": OPEN, "old.py": "import pika\nprint 'hello'\n"},
        "old.py:1: It names pika and cannot be parsed",
    ),
    "not in UTF-8": (
        {"m.py": OPEN, "latin.py": "import pika\nx = 'é'\n".encode("latin-1")},
        "latin.py:1: It names pika and cannot be parsed",
    ),
    "another library of the broker": (
        {"m.py": OPEN, "tasks.py": "import os\n\nfrom kombu import Connection\n"},
        "tasks.py:3: It uses kombu, and nothing has its API on NATS.",
    ),
    "the library below it": (
        {"m.py": OPEN, "low.py": "import aiormq.exceptions\n"},
        "low.py:1: It uses aiormq, and nothing has its API on NATS. It is AMQP itself, below aio-pika.",
    ),
    "an import by its name": (
        {"m.py": OPEN, "load.py": "import importlib\n\np = importlib.import_module('pika')\n"},
        "load.py:3: The text names pika: what reads it goes on finding the library.",
    ),
    "an import by its name, as Python does it": (
        {"m.py": OPEN, "load.py": "p = __import__('pika.spec')\n"},
        "load.py:1: The text names pika.spec: what reads it goes on finding the library.",
    ),
    "a module that is put in the place of one": (
        {"m.py": OPEN, "test_m.py": "import sys\n\nsys.modules['pika'] = None\n"},
        "test_m.py:3: What it puts in the place of pika is not what the code uses any more.",
    ),
    "a class that a test puts in the place of one": (
        {"m.py": OPEN, "test_m.py": "from unittest import mock\n\n\n@mock.patch('pika.BlockingConnection')\ndef test(c):\n    pass\n"},
        "test_m.py:4: What it puts in the place of pika.BlockingConnection is not what the code uses any more.",
    ),
    "an attribute that a test sets by its name": (
        {"m.py": OPEN, "test_m.py": "def test(monkeypatch):\n    monkeypatch.setattr('pika.BlockingConnection', None)\n"},
        "test_m.py:2: What it puts in the place of pika.BlockingConnection",
    ),
    "modules in a table that a test replaces": (
        {"m.py": OPEN, "test_m.py": "import sys\nfrom unittest.mock import patch\n\nwith patch.dict(sys.modules, {'pika': None}):\n    pass\n"},
        "test_m.py:4: What it puts in the place of pika",
    ),
    "a class by its name for who knows what": (
        {"m.py": OPEN, "settings.py": "BACKEND = load('pika.BlockingConnection')\n"},
        "settings.py:1: The text names pika.BlockingConnection: what reads it",
    ),
    "a setting that takes AMQP's addresses only": (
        {"m.py": OPEN, "settings.py": "from pydantic import AmqpDsn, BaseModel\n\n\nclass Settings(BaseModel):\n    url: AmqpDsn\n"},
        "settings.py:1: pydantic.AmqpDsn is not kept. It takes no address but AMQP's.",
    ),
    "a queue of which too little is known": (
        {"m.py": f"{OPEN}\n\ndef f(name):\n    channel.queue_declare(name)\n"},
        "m.py:7: The plan has no place for the queue {name}",
    ),
    "a queue that is only read": (
        {"m.py": f"{OPEN}\n\ndef f(name):\n    channel.basic_get(name)\n"},
        "m.py:7: The plan has no place for the queue {name}",
    ),
    "an exchange of which nothing is known": (
        {"m.py": f"{OPEN}\n\ndef f(name):\n    channel.basic_publish(name, 'k', b'')\n"},
        "m.py:7: The plan has no place for the exchange {name}",
    ),
    "something of somebody else where the package goes": (
        {"m.py": OPEN, "nats_amqp/__init__.py": "x = 1\n"},
        "nats_amqp/__init__.py:1: Something that natsscan did not write is where the package goes",
    ),
}  # fmt: skip
