"""The route of Python code: where the package stands, what moves together, and what other files become."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import Command

ROUTE = ("patch", ".", "--route", "compat", "--unsafe")
STAGES = ("prepare", "cut-over", "clean-up")
PIKA = "import pika\n\nc = pika.BlockingConnection\n"
HINDERED = "from pika import *\n"


def patches(natsscan: Command, *arguments: str) -> list[dict[str, Any]]:
    run = natsscan(*(arguments or ROUTE), "--format", "json")
    assert run.code == 0, run.err
    found: list[dict[str, Any]] = run.json["patches"]
    return found


def titles(found: list[dict[str, Any]]) -> list[str]:
    return [each["title"] for each in found if each["title"].startswith("Python")]


def move(natsscan: Command) -> None:
    for stage in STAGES:
        run = natsscan(*ROUTE, "--stage", stage, "--write")
        assert run.code == 0, run.err


# What it is called: the files, the one that is asked about, and where it gets the package from.
HOMES: dict[str, tuple[dict[str, str], str, str, str]] = {
    "a script": ({"w/run.py": PIKA}, "w/run.py", "w/nats_amqp", "nats_amqp"),
    "a script at the top": ({"run.py": PIKA}, "run.py", "nats_amqp", "nats_amqp"),
    "a package at the top": ({"app/__init__.py": "", "app/m.py": PIKA}, "app/m.py", "app/nats_amqp", "app.nats_amqp"),
    "a package in src": ({"src/app/__init__.py": "", "src/app/sub/__init__.py": PIKA}, "src/app/sub/__init__.py", "src/app/nats_amqp", "app.nats_amqp"),
    "a package in one without __init__.py": (
        {"src/corp/app/__init__.py": "", "src/corp/app/m.py": PIKA, "src/corp/app/n.py": "from corp.app.m import c\n"},
        "src/corp/app/m.py",
        "src/corp/app/nats_amqp",
        "corp.app.nats_amqp",
    ),
    "a folder that is imported as a package": (
        {"app/m.py": PIKA, "app/main.py": "from app.m import c\n"},
        "app/m.py",
        "app/nats_amqp",
        "app.nats_amqp",
    ),
    "a package whose modules import each other as scripts do": (
        {"app/__init__.py": "", "app/m.py": PIKA, "app/main.py": "import m\nfrom m import c\n"},
        "app/m.py",
        "app/nats_amqp",
        "nats_amqp",
    ),
    "a module called like one of others": (
        {"app/__init__.py": "", "app/redis.py": PIKA, "app/main.py": "import redis\nfrom app.redis import c\n"},
        "app/redis.py",
        "app/nats_amqp",
        "app.nats_amqp",
    ),
    "scripts beside each other": ({"w/m.py": PIKA, "w/run.py": f"from m import c\n{PIKA}"}, "w/run.py", "w/nats_amqp", "nats_amqp"),
    "tests beside a package": (
        {"app/__init__.py": "", "app/m.py": PIKA, "tests/__init__.py": "", "tests/test_m.py": PIKA},
        "tests/test_m.py",
        "app/nats_amqp",
        "app.nats_amqp",
    ),
    "tests that need a package of their own": ({"tests/test_m.py": PIKA, "tests/n.py": "x = 1\n"}, "tests/test_m.py", "tests/nats_amqp", "nats_amqp"),
    "a package that uses another one's": (
        {
            "common/__init__.py": "",
            "common/broker.py": PIKA,
            "app/__init__.py": "",
            "app/m.py": f"from common.broker import c as d\n{PIKA}",
        },
        "app/m.py",
        "common/nats_amqp",
        "common.nats_amqp",
    ),
    "a package that uses what another one passes on": (
        {
            "common/__init__.py": "from .broker import c\n",
            "common/broker.py": PIKA,
            "app/__init__.py": "",
            "app/m.py": f"from common import c as d\n{PIKA}",
        },
        "app/m.py",
        "common/nats_amqp",
        "common.nats_amqp",
    ),
    "two packages that know nothing of each other": (
        {"one/__init__.py": "", "one/m.py": PIKA, "two/__init__.py": "", "two/m.py": PIKA},
        "two/m.py",
        "two/nats_amqp",
        "two.nats_amqp",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOMES)
def test_where_the_package_stands(natsscan: Command, write: Write, case: str) -> None:
    files, path, folder, name = HOMES[case]
    root = write(dict(files))
    subprocess.run(["git", "init", "-q", root], check=True)
    move(natsscan)
    assert f"from {name} import pika\n" in (root / path).read_text()
    assert (root / folder / "pika/__init__.py").exists()


def test_the_package_has_what_is_used(natsscan: Command, write: Write) -> None:
    root = write(
        {"a/m.py": PIKA, "b/m.py": "from aio_pika.abc import AbstractChannel\n", "c/m.py": f"{PIKA}import aio_pika\n"}
    )
    move(natsscan)
    there = {
        folder: {path.name for path in (root / folder / "nats_amqp").iterdir() if path.is_dir()} for folder in "abc"
    }
    assert there == {"a": {"pika"}, "b": {"aio_pika"}, "c": {"pika", "aio_pika"}}


def test_services_that_share_a_library_move_together(natsscan: Command, write: Write) -> None:
    """Classes of two packages would not be the same, and an error of one is not caught as that of another."""
    files: dict[str, str | bytes] = {
        "libs/common/pyproject.toml": "[project]\nname = 'common'\n",
        "libs/common/common/__init__.py": "",
        "libs/common/common/broker.py": PIKA,
        "services/a/pyproject.toml": "[project]\nname = 'a'\n",
        "services/a/a/__init__.py": "",
        "services/a/a/m.py": f"from common.broker import c as d\n{PIKA}",
        "services/b/pyproject.toml": "[project]\nname = 'b'\n",
        "services/b/b/__init__.py": "",
        "services/b/b/m.py": PIKA,
    }
    root = write(files)
    assert titles(patches(natsscan)) == [
        "Python, a, common: nats_amqp in the place of pika",
        "Python, b: nats_amqp in the place of pika",
    ]
    (root / "services/a/a/bad.py").write_text(HINDERED)
    assert titles(patches(natsscan)) == ["Python, a, common: by hand", "Python, b: nats_amqp in the place of pika"]
    (root / "services/a/a/bad.py").unlink()
    move(natsscan)
    assert "from common.nats_amqp import pika" in (root / "services/a/a/m.py").read_text()
    assert [path.parent.name for path in root.rglob("nats_amqp")] == ["common", "b"] or sorted(
        path.parent.name for path in root.rglob("nats_amqp")
    ) == ["b", "common"]


def test_a_part_of_a_service_does_not_move_alone(natsscan: Command, write: Write) -> None:
    write(
        {
            "natsscan.toml": "",
            "app/__init__.py": "",
            "app/a/__init__.py": "",
            "app/a/m.py": PIKA,
            "app/b/__init__.py": "",
            "app/b/m.py": PIKA,
        }
    )
    (patch,) = [
        each for each in patches(natsscan, "patch", "app/a", "--route", "compat") if each["title"].startswith("Python")
    ]
    assert patch["applicability"] == "manual"
    assert "app/b/m.py:1: It imports pika too, and is outside of what was named" in patch["instructions"]


TWO = {
    "compose.yaml": "services:\n  rabbitmq:\n    image: rabbitmq:3\n  one:\n    build: one\n    environment:\n      RABBITMQ_URL: amqp://g:g@rabbitmq:5672/\n",
    "one/.env": "RABBITMQ_URL=amqp://g:g@rabbitmq:5672/\n",
    "one/requirements.txt": "pika==1.3.2\n",
    "one/one/__init__.py": "",
    "one/one/m.py": "import os\nimport pika\n\nc = pika.BlockingConnection(pika.URLParameters(os.environ['RABBITMQ_URL'])).channel()\n"
    "c.queue_declare('jobs')\nc.basic_publish('', 'jobs', b'')\n",
    "two/.env": "RABBITMQ_URL=amqp://g:g@rabbitmq:5672/\n",
    "two/requirements.txt": "pika==1.3.2\n",
    "two/two/__init__.py": "",
    "two/two/m.py": "import os\nimport pika\n\nc = pika.BlockingConnection(pika.URLParameters(os.environ['RABBITMQ_URL'])).channel()\n"
    "c.queue_declare('jobs')\nc.basic_consume('jobs', print)\n",
}  # fmt: skip


def test_all_that_leads_to_the_broker_leads_to_nats(natsscan: Command, write: Write) -> None:
    root = write(dict(TWO))
    move(natsscan)
    for service in ("one", "two"):
        assert (root / service / ".env").read_text() == "RABBITMQ_URL=nats://g:g@nats:4222\n"
        assert (root / service / "requirements.txt").read_text() == "nats-py==2.16.0\n"
    assert "rabbitmq:" not in (root / "compose.yaml").read_text()
    assert "RABBITMQ_URL: nats://g:g@nats:4222\n" in (root / "compose.yaml").read_text()


def test_what_a_service_needs_that_stays_stays(natsscan: Command, write: Write) -> None:
    root = write({**TWO, "two/two/bad.py": HINDERED})
    (patch,) = [each for each in patches(natsscan) if each["title"] == "Python, one: nats_amqp in the place of pika"]
    assert "one and two share queue jobs, and speak to two brokers" in patch["reason"]
    move(natsscan)
    assert (root / "one/.env").read_text() == "RABBITMQ_URL=nats://g:g@nats:4222\n"
    assert (root / "one/requirements.txt").read_text() == "nats-py==2.16.0\n"
    assert (root / "two/.env").read_text() == TWO["two/.env"]
    assert (root / "two/requirements.txt").read_text() == TWO["two/requirements.txt"]
    assert (root / "two/two/m.py").read_text() == TWO["two/two/m.py"]
    compose = (root / "compose.yaml").read_text()
    assert "image: rabbitmq:3" in compose and "image: nats:" in compose
    assert "RABBITMQ_URL: amqp://" in compose


def test_stages_wait_for_each_other(natsscan: Command, write: Write) -> None:
    root = write(dict(TWO))
    assert "comes first, in prepare" in natsscan(*ROUTE, "--stage", "cut-over").err
    natsscan(*ROUTE, "--stage", "prepare", "--write")
    assert (root / "one/requirements.txt").read_text() == "pika==1.3.2\nnats-py==2.16.0\n"
    assert (root / "one/one/m.py").read_text() == TWO["one/one/m.py"]
    assert "comes first, in cut-over" in natsscan(*ROUTE, "--stage", "clean-up").err
    natsscan(*ROUTE, "--stage", "cut-over", "--write")
    assert "from one.nats_amqp import pika" in (root / "one/one/m.py").read_text()
    natsscan(*ROUTE, "--stage", "clean-up", "--write")
    for stage in STAGES:
        assert natsscan(*ROUTE, "--stage", stage, "--check").code == 0


def test_code_that_comes_later_moves_too(natsscan: Command, write: Write) -> None:
    root = write(dict(TWO))
    move(natsscan)
    (root / "one/one/n.py").write_text(
        "import pika\n\n\ndef f(c: pika.BlockingConnection) -> None:\n    c.channel().queue_declare('more')\n"
    )
    run = natsscan(*ROUTE, "--stage", "prepare")
    assert "written anew" in run.out and '+            name="more",' in run.out
    move(natsscan)
    assert "from one.nats_amqp import pika" in (root / "one/one/n.py").read_text()
    assert 'name="more"' in (root / "one/one/nats_amqp/the_plan.py").read_text()
    assert 'name="more"' in (root / "two/two/nats_amqp/the_plan.py").read_text()


def test_a_package_that_is_there_is_brought_up_to_date(natsscan: Command, write: Write) -> None:
    root = write(dict(TWO))
    move(natsscan)
    module = root / "one/one/m.py"
    module.write_text(module.read_text().replace("'jobs'", "'tasks'"))
    run = natsscan(*ROUTE, "--stage", "prepare", "--write")
    assert run.code == 0, run.err
    plans = [(root / service / service / "nats_amqp/the_plan.py").read_text() for service in ("one", "two")]
    assert plans[0] == plans[1] and 'name="tasks"' in plans[0] and 'name="jobs"' in plans[0]


def test_other_libraries_are_by_hand(natsscan: Command, write: Write) -> None:
    root = write(
        {
            "app/__init__.py": "",
            "app/m.py": "from kombu import Connection\n\nc = Connection('amqp://x').channel()\n",
            "app/.env": "RABBITMQ_URL=amqp://r:5672\n",
        }
    )
    found = patches(natsscan)
    assert not [each for each in found if each["applicability"] != "manual"]
    told = [each for each in found if each["title"].startswith("app/m.py:3")]
    assert told and all("nats-py waits in asyncio" in each["reason"] for each in told)
    assert (root / "app/.env").read_text() == "RABBITMQ_URL=amqp://r:5672\n"


def test_without_the_option_code_is_by_hand(natsscan: Command, write: Write) -> None:
    write(dict(TWO))
    found = patches(natsscan, "patch", ".")
    assert not [each for each in found if "nats_amqp" in str(each)]
    (patch,) = [
        each
        for each in found
        if each["title"] == "one/one/m.py:6: pika.adapters.blocking_connection.BlockingChannel.basic_publish by hand"
    ]
    assert (patch["stage"], patch["applicability"]) == ("dual-publish", "manual")
    assert "Publish to `q.jobs`, which stream Q_jobs keeps; wait for its acknowledgement." in patch["instructions"]


def test_every_finding_is_answered(natsscan: Command, write: Write) -> None:
    write({**TWO, "two/two/bad.py": HINDERED, "three/m.py": "from kombu import Connection\n"})
    answered = {answer for each in patches(natsscan) for answer in each["answers"]}
    reported = {f["fingerprint"] for f in natsscan(".", "--format", "json").json["findings"] if f["tier"] == "direct"}
    assert reported <= answered


def test_where_a_package_is_listed_by_name_people_are_told(natsscan: Command, write: Write) -> None:
    write(
        {
            "app/__init__.py": "",
            "app/m.py": PIKA,
            "setup.py": "from setuptools import setup\n\nsetup(name='app', packages=['app'])\n",
            "w/run.py": PIKA,
            "w/requirements.txt": "pika\n",
            "w/Dockerfile": "FROM python:3.12\nCOPY run.py /app/\n",
        }
    )
    told = {each["title"]: each["instructions"] for each in patches(natsscan) if "a package by hand" in each["title"]}
    assert "add app.nats_amqp, app.nats_amqp.pika, app.nats_amqp.pika.adapters" in told["setup.py:3: a package by hand"]
    assert "copy the folder w/nats_amqp beside them" in told["w/Dockerfile:2: a package by hand"]


def test_packages_that_are_found_need_no_word(natsscan: Command, write: Write) -> None:
    write(
        {
            "app/__init__.py": "",
            "app/m.py": PIKA,
            "setup.py": "from setuptools import find_packages, setup\n\nsetup(packages=find_packages())\n",
            "setup.cfg": "[options]\npackages = find:\n",
        }
    )
    assert not [each for each in patches(natsscan) if "a package by hand" in each["title"]]


def test_the_series_has_all_stages(natsscan: Command, write: Write, tmp_path: Path) -> None:
    write({"app/__init__.py": "", "app/m.py": PIKA, "requirements.txt": "pika\n"})
    run = natsscan(*ROUTE, "-o", "series")
    assert run.code == 0, run.err
    names = [path.name.split("-", 1)[1] for path in sorted((tmp_path / "series").iterdir())]
    assert [name.partition("-app")[0].partition("-python")[0].partition("-requirements")[0] for name in names] == [
        "prepare",
        "prepare",
        "cut-over",
        "clean-up",
    ]
