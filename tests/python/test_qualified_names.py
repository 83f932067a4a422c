"""Names of a library as they are written are found where LibCST's own analysis of scopes finds them, and nowhere else.

What only natsscan knows, by following values, is not part of these texts.
"""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import (
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    QualifiedNameProvider,
    QualifiedNameSource,
)

from natsscan.catalog.catalog import Catalog
from natsscan.model.report import Report
from natsscan.model.usage import Operation
from tests.python.test_bad_input import elsewhere, scanned

USE = "pika.BlockingConnection()"
TEXTS: dict[str, str] = {
    "ways to import": """
import pika
import pika as p
import pika.spec
from pika import BlockingConnection, BlockingConnection as Connect
from pika.adapters import blocking_connection as bc
from pika.exceptions import AMQPError as Failed
pika.BlockingConnection(pika.ConnectionParameters())
p.BlockingConnection()
BlockingConnection(p.URLParameters("amqp://"))
Connect()
bc.BlockingConnection()
pika.spec.BasicProperties()
try:
    pass
except Failed as error:
    raise error
def annotated(x: pika.BasicProperties, y=None) -> pika.BlockingConnection: ...
kind = pika.BasicProperties
""",
    "shadowed in functions": f"""
import pika
def parameter(pika): {USE}
def all_of_them(*pika, **more): {USE}
def by_name(*, pika): {USE}
def assigned():
    pika = other()
    {USE}
def annotated():
    pika: Any = other()
    {USE}
def unpacked():
    (a, [pika, *b]) = other()
    {USE}
def starred():
    a, *pika = other()
    {USE}
def chosen():
    if (pika := other()):
        {USE}
def loop():
    for a, pika in things:
        {USE}
def context():
    with opened() as pika:
        {USE}
async def contexts():
    async with opened() as (a, pika):
        {USE}
def handler():
    try:
        pass
    except Error as pika:
        {USE}
def deleted():
    pika = 1
    del pika
    {USE}
def function():
    def pika(): ...
    {USE}
def class_():
    class pika: ...
    {USE}
def imported():
    import other as pika
    {USE}
def around():
    pika = other()
    def inner():
        return {USE}
    return inner
f = lambda pika: {USE}
g = lambda x: {USE}
def fine(x):
    return {USE}
""",
    "comprehensions": f"""
import pika
def inside(): return [{USE} for pika in things]
def in_turn(): return [{USE} for a in things for pika in a]
def table(): return {{{USE}: 1 for pika in things}}
def outside():
    found = [pika for pika in things]
    return {USE}
def over(): return [x for x in {USE} if {USE}]
""",
    "imported where it can be": f"""
try:
    import pika
except ImportError:
    pika = None
if pika:
    {USE}
def f():
    return {USE}
""",
    "one of two": f"""
if new:
    import pika
else:
    import other as pika
{USE}
""",
    "relative scopes": f"""
def f():
    import pika
    from pika import URLParameters as U
    return pika.BlockingConnection(U("x"))
def g():
    return {USE}
class C:
    import pika
    from pika import BasicProperties
    x = pika.BasicProperties()
    y = BasicProperties()
    def m(self):
        return {USE}
""",
    "a name of a class": f"""
import pika
class C:
    pika = other()
    x = {USE}
    def m(self):
        return {USE}
""",
    "other packages": f"""
from . import pika
from .pika import BlockingConnection
import other.pika
{USE}
BlockingConnection()
other.{USE}
""",
    "every place of an expression": """
import pika
x = {pika.BasicProperties: 1, **{pika.BasicProperties(): pika.BasicProperties}}
y = f"{pika.BasicProperties()!r}"
z = (pika.BasicProperties() if pika.BasicProperties else pika.BasicProperties())
def d(a=pika.BasicProperties(), /, *, b=pika.BasicProperties()): yield pika.BasicProperties()
@deco(pika.BasicProperties())
class D(pika.BasicProperties, metaclass=pika.BasicProperties):
    def m(self, a=pika.BasicProperties()): return lambda b=pika.BasicProperties(): pika.BasicProperties()
async def e():
    await pika.BasicProperties()
    async for q in pika.BasicProperties(): pass
    async with pika.BasicProperties() as w: pass
    assert pika.BasicProperties(), pika.BasicProperties()
    raise pika.BasicProperties() from pika.BasicProperties()
def s():
    del x[pika.BasicProperties()]
    x[pika.BasicProperties():pika.BasicProperties()]
    x[pika.BasicProperties()] = pika.BasicProperties()
    x.y += pika.BasicProperties()
    while pika.BasicProperties(): pass
    match pika.BasicProperties():
        case pika.BasicProperties(): pass
        case x if pika.BasicProperties(): pass
    print(*pika.BasicProperties(), **pika.BasicProperties())
    not pika.BasicProperties() and -pika.BasicProperties() < pika.BasicProperties() ** pika.BasicProperties()
    return [pika.BasicProperties() for i in pika.BasicProperties() if pika.BasicProperties()]
t: pika.BasicProperties
u: dict[str, pika.BasicProperties] = pika.BasicProperties()
""",
}


