from __future__ import annotations

import random

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier
from natsscan.surfaces.nix import read
from tests.scanning import read_surface
from tests.surfaces.test_cabal import arguments


def shown(text: str | bytes, catalog: Catalog) -> list[str]:
    found = read_surface(read, FileKind.NIX, "default.nix", text, catalog).usages
    return [f"{usage.operation} {usage.symbol}: {usage.definition}{arguments(usage)}" for usage in found]


GENERATED = """# made by cabal2nix
{ mkDerivation
, amqp
, base
, lib
,
}:
mkDerivation {
  pname = "shop";
  libraryHaskellDepends = [
    amqp
    base
  ];
  testHaskellDepends = [ base amqp ];
  license = lib.licenses.mit;
}
"""


def test_generated_files(catalog: Catalog) -> None:
    reading = read_surface(read, FileKind.NIX, "default.nix", GENERATED, catalog)
    assert [(usage.symbol, usage.definition, usage.span.line, usage.span.column) for usage in reading.usages] == [
        ("amqp", "arguments", 3, 3),
        ("amqp", "libraryHaskellDepends", 11, 5),
        ("amqp", "testHaskellDepends", 14, 31),
    ]
    assert all(usage.operation is Operation.DEPENDENCY for usage in reading.usages)
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ amqp ? null, ... }@args: amqp", ["dependency amqp: arguments", "dependency amqp: None"]),
        ("{ a = [ pkgs.rabbitmq-server pkgs.jq ]; }", ["dependency rabbitmq-server: a"]),
        ("{ a = with pkgs; [ jq rabbitmqadmin ]; }", ["dependency rabbitmqadmin: a"]),
        ("{ a = b ++ lib.optionals c [ amqp ]; }", ["dependency amqp: a"]),
        ("{ a.b = { c = [ amqp ]; }; }", ["dependency amqp: a.b.c"]),
        ("let inherit (pkgs) rabbitmq-c; in 1", ["dependency rabbitmq-c: None"]),
        ("f { inherit amqp; }", ["dependency amqp: None"]),
        ("{ a = hsuper.amqp; }", ["dependency amqp: a"]),
        ("{ a = hsuper.amqp_0_22_2; }", ["dependency amqp: a"]),
        ('{ a = hsuper."amqp"; }', ["dependency amqp: a"]),
        ("{ a = pkgs ? amqp; }", ["dependency amqp: a"]),
        ("{ a = pkgs.amqp or null; }", ["dependency amqp: a"]),
        ("{ amqp = dontCheck x; }", ["dependency amqp: None"]),
        ('{ "amqp" = dontCheck x; }', ["dependency amqp: None"]),
        ("{ inputs.amqp.flake = false; }", ["dependency amqp: None"]),
        (
            "self: super: { rabbitmqadmin = super.callPackage ./pkgs/rabbitmqadmin { }; }",
            ["dependency rabbitmqadmin: None", "config ./pkgs/rabbitmqadmin: rabbitmqadmin"],
        ),
        (
            "{ rabbitmq-consumer = h.callPackage ../tools/rabbitmq-consumer { }; }",
            ["config rabbitmq-consumer: None", "config ../tools/rabbitmq-consumer: rabbitmq-consumer"],
        ),
        ("{ a = <nixpkgs/rabbitmq>; }", ["config <nixpkgs/rabbitmq>: a"]),
        ("{ a = ./${b}/rabbitmq.conf; }", ["config ./${b}/rabbitmq.conf: a"]),
        ("{ rabbitmq-consumer, lib }: 1", ["config rabbitmq-consumer: arguments"]),
        ("rabbit: 1", ["config rabbit: arguments"]),
        ("{ images = { rabbitmq-consumer = [ 1 ]; }; }", ["config images.rabbitmq-consumer: images"]),
        ("{ services.rabbitmq.enable = true; }", ["deploy services.rabbitmq.enable: None"]),
        ("{ services = { rabbitmq = { enable = true; }; }; }", ["deploy services.rabbitmq: services"]),
        ("{ a = config.services.rabbitmq.port; }", ["deploy services.rabbitmq.port: a"]),
        ('{ env.RABBITMQ_USERNAME = "x"; }', ["env RABBITMQ_USERNAME: None"]),
        ('{ image = "rabbitmq"; }', ["deploy rabbitmq: image"]),
        (
            '{ a = f { imageName = "docker.io/bitnami/rabbitmq"; }; }',
            ["deploy docker.io/bitnami/rabbitmq: a.imageName"],
        ),
        ('{ a = "rabbitmq:3-management"; }', ["deploy rabbitmq:3-management: a"]),
        ('{ a = "docker://rabbitmq:3"; }', ["deploy docker://rabbitmq:3: a"]),
        ('{ pname = "rabbitmqadmin"; }', ["dependency rabbitmqadmin: pname"]),
        ('{ name = "rabbitmq-server-${version}"; }', ["dependency rabbitmq-server: name"]),
        ('{ src = fetch { repo = "amqp"; }; }', ["dependency amqp: src.repo"]),
        ('{ url = "https://github.com/shop/amqp"; }', ["dependency amqp: url"]),
        ('{ url = "github:shop/amqp"; }', ["dependency amqp: url"]),
        ("{ url = https://github.com/shop/amqp; }", ["dependency amqp: url"]),
        ('{ a = h.callHackage "amqp" "0.22.2" { }; }', ["dependency amqp: a (version 0.22.2)"]),
        ('{ a = h.callCabal2nix "amqp" src { }; }', ["dependency amqp: a"]),
        ("{ a = ''\n  ${pkgs.rabbitmqadmin}/bin/rabbitmqadmin\n''; }", ["dependency rabbitmqadmin: a"]),
        ('{ "${amqp}" = 1; }', ['dependency amqp: "${amqp}"']),
    ],
)
def test_usages(text: str, expected: list[str], catalog: Catalog) -> None:
    assert shown(text, catalog) == expected


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ('{ a = "amqp://guest:geheim@broker:5672/shop"; }', "amqp://***@broker:5672/shop"),
        ('{ a = "amqps://${user}:${password}@broker"; }', "amqps://***@broker"),
        ("{ a = ''\n  curl amqp://guest:geheim@broker\n''; }", "amqp://***@broker"),
        ("{ a = ''\n  curl amqp://guest:geheim'x@broker\n''; }", "amqp://***"),
        ("{ a = amqp://guest:geheim@broker; }", "amqp://***@broker"),
    ],
)
def test_urls_are_shown_without_secrets(text: str, url: str, catalog: Catalog) -> None:
    found = read_surface(read, FileKind.NIX, "default.nix", text, catalog).usages
    (usage,) = [usage for usage in found if usage.operation is Operation.CONNECT]
    assert [argument.text for argument in usage.arguments] == [url]
    assert "geheim" not in str(found)


