"""What a user gave cannot be used: one clear line, the right exit code, and the rest of the scan survives."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Command, Run

GOOD = """module Good where
import qualified Network.AMQP as Q
send c = Q.publishMsg c "orders" "created"
"""
Write = Callable[[dict[str, str | bytes]], Path]


def one_line(run: Run) -> str:
    assert run.err.count("\n") == 1, run.err
    assert "Traceback" not in run.err
    assert run.err.startswith("natsscan: ")
    return run.err


def survives(run: Run) -> None:
    """The scan went on: the one publish of GOOD is reported."""
    assert run.code == 0, run.err
    assert run.err == ""
    assert [f["operation"] for f in run.json["findings"]] == ["import", "publish"]


def problems(run: Run) -> list[tuple[str, int, str, str]]:
    return [(p["path"], p["line"], p["loss"], p["reason"]) for p in run.json["coverage"]["problems"]]


def test_missing_path(natsscan: Command) -> None:
    run = natsscan("nowhere")
    assert run.code == 2
    assert "nowhere: no such file or folder" in one_line(run)


def test_no_path_at_all(natsscan: Command) -> None:
    run = natsscan("scan")
    assert run.code == 2
    assert "Missing argument 'PATH...'" in one_line(run)


def test_unknown_flag_names_it_and_where_to_look(natsscan: Command) -> None:
    run = natsscan(".", "--colour")
    assert run.code == 2
    assert "--colour" in one_line(run)
    assert "--help" in run.err


def test_a_file_is_a_fine_path(natsscan: Command, write: Write) -> None:
    write({"Good.hs": GOOD, "Other.hs": GOOD.replace("Good", "Other"), "natsscan.toml": ""})
    run = natsscan("Good.hs", "--format", "json")
    survives(run)
    assert {f["path"] for f in run.json["findings"]} == {"Good.hs"}


def test_empty_tree(natsscan: Command) -> None:
    run = natsscan(".")
    assert run.code == 0
    assert "No use of AMQP found." in run.out
    assert "0 files read" in run.out


def test_large_tree_without_amqp(natsscan: Command, write: Write) -> None:
    write({f"src/M{number}.hs": f"module M{number} where\nx = {number}\n" for number in range(10_000)})
    run = natsscan(".")
    assert run.code == 0
    assert "10,000 files read, 0 of them closely" in run.out
    assert "No use of AMQP found." in run.out


def test_file_of_nul_bytes(natsscan: Command, write: Write) -> None:
    write({"Good.hs": GOOD, "Nul.hs": b"\0" * 4096})
    run = natsscan(".", "--format", "json")
    survives(run)
    assert problems(run) == [("Nul.hs", 1, "not read", "holds NUL bytes, so it is not text")]


def test_huge_one_line_file(natsscan: Command, write: Write) -> None:
    write({"Good.hs": GOOD, "Huge.hs": b"x = " + b"Network.AMQP " * 1_600_000})
    run = natsscan(".", "--format", "json")
    survives(run)
    assert problems(run) == [
        ("Huge.hs", 0, "not read", "20,800,004 bytes, over the limit of 5,000,000 (--max-file-size)")
    ]


def test_deeply_nested_parentheses(natsscan: Command, write: Write) -> None:
    deep = "import Network.AMQP\nx c = " + "(" * 20_000 + "ackEnv c" + ")" * 20_000 + "\n"
    chain = "import Network.AMQP\ny c = " + "f (1 + " * 120 + "ackEnv c" + ")" * 120 + "\n"
    write({"Good.hs": GOOD, "Deep.hs": "module Deep where\n" + deep, "Chain.hs": "module Chain where\n" + chain})
    run = natsscan(".", "--format", "json")
    assert run.code == 0
    assert run.err == ""
    assert ("Chain.hs", 3, "read partly", "nested too deeply here to follow") in problems(run)
    assert "publish" in [f["operation"] for f in run.json["findings"]]


def test_not_utf8_is_read_as_far_as_possible(natsscan: Command, write: Write) -> None:
    latin1 = b"module Old where\n-- caf\xe9\nimport Network.AMQP\nx = ackEnv\n"
    write({"Old.hs": latin1, "Wide.hs": "module Wide where\n".encode("utf-16")})
    run = natsscan(".", "--format", "json")
    assert run.code == 0
    assert problems(run) == [
        ("Old.hs", 2, "read partly", "not UTF-8 here; save it as UTF-8"),
        ("Wide.hs", 1, "not read", "UTF-16 text; save it as UTF-8"),
    ]
    assert [(f["operation"], f["line"]) for f in run.json["findings"]] == [("import", 3), ("ack", 4)]


def test_syntax_error_is_listed_and_the_rest_of_the_file_read(natsscan: Command, write: Write) -> None:
    write({"Broken.hs": "module Broken where\nimport Network.AMQP\nx = ackEnv\ny = ) where (\nz c = qos c 0 1\n"})
    run = natsscan(".", "--format", "json")
    assert run.code == 0
    assert [p[:3] for p in problems(run)] == [("Broken.hs", 4, "read partly")]
    assert [f["operation"] for f in run.json["findings"]] == ["import", "ack", "qos"]


def test_broken_yaml_is_one_line_for_each_file_and_the_rest_is_read(natsscan: Command, write: Write) -> None:
    write(
        {
            "Good.hs": GOOD,
            "bom.yaml": b"\xef\xbb\xbfrabbitmq:\n  host: h\n",
            "latin1.yaml": b"a: caf\xe9\nb: \xe9\nrabbitmq: 1\n",
            "open.yaml": "x: [1\ny: [2\nrabbitmq: 1\n",
            "tab.yaml": "x:\n\ty: 1\n\tz: 1\nrabbitmq: 1\n",
            "charts/x/Chart.yaml": "name: x\n",
            "charts/x/templates/t.yaml": "{{ .k }}{{ .v }}a: {{ range . }}x: {{ end }}\nrabbitmq: 1\n",
        }
    )
    run = natsscan(".", "--format", "json")
    assert (run.code, run.err) == (0, "")
    assert [problem[:3] for problem in problems(run)] == [
        ("charts/x/templates/t.yaml", 1, "read partly"),
        ("latin1.yaml", 1, "read partly"),
        ("open.yaml", 1, "read partly"),
        ("tab.yaml", 2, "read partly"),
    ]
    assert [(f["path"], f["line"]) for f in run.json["findings"] if f["symbol"] == "rabbitmq"] == [
        ("bom.yaml", 1),
        ("charts/x/templates/t.yaml", 2),
        ("latin1.yaml", 3),
        ("open.yaml", 3),
        ("tab.yaml", 4),
    ]


def test_strict_turns_what_was_not_read_into_an_exit_code(natsscan: Command, write: Write) -> None:
    write({"Good.hs": GOOD, "Nul.hs": b"\0"})
    assert natsscan(".", "--strict").code == 3
    assert natsscan("Good.hs", "--strict").code == 0


def test_link_out_of_the_tree_is_not_followed(
    natsscan: Command, write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "Secret.hs"
    outside.write_text(GOOD)
    root = write({"Good.hs": GOOD, "src/Inner.hs": "module Inner where\n"})
    (root / "Link.hs").symlink_to(outside)
    (root / "Twin.hs").symlink_to(root / "src" / "Inner.hs")
    run = natsscan(".", "--format", "json")
    survives(run)
    assert problems(run) == [("Link.hs", 0, "not read", "a symbolic link that leads out of the project")]


def test_pipe_and_unreadable_file_are_listed(natsscan: Command, write: Write) -> None:
    root = write({"Good.hs": GOOD, "Locked.hs": GOOD})
    os.mkfifo(root / "Pipe.hs")
    (root / "Locked.hs").chmod(0)
    run = natsscan(".", "--format", "json")
    assert ("Pipe.hs", 0, "not read", "not a regular file") in problems(run)
    if os.geteuid() != 0:
        assert ("Locked.hs", 0, "not read", "permission denied") in problems(run)
    assert "publish" in [f["operation"] for f in run.json["findings"]]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("kind: findings\nrules:\n  - id: x\n    title: [\n", 5, "broken YAML"),
        ("kind: finding\nrules: []\n", 1, "Invalid value 'finding'"),
        ("kind: findings\nrulez: []\n", 1, "unknown field `rulez`"),
        ("kind: findings\nrules: []\nrules: []\n", 3, "`rules` is given twice, first on line 2"),
        ("kind: operators\nlanguage: haskell\noperators:\n  '+':\n    fixity: infixq 3\n", 5, "operators.+.fixity"),
        ("kind: library\nid: b\ntitle: t\nlanguage: haskell\npackages: [b]\nmodules:\n  B:\n    functions:\n"
         "      f: {operation: pubish}\n", 9, "Invalid enum value 'pubish'"),
        ("kind: library\nid: b\ntitle: t\nlanguage: haskell\npackages: [b]\nmodules:\n  B:\n    functions:\n"
         "      f: {operation: mention}\n", 7, "no rule reports operation mention (B.f)"),
        ("", 1, "holds nothing"),
    ],
)  # fmt: skip
def test_broken_rule_file(natsscan: Command, write: Write, text: str, line: int, reason: str) -> None:
    write({"Good.hs": GOOD, "own/broken.yaml": text})
    run = natsscan(".", "--rules", "own")
    assert run.code == 2
    assert f"own/broken.yaml:{line}: " in one_line(run)
    assert reason in run.err
    assert run.out == ""


def test_rule_that_names_an_argument_nobody_has(natsscan: Command, write: Write) -> None:
    rule = """kind: findings
