"""`natsscan generate python-service`: modules for Python services that are rewritten by hand onto NATS."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.generate.facts import facts
from natsscan.generate.python_names import parameters, python_style, snake
from natsscan.generate.python_service import render_python
from natsscan.generate.service import services
from natsscan.model.mapping import HoleRule, Words
from natsscan.model.marks import GENERATED
from natsscan.model.topology import SERVER_NAMED, Topology
from natsscan.nats.decisions import Decisions
from natsscan.nats.names import fill
from tests.conftest import run_command
from tests.nats.systems import binding, consumer, exchange, mapped, publisher, queue, topology

Command = Callable[..., object]
ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "templates" / "python-service"
ODD = 'a"]}, x\\ -}\n\u00e9\u202e"""'
SPLIT = Decisions(holes={name: HoleRule(words=Words.SPLIT) for name in ("key", "topic")})
APP = """
import pika

def declare(channel, tenant):
    channel.exchange_declare("events", exchange_type="topic", durable=True)
    channel.queue_declare("jobs", durable=True, arguments={"x-dead-letter-exchange": "lost"})
    channel.exchange_declare("lost", exchange_type="fanout", durable=True)
    channel.queue_bind("jobs", "events", "job.#")
    channel.queue_declare(f"inbox.{tenant}", durable=True)

def send(channel, kind, tenant):
    channel.basic_publish("events", f"job.{kind}", b"", pika.BasicProperties(message_id="7", expiration="5000"))
    channel.basic_publish("", f"inbox.{tenant}", b"")
    channel.basic_publish("", "jobs", b"", pika.BasicProperties(reply_to="answers"))

def read(channel):
    channel.basic_qos(prefetch_count=25)
    channel.basic_consume("jobs", handle)

def handle(channel, method, properties, body):
    channel.basic_nack(method.delivery_tag, requeue=False)
"""


def module(catalog: Catalog, system: Topology, decisions: Decisions | None = None) -> str:
    """Return the module of the only service of a system."""
    mapping = mapped(catalog, system, decisions)
    (service,) = services(facts(mapping, (), "shop"), system, {"shop"}, python_style())
    return render_python(service, mapping, system)


def loaded(text: str, folder: Path, name: str = "made") -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(f"natsscan_{name}", path)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses look their module up
    try:
        spec.loader.exec_module(found)
    finally:
        del sys.modules[spec.name]
    return found


def functions(text: str) -> dict[str, list[str]]:
    """Return the functions that a module offers, each with its parameters by name."""
    tree = ast.parse(text)
    found = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")]
    return {node.name: [each.arg for each in node.args.kwonlyargs] for node in found}


