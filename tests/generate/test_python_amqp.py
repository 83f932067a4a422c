"""`natsscan generate python-amqp`: a package with what code uses of pika and aio-pika, and where its messages are."""

from __future__ import annotations

import ast
import compileall
import subprocess
import sys
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.generate.compat_plan import CompatPlan, compat_plan
from natsscan.generate.python_amqp import python_modules
from natsscan.generate.python_plan import quoted, render_python_plan
from natsscan.model.marks import GENERATED
from natsscan.model.topology import SERVER_NAMED, Topology
from tests.cli.test_bad_input import Write
from tests.conftest import REPOSITORY, Command, Run
from tests.generate.conftest import contents
from tests.nats.systems import binding, consumer, exchange, mapped, publisher, queue, topology

APP = (
    "import pika\n\n\ndef run(url, user):\n    channel = pika.BlockingConnection(pika.URLParameters(url)).channel()\n"
    "    channel.exchange_declare('events', 'topic')\n"
    "    channel.queue_declare(f'inbox.{user}', arguments={'x-dead-letter-exchange': 'dead', 'x-dead-letter-routing-key': 'k'})\n"
    "    channel.queue_bind(f'inbox.{user}', 'events', f'to.{user}.*')\n"
    "    channel.exchange_declare('dead', 'fanout')\n    channel.queue_declare('dead')\n    channel.queue_bind('dead', 'dead')\n"
    "    channel.basic_consume(f'inbox.{user}', print)\n"
)


def generate(natsscan: Command, *arguments: str) -> Run:
    return natsscan("generate", "python-amqp", *(arguments or ("app",)), "-o", "app/nats_amqp")


def test_the_package_has_the_library_and_the_plan(natsscan: Command, write: Write) -> None:
    root = write({"app/__init__.py": "", "app/m.py": APP})
    run = generate(natsscan)
    assert run.code == 0, run.err
    files = contents(root / "app/nats_amqp")
    wanted = {"__init__.py", "plan.py", "the_plan.py", "pika/__init__.py", "pika/adapters/blocking_connection.py"}
    assert wanted <= files.keys()
    assert not [path for path in files if path.startswith("aio_pika")]
    assert all(text.startswith(f"# {GENERATED} python-amqp;") for text in files.values())
    assert compileall.compile_dir(root / "app/nats_amqp", quiet=2)
    assert "what the code uses of pika; it needs nats-py" in run.out
    assert run.out.endswith("  natsscan patch app --route compat\n")


def test_the_same_again_and_what_is_not_needed_any_more_goes(natsscan: Command, write: Write) -> None:
    root = write({"app/__init__.py": "", "app/m.py": f"{APP}\nimport aio_pika\n"})
    generate(natsscan)
    assert (root / "app/nats_amqp/aio_pika/__init__.py").exists()
    assert "; 0 written\n" in generate(natsscan).out
    write({"app/m.py": APP})
    assert " removed\n" in generate(natsscan).out
    assert not (root / "app/nats_amqp/aio_pika/__init__.py").exists()


def test_a_tree_that_has_moved_gets_the_same(natsscan: Command, write: Write) -> None:
    root = write({"app/__init__.py": "", "app/m.py": APP})
    generate(natsscan)
    before = contents(root / "app/nats_amqp")
    for stage in ("prepare", "cut-over", "clean-up"):
        natsscan("patch", ".", "--route", "compat", "--unsafe", "--stage", stage, "--write")
    assert "from app.nats_amqp import pika" in (root / "app/m.py").read_text()
    assert "; 0 written\n" in generate(natsscan).out and contents(root / "app/nats_amqp") == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["generate", "python-amqp", "."], "such as shop/nats_amqp"),
        (["generate", "python-amqp", "-o", "out"], "name its PATH"),
        (["generate", "python-amqp", ".", "-o", "out"], "imports a library that python-amqp has"),
        (["generate", "python-amqp", ".", "-o", "m.py"], "is a file"),
    ],
)
def test_wrong_arguments(natsscan: Command, write: Write, arguments: list[str], said: str) -> None:
    write({"m.py": "x = 1\n"})
    run = natsscan(*arguments)
    assert run.code == 2 and said in run.err and len(run.err.splitlines()) == 1


def test_what_somebody_wrote_is_not_overwritten(natsscan: Command, write: Write) -> None:
    root = write({"app/__init__.py": "", "app/m.py": APP, "app/nats_amqp/__init__.py": "x = 1\n"})
    run = generate(natsscan)
    assert run.code == 2 and "was not made by natsscan generate" in run.err
    assert (root / "app/nats_amqp/__init__.py").read_text() == "x = 1\n"


def test_shared_modules_know_nothing_of_the_libraries() -> None:
    """So a package for one of them needs nothing of the other."""
    for path, text in python_modules().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level and "/" not in path:
                assert (node.module or "").partition(".")[0] not in ("pika", "aio_pika"), path


