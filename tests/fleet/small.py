"""Fleets of small repositories in Python, each of which sends to the next."""

from __future__ import annotations

from pathlib import Path

from tests.fleet.synthetic import git

PROGRAM = """\
import pika

channel = pika.BlockingConnection().channel()
channel.queue_declare("{own}", durable=True)
channel.basic_publish("", "{next}", b"")
channel.basic_consume("{own}", print, auto_ack=False)
"""


def write(folder: Path, count: int) -> list[str]:
    """Write repositories whose queues make a ring; return their names."""
    names = [f"shop{at:02}" for at in range(count)]
    for at, name in enumerate(names):
        write_one(folder / name, PROGRAM.format(own=f"jobs-of-{name}", next=f"jobs-of-{names[(at + 1) % count]}"))
    return names


def write_one(root: Path, program: str) -> None:
    root.mkdir(parents=True)
    (root / "run.py").write_text(program)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "all of it")
