"""Finding the filters that overlap one, among many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natsscan.nats.filters import Filters
from natsscan.nats.subjects import overlap

WORDS = st.sampled_from(["a", "b", "*"])
FILTERS = st.builds(
    lambda words, rest: ".".join([*words, *rest]), st.lists(WORDS, min_size=1, max_size=3), st.sampled_from([[], [">"]])
) | st.just(">")


@given(st.lists(FILTERS, max_size=12), FILTERS)
def test_those_are_found_that_overlap(known: list[str], wanted: str) -> None:
    filters: Filters[int] = Filters()
    for at, each in enumerate(known):
        filters.add(each, at)
    assert sorted(filters.overlapping(wanted)) == [at for at, each in enumerate(known) if overlap(each, wanted)]