def by_libcst(text: str) -> set[tuple[int, int]]:
    """Return where the last words of names stand that come from the library, outside of imports."""
    wrapper = MetadataWrapper(cst.parse_module(text))
    found = wrapper.resolve_many([QualifiedNameProvider, PositionProvider, ParentNodeProvider])
    names, positions, parents = (found[provider] for provider in found)
    places = set()
    for node, lazy in names.items():
        parent = parents.get(node)
        is_part = isinstance(parent, cst.Attribute) or _is_imported(node, parents)
        if is_part or not isinstance(node, cst.Name | cst.Attribute) or not _is_plain(node):
            continue
        told = lazy() if callable(lazy) else lazy
        if any(name.source is QualifiedNameSource.IMPORT and name.name.startswith("pika.") for name in told):
            at = positions[node.attr if isinstance(node, cst.Attribute) else node].start
            places.add((at.line, at.column + 1))
    return places


def _is_plain(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) or (isinstance(node, cst.Attribute) and _is_plain(node.value))


def _is_imported(node: cst.CSTNode | None, parents: dict[cst.CSTNode, cst.CSTNode]) -> bool:
    while node is not None and not isinstance(node, cst.Import | cst.ImportFrom):
        node = parents.get(node)
    return node is not None


def by_natsscan(report: Report) -> set[tuple[int, int]]:
    return {
        (finding.usage.span.line, finding.usage.span.column)
        for finding in report.findings
        if finding.usage.span.path == "odd.py" and finding.usage.operation is not Operation.IMPORT
    }


@pytest.mark.parametrize("name", TEXTS)
def test_names_are_found_where_libcst_finds_them(name: str, tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"odd.py": TEXTS[name]}, catalog)
    found, wanted = by_natsscan(report), by_libcst(TEXTS[name])
    lines = TEXTS[name].split("\n")
    shown = {f"{line}:{column} {lines[line - 1].strip()}" for line, column in found ^ wanted}
    assert not shown
    assert bool(wanted) is (name != "other packages")


def test_what_a_pattern_binds_is_no_library(tmp_path: Path, catalog: Catalog) -> None:
    """LibCST knows no such names."""
    text = f"""import pika
def f(x):
    match x:
        case {{"a": pika}}: {USE}
        case [*pika]: {USE}
        case {{**pika}}: {USE}
        case Point(x=pika) | pika: {USE}
        case str() as pika: {USE}
def g(x):
    match x:
        case other: {USE}
"""
    report = scanned(tmp_path, {"odd.py": text}, catalog)
    assert {line for line, _ in by_natsscan(report)} == {11}


def test_a_module_beside_this_one_may_be_called_like_a_library(tmp_path: Path, catalog: Catalog) -> None:
    files = {
        "shop/kombu.py": "import pika\nchannel = pika.BlockingConnection().channel()\nQUEUE = 'own'\n",
        "shop/use.py": "from . import kombu\nfrom .kombu import QUEUE, channel\nchannel.queue_declare(QUEUE)\n",
    }
    report = scanned(tmp_path, files, catalog)
    assert elsewhere(report) == [(3, 9, "own")]
    assert not any(finding.usage.library == "kombu" for finding in report.findings)
