"""Scans that begin with what earlier ones found: the report, if nothing that matters has changed, else a part of it.

By the root of a tree, rules, options and paths is kept what each part of the last scan was made of (`Record`), by that
the part itself, and by the parts the report. A part holds as long as the files that were looked into are the same, and
the others give the same answers (`source/watch.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

import msgspec

from natsscan.cache.code import code_digest
from natsscan.cache.stamps import DIGEST_SIZE, Stamp, digest_of, stamps
from natsscan.cache.store import Store
from natsscan.model.report import Report
from natsscan.pipeline.options import ScanOptions, Side
from natsscan.source.discover import Listing
from natsscan.source.project import Project
from natsscan.source.tree import Tree
from natsscan.source.watch import Seen

if TYPE_CHECKING:
    from natsscan.catalog.catalog import Catalog
    from natsscan.model.mapping import Mapping
    from natsscan.pipeline.options import Progress
    from natsscan.pipeline.parts import Done

T = TypeVar("T")


class Record(msgspec.Struct, frozen=True):
    """Which part the last scan found, by its key, and the digests that all files had then, in the order of paths."""

    part: str
    digests: bytes


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a project as they are now: `digests` say what is in them, in the order of paths, `key` all else."""

    key: str
    paths: tuple[str, ...]
    digests: bytes

    def changed_since(self, digests: bytes) -> list[str]:
        """Return the paths of the files that are not as they were."""
        at = range(0, len(self.digests), DIGEST_SIZE)
        alike = (self.digests[start : start + DIGEST_SIZE] == digests[start : start + DIGEST_SIZE] for start in at)
        return [path for path, same in zip(self.paths, alike, strict=True) if not same]


def scan_kept(
    project: Project,
    rules: str,
    load: Callable[[], Catalog],
    options: ScanOptions,
    progress: Progress,
    store: Store,
) -> Report:
    """Scan a project, or return what an earlier scan found if it would find the same.

    `rules` is the digest of the rules, `load` loads them, if that is needed. What is found is kept in the store.
    Raises InputError for broken rules, and for definitions of the broker that cannot be read.
    """
    listing = _listing(project, options, store)
    files = _files(project, listing, rules, options, store)
    held = {side: key for side in Side if (key := _holding(side, files, project, options, store)) is not None}
    definitions = _definitions(options)
    if len(held) == len(Side) and definitions is not None:
        report = _get(store, _report_key(files, held, definitions), Report)
        if report is not None:
            return report
    from natsscan.pipeline.scan import scan_listed
    from natsscan.pipeline.task import Part

    known = {side: part for side, key in held.items() if (part := _get(store, key, Part)) is not None}
    report, done = scan_listed(project, listing, load(), options, progress, known)
    is_whole = all(each.seen is not None for each in done.values())
    # What changed meanwhile may have been read before or after.
    if is_whole and files == _files(project, _listing(project, options, store), rules, options, store):
        held |= {side: _keep(side, files, each, store) for side, each in done.items()}
        if definitions is not None:
            _put(store, _report_key(files, held, definitions), report)
    return report


def _listing(project: Project, options: ScanOptions, store: Store) -> Listing:
    """List the files of a project, without what is kept, which may be in its folder: services of CI ask for that."""
    listing = project.tree.list(options.exclude)
    if not store.root.is_relative_to(project.root):
        return listing
    folder = f"{store.root.relative_to(project.root).as_posix()}/"
    return replace(listing, paths=tuple(path for path in listing.paths if not path.startswith(folder)))


def propose_kept(report: Report, load: Callable[[], Catalog], store: Store | None) -> Mapping:
    """Return what a report's topology becomes on NATS if people decide nothing, as it was worked out before."""
    from natsscan.model.mapping import Mapping
    from natsscan.pipeline.outcome import propose_mapping

    if store is None:
        return propose_mapping(report, load())
    key = _key("mapping", code_digest(), msgspec.msgpack.encode(report, order="deterministic"))
    found = _get(store, key, Mapping)
    if found is None:
        found = propose_mapping(report, load())
        _put(store, key, found)
        store.tidy()
    return found


