"""Cabal, hpack, stack and Nix files: what stands beside a package, what goes, and what stays since something needs it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import WIRE_MINI, Command

# Path, the file before, after prepare (None if nothing changes), and after clean-up of that.
EDITED: dict[str, tuple[str, str, str | None, str]] = {
    "modules, one to a line": (
        "s.cabal",
        "name: s\nversion: 1\nlibrary\n  exposed-modules:\n    Shop.A\n    -- how it was\n    Shop.RabbitMQ\n"
        "    -- and more\n    Shop.Z\n  build-depends: base\n",
        None,
        "name: s\nversion: 1\nlibrary\n  exposed-modules:\n    Shop.A\n    -- how it was\n"
        "    -- and more\n    Shop.Z\n  build-depends: base\n",
    ),
    "the last two modules, CRLF": (
        "s.cabal",
        "name: s\r\nversion: 1\r\nlibrary\r\n  other-modules: A,\r\n    B.Amqp,\r\n    C.RabbitMq\r\n  build-depends: base\r\n",
        None,
        "name: s\r\nversion: 1\r\nlibrary\r\n  other-modules: A\r\n  build-depends: base\r\n",
    ),
    "all modules of a field": (
        "s.cabal",
        "name: s\nversion: 1\nlibrary\n  exposed-modules:\n    Shop.RabbitMQ\n  other-modules: B\n  build-depends: base\n",
        None,
        "name: s\nversion: 1\nlibrary\n  other-modules: B\n  build-depends: base\n",
    ),
    "a package of a project, commas in front": (
        "cabal.project",
        "packages:\n    libs/a/\n  , tools/rabbitmq-consumer\n  , tools/b/\n\ntests: True\n",
        None,
        "packages:\n    libs/a/\n  , tools/b/\n\ntests: True\n",
    ),
    "packages and versions for stack": (
        "stack.yaml",
        "packages:\n  - libs/a\n  - tools/rabbitmq-consumer # gone soon\nextra-deps:\n  - amqp-0.22.2\n  - b-1\n",
        None,
        "packages:\n  - libs/a\nextra-deps:\n  - b-1\n",
    ),
    "a package with a version of its own in hpack": (
        "package.yaml",
        "name: s\ndependencies:\n  - base\n  - name: amqp\n    version: '>=0.20'\nlibrary: {}\n",
        "name: s\ndependencies:\n  - base\n  - name: amqp\n    version: '>=0.20'\n  - natskell\nlibrary: {}\n",
        "name: s\ndependencies:\n  - base\n  - natskell\nlibrary: {}\n",
    ),
    "modules of the package under other names": (
        "s.cabal",
        "name: s\nversion: 1\nlibrary\n  build-depends: amqp, base\n  mixins: amqp (Network.AMQP as Old.AMQP)\n",
        "name: s\nversion: 1\nlibrary\n  build-depends: amqp, base, natskell\n  mixins: amqp (Network.AMQP as Old.AMQP)\n",
        "name: s\nversion: 1\nlibrary\n  build-depends: base, natskell\n  mixins: amqp (Network.AMQP as Old.AMQP)\n",
    ),
    "bindings with what stands above them": (
        "overlay.nix",
        "self: super: {\n  a = 1;\n\n  # for tests\n  rabbitmq-server-quiet = super.rabbitmq-server.overrideAttrs (old: {\n"
        "    x = 1;\n  });\n\n  b = 2; # last\n}\n",
        None,
        "self: super: {\n  a = 1;\n\n  b = 2; # last\n}\n",
    ),
    "a variable and names in a list": (
        "shell.nix",
        "{ pkgs }: pkgs.mkShell {\n  packages = with pkgs; [ jq rabbitmqadmin ];\n  more = [\n    pkgs.yq\n    pkgs.rabbitmqadmin # ä\n"
        '    (pkgs.x.override { })\n  ];\n  RABBITMQ_USERNAME = "guest";\n}\n',
        "{ pkgs }: pkgs.mkShell {\n  packages = with pkgs; [ jq natscli rabbitmqadmin ];\n  more = [\n    pkgs.yq\n"
        "    pkgs.rabbitmqadmin # ä\n    pkgs.natscli\n    (pkgs.x.override { })\n  ];\n"
        '  RABBITMQ_USERNAME = "guest";\n  NATS_USERNAME = "guest";\n}\n',
        "{ pkgs }: pkgs.mkShell {\n  packages = with pkgs; [ jq natscli ];\n  more = [\n    pkgs.yq\n"
        '    pkgs.natscli\n    (pkgs.x.override { })\n  ];\n  NATS_USERNAME = "guest";\n}\n',
    ),
    "arguments, some with defaults, in their order": (
        "default.nix",
        "{ mkDerivation, amqp, base, text ? null, ... }:\nmkDerivation { d = [ amqp base text ]; }\n",
        "{ mkDerivation, amqp, base, natskell, text ? null, ... }:\nmkDerivation { d = [ amqp base natskell text ]; }\n",
        "{ mkDerivation, base, natskell, text ? null, ... }:\nmkDerivation { d = [ base natskell text ]; }\n",
    ),
    "names behind inherit": (
        "default.nix",
        "{ h }: { inherit (h) gundeck rabbitmq-consumer; }\n",
        None,
        "{ h }: { inherit (h) gundeck; }\n",
    ),
}

# Path and a file in which nothing may be changed in any stage.
KEPT = {
    "a binding that something else reads": (
        "a.nix",
        "let rabbitmq-tool = 1; in { x = rabbitmq-tool; }\n",
    ),
    "a package among expressions": ("default.nix", "{ p }: { deps = [ (p.amqp.override { }) p.base ]; }\n"),
    "a file that is not Nix": ("a.nix", "{ rabbitmqadmin = ; }\n"),
    "a binding that shares its line": ("a.nix", "{ a = 1; rabbitmq-x = 2; }\n"),
    "packages in brackets": ("stack.yaml", "packages: [libs/a, tools/rabbitmq-consumer]\n"),
    "a word in a description": (
        "s.cabal",
        "name: s\nversion: 1\nsynopsis: Not rabbitmq\nlibrary\n  build-depends: base\n",
    ),
    "a module in a comment": (
        "s.cabal",
        "name: s\nversion: 1\nlibrary\n  -- exposed-modules: Shop.RabbitMQ\n  build-depends: base\n",
    ),
    "a list that only looks like one": ("package.yaml", "name: s\ndependencies: base\nauthor: amqp\n"),
}


def files(write: Write, path: str, text: str) -> Path:
    return write({path: text.encode(), "natsscan.toml": ""}) / path


@pytest.mark.parametrize("case", EDITED)
def test_a_file_is_edited(natsscan: Command, write: Write, case: str) -> None:
    path, before, prepared, cleaned = EDITED[case]
    file = files(write, path, before)
    assert natsscan("patch", ".", "--stage", "prepare", "--write").code == 0
    assert file.read_bytes().decode() == (before if prepared is None else prepared)
    assert natsscan("patch", ".", "--stage", "prepare", "--check").code == 0
    assert natsscan("patch", ".", "--stage", "clean-up", "--unsafe", "--write").code == 0
    assert file.read_bytes().decode() == cleaned


@pytest.mark.parametrize("case", KEPT)
def test_a_file_is_left_alone(natsscan: Command, write: Write, case: str) -> None:
    path, before = KEPT[case]
    file = files(write, path, before)
    for stage in ("prepare", "cut-over", "clean-up"):
        run = natsscan("patch", ".", "--stage", stage, "--unsafe", "--write")
        assert run.code == 0, run.err
        assert file.read_bytes().decode() == before


def test_a_file_that_only_builds_the_brokers_tool_goes_with_what_leads_to_it(natsscan: Command, write: Write) -> None:
    tool = '{ stdenv }:\nstdenv.mkDerivation {\n  pname = "rabbitmqadmin";\n  version = "3.13.7";\n}\n'
    root = write({"pkgs/rabbitmqadmin/default.nix": tool, "natsscan.toml": "", "flake.lock": "{}"})
    natsscan("patch", ".", "--stage", "clean-up", "--unsafe", "--write")
    assert not (root / "pkgs").exists()
    write(
        {
            "pkgs/rabbitmqadmin/default.nix": tool,
            "b.nix": "{ self }: { x = self.callPackage ./pkgs/rabbitmqadmin { }; }\n",
        }
    )
    natsscan("patch", ".", "--stage", "clean-up", "--unsafe", "--write")
    assert (root / "pkgs/rabbitmqadmin/default.nix").exists()  # something that stays still names it


PARSER = """import Distribution.PackageDescription.Parsec (readGenericPackageDescription)
import Distribution.Verbosity (silent)
import System.Environment (getArgs)
main :: IO ()
main = getArgs >>= mapM_ (readGenericPackageDescription silent)
"""


@pytest.mark.ghc
def test_cabal_itself_reads_the_fixture_after_each_stage(natsscan: Command, tmp_path: Path) -> None:
    compiler = shutil.which("runghc")
    if compiler is None:
        assert not os.environ.get("CI"), "ghc is needed where CI is set"
        pytest.skip("no ghc here")
    root = tmp_path / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    (root / "natsscan.toml").touch()
    program = tmp_path / "Parse.hs"
    program.write_text(PARSER)
    files = sorted(map(str, root.rglob("*.cabal")))
    for stage in ("prepare", "cut-over", "clean-up"):
        assert natsscan("patch", root, "--stage", stage, "--unsafe", "--write").code == 0
        done = subprocess.run([compiler, program, *files], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "Network.AMQP" not in (root / "libs/extended/extended.cabal").read_text()
