"""What earlier scans found is what a scan would find now, whatever happened to the files meanwhile."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import pytest

from natsscan.cache.store import Store
from natsscan.catalog.catalog import Catalog
from natsscan.catalog.rulefiles import rules_digest
from natsscan.model.report import Report
from natsscan.pipeline.kept import propose_kept, scan_kept
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.outcome import propose_mapping
from natsscan.pipeline.scan import scan
from natsscan.source.project import Project, open_project
from natsscan.source.tree import GivenTree
from tests.conftest import REPOSITORY

STEPS = 8


@dataclass(frozen=True)
class Kept:
    """A tree of which scans are kept."""

    root: Path
    store: Store
    catalog: Catalog
    told: list[str]

    @property
    def project(self) -> Project:
        return open_project((self.root,))

    def scan(self, load: Callable[[], Catalog] | None = None, options: ScanOptions | None = None) -> Report:
        """Scan with what is kept; `load` is called if that does not tell all."""
        load = load or (lambda: self.catalog)
        return scan_kept(self.project, rules_digest(), load, options or ScanOptions(), lambda *_: None, self.store)

    def scan_anew(self, options: ScanOptions | None = None) -> Report:
        return scan(self.project, self.catalog, options or ScanOptions(), lambda *_: None)

    def file(self, name: str) -> Path:
        return next(self.root.rglob(name))

    def append(self, name: str, text: str) -> None:
        path = self.file(name)
        path.write_text(path.read_text() + text)


def unneeded() -> Catalog:
    raise AssertionError("scanned, though nothing that matters has changed")


@pytest.fixture(params=["wire-mini", "orders-mini"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, catalog: Catalog) -> Kept:
    shutil.copytree(REPOSITORY / "fixtures" / request.param, tmp_path / "tree")
    (tmp_path / "tree" / "natsscan.toml").touch()
    told: list[str] = []
    return Kept(tmp_path / "tree", Store(tmp_path / "kept", told.append), catalog, told)


def test_an_unchanged_tree_is_not_scanned_again(kept: Kept) -> None:
    first = kept.scan()
    assert first == kept.scan_anew()
    assert kept.scan(unneeded) == first
    mapping = propose_mapping(first, kept.catalog)
    assert propose_kept(first, lambda: kept.catalog, kept.store) == mapping
    assert propose_kept(first, unneeded, kept.store) == mapping


def test_the_cache_may_be_in_the_tree(kept: Kept) -> None:
    inside = replace(kept, store=Store(kept.root / ".cache" / "natsscan", kept.told.append))
    assert inside.scan() == inside.scan(unneeded) == kept.scan_anew()


@pytest.mark.parametrize(("name", "text"), [("README.md", "\nNothing of interest.\n"), ("Chart.yaml", "\n# here\n")])
def test_what_does_not_matter_is_told_from_what_does(kept: Kept, name: str, text: str) -> None:
    (kept.root / "quiet").mkdir()
    (kept.root / "quiet" / name).write_text("name: quiet\n")
    first = kept.scan()
    (kept.root / "quiet" / name).write_text(f"name: silent{text}")
    if name == "README.md":
        assert kept.scan(unneeded) == first
    (kept.root / "quiet" / name).write_text(f"name: loud\nrabbitmq: true\n{text}")
    assert kept.scan() == kept.scan_anew() != first


def test_a_program_that_leads_nowhere_may_change(tmp_path: Path, catalog: Catalog) -> None:
    shutil.copytree(REPOSITORY / "fixtures" / "wire-mini", tmp_path / "tree")
    kept = Kept(tmp_path / "tree", Store(tmp_path / "kept", print), catalog, [])
    quiet = kept.root / "services" / "gundeck" / "src" / "Gundeck" / "Quiet.hs"
    quiet.write_text("module Gundeck.Quiet where\nimport Prelude\nf x = x\n")
    first = kept.scan()
    quiet.write_text("module Gundeck.Quiet where\nimport Prelude\nf x = g x\ng = id\n")
    assert kept.scan(unneeded) == first
    quiet.write_text("module Gundeck.Quiet where\nimport Network.AMQP\nf c = qos c 0 1\n")
    assert kept.scan() == kept.scan_anew() != first


def test_options_rules_and_definitions_count(kept: Kept, tmp_path: Path) -> None:
    whole = kept.scan()
    less = ScanOptions(exclude=("*s.py", "*.yaml"))
    assert kept.scan(options=less) == kept.scan_anew(less) != whole
    small = ScanOptions(max_file_size=500)
    assert kept.scan(options=small) == kept.scan_anew(small) != whole
    held = tmp_path / "definitions.json"
    told = ScanOptions(definitions=(held,))
    for name in ("other", "another"):
        held.write_text(f'{{"rabbit_version": "3.12", "queues": [{{"name": "{name}", "vhost": "/"}}], "bindings": []}}')
        found = kept.scan(options=told)
        assert found == kept.scan_anew(told) != whole
        assert kept.scan(unneeded, told) == found
    assert kept.scan(unneeded) == whole


def test_files_of_a_commit_are_known_by_their_content(kept: Kept) -> None:
    first = kept.scan()
    paths = kept.project.tree.list().paths
    files = {path: data for path in paths if isinstance(data := kept.project.tree.read(path), bytes)}
    project = replace(kept.project, tree=GivenTree(files))
    options, rules = ScanOptions(), rules_digest()
    assert scan_kept(project, rules, unneeded, options, lambda *_: None, kept.store) == first
    changed = {path: data for path, data in files.items() if not path.endswith((".hs", ".py"))}
    project = replace(kept.project, tree=GivenTree(changed))
    found = scan_kept(project, rules, lambda: kept.catalog, options, lambda *_: None, kept.store)
    assert found == scan(project, kept.catalog, options, lambda *_: None) != first


def test_what_changes_during_a_scan_is_not_kept(kept: Kept) -> None:
    touched = kept.file("*.cabal") if list(kept.root.rglob("*.cabal")) else kept.file("requirements*.txt")
    before = touched.read_text()

    def load() -> Catalog:
        touched.write_text(before.replace("amqp", "xxxx").replace("pika", "xxxx"))  # after it was looked at
        return kept.catalog

    kept.scan(load)
    touched.write_text(before)
    assert kept.scan() == kept.scan_anew()


def test_damage_is_told_and_costs_a_scan(kept: Kept) -> None:
    first = kept.scan()
    files = sorted(kept.store.root.iterdir())
    for path in files:
        path.write_bytes(path.read_bytes()[:-1])
    assert kept.scan() == first
    assert kept.told
    assert all("damaged" in line for line in kept.told)
    assert kept.scan(unneeded) == first


def test_what_is_kept_under_a_wrong_name_changes_nothing(kept: Kept) -> None:
    first = kept.scan()
    contents = {path: path.read_bytes() for path in sorted(kept.store.root.iterdir())}
    for one, other in combinations(contents, 2):
        one.write_bytes(contents[other])
        other.write_bytes(contents[one])
        assert kept.scan() == first
        for path, content in contents.items():
            path.write_bytes(content)
    assert kept.told


def test_any_walk_through_states_of_a_tree(kept: Kept) -> None:
    """Lines move between files, files come and go, and states come back."""
    chance = random.Random(7)
    kept.scan()
    for _ in range(STEPS):
        change(kept.root, chance)
        assert kept.scan() == kept.scan_anew()


def change(root: Path, chance: random.Random) -> None:
    """Change one file of a tree in some way."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix not in (".json",))
    path, other = chance.choice(files), chance.choice(files)
    lines, others = path.read_bytes().splitlines(keepends=True), other.read_bytes().splitlines(keepends=True)
    match chance.randrange(6):
        case 0:
            path.unlink()
        case 1:
            (path.parent / f"New{chance.randrange(3)}{path.suffix}").write_bytes(b"".join(lines))
        case 2:
            path.write_bytes(b"".join(others))
        case 3 if lines:
            del lines[chance.randrange(len(lines))]
            path.write_bytes(b"".join(lines))
        case 4 if others:
            lines.insert(chance.randrange(len(lines) + 1), chance.choice(others))
            path.write_bytes(b"".join(lines))
        case _:
            path.write_bytes(b"".join(lines) + b"\n")
