"""What a user sees and what other programs rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from natsscan import __version__
from tests.conftest import COMMAND, Command, Run, clean_environment, run_command

Write = Callable[[dict[str, str | bytes]], Path]

SHOP = {
    "cabal.project": "packages: services/*/*.cabal libs/*/*.cabal\n",
    "libs/names/names.cabal": "name: names\n",
    "libs/names/src/Broker.hs": "module Broker (module Network.AMQP, connect) where\nimport Network.AMQP\nconnect = openConnection\n",
    "services/shop/shop.cabal": "name: shop\n",
    "services/shop/src/Shop.hs": """module Shop where
import Broker
order c m = publishMsg c "orders" "created" m
""",
    "services/post/post.cabal": "name: post\n",
    "services/post/src/Post.hs": """module Post where
import qualified Network.AMQP as Q

deliver chan = Q.consumeMsgs chan "parcels" Q.Ack $ \\(_, env) -> Q.ackEnv env
""",
}


def test_first_screen(natsscan: Command, write: Write) -> None:
    write(SHOP)
    run = natsscan("services")
    assert run.code == 0
    assert (
        run.out
        == """\
services in ROOT: 4 files read, 2 of them closely

AMQP in 2 services: 3 calls and 1 other use in 2 modules; 1 finding about the system as a whole. Effort 18 points.

service  publish  consume  declare  ack  connect  other  wrapped  config  files  effort
post           -        1        -    1        -      -        -       -      1      13
shop           1        -        -    -        -      -        -       -      1       5

queue    filled by  emptied by  dead letters to  keeps
parcels  -          post        -                declared elsewhere

post
  services/post/src/Post.hs
    2  import    import qualified Network.AMQP as Q
                 imports Network.AMQP: the line goes with the last use in this file, and not before [amqp-import]
    4  consume   deliver chan = Q.consumeMsgs chan "parcels" Q.Ack $ \\(_, env) -> Q.ackEnv env
                 consumes queue parcels, mode Ack: pull from its durable consumer and settle each message in time [amqp-consume]
    4  ack       deliver chan = Q.consumeMsgs chan "parcels" Q.Ack $ \\(_, env) -> Q.ackEnv env
                 ackEnv acknowledges, multiple (not given here): acknowledge each message through its own handle, within ack_wait [amqp-ack]
    4  topology  deliver chan = Q.consumeMsgs chan "parcels" Q.Ack $ \\(_, env) -> Q.ackEnv env
                 queue parcels is consumed but declared nowhere here: its type, limits and dead-lettering must be looked up on the broker [queue-declared-elsewhere]

shop
  services/shop/src/Shop.hs
    3  publish  order c m = publishMsg c "orders" "created" m
                publishes to exchange orders with routing key created: publish to that pair's subject through JetStream and check the acknowledgement [amqp-publish]

Next:  natsscan explain amqp-consume     what NATS does there, and what a plain rewrite would lose
       natsscan patch services           a diff that puts NATS beside it, and what is left to write by hand
       natsscan services --format json   the same for programs
