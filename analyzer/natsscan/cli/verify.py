from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.options import Given, need_subjects, scan_options, server_version_option, subjects_option
from natsscan.model.errors import InputError

if TYPE_CHECKING:
    from natsscan.model.mapping import Mapping
    from natsscan.nats.proof.samples import Trial
    from natsscan.nats.proof.trial import Outcome

DIFFERS = 1


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@subjects_option
@click.option("--nats-server", type=click.Path(path_type=Path), metavar="FILE", help="The nats-server to start.")
@click.option("--url", metavar="URL", help="A running NATS server with JetStream; nothing is started.")
@click.option(
    "--rabbitmq", metavar="URL", help="A RabbitMQ to send the same messages through, such as amqp://localhost."
)
@server_version_option
@scan_options
def verify_command(
    paths: tuple[Path, ...],
    subjects: Path | None,
    nats_server: Path | None,
    url: str | None,
    rabbitmq: str | None,
    server_version: str | None,
    given: Given,
) -> int:
    """Prove on a real server that messages go the same ways on NATS.

    Starts NATS servers on loopback with their data in a temporary folder, sets up what `natsscan map` writes, publishes
    for each publisher, and compares who received with what AMQP says. Exits with 1 if anything differs.
    """
    from natsscan.cli.mapping import map_paths
    from natsscan.cli.outputs import terminal
    from natsscan.model.proof import Proof, Verdict
    from natsscan.reports.proof import render

    _need_clients(rabbitmq)
    if nats_server and url:
        raise click.UsageError("--nats-server and --url exclude each other", ctx=click.get_current_context())
    need_subjects(subjects)
    if rabbitmq:
        from natsscan.nats.proof import rabbit

        rabbit.connect(rabbitmq).close()  # before all that takes its time
    from natsscan.nats.proof.samples import make_trial

    found = map_paths(paths, given, server_version, subjects)
    trial = make_trial(found.report.topology, found.mapping)
    if not trial.instances:
        raise InputError("no queue is declared or consumed here, so there is nothing to prove")
    outcome, version = _run(found.mapping, trial, nats_server, url)
    proofs: list[Proof] = list(outcome.proofs)
    servers = f"nats-server {version}"
    if rabbitmq:
        got = rabbit.deliveries(rabbitmq, trial.broker, [(sample.exchange, sample.key) for sample in trial.samples])
        proofs += rabbit.compare(trial, got, outcome.deliveries)
        servers += " and RabbitMQ"
    width, colour = terminal()
    sys.stdout.write(render(tuple(proofs), servers, width, colour))
    return DIFFERS if any(proof.verdict is Verdict.DIFFERS for proof in proofs) else 0


def _run(mapping: Mapping, trial: Trial, program: Path | None, url: str | None) -> tuple[Outcome, str]:
    from natsscan.nats.proof.server import ConnectionLostError, find_server, running

    if url is not None:
        try:
            return asyncio.run(_try(url, mapping, trial, replicas=False, is_ours=False))
        except ConnectionLostError as error:
            raise InputError(f"{error}; see --url") from error
    nodes = max((n for s in mapping.streams if isinstance(n := s.config.get("num_replicas"), int)), default=1)
    with running(find_server(program), nodes) as urls:
        return asyncio.run(_try(urls, mapping, trial, replicas=True, is_ours=True))


async def _try(urls: str, mapping: Mapping, trial: Trial, *, replicas: bool, is_ours: bool) -> tuple[Outcome, str]:
    from natsscan.model.mapping import Version
    from natsscan.nats.proof.jetstream import JetStream
    from natsscan.nats.proof.trial import try_mapping

    server = await JetStream.connect(urls)
    try:
        found = Version.parse(server.version)
        if found < mapping.least_version:
            raise InputError(
                f"the server is {server.version}, the mapping needs {mapping.least_version}; "
                f"map for this one: --server-version {found}"
            )
        if not is_ours:
            taken = [plan.name for plan in mapping.streams if await server.has_stream(plan.name)]
            if taken:
                raise InputError(f"--url {urls}: has streams {', '.join(taken)} already; give an account without them")
        return await try_mapping(server, mapping, trial, replicas=replicas), server.version
    finally:
        await server.close()


def _need_clients(rabbitmq: str | None) -> None:
    from importlib.util import find_spec

    wanted = ["nats", *(["pika"] if rabbitmq else [])]
    if any(find_spec(name) is None for name in wanted):
        raise InputError("verify talks to brokers; install what it needs with: pip install 'natsscan[verify]'")
