"""Sales that are no question come as sums: in the columns, in the counts and against the Z-reports like any others.

As `shared/books/model.py` has it: "sales of one day that agree in every way, a receipt each".
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.books.compare import compare
from shared.books.model import BookedSale, Document, Material, Movement, PlainSales, ShiftBooks, Source
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import read_report

CASH, CARD = PaymentKind.CASH, PaymentKind.CARD
BEFORE, DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
SALE, REGISTER = BookedSale(1, 10, None), "600900800700"


def plain(
    sums: dict[PaymentKind, int], count: int = 1, source: Source = Source.ALTEGIO, day: date = DAY, shift: int = 1
) -> PlainSales:
    return PlainSales(day, source, shift, REGISTER, count, amounts(sums))


def amounts(sums: dict[PaymentKind, int]) -> dict[PaymentKind, Decimal]:
    return {kind: Decimal(amount) for kind, amount in sums.items()}


def receipt(sums: dict[PaymentKind, int], day: date = DAY, *, back: bool = False) -> Document:
    return Document(SALE, day, 7, "F7", back, amounts(sums), 1, is_offline=False, registration=REGISTER)


def shift(sold: dict[int, int], count: int, returned: dict[int, int] | None = None, day: date = DAY) -> ShiftBooks:
    """A shift whose Z-report counts these sums by type of payment (0: cash, 1: card), and so many sales."""

    def section(sums: dict[int, int], documents: int) -> dict[str, Any]:
        parts = [{"Type": kind, "Sum": amount} for kind, amount in sums.items()]
        return {"PaymentsByTypesApiModel": parts, "Count": documents}

    report = {"Sell": section(sold, count), "ReturnSell": section(returned or {}, len(returned or {}))}
    return ShiftBooks(31, 1, day, read_report(report), registration=REGISTER)


def material(*sales: PlainSales, **more: Any) -> Material:
    return Material(**{"movements": [], "documents": [], "shifts": [], "circumstances": {}, **more}, plain=sales)


class TestColumns:
    def test_what_altegio_told_stands_in_its_column(self) -> None:
        (day,) = compare(material(plain({CARD: 4000, CASH: 500})), [DAY])
        assert day.told.sold == day.issued.sold == {CARD: Decimal(4000), CASH: Decimal(500)}
        assert (day.ours.kinds, day.untold.kinds, day.assumed) == (set(), set(), 0)

    def test_what_the_desk_took_stands_in_ours_and_was_told(self) -> None:
        (day,) = compare(material(plain({CARD: 4000, CASH: 500}, source=Source.DESK)), [DAY])
        assert day.ours.sold == day.issued.sold == {CARD: Decimal(4000), CASH: Decimal(500)}
        assert (day.told.kinds, day.untold.kinds, day.assumed) == (set(), set(), 0)

    def test_what_nobody_told_stands_in_ours_and_is_assumed(self) -> None:
        (day,) = compare(material(plain({CARD: 4000, CASH: 500}, source=Source.ASSUMED)), [DAY])
        assert day.ours.sold == day.untold.sold == day.issued.sold == {CARD: Decimal(4000), CASH: Decimal(500)}
        assert (day.told.kinds, day.assumed) == (set(), 4500)

    def test_they_add_to_what_was_read_one_by_one(self) -> None:
        paid = [Movement(SALE, DAY, CARD, Decimal(300))]
        sales = (plain({CARD: 4000}), plain({CARD: 70}, source=Source.DESK), plain({CARD: 5}, source=Source.ASSUMED))
        (day,) = compare(material(*sales, movements=paid, documents=[receipt({CARD: 300})]), [DAY])
        assert (day.told.net(CARD), day.ours.net(CARD), day.untold.net(CARD)) == (4300, 75, 5)
        assert (day.issued.net(CARD), day.receipts, day.difference_count) == (4375, 4, 0)

    def test_days_that_nobody_asked_for_are_passed_over_and_those_behind_them_are_not(self) -> None:
        sales = (plain({CARD: 1}, day=BEFORE), plain({CARD: 20}, 2), plain({CARD: 300}, 3, day=NEXT))
        days = compare(material(*sales), [NEXT, DAY])
        assert [(one.day, one.told.total, one.issued.total, one.receipts) for one in days] == [
            (NEXT, 300, 300, 3),
            (DAY, 20, 20, 2),
        ]


class TestCounts:
    def test_each_sale_has_a_receipt_and_none_is_a_return(self) -> None:
        documents = [receipt({CARD: 10}), receipt({CARD: 4}, back=True), receipt({CARD: 6}, back=True)]
        (day,) = compare(material(plain({CARD: 4000}, 3), plain({CASH: 1}, 2), documents=documents), [DAY])
        assert (day.receipts, day.returns, day.offline) == (6, 2, [])

    def test_a_shift_with_a_report_is_counted(self) -> None:
        (day,) = compare(material(plain({CARD: 4000, CASH: 500}, 3), shifts=[shift({1: 4000, 0: 500}, 3)]), [DAY])
        assert day.counted.sold == {CARD: Decimal(4000), CASH: Decimal(500)}
        assert (day.uncounted, day.missing_reports, day.shift_differences) == (0, set(), [])

    def test_a_shift_without_one_is_missed_by_its_number(self) -> None:
        open_one = ShiftBooks(32, 2, DAY, None, registration=REGISTER)
        sales = (plain({CARD: 4000, CASH: 500}, 3, shift=2), plain({CARD: 100}, shift=3))
        (day,) = compare(material(*sales, shifts=[open_one, shift({}, 0)]), [DAY])
        assert (day.missing_reports, day.uncounted, day.counted.kinds) == ({2, 3}, 4600, set())

    def test_a_shift_of_another_registration_is_another_shift(self) -> None:
        (day,) = compare(material(plain({CARD: 4000}), shifts=[replace(shift({}, 0), registration="other")]), [DAY])
        assert (day.missing_reports, day.uncounted, day.shift_differences) == ({1}, 4000, [])

    def test_a_return_of_a_shift_without_a_report_takes_off_what_is_not_counted(self) -> None:
        documents = [receipt({CARD: 100}), receipt({CARD: 30, CASH: 5}, back=True)]
        (day,) = compare(material(plain({CARD: 1000}), documents=documents), [DAY])
        assert (day.uncounted, day.missing_reports) == (1065, {1})
        assert (day.issued.sold, day.issued.returned) == ({CARD: Decimal(1100)}, {CARD: Decimal(30), CASH: Decimal(5)})


class TestShifts:
    def test_a_report_is_held_against_all_receipts_of_its_shift_of_both_kinds(self) -> None:
        """Sold by card 4000 and 200, returned 50 of it, sold for cash 500: the report has 7 more in cash, and a sale."""
        documents = [receipt({CARD: 200}), receipt({CARD: 50}, back=True)]
        counted = shift({1: 4200, 0: 507}, 5, {1: 50})
        (day,) = compare(material(plain({CARD: 4000, CASH: 500}, 3), documents=documents, shifts=[counted]), [DAY])
        (difference,) = day.shift_differences
        assert (difference.amounts, difference.documents) == ({CASH: Decimal(7)}, 1)
        assert (day.counted.net(CARD), day.counted.net(CASH)) == (4150, 507)

    @pytest.mark.parametrize("day", [DAY, NEXT])
    def test_a_shift_over_midnight_has_the_sales_of_both_days(self, day: date) -> None:
        """Each day counts its own, whether or not the other is looked at; the report differs in nothing."""
        sales = (plain({CARD: 4000}, 2), plain({CARD: 300}, 1, day=NEXT), plain({CASH: 9}, 1, Source.DESK, day=NEXT))
        (one,) = compare(material(*sales, shifts=[shift({1: 4300, 0: 9}, 4)]), [day])
        assert (one.counted.total, one.uncounted, one.difference_count) == (4000 if day == DAY else 309, 0, 0)

    def test_one_sale_less_than_the_report_is_a_difference_of_one(self) -> None:
        (day,) = compare(material(plain({CARD: 4000}, 2), shifts=[shift({1: 4000}, 3)]), [DAY])
        assert [(one.amounts, one.documents) for one in day.shift_differences] == [({}, 1)]


@pytest.mark.parametrize("source", Source)
def test_plain_sales_are_no_empty_day(source: Source) -> None:
    one, other = compare(material(plain({CARD: 1}, source=source)), [DAY, NEXT])
    assert (one.is_empty, other.is_empty, one.difference_count) == (False, True, 0)
