from __future__ import annotations

import random

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces.cabal import read
from tests.scanning import read_surface

HEAD = "cabal-version: 3.0\nname: shop\nversion: 1\n"


def usages(text: str | bytes, catalog: Catalog) -> tuple[Usage, ...]:
    return read_surface(read, FileKind.CABAL, "shop.cabal", text, catalog).usages


def shown(text: str | bytes, catalog: Catalog) -> list[str]:
    """Each usage as `symbol: definition {arguments}`; what a span covers must be the symbol."""
    data = text if isinstance(text, bytes) else text.encode()
    found = usages(text, catalog)
    assert all(data[usage.span.start : usage.span.end].decode() == usage.symbol for usage in found)
    return [f"{usage.symbol}: {usage.definition}{arguments(usage)}" for usage in found]


def arguments(usage: Usage) -> str:
    """What a usage was given, without the folders of its component, which have tests of their own."""
    given = ", ".join(f"{argument.name} {argument.text}" for argument in usage.arguments if argument.name != "sources")
    return f" ({given})" if given else ""


@pytest.mark.parametrize(
    ("stanza", "expected"),
    [
        ("library\n  build-depends: amqp", ["amqp: library"]),
        ("library\n  build-depends: base, amqp >=0.22 && <0.23, text", ["amqp: library (version >=0.22 && <0.23)"]),
        ("library\n  build-depends:\n    , amqp\n    , base", ["amqp: library"]),
        (
            "library\n  build-depends:\n      base,\n      amqp   ==0.22.*,\n      text,",
            ["amqp: library (version ==0.22.*)"],
        ),
        ("library\n  build-depends: amqp ^>= { 0.21, 0.22 }, base", ["amqp: library (version ^>= { 0.21, 0.22 })"]),
        ("library\n  build-depends: amqp\n\n    >=0.2\n  ghc-options: -Wall", ["amqp: library (version >=0.2)"]),
        ("library\n  build-depends: amqp:{amqp, sub} >=1", ["amqp: library (version >=1)"]),
        ("library internal\n  build-depends: amqp-worker", ["amqp-worker: library internal"]),
        ("executable Shop\n  build-depends: amqp", ["amqp: executable Shop"]),
        ("Test-Suite spec\n  Build-Depends: amqp", ["amqp: test-suite spec"]),
        ("benchmark b\n  build-depends: amqp-conduit, amqp", ["amqp-conduit: benchmark b", "amqp: benchmark b"]),
        ("foreign-library f\n  build-depends: amqp", ["amqp: foreign-library f"]),
        ("custom-setup\n  setup-depends: amqp", ["amqp: custom-setup"]),
        ("library\n  build-tool-depends: amqp-utils:agitprop >=0.6", ["amqp-utils: library (version >=0.6)"]),
        ("library\n  mixins: amqp (Network.AMQP as Q, Network.AMQP.Types), base", ["amqp: library"]),
        ("library\n  pkgconfig-depends: librabbitmq >=0.9", ["librabbitmq: library"]),
        ("library\n  build-depends: amqp\n  build-depends: amqp", ["amqp: library", "amqp: library"]),
    ],
)
def test_dependencies(stanza: str, expected: list[str], catalog: Catalog) -> None:
    assert shown(f"{HEAD}{stanza}\n", catalog) == expected


def test_a_file_of_old_has_no_library_stanza(catalog: Catalog) -> None:
    assert shown("name: shop\nbuild-depends: base,\n               amqp\nexposed-modules: Shop\n", catalog) == [
        "amqp: library"
    ]


def test_common_stanzas_name_who_imports_them_also_through_others(catalog: Catalog) -> None:
    text = f"""{HEAD}
common messaging
  build-depends: amqp
common everything
  import: messaging
common unused
  build-depends: amqp
library
  import: everything
executable shop
  import: warnings, messaging
test-suite spec
  build-depends: base
"""
    assert shown(text, catalog) == [
        "amqp: common messaging (imported_by executable shop, library)",
        "amqp: common unused",
    ]


