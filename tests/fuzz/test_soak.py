"""A few rounds of the soak, which is there to be run for longer by hand."""

from __future__ import annotations

import pytest

from tests.soak import run_round


@pytest.mark.parametrize("number", range(5))
def test_no_damage_to_a_project_ends_a_command_otherwise_than_documented(number: int) -> None:
    run_round(7, number)
