"""What can be made, and the files of each."""

from __future__ import annotations

import json

from natsscan.generate import dashboard
from natsscan.generate.facts import Facts, Stream
from natsscan.generate.metrics import core, js
from natsscan.generate.text import environment
from natsscan.model.mapping import Config

FILES: dict[str, tuple[str, ...]] = {
    "connection-test": ("connection-test.sh",),
    "alerts": ("alerts.yaml",),
    "dashboard": ("dashboard.json",),
    "runbook": ("runbook.md",),
    "rollback": ("rollback.md", "rollback.sh"),
    "dual-write": ("dual-write.md",),
    "benchmark": ("benchmark.md", "benchmark.sh"),
    "troubleshooting": ("troubleshooting.md",),
}
EVERYTHING = "all"
_MOST_IN_WORK = 500
_NOT_OF_STREAM = ("sources", "subjects", "name", "max_msgs", "max_bytes", "max_msgs_per_subject", "max_consumers")
_NOT_OF_CONSUMER = ("filter_subjects", "name", "inactive_threshold", "deliver_subject", "deliver_group")


def names_of(what: str) -> tuple[str, ...]:
    """Return the names of the files of one thing to make, or of everything."""
    return FILES[what] if what != EVERYTHING else tuple(name for names in FILES.values() for name in names)


def render(what: str, facts: Facts) -> dict[str, str]:
    """Return the text of each file; all of them have marks.GENERATED in them."""
    return {name: _file(name, facts) for name in names_of(what)}


def _file(name: str, facts: Facts) -> str:
    template = name.replace(".json", ".yaml")
    made = environment("." + template.rpartition(".")[2])
    made.globals |= {"core": core, "js": js, "batch": _batch}
    made.globals |= {"bench_stream": _bench_stream, "bench_consumer": _bench_consumer}
    text = made.get_template(template).render(facts=facts)
    return dashboard.render(text, facts.title) if name.endswith(".json") else text


def _batch(stream: Stream) -> int:
    """Return how many messages are in work at once, the most of all consumers of a stream."""
    limits = [flow.max_ack_pending or _MOST_IN_WORK for flow in stream.flows]
    return min(max(limits, default=_MOST_IN_WORK), _MOST_IN_WORK)


def _bench_stream(stream: Stream) -> str:
    """Return the configuration of a scratch stream like one of the mapping, without its limits: no message is to go."""
    config = {name: value for name, value in stream.plan.config.items() if name not in _NOT_OF_STREAM}
    return _json({"name": f"BENCH_{stream.name}", "subjects": [f"bench.{stream.name}"], **config})


def _bench_consumer(stream: Stream) -> str:
    """Return the configuration of a scratch consumer like the first that is to stay, else like the first."""
    flow = next((flow for flow in stream.flows if flow.plan.is_durable), stream.flows[0])
    config = {name: value for name, value in flow.plan.config.items() if name not in _NOT_OF_CONSUMER}
    limit = {"max_ack_pending": flow.max_ack_pending} if flow.max_ack_pending else {}
    return _json(config | {"durable_name": "bench", "filter_subject": f"bench.{stream.name}", **limit})


def _json(config: Config) -> str:
    return json.dumps(config, ensure_ascii=False)