""".replace("ROOT", Path(run.out.split(":")[0].split(" in ")[1]).name)
    )


def test_scope_limits_what_is_reported_but_not_what_is_resolved(natsscan: Command, write: Write) -> None:
    write(SHOP)
    run = natsscan("services/shop", "--format", "json")
    assert [(f["path"], f["symbol"]) for f in run.json["findings"]] == [
        ("services/shop/src/Shop.hs", "Network.AMQP.publishMsg")
    ]
    assert run.json["scope"] == ["services/shop"]
    assert run.json["coverage"]["files"]["haskell"]["seen"] == 1


def test_report_keeps_to_its_schema(natsscan: Command, write: Write) -> None:
    write(SHOP | {"Nul.hs": b"\0"})
    schema = json.loads(natsscan("schema").out)
    report = natsscan(".", "--format", "json").json
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report | {"findings": [{}]}, schema)


def test_json_finding_says_all_of_the_contract(natsscan: Command, write: Write) -> None:
    write(SHOP)
    finding = next(f for f in natsscan(".", "--format", "json").json["findings"] if f["operation"] == "consume")
    assert finding.pop("fingerprint").isalnum()
    arguments = finding.pop("arguments")
    assert finding == {
        "rule": "amqp-consume",
        "category": "mandatory",
        "severity": "error",
        "effort": 7,
        "tier": "direct",
        "operation": "consume",
        "is_call": True,
        "symbol": "Network.AMQP.consumeMsgs",
        "library": "haskell-amqp",
        "system": "rabbitmq",
        "definition": "deliver",
        "service": "post",
        "path": "services/post/src/Post.hs",
        "line": 4,
        "column": 16,
        "end_line": 4,
        "end_column": 29,
        "message": "consumes queue parcels, mode Ack: pull from its durable consumer and settle each message in time",
    }
    assert arguments["queue"] == {
        "text": '"parcels"',
        "provenance": "literal",
        "values": ["parcels"],
        "holes": [],
        "at": [{"path": "services/post/src/Post.hs", "line": 4}],
    }
    assert arguments["channel"]["provenance"] == "unresolved"


def test_columns_count_code_points(natsscan: Command, write: Write) -> None:
    write({"M.hs": 'module M where\nimport Network.AMQP\nx c = ("éü€😀", ackEnv c)\n'})
    finding = natsscan(".", "--format", "json").json["findings"][1]
    assert (finding["column"], finding["end_column"]) == (16, 22)


def test_same_tree_same_bytes_in_any_order_of_files(tmp_path: Path) -> None:
    outputs = []
    for name, order in (("a", list(SHOP)), ("b", list(reversed(SHOP)))):
        root = tmp_path / name / "tree"
        for path in order:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(SHOP[path])
        outputs += [run_command(".", "--format", "json", cwd=root).out for _ in range(2)]
    assert outputs[0]
    assert len(set(outputs)) == 1


def test_git_decides_what_is_seen(natsscan: Command, write: Write) -> None:
    root = write(
        SHOP
        | {".gitignore": "out/\n", "out/Made.hs": SHOP["services/shop/src/Shop.hs"], "New.hs": "import Network.AMQP\n"}
    )
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    paths = {f["path"] for f in natsscan(".", "--format", "json").json["findings"]}
    assert "New.hs" in paths
    assert not any(path.startswith("out/") for path in paths)


def test_outside_git_ignore_files_are_obeyed_too(natsscan: Command, write: Write) -> None:
    module = "import Network.AMQP\n"
    write(
        {
            ".gitignore": "/out\n*.gen.hs\n",
            "out/A.hs": module,
            "B.gen.hs": module,
            "deep/.gitignore": "C.hs\n!B.gen.hs\n",
            "deep/C.hs": module,
            "deep/out/D.hs": module,
            "dist-newstyle/E.hs": module,
        }
    )
    report = natsscan(".", "--format", "json").json
    assert [f["path"] for f in report["findings"]] == ["deep/out/D.hs"]
    assert report["coverage"]["excluded"] == {"dist-newstyle": 1}


def test_the_scanned_repository_cannot_run_programs(natsscan: Command, write: Write) -> None:
    root = write(SHOP)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "config", "core.fsmonitor", f"touch {root}/ran; false"], cwd=root, check=True)
    assert natsscan(".").code == 0
    assert not (root / "ran").exists()


def test_exclude(natsscan: Command, write: Write) -> None:
    write(SHOP)
    run = natsscan(".", "--exclude", "services/post/", "--exclude", "libs", "--format", "json")
    assert {f["service"] for f in run.json["findings"]} == set()
    assert run.json["coverage"]["excluded"] == {"exclude": 4}


def test_suppression_is_counted_shown_and_checked(natsscan: Command, write: Write) -> None:
    write(
        {
            "M.hs": """module M where
import Network.AMQP -- natsscan: ignore stays for the tests
-- natsscan: ignore[amqp-ack] acknowledged by the new consumer
done = ackEnv
-- natsscan: ignore[amqp-publish] nothing here
other = qos
"""
        }
    )
    report = natsscan(".", "--format", "json").json
    assert [f["rule"] for f in report["findings"]] == ["amqp-qos"]
    assert [(s["finding"]["rule"], s["line"], s["reason"]) for s in report["suppressed"]] == [
        ("amqp-import", 2, "stays for the tests"),
        ("amqp-ack", 3, "acknowledged by the new consumer"),
    ]
    assert [(p["line"], p["reason"]) for p in report["coverage"]["problems"]] == [
        (5, "natsscan: ignore covers no finding here; remove it")
    ]
    text = natsscan(".").out
    assert "2 more set aside by comments." in text
    assert "M.hs:4 [amqp-ack] acknowledged by the new consumer" in text


def test_fail_on(natsscan: Command, write: Write) -> None:
    write({"M.hs": "import Network.AMQP\n"})
    assert [natsscan(".", "--fail-on", level).code for level in ("never", "note", "warning", "error")] == [0, 1, 0, 0]


def test_config_file_and_flags(natsscan: Command, write: Write) -> None:
    write(SHOP | {"natsscan.toml": 'fail-on = "error"\nexclude = ["services/post"]\n'})
    run = natsscan(".", "--format", "json")
    assert run.code == 1
    assert "post" not in {f["service"] for f in run.json["findings"]}
    assert natsscan(".", "--fail-on", "never").code == 0
    write({"natsscan.toml": "", "services/shop/pyproject.toml": '[tool.natsscan]\nfail-on = "error"\n'})
    (Path(write({})) / "natsscan.toml").unlink()
    assert natsscan("services/shop").code == 1
    assert natsscan("services/post").code == 0


def test_several_outputs_in_one_run(natsscan: Command, write: Write) -> None:
    root = write(SHOP)
    run = natsscan(".", "-q", "--output", "json=report.json", "--output", "text=report.txt")
    assert (
        run.out
        == "AMQP in 3 services: 4 calls and 2 other uses in 3 modules; 1 finding about the system as a whole. Effort 23 points.\n"
    )
    assert json.loads((root / "report.json").read_text())["totals"]["overall"]["effort"] == 23
    assert "services/shop/src/Shop.hs" in (root / "report.txt").read_text()


def test_own_rules_add_a_library(natsscan: Command, write: Write) -> None:
    library = """kind: library
