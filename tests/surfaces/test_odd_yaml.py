"""YAML that is broken, odd or large: it costs what it must, and the rest is read."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.surfaces import yaml
from natsscan.surfaces.helmmask import mask
from natsscan.surfaces.surface import SurfaceReading
from tests.scanning import read_surface


def reading(
    text: str | bytes, catalog: Catalog, kind: FileKind = FileKind.YAML, path: str = "f.yaml"
) -> SurfaceReading:
    return read_surface(yaml.read, kind, path, text, catalog)


BROKEN = [
    ("bracket", "rabbitmq:\n  host: h\nbroken: [1, 2\namqp:\n  port: 1\n", 3, "',' or ']'", "1 2 4 5"),
    ("brackets", "rabbitmq:\n  a: [\nx: }\n  b: 1\ny: ]\namqp:\n  port: 1\n", 2, "',' or ']'", "1 4 6 7"),
    ("inside brackets", "rabbitmq: {\n  a: 1,\n  b: : 2,\n  c: 3\n}\n", 3, "node content", "1 2 4"),
    ("indent", "rabbitmq:\n  host: h\n   port: 1\n  vhost: /\namqp: 1\n", 3, "mapping values", "1 2 4 5"),
    ("quote", 'rabbitmq:\n  host: "h\n  port: 1\namqp: 1\n', 2, "unexpected end", "1 3 4"),
    ("no colon", "rabbitmq:\n  host\n  port: 1\namqp: 1\n", 3, "mapping values", "1 4"),
    ("a line with the broker", "a: 1\nrabbitmq: ]\nb: 1\n", 2, "node content", "2"),
    ("tab", "rabbitmq:\n\thost: h\n  port: 1\namqp: 1\n", 2, "indented with a tab", "1 3 4"),
    ("deep", "rabbitmq:\n" + "[" * 5000 + "\namqp: 1\n", 2, "", "1 3"),
    ("deep lines", "rabbitmq:\n" + "".join(" " * n + "k:\n" for n in range(1, 400)), 151, "too deeply", ""),
    ("open action", "a: {{ .Values.x\nrabbitmq:\n  host: h\n", 1, "", "2 3"),
    ("action over lines", "rabbitmq:\n  a: {{ .x\n  b: 1\n{{ if }}\n- x: [\n  }}amqp: {{ .x }}\n", 5, "", "1 2 6"),
    ("no mask", "{{ .k }}{{ .v }}rabbitmq: {{ range . }}x: {{ end }}\nb: 1\namqp: 1\n", 1, "mapping values", "1 3"),
    ("many", "rabbitmq: 1\n" + "]\n" * 100 + "amqp: 1\n", 2, "", "1"),
]


@pytest.mark.parametrize(
    ("text", "line", "reason", "lines"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_broken_yaml_costs_one_line_and_not_the_rest(
    text: str, line: int, reason: str, lines: str, catalog: Catalog
) -> None:
    result = reading(text, catalog, FileKind.HELM_TEMPLATE)
    (problem,) = result.problems
    assert problem.line == line
    assert reason in problem.reason
    assert not lines or {str(usage.span.line) for usage in result.usages} == set(lines.split())


LAUGHS = "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(20))
WHOLE: list[tuple[str, str | bytes, str]] = [
    ("recursive anchor", "a: &a [*a]\nrabbitmq: &r {self: *r}\nb: *r\n", "2 3"),
    ("recursive merge", "rabbitmq: &r\n  <<: *r\n  host: h\nb:\n  <<: *r\n", "1 2 3 5"),
    ("billion laughs", "a0: &a0 [x]\n" + LAUGHS + "rabbitmq: *a20\n", "22"),
    ("merge at the top", "x: &x {a: 1}\n<<: *x\nenv:\n- name: RABBITMQ_USERNAME\n", "4"),
    ("tab behind a key", "rabbitmq:\n  host:\th\t# x\n\t\n  port: 1\n", "1 2 4"),
    ("byte order mark", b"\xef\xbb\xbfrabbitmq:\n  host: h\n", "1 2"),
    ("byte order mark and comment", b"\xef\xbb\xbf# x\nrabbitmq: 1\n", "2"),
    ("not UTF-8", b"rabbitmq: \xff\xfe\nx: '\xc3'\namqp: caf\xe9 # \xe9\nb: 1\n", "1 3"),
    ("not UTF-8 in a key", b"rabbitmq:\n  h\xf6st: 1\n  port: 1\n", "1 2 3"),
    ("a key twice", "rabbitmq: 1\nrabbitmq: 2\n", "1 2"),
]


@pytest.mark.parametrize(("text", "lines"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_odd_yaml_is_read_wholly(text: str | bytes, lines: str, catalog: Catalog) -> None:
    result = reading(text, catalog)
    assert result.problems == ()
    assert {str(usage.span.line) for usage in result.usages} == set(lines.split())


NUMBERS = range(50_000)
LARGE = [
    ("keys", FileKind.HELM_VALUES, "rabbitmq:\n" + "".join(f"  k{n}: {n}\n" for n in NUMBERS), 50_001),
    ("keys of others", FileKind.HELM_VALUES, "amqp: 1\n" + "".join(f"k{n}: {n}\n" for n in NUMBERS), 1),
    ("broken", FileKind.HELM_VALUES, "amqp: 1\n" + "".join(f"k{n}: {n}\n" for n in NUMBERS) + "x: [\n", 1),
    ("comments", FileKind.HELM_VALUES, "rabbitmq:\n" + "".join(f"  # k{n}:\n" for n in NUMBERS), 50_001),
    ("aliases", FileKind.HELM_VALUES, "amqp: &a 1\n" + "".join(f"k{n}: *a\n" for n in NUMBERS), 50_001),
    ("blocks", FileKind.YAML, "".join(f"k{n}: |\n  amqp: 1\n" for n in NUMBERS[:10_000]), 10_000),
    ("templates", FileKind.HELM_TEMPLATE, '{{ define "x" }}\namqp: 1\n{{ end }}\n' * 5000, 10_000),
    (
        "services",
        FileKind.COMPOSE,
        "services:\n" + "".join(f" s{n}: {{image: amqp}}\n" for n in NUMBERS[:20_000]),
        20_000,
    ),
    ("releases", FileKind.YAML, "releases:\n" + "- chart: x/rabbitmq\n  values: [a]\n" * 10_000, 20_000),
    ("blanks after a function", FileKind.YAML, "rabbitmq: {{ index" + " " * 19_000 + '"a' + " " * 900 + "}}", 1),
    ("functions", FileKind.YAML, "rabbitmq: {{ " + "dig " * 2000 + '"a" ' * 2000 + "}}", 1),
]


@pytest.mark.parametrize(("kind", "text", "count"), [row[1:] for row in LARGE], ids=[row[0] for row in LARGE])
def test_large_files_take_seconds(kind: FileKind, text: str, count: int, catalog: Catalog) -> None:
    begin = time.process_time()
    result = reading(text, catalog, kind, "f.tpl" if kind is FileKind.HELM_TEMPLATE else "f.yaml")
    assert time.process_time() - begin < 15  # a few at most; what grows with the square takes minutes
    assert len(result.usages) == count
    assert len(result.problems) == ("x: [" in text)


@given(st.text(st.sampled_from("{}-/*\"'`a:b \n\r#|.é"), max_size=120))
def test_mask_keeps_length_and_lines(text: str) -> None:
    data = text.encode()
    masked = mask(data)
    assert len(masked) == len(data)
    assert [at for at, byte in enumerate(masked) if byte == 10] == [at for at, byte in enumerate(data) if byte == 10]


PIECES = ["rabbitmq:", " host: h", "\n", "- ", "{{ .Values.amqp }}", "{{- if ", "}}", "[", "]", "{", "}", "&a ", "*a", "|", "\n  ", "'", '"', "#", "---\n", "\t", "é"]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_debris_never_raises(catalog: Catalog, text: str) -> None:
    for usage in reading(text, catalog, FileKind.HELM_TEMPLATE).usages:
        assert 0 <= usage.span.start <= usage.span.end <= len(text.encode())


def test_places_in_a_template_that_is_not_utf8_are_those_of_its_bytes(catalog: Catalog) -> None:
    data = b"a: {{ \xe2\x82 | default .Values.rabbitmq.host }}"
    (usage,) = reading(data, catalog, FileKind.HELM_TEMPLATE, "charts/x/templates/a.yaml").usages
    assert data[usage.span.start : usage.span.end] == b".Values.rabbitmq.host"
