"""Z-reports against receipts, silent salons over several days, and what staff corrected."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.books.compare import compare
from shared.books.model import (
    BookedSale,
    Circumstances,
    DayBooks,
    DeadLetter,
    Document,
    Entry,
    Material,
    Movement,
    OtherMoney,
    ShiftBooks,
    ShiftDifference,
    Why,
)
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import read_report

CASH, CARD, MOBILE = PaymentKind.CASH, PaymentKind.CARD, PaymentKind.MOBILE
TYPES = {CASH: 0, CARD: 1, MOBILE: 4}
BEFORE, DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
FIRST, SECOND = BookedSale(1, 10, None), BookedSale(1, 11, None)


def receipt(
    sums: dict[PaymentKind, int], sale: BookedSale = FIRST, day: date = DAY, *, back: bool = False, shift: int | None = 1
) -> Document:
    amounts = {kind: Decimal(amount) for kind, amount in sums.items()}
    return Document(sale, day, 7, "F7", back, amounts, shift, is_offline=False)


def shift(sold: dict[int, int], returned: dict[int, int], count: tuple[int, int], day: date = DAY) -> ShiftBooks:
    """A shift whose Z-report counts these sums by type of payment, and so many sales and returns."""

    def section(sums: dict[int, int], documents: int) -> dict[str, Any]:
        parts = [{"Type": kind, "Sum": amount} for kind, amount in sums.items()]
        return {"PaymentsByTypesApiModel": parts, "Count": documents}

    report = {"Sell": section(sold, count[0]), "ReturnSell": section(returned, count[1])}
    return ShiftBooks(31, 1, day, read_report(report))


def read(material: Material, *days: date) -> list[DayBooks]:
    return compare(replace(material, silent=frozenset({1})), days or (DAY,))


class TestShifts:
    def test_a_difference_is_told_per_kind_with_its_sign(self) -> None:
        """Webkassa counts 600 in cash of 1000, and 900 by card of which we know 500; mobile agrees."""
        made = [receipt({CASH: 1000, CARD: 500, MOBILE: 50}), receipt({CARD: 100}, SECOND, back=True)]
        counted = shift({0: 700, 1: 1000, 4: 50}, {0: 100, 1: 200}, (3, 1))
        (day,) = read(Material([], made, [counted], {}))
        amounts = {CASH: Decimal(-400), CARD: Decimal(400)}
        assert day.shift_differences == [ShiftDifference(DAY, counted, amounts, 2, Decimal(0))]
        assert (day.counted.net(CASH), day.counted.net(CARD), day.counted.net(MOBILE)) == (600, 800, 50)

    def test_money_of_a_kind_that_we_never_use_is_a_difference_by_itself(self) -> None:
        counted = shift({1: 500, 2: 70}, {2: 30}, (1, 0))
        (day,) = read(Material([], [receipt({CARD: 500})], [counted], {}))
        assert day.shift_differences == [ShiftDifference(DAY, counted, {}, 0, Decimal(40))]

    def test_a_document_that_webkassa_does_not_count_is_one_less(self) -> None:
        made = [receipt({CARD: 500}), receipt({CARD: 0}, SECOND)]
        (day,) = read(Material([], made, [shift({1: 500}, {}, (1, 0))], {}))
        assert [(one.amounts, one.documents) for one in day.shift_differences] == [({}, -1)]

    def test_shifts_of_other_days_are_passed_over_and_those_behind_them_are_not(self) -> None:
        early, open_one = shift({1: 900}, {}, (1, 0), BEFORE), ShiftBooks(30, 9, DAY, None)
        late = replace(shift({1: 500}, {}, (1, 0)), number=2)
        (day,) = read(Material([], [receipt({CARD: 400}, shift=2)], [early, open_one, late], {}))
        assert [(one.shift.number, one.amounts) for one in day.shift_differences] == [(2, {CARD: Decimal(100)})]

    def test_a_receipt_without_a_shift_is_not_counted_and_names_none(self) -> None:
        made = [receipt({CARD: 500}, shift=None), receipt({CARD: 200}, SECOND, shift=None, back=True)]
        (day,) = read(Material([], made, [], {}))
        assert (day.missing_reports, day.uncounted, day.receipts, day.returns) == (set(), Decimal(300), 1, 1)
        assert (day.issued.sold, day.issued.returned) == ({CARD: Decimal(500)}, {CARD: Decimal(200)})


class TestDays:
    def test_only_those_that_are_asked_for_and_in_their_order(self) -> None:
        """A silent salon's receipts of three days, of which two are looked at."""
        made = [receipt({CASH: 100}, day=BEFORE), receipt({CARD: 200}), receipt({MOBILE: 300}, day=NEXT)]
        books = read(Material([], made, [], {}), NEXT, DAY)
        assert [one.day for one in books] == [NEXT, DAY]
        assert [one.ours.sold for one in books] == [{MOBILE: Decimal(300)}, {CARD: Decimal(200)}]
        assert [one.untold.sold for one in books] == [{MOBILE: Decimal(300)}, {CARD: Decimal(200)}]
        assert [one.issued.sold for one in books] == [{MOBILE: Decimal(300)}, {CARD: Decimal(200)}]

    def test_other_money_and_dead_letters_stand_on_their_days(self) -> None:
        other = [OtherMoney(Entry.TIP, day, Decimal(5), 1) for day in (BEFORE, DAY, NEXT)]
        letters = [DeadLetter(number, day, FIRST, "no_price", "no cost") for number, day in enumerate((BEFORE, DAY, NEXT))]
        books = read(Material([], [], [], {}, dead_letters=letters, other=other), DAY, NEXT)
        assert [one.other for one in books] == [[other[1]], [other[2]]]
        assert [one.dead_letters for one in books] == [[letters[1]], [letters[2]]]

    def test_a_return_the_day_after_is_set_against_all_that_was_paid(self) -> None:
        movements = [Movement(FIRST, DAY, CARD, Decimal(500)), Movement(FIRST, NEXT, CARD, Decimal(-200))]
        made = [receipt({CARD: 500}), receipt({CARD: 200}, day=NEXT, back=True)]
        books = compare(Material(movements, made, [], {}), [DAY, NEXT])
        assert [(one.differences, one.reasons) for one in books] == [([], []), ([], [])]
        assert [(one.told.total, one.issued.total) for one in books] == [(500, 500), (-200, -200)]


