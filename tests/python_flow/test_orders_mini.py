"""The services of orders-mini run: what they do on RabbitMQ is what they do on NATS, moved as they are."""

from __future__ import annotations

import compileall
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import run_command
from tests.python_flow.conftest import ORDERS_MINI, STAGES, Outcomes, git
from tests.python_flow.scenario import CRASH, CRASHED, LAST, ORDERS, POISON, PRICES, SOURCE, Broker, Outcome

GOOD = [each for each in (*ORDERS, LAST) if each["id"] != POISON]
IDS = [each["id"] for each in GOOD]


@pytest.mark.parametrize("where", ["on_rabbitmq", "on_nats"])
def test_services_lose_nothing(where: str, outcomes: Outcomes, request: pytest.FixtureRequest) -> None:
    outcome = outcomes.of(request.getfixturevalue(where))
    every_good_order_is_in_the_ledger(outcome)
    first_deliveries_are_in_order(outcome)
    what_the_worker_died_of_comes_again(outcome)
    poison_is_a_dead_letter_once(outcome)
    the_shop_knows_what_was_not_placed(outcome)
    the_warehouse_ends_when_told_to(outcome)


def every_good_order_is_in_the_ledger(outcome: Outcome) -> None:
    """With the price that the shop was told, and nothing else."""
    found = {(each.id, each.country, each.total, each.source) for each in outcome.ledger}
    assert found == {(each["id"], each["country"], each["quantity"] * PRICES[each["product"]], SOURCE) for each in GOOD}


def first_deliveries_are_in_order(outcome: Outcome) -> None:
    """What a broker held for the worker that died may come later, and is marked as delivered again."""
    first = [each.id for each in outcome.ledger if not each.redelivered]
    assert first == [each for each in IDS if each in first]
    before = IDS[: IDS.index(CRASH)]
    assert first[: len(before)] == before


def what_the_worker_died_of_comes_again(outcome: Outcome) -> None:
    assert outcome.exits["worker"] == CRASHED
    assert {each.redelivered for each in outcome.ledger if each.id == CRASH} == {True}


def poison_is_a_dead_letter_once(outcome: Outcome) -> None:
    (poison,) = (each for each in ORDERS if each["id"] == POISON)
    (letter,) = outcome.dead
    assert (letter.id, letter.source) == (POISON, SOURCE)
    assert letter.order == {**poison, "unit_price": PRICES[poison["product"]]}


def the_shop_knows_what_was_not_placed(outcome: Outcome) -> None:
    """Nobody is there; all is well; one goes where nobody takes orders, and one is not for sale."""
    assert outcome.placed == {"shop alone": "0 of 1", "shop": "30 of 30", "shop later": "1 of 3"}
    assert [outcome.exits[name] for name in outcome.placed] == [1, 0, 1]


def the_warehouse_ends_when_told_to(outcome: Outcome) -> None:
    assert [outcome.exits[name] for name in ("worker again", "desk")] == [0, 0]


def test_both_brokers_show_the_same(outcomes: Outcomes, on_rabbitmq: Broker, on_nats: Broker) -> None:
    """But for what was held when the worker died: how much of it that was is up to the moment."""
    there, here = outcomes.of(on_rabbitmq), outcomes.of(on_nats)
    assert (here.dead, here.placed, here.exits) == (there.dead, there.placed, there.exits)
    assert {(each.id, each.country, each.total, each.source) for each in here.ledger} == {
        (each.id, each.country, each.total, each.source) for each in there.ledger
    }
    before = IDS.index(CRASH)
    assert here.ledger[:before] == there.ledger[:before]


# What was made of the code


def test_only_imports_and_addresses_change(moved: Path) -> None:
    for path in sorted((ORDERS_MINI / "services").rglob("*.py")):
        old, new = path.read_text(), (moved / path.relative_to(ORDERS_MINI)).read_text()
        for before, after in zip(old.splitlines(), new.splitlines(), strict=True):
            if before != after:
                is_import = before.startswith(("import ", "from ")) and "nats_amqp" in after
                assert is_import or before.replace("amqp://", "nats://").replace(":5672/", ":4222") == after


def test_what_moved_compiles_and_knows_the_broker_no_more(moved: Path) -> None:
    assert compileall.compile_dir(moved / "services", quiet=2)
    findings = run_command(".", "--format", "json", cwd=moved).json["findings"]
    left = [f for f in findings if f["system"] == "rabbitmq" and f["path"].endswith(".py")]
    # The name of the variable stays.
    assert {(f["path"].rpartition("/")[2], f["symbol"]) for f in left} == {("settings.py", "RABBITMQ_URL")}
    publishing = {f["service"] for f in findings if f["system"] == "nats" and f["operation"] == "nats-publish"}
    assert publishing == {"shop", "warehouse"}


def test_a_second_run_changes_nothing(moved: Path) -> None:
    for stage in STAGES:
        run = run_command("patch", ".", "--route", "compat", "--stage", stage, "--unsafe", "--check", cwd=moved)
        assert (run.code, run.out.partition(";")[0].strip()) == (0, f"{stage}: 0 patches in 0 files")


def test_the_compose_file_runs_nats_and_leads_to_it(moved: Path) -> None:
    services = yaml.safe_load((moved / "docker-compose.yml").read_text())["services"]
    assert {*services} == {"nats", "warehouse", "shop"}
    for name in ("warehouse", "shop"):
        assert services[name]["environment"]["RABBITMQ_URL"] == "nats://guest:guest@nats:4222"
        assert "rabbitmq" not in services[name]["depends_on"] and "nats" in services[name]["depends_on"]
    assert (moved / "services/warehouse/requirements.txt").read_text() == "nats-py>=2.9,<3\n"


def test_the_series_of_patches_makes_the_same(moved: Path, tmp_path: Path) -> None:
    root = tmp_path / "orders-mini"
    subprocess.run(["git", "clone", "-q", moved, root], check=True)
    git(root, "checkout", "-q", f"HEAD~{len(STAGES)}")
    run = run_command("patch", ".", "--route", "compat", "--unsafe", "-o", "../series", cwd=root)
    assert run.code == 0, run.err
    git(root, "am", "--keep-cr", *map(str, sorted((tmp_path / "series").iterdir())))
    for path in sorted(
        each for each in moved.rglob("*") if each.is_file() and not {".git", "__pycache__"} & {*each.parts}
    ):
        made = (root / path.relative_to(moved)).read_text()
        assert made.replace(", ]", "]") == path.read_text(), path  # a list is left with its comma
