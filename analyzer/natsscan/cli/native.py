"""What the route to NATS itself puts beside code, for the command that offers it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from natsscan.model.source import FileKind
from natsscan.model.usage import Operation

if TYPE_CHECKING:
    from natsscan.cli.mapping import Mapped
    from natsscan.cli.opened import Opened
    from natsscan.cli.service import Made
    from natsscan.model.span import Span
    from natsscan.patches.native import Native, Scaffold

_ENSURING = (Operation.DECLARE_QUEUE, Operation.BIND)
_CONSUMING = (Operation.CONSUME, Operation.GET)
_AGAIN = "`await delivery.nak(delay)` has it delivered again"
# What a Python module has for what becomes of messages, and for what is the same wherever it is done.
_SETTLES = {
    Operation.ACK: "Call `await delivery.ack()` of what the handler gets.",
    Operation.REJECT: f"Of what the handler gets {_AGAIN}, and `await delivery.term()` rejects it, as a dead letter if "
    "the queue has any.",
    Operation.RECOVER: f"Of what the handler gets {_AGAIN}.",
    Operation.QOS: "Give it as `prefetch` to the function that consumes.",
}
_WORDS = {Operation.CONNECT: "connect"} | dict.fromkeys((*_ENSURING, Operation.DECLARE_EXCHANGE), "ensure")


def native_of(opened: Opened, found: Mapped, server_version: str | None, subjects: Path | None) -> Native:
    """Return the client as a package, and the modules of the services in scope; `found` is the mapping of that."""
    from natsscan.cli.service import haskell_services, python_services
    from natsscan.generate.haskell import CLIENT_PACKAGE, client_package
    from natsscan.patches.native import Native
    from natsscan.pipeline.layer import builds_with_crypton

    languages = {finding.usage.language for finding in found.report.findings}  # also of code that is on a layer already
    haskell = FileKind.HASKELL in languages
    crypton = haskell and builds_with_crypton(opened.project, opened.catalog, opened.options)
    client = client_package(crypton=crypton) if haskell else {}
    scaffolds: list[Scaffold] = []
    if haskell:
        scaffolds += [_haskell(made) for made in haskell_services(opened, server_version, subjects, found)]
    if FileKind.PYTHON in languages:
        waits = frozenset(library.id for library in opened.catalog.python.libraries if library.asyncio)
        scaffolds += [_python(made, waits) for made in python_services(opened, server_version, subjects, found)]
    return Native(CLIENT_PACKAGE, client, tuple(scaffolds))


def _haskell(made: Made) -> Scaffold:
    from natsscan.patches.native import Scaffold

    return Scaffold(made.service.name, made.module, made.text, _functions(made), made.speaking)


def _python(made: Made, waits: frozenset[str]) -> Scaffold:
    from natsscan.patches.native import Scaffold

    return Scaffold(
        made.service.name,
        made.module,
        made.text,
        _functions(made),
        path=made.place,
        settles=_SETTLES if any(queue.consumes for queue in made.service.queues) else {},
        words=_WORDS,
        waits=waits,
    )


def _functions(made: Made) -> dict[tuple[Span, Operation], str]:
    """Return what to call in the place of what a service does, by where it does it."""
    found: dict[tuple[Span, Operation], str] = {}
    for sending in made.service.sendings:
        found |= {(span, Operation.PUBLISH): sending.name for plan in sending.plans for span in plan.at}
    for queue in made.service.queues:
        ensure, consume = made.calls[queue.stem]
        for span in queue.flow.plan.at:
            found |= {(span, operation): ensure for operation in _ENSURING}
            found |= {(span, operation): consume for operation in _CONSUMING if queue.consumes}
    return found
