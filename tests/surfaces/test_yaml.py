"""YAML of every sort, and templates of it."""

from __future__ import annotations

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces import yaml
from natsscan.surfaces.surface import SurfaceReading
from tests.scanning import read_surface


def reading(
    text: str | bytes,
    catalog: Catalog,
    kind: FileKind = FileKind.YAML,
    path: str = "f.yaml",
    owner: str | None = None,
) -> SurfaceReading:
    return read_surface(yaml.read, kind, path, text, catalog, owner)


def found(text: str | bytes, catalog: Catalog, kind: FileKind = FileKind.YAML) -> list[tuple[str, int, str]]:
    return [show(usage) for usage in reading(text, catalog, kind).usages]


def argument(usage: Usage, name: str) -> str:
    return next((argument.text for argument in usage.arguments if argument.name == name), "")


def show(usage: Usage) -> tuple[str, int, str]:
    return usage.operation.value, usage.span.line, usage.symbol


def test_keys_at_and_below_the_broker(catalog: Catalog) -> None:
    text = "database:\n  host: db\nrabbitmq:\n  host: broker\n  tls: {enabled: true}\n"
    assert found(text, catalog) == [
        ("config", 3, "rabbitmq"),
        ("config", 4, "rabbitmq.host"),
        ("config", 5, "rabbitmq.tls"),
        ("config", 5, "rabbitmq.tls.enabled"),
    ]


def test_spans_are_the_keys_own_in_crlf_and_after_other_letters(catalog: Catalog) -> None:
    usage = reading('a: "é€"\r\n"rabbitmq": # ü\r\n  port: 5672\r\n', catalog).usages[1]
    assert (usage.symbol, usage.span.line, usage.span.column, usage.span.end_column) == ("rabbitmq.port", 3, 3, 7)


def test_documents_anchors_and_flow(catalog: Catalog) -> None:
    text = "x: 1\n---\nbase: &b {host: h}\nrabbitmq: *b\n---\namqp: {<<: *b, port: 1}\n"
    assert ("config", 4, "rabbitmq") in found(text, catalog)
    assert ("config", 6, "amqp.port") in found(text, catalog)


def test_document_in_a_block_scalar_of_a_config_map(catalog: Catalog) -> None:
    text = """apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
data:
  shop.yaml: |
    rabbitmq:
      host: {{ .Values.rabbitmq.host }}
"""
    usages = reading(text, catalog, FileKind.HELM_TEMPLATE, "charts/shop/templates/c.yaml").usages
    assert [(show(u), u.definition) for u in usages] == [
        (("config", 7, "rabbitmq"), "shop.yaml"),
        (("config", 8, "rabbitmq.host"), "shop.yaml"),
    ]
    arguments = {argument.name: argument.text for argument in usages[1].arguments}
    assert arguments["from"] == "rabbitmq.host"


def test_with_gives_the_dot_its_path(catalog: Catalog) -> None:
    text = "conf:\n  {{- with .Values.config.rabbitmq }}\n  url: {{ .host }}\n  {{- end }}\n"
    symbols = [symbol for _, _, symbol in found(text, catalog, FileKind.HELM_TEMPLATE)]
    assert symbols == ["config.rabbitmq", "config.rabbitmq.host"]


@pytest.mark.parametrize(
    ("action", "symbols"),
    [
        ('if hasKey . "prefetchCount"', ["conf.prefetchCount"]),
        ('get . "prefetchCount" | int', ["conf.prefetchCount"]),
        ('index . "app" `prefetchCount`', ["conf.app.prefetchCount"]),
        ('index (.inner) "prefetchCount"', ["conf.inner.prefetchCount"]),
        ('dig "app" "prefetchCount" "5" .', ["conf.app.prefetchCount"]),
        ('dig "app" "prefetchCount" 5 .', ["conf.app.prefetchCount"]),
        ('dig "app" "prefetchCount" .', []),  # what `dig` gives if there is no such key
        ('pluck "prefetchCount" . | first', ["conf.prefetchCount"]),
        ('omit . "a" "prefetchCount" | toYaml', ["conf.prefetchCount"]),
        ('eq .name "prefetchCount"', []),
        ('default "prefetchCount" .', []),
        ('set . "a" "prefetchCount"', []),
    ],
)
def test_keys_that_templates_ask_for_by_string(action: str, symbols: list[str], catalog: Catalog) -> None:
    text = f"rabbitmq: 1\n{{{{- with .Values.conf }}}}\nx: {{{{ {action} }}}}\n{{{{- end }}}}\n"
    usages = reading(text, catalog, FileKind.HELM_TEMPLATE).usages[1:]
    assert [usage.symbol for usage in usages] == symbols
    for usage in usages:
        assert "prefetchCount" in text[usage.span.start : usage.span.end]
    assert [usage.tier for usage in reading(text.replace("rabbitmq:", "# rabbit"), catalog).usages] == [Tier.MENTION]


