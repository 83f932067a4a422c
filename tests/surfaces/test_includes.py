"""Named templates are read where they are included: with the key path that their text goes to, and their dot."""

from __future__ import annotations

import json

from tests.cli.test_bad_input import Write
from tests.conftest import Command

CHART = "charts/shop/Chart.yaml"
HELPER = "charts/shop/templates/_helpers.tpl"
CONFIG = "charts/shop/templates/configmap.yaml"
BROKER = '{{- define "shop.broker" -}}\nhost: {{ .host }}\nport: {{ $.port }}\n{{- end -}}\n'


def symbols(natsscan: Command, path: str) -> dict[int, str]:
    """Return what is found on each line of a file."""
    found = json.loads(natsscan(".", "--format", "json").out)["findings"]
    return {each["line"]: each["symbol"] for each in found if each["path"] == path}


def template(include: str) -> str:
    return f"kind: ConfigMap\napiVersion: v1\ndata:\n  shop.yaml: |\n    rabbitmq:\n      {include}\n    other: 1\n"


def test_keys_go_to_where_the_template_is_included(natsscan: Command, write: Write) -> None:
    write({CHART: "name: shop\n", HELPER: BROKER})
    write({CONFIG: template('{{- include "shop.broker" .Values.mq.rabbitmq | nindent 6 }}')})
    assert symbols(natsscan, HELPER) == {1: "shop.broker", 2: "rabbitmq.host", 3: "rabbitmq.port"}


def test_as_the_value_of_a_key_too(natsscan: Command, write: Write) -> None:
    write({CHART: "name: shop\n", HELPER: BROKER})
    write({"charts/shop/templates/a.yaml": 'top:\n  amqp: {{ include "shop.broker" .Values.rabbitmq | nindent 4 }}\n'})
    assert symbols(natsscan, HELPER) == {1: "shop.broker", 2: "top.amqp.host", 3: "top.amqp.port"}


def test_values_are_those_that_the_template_is_handed(natsscan: Command, write: Write) -> None:
    named = '{{ define "shop.url" }}{{ .host }}:{{ .port }}{{ end }}\n'
    write({CHART: "name: shop\n", HELPER: named})
    write({CONFIG: 'data:\n  url: {{ include "shop.url" .Values.config.rabbitmq }}\n'})
    found = json.loads(natsscan(".", "--format", "json").out)["findings"]
    values = [each["symbol"] for each in found if each["path"] == HELPER]
    assert values == ["config.rabbitmq.host", "config.rabbitmq.port"]
    write({CONFIG: 'data:\n  url: {{ include "shop.url" .Values.config.redis }}\n'})
    assert symbols(natsscan, HELPER) == {}


def test_where_places_differ_only_what_they_share_is_taken(natsscan: Command, write: Write) -> None:
    write({CHART: "name: shop\n", HELPER: BROKER})
    write({CONFIG: template('{{- include "shop.broker" .Values.rabbitmq | nindent 6 }}')})
    write({"charts/shop/templates/b.yaml": 'a:\n  amqp: {{ include "shop.broker" .Values.rabbitmq | nindent 4 }}\n'})
    assert symbols(natsscan, HELPER) == {1: "shop.broker", 2: "rabbitmq.host", 3: "rabbitmq.port"}
    write({"charts/shop/templates/b.yaml": 'a:\n  amqp: {{ include "shop.broker" .Values.old.rabbitmq }}\n'})
    assert symbols(natsscan, HELPER) == {1: "shop.broker", 2: "rabbitmq.host", 3: "rabbitmq.port"}
    write({"charts/shop/templates/b.yaml": 'a:\n  redis: {{ include "shop.broker" .Values.redis }}\n'})
    assert symbols(natsscan, HELPER) == {}


def test_a_template_of_another_chart_with_that_name_is_not_meant(natsscan: Command, write: Write) -> None:
    other = "charts/other/templates/_helpers.tpl"
    write({CHART: "name: shop\n", HELPER: BROKER, "charts/other/Chart.yaml": "name: other\n", other: BROKER})
    write({CONFIG: template('{{- include "shop.broker" .Values.rabbitmq | nindent 6 }}')})
    assert symbols(natsscan, other) == {}
    assert symbols(natsscan, HELPER) != {}


def test_an_include_in_a_broken_template_is_no_crash(natsscan: Command, write: Write) -> None:
    write({CHART: "name: shop\n", HELPER: BROKER})
    write({CONFIG: 'a: [\n{{ include "shop.broker" .Values.rabbitmq }}\nb: "\n'})
    run = natsscan(".")
    assert run.code == 0 and "Traceback" not in run.err
