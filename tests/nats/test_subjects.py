"""The algebra of subjects, the escaping of names and the translation of patterns, against naive readings of the rules."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsscan.nats import escape, subjects
from natsscan.nats.topic import Filters, key_matches, translate

TOKENS = ["a", "b", "*"]
FILTERS = st.builds(
    lambda head, tail: ".".join(head + tail),
    st.lists(st.sampled_from(TOKENS), min_size=1, max_size=4),
    st.sampled_from([[], [">"]]),
) | st.just(">")
SUBJECTS = [".".join(words) for size in range(1, 6) for words in product("abc", repeat=size)]
NAMES = st.text(max_size=40)
PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "#"]), max_size=5).map(".".join)
KEYS = [".".join(words) for size in range(6) for words in product("abc", repeat=size)]


def naive(filter_: str, subject: str) -> bool:
    """Read token by token what docs.nats.io says of wildcards."""
    if filter_.endswith(">"):
        head = filter_.split(".")[:-1]
        words = subject.split(".")
        return len(words) > len(head) and naive(".".join([*head, "x"]), ".".join([*words[: len(head)], "x"]))
    pairs = list(zip(filter_.split("."), subject.split("."), strict=False))
    return filter_.count(".") == subject.count(".") and all(one in ("*", other) for one, other in pairs)


def naive_topic(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return naive_topic(pattern[1:], words) or bool(words and naive_topic(pattern, words[1:]))
    return bool(words) and pattern[0] in ("*", words[0]) and naive_topic(pattern[1:], words[1:])


def language(filter_: str) -> set[str]:
    return {subject for subject in SUBJECTS if naive(filter_, subject)}


@given(FILTERS, st.sampled_from(SUBJECTS))
def test_a_filter_takes_what_the_rules_say(filter_: str, subject: str) -> None:
    assert subjects.matches(filter_, subject) == naive(filter_, subject)


@settings(max_examples=300)
@given(FILTERS, FILTERS)
def test_subset_overlap_and_intersection_are_those_of_the_sets_of_subjects(one: str, other: str) -> None:
    both = language(one) & language(other)
    common = subjects.intersection(one, other)
    assert subjects.is_subset(one, other) == (language(one) <= language(other))
    assert subjects.overlap(one, other) == bool(both)
    assert (language(common) if common else set()) == both
    assert subjects.intersection(other, one) == common


@given(st.lists(FILTERS, max_size=5))
def test_dropping_subsets_takes_nothing_away(filters: list[str]) -> None:
    kept = subjects.without_subsets(filters)
    assert set().union(*map(language, kept)) == set().union(*map(language, filters))
    assert not any(one != other and subjects.is_subset(one, other) for one in kept for other in kept)


@given(FILTERS, FILTERS)
def test_a_cover_takes_what_either_takes(one: str, other: str) -> None:
    assert language(one) | language(other) <= language(subjects.cover(one, other))


@given(st.lists(FILTERS, max_size=4))
def test_filters_made_disjoint_take_no_less_and_share_nothing(filters: list[str]) -> None:
    found = subjects.disjoint(filters)
    assert set().union(*map(language, filters)) <= set().union(*map(language, found))
    assert not any(subjects.overlap(a, b) for at, a in enumerate(found) for b in found[at + 1 :])


@pytest.mark.parametrize(
    ("subject", "wildcards", "says"),
    [
        ("a.b", False, None),
        ("a.*.>", True, None),
        ("a..b", False, "empty token"),
        ("", False, "empty token"),
        ("a b", False, "space"),
        ("a.>.b", True, "last token"),
        ("a.*", False, "wildcard"),
        ("a" * 3000, False, "longer"),
    ],
)
def test_what_the_server_would_refuse_is_told(subject: str, wildcards: bool, says: str | None) -> None:
    told = subjects.problem(subject, wildcards=wildcards)
    assert told is None if says is None else says in (told or "")


@given(NAMES)
def test_every_word_comes_back_from_its_token(name: str) -> None:
    assert escape.word(escape.token(name)) == name
    assert subjects.problem(escape.token(name), wildcards=False) is None or len(name) > 500


@given(NAMES, NAMES)
def test_no_two_names_share_a_token_or_the_name_of_a_stream(one: str, other: str) -> None:
    assert (escape.token(one) == escape.token(other)) == (one == other)
    assert (escape.asset_name(one * 30) == escape.asset_name(other * 30)) == (one == other)
    assert escape.asset_name_problem(escape.asset_name(one * 30)) is None


@given(st.lists(st.text(alphabet="a.é *", max_size=4), max_size=4).map(".".join))
def test_every_key_comes_back_from_its_tokens(key: str) -> None:
    assert escape.key(escape.tokens(key)) == key


@pytest.mark.parametrize("token", ["a.b", "=", "=4", "=zz", "=41", "", "a b"])
def test_what_no_word_escapes_to_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="'"):
        escape.word(token)


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a>", "a/b", "a\\b", "a*", "x" * 256, "50%"])
def test_names_that_the_server_refuses_or_mistreats_are_told(name: str) -> None:
    assert escape.asset_name_problem(name)


def translated(pattern: str) -> Filters:
    return translate(
        "x.e", [each if each in ("*", "#") else escape.token(each) for each in pattern.split(".") if pattern]
    )


@settings(max_examples=300)
@given(PATTERNS)
def test_filters_take_every_key_of_a_pattern_and_if_exact_no_other(pattern: str) -> None:
    found = translated(pattern)
    for key in KEYS:
        words = key.split(".") if key else []
        wanted = naive_topic(pattern.split(".") if pattern else [], words)
        taken = any(naive(filter_, ".".join(["x.e", *words])) for filter_ in found.filters)
        assert key_matches(pattern, key) == wanted
        assert taken or not wanted
        assert not found.is_exact or taken == wanted
    assert subjects.without_subsets(found.filters) == tuple(sorted(found.filters))


@pytest.mark.parametrize(
    ("pattern", "filters"),
    [
        ("", ("x.e",)),
        ("#", ("x.e", "x.e.>")),
        ("a.#", ("x.e.a", "x.e.a.>")),
        ("*.#.*", ("x.e.*.>",)),
        ("a*", ("x.e.a=2A",)),
        ("a.>", ("x.e.a.=3E",)),
        ("a..b", ("x.e.a.=0.b",)),
        ("é.#", ("x.e.=C3=A9", "x.e.=C3=A9.>")),
        ("b.#.a.*", ("x.e.b.*.>",)),
    ],
)
def test_filters_read_as_the_reference_has_them(pattern: str, filters: tuple[str, ...]) -> None:
    assert translated(pattern).filters == filters