def test_spans_are_of_the_name_alone(catalog: Catalog) -> None:
    text = "{\r\n  ü = [ pkgs.haskellPackages.amqp ];\r\n}".replace("ü", '"ü"')
    (usage,) = read_surface(read, FileKind.NIX, "default.nix", text, catalog).usages
    assert (usage.span.line, usage.span.column, usage.span.end_column) == (2, 32, 36)
    assert text.encode()[usage.span.start : usage.span.end] == b"amqp"


@pytest.mark.parametrize(
    "text",
    [
        "# amqp\n{ a = 1; }",
        "/* RabbitMQ\n*/ { a = 1; }",
        '{ description = "talks to RabbitMQ"; }',
        '{ a = [ "rabbitmq-consumer" ]; }',
        '{ tags = [ "amqp" ]; }',
        '{ protocol = "amqp"; }',
        '{ user = "rabbitmq"; }',
        '{ dir = "/var/lib/rabbitmq"; }',
        '{ a = lib.hasInfix "amqp" b; }',
        "{ a = ''\n  rabbitmqctl status\n''; }",
        '{ url = "https://github.com/amqp/text"; }',
        '{ image = "acme/rabbitmq-shop:1"; }',
        '{ name = "amqp-tools"; }',
    ],
)
def test_comments_and_texts_are_one_mention(text: str, catalog: Catalog) -> None:
    (usage,) = read_surface(read, FileKind.NIX, "default.nix", text, catalog).usages
    assert (usage.operation, usage.tier) == (Operation.MENTION, Tier.MENTION)


@pytest.mark.parametrize("text", ["", "{ }", "{ ports = [ 5672 ]; }", "{ aqmp = 1; }", "x: x"])
def test_quiet(text: str, catalog: Catalog) -> None:
    assert shown(text, catalog) == []


def test_what_is_not_nix_is_one_problem_and_the_rest_is_read(catalog: Catalog) -> None:
    text = "{\n  a = [ amqp ];\n  b = ;\n  c = [ rabbitmq-c ];\n  d = = 1;\n}"
    reading = read_surface(read, FileKind.NIX, "default.nix", text, catalog)
    assert [usage.symbol for usage in reading.usages] == ["amqp", "rabbitmq-c"]
    assert [(problem.line, problem.reason) for problem in reading.problems] == [
        (3, "not Nix at this place, nor at 1 more")
    ]


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a\n" * 80_000, "amqp: //" + "//" * 50_000, "{ a =\n" * 30_000, "f\n" + '"amqp"\n' * 50_000, "\0"],
)
def test_hostile_files_are_one_problem(text: str, catalog: Catalog) -> None:
    assert len(read_surface(read, FileKind.NIX, "default.nix", text, catalog).problems) == 1


PIECES = [
    "{",
    "}",
    "=",
    ";",
    " amqp",
    "rabbit",
    '"',
    "''",
    "${",
    "[",
    "]",
    ".",
    "\n",
    ": ",
    "./",
    "#",
    "let ",
    "in ",
    "é",
]


def test_never_raises(catalog: Catalog) -> None:
    chance = random.Random(7)
    for _ in range(500):
        text = "".join(chance.choices(PIECES, k=chance.randrange(40))).encode() + chance.randbytes(chance.randrange(4))
        for usage in read_surface(read, FileKind.NIX, "default.nix", text, catalog).usages:
            assert 0 <= usage.span.start < usage.span.end <= len(text)