def test_importing_a_library_imports_all_of_its_modules(natsscan: Command, write: Write) -> None:
    """So `import pika.exceptions` may become an import of the first alone."""
    root = write({"app/__init__.py": "", "app/m.py": f"{APP}\nimport aio_pika\n"})
    generate(natsscan)
    modules = [
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in python_modules()
        if path.startswith(("pika/", "aio_pika/"))
    ]
    code = (
        "import sys\nfrom app.nats_amqp import pika, aio_pika\n"
        f"print([m for m in {modules} if 'app.nats_amqp.' + m not in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


# The plan


def planned(catalog: Catalog, system: Topology) -> CompatPlan:
    return compat_plan(mapped(catalog, system), system, catalog.target.layouts, is_all=True)


def formatted(text: str, tmp_path: Path) -> str:
    (tmp_path / "the_plan.py").write_text(text)
    ruff = Path(sys.executable).with_name("ruff")
    config = REPOSITORY / "pyproject.toml"
    subprocess.run([ruff, "format", "-q", "--no-cache", "--config", config, tmp_path / "the_plan.py"], check=True)
    return (tmp_path / "the_plan.py").read_text()


def test_the_plan_of_a_code_base(natsscan: Command, write: Write, tmp_path: Path) -> None:
    root = write({"app/__init__.py": "", "app/m.py": APP})
    generate(natsscan)
    text = (root / "app/nats_amqp/the_plan.py").read_text()
    for wanted in (
        'Exchange(name="events", kind="topic", subject="x.events", stream="X_events")',
        'Exchange(name="dead", kind="fanout", subject="x.dead", stream="X_dead")',
        'name=("inbox.", None)',
        'subject=("q.inbox.", None)',
        'consumer=("inbox=2E", None)',
        'filters=(("x.events.to.", None, ".*"),)',
        'dead_letter_exchange="dead"',
        'dead_letter_routing_key="k"',
        'Binding(exchange="events", routing_key=("to.", None, ".*"), queue=("inbox.", None))',
        'Binding(exchange="dead", routing_key="dead", queue="dead")',
        '"subjects": ["x.events", "x.events.>", "q.inbox.*"]',
        '"ack_wait": 1800000000000',
    ):
        assert wanted in text, wanted
    assert formatted(text, tmp_path) == text


def test_a_plan_of_nothing(catalog: Catalog, tmp_path: Path) -> None:
    text = render_python_plan(planned(catalog, topology()), "x")
    assert text.endswith("from .plan import Plan\n\nPLAN = Plan()\n") and formatted(text, tmp_path) == text


def test_streams_that_are_filled_from_others_are_in_the_plan(catalog: Catalog, tmp_path: Path) -> None:
    system = topology(exchange("e"), queue("q", max_length="5"), binding("e", "k", "q"), queue("other"))
    plan = planned(catalog, system)
    assert {q.name: q.stream for q in plan.queues} == {("q",): "Q_q", ("other",): "Q_other"}
    streams = {stream.name: stream for stream in plan.streams}
    assert {*streams} == {"Q_q", "Q_other", "X_e"}
    assert streams["Q_q"].planned["sources"] == [{"name": "X_e", "filter_subject": "x.e.k"}]
    assert streams["Q_q"].subjects == ("q.q",)  # it is reached by its name as well
    text = render_python_plan(plan, "x")
    assert '"max_msgs": 5' in text and formatted(text, tmp_path) == text


def test_queues_without_a_name_have_no_place(catalog: Catalog) -> None:
    system = topology(exchange("e", "fanout"), queue(""), consumer(SERVER_NAMED), binding("e", "k", SERVER_NAMED))
    plan = planned(catalog, system)
    assert (plan.queues, plan.bindings) == ((), ()) and [e.name for e in plan.exchanges] == ["e"]


def test_keys_that_a_queue_does_not_tell_are_left_to_the_program(catalog: Catalog) -> None:
    system = topology(exchange("e", "topic"), queue("q"), binding("e", "{kind}.x", "q"))
    plan = planned(catalog, system)
    assert plan.bindings == () and [q.filters for q in plan.queues] == [(("x.e.*.x",),)]


def test_names_cannot_break_out_of_the_plan(catalog: Catalog, tmp_path: Path) -> None:
    hostile = "a\"]'}, x\\ -}\n\u00e9\u2028"
    system = topology(exchange(hostile), queue(hostile), publisher("", hostile))
    text = render_python_plan(planned(catalog, system), "x")
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.keyword) and node.arg == "name"]
    assert hostile in {ast.literal_eval(each.value) for each in calls if isinstance(each.value, ast.Constant)}
    assert formatted(text, tmp_path) == text


TEXTS = ["", "a", '"', "'", "\"'", "'\"'", "\\", "\n\t\x00\x7f", "é中😀", "\u2028", "{}", "a\\'b"]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_what_python_reads(text: str, tmp_path: Path) -> None:
    assert ast.literal_eval(quoted(text)) == text
    line = f"x = {quoted(text)}\n"
    assert formatted(line, tmp_path) == line
