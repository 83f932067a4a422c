"""Python that goes round in circles, is nested deeply, or is very long."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.coverage import Loss
from tests.python.test_bad_input import END, START, elsewhere, problems, scanned

DEEP = "is nested too deeply here to be parsed; take it apart"


@pytest.fixture(autouse=True)
def _as_the_command_does() -> Iterator[None]:
    """Let functions call each other as deeply as the command does."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(before)


def told(name: str) -> str:
    """Return code that declares a queue by what is computed."""
    return f"channel.queue_declare({name})\n"


# What is nested so deeply that the parser, which is a program of its own, would end natsscan.


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("(" * 5000 + "1" + ")" * 5000, id="brackets"),
        pytest.param("(" * 5000, id="brackets that are left open"),
        pytest.param("[" * 3000 + "]" * 3000, id="lists"),
        pytest.param("{1: " * 3000 + "1" + "}" * 3000, id="tables"),
        pytest.param("f(" * 3000 + ")" * 3000, id="calls"),
        pytest.param(".".join(["a"] * 2000), id="attributes"),
        pytest.param("a" + ".b()" * 2000, id="methods"),
        pytest.param("a" + "[0]" * 2000, id="subscripts"),
        pytest.param(" + ".join(["1"] * 2000), id="sums"),
        pytest.param(" or ".join(["a"] * 2000), id="alternatives"),
        pytest.param("a if b else " * 2000 + "c", id="choices"),
        pytest.param("not " * 2000 + "a", id="negations"),
        pytest.param("lambda: " * 2000 + "a", id="functions"),
    ],
)
def test_what_is_nested_too_deeply_is_told(expression: str, tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"deep.py": f"{START}\nx = {expression}\n{END}"}, catalog)
    assert problems(report) == [("deep.py", 4, DEEP)]
    assert report.coverage.problems[0].loss is Loss.PART


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("x = " + "(" * 150 + "1" + ")" * 150, id="brackets"),
        pytest.param("x = " + ".".join(["a"] * 400), id="attributes"),
        pytest.param("x = " + " + ".join(["'a'"] * 400), id="sums"),
        pytest.param("x = " + " < ".join(["a"] * 2000), id="comparisons"),
        pytest.param("x = (" + "\n".join(["'a'"] * 2000) + ")", id="texts side by side"),
        pytest.param("a = " * 2000 + "1", id="assignments"),
        pytest.param("@d\n" * 1000 + "def f(): pass", id="decorators"),
        pytest.param("with " + ", ".join(f"a as b{at}" for at in range(500)) + ":\n    pass", id="contexts"),
        pytest.param("".join(" " * at + "if a:\n" for at in range(90)) + " " * 90 + "pass", id="branches"),
        pytest.param("".join(" " * at + f"def f{at}():\n" for at in range(90)) + " " * 90 + "pass", id="functions"),
        pytest.param("".join(" " * at + f"class C{at}:\n" for at in range(90)) + " " * 90 + "pass", id="classes"),
        pytest.param("if a: b\n" + "".join(f"elif a == {at}: b = {at}\n" for at in range(1000)), id="ways"),
    ],
)
def test_what_is_nested_as_deeply_as_python_takes_is_read(code: str, tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"deep.py": f"{START}{code}\n{END}"}, catalog)
    assert problems(report) == []
    assert [name for _, _, name in elsewhere(report)] == ["here"]


def test_nesting_that_only_turns_out_later_is_told_by_its_line(tmp_path: Path, catalog: Catalog) -> None:
    sys.setrecursionlimit(1_000)
    code = "x = (\n" + "\n".join(["'a'"] * 2000) + ")\n"
    report = scanned(tmp_path, {"deep.py": f"{START}{code}{END}"}, catalog)
    ((path, line, reason),) = problems(report)
    assert (path, reason) == ("deep.py", DEEP)
    assert 3 <= line <= 2003


# What is long


