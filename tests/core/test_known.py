from __future__ import annotations

from natsscan.core.known import joined
from natsscan.core.value import MAX_ALTERNATIVES, TOO_MUCH, Choice, Text


def test_alternatives_of_alternatives_stay_within_the_bound() -> None:
    either = Choice((Text("a"), Text("b"), Text("c")))
    found = joined((either,) * 40)
    assert isinstance(found, Choice)
    assert len(found.values) == MAX_ALTERNATIVES
    assert found.values[-1] == TOO_MUCH


def test_few_alternatives_are_all_there() -> None:
    found = joined((Choice((Text("new"), Text("old"))), Text("."), Choice((Text("eu"), Text("us")))))
    assert isinstance(found, Choice)
    assert {value.text for value in found.values if isinstance(value, Text)} == {"new.eu", "new.us", "old.eu", "old.us"}