def body(text: str, name: str) -> str:
    (node,) = (each for each in ast.parse(text).body if getattr(each, "name", "") == name)
    return ast.get_source_segment(text, node) or ""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    for path, text in {"app/__init__.py": "", "app/broker.py": APP, "requirements.txt": "pika\n"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


# The command


def test_a_service_in_python(project: Path) -> None:
    run = run_command("generate", "python-service", ".", cwd=project)
    assert run.code == 0, run.err
    assert run.out.splitlines()[0] == f"# {GENERATED} python-service; written anew when it runs again."
    assert "takes the first line away" in run.out.splitlines()[1]
    assert functions(run.out) == {
        "connect": [],
        "ensure": [],
        "consume_jobs": ["prefetch"],
        "ensure_inbox": ["tenant"],
        "publish_events": ["kind", "body", "headers", "message_id", "ttl"],
        "publish_inbox": ["tenant", "body", "headers", "message_id"],
        "publish_jobs": ["body", "timeout", "headers", "message_id"],
    }
    assert "prefetch: int = 25" in body(run.out, "consume_jobs"), "as the code has it"
    assert 'subject="x.lost"' in body(run.out, "consume_jobs") and 'key=".jobs"' in body(run.out, "consume_jobs")
    assert 'f"x.events.job.{_token(kind)}"' in body(run.out, "publish_events")
    assert "await _request(" in body(run.out, "publish_jobs") and "-> Msg:" in body(run.out, "publish_jobs")
    assert "other functions" not in run.out and "`ensure_inbox`" in body(run.out, "ensure")
    assert all(len(line) <= 120 for line in run.out.splitlines())


def test_it_is_written_into_the_package_of_its_service_once(project: Path) -> None:
    run = run_command("generate", "python-service", ".", "-o", ".", cwd=project)
    assert (run.code, run.out) == (0, ".: app/nats_messaging.py; 1 written\n")
    run = run_command("generate", "python-service", ".", "-o", ".", cwd=project)
    assert (run.code, run.out) == (0, ".: app/nats_messaging.py; 0 written\n")
    own = project / "app" / "nats_messaging.py"
    edited = own.read_text().partition("\n")[2]
    own.write_text(edited)
    run = run_command("generate", "python-service", ".", "-o", ".", cwd=project)
    assert run.code == 2 and "app/nats_messaging.py: was not made by natsscan generate" in run.err
    assert own.read_text() == edited


def test_several_services_have_a_module_each(tmp_path: Path) -> None:
    root = tmp_path / "orders-mini"
    shutil.copytree(ROOT / "fixtures" / "orders-mini", root, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q", root], check=True)
    run = run_command("generate", "python-service", ".", cwd=root)
    assert run.code == 2 and run.err.count("\n") == 1
    assert "several files: shop/nats_messaging.py, warehouse/nats_messaging.py; name a folder" in run.err
    one = run_command("generate", "python-service", "services/shop", cwd=root)
    every = run_command("generate", "python-service", ".", "-o", "made", cwd=root)
    assert every.out == "made: shop/nats_messaging.py, warehouse/nats_messaging.py; 2 written\n"
    assert one.out == (root / "made/shop/nats_messaging.py").read_text(), "streams are those of the whole project"
    assert "\nasync def consume" in one.out and "under `{reply_to}`" not in one.out
    assert run_command("generate", "haskell-service", ".", cwd=root).code == 2, "none of it is in Haskell"


def test_scripts_without_a_package(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "send.py").write_text(
        'import pika\nc = pika.BlockingConnection().channel()\nc.queue_declare("q")\nc.basic_publish("", "q", b"")\n'
    )
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    run = run_command("generate", "python-service", ".", "-o", "made", cwd=tmp_path)
    assert (run.code, run.out) == (0, "made: tools/nats_messaging.py; 1 written\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name its PATH"),
        (["requirements.txt", "-o", "out"], "no service here publishes or consumes"),
        ([".", "-o", "requirements.txt"], "is a file"),
        ([".", "--subjects", "no.yaml"], "no such file"),
    ],
)
def test_wrong_arguments(project: Path, arguments: list[str], said: str) -> None:
    run = run_command("generate", "python-service", *arguments, cwd=project)
    assert run.code == 2 and said in run.err and len(run.err.splitlines()) == 1


# Names


def test_names() -> None:
    wanted = {
        "uid": "uid", "UserId": "user_id", "settings_queue": "settings_queue", "Uid": "uid2", "type": "type_",
        "class": "class_", "body": "body_", "js": "js_", "1st": "value_1st", "_": "value", "match": "match_",
    }  # fmt: skip
    assert parameters(wanted) == wanted
    assert snake(("userNotifications", "HTTPServer", "v2")) == "user_notifications_http_server_v2"


def test_queues_whose_names_would_be_the_same(catalog: Catalog) -> None:
    names = ("jobs", "Jobs", "jobs.{kind}", "9 lives", "\u00e9", "\u00e8", "jobs-kind")
    text = module(catalog, topology(*map(queue, names), *map(consumer, names)))
    found = [name for name in functions(text) if name.startswith("consume")]
    assert len(found) == len(set(found)) == len(names)
    assert {"consume_jobs", "consume_queue_jobs", "consume_jobs_kind", "consume_queue_9_lives"} < set(found)


