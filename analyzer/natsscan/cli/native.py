"""What the route to NATS itself puts beside code, for the command that offers it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from natsscan.cli.mapping import Mapped
    from natsscan.cli.opened import Opened
    from natsscan.patches.native import Native


def native_of(opened: Opened, found: Mapped, server_version: str | None, subjects: Path | None) -> Native:
    """Return the client as a package, and the modules of the services in scope; `found` is the mapping of that."""
    from natsscan.cli.service import haskell_services
    from natsscan.generate.haskell import CLIENT_PACKAGE, client_package
    from natsscan.patches.native import Native, Scaffold
    from natsscan.pipeline.layer import builds_with_crypton

    crypton = builds_with_crypton(opened.project, opened.catalog, opened.options)
    scaffolds = tuple(
        Scaffold(
            made.service.name,
            made.module,
            made.text,
            made.speaking,
            {span: each.name for each in made.service.sendings for plan in each.plans for span in plan.at},
            {span: queue.stem for queue in made.service.queues for span in queue.flow.plan.at},
            frozenset(queue.stem for queue in made.service.queues if queue.consumes),
        )
        for made in haskell_services(opened, server_version, subjects, found)
    )
    return Native(CLIENT_PACKAGE, client_package(crypton=crypton), scaffolds)
