"""Which files and keys belong to the broker's charts, told by Chart.yaml, requirements.yaml and helmfiles."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.coverage import Loss
from natsscan.model.source import SourceFile
from natsscan.source.kinds import Kinds
from natsscan.surfaces.chartcycles import cycles
from natsscan.surfaces.charts import Charts
from natsscan.surfaces.surface import Belonging
from tests.cli.test_bad_input import Write
from tests.conftest import Command


def belonging(files: dict[str, str], path: str, catalog: Catalog) -> Belonging:
    kinds = Kinds(files)
    sources = [SourceFile(name, kind, text.encode()) for name, text in files.items() if (kind := kinds.of(name))]
    charts = Charts(files, sources, catalog.broker)
    return next(charts.belonging(source) for source in sources if source.path == path)


def needs(*dependencies: tuple[str, str, str], name: str = "shop") -> str:
    lines = [f"name: {name}", "dependencies:"]
    for dependency, alias, repository in dependencies:
        lines += [f"- name: {dependency}", f"  repository: {repository}"] + ([f"  alias: {alias}"] if alias else [])
    return "\n".join(lines) + "\n"


REMOTE = "https://charts.example.test"


@pytest.mark.parametrize("name", ["Chart.yaml", "requirements.yaml"])
def test_the_block_of_a_subchart_is_named_by_its_alias(name: str, catalog: Catalog) -> None:
    files = {
        "charts/shop/Chart.yaml": "name: shop\n",
        f"charts/shop/{name}": needs(("rabbitmq", "mq", REMOTE), ("redis", "cache", REMOTE), ("rabbitmq-ha", "", "")),
        "charts/shop/values.yaml": "",
        "charts/other/Chart.yaml": "name: other\n",
        "charts/other/values.yaml": "",
        "values/shop/values.yaml": "",
        "values/nothing/values.yaml": "",
    }
    expected = Belonging(None, ((("mq",), "rabbitmq"), (("rabbitmq-ha",), "rabbitmq-ha")))
    assert belonging(files, "charts/shop/values.yaml", catalog) == expected
    assert belonging(files, "values/shop/values.yaml", catalog) == expected
    assert belonging(files, "charts/other/values.yaml", catalog) == Belonging()
    assert belonging(files, "values/nothing/values.yaml", catalog) == Belonging()


def test_subcharts_of_subcharts(catalog: Catalog) -> None:
    files = {
        "charts/all/Chart.yaml": needs(("shop", "store", "file://../shop"), ("inner", "", "")),
        "charts/all/values.yaml": "",
        "charts/all/charts/inner/Chart.yaml": needs(("rabbitmq", "bus", REMOTE)),
        "charts/shop/Chart.yaml": needs(("broker", "mq", "file://../broker")),
        "charts/broker/Chart.yaml": "name: rabbitmq\n",
        "charts/broker/templates/x.yaml": "",
        "charts/broker/values.yaml": "",
    }
    assert belonging(files, "charts/all/values.yaml", catalog).blocks == (
        (("inner", "bus"), "rabbitmq"),
        (("store", "mq"), "rabbitmq"),
    )
    assert belonging(files, "charts/broker/templates/x.yaml", catalog) == Belonging("rabbitmq")
    assert belonging(files, "charts/broker/values.yaml", catalog) == Belonging("rabbitmq", (((), "rabbitmq"),))


HELMFILE = """environments:
  default: {values: [common.yaml]}
---
releases:
{{- range $v := list 0 1 }}
  - name: bus-{{ $v }}
    chart: "oci://registry.example.test/charts/rabbitmq"
    values:
      - common.yaml
      - ./vars/bus.yaml
      - vars/{{ $v }}.yaml
      - auth: {username: joe}
    secrets: [vars/secret.yaml]
{{- end }}
  - {name: shop, chart: ../charts/shop, values: [common.yaml, vars/shop.yaml]}
  - {name: copy, chart: .local/shop, values: [vars/copy.yaml]}
  - name: no-chart