def test_common_stanzas_that_import_each_other_come_to_an_end(catalog: Catalog) -> None:
    text = "common a\n  import: b\n  build-depends: amqp\ncommon b\n  import: a\nlibrary\n  import: b\n"
    assert shown(text, catalog) == ["amqp: common a (imported_by library)"]


def test_conditions_are_those_of_the_branch(catalog: Catalog) -> None:
    text = f"""{HEAD}
library
  if flag(broker)
    build-depends: amqp
    if os(linux) || os(osx)
      build-depends: amqp-worker
    else
      build-depends: amqp-utils
  elif impl(ghc >= 9.2)
    build-depends: amqp-conduit
  else
    build-depends: amqp-streamly
  build-depends: amqp
"""
    assert shown(text, catalog) == [
        "amqp: library if flag(broker)",
        "amqp-worker: library if flag(broker) if os(linux) || os(osx)",
        "amqp-utils: library if flag(broker) if !(os(linux) || os(osx))",
        "amqp-conduit: library if !flag(broker) && impl(ghc >= 9.2)",
        "amqp-streamly: library if !flag(broker) && !impl(ghc >= 9.2)",
        "amqp: library",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "library {\n  build-depends: base, amqp\n}\n",
        "library\n{\n  build-depends: base\n    , amqp\n}\n",
        "library { build-depends: base, amqp }\nexecutable e { build-depends: base }\n",
        "library {\n  build-depends: {\n    base,\n    amqp\n  }\n  other-modules: A\n}\n",
        "executable e {\n build-depends: base\n}\nlibrary {\nbuild-depends: amqp\n}\n",
    ],
)
def test_braces(text: str, catalog: Catalog) -> None:
    assert shown(text, catalog) == ["amqp: library"]


def test_conditions_in_braces(catalog: Catalog) -> None:
    text = "library {\n if flag(a) { build-depends: amqp } else {\n  build-depends: amqp-worker\n }\n build-depends: amqp\n}\n"
    assert shown(text, catalog) == [
        "amqp: library if flag(a)",
        "amqp-worker: library if !flag(a)",
        "amqp: library",
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"library\r\n  build-depends:\r\n    base,\r\n    amqp\r\n  other-modules: A\r\n",
        b"\xef\xbb\xbflibrary\n\tbuild-depends:\n\t\tbase,\n\t\tamqp\n",
        b"library\n  -- a comment\n  build-depends:\n-- at the margin\n    base\n    -- between\n    , amqp\n",
        b"library\n  build-depends: base, amqp",
        "author: Jörg Ærø\nlibrary\n  build-depends: base, amqp\n".encode(),
        b"author: \xff\xfe\nlibrary\n  build-depends: base, amqp\n",
    ],
)
def test_bytes_that_files_have(text: bytes, catalog: Catalog) -> None:
    assert shown(text, catalog) == ["amqp: library"]


def test_modules_named_after_the_broker(catalog: Catalog) -> None:
    text = f"""{HEAD}
library
  exposed-modules:
    Network.AMQP.Extended
    Network.Wai, Shop.RabbitMq.Consumer
  reexported-modules: amqp:Network.AMQP as Network.AMQP.Raw, amqp:Network.AMQP.Types
test-suite spec
  other-modules: Paths_amqp_shop Shop.RabbitMqSpec
"""
    found = usages(text, catalog)
    assert {usage.operation for usage in found} == {Operation.CONFIG}
    assert shown(text, catalog) == [
        "Network.AMQP.Extended: library (field exposed-modules)",
        "Shop.RabbitMq.Consumer: library (field exposed-modules)",
        "Network.AMQP: library (field reexported-modules)",
        "Network.AMQP.Types: library (field reexported-modules)",
        "Shop.RabbitMqSpec: test-suite spec (field other-modules)",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "synopsis: Talks to RabbitMQ\n",
        "library\n  -- build-depends: amqp\n  build-depends: base\n",
        "description:\n  build-depends: amqp\n",
        "library\n  build-depends: amqplib, my-amqp, amqp-extra, amqp2\n",
        "data-files: rabbitmq.conf\n",
        "source-repository head\n  location: https://github.com/hreinhardt/amqp\n",
        "flag rabbitmq\n  default: True\n",
        "executable rabbitmq-consumer\n  build-depends: base, rabbitmq-consumer\n",
        "library\n  ghc-options: amqp\n",
    ],
)
def test_anything_else_is_one_mention(text: str, catalog: Catalog) -> None:
    (usage,) = usages(HEAD + text, catalog)
    assert (usage.operation, usage.tier) == (Operation.MENTION, Tier.MENTION)


