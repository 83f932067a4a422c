from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import run_command
from tests.nats.conftest import modern_server  # noqa: F401  # a fixture

ORDERS_MINI = Path(__file__).parents[2] / "fixtures" / "orders-mini"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules of the services of orders-mini, each in the package of its service."""
    root = tmp_path_factory.mktemp("orders") / "orders-mini"
    shutil.copytree(ORDERS_MINI, root, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q", root], check=True)
    run = run_command("generate", "python-service", ".", "-o", "made", cwd=root)
    assert (run.code, run.out) == (0, "made: shop/nats_messaging.py, warehouse/nats_messaging.py; 2 written\n"), run.err
    return root / "made"


@pytest.fixture(scope="session")
def modules(made: Path) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The modules of the shop and of the warehouse."""
    sys.path.insert(0, str(made))
    names = ("shop.nats_messaging", "warehouse.nats_messaging")
    yield importlib.import_module(names[0]), importlib.import_module(names[1])
    sys.path.remove(str(made))
    for name in names:
        with suppress(KeyError):
            del sys.modules[name]
