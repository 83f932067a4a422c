"""Python files that are odd or broken: what is sane is found, what cannot be read is told in one line, nothing fails.

Each file stands in a project beside a good one, whose uses of the broker have to be found whatever happens.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.coverage import Loss
from natsscan.model.report import Report
from natsscan.model.usage import Operation
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import open_project

GOOD = "import pika\nchannel = pika.BlockingConnection().channel()\nchannel.queue_declare('good')\n"
START = "import pika\nchannel = pika.BlockingConnection().channel()\n"
END = "channel.queue_declare('here')\n"
OLD = "is Python 2, which the parser does not take; port it, or look through it by hand"
BROKEN = "is no Python that the parser takes; mend what begins here"
SECONDS = 10  # the largest takes two on a machine that does nothing else


def scanned(folder: Path, files: Mapping[str, bytes | str], catalog: Catalog, good: bool = True) -> Report:
    """Scan files, beside a good one which has to be read, in a time that a user waits for."""
    for name, content in (({"good.py": GOOD} if good else {}) | dict(files)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    begun = time.perf_counter()
    report = scan(open_project((folder,)), catalog, ScanOptions(), lambda *_: None)
    assert time.perf_counter() - begun < SECONDS
    assert not good or ("good.py", 3, 9, "good") in declared(report)
    return report


def declared(report: Report) -> list[tuple[str, int, int, str]]:
    """Return where queues are declared, and which."""
    return [
        (finding.usage.span.path, finding.usage.span.line, finding.usage.span.column, "|".join(argument.value.texts))
        for finding in report.findings
        if finding.usage.operation is Operation.DECLARE_QUEUE
        for argument in finding.usage.arguments
        if argument.name == "queue" and argument.value is not None
    ]


def elsewhere(report: Report) -> list[tuple[int, int, str]]:
    """Return where queues are declared outside of the good file, and which."""
    return [(line, column, name) for path, line, column, name in declared(report) if path != "good.py"]


def problems(report: Report) -> list[tuple[str, int, str]]:
    """Return what could not be read, and notes: one of each line."""
    return [(problem.path, problem.line, problem.reason) for problem in report.coverage.problems]


# What the parser refuses: one line that says where and what to do.


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        pytest.param('print "hello"\n', 2, OLD, id="a statement print"),
        pytest.param('exec "code"\n', 2, OLD, id="a statement exec"),
        pytest.param('if 1: print "hello"\n', 2, OLD, id="print behind a colon"),
        pytest.param('def f():\n    raise Error, "why"\n', 3, OLD, id="raise with a comma"),
        pytest.param('x = u"a"\ny = ur"b"\n', 3, OLD, id="a prefix of texts"),
        pytest.param("if a <> b: pass\n", 2, OLD, id="not equal"),
        pytest.param("x = `y`\n", 2, OLD, id="back quotes"),
        pytest.param("mode = 0777\n", 2, OLD, id="an octal number"),
        pytest.param("x = 10L\n", 2, OLD, id="a long number"),
        pytest.param("f = lambda (a, b): a\n", 2, OLD, id="a parameter taken apart"),
        pytest.param("\n\ndef broken(:\n    pass\n", 4, BROKEN, id="a parameter list"),
        pytest.param("x = (((\n\n\n", 2, BROKEN, id="brackets that are left open"),
        pytest.param("a = 1\nx = )\n", 3, BROKEN, id="a bracket that closes nothing"),
        pytest.param('a = 1\nx = "abc\ny = 2\n', 3, BROKEN, id="a text that is left open"),
        pytest.param('a = 1\nx = """abc\ny = 2\n', 3, BROKEN, id="a long text that is left open"),
        pytest.param("a = 1\n  b = 2\n", 3, BROKEN, id="an indent from nowhere"),
        pytest.param("if a:\n    b = 1\n  c = 2\n", 4, BROKEN, id="a dedent to nowhere"),
        pytest.param("if a:\n        b = 1\n\tc = 2\n", 4, BROKEN, id="tabs among spaces"),
        pytest.param("a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\n>>>>>>> other\n", 3, BROKEN, id="a conflict"),
        pytest.param("a = 1\nb\u00a0= 2\n", 3, BROKEN, id="a space that is none"),
        pytest.param("a = 1\n\x1a", 3, BROKEN, id="an end of file mark"),
        pytest.param("a = 1\nx = b'a' 'b'\n", 3, BROKEN, id="bytes beside a text"),
        pytest.param("x = 1 \\", 2, BROKEN, id="a line that goes on nowhere"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_that_is_no_python_is_told(
    content: str, line: int, reason: str, newline: str, tmp_path: Path, catalog: Catalog
) -> None:
    text = ("import pika\n" + content).replace("\n", newline)
    report = scanned(tmp_path, {"bad.py": text}, catalog)
    assert problems(report) == [("bad.py", line, reason)]
    assert report.coverage.problems[0].loss is Loss.PART


def test_several_broken_files_are_told_and_those_that_need_them_are_read(tmp_path: Path, catalog: Catalog) -> None:
    files = {
        "names.py": "QUEUE = (\nimport pika\n",
        "old.py": 'import pika\nprint "x"\n',
        "use.py": f"from names import QUEUE\nfrom old import *\n{START}channel.queue_declare(QUEUE)\n{END}",
    }
    report = scanned(tmp_path, files, catalog)
    assert [(path, line) for path, line, _ in problems(report)] == [("names.py", 1), ("old.py", 2)]
    assert elsewhere(report) == [(5, 9, "{QUEUE}"), (6, 9, "here")]


# Encodings


@pytest.mark.parametrize(
    ("declared_as", "encoding", "name"),
    [
        ("# -*- coding: latin-1 -*-\n", "latin-1", "é"),
        ("#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n", "latin-1", "ü"),
        ("# coding: cp1252\n", "cp1252", "€"),
        ("# coding: shift_jis\n", "shift_jis", "日"),
        ("# coding: gbk\n", "gbk", "中"),
        ("# coding: utf-8\n", "utf-8", "日"),
        ("", "utf-8", "é"),
        ("", "utf-8-sig", "é"),
        ("# coding: utf-8\n", "utf-8-sig", "é"),
    ],
)
def test_places_and_names_are_right_in_each_encoding(
    declared_as: str, encoding: str, name: str, tmp_path: Path, catalog: Catalog
) -> None:
    text = f'{declared_as}{START}x = "{name}"; channel.queue_declare("{name}")\n{END}'
    report = scanned(tmp_path, {"odd.py": text.encode(encoding)}, catalog)
    assert problems(report) == []
    line = declared_as.count("\n") + 3
    assert [(line, name) for line, _, name in elsewhere(report)] == [(line, name), (line + 1, "here")]
    data = (tmp_path / "odd.py").read_bytes()
    spans = [f.usage.span for f in report.findings if f.usage.operation is Operation.DECLARE_QUEUE]
    assert [data[span.start : span.end] for span in spans if span.path == "odd.py"] == [b"queue_declare"] * 2
    columns = {span.column for span in spans if span.path == "odd.py" and span.line == line}
    if len(name.encode(encoding.removesuffix("-sig"))) == 1 or "utf-8" in encoding:
        assert columns == {18}


def test_a_byte_order_mark_before_the_only_import(tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"odd.py": f"\ufeffimport pika\n{END}"}, catalog)
    assert elsewhere(report) == [(2, 9, "here")]


