"""Code on the API of amqp and code on JetStream share connections, streams and consumers."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.conftest import run_command
from tests.haskell_client.conftest import jetstream, serving
from tests.haskell_flow.conftest import CABAL, compile_program, haskell


def test_a_program_can_be_on_both(ghc: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    main = haskell("beside", tree / "src") / "Main.hs"
    (tree / "puppet.cabal").write_text(CABAL)
    run = run_command("generate", "haskell-amqp", ".", "-o", "nats-amqp", cwd=tree)
    assert run.code == 0, run.err
    program = compile_program(ghc, main, tmp_path / "out", f"-i{tree / 'nats-amqp' / 'src'}")
    with serving(tmp_path / "nats", jetstream(tmp_path)) as server:
        command = [program, str(server.port)]
        seen = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (seen.returncode, seen.stderr) == (0, "")
    assert seen.stdout.splitlines() == [
        'orders eu.paid Just (FieldTable (fromList [("kind",FVString "first")]))',
        "on JetStream",
        "on JetStream again",
        "x.orders.us.paid",
        "on amqp",
    ]
