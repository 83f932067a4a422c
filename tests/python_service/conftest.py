from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
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
def modules(made: Path) -> tuple[ModuleType, ModuleType]:
    """The modules of the shop and of the warehouse."""
    return loaded(made / "shop/nats_messaging.py"), loaded(made / "warehouse/nats_messaging.py")


def loaded(path: Path) -> ModuleType:
    """Return a module under a name of its own: other tests have packages that are called `shop`, too."""
    spec = importlib.util.spec_from_file_location(f"made_for_{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there for what their annotations mean
    spec.loader.exec_module(module)
    return module
