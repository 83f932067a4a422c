"""What names of queues are made of in Python, and what is told of what only run time knows.

Each group is a module: what it defines, and expressions with the names that they stand for. `{…}` is a hole.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.usage import Operation
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import open_project

GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "texts": (
        """
        A, B = "a", "b"
        WORDS = ["x", "y"]
        """,
        {
            '"one"': "one",
            '"one" ".two"': "one.two",
            "'''long'''": "long",
            'r"raw\\d"': "raw\\d",
            'b"bytes"': "bytes",
            '"tab\\tbed"': "tab\tbed",
            'A + "." + B': "a.b",
            'A + "." + user': "a.{user}",
            '"-" * 3': "---",
            '"%s" % A': "a",
            '"%s.%s" % (A, B)': "a.b",
            '"%(left)s.%(right)s" % {"left": A, "right": user}': "a.{user}",
            '"%05d" % number': "{number}",
            '"100%% %s" % A': "100% a",
            '"{}.{}".format(A, B)': "a.b",
            '"{1}.{0}".format(A, B)': "b.a",
            '"{left}.{right}".format(left=A, right=user)': "a.{user}",
            '"{0.name}.{1[key]}".format(user, number)': "{name}.{key}",
            '"{{{}}}".format(A)': "{a}",
            "template.format(A)": "{computed from template}",
            'f"{A}.{B}"': "a.b",
            'f"{A!r}.{user:>10}"': "a.{user}",
            'f"{{{A}}}"': "{a}",
            'f"{user.name}.q"': "{name}.q",
            'f"{user.name()}.q"': "{name}.q",
            'f"{WORDS[1]}.q"': "y.q",
            '".".join([A, B, user])': "a.b.{user}",
            '".".join((A, *WORDS))': "a.x.y",
            '"_".join(WORDS)': "x_y",
            '".".join(part for part in WORDS)': "x.y",
            '".".join(word + "s" for word in WORDS)': "xs.ys",
            '".".join(parts)': "{computed from parts}",
            'A.upper() + "Mixed".lower()': "Amixed",
            '" a ".strip()': "a",
            '"a.b".replace(".", "-")': "a-b",
            '"pre.a".removeprefix("pre.")': "a",
            'user.lower() + ".q"': "{user}.q",
            "str(A)": "a",
            'A.encode("utf-8").decode()': "a",
        },
    ),
    "choices": (
        """
        from enum import Enum

        class Kind(str, Enum):
            RED = "red"
            BLUE = "blue"

        class Plain(Enum):
            ONE = "one"

        DEFAULT = None
        EMPTY = ""
        """,
        {
            '"left" if user else "right"': "left|right",
            'DEFAULT or "fallback"': "fallback",
            'EMPTY or "fallback"': "fallback",
            '"given" or "fallback"': "given",
            'user or "fallback"': "fallback|{user}",
            '"set" if DEFAULT else "unset"': "unset",
            '"unset" if DEFAULT is None else "set"': "unset",
            '"set" if DEFAULT is not None else "unset"': "unset",
            '"set" if not DEFAULT else "unset"': "set",
            "Kind.RED": "red",
            "Kind.RED.value": "red",
            "Kind.RED.name": "RED",
            'Kind("blue")': "blue",
            "Plain.ONE.value": "one",
            'f"{Kind.BLUE.value}.q"': "blue.q",
        },
    ),
    "tables": (
        """
        TABLE = {"mail": "mails", "print": "prints"}
        NESTED = {"queues": {"in": "inbox", "out": "outbox"}, "names": ["n0", "n1"]}
        MADE = dict(mail="mailed", other="o")
        LATER = {}
        LATER["k"] = "kept"
        MERGED = {**TABLE, "mail": "merged"}
        PAIRS = [("a", "qa"), ("b", "qb")]
        """,
        {
            'TABLE["mail"]': "mails",
            'TABLE.get("mail")': "mails",
            'TABLE.get("none", "else")': "else",
            "TABLE[user]": "mails|prints",
            'NESTED["queues"]["in"]': "inbox",
            'NESTED["names"][1]': "n1",
            'NESTED["names"][-1]': "n1",
            'MADE["mail"]': "mailed",
            'LATER["k"]': "kept",
            'MERGED["mail"]': "merged",
            'MERGED["print"]': "prints",
            'settings["queue"]': "{queue}",
            'settings.get("queue", "q")': "{queue}",
            'settings["amqp"]["queue"]': "{queue}",
            "PAIRS[0][1]": "qa",
        },
    ),
    "classes": (
        """
        from dataclasses import dataclass, field
        from typing import NamedTuple
        from pydantic import Field
        from pydantic_settings import BaseSettings

        class Names:
            QUEUE = "of-class"
            OTHER = QUEUE + ".other"

        class More(Names):
            OTHER = "overridden"

        @dataclass
        class Data:
            name: str = "data"
            made: str = field(default="field")
            full: str = ""

            @property
            def queue(self):
                return f"{self.name}.q"

            def key(self, suffix="tail"):
                return self.name + "." + suffix

        class Pair(NamedTuple):
            left: str
            right: str = "right"

        class Config(BaseSettings):
            amqp_queue: str = "settings"
            other: str = Field("other", alias="OTHER")

        class Held:
            def __init__(self, name, prefix=None):
                self.name = name
                self.prefix = prefix or "std"
                self.full = f"{self.prefix}.{self.name}"

        CONFIG = Config()
        DATA = Data()
        """,
        {
            "Names.QUEUE": "of-class",
            "Names.OTHER": "of-class.other",
            "More.QUEUE": "of-class",
            "More.OTHER": "overridden",
            "DATA.name": "data",
            "DATA.made": "field",
            'Data("given").name': "given",
            'Data(name="given").queue': "given.q",
            "DATA.queue": "data.q",
            "DATA.key()": "data.tail",
            'DATA.key(suffix="s")': "data.s",
            'Pair("l").left': "l",
            'Pair("l").right': "right",
            'Held("h").full': "std.h",
            'Held("h", prefix="p").full': "p.h",
            "CONFIG.amqp_queue": "{amqp_queue}",
            'f"{CONFIG.other}.q"': "{other}.q",
        },
    ),
    "functions": (
        """
        from functools import partial

        def plain():
            return "plain"

        def prefixed(name, *, prefix="std"):
            return f"{prefix}.{name}"

        def maybe(flag):
            if flag:
                return "yes"
            return "no"

        def stepwise(name):
            full = "a"
            full += "." + name
            return full

        def deep(name):
            return prefixed(name, prefix="deep")

        short = lambda name: "lambda." + name
        bound = partial(prefixed, prefix="partial")
        """,
        {
            "plain()": "plain",
            'prefixed("n")': "std.n",
            'prefixed("n", prefix="p")': "p.n",
            "prefixed(user)": "std.{user}",
            "maybe(user)": "no|yes",
            'stepwise("b")': "a.b",
            'deep("n")': "deep.n",
            'short("n")': "lambda.n",
            'bound("n")': "partial.n",
            "unknown(user)": "{user}",
        },
    ),
    "statements": (
        """
        import sys
        if sys.platform == "win32":
            SYSTEM = "windows"
        else:
            SYSTEM = "unix"

        try:
            from local import NAME
        except ImportError:
            NAME = "standard"

        FIRST, (SECOND, *REST) = "f", ("s", "r")
        CHAINED = ALSO = "chained"
        ANNOTATED: str = "annotated"
        GROWN = "g"
        GROWN += "rown"
        QUEUES = []
        for kind in ("a", "b"):
            QUEUES.append(f"{kind}.q")
        MADE = [f"{kind}.m" for kind in ("a", "b")]
        BY_KIND = {kind: f"{kind}.k" for kind in ("a", "b")}
        PICKED = [kind for kind in ("a", "b") if kind]

        def matched(kind):
            match kind:
                case "a":
                    return "is-a"
                case _:
                    return "other"

        def with_default(name=None):
            if name is None:
                name = "default"
            return name

        def early(name=None):
            if not name:
                return "none"
            return "some." + name

        LATE = None
        ONCE = "early"

        def set_globally():
            global LATE, ONCE, NEW
            LATE = "late"
            ONCE = "once"
            NEW = "new"
        """,
        {
            "SYSTEM": "unix|windows",
            "SECOND": "s",
            "CHAINED + ALSO": "chainedchained",
            "ANNOTATED": "annotated",
            "GROWN": "grown",
            "QUEUES[0]": "a.q|b.q",
            "MADE[0]": "a.m",
            'BY_KIND["a"]': "a.k",
            "PICKED[1]": "b",
            "matched(user)": "is-a|other",
            "with_default()": "default",
            'with_default("given")': "given",
            "early()": "none",
            'early("n")': "some.n",
            "early(user)": "none|some.{user}",
            "(walrus := GROWN)": "grown",
            "LATE": "late",
            "ONCE": "early|once",
            "NEW": "new",
        },
    ),
    "the environment and the command line": (
        """
        import argparse, os
        import click
        from os import environ, getenv

        parser = argparse.ArgumentParser()
        parser.add_argument("--queue", default="from-parser")
        parser.add_argument("-x", "--exchange-name", default="parsed")
        args = parser.parse_args()
        """,
        {
            'os.environ["QUEUE"]': "{QUEUE}",
            'environ.get("QUEUE", "q")': "{QUEUE}",
            'os.getenv("QUEUE")': "{QUEUE}",
            'getenv("QUEUE", default="q") + ".dead"': "{QUEUE}.dead",
            'os.environ.get("PREFIX", "p") + "." + user': "{PREFIX}.{user}",
            "args.queue": "{queue}",
            "args.exchange_name": "{exchange_name}",
        },
    ),
}


@pytest.mark.parametrize("group", GROUPS)
def test_names(group: str, tmp_path: Path, catalog: Catalog) -> None:
    defined, expressions = GROUPS[group]
    lines = ["import pika", *dedent(defined).splitlines()]
    lines += ["def go(channel: pika.channel.Channel, user, number, template, parts, settings):"]
    first = len(lines) + 1
    lines += [f"    channel.queue_declare({expression})" for expression in expressions]
    (tmp_path / "names.py").write_text("\n".join(lines))
    report = scan(open_project((tmp_path,)), catalog, ScanOptions(), lambda *_: None)
    found = {
        finding.usage.span.line: "|".join(argument.value.texts)
        for finding in report.findings
        if finding.usage.operation is Operation.DECLARE_QUEUE
        for argument in finding.usage.arguments
        if argument.name == "queue" and argument.value is not None
    }
    shown = {expression: found.get(first + at, "-") for at, expression in enumerate(expressions)}
    assert shown == expressions