def test_values_become_the_tokens_that_the_mapping_gives_them(catalog: Catalog, tmp_path: Path) -> None:
    system = topology(
        exchange("e", "topic"), publisher("e", "a.{key}.b"), publisher("e", "x{id}"), publisher("e", "{key}"),
        queue("in.{user}"), consumer("in.{user}"),
    )  # fmt: skip
    text = module(catalog, system, SPLIT)
    made = loaded(text, tmp_path)
    for value in ("plain", "a.b", "\u00e9 *>%", "a..b"):
        rules = {"key": HoleRule(words=Words.SPLIT)}
        assert made._token(value) == fill("{id}", {"id": value}, rules)
        assert made._words(value) == fill("{key}", {"key": value}, rules)
        assert made._below("x.e", value) == f"x.e.{made._words(value)}"
    assert (made._token(""), made._words(""), made._below("x.e", "")) == ("=0", "=0", "x.e")
    assert '_below("x.e", key)' in body(text, "publish_e_key")
    assert 'f"x.e.a.{_words(key)}.b"' in body(text, "publish_e_a_b")
    filled = made._filled(made._CONSUMERS["in"], {"user": made._token("a.b")})
    assert (filled["durable_name"], filled["filter_subject"]) == ("in=2Ea=2Eb", "q.in.a=2Eb")


# What there is for each thing


def test_dead_letters_go_where_the_plan_has_them(catalog: Catalog, tmp_path: Path) -> None:
    system = topology(
        exchange("e", "topic"), exchange("dlx", "topic"), queue("in.{user}", dead_letter_exchange="dlx"),
        queue("dead"), binding("dlx", "#", "dead"), binding("e", "*.{user}", "in.{user}"), consumer("in.{user}"),
        publisher("", "in.{user}"),
    )  # fmt: skip
    text = module(catalog, system)
    assert 'key=f".in.{_token(user)}"' in body(text, "consume_in")
    made = loaded(text, tmp_path)
    letters = made._DeadLetters("X_dlx", "x.dlx", "in.ann", {"e": "x.e"}, ".in.ann")
    assert letters.place("x.e.k.ann") == ("x.dlx.k.ann", "e")
    assert letters.place("x.e") == ("x.dlx", "e")
    assert letters.place("q.in.ann") == ("x.dlx.in.ann", ""), "a message that came by the queue's own name has that"
    assert made._DeadLetters("X_dlx", "x.dlx.z", "q", {"e": "x.e"}).place("x.e.k") == ("x.dlx.z", "e")


def test_queues_that_go_with_their_reader(catalog: Catalog) -> None:
    system = topology(queue("", {"exclusive": "true"}), consumer(SERVER_NAMED, ack="NoAck", prefetch=None))
    text = module(catalog, system)
    assert functions(text)["consume_temporary"] == ["client", "prefetch"]
    assert "acks_on_receipt=True" in body(text, "consume_temporary") and "prefetch: int = 100" in text
    assert "temporary" not in body(text, "ensure").replace("`ensure_temporary`", "")


def test_one_message_at_a_time_if_the_plan_has_it_so(catalog: Catalog) -> None:
    text = module(catalog, topology(queue("q", single_active_consumer="true"), consumer("q", prefetch="50")))
    assert '"max_ack_pending": 1,' in text and "prefetch: int = 1)" in body(text, "consume_q")


def test_what_is_published_for_later(catalog: Catalog) -> None:
    system = topology(exchange("e", "x-delayed-message"), queue("q"), binding("e", "k", "q"), publisher("e", "k"))
    text = module(catalog, system)
    assert functions(text)["publish_e"] == ["id", "due", "body", "headers", "message_id"] or functions(text)[
        "publish_e"
    ] == ["id_", "due", "body", "headers", "message_id"]
    assert '"x.e.k", due, body' in body(text, "publish_e")
    assert '"delays"' in body(text, "ensure"), "without this consumer nothing keeps them"


def test_streams_come_after_those_that_fill_them(catalog: Catalog) -> None:
    text = module(catalog, topology(exchange("z"), queue("q", max_length="5"), binding("z", "k", "q"), consumer("q")))
    assert text.index('"name": "X_z"') < text.index('"name": "Q_q"')
    assert '"sources": [{"name": "X_z", "filter_subject": "x.z.k"}]' in text


def test_a_module_has_only_what_it_uses(catalog: Catalog) -> None:
    text = module(catalog, topology(exchange("fan", "fanout"), publisher("fan", "")))
    assert "class Delivery" not in text and "asyncio" not in text and "_schedule" not in text
    assert len(text.splitlines()) < 190