def _files(project: Project, listing: Listing, rules: str, options: ScanOptions, store: Store) -> Files:
    told = (code_digest(), rules, options.exclude, options.max_file_size, project.root, project.scope)
    left_out = (sorted(listing.excluded.items()), listing.problems)
    digests = _digests(project.tree, listing.paths, options.max_file_size, store)
    return Files(_key("files", *told, *left_out, *listing.paths), listing.paths, b"".join(digests))


def _digests(tree: Tree, paths: tuple[str, ...], max_size: int, store: Store) -> list[bytes]:
    """Return the digests of files; on disk those that were not touched since the last time are not read for it."""
    if tree.folder is None:
        return [digest_of(tree.read(path, max_size)) for path in paths]
    key = _key("stamps", tree.folder, max_size)
    known = _get(store, key, dict[str, Stamp]) or {}
    now = stamps(str(tree.folder), paths, known, lambda path: tree.read(path, max_size))
    if now != known:
        _put(store, key, now)
    return [now[path].digest for path in paths]


def _holding(side: Side, files: Files, project: Project, options: ScanOptions, store: Store) -> str | None:
    """Return the key of a part that would be the same again, None if there is none."""
    exact = _get(store, _key(side, files.key, files.digests), str)
    if exact is not None:
        return exact
    last = _get(store, _key(side, files.key), Record)
    seen = None if last is None else _get(store, _key("seen", last.part), Seen)
    if last is None or seen is None or len(last.digests) != len(files.digests):
        return None
    changed = files.changed_since(last.digests)
    if not seen.opened.isdisjoint(changed) or not _say_the_same(changed, files.paths, seen, project, options):
        return None
    _remember(side, files, last.part, store)
    return last.part


def _remember(side: Side, files: Files, part: str, store: Store) -> None:
    """Keep which part has been found: of the files as they are, and as the last one."""
    _put(store, _key(side, files.key, files.digests), part)
    _put(store, _key(side, files.key), Record(part, files.digests))
    store.tidy()


def _say_the_same(
    changed: list[str], paths: tuple[str, ...], seen: Seen, project: Project, options: ScanOptions
) -> bool:
    """Tell whether files that were asked, and not looked into, can still be read and would all answer as they did."""
    from natsscan.pipeline.task import is_plain
    from natsscan.source.kinds import Kinds

    kinds = Kinds(paths)
    for path in filter(seen.asked.__contains__, changed):
        data, kind = project.tree.read(path, options.max_file_size), kinds.of(path)
        if not isinstance(data, bytes) or kind is None or not is_plain(path, kind, data):
            return False
        if not seen.answers_alike(path, data):
            return False
    return True


def _keep(side: Side, files: Files, done: Done, store: Store) -> str:
    """Keep a part, and what it was made of; return its key."""
    part = _key("part", side, files.key, files.digests)
    _put(store, part, done.part)
    _put(store, _key("seen", part), done.seen)
    _remember(side, files, part, store)
    return part


def _definitions(options: ScanOptions) -> bytes | None:
    """Return the bytes of the broker's definitions, with the paths of their files; None if they cannot be read."""
    try:
        found = ((str(path).encode(errors="surrogateescape"), path.read_bytes()) for path in options.definitions)
        return b"".join(b"%d %d %b%b" % (len(path), len(data), path, data) for path, data in found)
    except OSError:
        return None  # who reads them for the report says so


def _report_key(files: Files, held: dict[Side, str], definitions: bytes) -> str:
    return _key("report", files.key, *(held[side] for side in Side), definitions)


def _key(*parts: object) -> str:
    digest = blake2b(digest_size=DIGEST_SIZE)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode(errors="surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def _get(store: Store, key: str, kind: type[T]) -> T | None:
    """Return what is kept under a key; what is not of this kind is not there."""
    data = store.get(key)
    try:
        return None if data is None else msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError):
        store.forget(key)
        return None


def _put(store: Store, key: str, value: object) -> None:
    store.put(key, msgspec.msgpack.encode(value))