@pytest.mark.parametrize(
    ("declared_as", "line", "encoding"),
    [
        ("# -*- coding: latin-7x -*-\n", 1, "latin-7x"),
        ("#!/usr/bin/python\n# coding=klingon\n", 2, "klingon"),
        ("# coding: rot13\n", 1, "rot13"),
        ("# coding: utf-16\n", 1, "utf-16"),
        ("\ufeff# coding: latin-1\n", 1, "latin-1"),
    ],
)
def test_an_encoding_that_is_none_is_told(
    declared_as: str, line: int, encoding: str, tmp_path: Path, catalog: Catalog
) -> None:
    report = scanned(tmp_path, {"odd.py": f"{declared_as}{START}{END}"}, catalog)
    reason = f"declares the encoding {encoding}, which is not read; save it as UTF-8"
    assert problems(report) == [("odd.py", line, reason)]


@pytest.mark.parametrize(
    ("declared_as", "reason"),
    [
        (b"", "not UTF-8 here; save it as UTF-8"),
        (b"# coding: ascii\n", "is not in the encoding that it declares here; save it as UTF-8"),
        (b"# coding: utf-8\n", "is not in the encoding that it declares here; save it as UTF-8"),
    ],
)
@pytest.mark.parametrize("stray", [b"# caf\xe9\n", b"x = '\xff\xfe'\n", b"x = '\xed\xa0\x80'\n"])
def test_what_stands_around_stray_bytes_is_read(
    declared_as: bytes, reason: str, stray: bytes, tmp_path: Path, catalog: Catalog
) -> None:
    content = declared_as + START.encode() + stray + b"x = '" + stray[:1] + b"'; " + END.encode()
    report = scanned(tmp_path, {"odd.py": content}, catalog)
    line = declared_as.count(b"\n") + 3
    assert problems(report) == [("odd.py", line, reason)]
    assert elsewhere(report) == [(line + 1, 18, "here")]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (f"\ufeff{START}".encode("utf-16-le"), 1, "UTF-16 text; save it as UTF-8"),
        (f"\ufeff{START}".encode("utf-16-be"), 1, "UTF-16 text; save it as UTF-8"),
        (f"{START}x = '\0'\n".encode(), 3, "holds NUL bytes, so it is not text"),
    ],
)
def test_what_is_no_text_is_not_read(content: bytes, line: int, reason: str, tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"odd.py": content}, catalog)
    assert problems(report) == [("odd.py", line, reason)]
    assert report.coverage.problems[0].loss is Loss.WHOLE


