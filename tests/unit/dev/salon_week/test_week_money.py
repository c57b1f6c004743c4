"""Every tenge of the week is of one sort, and what the books lack of it is counted."""

from decimal import Decimal

import pytest

from dev.salon_week.money import LINES, Account, add_up_moved, compare_accounts, describe_explained
from dev.simulator.altegio.week import Week, generate_week

SORTS = {"cash", "card", "mobile", *LINES.values()}


@pytest.fixture(scope="module")
def week() -> Week:
    return generate_week(2, vats=("auto", "none", "16"))


def test_what_moved_is_of_one_sort_each(week: Week) -> None:
    moved = add_up_moved(week)

    assert {sort for _, sort in moved} == SORTS
    assert all(moved[salon.company_id, "cash out"] == 60_000 * 7 for salon in week.salons)
    assert all(moved[salon.company_id, "cash in"] == 15_000 * 7 for salon in week.salons)
    assert all(amount > 0 for amount in moved.values())


def test_receipts_and_open_items_are_found_among_what_moved(week: Week) -> None:
    moved, by_hand = add_up_moved(week), week.salons[2].company_id

    assert moved[by_hand, "deposits"] == sum(one.amount for one in week.books.open_items)
    assert (week.salons[0].company_id, "deposits") not in moved


def test_what_the_books_lack_is_not_explained() -> None:
    moved = {(1, "cash"): Decimal(900), (1, "tips"): Decimal(100), (1, "fees"): Decimal(0)}

    assert describe_explained(compare_accounts(moved, moved)) == "explained 100 %, unexplained 0 tenge"
    assert describe_explained(compare_accounts(moved, {(1, "cash"): Decimal(900)})).startswith("explained 90.0 %")
    assert compare_accounts({}, {(1, "card"): Decimal(5)}) == [Account(1, "card", Decimal(0), Decimal(5))]
