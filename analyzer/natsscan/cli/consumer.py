"""The command that looks at the first message of a queue, for the command that writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from natsscan.model.errors import InputError

if TYPE_CHECKING:
    from natsscan.cli.opened import Opened
    from natsscan.generate.consumer_tool import KnownQueues

_PROJECT = "cabal.project"


def consumer_tool(
    opened: Opened, server_version: str | None, subjects: Path | None
) -> tuple[dict[str, str], KnownQueues]:
    """Return the package by path below its folder, and the queues it knows. Raises InputError if there is no queue."""
    from natsscan.cli.layer import map_with_layer
    from natsscan.generate.consumer_tool import consumer_package, known_queues
    from natsscan.pipeline.layer import builds_with_crypton

    mapping = map_with_layer(opened, opened.project.scope, server_version, subjects).mapping
    if not mapping.consumers:
        raise InputError("no queue is declared or consumed here, so there is nothing to look at")
    known = known_queues(mapping)
    crypton = builds_with_crypton(opened.project, opened.catalog, opened.options)
    return consumer_package(known, crypton=crypton), known


def next_steps(folder: Path, known: KnownQueues) -> list[str]:
    """Return what the table has, and what is to be done with the package, line by line."""
    from natsscan.generate.consumer_tool import PACKAGE

    lines = ["", f"The queues it knows by name: {', '.join(shown for shown, _ in known.queues) or 'none'}"]
    if known.others:
        lines.append(f"Those that --stream and --consumer are for: {', '.join(known.others)}")
    own = folder.resolve()
    root = next((each for each in own.parents if (each / _PROJECT).is_file()), None)
    path = own.relative_to(root).as_posix() if root is not None else folder.as_posix()
    nix = f'{PACKAGE} = haskellPackages.callCabal2nix "{PACKAGE}" ./{path.strip("/")} {{ }};'
    is_named = root is not None and path in (root / _PROJECT).read_text(encoding="utf-8", errors="replace")
    named = f"{_PROJECT} names {path}/ already" if is_named else f"Next, name {path}/ in {_PROJECT}"
    return [*lines, f"{named}; with Nix: {nix}"]