@pytest.mark.parametrize(
    ("code", "names"),
    [
        pytest.param(f"x = '{'a' * 1_000_000}'\n", [], id="a line of a megabyte"),
        pytest.param(f"# {'a' * 1_000_000}\n", [], id="a comment of a megabyte"),
        pytest.param(f"x = [{'1, ' * 20_000}]\n", [], id="a long list"),
        pytest.param(
            "T = {" + ", ".join(f"'k{at}': 'v{at}'" for at in range(5000)) + "}\n" + told("T['k77']"),
            ["v77"],
            id="a table of 5,000 entries",
        ),
        pytest.param(
            "def f(x):\n" + "".join(f"    a{at} = x + {at}\n" for at in range(3000)) + "    " + told("'inner'"),
            ["inner"],
            id="a function of 3,000 statements",
        ),
        pytest.param(
            "def f(x):\n    a = 'q'\n" + "    if x: a += 'x'\n" * 300 + "    " + told("'inner'"),
            ["inner"],
            id="a function of 300 branches",
        ),
        pytest.param("a = 'q'\n" + "a += 'x'\n" * 500 + told("a"), ["q" + "x" * 500], id="a text put together"),
    ],
)
def test_what_is_long(code: str, names: list[str], tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"long.py": f"{START}{code}{END}"}, catalog)
    assert not [problem for problem in report.coverage.problems if problem.loss is not Loss.NONE]
    assert [name for _, _, name in elsewhere(report)] == [*names, "here"]


def test_a_module_that_protobuf_made(tmp_path: Path, catalog: Catalog) -> None:
    descriptor = "\\n\\x0b\\x12orders\\x18\\x01" * 40_000
    code = f"""# Generated by the protocol buffer compiler.  DO NOT EDIT!
from google.protobuf import descriptor_pool as _pool
import pika
DESCRIPTOR = _pool.Default().AddSerializedFile(b'{descriptor}')
_ORDER._serialized_start=17
"""
    files = {"orders_pb2.py": code, "use.py": f"import orders_pb2\n{START}{told('orders_pb2.QUEUE')}{END}"}
    report = scanned(tmp_path, files, catalog)
    assert problems(report) == []
    assert [line for line, _, _ in elsewhere(report)] == [4, 5]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("a = 'a'\n" + "a = a + a\n" * 100 + told("a"), id="a text"),
        pytest.param("a = user\n" + "a = a + a\n" * 100 + told("a"), id="a text that nobody knows"),
        pytest.param("a = f'{a}{a}'\n" * 100 + told("a"), id="a text of itself"),
        pytest.param("a = ['a']\n" + "a = a + a\n" * 60 + told("a[0]"), id="a list"),
        pytest.param("a = ['a']\n" + "a = [a, a]\n" * 40 + told("a"), id="a list of itself"),
        pytest.param("a = 'a'\n" + "a = unknown(a, a)\n" * 40 + told("a"), id="a call of itself"),
        pytest.param("def f(n): return f(n) + f(n) + 'x'\n" + told("f('a')"), id="a function"),
        pytest.param("x = 'a' * 99\n" + "x = x * 99\n" * 20 + told("x"), id="a text many times"),
        pytest.param("x = 'a' * 99\n" + "x = x.replace('a', x)\n" * 20 + told("x"), id="a text in a text"),
        pytest.param("x = 9\n" + "x = x * 99999\n" * 2000 + told("x"), id="a number"),
    ],
)
def test_what_doubles_with_each_step(code: str, tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"long.py": f"{START}{code}{END}"}, catalog)
    assert not [problem for problem in report.coverage.problems if problem.loss is not Loss.NONE]
    assert elsewhere(report)[-1][2] == "here"
    assert len(elsewhere(report)) == 2


# What goes round in circles