"""


def test_values_that_a_helmfile_names(catalog: Catalog) -> None:
    names = ("common", "vars/bus", "vars/secret", "vars/shop", "vars/copy", "vars/0")
    files = {f"deploy/{name}.yaml": "" for name in names} | {
        "deploy/helmfile.yaml.gotmpl": HELMFILE,
        "charts/shop/Chart.yaml": needs(("rabbitmq", "mq", REMOTE)),
    }
    whole, block = Belonging("rabbitmq", (((), "rabbitmq"),)), Belonging(None, ((("mq",), "rabbitmq"),))
    found = {name: belonging(files, f"deploy/{name}.yaml", catalog) for name in names}
    assert found == {
        "common": block,  # the shop gets it too
        "vars/bus": whole,
        "vars/secret": whole,
        "vars/shop": block,
        "vars/copy": block,
        "vars/0": Belonging(),  # nothing says what the template makes of it
    }


def test_a_helmfile_and_the_values_it_leads_to_in_a_report(natsscan: Command, write: Write) -> None:
    write(
        {
            "natsscan.toml": "",
            "deploy/helmfile.yaml": HELMFILE,
            "deploy/vars/bus.yaml": "replicas: 3\nauth: {username: joe}\n",
            "deploy/vars/shop.yaml": "replicas: 3\nmq:\n  size: 1\n",
            "charts/shop/Chart.yaml": needs(("rabbitmq", "mq", REMOTE)),
        }
    )
    run = natsscan(".", "--format", "json")
    found = {(f["path"], f["line"], f["symbol"]) for f in run.json["findings"] if f["path"].startswith("deploy")}
    assert found == {
        ("deploy/helmfile.yaml", 7, "oci://registry.example.test/charts/rabbitmq"),
        ("deploy/helmfile.yaml", 9, "common.yaml"),
        ("deploy/helmfile.yaml", 10, "./vars/bus.yaml"),
        ("deploy/helmfile.yaml", 11, "vars/{v}.yaml"),
        ("deploy/helmfile.yaml", 12, "releases.values.auth"),
        ("deploy/helmfile.yaml", 12, "releases.values.auth.username"),
        ("deploy/helmfile.yaml", 13, "vars/secret.yaml"),
        ("deploy/vars/bus.yaml", 1, "replicas"),
        ("deploy/vars/bus.yaml", 2, "auth"),
        ("deploy/vars/bus.yaml", 2, "auth.username"),
        ("deploy/vars/shop.yaml", 2, "mq"),
        ("deploy/vars/shop.yaml", 3, "mq.size"),
    }
    alone = natsscan("deploy/vars/shop.yaml", "--format", "json").json
    assert [(f["path"], f["line"]) for f in alone["findings"]] == [
        ("deploy/vars/shop.yaml", 2),
        ("deploy/vars/shop.yaml", 3),
    ]
    assert alone["coverage"]["problems"] == []


@pytest.mark.parametrize(
    ("charts", "expected"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, None),
        ({"a": ["a"]}, ("charts/a/Chart.yaml", 3, "charts/a: the chart depends on itself")),
        (
            {"a": ["b"], "b": ["a"]},
            ("charts/a/Chart.yaml", 3, "charts/a and charts/b: these charts depend on each other"),
        ),
        (
            {"o": ["b"], "b": ["x", "c"], "c": ["d"], "d": ["b"], "x": []},
            ("charts/b/Chart.yaml", 6, "charts/b, charts/c and charts/d: these charts depend on each other"),
        ),
        (
            {name: [other] for name, other in zip("abcdefg", "bcdefga", strict=True)},
            (
                "charts/a/Chart.yaml",
                3,
                "charts/a, charts/b, charts/c, charts/d and 3 more: these charts depend on each other",
            ),
        ),
    ],
    ids=["none", "itself", "two", "three", "seven"],
)
def test_charts_that_need_each_other_are_one_problem(
    charts: dict[str, list[str]], expected: tuple[str, int, str] | None, catalog: Catalog
) -> None:
    files = {
        f"charts/{name}/Chart.yaml": needs(
            *((other, f"to-{other}", f"file://../{other}") for other in others),
            *([("rabbitmq", "mq", REMOTE)] if name == "a" else []),
        )
        for name, others in charts.items()
    } | {"charts/a/values.yaml": ""}
    kinds = Kinds(files)
    sources = [SourceFile(name, kind, text.encode()) for name, text in files.items() if (kind := kinds.of(name))]
    found = Charts(files, sources, catalog.broker)
    assert [(p.path, p.line, p.reason) for p in found.problems] == ([expected] if expected else [])
    assert {p.loss for p in found.problems} <= {Loss.NONE}
    if "a" in charts:
        assert (("mq",), "rabbitmq") in found.belonging(sources[-1]).blocks


def test_two_circles_are_two_problems_and_what_is_between_them_is_none() -> None:
    graph = {"a": "b", "b": "ac", "c": "d", "d": "e", "e": "d", "f": "a", "g": "g", "h": ""}
    needs_ = {node: frozenset(others) for node, others in graph.items()}
    assert list(cycles(needs_)) == [("a", "b"), ("d", "e"), ("g",)]


@given(st.integers(0, 1 << 30), st.integers(1, 9), st.integers(0, 20))
def test_a_circle_is_what_leads_back(seed: int, size: int, edges: int) -> None:
    pick = random.Random(seed)
    graph: dict[str, set[str]] = {str(node): set() for node in range(size)}
    for _ in range(edges):
        graph[str(pick.randrange(size))].add(str(pick.randrange(size)))
    reach = {node: set(others) for node, others in graph.items()}
    for _ in range(size):
        reach = {node: others.union(*(reach[other] for other in others)) for node, others in reach.items()}
    expected = {tuple(sorted(b for b in graph if b in reach[a] and a in reach[b])) for a in graph if a in reach[a]}
    assert set(cycles({node: frozenset(others) for node, others in graph.items()})) == expected


def test_hostile_charts_end(catalog: Catalog) -> None:
    """Twice as many ways down at each of thirty levels, and a circle of thousands."""
    files = {
        f"c/{n}/Chart.yaml": needs(*((str(n + 1), alias, f"file://../{n + 1}") for alias in "ab")) for n in range(30)
    }
    files |= {f"d/{n}/Chart.yaml": needs((f"{n}", "", f"file://../{(n + 1) % 3000}")) for n in range(3000)}
    files |= {"c/30/Chart.yaml": needs(("rabbitmq", "mq", REMOTE)), "c/0/values.yaml": ""}
    begin = time.monotonic()
    kinds = Kinds(files)
    sources = [SourceFile(name, kind, text.encode()) for name, text in files.items() if (kind := kinds.of(name))]
    charts = Charts(files, sources, catalog.broker)
    assert charts.belonging(sources[-1]) == Belonging()
    assert len(charts.problems) == 1
    assert time.monotonic() - begin < 20


def test_a_chart_that_is_no_yaml_is_one_problem(natsscan: Command, write: Write) -> None:
    text = needs(("rabbitmq", "mq", REMOTE)) + "broken: [\n"
    write({"charts/shop/Chart.yaml": text, "charts/shop/values.yaml": "mq:\n  size: 1\n"})
    run = natsscan(".", "--format", "json").json
    assert [(p["path"], p["loss"]) for p in run["coverage"]["problems"]] == [("charts/shop/Chart.yaml", "read partly")]
    assert ("charts/shop/values.yaml", "mq.size") in {(f["path"], f["symbol"]) for f in run["findings"]}


def test_charts_that_need_each_other_are_listed_once(natsscan: Command, write: Write) -> None:
    write(
        {
            "charts/a/Chart.yaml": needs(("b", "", "file://../b"), name="a"),
            "charts/b/Chart.yaml": needs(("a", "", "file://../a"), ("rabbitmq", "mq", REMOTE), name="b"),
            "charts/b/values.yaml": "mq: {size: 1}\n",
        }
    )
    run = natsscan(".", "--format", "json").json
    assert [(p["path"], p["line"], p["loss"], p["reason"]) for p in run["coverage"]["problems"]] == [
        ("charts/a/Chart.yaml", 3, "note", "charts/a and charts/b: these charts depend on each other")
    ]
    assert {f["path"] for f in run["findings"]} == {"charts/b/Chart.yaml", "charts/b/values.yaml"}
    assert natsscan(".", "--strict").code == 0
