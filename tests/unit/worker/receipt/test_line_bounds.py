"""Lines at their bounds: the largest figures, nothing taken off, and the words on what cannot be built."""

from decimal import Decimal
from typing import Any

import pytest

from shared.fiscal.statuses import PaymentKind
from tests.unit.material import flat, make_record
from worker.receipt.lines import (
    CannotBuild,
    Line,
    build_draft,
    build_prepaid_lines,
    build_record_lines,
    price_record,
)

MOST = 999_999_999


def build_one(**service: Any) -> Line:
    (line,) = build_record_lines(make_record(services=[{"title": "Стрижка", **service}]))
    return line


@pytest.mark.parametrize(
    ("service", "built"),
    [
        # 0.33 × 0.5 is 0.165, so 0.17: the list price explains the total, nothing is raised.
        pytest.param({"cost_per_unit": "0.33", "amount": "0.5", "cost": "0.17"}, ("0.33", "0.00"), id="no-discount"),
        pytest.param({"cost_per_unit": MOST, "cost": 1}, (f"{MOST}.00", f"{MOST - 1}.00"), id="largest-price"),
        pytest.param(
            {"cost_per_unit": MOST, "amount": 2, "cost": MOST}, (f"{MOST}.00", f"{MOST}.00"), id="largest-discount"
        ),
    ],
)
def test_a_list_price_is_kept_where_a_receipt_can_hold_it(service: dict[str, Any], built: tuple[str, str]) -> None:
    line = build_one(**service)
    assert (str(line.price), str(line.discount)) == built


@pytest.mark.parametrize(
    ("amount", "count"),
    [("10", "10"), ("10.000", "10"), ("1000", "1000"), ("2.500", "2.5"), ("4294967.295", "4294967.295")],
)
def test_a_count_is_written_plainly_up_to_the_largest(amount: str, count: str) -> None:
    assert str(build_one(amount=amount, cost=1).count) == count


def test_a_price_without_a_count_is_that_of_one() -> None:
    line = build_one(cost_per_unit=500)
    assert (line.count, line.total) == (1, 500)


def test_goods_of_a_visit_are_known_by_their_product_where_only_it_is_told() -> None:
    goods = {"title": "Крем", "amount": -1, "cost": 900}
    record = make_record(services=[], goods_transactions=[goods | {"good": {"id": 7}}, goods | {"good_id": 8}])
    assert [line.item_id for line in build_record_lines(record)] == [7, 8]


@pytest.mark.parametrize("word", ["cost", "cost_to_pay"])
def test_what_a_visit_costs_may_be_told_in_hundredths(word: str) -> None:
    record = make_record(services=[{"title": "Стрижка", "cost": 400000, word: 350000}])
    cost = price_record(record, amounts_in_tiyn=True)
    assert (cost.asked, cost.full) == (3500, 3500 if word == "cost" else 4000)


@pytest.mark.parametrize("letters", [114, 115])
def test_a_cut_name_ends_neither_with_a_space_nor_begins_elsewhere(letters: int) -> None:
    """128 letters with "Предоплата: ", of which the last may be the space behind a comma."""
    record = make_record(services=[{"title": "я" * letters, "cost": 10}, {"title": "Стрижка", "cost": 10}])
    (line,) = build_prepaid_lines(record, Decimal(10), flat(None))
    assert line.name == f"Предоплата: {'я' * letters},"


def test_the_words_on_sums_that_do_not_agree() -> None:
    lines = (build_one(cost=4000),)
    with pytest.raises(CannotBuild, match=r"^lines add up to 4000\.00 ₸, payments to 3999\.99 ₸$"):
        build_draft(lines, {PaymentKind.CASH: Decimal("3999.99")}, flat(None))


def test_the_words_on_a_receipt_that_would_be_too_large() -> None:
    lines = (build_one(cost=MOST), build_one(cost=1))
    with pytest.raises(CannotBuild, match=r"^1000000000\.00 ₸ is more than a receipt can hold$"):
        build_draft(lines, {PaymentKind.CARD: Decimal(MOST + 1)}, flat(None))


def test_goods_of_a_visit_that_have_no_price_are_named() -> None:
    record = make_record(services=[], goods_transactions=[{"title": "Крем", "cost": 9}, {"title": "Маска", "amount": -1}])
    with pytest.raises(CannotBuild, match=r"^goods_transactions\.1 has no cost$"):
        build_record_lines(record)


@pytest.mark.parametrize("length", range(6, 17))
def test_only_digits_of_the_lengths_of_a_gtin_are_a_code(length: int) -> None:
    """Salons write articles of their own into the barcode."""
    digits = "1" * length
    goods = {"title": "Крем", "amount": -1, "cost": 900, "barcode": digits, "ntin": digits}
    (line,) = build_record_lines(make_record(services=[], goods_transactions=[goods]))
    assert (line.barcode, line.national_code) == ((digits,) * 2 if length in (8, 12, 13, 14) else (None, None))