@pytest.mark.parametrize("of", [FIRST, SECOND])
def test_a_way_of_payment_that_staff_corrected_is_no_fault_of_any_record(of: BookedSale) -> None:
    known = {of: Circumstances(is_corrected=True)}
    paid = [Movement(FIRST, DAY, CARD, Decimal(900))]
    made = [receipt({CASH: 400}), receipt({CASH: 500}, SECOND)]
    (day,) = compare(Material(paid, made, [], known, joint=[(FIRST, SECOND)]), [DAY])
    assert (day.differences, [(one.subject, one.why) for one in day.reasons]) == ([], [(FIRST, Why.CORRECTED)])


def test_a_difference_names_all_its_sides() -> None:
    """What Altegio told, what our desk took, what was issued, and the newest word on it."""
    movements = [
        Movement(FIRST, DAY, CARD, Decimal(500)),
        Movement(FIRST, DAY, CASH, Decimal(100), is_ours=True),
    ]
    known = {FIRST: Circumstances(reason="the lines do not add up")}
    (day,) = compare(Material(movements, [receipt({CARD: 400})], [], known), [DAY])
    (one,) = day.differences
    assert (one.day, one.subject, one.why, one.note) == (DAY, FIRST, Why.OTHER_SUM, "the lines do not add up")
    assert (one.told, one.ours, one.issued) == ({CARD: Decimal(500)}, {CASH: Decimal(100)}, {CARD: Decimal(400)})
    assert (day.told.sold, day.ours.sold) == ({CARD: Decimal(500)}, {CASH: Decimal(100)})


def test_what_differs_only_in_its_day_has_no_note() -> None:
    known = {FIRST: Circumstances(reason="whatever")}
    movements = [Movement(FIRST, DAY, CARD, Decimal(500))]
    books = compare(Material(movements, [receipt({CARD: 500}, day=NEXT)], [], known), [DAY, NEXT])
    assert [[(one.why, one.note) for one in day.reasons] for day in books] == [[(Why.OTHER_DAY, None)]] * 2
