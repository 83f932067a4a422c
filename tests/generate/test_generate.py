"""`natsscan generate`: each file is valid for who reads it, whatever names the code has."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from markdown_it import MarkdownIt

import nats
from natsscan.catalog.catalog import Catalog
from natsscan.generate.facts import facts
from natsscan.generate.files import EVERYTHING, FILES, names_of, render
from natsscan.generate.text import regex
from natsscan.model.mapping import Mapping
from natsscan.model.marks import GENERATED
from natsscan.nats.order import migration_order
from tests.conftest import WIRE_MINI, Command
from tests.generate.conftest import Shell
from tests.nats.systems import binding, consumer, exchange, mapped, publisher, queue, topology

HOSTILE = "a`|$(touch pwned)'\"{{ x }}{% y %}\n# h\n```\n- <b>\u202e[l](u)${datasource}"
SYSTEM = topology(
    exchange("orders", "topic"), queue("billing", message_ttl="60000", max_length="500"), binding("orders", "eu.*", "billing"),
    queue("jobs", dead_letter_exchange="", dead_letter_routing_key="dead"), queue("dead"), queue("inbox.{user}"),
    publisher("orders", "eu.paid"), publisher("", "jobs"), publisher("", "inbox.{user}", message_id="x"),
    consumer("billing"), consumer("jobs", prefetch="1"), consumer("dead"), consumer("inbox.{user}"),
)  # fmt: skip
BAD = topology(
    exchange(HOSTILE, "topic"), queue(HOSTILE), queue(HOSTILE + "{hole}"), binding(HOSTILE, HOSTILE, HOSTILE),
    publisher(HOSTILE, HOSTILE), publisher("", HOSTILE), consumer(HOSTILE), consumer(HOSTILE + "{hole}"),
)  # fmt: skip
SYSTEMS = {"plain": SYSTEM, "hostile": BAD}


@pytest.fixture(scope="session", params=SYSTEMS)
def made(request: pytest.FixtureRequest, catalog: Catalog) -> dict[str, str]:
    system = SYSTEMS[request.param]
    return render(EVERYTHING, facts(mapped(catalog, system), migration_order(system, ()), HOSTILE))


@pytest.fixture(scope="session")
def plain(catalog: Catalog) -> tuple[Mapping, dict[str, str]]:
    mapping = mapped(catalog, SYSTEM)
    return mapping, render(EVERYTHING, facts(mapping, migration_order(SYSTEM, ()), "shop"))


def rules(text: str) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("name", [name for name in names_of(EVERYTHING) if name.endswith(".sh")])
def test_shell_scripts_are_clean(made: dict[str, str], name: str, shellcheck: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(made[name])
    done = subprocess.run(
        [shellcheck, "--severity", "style", tmp_path / name], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_alert_rules_are_valid(made: dict[str, str], promtool: str, tmp_path: Path) -> None:
    (tmp_path / "alerts.yaml").write_text(made["alerts.yaml"])
    done = subprocess.run(
        [promtool, "check", "rules", "alerts.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr


def test_alerts_fire_when_they_should_and_not_before(
    plain: tuple[Mapping, dict[str, str]], promtool: str, tmp_path: Path
) -> None:
    (tmp_path / "alerts.yaml").write_text(plain[1]["alerts.yaml"])
    jobs = 'account="A",stream_name="Q_jobs",consumer_name="jobs",is_consumer_leader="true"'
    case = {
        "interval": "1m",
        "input_series": [
            {"series": f"nats_consumer_num_pending{{{jobs}}}", "values": "5x120"},
            {"series": f"nats_consumer_num_ack_pending{{{jobs}}}", "values": "1x120"},
            {"series": f"nats_consumer_num_waiting{{{jobs}}}", "values": "0x120"},
            {"series": f"nats_consumer_ack_floor_stream_seq{{{jobs}}}", "values": "0+1x60 61x60"},
            {"series": 'nats_stream_total_bytes{account="A",stream_name="Q_jobs"}', "values": "900000000x120"},
        ],
        "alert_rule_test": [
            {"eval_time": "59m", "alertname": "NatsConsumerStuck", "exp_alerts": []},
            {"eval_time": "59m", "alertname": "NatsConsumerNotRead", "exp_alerts": []},
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["alerts.yaml"], "tests": [case]}))
    done = subprocess.run(
        [promtool, "test", "rules", "test.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    case["alert_rule_test"] = [
        {"eval_time": "110m", "alertname": each, "exp_alerts": []} for each in ("NatsConsumerStuck", "NatsStreamFull")
    ]
    (tmp_path / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["alerts.yaml"], "tests": [case]}))
    done = subprocess.run(
        [promtool, "test", "rules", "test.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Consumer jobs has settled nothing for 30m and holds 1 messages." in done.stdout + done.stderr
    assert "Stream Q_jobs holds 858.3MiB" in done.stdout + done.stderr


def test_thresholds_are_those_of_the_mapping(plain: tuple[Mapping, dict[str, str]]) -> None:
    found = rules(plain[1]["alerts.yaml"])
    full = {rule["labels"]["stream"]: rule["expr"] for rule in found if rule["alert"] == "NatsStreamFull"}
    assert full["Q_jobs"].endswith(f"> {2**30 * 8 // 10}")
    stuck = {rule["labels"]["consumer"]: rule for rule in found if rule["alert"] == "NatsConsumerStuck"}
    assert "[1800s]" in stuck["jobs"]["expr"]
    assert 'consumer_name=~"inbox=2E.+"' in stuck["inbox=2E{user}"]["expr"]
    assert [rule for rule in found if rule["alert"] == "NatsConsumerMissing" and "inbox" in rule["expr"]] == []


def test_the_dashboard_is_one_for_grafana(made: dict[str, str]) -> None:
    register_default_plugins()
    written = json.loads(made["dashboard.json"])
    read = Dashboard.from_json(written)
    panels = read.panels or []
    assert len({panel.id_val for panel in panels}) == len(panels) == len(written["panels"])
    places = [panel.grid_pos for panel in panels]
    assert all(place.x + place.w <= 24 for place in places)
    for a, b in combinations(places, 2):
        assert a.x + a.w <= b.x or b.x + b.w <= a.x or a.y + a.h <= b.y or b.y + b.h <= a.y
    assert [variable.name for variable in read.templating.list_val] == ["datasource"]
    for panel in panels:
        if panel.type_val != "row":
            assert panel.datasource.uid == "${datasource}"
            assert panel.targets and all(target.expr for target in panel.targets)


def test_every_expression_of_the_dashboard_is_promql(made: dict[str, str], promtool: str, tmp_path: Path) -> None:
    expressions = [
        target["expr"] for panel in json.loads(made["dashboard.json"])["panels"] for target in panel.get("targets", ())
    ]
    records = [
        {"record": f"r{at}", "expr": each.replace("$__rate_interval", "5m")} for at, each in enumerate(expressions)
    ]
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": records}]}))
    done = subprocess.run(
        [promtool, "check", "rules", "r.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [name for name in names_of(EVERYTHING) if name.endswith(".md")])
def test_markdown_is_as_the_template_meant_it(made: dict[str, str], name: str) -> None:
    tokens = MarkdownIt().enable("table").parse(made[name])
    inline = [child for token in tokens for child in token.children or ()]
    assert not [t for t in tokens if t.type == "html_block" and GENERATED not in t.content]
    assert not [t for t in inline if t.type == "image"]
    assert {t.content for t in inline if t.type == "html_inline"} <= {"<span>", "</span>"}  # around a dollar sign
    assert {t.attrs["href"] for t in inline if t.type == "link_open"} <= {"https://perftest.rabbitmq.com/"}
    assert not [t for t in tokens if t.type == "code_block"]
    assert all(token.info == "sh" for token in tokens if token.type == "fence")
    assert not [t for token, t in pairwise(tokens) if token.type == "heading_open" and t.content == "h"]
    rows = [line for line in made[name].splitlines() if line.startswith("|")]
    assert all(line.rstrip().endswith("|") for line in rows)
    text = "".join(t.content for t in inline if t.type == "text")
    assert not re.search(r"\{%|%\}|\{\{|\}\}", re.sub(re.escape("{{ x }}{% y %}"), "", text))


def test_nothing_is_left_that_nobody_filled_in(plain: tuple[Mapping, dict[str, str]]) -> None:
    for name, text in plain[1].items():
        if not name.endswith((".yaml", ".json")):
            assert not re.search(r"\{%|\{\{|None|Undefined", text), name
        assert GENERATED in text


def test_the_runbook_has_a_section_for_each_queue(plain: tuple[Mapping, dict[str, str]]) -> None:
    headings = re.findall(r"^## (.*)$", plain[1]["runbook.md"], re.MULTILINE)
    assert {"billing", "jobs", "dead", "inbox.{user}"} <= set(headings)
    jobs = plain[1]["runbook.md"].split("## jobs")[1].split("\n## ")[0]
    assert "shop to `q.jobs`" in jobs and "nats consumer info Q_jobs jobs" in jobs and "dead-letter" in jobs


def test_publishers_that_set_an_id_already_are_told_apart(plain: tuple[Mapping, dict[str, str]]) -> None:
    rows = [line for line in plain[1]["dual-write.md"].splitlines() if line.startswith("| shop")]
    assert ["the `message_id` it sets already" in row for row in rows if "`inbox." in row] == [True]
    assert ["make a UUID" in row for row in rows if "`jobs`" in row] == [True]


def test_names_in_regular_expressions() -> None:
    assert regex("inbox=2E{user}") == "inbox=2E.+"
    assert regex("a.b$c") == r"a\.b[$]c"


async def set_up(url: str, mapping: Mapping, without: str = "") -> None:
    client = await nats.connect(url)
    for stream in mapping.streams:
        config = {**stream.config, "num_replicas": 1, "max_bytes": 2**20}
        await client.request(f"$JS.API.STREAM.CREATE.{stream.name}", json.dumps(config).encode())
    for each in mapping.consumers:
        if each.name != without and each.is_durable:
            body = json.dumps({"stream_name": each.stream, "config": each.config}).encode()
            await client.request(f"$JS.API.CONSUMER.DURABLE.CREATE.{each.stream}.{each.name}", body)
    await client.close()


async def publish(url: str, subject: str) -> None:
    client = await nats.connect(url)
    await client.jetstream().publish(subject, b"1")
    await client.close()


def test_the_connection_test_passes_on_what_the_mapping_makes(
    plain: tuple[Mapping, dict[str, str]], shell: Shell, nats_url: str, tmp_path: Path
) -> None:
    mapping, files = plain
    (tmp_path / "t.sh").write_text(files["connection-test.sh"])
    asyncio.run(set_up(nats_url, mapping))
    run = shell("t.sh", NATS_URL=nats_url)
    assert (run.code, run.out.splitlines()[-1]) == (0, "All is well."), run
    assert "ok       consumer jobs of stream Q_jobs" in run.out
    assert "note     1 consumers like inbox=2E{user} of stream Q_inbox" in run.out


def test_the_connection_test_tells_what_is_missing(
    plain: tuple[Mapping, dict[str, str]], shell: Shell, nats_url: str, tmp_path: Path
) -> None:
    mapping, files = plain
    (tmp_path / "t.sh").write_text(files["connection-test.sh"])
    asyncio.run(set_up(nats_url, mapping, without="jobs"))
    run = shell("t.sh", NATS_URL=nats_url)
    assert run.code == 1
    assert "FAILED   consumer jobs of stream Q_jobs is not there" in run.out and "1 checks failed." in run.out
    assert shell("t.sh", NATS_URL="nats://127.0.0.1:1").code == 2
    without = shell("t.sh", with_nats=False)
    assert (without.code, "is not installed" in without.out) == (2, True)


def test_rollback_reports_what_is_left_and_changes_nothing_by_itself(
    plain: tuple[Mapping, dict[str, str]], shell: Shell, nats_url: str, tmp_path: Path
) -> None:
    mapping, files = plain
    (tmp_path / "r.sh").write_text(files["rollback.sh"])
    asyncio.run(set_up(nats_url, mapping))
    assert shell("r.sh", NATS_URL=nats_url).code == 0
    asyncio.run(publish(nats_url, "q.jobs"))
    asyncio.run(publish(nats_url, "q.inbox.{user}"))
    run = shell("r.sh", "report", NATS_URL=nats_url)
    assert run.code == 1
    assert "2 messages are still to be settled; 0 could not be asked." in run.out
    assert "jobs                                   1 to deliver, 0 not settled" in run.out
    assert shell("r.sh", "wait", "0", NATS_URL=nats_url).code == 1
    assert shell("r.sh", "backup", "kept", NATS_URL=nats_url).code == 0
    assert (tmp_path / "kept/Q_jobs").is_dir()
    assert shell("r.sh", "backup", "kept", NATS_URL=nats_url).code == 1
    told = shell("r.sh", "writers", WRITER_BACK="touch")
    assert (told.code, told.out) == (0, "would run: touch shop\n")
    assert not (tmp_path / "shop").exists()
    assert shell("r.sh", "writers", "--yes").code == 2
    assert shell("r.sh", "writers", "--yes", WRITER_BACK="touch").code == 0
    assert (tmp_path / "shop").exists()


def test_scripts_take_names_as_names(catalog: Catalog, shell: Shell, nats_url: str, tmp_path: Path) -> None:
    mapping = mapped(catalog, BAD)
    for name, text in render("all", facts(mapping, migration_order(BAD, ()), HOSTILE)).items():
        (tmp_path / name).write_text(text)
    asyncio.run(set_up(nats_url, mapping))
    run = shell("connection-test.sh", NATS_URL=nats_url)
    assert run.code == 0, run
    assert shell("rollback.sh", NATS_URL=nats_url).code == 0
    assert not (tmp_path / "pwned").exists()


def test_benchmarks_run_on_scratch_streams_which_go(
    plain: tuple[Mapping, dict[str, str]], shell: Shell, nats_url: str, tmp_path: Path
) -> None:
    mapping, files = plain
    (tmp_path / "b.sh").write_text(files["benchmark.sh"])
    asyncio.run(set_up(nats_url, mapping))
    run = shell("b.sh", "Q_jobs", NATS_URL=nats_url, BENCH_REPLICAS="1")
    assert run.code == 0, run
    assert "bench js pub sync bench.Q_jobs --stream BENCH_Q_jobs" in run.out
    assert "--consumer bench --msgs 100000" in run.out and "Q_dead" not in run.out

    async def streams() -> list[str]:
        client = await nats.connect(nats_url)
        found = [str(info.config.name) for info in await client.jetstream().streams_info()]
        await client.close()
        return found

    assert not [name for name in asyncio.run(streams()) if name.startswith("BENCH_")]
    assert set(asyncio.run(streams())) == {stream.name for stream in mapping.streams}


def test_one_file_is_printed_and_several_need_a_folder(natsscan: Command) -> None:
    assert natsscan("generate", "runbook", WIRE_MINI).out.startswith("<!-- Made by natsscan generate")
    run = natsscan("generate", "rollback", WIRE_MINI)
    assert run.code == 2 and "rollback.md, rollback.sh; name a folder for them with -o DIR" in run.err
    assert natsscan("generate", "nonsense", WIRE_MINI).code == 2


def test_nothing_is_made_where_there_is_no_queue(natsscan: Command, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("rabbitmq\n")
    run = natsscan("generate", "runbook", "README.md")
    assert run.code == 2 and "no queue is declared or consumed here" in run.err


def test_all_are_written_once_and_nothing_else_is_touched(natsscan: Command, tmp_path: Path) -> None:
    run = natsscan("generate", "all", WIRE_MINI, "-o", "out")
    assert run.code == 0, run.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {name for names in FILES.values() for name in names}
    assert "; 0 written" in natsscan("generate", "all", WIRE_MINI, "-o", "out").out
    (tmp_path / "out/alerts.yaml").write_text("groups: []\n")
    (tmp_path / "out/runbook.md").unlink()
    run = natsscan("generate", "all", WIRE_MINI, "-o", "out")
    assert run.code == 2 and "alerts.yaml: was not made by natsscan generate" in run.err
    assert (tmp_path / "out/alerts.yaml").read_text() == "groups: []\n"
    assert not (tmp_path / "out/runbook.md").exists()
