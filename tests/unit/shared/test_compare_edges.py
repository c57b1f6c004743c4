"""Books at their edges: days that nobody asked for, several visits of several records, sums that agree by chance."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.books.compare import compare
from shared.books.model import BookedSale, Circumstances, DayBooks, Document, Material, Movement, Why
from shared.fiscal.statuses import PaymentKind

CASH, CARD = PaymentKind.CASH, PaymentKind.CARD
BEFORE, DAY = date(2026, 3, 1), date(2026, 3, 2)
FIRST, SECOND, THIRD, FOURTH, APART = (BookedSale(1, number, None) for number in (10, 11, 12, 13, 99))


def came(amount: int, sale: BookedSale = FIRST, day: date = DAY, *, loose: bool = False) -> Movement:
    return Movement(sale, day, CARD, Decimal(amount), is_loose=loose)


def receipt(
    amount: int, sale: BookedSale = FIRST, kind: PaymentKind = CARD, day: date = DAY, *, back: bool = False
) -> Document:
    return Document(sale, day, 7, "F7", back, {kind: Decimal(amount)}, 1, is_offline=False)


def read(movements: Sequence[Movement], documents: Sequence[Document], **more: Any) -> DayBooks:
    (day,) = compare(Material(movements, documents, [], **{"circumstances": {}, **more}), [DAY])
    return day


def name(day: DayBooks) -> list[tuple[BookedSale, Why]]:
    return [(one.subject, one.why) for one in day.differences]


class TestDaysNobodyAskedFor:
    """A sale is compared with its own payments, however many days apart."""

    def test_a_sale_of_two_days_is_shown_on_the_one_in_question(self) -> None:
        day = read([came(3000, day=BEFORE), came(1000)], [receipt(4000)])
        assert [(one.why, one.told, one.issued) for one in day.reasons] == [
            (Why.OTHER_DAY, {CARD: Decimal(1000)}, {CARD: Decimal(4000)})
        ]
        assert (day.told.total, day.issued.total, day.differences) == (1000, 4000, [])

    def test_a_sale_of_another_day_is_not_shown_at_all(self) -> None:
        day = read([came(3000, day=BEFORE)], [receipt(4000, day=BEFORE)])
        assert day.is_empty


class TestSeveralVisits:
    def test_each_is_taken_together_for_itself_and_other_sales_stay_as_they_are(self) -> None:
        paid = [came(9000), came(700, THIRD), came(50, APART)]
        made = [receipt(4000), receipt(5000, SECOND), receipt(300, THIRD), receipt(400, FOURTH), receipt(50, APART)]
        day = read(paid, made, joint=[(FIRST, SECOND), (THIRD, FOURTH)])
        assert (day.differences, day.reasons) == ([], [])

    def test_money_that_names_the_second_record_belongs_to_the_visit(self) -> None:
        assert name(read([came(4000, SECOND)], [receipt(4000)], joint=[(FIRST, SECOND)])) == []

    def test_a_receipt_of_another_sale_keeps_its_name(self) -> None:
        made = [receipt(9500), receipt(60, APART)]
        assert name(read([came(9000)], made, joint=[(FIRST, SECOND)])) == [(APART, Why.NO_PAYMENT), (FIRST, Why.OTHER_SUM)]


def test_the_same_sum_of_another_kind_is_another_kind_though_a_part_was_returned() -> None:
    made = [receipt(5000, kind=CASH), receipt(1000, kind=CASH, back=True)]
    assert name(read([came(4000)], made)) == [(FIRST, Why.OTHER_KIND)]


def test_money_that_belongs_to_nothing_and_stands_alone_has_no_receipt() -> None:
    """There is nothing else that agrees."""
    assert name(read([came(300, loose=True)], [])) == [(FIRST, Why.NO_RECEIPT)]


def test_returns_of_a_day_are_counted() -> None:
    made = [receipt(100), receipt(40, back=True), receipt(60, back=True)]
    day = read([came(100), came(-100)], made)
    assert (day.receipts, day.returns) == (1, 2)


@pytest.mark.parametrize("backwards", [False, True])
def test_reasons_come_by_their_name_then_by_salon_and_number(backwards: bool) -> None:
    known = {sale: Circumstances(is_open=True) for sale in (FIRST, SECOND)} | {THIRD: Circumstances(is_part_paid=True)}
    paid = [came(10, sale) for sale in (FIRST, SECOND, THIRD)]
    day = read(paid[::-1] if backwards else paid, [], circumstances=known)
    assert [(one.why, one.subject) for one in day.reasons] == [
        (Why.PART_PAID, THIRD),
        (Why.UNDER_WAY, FIRST),
        (Why.UNDER_WAY, SECOND),
    ]


def test_goods_come_before_the_first_visit_there_ever_was() -> None:
    visit, goods = BookedSale(1, 1, None), BookedSale(1, None, 4)
    assert name(read([came(10, visit), came(10, goods)], [])) == [(goods, Why.NO_RECEIPT), (visit, Why.NO_RECEIPT)]
