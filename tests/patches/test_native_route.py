"""The route to NATS itself: a client and a module for each service beside the code, and what to call in its place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WIRE_MINI, Command, run_command
from tests.patches.test_wire_mini import git, snapshot

SERVICES = {
    "background-worker": "services/background-worker/src/BackgroundWorker/Nats.hs",
    "brig": "services/brig/src/Brig/Nats.hs",
    "cannon": "services/cannon/src/Cannon/Nats.hs",
    "galley": "services/galley/src/Galley/Nats.hs",
    "gundeck": "services/gundeck/src/Gundeck/Nats.hs",
}
ORDERS = """module Shop.Orders where
import Network.AMQP
send chan = publishMsg chan "orders" "paid" newMsg
"""
CABAL = """cabal-version: 2.4
name: shop
version: 1
library
  hs-source-dirs: src
  exposed-modules:
    Shop.Cart
    Shop.Orders
  build-depends: base, amqp
"""


class Prepared:
    """A copy of the fixture before and after `prepare`, and all patches as they were before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.before = snapshot(root)
        run = run_command("patch", ".", "--route", "native", "--format", "json", cwd=root)
        self.patches: list[dict[str, Any]] = run.json["patches"]
        run = run_command("patch", ".", "--route", "native", "--stage", "prepare", "--write", cwd=root)
        assert run.code == 0, run.err
        self.after = snapshot(root)

    def instructions(self, path: str) -> list[str]:
        return [p["instructions"] for p in self.patches if path in p["title"] and p["instructions"]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    root = tmp_path_factory.mktemp("native") / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    git(root, "init", "-q")
    return Prepared(root)


def added(prepared: Prepared, path: str) -> list[str]:
    before, after = (tree[path].decode().splitlines() for tree in (prepared.before, prepared.after))
    return sorted({line.strip() for line in after if line not in before})


def test_each_service_gets_a_module_that_its_package_lists(prepared: Prepared) -> None:
    for service, path in SERVICES.items():
        module = path.partition("/src/")[2].removesuffix(".hs").replace("/", ".")
        assert f"module {module}\n" in prepared.after[path].decode()
        assert added(prepared, f"services/{service}/{service}.cabal") == [", nats-jetstream", module]


def test_the_client_is_a_package_of_the_project(prepared: Prepared) -> None:
    new = prepared.after.keys() - prepared.before.keys()
    assert {"libs/nats-jetstream/nats-jetstream.cabal", "libs/nats-jetstream/src/Network/NATS/JetStream.hs"} <= new
    assert added(prepared, "cabal.project") == ["libs/nats-jetstream/"]
    assert added(prepared, "stack.yaml") == ["- libs/nats-jetstream"]


def test_no_code_of_the_project_changes(prepared: Prepared) -> None:
    changed = {path for path, text in prepared.before.items() if prepared.after.get(path) != text}
    assert not [path for path in changed if path.endswith(".hs")]


def test_what_is_to_be_written_names_the_function_that_the_module_has(prepared: Prepared) -> None:
    said = " ".join(prepared.instructions(".hs"))
    called = set(re.findall(r"Call `([A-Z][\w.]*)\.([a-z]\w*)`", said))
    assert {("Cannon.Nats", "consumeTemporary"), ("Gundeck.Nats", "ensureUserNotifications")} <= called
    assert len(called) >= 15
    for module, function in called:
        path = next(p for p in prepared.after if p.endswith(f"/{module.replace('.', '/')}.hs"))
        assert re.search(rf"(?m)^{function} ::", prepared.after[path].decode()), (module, function)


def test_a_library_tells_the_function_of_the_service_that_reads_the_queue(prepared: Prepared) -> None:
    (said,) = prepared.instructions("Wire/API/BackgroundJobs.hs:41: ")
    assert "Call `BackgroundWorker.Nats.ensureBackgroundJobs`." in said


def test_it_is_done_once(prepared: Prepared) -> None:
    run = run_command("patch", ".", "--route", "native", "--stage", "prepare", "--check", cwd=prepared.root)
    assert (run.code, run.out.partition(";")[0]) == (0, "prepare: 0 patches in 0 files")


def test_a_module_that_somebody_has_changed_stays(natsscan: Command, write: Callable[[dict[str, str]], Path]) -> None:
    own = "module Shop.Nats where\n"
    root = write({"shop/shop.cabal": CABAL, "shop/src/Shop/Orders.hs": ORDERS, "shop/src/Shop/Nats.hs": own})
    run = natsscan("patch", ".", "--route", "native", "--write")
    assert (root / "shop/src/Shop/Nats.hs").read_text() == own
    assert run.code == 0
    run = natsscan("patch", ".", "--route", "native")
    assert "shop/src/Shop/Nats.hs is there and was not made by natsscan, so it stays" in " ".join(run.out.split())


def test_the_module_stands_in_the_order_of_the_list(natsscan: Command, write: Callable[[dict[str, str]], Path]) -> None:
    root = write({"shop/shop.cabal": CABAL, "shop/src/Shop/Orders.hs": ORDERS, "cabal.project": "packages: shop/\n"})
    natsscan("patch", ".", "--route", "native", "--write")
    assert "    Shop.Cart\n    Shop.Nats\n    Shop.Orders\n" in (root / "shop/shop.cabal").read_text()
    assert "publishToOrders ::" in (root / "shop/src/Shop/Nats.hs").read_text()


def test_a_build_that_finds_modules_needs_no_line(natsscan: Command, write: Callable[[dict[str, str]], Path]) -> None:
    hpack = "name: shop\nlibrary:\n  source-dirs: src\ndependencies:\n- amqp\n- base\n"
    root = write({"shop/package.yaml": hpack, "shop/src/Shop/Orders.hs": ORDERS})
    natsscan("patch", ".", "--route", "native", "--write")
    assert (root / "shop/src/Shop/Nats.hs").exists()
    assert (root / "shop/package.yaml").read_text() == hpack.replace("- amqp\n", "- amqp\n- nats-jetstream\n")


def test_a_module_that_nothing_lists_is_told(natsscan: Command, write: Callable[[dict[str, str]], Path]) -> None:
    root = write({"shop/shop.cabal": CABAL.replace("    Shop.Orders\n", ""), "shop/src/Shop/Orders.hs": ORDERS})
    run = natsscan("patch", ".", "--route", "native")
    said = " ".join(run.out.replace("#", " ").split())
    assert "natsscan does not see which list of a cabal file names the modules of" in said
    assert "natsscan generate haskell-service" in said and not (root / "shop/src/Shop/Nats.hs").exists()


def test_a_client_that_the_project_has_is_used(natsscan: Command, write: Callable[[dict[str, str]], Path]) -> None:
    root = write(
        {
            "shop/shop.cabal": CABAL,
            "shop/src/Shop/Orders.hs": ORDERS,
            "libs/extended/extended.cabal": "name: extended\n",
        }
    )
    made = natsscan("generate", "haskell-client", "-o", "libs/extended/src")
    assert made.code == 0
    natsscan("patch", ".", "--route", "native", "--write")
    assert "build-depends: base, amqp, extended\n" in (root / "shop/shop.cabal").read_text()
    assert not list(root.rglob("nats-jetstream*"))


def test_code_that_has_moved_to_the_layer_can_go_on(natsscan: Command, write: Callable[[dict[str, str]], Path]) -> None:
    before = ORDERS.replace("Network.AMQP", "Network.NATS.Amqp")
    root = write({"shop/shop.cabal": CABAL, "shop/src/Shop/Orders.hs": ORDERS, "cabal.project": "packages: shop/\n"})
    for stage in ("prepare", "cut-over"):
        assert natsscan("patch", ".", "--route", "compat", "--stage", stage, "--unsafe", "--write").code == 0
    assert (root / "shop/src/Shop/Orders.hs").read_text() == before
    assert natsscan("patch", ".", "--route", "native", "--write").code == 0
    assert "publishToOrders ::" in (root / "shop/src/Shop/Nats.hs").read_text()
    assert "    Shop.Nats\n" in (root / "shop/shop.cabal").read_text()
    assert not list(root.rglob("nats-jetstream*")), "the layer's package has the client"
    assert (root / "shop/src/Shop/Orders.hs").read_text() == before
