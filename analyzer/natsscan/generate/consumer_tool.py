"""A command that looks at the first message of a queue: its own modules, a table of queues, and the client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from natsscan.generate.compat_plan import Parts, PlannedQueue, part_text, planned_queue
from natsscan.generate.haskell import (
    CONSUMER_TOOL,
    PACKAGES,
    SOURCES,
    cabal_file,
    client_modules,
    fixed_modules,
    literal,
    module_names,
    module_path,
    with_crypton,
)
from natsscan.model.mapping import Mapping as Plan
from natsscan.model.marks import GENERATED
from natsscan.model.topology import SERVER_NAMED
from natsscan.nats.names import with_values

# What the package and the command are called.
PACKAGE = "nats-consumer"
_TABLE = "Network.NATS.Tools.Consumer.Table"
_PROGRAM = "app"


@dataclass(frozen=True, slots=True)
class KnownQueues:
    """The queues whose consumers follow from their names, each with its name as people read it, and the other names.

    Those of which more is known come first.
    """

    queues: tuple[tuple[str, PlannedQueue], ...]
    others: tuple[str, ...]


def known_queues(mapping: Plan) -> KnownQueues:
    """Return what of a mapping the command can be told of."""
    found: dict[str, PlannedQueue] = {}
    others = []
    for name in mapping.queues:
        queue = planned_queue(name, mapping)
        shown = with_values(name, mapping.holes)
        if queue is None or "{" in queue.stream:
            others += [] if name in ("", SERVER_NAMED) else [shown]
        else:
            found[shown] = queue
    return KnownQueues(tuple(sorted(found.items(), key=lambda each: (-_known(each[1].name), each[0]))), tuple(others))


def consumer_package(known: KnownQueues, *, crypton: bool = False) -> dict[str, str]:
    """Return the text of each file of the package, by its path in the package's folder.

    `crypton` tells that the code base has replaced cryptonite and what belongs to it.
    """
    own = fixed_modules("haskell-consumer") | {f"{SOURCES}/{module_path(_TABLE)}": _table(known)}
    files = own | {f"{SOURCES}/{path}": text for path, text in client_modules().items()}
    modules = (path.removeprefix(f"{SOURCES}/") for path in files if path.startswith(f"{SOURCES}/"))
    packages = with_crypton(PACKAGES) if crypton else PACKAGES
    synopsis = "Look at the first message of a queue on NATS, and drop it"
    component = _executable(module_names(modules))
    cabal = cabal_file(PACKAGE, CONSUMER_TOOL, synopsis, component, packages, "-Wall -threaded")
    return {f"{PACKAGE}.cabal": cabal} | {path: files[path] for path in sorted(files)}


def _known(parts: Parts) -> int:
    """Return how much of a name is known."""
    return sum(len(part or "") for part in parts)


def _table(known: KnownQueues) -> str:
    rows = [
        f"Queue {literal(shown)} {_parts(queue.name)} {literal(queue.stream)} {_parts(queue.consumer)}"
        for shown, queue in known.queues
    ]
    listed = ["table =", "  [ " + ",\n    ".join(rows) + "\n  ]"] if rows else ["table = []"]
    imports = "Network.NATS.Tools.Consumer.Queues" + ("" if rows else " (Queue)")
    return "\n".join(
        [
            f"-- {GENERATED} {CONSUMER_TOOL}; written anew when it runs again.",
            "{-# LANGUAGE OverloadedStrings #-}",
            "",
            "-- | Where the queues of this code base are, as @natsscan map@ plans it.",
            f"module {_TABLE} (table) where",
            "",
            f"import {imports}",
            "",
            "-- | The queues whose consumers follow from their names. Those of which more is known come first.",
            "table :: [Queue]",
            *listed,
            "",
        ]
    )


def _parts(parts: Parts) -> str:
    return f"[{', '.join(map(part_text, parts))}]"


def _executable(modules: Iterable[str]) -> list[str]:
    """Return how the component of the cabal file begins."""
    lines = [
        f"executable {PACKAGE}",
        "  main-is:          Main.hs",
        "  hs-source-dirs:",
        f"    {_PROGRAM}",
        f"    {SOURCES}",
        "",
    ]
    return [*lines, "  other-modules:", *(f"    {module}" for module in modules), ""]
