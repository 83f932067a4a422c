"""The route by a layer: its package, where a build finds it, and what keeps modules from moving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from natsscan.patches.engine import splice
from natsscan.patches.listing import folder_for, listed
from tests.cli.test_bad_input import Write
from tests.conftest import Command

CABAL = (
    "cabal-version: 2.4\nname: s\nversion: 1\nlibrary\n  build-depends:\n      amqp >=0.22\n    , base\n    , text\n"
)
MODULE = "module M where\nimport Network.AMQP\nf = newMsg\n"
ROUTE = ("patch", ".", "--route", "compat", "--unsafe")


def patches(natsscan: Command, *arguments: str) -> list[dict[str, Any]]:
    run = natsscan(*ROUTE, *arguments, "--format", "json")
    assert run.code == 0, run.err
    found: list[dict[str, Any]] = run.json["patches"]
    return found


def haskell(found: list[dict[str, Any]]) -> dict[str, Any]:
    (patch,) = [patch for patch in found if patch["title"].startswith("Haskell:")]
    return patch


# Why no module moves: the files, and what is told of which line.
HINDERED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "a name that no rule knows is imported": (
        {"N.hs": "module N where\nimport Network.AMQP\n  ( newMsg,\n    frobnicate )\n"},
        "N.hs:4: frobnicate is not known to be in Network.AMQP.",
    ),
    "a name that no rule knows, qualified": (
        {"N.hs": "module N where\nimport Network.AMQP qualified as Q\nf =\n  Q.frobnicate\n"},
        "N.hs:4: frobnicate is not known to be in Network.AMQP.",
    ),
    "a symbol that the layer refuses": (
        {"N.hs": "module N where\nimport Network.AMQP\nf = rabbitCRdemo\n"},
        "N.hs:3: The layer does not keep rabbitCRdemo.",
    ),
    "a property that the layer cannot keep": (
        {
            "N.hs": "module N where\nimport Data.Map qualified as Map\nimport Network.AMQP\nimport Network.AMQP.Types\nf chan =\n"
            '  declareQueue chan newQueue {queueName = "a", queueHeaders = FieldTable (Map.fromList '
            '[("x-max-length", FVInt32 5)])}\n'
        },
        "N.hs:6: The layer does not keep declareQueue. It cannot keep x-max-length of queue a",
    ),
    "a module of the same name in a package of another one": (
        {"src/Network/AMQP.hs": "module Network.AMQP where\nnewMsg = ()\n"},
        "src/Network/AMQP.hs:1: It defines a module of that name itself",
    ),
    "the same module from two packages": (
        {
            "N.hs": '{-# LANGUAGE CPP, PackageImports #-}\nmodule N where\n#ifdef X\nimport "mine" Network.AMQP\n#else\n'
            "import Network.AMQP\n#endif\nf = ()\n"
        },
        "N.hs:4: The module of this name comes from two packages here.",
    ),
    "the version of the package": (
        {
            "N.hs": "{-# LANGUAGE CPP #-}\nmodule N where\nimport Network.AMQP\n#if MIN_VERSION_amqp(0,20,0)\nf = newMsg\n#endif\n"
        },
        "N.hs:4: It asks for the version of the package",
    ),
    "a macro that stands for the module": (
        {"N.hs": "{-# LANGUAGE CPP #-}\nmodule N where\n#define CLIENT Network.AMQP\nimport CLIENT\nf = newMsg\n"},
        "N.hs:3: A macro of the preprocessor stands for the module here.",
    ),
    "code in a quotation": (
        {"N.hs": "module N where\nimport qualified Network.AMQP\nf = [i|#{Network.AMQP.newMsg}|]\n"},
        "N.hs:3: A quasi-quoted text names the module",
    ),
    "another library with the same types": (
        {"N.hs": "module N where\nimport Network.AMQP\nimport Network.AMQP.Worker qualified as W\nf = W.connect\n"},
        "N.hs:3: It also imports Network.AMQP.Worker",
    ),
    "a file that cannot be read": (
        {"N.hs": b"-- " + b"x" * 20_000_000},
        "N.hs:1: It cannot be read, and may import Network.AMQP",
    ),
}


@pytest.mark.parametrize("case", HINDERED)
def test_all_modules_move_or_none(natsscan: Command, write: Write, case: str) -> None:
    files, told = HINDERED[case]
    config = {"a.yaml": "rabbitmq:\n  host: rabbitmq\n", "Makefile": "up:\n\tdocker compose up rabbitmq\n"}
    root = write({"s.cabal": CABAL, "M.hs": MODULE, "natsscan.toml": "", **config, **files})
    found = patches(natsscan)
    patch = haskell(found)
    assert (patch["stage"], patch["applicability"], patch["title"]) == ("cut-over", "manual", "Haskell: by hand")
    assert told in patch["instructions"]
    assert not [each for each in found if each["applicability"] != "manual"]
    assert not (root / "cabal.project").exists()
    kept = next(each for each in found if each["title"] == "s.cabal: by hand")
    assert "cannot move" in kept["reason"]
    answered = {answer for each in found for answer in each["answers"]}
    reported = {f["fingerprint"] for f in natsscan(".", "--format", "json").json["findings"] if f["tier"] == "direct"}
    assert reported <= answered


def test_a_part_of_a_project_does_not_move_alone(natsscan: Command, write: Write) -> None:
    write(
        {
            "cabal.project": "packages: a/ b/\n",
            "a/a.cabal": CABAL,
            "b/b.cabal": CABAL,
            "a/M.hs": MODULE,
            "b/N.hs": MODULE,
        }
    )
    patch = haskell(natsscan("patch", "a", "--route", "compat", "--format", "json").json["patches"])
    assert patch["applicability"] == "manual"
    assert "b/N.hs:2: It imports Network.AMQP" in patch["instructions"]
    assert haskell(patches(natsscan))["applicability"] == "unsafe"


def test_the_stages_in_a_package_of_one(natsscan: Command, write: Write) -> None:
    root = write({"s.cabal": CABAL, "M.hs": MODULE})
    run = natsscan(*ROUTE, "--stage", "cut-over")
    assert "comes first, in prepare" in run.err
    natsscan(*ROUTE, "--stage", "prepare", "--write")
    assert (root / "cabal.project").read_text() == "packages:\n  ./\n  nats-amqp/\n"
    assert "    , nats-amqp\n" in (root / "s.cabal").read_text()
    assert "module Network.NATS.Amqp\n  ( newMsg" in (root / "nats-amqp/src/Network/NATS/Amqp.hs").read_text()
    assert (root / "M.hs").read_text() == MODULE
    assert "comes first, in cut-over" in natsscan(*ROUTE, "--stage", "clean-up").err
    natsscan(*ROUTE, "--stage", "cut-over", "--write")
    assert (root / "M.hs").read_text() == MODULE.replace("Network.AMQP", "Network.NATS.Amqp")
    natsscan(*ROUTE, "--stage", "clean-up", "--write")
    assert " amqp" not in (root / "s.cabal").read_text()
    for stage in ("prepare", "cut-over", "clean-up"):
        assert natsscan(*ROUTE, "--stage", stage, "--check").code == 0


def test_a_package_that_is_there_is_brought_up_to_date(natsscan: Command, write: Write) -> None:
    root = write({"s.cabal": CABAL, "M.hs": MODULE})
    natsscan(*ROUTE, "--stage", "prepare", "--write")
    (root / "M.hs").write_text(MODULE + "g = openChannel\n")
    run = natsscan(*ROUTE, "--stage", "prepare")
    assert "+    openChannel," in run.out and "written anew" in run.out
    natsscan(*ROUTE, "--stage", "prepare", "--write")
    facade = root / "nats-amqp/src/Network/NATS/Amqp.hs"
    assert "openChannel" in facade.read_text()
    facade.write_text("module Network.NATS.Amqp (newMsg) where\nimport Network.NATS.Amqp.Internal.Values (newMsg)\n")
    patch = haskell(patches(natsscan))  # somebody else's now, and it stays
    assert "M.hs:4: openChannel is not in Network.NATS.Amqp as it stands in nats-amqp" in patch["instructions"]


def test_code_that_comes_later_moves_too(natsscan: Command, write: Write) -> None:
    root = write({"s.cabal": CABAL, "M.hs": MODULE})
    for stage in ("prepare", "cut-over"):
        natsscan(*ROUTE, "--stage", stage, "--write")
    write(
        {
            "N.hs": "module N where\nimport Network.AMQP.Types (FieldTable)\nimport Network.AMQP (openChannel)\nf = openChannel\n"
        }
    )
    for stage in ("prepare", "cut-over"):
        natsscan(*ROUTE, "--stage", stage, "--write")
    facade = (root / "nats-amqp/src/Network/NATS/Amqp.hs").read_text()
    assert "newMsg" in facade and "openChannel" in facade
    assert "Network.AMQP" not in (root / "N.hs").read_text() + (root / "M.hs").read_text()
    assert "Network.NATS.Amqp.Types" in (root / "nats-amqp/nats-amqp.cabal").read_text()


def test_without_any_use_there_is_no_package(natsscan: Command, write: Write) -> None:
    write(
        {
            "s.cabal": CABAL.replace("amqp >=0.22", "aeson"),
            "M.hs": "module M where\n",
            "a.yaml": "rabbitmq:\n  host: rabbitmq\n",
        }
    )
    found = patches(natsscan)
    assert [(each["stage"], each["title"]) for each in found if each["applicability"] != "manual"] == [
        ("cut-over", "a.yaml: NATS in the place of RabbitMQ")
    ]


def test_other_libraries_and_what_asks_the_management_api_stay_by_hand(natsscan: Command, write: Write) -> None:
    write({"s.cabal": CABAL, "M.hs": MODULE, "W.hs": "module W where\nimport Network.AMQP.Worker\nw = connect\n"})
    found = patches(natsscan)
    assert "W.hs" not in {edit["path"] for edit in haskell(found)["edits"]}
    assert [each for each in found if each["title"].startswith("W.hs:2:") and each["applicability"] == "manual"]


def test_ports_in_code_are_told(natsscan: Command, write: Write) -> None:
    write({"s.cabal": CABAL, "M.hs": MODULE + 'g = openConnection\' "h" 5672 "/"\n'})
    (patch,) = [each for each in patches(natsscan) if "a port by hand" in each["title"]]
    assert "M.hs:4: The code gives the port 5672 itself, and the new broker listens on 4222" in patch["instructions"]


def test_without_the_option_code_is_by_hand(natsscan: Command, write: Write) -> None:
    write({"s.cabal": CABAL, "M.hs": MODULE})
    found = natsscan("patch", ".", "--format", "json").json["patches"]
    assert not [each for each in found if "nats-amqp" in str(each)]
    assert [each for each in found if each["title"] == "M.hs:2: Network.AMQP by hand"]


def test_the_series_has_all_stages(natsscan: Command, write: Write, tmp_path: Path) -> None:
    write({"s.cabal": CABAL, "M.hs": MODULE})
    run = natsscan(*ROUTE, "-o", "series")
    assert run.code == 0, run.err
    names = [path.name for path in sorted((tmp_path / "series").iterdir())]
    assert [name.split("-", 1)[1] for name in names] == [
        "prepare-nats-amqp-what-the-code-uses-of-network-amqp-on-jets.patch",
        "prepare-s-cabal-nats-beside-rabbitmq.patch",
        "cut-over-haskell-network-nats-amqp-in-the-place-of-network-a.patch",
        "clean-up-s-cabal-rabbitmq-goes.patch",
    ]


# A project file, and the same with the package in it; None if it needs nothing.
LISTED = {
    "one to a line": ("cabal.project", "packages:\n  libs/a/\n  libs/z/\n  tools/b/\n", "packages:\n  libs/a/\n  libs/nats-amqp/\n  libs/z/\n  tools/b/\n"),
    "commas in front": ("cabal.project", "packages:\n    app\n  , libs/a\n  , tools/b\n", "packages:\n    app\n  , libs/a\n  , libs/nats-amqp\n  , tools/b\n"),
    "one line": ("cabal.project", "packages: app libs/a\n", "packages: app libs/a libs/nats-amqp\n"),
    "one package": ("cabal.project", "packages: .\n", "packages: . libs/nats-amqp\n"),
    "one package on a line of its own, CRLF": ("cabal.project", "packages:\r\n  app/\r\n", "packages:\r\n  app/\r\n  libs/nats-amqp/\r\n"),
    "a comment between": ("cabal.project", "packages:\n  libs/a/\n  -- more\n  tools/b/\n", "packages:\n  libs/a/\n  -- more\n  libs/nats-amqp/\n  tools/b/\n"),
    "no list": ("cabal.project", "tests: True\n", "tests: True\npackages: ./ libs/nats-amqp/\n"),
    "a star": ("cabal.project", "packages: libs/*/ app\n", None),
    "two stars": ("cabal.project", "packages: libs/**\n", None),
    "a star and a cabal file": ("cabal.project", "packages: ./*/*/*.cabal\n", None),
    "there already": ("cabal.project", "packages:\n  ./libs/nats-amqp\n", None),
    "optional": ("cabal.project", "packages: app\noptional-packages: libs/*/\n", None),
    "stack": ("stack.yaml", "packages:\n- app\n- libs/a\n- tools/b\n", "packages:\n- app\n- libs/a\n- libs/nats-amqp\n- tools/b\n"),
    "stack, without an end of the last line": ("stack.yaml", "packages:\n  - app", "packages:\n  - app\n  - libs/nats-amqp"),
    "stack, in brackets": ("stack.yaml", "packages: [app, libs/a]\n", "packages: [app, libs/a, libs/nats-amqp]\n"),
    "stack, nothing in brackets": ("stack.yaml", "packages: []\n", "packages: [libs/nats-amqp]\n"),
    "stack without a list": ("stack.yaml", "resolver: lts\n", "resolver: lts\npackages:\n- .\n- libs/nats-amqp\n"),
    "stack, there already": ("stack.yaml", "packages:\n- libs/nats-amqp\n", None),
}  # fmt: skip


@pytest.mark.parametrize("case", LISTED)
def test_a_build_finds_the_package(case: str) -> None:
    path, before, after = LISTED[case]
    edits, creates = listed("libs/nats-amqp", [path], {path: before.encode()}.get)
    assert not creates
    made = splice(before.encode(), ((each.start, each.end, each.replacement) for each in edits))
    assert made.decode() == (before if after is None else after)
    again, _ = listed("libs/nats-amqp", [path], {path: made}.get)
    assert not again


def test_where_the_package_goes() -> None:
    assert folder_for("p", ["s.cabal"]) == "p"
    assert folder_for("p", ["libs/a/a.cabal", "app/app.cabal"]) == "libs/p"
    assert folder_for("p", ["lib/a/package.yaml"]) == "lib/p"
    assert folder_for("p", ["libs/a/src/A.hs"]) == "p"
    assert folder_for("p", ["libs/a/a.cabal", "elsewhere/p.cabal"]) == "elsewhere"
