"""All files of a mapping, by path below the folder they go to."""

from __future__ import annotations

import json

from natsscan.model.mapping import Config, Mapping
from natsscan.nats.artifacts import asyncapi, document, nack, server
from natsscan.nats.artifacts.subjects import SUBJECTS_FILE, render_subjects
from natsscan.nats.decisions import Decisions


def render(mapping: Mapping, decisions: Decisions, vhosts: tuple[str, ...], title: str) -> dict[str, str]:
    """Return the text of each file. `vhosts` are the virtual hosts that the code names."""
    assets: dict[str, str] = {f"streams/{s.name}.json": _json(s.config) for s in mapping.streams}
    assets |= {f"consumers/{c.stream}/{c.name}.json": _json(c.config) for c in mapping.consumers}
    files = {
        **assets,
        "nack.yaml": nack.render(mapping),
        "nats-server.conf": server.render(mapping, vhosts),
        "asyncapi.yaml": asyncapi.render(mapping, title),
        "mapping.md": document.render(mapping, title),
    }
    return {SUBJECTS_FILE: render_subjects(mapping, tuple(sorted(assets)), decisions), **dict(sorted(files.items()))}


def _json(config: Config) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"