id: acme
title: acme-bus
language: haskell
packages: [acme-bus]
modules:
  Acme.Bus:
    functions:
      shout: {operation: publish, arguments: [exchange, message]}
"""
    write({"own/acme.yaml": library, "M.hs": 'module M where\nimport Acme.Bus\nx m = shout "all" m\n'})
    findings = natsscan(".", "--rules", "own", "--format", "json").json["findings"]
    assert [(f["symbol"], f["line"], f["library"]) for f in findings] == [
        ("Acme.Bus", 2, "acme"),
        ("Acme.Bus.shout", 3, "acme"),
    ]


def test_hostile_text_does_nothing_to_a_terminal(natsscan: Command, write: Write) -> None:
    write({"M\x1b[31m.hs": 'module M where\nimport Network.AMQP\nx = ackEnv "\x1b]0;title\x07\u202e"\n'})
    out = natsscan("-v", ".", env={"FORCE_COLOR": "1"}).out
    assert "\x1b]0" not in out
    assert "\x07" not in out
    assert "\u202e" not in out
    assert "\\x1b]0;title\\x07\\u202e" in out
    assert "M\\x1b[31m.hs" in out


def test_colour_only_where_wanted(natsscan: Command, write: Write) -> None:
    write(SHOP)
    assert "\x1b[" not in natsscan(".").out
    assert "\x1b[" in natsscan(".", env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in natsscan(".", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out


def test_version_and_help(natsscan: Command) -> None:
    assert natsscan("--version").out.startswith("natsscan 0.")
    assert "natsscan PATH..." in natsscan("--help").out
    run = natsscan()
    assert "Find every use of AMQP" in run.out + run.err


def test_asking_for_the_version_waits_for_nothing_else() -> None:
    code = "import sys; from natsscan.__main__ import main; main(); print([m for m in ('click', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"natsscan {__version__}", "[]"]


@pytest.mark.parametrize(
    "arguments",
    [("-v", "."), (".", "--format", "json"), (".", "--fail-on", "note"), ("patch", "."), ("nowhere",), ("--wrong",)],
    ids=" ".join,
)
def test_runs_in_these_tests_are_runs_of_the_installed_command(
    natsscan: Command, write: Write, arguments: tuple[str, ...]
) -> None:
    root = write(SHOP)
    done = subprocess.run(
        [COMMAND, *arguments], cwd=root, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert natsscan(*arguments) == Run(done.returncode, done.stdout, done.stderr)


def test_a_reader_that_goes_away_is_no_error(write: Write) -> None:
    root = write(SHOP)
    done = subprocess.run("set -o pipefail; natsscan -v . | head -1", shell=True, cwd=root, executable="/bin/bash",
                          capture_output=True, text=True, check=False, env=_with_command())  # fmt: skip
    assert done.stderr == ""


def _with_command() -> dict[str, str]:
    import os
    import sys

    return os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_rules_and_explain(natsscan: Command) -> None:
    assert "amqp-publish" in natsscan("rules").out
    page = natsscan("explain", "amqp-publish").out
    assert page.startswith("# amqp-publish: ")
    assert "## Fires" in page
    run = natsscan("explain", "amqp-publsh")
    assert run.code == 2
    assert run.err == "natsscan: no rule is called amqp-publsh; did you mean amqp-publish?\n"


def test_a_configuration_of_the_broker_need_not_name_it(natsscan: Command, write: Write) -> None:
    write({"deploy/rabbitmq.conf": "listeners.tcp.default = 5000\n", "deploy/nginx.conf": "listen = 80\n"})
    (finding,) = natsscan(".", "--format", "json").json["findings"]
    assert finding["path"] == "deploy/rabbitmq.conf"
    assert finding["message"].startswith("listeners.tcp.default configures messaging")
