"""The rules of a package with the APIs of libraries for Python: what they offer is the libraries', what is not says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog
from natsscan.catalog.python_compat import PythonCompat, RefusedArgumentRule
from natsscan.generate.python_amqp import python_modules
from natsscan.model.errors import InputError
from natsscan.model.usage import Operation

LIBRARY = """\
kind: python-library
id: python-post
title: a library
packages: [post]
modules:
  post:
    passes_on: [post.box.Box]
    functions:
      send: {operation: publish, parameters: [letter, {to: routing_key}], gives: post.box.Receipt}
  post.box:
    classes:
      Base:
        methods:
          burn: {operation: purge}
      Box:
        bases: [post.box.Base]
        constructor: {operation: connect, parameters: [size]}
        methods:
          put: {operation: publish, parameters: [letter]}
          shake: {operation: flow}
      Receipt: {}
  post.far: {}
"""
COMPAT = """\
kind: python-compat
id: post-compat
title: a package
links: []
package: nats_post
requires: [nats-py]
server: "2.11"
libraries: {python-post: post}
modules:
  post: [Box, send]
  post.box: [Box, Receipt, KIND]
classes:
  post.box.Box:
    constructor: [size]
    methods: {put: [letter]}
functions:
  post.send: [letter, to]
refused:
  modules: {post.far: It is too far.}
  methods: {post.box.Base.burn: Nothing burns.}
  arguments: [{operation: publish, argument: weight, message: Nothing has a weight.}]
"""


@pytest.fixture(scope="module")
def rules(catalog: Catalog) -> PythonCompat:
    (found,) = (each for each in catalog.python_compat if each.package == "nats_amqp")
    return found


def loaded(tmp_path: Path, compat: str) -> Catalog:
    (tmp_path / "library.yaml").write_text(LIBRARY)
    (tmp_path / "compat.yaml").write_text(compat)
    return load_catalog([tmp_path])


def of_post(catalog: Catalog) -> PythonCompat:
    return next(each for each in catalog.python_compat if each.package == "nats_post")


def test_what_is_there_is_there_by_all_its_names(rules: PythonCompat) -> None:
    for name in (
        "pika",
        "pika.exceptions",
        "pika.BlockingConnection",
        "pika.adapters.blocking_connection.BlockingConnection.channel",
        "pika.spec.Basic.Deliver",
        "pika.spec.REPLY_SUCCESS",
        "pika.channel.Channel.basic_ack",
        "aio_pika.connect_robust",
        "aio_pika.robust_channel.RobustChannel.get_queue",
        "aio_pika.abc.DefaultExchange.publish",
    ):
        assert rules.why_not(name) == "", name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("pika.frobnicate", "does not have it"),
        ("pika.SelectConnection", "Callbacks of a SelectConnection"),
        ("pika.adapters.select_connection.IOLoop.start", "Callbacks of a SelectConnection"),
        ("aio_pika.robust_channel.RobustChannel.transaction", "A stream takes each message by itself"),
        ("aio_pika.patterns.rpc.RPC.call", "written for exchanges"),
        ("aio_pika.ExchangeType.HEADERS", "no headers"),
    ],
)
def test_what_is_not_there_says_why(rules: PythonCompat, name: str, why: str) -> None:
    assert why in rules.why_not(name)


def test_what_programs_do_not_make(rules: PythonCompat) -> None:
    assert rules.why_not_made("pika.BlockingConnection") == rules.why_not_made("aio_pika.connect") == ""
    assert "makes it itself" in rules.why_not_made("aio_pika.Queue")
    assert "Callbacks" in rules.why_not_made("pika.SelectConnection")


def test_parameters_are_those_of_the_package(rules: PythonCompat) -> None:
    assert rules.parameters("pika.URLParameters") == ("url",)
    assert rules.parameters("aio_pika.abc.AbstractRobustQueue.cancel") == ("consumer_tag", "timeout", "nowait")
    assert rules.parameters("pika.exceptions.AMQPError") is None


@pytest.mark.parametrize(
    ("given", "refused", "kept"),
    [
        ({}, ["x", "true"], []),
        ({"values": (True,)}, ["True", "true"], ["False", "other"]),
        ({"only": ("direct", "topic")}, ["headers"], ["direct", "topic"]),
        ({"but": (0,)}, ["1", "true"], ["0"]),
    ],
)
def test_arguments_are_refused_by_their_values(
    given: dict[str, tuple[str]], refused: list[str], kept: list[str]
) -> None:
    rule = RefusedArgumentRule(operation=Operation.PUBLISH, argument="a", message="m", **given)
    assert all(map(rule.refuses, refused)) and not any(map(rule.refuses, kept))


def test_the_package_has_a_module_for_each_that_is_offered(rules: PythonCompat) -> None:
    there = {path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in python_modules()}
    assert there >= set(rules.modules)


def test_a_package_of_ones_own(tmp_path: Path) -> None:
    rules = of_post(loaded(tmp_path, COMPAT))
    assert rules.why_not("post.Box.put") == rules.why_not("post.box.KIND") == ""
    assert rules.why_not("post.Box.burn") == "Nothing burns."
    assert rules.why_not("post.far.off.x") == "It is too far."
    assert rules.why_not("post.box.Box.shake").endswith("does not have it.")


def test_code_on_the_package_is_on_nats_to_a_scan(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, COMPAT)
    python = catalog.python
    assert python.original("app.nats_post.post.Box") == "nats_post.post.Box"
    assert python.original("app.nats_post.plan.Plan") == "app.nats_post.plan.Plan"
    assert python.defined("nats_post.post.Box") == "nats_post.post.box.Box"
    put = python.call("nats_post.post.box.Box.put")
    assert put is not None and put.symbol.operation is Operation.NATS_PUBLISH
    assert catalog.system_of(put.symbol.library) == "nats"
    assert catalog.with_python_layer().python.original("app.nats_post.post.Box") == "post.Box"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("python-post: post", "python-host: post", 8, "no library file has the id python-host"),
        ("  post: [Box, send]", "  host: [Box, send]", 10, "no rule file defines host"),
        ("  post.box.Box:", "  post.box.Bag:", 13, "no rule file defines post.box.Bag"),
        ("{put: [letter]}", "{put: [letter, stamp]}", 15, "post.box.Box.put has no parameter stamp"),
        ("post.send: [letter, to]", "post.send: [letter, routing_key]", 17, "post.send has no parameter routing_key"),
        ("constructor: [size]", "constructor: [colour]", 14, "post.box.Box has no parameter colour"),
        ("post.box.Base.burn", "post.box.Bag.burn", 20, "no rule file defines post.box.Bag"),
        ("operation: publish, argument", "operation: shout, argument", 21, "shout"),
        ("requires: [nats-py]", "needs: [nats-py]", 1, "needs"),
    ],
)
def test_a_broken_rule_says_where(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in COMPAT
    with pytest.raises(InputError) as error:
        loaded(tmp_path, COMPAT.replace(old, new))
    assert f"compat.yaml:{line}: " in str(error.value) and says in str(error.value)
