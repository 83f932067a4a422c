"""The modules of the package themselves: how they are written, what they offer, and what they have in common with natsscan."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from natsscan.model.marks import GENERATED
from natsscan.nats.escape import asset_name, token, word
from natsscan.nats.topic import key_matches, translate
from tests.python_layer.conftest import PACKAGE, TEMPLATE

MODULES = sorted(path for path in TEMPLATE.rglob("*.py"))
OFFERS = yaml.safe_load((Path(__file__).parents[2] / "rules" / "nats" / "python-compat.yaml").read_text())
# Arguments that mean something to AMQP only, names and wordings of the libraries, and loops that try again.
ALLOWED = ("ARG001", "ARG002", "N818", "PERF203", "N999")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(TEMPLATE)))
def test_how_a_module_is_written(path: Path) -> None:
    text = path.read_text()
    assert (
        text.startswith(f"# {GENERATED} python-amqp; written anew when it runs again.\n")
        and len(text.splitlines()) < 400
    )
    tree = ast.parse(text, feature_version=(3, 9))
    known = sys.stdlib_module_names | {"nats"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(alias.name.partition(".")[0] in known for alias in node.names), ast.unparse(node)
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").partition(".")[0] in known, ast.unparse(node)
    for statement in tree.body:  # what a module holds is constant
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            assert all(isinstance(each, (ast.Name, ast.Tuple)) for each in targets)
        assert not any(isinstance(node, ast.Global) for node in ast.walk(statement))


def test_style_and_types(service: Path) -> None:
    package = service / PACKAGE / "nats_amqp"
    root = Path(__file__).parents[2]
    for arguments in (
        ["ruff", "check", "--no-cache", "--config", str(root / "pyproject.toml"), "--target-version", "py39",
         *(part for rule in ALLOWED for part in ("--extend-ignore", rule))],
        ["ruff", "format", "--no-cache", "--check", "--config", str(root / "pyproject.toml"), "--target-version", "py39",
         "--exclude", "the_plan.py"],
    ):  # fmt: skip
        run = subprocess.run(
            [sys.executable, "-m", *arguments, TEMPLATE], capture_output=True, text=True, cwd=service, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--warn-unreachable", "--config-file", "", "--cache-dir", service / "cache",
         "-p", f"{PACKAGE}.nats_amqp"],
        capture_output=True, text=True, cwd=service, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    assert package.is_dir()


def named(layer: ModuleType, name: str) -> Any:
    """Return what stands for a qualified name of a library."""
    parts = name.split(".")
    for at in range(len(parts), 0, -1):
        module = sys.modules.get(".".join([layer.__name__, *parts[:at]]))
        if module is not None:
            found: Any = module
            for part in parts[at:]:
                found = getattr(found, part)
            return found
    raise AssertionError(name)


@pytest.mark.parametrize("module", OFFERS["modules"])
def test_modules_have_what_is_offered(layer: ModuleType, module: str) -> None:
    found = importlib.import_module(f"{layer.__name__}.{module}")
    for name in OFFERS["modules"][module]:
        assert hasattr(found, name), name
        assert hasattr(importlib.import_module(module), name), f"the library has no {name}"
    # Modules below a library are there once it is imported.
    assert named(layer, module) is found


def parameters(function: Any) -> list[str]:
    found: list[str] = []
    for each in inspect.signature(function).parameters.values():
        if each.kind is each.VAR_POSITIONAL:
            found.append("*args")
        if each.kind is each.KEYWORD_ONLY and not {"*", "*args"} & {*found}:
            found.append("*")
        if each.name != "self" and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            found.append(each.name)
    return found


def in_order(names: list[str]) -> list[str]:
    """Return the parameters that may be given by position."""
    return list(takewhile(lambda name: not name.startswith("*"), names))


def takes(function: Any, offered: list[str]) -> None:
    """See that a function takes all parameters, those by position in the same order."""
    own = parameters(function)
    by_position, wanted = in_order(own), in_order(offered)
    accepts_more = any(each.kind is each.VAR_KEYWORD for each in inspect.signature(function).parameters.values())
    assert by_position[: len(wanted)] == wanted, (function, own, offered)
    assert "*args" not in offered or "*args" in own, function
    missing = set(offered) - {"*"} - set(own)
    assert not missing or accepts_more, (function, missing)


def attributes(kind: type) -> set[str]:
    """Return what instances of a class have: properties, fields, and what methods assign to self."""
    found = set(dir(kind))
    for each in kind.__mro__:
        found |= set(getattr(each, "__dataclass_fields__", ()))
        if each.__module__.startswith(PACKAGE):
            for node in ast.walk(ast.parse(dedent(inspect.getsource(each)))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.add(node.attr)
    return found


@pytest.mark.parametrize("name", OFFERS["classes"])
def test_classes_have_what_is_offered(layer: ModuleType, name: str) -> None:
    offered, found = OFFERS["classes"][name] or {}, named(layer, name)
    assert isinstance(found, type)
    if "constructor" in offered:
        takes(found, offered["constructor"])
    for method, wanted in offered.get("methods", {}).items():
        takes(getattr(found, method), wanted)
    for each in offered.get("names", ()):
        assert isinstance(getattr(found, each), type)
    answers = vars(named(layer, "pika.spec.Queue")).values() if name == "pika.frame.Method" else ()
    has = attributes(found).union(*(attributes(each) for each in answers if isinstance(each, type)))
    if name == "pika.frame.Method":
        has |= {"consumer_tag"}
    assert not set(offered.get("attributes", ())) - has
    for base in [*offered.get("bases", ()), *filter(None, [offered.get("same_as")])]:
        assert issubclass(found, named(layer, base))


def test_functions_take_what_is_offered(layer: ModuleType) -> None:
    for name, wanted in OFFERS["functions"].items():
        takes(named(layer, name), wanted)


def test_what_is_refused_is_not_there(layer: ModuleType) -> None:
    for name in OFFERS["refused"]["modules"]:
        with pytest.raises(ImportError):
            importlib.import_module(f"{layer.__name__}.{name}")
    for name in (*OFFERS["refused"]["symbols"], *OFFERS["refused"]["methods"]):
        owner, _, member = name.rpartition(".")
        try:
            has = hasattr(named(layer, owner), member)
        except (AssertionError, AttributeError):
            has = False
        assert not has or name == "aio_pika.abc.AbstractIncomingMessage.channel", name


def test_errors_are_caught_by_those_that_code_catches(layer: ModuleType) -> None:
    """Each exception is below the same ones as in the library."""
    for library in ("pika", "aio_pika"):
        original, own = importlib.import_module(f"{library}.exceptions"), named(layer, f"{library}.exceptions")
        names = OFFERS["modules"][f"{library}.exceptions"]
        for name in names:
            mine, theirs = getattr(own, name), getattr(original, name)
            for other in names:
                assert issubclass(mine, getattr(own, other)) == issubclass(theirs, getattr(original, other)), (
                    name,
                    other,
                )
            for builtin in (ConnectionError, OSError, RuntimeError, asyncio.QueueEmpty):
                assert issubclass(mine, builtin) == issubclass(theirs, builtin), (name, builtin)


WORDS = st.text(max_size=8)
KEYS = st.lists(st.sampled_from(["a", "b", "*", "#", "", "x y", "ä"]), max_size=5).map(".".join)


@given(WORDS)
def test_tokens_are_those_of_natsscan(layer: ModuleType, text: str) -> None:
    subjects = named(layer, "subjects")
    assert subjects.token(text) == token(text) and subjects.word(token(text)) == word(token(text)) == text
    assert subjects.asset_name(text * 30) == asset_name(text * 30)


@settings(max_examples=300)
@given(KEYS, KEYS)
def test_topics_are_those_of_natsscan(layer: ModuleType, pattern: str, key: str) -> None:
    subjects = named(layer, "subjects")
    words = [each if each in ("*", "#") else token(each) for each in pattern.split(".") if pattern]
    expected = translate("x.e", words)
    assert subjects.filters("topic", "x.e", pattern) == (expected.filters, expected.is_exact)
    does = subjects.takes("topic", pattern, key)
    assert does == key_matches(pattern, key)
    taken = any(subjects.within(subjects.subject("x.e", key), each) for each in expected.filters)
    assert taken if does else (not taken or not expected.is_exact)
    assert subjects.key_below("x.e", subjects.subject("x.e", key)) == key


def test_names_with_holes(layer: ModuleType) -> None:
    planned = named(layer, "plan")
    plan = planned.Plan(
        exchanges=(planned.Exchange("e", "topic", "x.e", "X"), planned.Exchange("e.f", "direct", "x.e=2Ef", "X")),
        queues=(
            planned.Queue(("in.", None), ("q.in.", None), ("in=2E", None), "Q", (("x.e.", None, ".*"),)),
            planned.Queue(("in.", None, ".out"), ("q.io.", None), ("io=2E", None), "Q"),
            planned.Queue("in.all", "q.in.all.of", "all", "Q"),
        ),
        bindings=(planned.Binding("e", (None, ".*"), ("in.", None)),),
        streams=(planned.Stream("Q", {"subjects": ["q.>"]}),),
    )
    place = plan.queue("in.a.b")
    assert (place.subject, place.consumer, place.filters) == ("q.in.a=2Eb", "in=2Ea=2Eb", ("q.in.a=2Eb", "x.e.a=2Eb.*"))
    assert [(exchange.name, key) for exchange, key in place.bindings] == [("e", "a.b.*")]
    assert plan.queue("in.x.out").subject == "q.io.x" and plan.queue("in.all").subject == "q.in.all.of"
    assert plan.queue("out") is None and plan.queue("in.") is None
    long = plan.queue("in." + "x" * 250)
    assert long.consumer == asset_name("in." + "x" * 250) and len(long.consumer) < 200
    origins = {"x.e.a.=0": ("e", "a."), "x.e": ("e", ""), "x.e=2Ef.k": ("e.f", "k"), "q.in.a=2Eb": ("", "in.a.b"),
               "q.in.all.of": ("", "in.all"), "q.io.x": ("", "in.x.out"), "other": None}  # fmt: skip
    assert {subject: plan.origin(subject) for subject in origins} == origins


# What Network.NATS.Amqp.Internal.Codec writes for the same messages.
AS_HASKELL = {
    "plain": ({"text": "ab c", "Grüße": "ä", "line": "a\nb", "edge": " x", "mark": "base64:x"},
              {"text": "ab c", "line": "base64:YQpi", "edge": "base64:IHg=", "mark": "base64:YmFzZTY0Ong=",
               "Amqp-Headers": '{"Gr\\u00fc\\u00dfe":{"text":"\\u00c3\\u00a4"}}'}),
    "typed": ({"b": True, "i": 7, "l": 2**40, "f": 0.5, "d": Decimal("12.50"), "n": None, "raw": b"\xff",
               "a": ["x", 1], "t": {"k": "v"}, "w": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)},
              {"Amqp-Headers": '{"b":{"bool":true},"i":{"int32":7},"l":{"int64":1099511627776},"f":{"double":0.5},'
               '"d":{"decimal":[2,1250]},"n":{"void":null},"raw":{"bytes":"\\u00ff"},'
               '"a":{"array":[{"text":"x"},{"int32":1}]},"t":{"table":{"k":{"text":"v"}}},"w":{"timestamp":1700000000}}'}),
    "names of properties": ({"Type": "x", "Nats-Own": "y"},
                            {"Amqp-Headers": '{"Type":{"text":"x"},"Nats-Own":{"text":"y"}}'}),
    "empty": ({}, {"Amqp-Headers": "{}"}),
}  # fmt: skip


@pytest.mark.parametrize("name", AS_HASKELL)
def test_headers_are_those_of_haskell(layer: ModuleType, name: str) -> None:
    codec, message = named(layer, "codec"), named(layer, "message")
    table, headers = AS_HASKELL[name]
    assert codec.encode(message.Properties(headers=table)) == headers
    assert codec.decode(headers).headers == table


def test_headers_are_named_as_in_haskell(layer: ModuleType) -> None:
    """All names that the module for Haskell has, it has: read there, so that neither changes alone."""
    source = TEMPLATE.parent / "haskell-amqp" / "Network" / "NATS" / "Amqp" / "Internal" / "Codec.hs"
    written = set(re.findall(r'"((?:Amqp-)?[A-Z][a-z]+(?:-[A-Z][a-z]+)*)"', source.read_text())) - {"Nats"}
    codec = named(layer, "codec")
    assert written == codec._RESERVED
    assert codec._BASE64 in source.read_text()


def test_nothing_else_may_be_in_a_header(layer: ModuleType) -> None:
    codec, message = named(layer, "codec"), named(layer, "message")
    for table in ({"x": object()}, {"x": {1, 2}}):
        with pytest.raises(TypeError):
            codec.encode(message.Properties(headers=table))
    with pytest.raises(ValueError, match="does not fit"):
        codec.encode(message.Properties(headers={"x": 2**64}))
    assert codec.decode({"Foo": "bar", "Amqp-Headers": "no json", "Priority": "high"}).headers == {"Foo": "bar"}


@given(st.dictionaries(st.text(max_size=5), st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6,
), max_size=4))  # fmt: skip
def test_headers_come_back(layer: ModuleType, table: dict[str, Any]) -> None:
    codec, message = named(layer, "codec"), named(layer, "message")
    headers = codec.encode(message.Properties(headers=table))
    assert not [value for value in headers.values() if value != value.strip() or re.search(r"[\x00-\x1f\x7f]", value)]
    assert codec.decode(headers).headers == table
