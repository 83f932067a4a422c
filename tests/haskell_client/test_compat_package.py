"""The package that `natsscan generate haskell-amqp` writes, as a compiler sees it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.generate.compat_plan import compat_plan, render_plan
from natsscan.generate.haskell import client_package
from natsscan.nats.decisions import Decisions
from tests.conftest import WIRE_MINI, run_command
from tests.haskell_client.conftest import FLAGS
from tests.nats.conftest import missing
from tests.nats.systems import binding, exchange, mapped, publisher, queue, topology

pytestmark = pytest.mark.ghc
PACKAGE = "libs/nats-amqp"
LIBRARY = ("Network.AMQP", "Network.AMQP.Types", "Network.AMQP.Lifted")
Write = Callable[[dict[str, str | bytes]], Path]


@pytest.fixture(scope="module")
def ghc() -> str:
    compiler, packages = shutil.which("ghc"), shutil.which("ghc-pkg")
    if compiler is None or packages is None:
        missing("no ghc; apt-get install ghc")
    listed = subprocess.run([packages, "list", "--simple-output"], capture_output=True, text=True, check=True).stdout
    absent = {"connection", "monad-control"} - {name.rpartition("-")[0] for name in listed.split()}
    if absent:
        missing(f"ghc lacks {', '.join(sorted(absent))}; .ci/run has what Debian calls them")
    return compiler


def generate(project: Path) -> Path:
    run = run_command("generate", "haskell-amqp", ".", "-o", PACKAGE, cwd=project)
    assert run.code == 0, run.err
    return project / PACKAGE


def compiled(ghc: str, package: Path, *others: Path, flags: tuple[str, ...] = ()) -> str:
    """Return what the compiler says of a package, and of other modules with it; nothing is well."""
    cabal = (package / "nats-amqp.cabal").read_text()
    names = [word for name in re.findall(r"^    [, ] ([\w-]+)", cabal, re.MULTILINE) for word in ("-package", name)]
    modules = sorted((package / "src").rglob("*.hs"))
    folders = [f"-i{package / 'src'}", "-outputdir", package.parent / "objects"]
    command = [ghc, *FLAGS, "-XHaskell2010", "-O0", "-fno-code", *flags, *names, *folders, *modules, *others]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit code {done.returncode}")


def configured(package: Path) -> str:
    """Return what Cabal says of a package if it does not take it as it is; nothing is well."""
    (package / "Setup.hs").write_text("import Distribution.Simple\nmain = defaultMain\n")
    command = ["runghc", "Setup.hs", "configure", "--global"]
    done = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    return said if done.returncode or "Warning" in said else ""


def test_cabal_takes_it(ghc: str, tmp_path: Path) -> None:
    shutil.copytree(WIRE_MINI, tmp_path / "wire-mini")
    assert configured(generate(tmp_path / "wire-mini")) == ""


def test_cabal_takes_the_client_alone(ghc: str, tmp_path: Path) -> None:
    for path, text in client_package().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert configured(tmp_path) == ""


def test_it_compiles_for_the_fixture_without_a_warning(ghc: str, tmp_path: Path) -> None:
    shutil.copytree(WIRE_MINI, tmp_path / "wire-mini")
    package = generate(tmp_path / "wire-mini")
    assert compiled(ghc, package, flags=("-Wunused-packages", "-haddock", "-Winvalid-haddock")) == ""


def test_all_that_the_library_has_is_there(ghc: str, write: Write, tmp_path: Path) -> None:
    """What is passed on as a whole is exported as a whole; the rules say where each name is, and how it is named."""
    exports = ", ".join(f"module {name}" for name in LIBRARY)
    imports = "\n".join(f"import {name}" for name in LIBRARY)
    write({"B.hs": f"module B ({exports}) where\n{imports}\n"})
    package = generate(tmp_path)
    assert compiled(ghc, package) == ""


def test_what_is_refused_fails_where_it_is_used_and_nowhere_else(ghc: str, write: Write, tmp_path: Path) -> None:
    table = 'FieldTable (Map.fromList [("x-max-length", FVInt32 10)])'
    jobs = (
        "module Jobs (setUp) where\nimport qualified Data.Map as Map\nimport Network.AMQP\n"
        "import Network.AMQP.Types (FieldTable (..), FieldValue (..))\nimport Prelude\n\n"
        "setUp :: Channel -> IO ()\nsetUp chan = do\n"
        f'  _ <- declareQueue chan newQueue {{queueName = "jobs", queueHeaders = {table}}}\n  pure ()\n'
    )
    login = (
        "module Login (logins) where\nimport qualified Network.AMQP as Q\nimport Prelude\n\n"
        'logins :: [Q.SASLMechanism]\nlogins = [Q.plain "a" "b", Q.rabbitCRdemo "a" "b"]\n'
    )
    passing = (
        "module Other (close, module Network.AMQP) where\nimport Network.AMQP hiding (rabbitCRdemo, declareQueue)\n"
        "import Prelude\n\nclose :: Channel -> IO ()\nclose = closeChannel\n"
    )
    write({"Jobs.hs": jobs, "Login.hs": login, "Other.hs": passing})
    package = generate(tmp_path)
    moved = {"Jobs": jobs, "Login": login, "Other": passing}
    for name, text in moved.items():
        (tmp_path / f"{name}.hs").write_text(text.replace("Network.AMQP", "Network.NATS.Amqp"))
    texts = ("-XOverloadedStrings",)
    assert compiled(ghc, package, tmp_path / "Other.hs", flags=texts) == ""
    said = compiled(ghc, package, tmp_path / "Jobs.hs", flags=texts)
    assert "It cannot keep x-max-length of queue jobs (Jobs.hs:9)." in said and "Jobs.hs:9:8: error:" in said
    assert said.count("error:") == 1
    said = compiled(ghc, package, tmp_path / "Login.hs", flags=texts)
    assert "rabbitCRdemo is not kept." in said and "Login.hs:6:28: error:" in said and said.count("error:") == 1


@pytest.mark.parametrize("is_empty", [True, False])
def test_any_plan_compiles(ghc: str, write: Write, tmp_path: Path, catalog: Catalog, is_empty: bool) -> None:
    write({"B.hs": "module B (f) where\nimport Network.AMQP\nf = openConnection\n"})
    package = generate(tmp_path)
    odd = 'a"]}, x\\ -}\n\u00e9\u202e'
    system = topology(
        exchange(odd, "topic"), exchange("e"), queue(odd), queue(odd + ".{user}.b"), binding(odd, "k", odd + ".{user}.b"),
        queue("timed", message_ttl="5500"), publisher("", odd), queue("jobs"),
    )  # fmt: skip
    fields = {
        "Q_jobs": {
            "max_msgs": 7, "compression": "s2", "storage": "memory", "allow_direct": True, "max_bytes": -1,
            "description": odd, "max_age": "1h",
        }
    }  # fmt: skip
    decisions = Decisions(stream_fields={name: dict(each) for name, each in fields.items()})
    system = topology() if is_empty else system
    plan = compat_plan(mapped(catalog, system, decisions), system, catalog.target.layouts)
    assert is_empty is not bool(plan.streams)
    (package / "src/Network/NATS/Amqp/Plan.hs").write_text(render_plan(plan, "haskell-amqp"))
    assert compiled(ghc, package) == ""