def test_a_key_that_a_template_asks_for_is_reported_once_and_by_its_own_span(catalog: Catalog) -> None:
    text = 'a: 1\n{{- with .Values.é }}\n{{- if hasKey . "rabbitmq" }}\n{{- end }}{{- end }}\n'
    (usage,) = reading(text, catalog, FileKind.HELM_TEMPLATE).usages
    assert (usage.operation, usage.symbol) == (Operation.CONFIG, "rabbitmq")
    assert text.encode()[usage.span.start : usage.span.end] == b"rabbitmq"


def test_variables_in_all_their_forms(catalog: Catalog) -> None:
    compose = "services:\n  a:\n    environment:\n      - RABBITMQ_USER=x\n  b:\n    environment:\n      AMQP_HOST: h\n"
    assert [f for f in found(compose, catalog, FileKind.COMPOSE) if f[0] == "env"] == [
        ("env", 4, "RABBITMQ_USER"),
        ("env", 7, "AMQP_HOST"),
    ]
    pod = "env:\n{{- range $v := list 0 1 }}\n- name: RABBITMQ_USER_V{{ $v }}\n  value: x\n{{- end }}\n"
    assert ("env", 3, "RABBITMQ_USER_V{v}") in found(pod, catalog, FileKind.HELM_TEMPLATE)


def test_images_urls_and_ports_tied_to_the_broker(catalog: Catalog) -> None:
    text = "services:\n  mq:\n    image: quay.io/bitnami/rabbitmq:3\n  app:\n    url: amqp://u:pw@mq:5672/\n    ports: ['5672:5672']\n"
    assert found(text, catalog, FileKind.COMPOSE) == [
        ("deploy", 2, "services.mq"),
        ("deploy", 3, "services.mq.image"),
        ("deploy", 3, "quay.io/bitnami/rabbitmq:3"),
        ("connect", 5, "amqp URL"),
    ]


def test_a_service_with_the_brokers_image_is_the_brokers_whatever_its_name(catalog: Catalog) -> None:
    text = """services:
  mq:
    image: rabbitmq:4
    restart: always
    deploy: {replicas: 2}
  app:
    image: acme/rabbitmq-consumer:1
    restart: always
"""
    usages = reading(text, catalog, FileKind.COMPOSE).usages
    keys = [usage for usage in usages if usage.symbol.startswith("services.")]
    assert [(u.symbol, argument(u, "owner"), u.definition) for u in keys] == [
        (symbol, "mq", "mq")
        for symbol in (
            "services.mq",
            "services.mq.image",
            "services.mq.restart",
            "services.mq.deploy",
            "services.mq.deploy.replicas",
        )
    ]
    assert {usage.span.line for usage in usages} == {2, 3, 4, 5, 7}
    assert found(text, catalog) == [("deploy", 3, "rabbitmq:4"), ("deploy", 7, "acme/rabbitmq-consumer:1")]


HELPERS = """{{- define "shop.labels" -}}
app: shop
{{- end }}
{{- define "shop.broker" -}}
mq:
  rabbitmq:
    host: {{ .host }}
  {{- if .tls }}
  ca: /etc/rabbitmq-ca/{{ .tls.key }}
  {{- end }}
{{- end }}
{{ define `shop.caFile` }}{{ printf "/etc/rabbitmq-ca/%s" .key }}{{ end }}
{{ define "shop.open" }}
not: [yaml
but: rabbitmq
"""


def test_named_templates_are_yaml_where_they_can_be(catalog: Catalog) -> None:
    usages = reading(HELPERS, catalog, FileKind.HELM_TEMPLATE, "charts/shop/templates/_helpers.tpl").usages
    assert sorted((u.span.line, u.operation.value, u.symbol, u.definition) for u in usages) == [
        (4, "deploy", "shop.broker", None),
        (6, "config", "mq.rabbitmq", "shop.broker"),
        (7, "config", "mq.rabbitmq.host", "shop.broker"),
        (9, "deploy", "/etc/rabbitmq-ca/{key}", "shop.broker"),
        (12, "deploy", "/etc/rabbitmq-ca/%s", "shop.caFile"),
        (13, "deploy", "shop.open", None),
        (15, "deploy", "rabbitmq", "shop.open"),
    ]
    assert reading(HELPERS, catalog, FileKind.HELM_TEMPLATE, "charts/shop/templates/_helpers.tpl").problems == ()


