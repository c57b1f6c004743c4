"""Three columns, compared: what agrees is silent, what differs is named, and every tiyn of the columns is explained."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.books.compare import compare
from shared.books.model import BookedSale, Circumstances, DayBooks, Document, Material, Movement, ShiftBooks, Why
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import read_report

CASH, CARD, MOBILE = PaymentKind.CASH, PaymentKind.CARD, PaymentKind.MOBILE
TYPES = {CASH: 0, CARD: 1, MOBILE: 4}
D1, D2 = date(2026, 3, 2), date(2026, 3, 3)
A, B = BookedSale(1, 10, None), BookedSale(1, None, 20)


def came(amount: int, kind: PaymentKind | None = CARD, day: date = D1, subject: BookedSale = A) -> Movement:
    return Movement(subject, day, kind, Decimal(amount))


def receipt(
    amount: int,
    kind: PaymentKind = CARD,
    day: date = D1,
    subject: BookedSale = A,
    *,
    back: bool = False,
    shift: int = 1,
    offline: bool = False,
) -> Document:
    return Document(subject, day, 7, "F7", back, {kind: Decimal(amount)}, shift, offline)


def z(
    number: int, day: date, sold: dict[PaymentKind, int], count: int, returned: dict[PaymentKind, int] | None = None
) -> ShiftBooks:
    back = returned or {}
    report = {"ShiftNumber": number, "Sell": section(sold, count), "ReturnSell": section(back, len(back))}
    return ShiftBooks(number, number, day, read_report(report))


def section(sums: dict[PaymentKind, int], documents: int) -> dict[str, Any]:
    parts = [{"Type": TYPES[kind], "Sum": amount} for kind, amount in sums.items()]
    return {"PaymentsByTypesApiModel": parts, "Count": documents}


def books(
    *entries: Movement | Document | ShiftBooks,
    known: dict[BookedSale, Circumstances] | None = None,
    silent: frozenset[int] = frozenset(),
    days: tuple[date, ...] = (D1, D2),
) -> list[DayBooks]:
    def of(kind: type) -> list[Any]:
        return [entry for entry in entries if isinstance(entry, kind)]

    material = Material(of(Movement), of(Document), of(ShiftBooks), known or {}, silent=silent)
    return compare(material, days)


def test_what_agrees_is_silent() -> None:
    one, two = books(came(4000), receipt(4000), z(1, D1, {CARD: 4000}, 1))
    assert (one.told.total, one.issued.total, one.counted.total) == (4000, 4000, 4000)
    assert (one.differences, one.reasons, one.shift_differences, one.missing_reports) == ([], [], [], set())
    assert two.is_empty
    assert not one.is_empty


@pytest.mark.parametrize(
    ("entries", "known", "why"),
    [
        ((came(4000),), Circumstances(), Why.NO_RECEIPT),
        ((came(4000),), Circumstances(delivery_state="dead_lettered"), Why.DEAD_LETTER),
        ((receipt(4000),), Circumstances(), Why.NO_PAYMENT),
        ((came(4000), receipt(4000, CASH)), Circumstances(), Why.OTHER_KIND),
        ((came(4000), receipt(4000), receipt(4000, back=True)), Circumstances(), Why.RETURNED_HERE),
        ((came(4500), receipt(4000)), Circumstances(), Why.OTHER_SUM),
        ((came(3500), receipt(4000)), Circumstances(return_due="the receipt says"), Why.RETURN_DUE),
    ],
)
def test_what_differs_is_named(entries: tuple[Any, ...], known: Circumstances, why: Why) -> None:
    one, _ = books(*entries, known={A: known})
    assert [(d.subject, d.why) for d in one.differences] == [(A, why)]
    assert one.reasons == []


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (Circumstances(is_open=True), Why.UNDER_WAY),
        (Circumstances(delivery_state="ignored", reason="no marker"), Why.NOT_DUE),
    ],
)
def test_what_is_no_fault_is_a_reason(known: Circumstances, why: Why) -> None:
    one, _ = books(came(4000), known={A: known})
    assert one.differences == []
    assert [(d.why, d.note) for d in one.reasons] == [(why, known.reason)]


def test_paid_before_midnight_and_issued_after_it_is_no_difference() -> None:
    one, two = books(came(4000, day=D1), receipt(4000, day=D2))
    assert (one.differences, two.differences) == ([], [])
    assert [d.why for d in (*one.reasons, *two.reasons)] == [Why.OTHER_DAY, Why.OTHER_DAY]
    assert (one.told.total, one.issued.total, two.told.total, two.issued.total) == (4000, 0, 0, 4000)


def test_a_payment_taken_back_the_next_day_waits_for_its_return() -> None:
    entries = [came(4000), receipt(4000), came(-4000, day=D2)]
    one, two = books(*entries, known={A: Circumstances(return_due="the payment was taken back in Altegio")})
    assert one.differences == []
    assert [(d.why, d.told) for d in two.differences] == [(Why.RETURN_DUE, {CARD: -4000})]
    one, two = books(*entries, receipt(4000, day=D2, back=True))
    assert two.difference_count == 0
    assert (two.told.returned_total, two.issued.returned_total) == (4000, 4000)


@pytest.mark.parametrize(
    ("told", "issued", "agrees"),
    [
        ([came(4000, None)], [receipt(4000, CASH)], True),
        ([came(1000, CASH), came(3000, None)], [receipt(1000, CASH), receipt(3000, MOBILE)], True),
        ([came(2000, CASH), came(2000, None)], [receipt(1000, CASH), receipt(3000, MOBILE)], False),
        ([came(3999, None)], [receipt(4000, CASH)], False),
    ],
)
def test_a_kind_that_was_not_told_may_be_any(told: list[Any], issued: list[Any], agrees: bool) -> None:
    one, _ = books(*told, *issued)
    assert (one.differences == []) is agrees
    if agrees:
        assert one.told.sold == one.issued.sold, "the column shows the kind of the receipt"


def test_a_silent_salon_is_taken_at_its_receipts() -> None:
    one, _ = books(receipt(4000), silent=frozenset({1}))
    assert (one.difference_count, one.told.total, one.ours.total, one.assumed) == (0, 0, 4000, 4000)


def test_a_shift_over_midnight_is_matched_by_its_documents() -> None:
    one, two = books(
        came(4000), receipt(4000), came(700, CASH, D2, B), receipt(700, CASH, D2, B), z(1, D1, {CARD: 4000, CASH: 700}, 2)
    )
    assert (one.counted.total, two.counted.total) == (4000, 700)
    assert one.difference_count == two.difference_count == 0


def test_what_the_report_has_more_is_shown_on_the_day_its_shift_began() -> None:
    one, two = books(came(4000, day=D2), receipt(4000, day=D2), z(1, D1, {CARD: 4000, CASH: 500}, 2))
    (difference,) = one.shift_differences
    assert (difference.shift.number, difference.amounts, difference.documents) == (1, {CASH: 500}, 1)
    assert (one.counted.total, two.counted.total) == (500, 4000)


def test_a_report_that_agrees_in_sum_but_not_in_number_differs() -> None:
    one, _ = books(receipt(4000), z(1, D1, {CARD: 4000}, 2), silent=frozenset({1}))
    assert [(d.amounts, d.documents) for d in one.shift_differences] == [({}, 1)]


def test_returns_count_off_in_the_report() -> None:
    one, _ = books(
        came(4000), receipt(4000), came(-4000, day=D1), receipt(4000, back=True), z(1, D1, {CARD: 4000}, 1, {CARD: 4000})
    )
    assert one.difference_count == 0
    assert one.counted.total == 0


def test_without_a_report_nothing_is_counted_and_the_day_says_so() -> None:
    one, _ = books(came(4000), receipt(4000, shift=5), ShiftBooks(5, 5, D1, None))
    assert (one.missing_reports, one.uncounted, one.counted.total, one.difference_count) == ({5}, 4000, 0, 0)


def test_shifts_of_one_number_are_told_apart_by_the_registration() -> None:
    """Registered anew, a register counts from 1 again."""
    old, new = z(1, D1, {CARD: 4000}, 1), z(1, D2, {CARD: 5000}, 1)
    one, two = books(
        came(4000),
        came(5000, day=D2, subject=B),
        replace(receipt(4000), registration="old"),
        replace(receipt(5000, day=D2, subject=B), registration="new"),
        replace(old, registration="old"),
        replace(new, registration="new"),
    )
    assert (one.difference_count, two.difference_count) == (0, 0)
    assert (one.counted.total, two.counted.total) == (4000, 5000)


def test_autonomous_receipts_are_counted_and_shown_apart() -> None:
    document = receipt(4000, offline=True)
    one, _ = books(came(4000), document)
    assert (one.offline, one.receipts, one.returns) == ([document], 1, 0)
