"""Addresses in Python code: replaced where connecting is all that uses them, and told where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import Command

CONNECT = "import pika\n\n\ndef connect(url):\n    return pika.BlockingConnection(pika.URLParameters(url))\n"
URL, NEW = "amqp://guest:guest@rabbitmq:5672/%2F?heartbeat=30", "nats://guest:guest@nats:4222"

# By what is tricky: the files, the one that changes, what it has in it before, and after.
REPLACED: dict[str, tuple[dict[str, str], str, str, str]] = {
    "an argument": ({"m.py": f"import pika\nc = pika.BlockingConnection(pika.URLParameters('{URL}'))\n"}, "m.py", URL, NEW),
    "a default of a variable": (
        {"m.py": f"import os\nimport pika\nc = pika.URLParameters(os.environ.get('RABBITMQ_URL', '{URL}'))\n"},
        "m.py",
        URL,
        NEW,
    ),
    "a constant": ({"m.py": f"import pika\nURL = '{URL}'\nc = pika.URLParameters(URL)\n"}, "m.py", URL, NEW),
    "a constant of another module": (
        {"m.py": "import pika\nfrom app.n import URL\nc = pika.URLParameters(URL)\n", "n.py": f"URL = '{URL}'\n"},
        "n.py",
        URL,
        NEW,
    ),
    "a field of settings, through a parameter": (
        {
            "m.py": CONNECT,
            "settings.py": "import os\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Settings:\n    url: str\n\n    @classmethod\n"
            f"    def from_env(cls):\n        get = os.environ.get\n        return cls(url=get('RABBITMQ_URL', '{URL}'))\n",
            "main.py": "from app.m import connect\nfrom app.settings import Settings\n\nconnect(Settings.from_env().url)\n",
        },
        "settings.py",
        URL,
        NEW,
    ),
    "a field with a default": (
        {
            "m.py": CONNECT,
            "settings.py": f"from pydantic import Field\n\n\nclass Settings:\n    rabbit_url: str = Field(default='{URL}', alias='R')\n",
            "main.py": "from app.m import connect\nfrom app.settings import Settings\n\nconnect(Settings().rabbit_url)\n",
        },
        "settings.py",
        URL,
        NEW,
    ),
    "an attribute that a constructor sets": (
        {
            "m.py": f"import pika\n\n\nclass C:\n    def __init__(self, url='{URL}'):\n        self._url = url\n\n    def go(self):\n"
            "        return pika.URLParameters(self._url)\n"
        },
        "m.py",
        URL,
        NEW,
    ),
    "one of two": ({"m.py": f"import os\nimport pika\nc = pika.URLParameters(os.getenv('A') or '{URL}')\n"}, "m.py", URL, NEW),
    "what a function gives": (
        {"m.py": f"import pika\n\n\ndef url():\n    return '{URL}'\n\n\nc = pika.URLParameters(url())\n"},
        "m.py",
        URL,
        NEW,
    ),
    "a text with parts put in": (
        {"m.py": "import pika\nu = 'u'\nrabbit = 'x'\nc = pika.URLParameters(f\"amqps://{u}:{rabbit!r}@rabbitmq:5671/{u}\")\n"},
        "m.py",
        '"amqps://{u}:{rabbit!r}@rabbitmq:5671/{u}"',
        '"tls://{u}:{rabbit!r}@nats:4222"',
    ),
    "a host and a port": (
        {"m.py": "import pika\nc = pika.ConnectionParameters('rabbitmq', 5672, '/')\n"},
        "m.py",
        "('rabbitmq', 5672, '/')",
        "('nats', 4222, '/')",
    ),
    "a port as a number of a text": (
        {"m.py": "import os\nimport pika\nc = pika.ConnectionParameters(host='h', port=int(os.environ.get('P', '5672')))\n"},
        "m.py",
        "'5672'",
        "'4222'",
    ),
    "with asyncio": (
        {"m.py": f"import aio_pika\n\n\nasync def f():\n    return await aio_pika.connect_robust('{URL}')\n"},
        "m.py",
        URL,
        NEW,
    ),
}  # fmt: skip

# Files in which the address stays, and what is told of which line.
TOLD: dict[str, tuple[dict[str, str], str]] = {
    "it is shown as well": (
        {"m.py": f"import pika\nURL = '{URL}'\nc = pika.URLParameters(URL)\nprint(URL)\n"},
        "m.py:2: An address of the broker stands here, and not only connecting uses it",
    ),
    "another module uses it as well": (
        {
            "m.py": "import pika\nfrom app.n import URL\nc = pika.URLParameters(URL)\n",
            "n.py": f"URL = '{URL}'\n",
            "o.py": "from app.n import URL\nfrom urllib.parse import urlsplit\nx = urlsplit(URL)\n",
        },
        "n.py:1: An address of the broker stands here, and not only connecting uses it",
    ),
    "an attribute is read by its name": (
        {
            "m.py": f"import pika\n\n\nclass C:\n    url = '{URL}'\n\n    def go(self):\n        return pika.URLParameters(self.url)\n\n\n"
            "x = getattr(C, 'url')\n"
        },
        "m.py:5: An address of the broker stands here, and not only connecting uses it",
    ),
    "nobody uses it": (
        {"m.py": f"import pika\nc = pika.URLParameters('nats://x')\nOTHER = '{URL}'\n"},
        "m.py:3: An address of the broker stands here, and natsscan does not see what uses it",
    ),
    "it is put together": (
        {"m.py": "import pika\nu = 'u'\nc = pika.URLParameters('amqp://' + u + '@h')\n"},
        "m.py:3: An address of the broker stands here, and natsscan does not see what uses it",
    ),
}  # fmt: skip

# Files in which there is nothing to do, or to say.
QUIET: dict[str, dict[str, str]] = {
    "a docstring": {"m.py": f'"""Such as {URL}."""\nimport pika\nc = pika.URLParameters("nats://x")\n'},
    "a comment": {"m.py": f"import pika  # {URL}\nc = pika.URLParameters('nats://x')\n"},
    "this machine": {"m.py": "import pika\nc = pika.ConnectionParameters('localhost')\n"},
    "a port of something else": {"m.py": "import pika\nc = pika.URLParameters('nats://x')\nPORT = 5672\n"},
    "a host of something else": {"m.py": "import pika\nc = pika.URLParameters('nats://x')\nredis(host='rabbitmq')\n"},
}


def moving(natsscan: Command, write: Write, files: dict[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    write({"app/__init__.py": "", **{f"app/{path}": text for path, text in files.items()}})
    run = natsscan("patch", ".", "--route", "compat", "--unsafe", "--format", "json")
    assert run.code == 0, run.err
    found = run.json["patches"]
    (patch,) = [each for each in found if each["title"].startswith("Python, app")]
    assert patch["applicability"] == "unsafe", patch["instructions"]
    return patch, [each for each in found if "an address by hand" in each["title"]]


@pytest.mark.parametrize("case", REPLACED)
def test_an_address_that_only_connecting_uses(natsscan: Command, write: Write, case: str) -> None:
    files, path, before, after = REPLACED[case]
    patch, told = moving(natsscan, write, files)
    data = files[path].encode()
    for edit in sorted((e for e in patch["edits"] if e["path"] == f"app/{path}"), key=lambda e: -e["start"]):
        data = data[: edit["start"]] + edit["replacement"].encode() + data[edit["end"] :]
    assert data.decode().count(after) == files[path].count(before) == 1
    assert data.decode().replace("from app.nats_amqp import", "import") == files[path].replace(before, after)
    assert not told


@pytest.mark.parametrize("case", TOLD)
def test_an_address_that_people_look_at(natsscan: Command, write: Write, case: str) -> None:
    files, wanted = TOLD[case]
    patch, told = moving(natsscan, write, files)
    assert [each["instructions"].removeprefix("app/").startswith(wanted) for each in told] == [True]
    assert all("nats_amqp" in edit["replacement"] for edit in patch["edits"])


@pytest.mark.parametrize("case", QUIET)
def test_nothing_to_say(natsscan: Command, write: Write, case: str) -> None:
    patch, told = moving(natsscan, write, QUIET[case])
    assert not told and all("nats_amqp" in edit["replacement"] for edit in patch["edits"])