# What a name comes to that no run would ever work out: only that it is told counts.
ANY = "*"
CIRCLES: dict[str, tuple[dict[str, str], list[str]]] = {
    "a module that imports itself": (
        {"x.py": f"import x\nfrom x import *\nfrom x import Q, R\n{START}R = 'r'\n{told('R')}{told('x.R')}{END}"},
        ["r", "r", "here"],
    ),
    "modules that import all of each other": (
        {
            "a.py": f"from b import *\n{START}A = 'a'\n{told('B')}{told('NOWHERE')}{END}",
            "b.py": f"from a import *\n{START}B = 'b'\n{told('A')}{told('NOWHERE')}{END}",
        },
        ["b", "{NOWHERE}", "here", "a", "{NOWHERE}", "here"],
    ),
    "modules that import all of each other, and names of a third": (
        {
            **{f"m{at}.py": "".join(f"from m{to} import *\n" for to in range(12)) for at in range(11)},
            "m11.py": "LAST = 'last'\n",
            "use.py": f"from m0 import *\n{START}{told('LAST')}{told('NOWHERE')}{END}",
        },
        ["last", "{NOWHERE}", "here"],
    ),
    "names that are each other": (
        {"x.py": f"from y import A\n{START}B = A\n{told('B')}{END}", "y.py": "from x import B\nA = B\n"},
        ["{…}", "here"],
    ),
    "a class that is its own base": (
        {"x.py": f"{START}class A(A):\n    Q = 'q'\n    def f(self):\n        {told('self.Q')}A().f()\n{END}"},
        ["q", "here"],
    ),
    "classes that are each other's bases": (
        {
            "x.py": f"""{START}
class A(B):
    Q = 'q'
    def f(self): self.g(); super().f(); {told("self.Q")}
class B(C): pass
class C(A):
    def g(self): return super().g()
A().f(); B().f(); C().g()
{END}"""
        },
        ["q", "here"],
    ),
    "bases in two modules": (
        {
            "a.py": f"{START}from b import B\nclass A(B):\n    def f(self):\n        self.c.{told('self.q')[8:]}{END}",
            "b.py": f"{START}from a import A\nclass B(A):\n    q = 'q'\n    def __init__(self): self.c = channel\nB().f()\n",
        },
        ["q", "here"],
    ),
    "functions that compute a name": (
        {
            "x.py": f"""{START}
def a(n): return b(n) + '.a'
def b(n): return a(n[1:]) + '.b'
def c(n):
    if n:
        return c(n[1:]) + '.c'
    return 'q'
{told("a(x)")}{told("c(x)")}{END}"""
        },
        [ANY, ANY, "here"],
    ),
    "decorators of each other": (
        {
            "x.py": f"""{START}
@a
def a(f): return f
@b
def c(f): return b(f)
@c
def b(f): return c(f)
@b
def name(): return 'q'
@c
def tell(): {told("name()")}
{END}"""
        },
        ["q", "here"],
    ),
    "properties of themselves": (
        {
            "x.py": f"""{START}
class A:
    @property
    def p(self): return self.p
    @property
    def q(self): return self
    def f(self):
        {told("self.q.q.q.name")}        {told("self.p")}        self.p.{told("'odd'")[8:]}
    name = 'q'
A().f()
{END}"""
        },
        ["q", "{p}", "odd", "here"],
    ),
    "values of themselves": (
        {
            "x.py": f"""{START}
x = x
y = [y]
z = {{'a': z}}
f = lambda: f()
g = (lambda x: x(x))(lambda x: x(x))
class A:
    a = a
    def __init__(self): self.me = self; self.you = self.you
def h(a=h): return a()
{told("x")}{told("y[0]")}{told("z['a']")}{told("f()")}{told("g")}{told("A().me.me.you")}{told("h()")}{END}"""
        },
        [ANY] * 7 + ["here"],
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_what_goes_round_in_circles(name: str, tmp_path: Path, catalog: Catalog) -> None:
    files, expected = CIRCLES[name]
    report = scanned(tmp_path, files, catalog)
    assert not [problem for problem in report.coverage.problems if problem.loss is not Loss.NONE]
    found = [name for _, _, name in elsewhere(report)]
    assert [want if want == ANY else name for name, want in zip(found, expected, strict=True)] == expected
