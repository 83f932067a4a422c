"""The route to the target's own API: a client, and a module for each service with what people call in its code."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from natsscan.catalog.catalog import Catalog
from natsscan.model.patch import Applicability, Patch, Stage
from natsscan.model.span import Span
from natsscan.model.usage import Operation, Usage
from natsscan.patches.drafts import about
from natsscan.patches.listing import folder_for, listed
from natsscan.patches.modulelists import NewModule, beside
from natsscan.patches.written import is_ours, written

_ADDS = "Only adds: nothing that is built today needs it."
_CLIENT = "Network/NATS/JetStream.hs"
_NO_PLACE = (
    "natsscan does not see which list of a cabal file names the modules of {service}. "
    "`natsscan generate haskell-service` writes {module}; put it where the service has its modules."
)
_THERE = (
    "{path} is there and was not made by natsscan, so it stays; `natsscan generate {what}` prints what it would be now."
)
_CALL = "Call `{module}.{function}`."
_BLOCKS = (
    "From code that blocks, run it by an `asyncio.Runner` that is kept with the connection, in a thread of its own."
)


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A module for one service. In Python it has a `path`; in Haskell it goes beside one of its `neighbours`.

    `functions` are what takes the place of what the service does somewhere, `words` what does wherever that is, and
    `settles` what stands for what becomes of a message. `waits` are the libraries that wait in asyncio, as it does.
    """

    service: str
    module: str
    text: str
    functions: Mapping[tuple[Span, Operation], str]
    neighbours: tuple[str, ...] = ()
    path: str = ""
    settles: Mapping[Operation, str] = field(default_factory=dict)
    words: Mapping[Operation, str] = field(default_factory=dict)
    waits: frozenset[str] = frozenset()

    def told_by(self, usage: Usage) -> str:
        """Return what to call in the place of a usage; empty if it has nothing for that."""
        is_own = usage.service == self.service
        if is_own and usage.operation in self.settles:
            return self.settles[usage.operation]
        function = self.functions.get((usage.span, usage.operation), "")
        function = function or (self.words.get(usage.operation, "") if is_own else "")
        if not function:
            return ""
        called = _CALL.format(module=self.module, function=function)
        return called if not self.path or usage.library in self.waits else f"{called} {_BLOCKS}"


@dataclass(frozen=True, slots=True)
class Native:
    """The client's package for Haskell with its files by path, if there is such code, and the modules of services."""

    package: str
    client: Mapping[str, str]
    scaffolds: tuple[Scaffold, ...]

    def told_by(self, usage: Usage) -> tuple[str, ...]:
        """Return what to call in the place of a usage: that of its own service, or of all that reach it."""
        told = {each.service: text for each in self.scaffolds if (text := each.told_by(usage))}
        return (told[usage.service],) if usage.service in told else tuple(told.values())


def client_of(native: Native, paths: Iterable[str]) -> str:
    """Return the package that has the client: one of the project that has its modules already, else a new one."""
    paths = frozenset(paths)
    for path in sorted(each for each in paths if each.endswith(f"/{_CLIENT}")):
        folder = path.removesuffix(f"/{_CLIENT}")
        while folder:
            folder = posixpath.dirname(folder)
            cabal = (each for each in sorted(paths) if each.endswith(".cabal") and posixpath.dirname(each) == folder)
            for found in cabal:
                return posixpath.basename(found).removesuffix(".cabal")
    return native.package


def with_client(catalog: Catalog, package: str) -> Catalog:
    """Return the catalog in which the client's package takes the place of those of all libraries."""
    client = dict.fromkeys(catalog.replacements.rules.packages.get("haskell", {}), package)
    return replace(catalog, replacements=catalog.replacements.with_packages("haskell", client))


def lay_out(native: Native, read: Callable[[str], bytes | None], paths: Iterable[str]) -> list[Patch]:
    """Return the patches that put the client, and the modules of services, beside what is there."""
    paths = frozenset(paths)
    is_new = bool(native.client) and client_of(native, paths) == native.package
    found = list(_client(native, read, paths)) if is_new else []
    found += [_scaffold(scaffold, read, paths) for scaffold in native.scaffolds]
    return [patch for patch in found if patch.paths or patch.instructions]


def _client(native: Native, read: Callable[[str], bytes | None], paths: frozenset[str]) -> Iterator[Patch]:
    folder = folder_for(native.package, paths)
    edits, lists = listed(folder, paths, read)
    creates, renewed = written({posixpath.join(folder, p): text.encode() for p, text in native.client.items()}, read)
    if edits or lists or creates or renewed:
        title = f"{folder}: a client for NATS and JetStream"
        patch = about(Stage.PREPARE, Applicability.SAFE, title, _ADDS, native.package, [])
        yield replace(patch, edits=(*edits, *renewed), creates=(*creates, *lists), area=folder)


def _scaffold(scaffold: Scaffold, read: Callable[[str], bytes | None], paths: frozenset[str]) -> Patch:
    """Return the patch that adds the module of a service, or tells people to."""
    title = f"{scaffold.service}: {scaffold.module}, what it publishes and consumes on NATS"
    places = (beside(scaffold.module, path, paths, read) for path in scaffold.neighbours)
    place = next((each for each in places if each is not None), None)
    place = NewModule(scaffold.path, None) if scaffold.path else place
    if place is None:
        text = _NO_PLACE.format(service=scaffold.service, module=scaffold.module)
        return _by_hand(title, text, scaffold.service)
    there = read(place.path)
    what = "python-service" if scaffold.path else "haskell-service"
    if there is not None and not is_ours(there):
        return _by_hand(title, _THERE.format(path=place.path, what=what), scaffold.service)
    creates, renewed = written({place.path: scaffold.text.encode()}, read)
    patch = about(Stage.PREPARE, Applicability.SAFE, title, _ADDS, scaffold.service, [])
    return replace(patch, edits=(*filter(None, [place.edit]), *renewed), creates=creates, area=place.path)


def _by_hand(title: str, text: str, service: str) -> Patch:
    patch = about(Stage.PREPARE, Applicability.MANUAL, f"{title}: by hand", text, service, [])
    return replace(patch, instructions=text)
