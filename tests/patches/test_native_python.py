"""`natsscan patch --route native` for Python services: a module beside their code, and what to call in each place."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from natsscan.model.marks import GENERATED
from tests.conftest import run_command

ORDERS_MINI = Path(__file__).parents[2] / "fixtures" / "orders-mini"
MODULES = ("services/shop/shop/nats_messaging.py", "services/warehouse/warehouse/nats_messaging.py")
BLOCKING = "From code that blocks, run it by an `asyncio.Runner`"


def files(root: Path) -> dict[str, bytes]:
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "orders-mini"
    shutil.copytree(ORDERS_MINI, root, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


def patch(root: Path, *arguments: str) -> str:
    run = run_command("patch", ".", "--route", "native", *arguments, cwd=root)
    assert run.code == 0, run.err
    return run.out


def instructions(root: Path) -> dict[str, str]:
    """Return what is to be done by hand, by the place where it is."""
    stages = ("prepare", "dual-publish", "switch-consumers", "cut-over")
    text = " ".join(" ".join(patch(root, "--stage", stage).replace("\n#", "\n").split()) for stage in stages)
    places = re.split(r" - (services/\S+?\.py:\d+): ", text)
    found: dict[str, str] = {}
    for place, said in zip(places[1::2], places[2::2], strict=True):
        found[place] = f"{found.get(place, '')} {said}"
    return found


def test_a_module_is_put_into_the_package_of_each_service_and_no_code_changes(project: Path) -> None:
    before = files(project)
    patch(project, "--write")
    after = files(project)
    for path in MODULES:
        assert after[path].startswith(f"# {GENERATED} python-service;".encode())
    changed = {path for path in after if before.get(path) != after[path]}
    assert {path for path in changed if path.endswith(".py")} == set(MODULES)
    assert b"nats-py>=2.9" in after["services/shop/pyproject.toml"]
    assert b"nats-py>=2.9" in after["services/warehouse/requirements.txt"]
    assert not [path for path in after if path.endswith((".hs", ".cabal"))], "there is no Haskell code for a client"
    run = run_command("patch", ".", "--route", "native", "--stage", "prepare", "--check", cwd=project)
    assert (run.code, run.out.partition(";")[0]) == (0, "prepare: 0 patches in 0 files")


def test_each_place_is_told_what_to_call(project: Path) -> None:
    told = instructions(project)
    expected = {
        "services/shop/shop/broker.py:14": "`shop.nats_messaging.connect`",
        "services/shop/shop/broker.py:19": "`shop.nats_messaging.ensure`",
        "services/shop/shop/pricing.py:27": "`shop.nats_messaging.ensure_temporary`",
        "services/shop/shop/pricing.py:28": "`shop.nats_messaging.consume_temporary`",
        "services/shop/shop/pricing.py:36": "`shop.nats_messaging.publish_prices`",
        "services/shop/shop/publisher.py:36": "`shop.nats_messaging.publish_orders`",
        "services/warehouse/warehouse/__main__.py:23": "`warehouse.nats_messaging.connect`",
        "services/warehouse/warehouse/broker.py:19": "`warehouse.nats_messaging.ensure`",
        "services/warehouse/warehouse/deadletters.py:27": "`await delivery.ack()`",
        "services/warehouse/warehouse/deadletters.py:32": "`warehouse.nats_messaging.consume_orders_dead`",
        "services/warehouse/warehouse/orders.py:33": "`await delivery.term()`",
        "services/warehouse/warehouse/orders.py:59": "`prefetch`",
        "services/warehouse/warehouse/orders.py:61": "`warehouse.nats_messaging.consume_warehouse_orders`",
        "services/warehouse/warehouse/prices.py:34": "`warehouse.nats_messaging.publish_reply_to`",
    }
    for place, function in expected.items():
        assert function in told[place], (place, told[place])
    for place, said in told.items():
        called = "nats_messaging." in said
        assert (BLOCKING in said) == (called and place.startswith("services/shop/")), (place, "aio-pika waits already")
    patch(project, "--write")
    for path in MODULES:
        names = {getattr(node, "name", "") for node in ast.parse((project / path).read_text()).body}
        service = path.split("/")[1]
        called_there = set(re.findall(rf"`{service}\.nats_messaging\.(\w+)`", " ".join(told.values())))
        assert called_there and called_there <= names


def test_a_module_that_somebody_has_changed_stays(project: Path) -> None:
    own = '"""Ours."""\n'
    (project / MODULES[0]).write_text(own)
    patch(project, "--write")
    assert (project / MODULES[0]).read_text() == own
    said = " ".join(patch(project, "--stage", "prepare").replace("#", " ").split())
    assert f"{MODULES[0]} is there and was not made by natsscan, so it stays" in said
    assert "`natsscan generate python-service` prints what it would be now" in said
