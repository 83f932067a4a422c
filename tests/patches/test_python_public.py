"""What public code bases on pika and aio-pika do, in small: what moves of it, and how what does not is told."""

from __future__ import annotations

from typing import Any

from tests.cli.test_bad_input import Write
from tests.conftest import Command
from tests.patches.test_python_places import ROUTE, patches

ASYNC = "import asyncio\n\nimport aio_pika\n"


def by_hand(found: list[dict[str, Any]], service: str) -> list[str]:
    """Return the lines that tell what keeps a service where it is."""
    (patch,) = (each for each in found if each["title"] == f"Python, {service}: by hand")
    lines: list[str] = patch["instructions"].splitlines()
    return lines[1:]


def moves(found: list[dict[str, Any]]) -> list[str]:
    """Return the files whose imports are replaced."""
    return sorted({edit["path"] for each in found for edit in each["edits"] if edit["path"].endswith(".py")})


def test_each_reason_is_told_once_with_all_its_places(natsscan: Command, write: Write) -> None:
    many = "".join(f"c.queue_declare('q{at}', callback=print)\n" for at in range(20))
    write(
        {
            "app/__init__.py": "",
            "app/a.py": f"import pika\n\nc = pika.BlockingConnection().channel()\n{many}",
            "app/b.py": "import pika\n\nf = pika.SelectConnection\ng = pika.SelectConnection\n",
            "app/c.py": "import pika\n\nf = pika.SelectConnection\n",
        }
    )
    declared, refused, *_ = by_hand(patches(natsscan), "app")
    assert declared == (
        "app/a.py:4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15; and 8 more: "
        "queue_declare has no parameter callback in the package."
    )
    assert refused.startswith("app/b.py:3, 4; app/c.py:3: pika.SelectConnection is not kept. Callbacks")
    shown = natsscan(*ROUTE, "--stage", "cut-over").out
    assert "#   app/b.py:3, 4; app/c.py:3: pika.SelectConnection is not kept." in shown


def test_pools_make_what_they_have_of_any_number_of_arguments(natsscan: Command, write: Write) -> None:
    module = (
        f"{ASYNC}from aio_pika.pool import Pool\n\n\nasync def connect(url, name):\n"
        "    return await aio_pika.connect_robust(url)\n\n\nPOOL = Pool(connect, 'nats://here', 'me', max_size=1)\n"
    )
    write({"app/__init__.py": "", "app/m.py": module})
    assert moves(patches(natsscan)) == ["app/m.py"]


def test_iterators_take_the_options_of_consumers(natsscan: Command, write: Write) -> None:
    module = (
        f"{ASYNC}\n\nasync def main(channel: aio_pika.abc.AbstractChannel):\n"
        "    queue = await channel.declare_queue('jobs', durable=True)\n"
        "    async with queue.iterator(no_ack=True, timeout=5) as messages:\n"
        "        async for message in messages:\n            print(message.body)\n"
    )
    write({"app/__init__.py": "", "app/m.py": module})
    assert moves(patches(natsscan)) == ["app/m.py"]


def test_an_exchange_that_is_declared_in_two_ways_keeps_code_where_it_is(natsscan: Command, write: Write) -> None:
    opened = "import pika\n\nc = pika.BlockingConnection().channel()\n"
    write(
        {
            "app/__init__.py": "",
            "app/a.py": f"{opened}c.exchange_declare('logs', 'fanout')\nc.basic_publish('logs', '', b'')\n",
            "app/b.py": f"{opened}c.exchange_declare('logs')\nc.basic_publish('logs', 'info', b'')\n",
            "app/c.py": f"{opened}c.exchange_declare('logs', 'direct', passive=True)\n",
        }
    )
    (told,) = by_hand(patches(natsscan), "app")
    assert told.startswith("app/b.py:4: The exchange logs is declared as direct here and as fanout elsewhere.")


def test_what_several_places_do_together_is_told_where_it_is_left_to_people(natsscan: Command, write: Write) -> None:
    opened = "import pika\n\nc = pika.BlockingConnection().channel()\n"
    write(
        {
            "app/__init__.py": "",
            "app/a.py": f"{opened}c.queue_declare('jobs', durable=True)\n",
            "app/b.py": f"{opened}c.queue_declare('jobs')\n",
        }
    )
    (told,) = (each["instructions"] for each in patches(natsscan) if each["title"] == "app/b.py: by hand")
    assert told.startswith("app/b.py, lines 4: declares queue jobs otherwise than another place: durable")
