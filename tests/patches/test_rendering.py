"""A patch after which a chart would not render is not offered, whatever values it renders with today."""

from __future__ import annotations

import pytest

from natsscan.source.helm import renderer
from tests.cli.test_bad_input import Write
from tests.conftest import Command

CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
CONFIG = (
    '{{- if gt (len .Values.brokers) %s }}{{ fail "too many" }}{{ end }}\n'
    'kind: ConfigMap\napiVersion: v1\nmetadata: {name: shop}\ndata:\n  host: {{ required "no host" .Values.host }}\n'
)
BROKERS = "brokers:\n  rabbitmq:\n    host: mq\n"
HELMFILE = "releases:\n  - name: shop\n    chart: charts/shop\n    values:\n      - values/shop.yaml.gotmpl\n"


@pytest.fixture(autouse=True)
def helm() -> None:
    if renderer() is None:
        pytest.skip("helm-python-sdk is not installed")


def patches(natsscan: Command) -> list[tuple[str, str, str]]:
    found = natsscan("patch", ".", "--format", "json").json["patches"]
    of_chart = [each for each in found if each["checks"]["renders"] != "not run"]
    return [(each["stage"], each["applicability"], each["checks"]["renders"]) for each in of_chart]


@pytest.mark.parametrize(("most", "offered"), [(2, True), (1, False)])
def test_with_values_of_its_own(natsscan: Command, write: Write, most: int, offered: bool) -> None:
    write({"charts/shop/Chart.yaml": CHART, "charts/shop/values.yaml": f"host: h\n{BROKERS}"})
    write({"charts/shop/templates/config.yaml": CONFIG % most, "natsscan.toml": ""})
    found = patches(natsscan)
    assert found[0] == ("prepare", *(("safe", "passed") if offered else ("manual", "failed")))
    if not offered:
        told = natsscan("patch", ".").out.replace("\n#   ", " ")
        assert "charts/shop would not render: execution error" in told and "too many" in told


def test_with_values_that_a_helmfile_has_for_it(natsscan: Command, write: Write) -> None:
    write({"charts/shop/Chart.yaml": CHART, "charts/shop/values.yaml": BROKERS, "helmfile.yaml": HELMFILE})
    write({"charts/shop/templates/config.yaml": CONFIG % 1, "natsscan.toml": ""})
    assert patches(natsscan) == []  # it renders with no values that are known
    write({"values/shop.yaml.gotmpl": "host: {{ .Values.host }}\n"})
    assert patches(natsscan)[0] == ("prepare", "manual", "failed")