def test_a_mention_is_where_it_is_first_and_counts_its_lines(catalog: Catalog) -> None:
    (usage,) = usages("synopsis: the rabbitmq-consumer of RabbitMQ\n-- ümläut amqp\nname: x\n", catalog)
    assert (usage.symbol, usage.span.line, usage.span.column, usage.span.end_column) == ("rabbitmq-consumer", 1, 15, 32)
    assert [(argument.name, argument.text) for argument in usage.arguments] == [("count", "2")]


def test_no_mention_beside_a_usage(catalog: Catalog) -> None:
    assert len(usages("synopsis: RabbitMQ\nlibrary\n  build-depends: amqp\n", catalog)) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "name: shop\nlibrary\n  build-depends: base, aqmp\n", "port: 5672\n"])
def test_quiet(text: str, catalog: Catalog) -> None:
    assert usages(text, catalog) == ()


def test_a_brace_that_nothing_closes_is_a_problem(catalog: Catalog) -> None:
    reading = read_surface(read, FileKind.CABAL, "a.cabal", "name: a\nlibrary {\n  build-depends: amqp\n", catalog)
    assert [(problem.line, problem.reason) for problem in reading.problems] == [(2, "nothing closes this brace")]
    assert [usage.symbol for usage in reading.usages] == ["amqp"]


PIECES = [
    "library",
    "if x",
    "else",
    "elif",
    "{",
    "}",
    ":",
    "build-depends:",
    " amqp",
    ",",
    "\n",
    "\r",
    "  ",
    "\t",
    "--",
    '"',
    "é",
]


def test_never_raises(catalog: Catalog) -> None:
    chance = random.Random(7)
    for _ in range(500):
        text = "".join(chance.choices(PIECES, k=chance.randrange(40))).encode() + chance.randbytes(chance.randrange(4))
        for usage in usages(text, catalog):
            assert 0 <= usage.span.start < usage.span.end <= len(text)


@pytest.mark.parametrize("text", ["if a {" * 50_000, "}" * 100_000, "a:{\n" * 50_000, "x {" + "}a:" * 50_000])
def test_nesting_has_no_limit(text: str, catalog: Catalog) -> None:
    assert usages(text, catalog) == ()


def sources(text: str, catalog: Catalog) -> list[str]:
    found = read_surface(read, FileKind.CABAL, "shop.cabal", text, catalog).usages
    return [argument.text for usage in found for argument in usage.arguments if argument.name == "sources"]


def test_a_dependency_knows_the_folders_of_its_component(catalog: Catalog) -> None:
    text = "library\n  hs-source-dirs: src, gen\n  build-depends: amqp\ntest-suite t\n  build-depends: amqp\n"
    assert sources(text, catalog) == ["src, gen", "."]


def test_a_common_stanza_stands_for_the_folders_of_all_that_import_it(catalog: Catalog) -> None:
    text = (
        "cabal-version: 3.0\ncommon deps\n  build-depends: amqp\n"
        "library\n  import: deps\n  hs-source-dirs: src\n"
        "test-suite t\n  import: deps\n  hs-source-dirs: test\n"
        "executable e\n  hs-source-dirs: app\n"
    )
    assert sources(text, catalog) == ["src, test"]


def test_folders_come_from_common_stanzas_too(catalog: Catalog) -> None:
    text = "common dirs\n  hs-source-dirs: code\nlibrary\n  import: dirs\n  build-depends: amqp\n"
    assert sources(text, catalog) == ["code"]