# Lines


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(f"{START}{END}".replace("\n", "\r\n"), [(3, 9, "here")], id="CRLF"),
        # Git and editors end no line at a return that stands alone.
        pytest.param(f"{START}{END}".replace("\n", "\r"), [(1, 67, "here")], id="CR"),
        pytest.param(f"# first\r{START}{END}", [(3, 9, "here")], id="CR before the import"),
        pytest.param(f"import os\r\n{START}\r{END}\r\n{END}", [(4, 10, "here"), (6, 9, "here")], id="all of them"),
        pytest.param(f"{START}if a:\n\tif b:\n\t\t{END}", [(5, 11, "here")], id="tabs"),
        pytest.param(f"{START}x = 1;\t{END}", [(3, 16, "here")], id="a tab between"),
        pytest.param(f"{START}\f\n\f{END}", [(4, 10, "here")], id="form feeds"),
        pytest.param(f"\f{START}{END}", [(3, 9, "here")], id="a form feed first"),
        pytest.param(f"{START}x = '''\n\f\n'''\n{END}", [(6, 9, "here")], id="a form feed in a text"),
        pytest.param(f"{START}# a\x85b\u2028c\n{END}", [(4, 9, "here")], id="other ends of lines"),
        pytest.param(f"{START}{END}"[:-1], [(3, 9, "here")], id="no end of the last line"),
        pytest.param(f"{START}{END}# the end", [(3, 9, "here")], id="a comment last"),
        pytest.param(
            f"from \\\n  pika import BlockingConnection\n{END}", [(3, 9, "here")], id="an import in two lines"
        ),
        pytest.param("", [], id="empty"),
        pytest.param("\ufeff", [], id="a mark alone"),
        pytest.param("\n\n\n", [], id="lines alone"),
        pytest.param("# import pika", [], id="a comment alone"),
        pytest.param("import pika", [], id="an import alone"),
    ],
)
def test_lines_and_columns(
    content: str, expected: list[tuple[int, int, str]], tmp_path: Path, catalog: Catalog
) -> None:
    report = scanned(tmp_path, {"odd.py": content}, catalog)
    assert problems(report) == []
    assert elsewhere(report) == expected


def test_the_line_of_what_is_broken_does_not_count_returns(tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"odd.py": "import pika\rx = 1\r\ny = 2\rz = )\n"}, catalog)
    assert problems(report) == [("odd.py", 2, BROKEN)]


# Literals that Python refuses when it compiles them


@pytest.mark.parametrize(
    ("literal", "name"),
    [
        (r"'\x1'", r"\x1"),
        (r"'\N{no such thing}'", r"\N{no such thing}"),
        (r"'q\ud800'", "q\N{REPLACEMENT CHARACTER}"),
        (r"f'q\ud800'", "q\N{REPLACEMENT CHARACTER}"),
        (r"f'\x1'", r"\x1"),
        (r"'\d'", r"\d"),
        ("0x" + "f" * 9000, "0x" + "f" * 9000),
        ("'a' * 999999999999", "a" * 100),
        ("'%999999999999s' % 'a'", "a"),
        ("{'a': 'b'}['--5']", "{--5}"),
        ("['a']['²']", "{²}"),
    ],
)
def test_odd_literals(literal: str, name: str, tmp_path: Path, catalog: Catalog) -> None:
    report = scanned(tmp_path, {"odd.py": f"{START}channel.queue_declare({literal})\n{END}"}, catalog)
    assert problems(report) == []
    assert elsewhere(report) == [(3, 9, name), (4, 9, "here")]
