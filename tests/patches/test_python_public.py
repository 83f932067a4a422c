"""What public code bases on pika and aio-pika do, in small: what moves of it, and how what does not is told."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from tests.cli.test_bad_input import Write
from tests.conftest import Command
from tests.patches.test_python_places import ROUTE, STAGES, patches

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
    write({"app/d.py": f"{opened}\n\ndef f(k):\n    c.exchange_declare('news', 'direct' if k else 'topic')\n"})
    assert by_hand(patches(natsscan), "app") == [
        f"app/{place} here{elsewhere}. A broker has it one way: give each of them a name of its own."
        for place, elsewhere in (
            ("b.py:4: The exchange logs is declared as direct", " and as fanout elsewhere"),
            ("d.py:7: The exchange news is declared as direct or topic", ""),
        )
    ]


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


def test_decisions_hold_through_all_stages(natsscan: Command, write: Write) -> None:
    module = (
        "import pika\n\n\ndef listen(names, mine):\n    c = pika.BlockingConnection().channel()\n"
        "    c.basic_publish(names['work'] if mine else names['other'], 'key', b'')\n"
    )
    root = write({"app/__init__.py": "", "app/m.py": module, "requirements.txt": "pika~=1.3.0\n"})
    (told,) = by_hand(patches(natsscan), "app")
    assert told.startswith("app/m.py:6: The plan has no place for the exchange {other} or {work}, as its name")
    write({"subjects.yaml": "version: 1\nholes:\n  work: {value: jobs}\n  other: {value: later}\n"})
    for stage in STAGES:
        run = natsscan(*ROUTE, "--subjects", "subjects.yaml", "--stage", stage, "--write")
        assert run.code == 0, run.err
    assert (root / "app/m.py").read_text() == module.replace("import pika", "from app.nats_amqp import pika")
    assert "pika" not in (root / "requirements.txt").read_text()


def test_decisions_about_nothing_are_an_error_before_and_after_the_move(natsscan: Command, write: Write) -> None:
    module = "import pika\n\nc = pika.BlockingConnection().channel()\nc.queue_declare('jobs')\n"
    write({"app/__init__.py": "", "app/m.py": module, "subjects.yaml": "version: 1\nholes:\n  gone: {value: x}\n"})
    for stage in STAGES[:2]:
        assert natsscan(*ROUTE, "--stage", stage, "--write").code == 0
        run = natsscan(*ROUTE, "--subjects", "subjects.yaml", "--stage", stage)
        assert run.code == 2 and "nothing in the code is called so any more: hole gone" in run.err


def test_errors_that_aio_pika_passes_on_are_those_of_the_package(natsscan: Command, write: Write) -> None:
    module = (
        f"{ASYNC}from aio_pika.exceptions import AMQPError, ChannelClosed, DeliveryError\n\n\nasync def main():\n"
        "    try:\n        await aio_pika.connect_robust('nats://here')\n"
        "    except (aio_pika.exceptions.AMQPConnectionError, AMQPError, ChannelClosed, DeliveryError):\n        raise\n"
    )
    write({"app/__init__.py": "", "app/m.py": module})
    assert moves(patches(natsscan)) == ["app/m.py"]


def test_what_tests_make_of_a_library_they_make_of_the_package(natsscan: Command, write: Write) -> None:
    made = (
        "method = pika.spec.Basic.Deliver(delivery_tag=7)\ngot = pika.spec.Basic.GetOk(1, routing_key='k')\n"
        "assert (method.delivery_tag, method.redelivered, got.routing_key) == (7, False, 'k')\n"
        "assert pika.spec.Queue.DeclareOk(message_count=3).message_count == 3\n"
        "pika.BasicProperties(reply_to='me')\nprint('made')\n"
    )
    root = write({"app/__init__.py": "", "app/m.py": f"import pika\n\n{made}"})
    for stage in STAGES:
        assert natsscan(*ROUTE, "--stage", stage, "--write").code == 0
    run = subprocess.run([sys.executable, "-m", "app.m"], cwd=root, capture_output=True, text=True, check=False)
    assert run.stdout == "made\n", run.stderr


def test_nothing_is_told_of_services_that_were_not_named(natsscan: Command, write: Write) -> None:
    write(
        {
            "natsscan.toml": "",
            "hs/hs.cabal": "cabal-version: 2.4\nname: hs\nversion: 0\nlibrary\n  build-depends: amqp\n",
            "hs/M.hs": "module M where\nimport Network.AMQP (openChannel)\nx = openChannel\n",
            **{f"{name}/requirements.txt": "pika\n" for name in ("mine", "theirs")},
            **{f"{name}/{name}/__init__.py": "" for name in ("mine", "theirs")},
            **{f"{name}/{name}/m.py": "import pika\n\nf = pika.BlockingConnection\n" for name in ("mine", "theirs")},
        }
    )
    found = patches(natsscan, "patch", "mine", "--route", "compat")
    assert moves(found) == ["mine/mine/m.py"]
    assert [each["title"] for each in found if "by hand" in each["title"]] == []


def test_what_one_of_two_declarations_lacks_is_told_in_words(natsscan: Command, write: Write) -> None:
    opened = "import pika\n\nc = pika.BlockingConnection().channel()\n"
    limited = f"{opened}c.queue_declare('jobs', arguments={{'x-max-length': 5}})\n"
    write({"app/a.py": f"{opened}c.queue_declare('jobs')\n", "app/b.py": limited})
    told = " ".join(each["instructions"] for each in patches(natsscan))
    assert "x-max-length 5, which is not set there" in told


def test_what_a_service_reads_moves_with_it_whatever_other_languages_do(natsscan: Command, write: Write) -> None:
    root = write(
        {
            "natsscan.toml": "",
            "hs/hs.cabal": "cabal-version: 2.4\nname: hs\nversion: 0\nlibrary\n  build-depends: amqp\n",
            "hs/M.hs": "module M where\nimport Network.AMQP (frobnicate)\nx = frobnicate\n",
            "app/requirements.txt": "pika\n",
            "app/.env": "RABBITMQ_URL=amqp://rabbitmq:5672\n",
            "app/app/__init__.py": "",
            "app/app/m.py": "import pika\n\nf = pika.BlockingConnection\n",
        }
    )
    for stage in STAGES:
        assert natsscan(*ROUTE, "--stage", stage, "--write").code == 0
    assert (root / "app/app/m.py").read_text().startswith("from app.nats_amqp import pika")
    assert (root / "app/requirements.txt").read_text() == "nats-py\n"
    assert (root / "app/.env").read_text() == "RABBITMQ_URL=nats://rabbitmq:4222\n".replace("rabbitmq:", "nats:")
    assert "build-depends: amqp" in (root / "hs/hs.cabal").read_text()
