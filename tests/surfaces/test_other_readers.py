"""Cabal, hpack, nix, scripts, Dockerfiles, broker files and documents."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.surfaces.registry import READERS
from tests.scanning import read_surface

CABAL = """cabal-version: 3.0
name: shop
common deps
  build-depends:
    , amqp >=0.22 && <0.25
    , base
library
  import: deps
  exposed-modules: Shop.RabbitMq, Shop
executable shop
  if flag(broker)
    build-depends: base, amqp
-- build-depends: amqp
"""


def found(kind: FileKind, path: str, text: str, catalog: Catalog) -> list[tuple[str, int, str, str | None]]:
    result = read_surface(READERS[kind], kind, path, text, catalog)
    return [(u.operation.value, u.span.line, u.symbol, u.definition) for u in result.usages]


def test_cabal_stanzas_conditionals_and_both_comma_styles(catalog: Catalog) -> None:
    assert found(FileKind.CABAL, "shop.cabal", CABAL, catalog) == [
        ("dependency", 5, "amqp", "common deps"),
        ("config", 9, "Shop.RabbitMq", "library"),
        ("dependency", 12, "amqp", "executable shop if flag(broker)"),
    ]
    usage = read_surface(READERS[FileKind.CABAL], FileKind.CABAL, "shop.cabal", CABAL, catalog).usages[0]
    assert {a.name: a.text for a in usage.arguments} == {
        "version": ">=0.22 && <0.25",
        "imported_by": "library",
        "sources": ".",
    }


@pytest.mark.parametrize(
    ("kind", "path", "text", "line", "operation", "symbol"),
    [
        (FileKind.HPACK, "package.yaml", "name: x\nlibrary:\n  dependencies:\n    - base\n    - amqp >= 0.2\n", 5, "dependency", "amqp"),
        (FileKind.CABAL_PROJECT, "cabal.project", "packages:\n  tools/rabbitmq-consumer\n", 2, "config", "tools/rabbitmq-consumer"),
        (FileKind.STACK, "stack.yaml", "extra-deps:\n- amqp-0.22.2@sha256:abc\n", 2, "dependency", "amqp"),
        (FileKind.NIX, "default.nix", "{ mkDerivation, amqp, base }:\nmkDerivation { libraryHaskellDepends = [ amqp base ]; }\n", 2, "dependency", "amqp"),
        (FileKind.NIX, "overlay.nix", "self: super: {\n  tools = [ self.rabbitmq-server ];\n}\n", 2, "dependency", "rabbitmq-server"),
        (FileKind.SHELL, "x.sh", "set -e\nrabbitmqctl list_queues\n", 2, "admin", "rabbitmqctl"),
        (FileKind.SHELL, "x.sh", "rabbitmqadmin publish exchange=e routing_key=k payload=x\n", 1, "publish", "rabbitmqadmin"),
        (FileKind.SHELL, "x.sh", "curl -u guest:guest -X PUT http://rabbitmq:15672/api/vhosts/a\n", 1, "admin", "management API"),
        (FileKind.SHELL, "x.sh", "for i in 0 1; do\n  export RABBITMQ_USERNAME_V$i=x\ndone\n", 2, "env", "RABBITMQ_USERNAME_V{i}"),
        (FileKind.ENV, ".envrc", "export RABBITMQ_PASSWORD=x\n", 1, "env", "RABBITMQ_PASSWORD"),
        (FileKind.MAKE, "Makefile", "CHARTS := nginx rabbitmq\n", 1, "deploy", "rabbitmq"),
        (FileKind.DOCKERFILE, "Dockerfile", "FROM rabbitmq:3-management\n", 1, "deploy", "rabbitmq:3-management"),
        (FileKind.BROKER_CONFIG, "rabbitmq.conf", "default_user = guest\n", 1, "config", "default_user"),
        (FileKind.HASKELL, "M.hs", 'x = lookupEnv "RABBITMQ_USERNAME"\n', 1, "env", "RABBITMQ_USERNAME"),
        (FileKind.HASKELL, "M.hs", 'x = setKey "rabbitmq.vHost" y\n', 1, "config", "rabbitmq.vHost"),
    ],
)  # fmt: skip
def test_found(catalog: Catalog, kind: FileKind, path: str, text: str, line: int, operation: str, symbol: str) -> None:
    assert (operation, line, symbol) in [place[:3] for place in found(kind, path, text, catalog)]


@pytest.mark.parametrize(
    ("kind", "path", "text"),
    [
        (FileKind.CABAL, "x.cabal", "library\n  build-depends: base, amqp-like, not-amqp\n"),
        (FileKind.HPACK, "package.yaml", "dependencies: [base]\n"),
        (FileKind.NIX, "default.nix", "{ lib }: lib.id 5672\n"),
        (FileKind.SHELL, "x.sh", "echo $PORT # rabbitmqctl\n"),
        (FileKind.ENV, ".env", "# RABBITMQ_PASSWORD=x\nA=1\n"),
        (FileKind.DOCKERFILE, "Dockerfile", "FROM acme/grab:1\nEXPOSE 5672\n"),
        (FileKind.BROKER_CONFIG, "nginx.conf", "upstream x { server rabbit-free:80; }\n".replace("rabbit", "hare")),
        (FileKind.JSON, "a.json", '{"port": 5672}'),
        (FileKind.DOCS, "a.md", "Nothing to see.\n"),
        (FileKind.HASKELL, "M.hs", "x = 1\n"),
    ],
)
def test_quiet(catalog: Catalog, kind: FileKind, path: str, text: str) -> None:
    direct = [place for place in found(kind, path, text, catalog) if place[0] != "mention"]
    assert direct == []


def test_documents_and_comments_are_mentions_once(catalog: Catalog) -> None:
    assert found(FileKind.DOCS, "a.md", "# Q\nRabbitMQ here\nand rabbitmq there\n", catalog) == [
        ("mention", 2, "RabbitMQ", None)
    ]
    assert [f[0] for f in found(FileKind.HASKELL, "M.hs", "-- rabbit\nx = 1\n", catalog)] == ["mention"]
    assert [f[0] for f in found(FileKind.HASKELL, "M.hs", "x = startRabbit\n", catalog)] == ["wrapper"]


def test_definitions_export(catalog: Catalog) -> None:
    text = '{"rabbit_version": "3.10", "users": [{"name": "joe", "password_hash": "tulip7"}],\n "queues": [{"name": "jobs", "vhost": "/"}],\n"exchanges": []}'
    result = read_surface(READERS[FileKind.JSON], FileKind.JSON, "definitions.json", text, catalog)
    assert ("declare-queue", 2) in [(u.operation.value, u.span.line) for u in result.usages]
    assert "tulip7" not in str(result)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(READERS)),
    st.lists(
        st.sampled_from(["rabbitmq", "amqp", " ", "\n", "\t", "=", ":", "{", "}", "[", "]", "$", '"', "'", "#", "--", "if ", "5672", "é", "\\", "- ", "<<EOF\n", "amqp://u:p@h", "RABBITMQ_X", "library\n", "build-depends:", "(", ")", "${", "|", "\r\n"]),
        max_size=50,
    ).map("".join),
)  # fmt: skip
def test_any_text_is_read(catalog: Catalog, kind: FileKind, text: str) -> None:
    result = read_surface(READERS[kind], kind, "f", text, catalog)
    assert all(0 <= usage.span.start <= usage.span.end <= len(text.encode()) for usage in result.usages)
