"""The services of orders-mini run: what they do on RabbitMQ is what they have to do anywhere."""

from __future__ import annotations

import pytest

from tests.python_flow.scenario import CRASH, CRASHED, LAST, ORDERS, POISON, PRICES, SOURCE, Outcome, scenario

GOOD = [each for each in (*ORDERS, LAST) if each["id"] != POISON]
IDS = [each["id"] for each in GOOD]


@pytest.mark.parametrize("where", ["on_rabbitmq", "on_nats"])
def test_services_lose_nothing(where: str, request: pytest.FixtureRequest) -> None:
    outcome = scenario(request.getfixturevalue(where))
    every_good_order_is_in_the_ledger(outcome)
    first_deliveries_are_in_order(outcome)
    what_the_worker_died_of_comes_again(outcome)
    poison_is_a_dead_letter_once(outcome)
    the_shop_knows_what_was_not_placed(outcome)
    the_warehouse_ends_when_told_to(outcome)


def every_good_order_is_in_the_ledger(outcome: Outcome) -> None:
    """With the price that the shop was told, and nothing else."""
    found = {(each.id, each.country, each.total, each.source) for each in outcome.ledger}
    assert found == {(each["id"], each["country"], each["quantity"] * PRICES[each["product"]], SOURCE) for each in GOOD}


def first_deliveries_are_in_order(outcome: Outcome) -> None:
    """What a broker held for the worker that died may come later, and is marked as delivered again."""
    first = [each.id for each in outcome.ledger if not each.redelivered]
    assert first == [each for each in IDS if each in first]
    before = IDS[: IDS.index(CRASH)]
    assert first[: len(before)] == before


def what_the_worker_died_of_comes_again(outcome: Outcome) -> None:
    assert outcome.exits["worker"] == CRASHED
    assert {each.redelivered for each in outcome.ledger if each.id == CRASH} == {True}


def poison_is_a_dead_letter_once(outcome: Outcome) -> None:
    (poison,) = (each for each in ORDERS if each["id"] == POISON)
    (letter,) = outcome.dead
    assert (letter.id, letter.source) == (POISON, SOURCE)
    assert letter.order == {**poison, "unit_price": PRICES[poison["product"]]}


def the_shop_knows_what_was_not_placed(outcome: Outcome) -> None:
    """Nobody is there; all is well; one goes where nobody takes orders, and one is not for sale."""
    assert outcome.placed == {"shop alone": "0 of 1", "shop": "30 of 30", "shop later": "1 of 3"}
    assert [outcome.exits[name] for name in outcome.placed] == [1, 0, 1]


def the_warehouse_ends_when_told_to(outcome: Outcome) -> None:
    assert [outcome.exits[name] for name in ("worker again", "desk")] == [0, 0]