rules:
  - id: mine
    title: Mine
    when: {operation: publish}
    category: optional
    severity: note
    effort: 1
    message: "publishes to {exchnage}"
    advice: none
    links: [https://nats.io]
    cases: {fires: [{code: x}], quiet: [{code: y}]}
"""
    write({"own/mine.yaml": rule})
    run = natsscan(".", "--rules", "own")
    assert run.code == 2
    assert "own/mine.yaml:9: message names {exchnage}; known here are " in one_line(run)


def test_missing_rules_folder(natsscan: Command) -> None:
    run = natsscan(".", "--rules", "nowhere")
    assert run.code == 2
    assert "nowhere: no such rules folder" in one_line(run)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strict = true\nexlude = ['x']\n", "natsscan.toml:2: unknown option `exlude`; did you mean `exclude`?"),
        ("\nstrict = 'yes'\n", "natsscan.toml:2: Expected `bool`, got `str`"),
        ("strict = \n", "natsscan.toml: cannot be read as TOML: Invalid value (at line 1"),
        ("fail-on = 'always'\n", "natsscan.toml:1: Invalid enum value 'always'"),
    ],
)
def test_broken_config(natsscan: Command, write: Write, text: str, message: str) -> None:
    write({"Good.hs": GOOD, "natsscan.toml": text})
    run = natsscan(".")
    assert run.code == 2
    assert message in one_line(run)


def test_output_that_cannot_be_written(natsscan: Command, write: Write) -> None:
    write({"Good.hs": GOOD})
    assert "--output sarifx=a: expected FORMAT=FILE" in one_line(natsscan(".", "--output", "sarifx=a"))
    run = natsscan(".", "--output", "json=no/such/folder.json")
    assert run.code == 2
    assert "no/such/folder.json: cannot be written: no such file or directory" in one_line(run)


def test_interrupted(tmp_path: Path) -> None:
    for number in range(4000):
        (tmp_path / f"M{number}.hs").write_text(f"module M{number} where\nimport Network.AMQP\n" + "x = ackEnv\n" * 60)
    process = subprocess.Popen(
        [COMMAND, "."], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Where the tests run in the background, a shell has had them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().lstrip() == "natsscan: interrupted; nothing was written\n"
    assert out == b""


def test_names_and_wrappers_without_end_are_bounded_and_said_to_be(
    natsscan: Command, write: Callable[[dict[str, str | bytes]], Path]
) -> None:
    constants = "\n".join(f'k{at} = "a" <> k{at + 1}' for at in range(300))
    wrappers = "\n".join(f"w{at + 1} c k = w{at} c k" for at in range(400))
    code = f"""module M where
import Network.AMQP
send c m = publishMsg c "e" k0 m
w0 c k = publishMsg c "e" k newMsg
z c = w400 c "key"
loop c = loop c
{constants}
k300 = "end"
{wrappers}
"""
    write({"M.hs": code})
    run = natsscan(".", "--format", "json")
    assert (run.code, run.err) == (0, "")
    [problem] = run.json["coverage"]["problems"]
    assert (problem["line"], problem["loss"]) == (3, "note")
    assert "too much to work out" in problem["reason"]


def test_a_name_that_is_not_utf8_is_told_and_the_rest_is_read(tmp_path: Path, natsscan: Command) -> None:
    (tmp_path / "cabal.project").write_text("packages: .\n")
    (tmp_path / "values.yaml").write_text("rabbitmq:\n  host: x\n")
    try:
        (tmp_path / os.fsdecode(b"odd\xff.yaml")).write_text("rabbitmq:\n  host: x\n")
    except OSError:
        pytest.skip("this file system takes no such name")
    for form in ("text", "json", "sarif", "csv"):
        run = natsscan(".", "--format", form)
        assert run.code == 0 and "its name is not UTF-8; rename it" in run.out and "values.yaml" in run.out
    assert natsscan(".", "--strict", "-q").code == 3
