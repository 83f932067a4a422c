from __future__ import annotations

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation
from natsscan.surfaces.packaging import package_at
from natsscan.surfaces.projects import read
from tests.scanning import read_surface
from tests.surfaces.test_cabal import arguments


def shown(kind: FileKind, text: str, catalog: Catalog) -> list[str]:
    found = read_surface(read, kind, "project", text, catalog).usages
    data = text.encode()
    assert all(data[usage.span.start : usage.span.end].decode() == usage.symbol for usage in found)
    return [f"{usage.operation} {usage.symbol}: {usage.definition}{arguments(usage)}" for usage in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("packages:\n    app\n  , tools/rabbitmq-consumer\n  , libs/*\n", ["config tools/rabbitmq-consumer: packages"]),
        ("packages: app ./vendor/amqp/ libs\n", ["config ./vendor/amqp/: packages"]),
        ("optional-packages: ./{rabbit,hare}/*.cabal b\n", ["config ./{rabbit,hare}/*.cabal: optional-packages"]),
        ("if impl(ghc >= 9)\n  packages: amqp-tools\n", ["config amqp-tools: packages if impl(ghc >= 9)"]),
        ("extra-packages: amqp ==0.22.2, text\n", ["dependency amqp: extra-packages (version ==0.22.2)"]),
        ("constraints: text >2,\n  amqp == 0.22.2\n", ["dependency amqp: constraints (version == 0.22.2)"]),
        ("constraints: any.amqp ==0.22\n", ["dependency amqp: constraints (version ==0.22)"]),
        ("constraints: shop:setup.amqp ==0.22\n", ["dependency amqp: constraints (version ==0.22)"]),
        ("constraints: amqp +debug\n", ["dependency amqp: constraints"]),
        ("preferences: amqp <1\n", ["dependency amqp: preferences (version <1)"]),
        ("allow-newer: amqp:base, text\n", ["dependency amqp: allow-newer"]),
        ("allow-newer: servant:base,*:amqp\n", ["dependency amqp: allow-newer"]),
        ("allow-older: amqp\n", ["dependency amqp: allow-older"]),
        ("package amqp\n  flags: +x\n", ["dependency amqp: package"]),
        ("package rabbitmq-consumer\n  ghc-options: -O2\n", ["config rabbitmq-consumer: package"]),
        (
            "source-repository-package\n  type: git\n  location: https://github.com/x/amqp.git\n  tag: 1a2b\n",
            ["dependency amqp: source-repository-package (location https://github.com/x/amqp.git, tag 1a2b)"],
        ),
    ],
)
def test_cabal_project(text: str, expected: list[str], catalog: Catalog) -> None:
    assert shown(FileKind.CABAL_PROJECT, text, catalog) == expected


