from __future__ import annotations

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation
from natsscan.surfaces.hpack import read
from tests.scanning import read_surface
from tests.surfaces.test_cabal import arguments


def shown(text: str | bytes, catalog: Catalog) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    found = read_surface(read, FileKind.HPACK, "package.yaml", text, catalog).usages
    assert all(data[usage.span.start : usage.span.end].decode() == usage.symbol for usage in found)
    return [f"{usage.symbol}: {usage.definition}{arguments(usage)}" for usage in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("library:\n  dependencies: amqp\n", ["amqp: library"]),
        ("library:\n  dependencies: amqp >= 0.22 && < 1\n", ["amqp: library (version >= 0.22 && < 1)"]),
        ("library:\n  dependencies:\n    - base\n    - amqp ==0.22.*\n", ["amqp: library (version ==0.22.*)"]),
        ("library:\n  dependencies: [base, 'amqp', text]\n", ["amqp: library"]),
        ('library:\n  dependencies: ["amqp >= 0.22"]\n', ["amqp: library (version >= 0.22)"]),
        ("library:\n  dependencies:\n    base: '*'\n    amqp: '>= 0.22'\n", ["amqp: library (version >= 0.22)"]),
        ("library:\n  dependencies:\n    amqp:\n    base:\n", ["amqp: library"]),
        (
            "library:\n  dependencies:\n    amqp:\n      version: 0.22.2\n      mixin: [(Network.AMQP as Q)]\n",
            ["amqp: library (version 0.22.2)"],
        ),
        (
            "library:\n  dependencies:\n  - name: amqp\n    github: shop/amqp\n    ref: 1a2b\n",
            ["amqp: library (location shop/amqp, tag 1a2b)"],
        ),
        (
            "library:\n  dependencies:\n    amqp: {git: 'https://me:pw@x.org/amqp', ref: v1}\n",
            ["amqp: library (location https://***@x.org/amqp, tag v1)"],
        ),
        ("executable:\n  dependencies: amqp\n", ["amqp: executable"]),
        ("executables:\n  shöp:\n    dependencies: amqp\n", ["amqp: executable shöp"]),
        ("internal-libraries:\n  broker:\n    dependencies: amqp-worker\n", ["amqp-worker: library broker"]),
        ("tests:\n  spec:\n    dependencies: [amqp]\n", ["amqp: test-suite spec"]),
        ("benchmarks:\n  b:\n    build-tools: amqp-utils:agitprop\n", ["amqp-utils: benchmark b"]),
        ("custom-setup:\n  dependencies: amqp\n", ["amqp: custom-setup"]),
        ("library:\n  pkg-config-dependencies: librabbitmq\n", ["librabbitmq: library"]),
    ],
)
def test_dependencies(text: str, expected: list[str], catalog: Catalog) -> None:
    assert shown(text, catalog) == expected


def test_the_top_of_the_file_is_imported_by_all_components(catalog: Catalog) -> None:
    text = "name: x\ndependencies: [base, amqp >= 0.2]\nlibrary: {}\nexecutables:\n  a: {}\ntests:\n  s: {main: S.hs}\n"
    assert shown(text, catalog) == ["amqp: package (version >= 0.2, imported_by library, executable a, test-suite s)"]


def test_conditions(catalog: Catalog) -> None:
    text = """
when:
  condition: flag(all)
  dependencies: amqp
library:
  when:
    - condition: os(linux)
      dependencies: amqp
      when:
        condition: flag(x) || flag(y)
        then:
          dependencies: amqp-worker
        else:
          dependencies: amqp-conduit
    - condition: false
      other-modules: Shop.Rabbit
"""
    assert shown(text, catalog) == [
        "amqp: package if flag(all) (imported_by library)",
        "amqp: library if os(linux)",
        "amqp-worker: library if os(linux) if flag(x) || flag(y)",
        "amqp-conduit: library if os(linux) if !(flag(x) || flag(y))",
        "Shop.Rabbit: library if false (field other-modules)",
    ]


def test_anchors_and_merges_are_one_usage_for_all_who_get_them(catalog: Catalog) -> None:
    text = """
_broker: &broker
  dependencies: &deps [base, amqp]
library:
  <<: *broker
executables:
  a:
    <<: [*broker]
  b:
    dependencies: *deps
"""
    assert shown(text, catalog) == ["amqp: library (imported_by executable a, executable b)"]


