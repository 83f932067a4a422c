"""The generated modules themselves."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from natsscan.generate.haskell import PACKAGES, client_modules
from natsscan.model.marks import GENERATED
from tests.conftest import Command
from tests.haskell_client.conftest import Haskell
from tests.nats.conftest import missing

WANTED = {f"Network/{name}.hs" for name in ("NATS/Client", "NATS/Extended", "NATS/JetStream", "NatsAdmin")}
# Functions that are not defined for all they take, of base and of the packages that are used.
PARTIAL = r"\b(head|tail|init|last|fromJust|error|errorWithoutStackTrace|undefined|read|foldr1|foldl1|maximum|minimum|toEnum|succ|pred|cycle|unsafePerformIO|unsafeCoerce)\b|!!|\(!\)|\bMap\.!|\bB\.(head|last|tail)\b"


def test_it_writes_the_modules_and_says_what_cabal_needs(natsscan: Command, tmp_path: Path) -> None:
    run = natsscan("generate", "haskell-client", "-o", "libs/extended/src")
    assert run.code == 0 and run.out.startswith("libs/extended/src: 27 modules; 27 written\n")
    written = {path.relative_to(tmp_path / "libs/extended/src").as_posix() for path in tmp_path.rglob("*.hs")}
    assert written == set(client_modules()) and written >= WANTED
    for name in ("Network.NATS.Client", "Network.NATS.Internal.State", *PACKAGES):
        assert re.search(rf"^\s+(, )?{re.escape(name)}$", run.out, re.MULTILINE), name


def test_it_writes_only_what_has_changed_and_nothing_of_others(natsscan: Command, tmp_path: Path) -> None:
    natsscan("generate", "haskell-client", "-o", "src")
    client = tmp_path / "src/Network/NATS/Client.hs"
    client.write_text(client.read_text() + "-- changed\n")
    assert "; 1 written" in natsscan("generate", "haskell-client", "-o", "src").out
    client.write_text("module Network.NATS.Client where\n")
    run = natsscan("generate", "haskell-client", "-o", "src")
    assert run.code == 2 and "was not made by natsscan generate" in run.err
    assert client.read_text() == "module Network.NATS.Client where\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["haskell-client"], "name the source folder for them with -o DIR"),
        (["haskell-client", ".", "-o", "src"], "name no PATH"),
        (["runbook"], "name its PATH"),
    ],
)
def test_wrong_arguments(natsscan: Command, arguments: list[str], said: str) -> None:
    run = natsscan("generate", *arguments)
    assert run.code == 2 and said in run.err and len(run.err.splitlines()) == 1


@pytest.mark.parametrize("path", sorted(client_modules()))
def test_no_partial_function(path: str) -> None:
    text = client_modules()[path]
    assert GENERATED in text.splitlines()[0]
    code = re.sub(r"--.*|\"(\\.|[^\"\\])*\"", "", text)
    # `B.init` stands behind a check that there is a last byte.
    found = [match[0] for match in re.finditer(PARTIAL, code) if "B.init" not in code[match.start() - 2 : match.end()]]
    assert found == []


def test_natsscan_reads_all_of_it_if_it_is_somebodys_own(natsscan: Command, tmp_path: Path) -> None:
    for path, text in client_modules().items():
        (tmp_path / "src" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / path).write_text(text.partition("\n")[2])
    report = natsscan(".", "--format", "json").json
    assert report["coverage"]["files"]["haskell"] == {"seen": 27, "read": 27, "partial": 0, "skipped": 0, "parsed": 27}
    assert report["coverage"]["problems"] == []
    assert {finding["system"] for finding in report["findings"]} == {"nats"}


@pytest.mark.ghc
def test_it_compiles_without_a_warning(haskell: Haskell, tmp_path: Path) -> None:
    modules = [haskell.source / path for path in client_modules()]
    assert (
        haskell.compile(tmp_path, "-O0", "-Wunused-packages", "-fno-code", "-haddock", "-Winvalid-haddock", *modules)
        == ""
    )


@pytest.mark.ghc
def test_it_compiles_with_the_extensions_that_others_switch_on(haskell: Haskell, tmp_path: Path) -> None:
    extensions = (
        "NoImplicitPrelude", "DataKinds", "DerivingVia", "DuplicateRecordFields", "GADTs", "LambdaCase", "MultiWayIf",
        "OverloadedStrings", "PackageImports", "PolyKinds", "RankNTypes", "StandaloneKindSignatures", "TemplateHaskell",
        "TupleSections", "TypeApplications", "TypeFamilies", "UndecidableInstances", "ViewPatterns",
    )  # fmt: skip
    modules = [haskell.source / path for path in client_modules()]
    assert haskell.compile(tmp_path, "-O0", "-fno-code", *(f"-X{each}" for each in extensions), *modules) == ""


@pytest.mark.ghc
def test_every_export_is_documented(haskell: Haskell, tmp_path: Path) -> None:
    haddock = shutil.which("haddock")
    if haddock is None:
        missing("no haddock; it comes with ghc")
    options = [f"--optghc=-{word}" for name in ("base", *PACKAGES) for word in (f"package={name}",)]
    modules = [str(haskell.source / path) for path in sorted(client_modules())]
    done = subprocess.run(
        [haddock, f"--optghc=-i{haskell.source}", *options, "--no-print-missing-docs", *modules],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    covered = re.findall(r"^\s*(\d+)% \(\s*(\d+) / *(\d+)\) in '([\w.]+)'", done.stdout, re.MULTILINE)
    assert len(covered) == len(modules), done.stdout + done.stderr
    assert [name for percent, _, _, name in covered if percent != "100"] == []


@pytest.mark.ghc
def test_properties(scenarios: Path) -> None:
    done = subprocess.run([scenarios, "properties"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