def test_times_are_those_of_the_plan(catalog: Catalog, tmp_path: Path) -> None:
    system = topology(queue("q", message_ttl="90000", expires="1500"), consumer("q"), queue("p"), consumer("p"))
    made = loaded(module(catalog, system), tmp_path)
    mapping = mapped(catalog, system)
    assert [dict(plan.config) for plan in mapping.streams] == made._STREAMS
    for plan in mapping.consumers:
        there = made._CONSUMERS[plan.queue]
        assert {**plan.config, "stream": plan.stream} == {**there, "ack_wait": 1800 * 10**9}
        assert there["ack_wait"] == 30 * 10**9, "the module says it while a message is worked on"


# As others see it

SYSTEMS = {
    "odd": topology(
        exchange(ODD, "topic"), exchange("dlx", "topic"), queue(ODD, dead_letter_exchange="dlx"), consumer(ODD),
        binding(ODD, "#", ODD), publisher(ODD, "k.{id}.{stream}"), publisher(ODD, "{type}"), publisher(ODD, ""),
    ),
    "later": topology(
        exchange("e", "x-delayed-message"), queue("q"), binding("e", "k", "q"), publisher("e", "k.{message}")
    ),
    "filled": topology(
        exchange("e", "topic"), queue("q", max_length="5"), binding("e", "k.#", "q"), consumer("q"),
        queue("p", max_priority="9"), consumer("p"), publisher("", "p"), publisher("", "p", reply_to="x"),
    ),
    "split": topology(
        exchange("e", "topic"), queue("logs.{topic}.end"), queue("logs.{topic}"), consumer("logs.{topic}"),
        publisher("e", "a.{key}.b"), publisher("e", "x{key}"), publisher("e", "{key}"), publisher("", "logs.{topic}"),
    ),
    "long": topology(
        queue("long." + "x" * 200), consumer("long." + "x" * 200), queue("y" * 99 + ".{a}.{b}", dead_letter_exchange=""),
    ),
    "unnamed": topology(
        exchange("dlx"), exchange("e"), queue("", dead_letter_exchange="dlx", dead_letter_routing_key="z.{user}"),
        consumer(SERVER_NAMED), binding("e", "{user}", SERVER_NAMED), publisher("", "{reply_to}"),
        publisher("", "{else}", reply_to="x"),
    ),
    "fields": topology(queue("q"), consumer("q")),
}  # fmt: skip
DECISIONS = {
    "split": SPLIT,
    "fields": Decisions(
        consumer_fields={
            "q": {
                "deliver_policy": "by_start_time", "opt_start_time": "2026-01-02T03:04:05Z", "backoff": ["1s", "5s"],
                "max_deliver": 3, "sample_freq": "100",
            }
        },
        stream_fields={"Q_q": {"compression": "s2", "description": ODD}},
    ),
}  # fmt: skip


def test_modules_are_typed_formatted_and_without_a_complaint(catalog: Catalog, tmp_path: Path) -> None:
    for name, system in SYSTEMS.items():
        text = module(catalog, system, DECISIONS.get(name))
        ast.parse(text, feature_version=(3, 9))
        made = loaded(text, tmp_path, name)
        assert inspect.iscoroutinefunction(made.ensure)
        assert not [line for line in text.splitlines() if line != line.rstrip()]
    style = ["--isolated", "--line-length=120"]
    rules = [
        "--target-version=py39",
        "--select=A,ARG,B,C4,C90,D,E,F,I,N,PIE,RET,SIM,UP,W",
        "--ignore=E501,D100,D105,D107,D203,D213",
    ]
    for arguments in (
        ["ruff", "check", *style, *rules, tmp_path],
        ["ruff", "format", "--check", *style, tmp_path],
        ["mypy", "--strict", "--python-version=3.11", f"--cache-dir={tmp_path / 'cache'}", *tmp_path.glob("*.py")],
    ):
        run = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=tmp_path)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", sorted(TEMPLATE.glob("*.py")), ids=lambda path: path.name)
def test_how_the_common_parts_are_written(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text, feature_version=(3, 9))
    assert len(text.splitlines()) < 400
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Global)
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
    assert not re.search(r"type: ignore|noqa", text)