def test_keys_commented_out_below_a_commented_key(catalog: Catalog) -> None:
    text = """mq:
  rabbitmq:
    host: h
    # tls: # off
    #   ca:
    #     name: x
    #   key: y
    # port: 1
    #   prose: no key has this below it
  # other:
  #   name: not the broker's
# secrets:
#   # no comment in a comment
#   rabbitmq:
#
#   - amqp:
#      user: u

#   user: another block
"""
    usages = reading(text, catalog).usages
    assert [(u.span.line, u.symbol) for u in usages if argument(u, "value_kind") == "comment"] == [
        (4, "mq.rabbitmq.tls"),
        (5, "mq.rabbitmq.tls.ca"),
        (6, "mq.rabbitmq.tls.ca.name"),
        (7, "mq.rabbitmq.tls.key"),
        (8, "mq.rabbitmq.port"),
        (14, "secrets.rabbitmq"),
        (16, "secrets.rabbitmq.amqp"),
        (17, "secrets.rabbitmq.amqp.user"),
    ]


def test_a_file_of_comments_is_a_mention(catalog: Catalog) -> None:
    assert found("# shop:\n#   rabbitmq:\n#     host: h\n", catalog, FileKind.HELM_VALUES) == [("mention", 2, "rabb")]
    assert found("ttl: 1\n# prefetchCount: 5\n# rabbit\n", catalog) == [("mention", 3, "rabb")]


def test_comments_in_embedded_documents_have_the_paths_of_those(catalog: Catalog) -> None:
    text = "data:\n  a.yaml: |\n    rabbitmq:\n      host: h\n      # port: 1\n  rabbitmq:\n    # user: u\n    x: 1\n"
    assert ("config", 5, "rabbitmq.port") in found(text, catalog)
    assert ("config", 7, "data.rabbitmq.user") in found(text, catalog)


def test_aliases_of_the_brokers_keys(catalog: Catalog) -> None:
    text = """rabbitmq: &mq
  host: h
cache: &cache {host: c}
broker: *mq
store: *cache
merged:
  <<: *mq
  <<: [*cache, *mq]
list: [*cache, *mq]
again: &mq {host: other}
late: *mq
never: *nothing
"""
    usages = [usage for usage in reading(text, catalog).usages if argument(usage, "alias_of")]
    assert [(u.span.line, u.symbol, argument(u, "alias_of")) for u in usages] == [
        (4, "broker", "rabbitmq"),
        (7, "merged", "rabbitmq"),
        (8, "*mq", "rabbitmq"),
        (9, "*mq", "rabbitmq"),
    ]


def test_templates_of_the_brokers_chart_ask_for_its_values(catalog: Catalog) -> None:
    text = """kind: Service
metadata: {name: "{{ .Chart.Name }}-{{ .Release.Name }}"}
spec:
  {{- range .Values.hosts }}
  - {{ . }}
  {{- end }}
  port: {{ .Values.port }} # {{ .Values.port }}
"""
    usages = reading(text, catalog, FileKind.HELM_TEMPLATE, "charts/mq/templates/s.yaml", owner="mq").usages
    assert [(u.span.line, u.symbol, argument(u, "owner")) for u in usages] == [
        (4, "hosts", "mq"),
        (7, "port", "mq"),
        (7, "port", "mq"),
    ]
    assert reading(text, catalog, FileKind.HELM_TEMPLATE).usages == ()


def test_secret_values_are_not_kept(catalog: Catalog) -> None:
    usages = reading("rabbitmq:\n  username: joe\n  password: tulip7\n  url: amqp://joe:tulip7@h/\n", catalog).usages
    assert "tulip7" not in str(usages)
    assert "(secret)" in str(usages)


def test_settings_count_only_where_the_broker_is_named(catalog: Catalog) -> None:
    assert found("prefetchCount: 5\n# rabbitmq? no\n", catalog) == [("mention", 2, "rabb")]
    assert ("config", 1, "prefetchCount") in found("prefetchCount: 5\nrabbitmq: {}\n", catalog)


@pytest.mark.parametrize(
    "text",
    ["# rabbitmq\nport: 15672\n", "sqs:\n  queueName: q\n", "number: 1567256720\n", "image: acme/grabbitmq-like:1\n"],
)
def test_look_alikes_give_nothing_direct(catalog: Catalog, text: str) -> None:
    assert [f for f in found(text, catalog) if f[0] != "mention" and "grabbit" not in f[2]] == []