def test_modules(catalog: Catalog) -> None:
    text = "library:\n  exposed-modules: [Shop, Shop.RabbitMq]\n  reexported-modules: amqp:Network.AMQP as Q\n"
    found = read_surface(read, FileKind.HPACK, "package.yaml", text, catalog).usages
    assert [(usage.operation, usage.symbol) for usage in found] == [
        (Operation.CONFIG, "Shop.RabbitMq"),
        (Operation.CONFIG, "Network.AMQP"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"library:\r\n  dependencies:\r\n  - base\r\n  - amqp\r\n",
        b"\xef\xbb\xbflibrary:\n  dependencies:\n  - base\n  - amqp\n",
        "synopsis: Käse 🐇\nlibrary:\n  dependencies: [base, amqp] # ü\n".encode(),
        b"author: \xff\xfe\nlibrary:\n  dependencies: [base, amqp]\n",
    ],
)
def test_bytes_that_files_have(text: bytes, catalog: Catalog) -> None:
    assert shown(text, catalog) == ["amqp: library"]


@pytest.mark.parametrize(
    "text",
    [
        "name: rabbitmq-shop\n",
        "# dependencies: amqp\nlibrary:\n  dependencies: base\n",
        "library:\n  dependencies: [amqplib, my-amqp, amqp-extra]\n",
        "github: hreinhardt/amqp\n",
        "flags:\n  amqp: {manual: true, default: false}\n",
        "library:\n  ghc-options: amqp\n",
        "extra-source-files: rabbitmq.conf\n",
        "_unused: {dependencies: amqp}\n",
    ],
)
def test_anything_else_is_one_mention(text: str, catalog: Catalog) -> None:
    (usage,) = read_surface(read, FileKind.HPACK, "package.yaml", text, catalog).usages
    assert usage.operation is Operation.MENTION


@pytest.mark.parametrize("text", ["", "# nothing\n", "library:\n  dependencies: base\n", "- a\n- b\n", "text"])
def test_quiet(text: str, catalog: Catalog) -> None:
    assert shown(text, catalog) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("library:\n  dependencies: amqp\ntests:\n  s: [a\nmore: b\n", 5),
        ("library:\n  dependencies: amqp\n\tx: y\n", 3),
        ("library:\n  dependencies: amqp\na: b: c\n", 3),
    ],
)
def test_broken_yaml_is_read_up_to_where_it_breaks(text: str, line: int, catalog: Catalog) -> None:
    reading = read_surface(read, FileKind.HPACK, "package.yaml", text, catalog)
    assert [usage.symbol for usage in reading.usages] == ["amqp"]
    assert reading.problems[0].line == line
    assert reading.problems[0].reason.startswith("not YAML: ")


@pytest.mark.parametrize(
    "text",
    [
        b"library: &a\n  when: [*a, *a, {condition: x, when: [*a, *a]}]\n",
        b"library: &a\n  <<: [*a, *a, *a, *a, *a, *a, *a, *a]\n",
        b"dependencies: " + b"[" * 100_000,
        b"{a: " * 50_000,
        b'a: "\\UFFFFFFFF"\n',
        b"a: *nowhere\n",
        b"a: b\n\x00\n",
        "library: x".encode("utf-16"),
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nlibrary:\n  dependencies: *c\n",
        b"library: !!python/object/apply:os.system [x]\n",
    ],
)
def test_hostile_files_are_harmless(text: bytes, catalog: Catalog) -> None:
    assert len(read_surface(read, FileKind.HPACK, "package.yaml", text, catalog).problems) <= 1


def test_a_dependency_knows_the_folders_of_its_component(catalog: Catalog) -> None:
    text = (
        "dependencies: amqp\nlibrary:\n  source-dirs: src\n  dependencies: amqp-worker\n"
        "executables:\n  e:\n    source-dirs: [app, gen]\n    dependencies: amqp\n"
    )
    found = read_surface(read, FileKind.HPACK, "package.yaml", text, catalog).usages
    assert [{a.name: a.text for a in usage.arguments}["sources"] for usage in found] == [
        "src, app, gen",
        "src",
        "app, gen",
    ]