def test_each_source_repository_is_its_own(catalog: Catalog) -> None:
    text = """
source-repository-package
  type: git
  location: https://github.com/shop/text
  tag: 1a2b
source-repository-package
  location: https://token@github.com/shop/mono
  subdir: lib amqp-worker
source-repository-package
  location: https://github.com/shop/fork
  tag: amqp-0.22.2
source-repository-package
  location: https://github.com/shop/rabbitmq-tools
"""
    found = read_surface(read, FileKind.CABAL_PROJECT, "cabal.project", text, catalog).usages
    assert [(usage.operation, usage.symbol, arguments(usage)) for usage in found] == [
        (Operation.DEPENDENCY, "amqp-worker", " (location https://***@github.com/shop/mono)"),
        (Operation.DEPENDENCY, "amqp", " (version 0.22.2, location https://github.com/shop/fork, tag amqp-0.22.2)"),
        (Operation.CONFIG, "https://github.com/shop/rabbitmq-tools", ""),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("packages:\n- .\n- tools/rabbitmq-consumer\n", ["config tools/rabbitmq-consumer: packages"]),
        ("packages: ['libs/amqp', app]\n", ["config libs/amqp: packages"]),
        (
            "extra-deps:\n- text-2.0@sha256:aa,1\n- amqp-0.22.2@sha256:bb,2\n",
            ["dependency amqp: extra-deps (version 0.22.2)"],
        ),
        ('extra-deps: ["amqp-worker-1.0@rev:1"]\n', ["dependency amqp-worker: extra-deps (version 1.0)"]),
        ("extra-deps:\n- ./vendor/amqp\n", ["dependency amqp: extra-deps"]),
        ("extra-deps:\n- https://x.org/a/amqp-0.22.2.tar.gz\n", ["dependency amqp: extra-deps (version 0.22.2)"]),
        (
            "extra-deps:\n- git: https://github.com/shop/amqp\n  commit: 1a2b\n",
            ["dependency amqp: extra-deps (location https://github.com/shop/amqp, tag 1a2b)"],
        ),
        (
            "extra-deps:\n- github: shop/mono\n  commit: 1a2b\n  subdirs: [text, amqp]\n",
            ["dependency amqp: extra-deps (location shop/mono, tag 1a2b)"],
        ),
        (
            "packages:\n- location:\n    git: git@github.com:shop/amqp.git\n    commit: 1a2b\n  extra-dep: true\n",
            ["dependency amqp: packages (location git@github.com:shop/amqp.git, tag 1a2b)"],
        ),
        ("flags:\n  amqp:\n    debug: true\n", ["dependency amqp: flags"]),
        ("ghc-options:\n  amqp: -O2\n", ["dependency amqp: ghc-options"]),
        ("allow-newer-deps: [amqp]\n", ["dependency amqp: allow-newer-deps"]),
        ("drop-packages:\n- amqp\n", ["dependency amqp: drop-packages"]),
        ("nix:\n  enable: true\n  packages: [zlib, rabbitmq-c]\n", ["dependency rabbitmq-c: nix.packages"]),
    ],
)
def test_stack(text: str, expected: list[str], catalog: Catalog) -> None:
    assert shown(FileKind.STACK, text, catalog) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FileKind.CABAL_PROJECT, "-- packages: vendor/amqp\npackages: app\n"),
        (FileKind.CABAL_PROJECT, "constraints: amqplib >1, my-amqp <2\n"),
        (FileKind.CABAL_PROJECT, "allow-newer: amqplib:base\n"),
        (FileKind.CABAL_PROJECT, "package *\n  ghc-options: -DRABBITMQ\n"),
        (FileKind.STACK, "# amqp\nextra-deps: []\n"),
        (FileKind.STACK, "extra-deps:\n- amqplib-1.0\n"),
        (FileKind.STACK, "docker:\n  image: rabbitmq\n"),
        (FileKind.STACK, "nix:\n  shell-file: rabbit.nix\n"),
    ],
)
def test_anything_else_is_one_mention_or_a_path(kind: FileKind, text: str, catalog: Catalog) -> None:
    found = read_surface(read, kind, "project", text, catalog).usages
    assert [usage.operation in (Operation.MENTION, Operation.CONFIG) for usage in found] == [True]


@pytest.mark.parametrize("text", ["", "packages: app\n", "source-repository-package\n  location: https://x/y\n"])
def test_quiet(text: str, catalog: Catalog) -> None:
    assert shown(FileKind.CABAL_PROJECT, text, catalog) == []
    assert shown(FileKind.STACK, text.split("\n")[0], catalog) == []


@pytest.mark.parametrize(
    ("location", "package"),
    [
        ("amqp", "amqp"),
        ("amqp-0.22.2", "amqp"),
        ("./vendor/amqp/", "amqp"),
        ("vendor/amqp", "amqp"),
        ("shop/amqp", "amqp"),
        ("github:shop/amqp/v1", "amqp"),
        ("git@github.com:shop/amqp.git", "amqp"),
        ("https://github.com/shop/amqp/archive/1a2b.tar.gz", "amqp"),
        ("git+ssh://git@host.org/shop/amqp.git?ref=main", "amqp"),
        ("https://hackage.haskell.org/package/amqp-worker-2.0/amqp-worker-2.0.tar.gz", "amqp-worker"),
        ("https://github.com/amqp/text", None),
        ("amqp/text", None),
        ("https://amqp.org/shop/text", None),
        ("https://github.com/shop/amqplib", None),
        ("", None),
    ],
)
def test_package_at(location: str, package: str | None) -> None:
    assert package_at(location, frozenset({"amqp", "amqp-worker"})) == package


@pytest.mark.parametrize(
    "text", ["packages: {" * 20_000, "constraints: " + "a:" * 50_000, "- &a [*a, *a]\n", "a: [", "\0"]
)
def test_hostile_files_are_harmless(text: str, catalog: Catalog) -> None:
    for kind in (FileKind.CABAL_PROJECT, FileKind.STACK):
        assert len(read_surface(read, kind, "project", text, catalog).problems) <= 1
