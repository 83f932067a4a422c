"""A run that is ended while it writes leaves each file wholly old or wholly new, and the next one does the rest."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.kill import Subject, end_once, subject

TASKS = "image: {{ .Values.image }}\nenv:\n  - name: RABBITMQ_USERNAME\n    value: guest\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("killed")
    tree = folder / "before"
    for number in range(40):
        service = tree / f"services/one{number}"
        service.mkdir(parents=True)
        (service / "settings.yaml").write_text(f"port: {number}\nrabbitmq:\n  host: rabbitmq\n  port: 5672\n")
    (tree / "natsscan.toml").write_text("")
    return subject(tree, folder)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_ended_while_it_writes(number: signal.Signals, small: Subject, tmp_path: Path) -> None:
    assert len(small.changed) == 40
    chance = random.Random(number)
    for writing in (True, False):
        end_once(small, tmp_path, number, chance, writing=writing)
