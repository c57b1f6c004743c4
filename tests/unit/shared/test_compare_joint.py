"""Books of visits of several records, of money that belongs to nothing, of visits paid in part, and their order."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from shared.books.compare import compare
from shared.books.model import BookedSale, Circumstances, DayBooks, Document, Material, Movement, Why
from shared.fiscal.statuses import PaymentKind

CASH, CARD = PaymentKind.CASH, PaymentKind.CARD
DAY, NEXT = date(2026, 3, 2), date(2026, 3, 3)
FIRST, SECOND, THIRD, APART = (BookedSale(1, number, None) for number in (10, 11, 12, 99))


def came(amount: int, sale: BookedSale = FIRST, kind: PaymentKind | None = CARD, *, loose: bool = False) -> Movement:
    return Movement(sale, DAY, kind, Decimal(amount), is_loose=loose)


def taken(amount: int, sale: BookedSale = FIRST, kind: PaymentKind = CASH) -> Movement:
    return Movement(sale, DAY, kind, Decimal(amount), is_ours=True)


def receipt(amount: int, sale: BookedSale = FIRST, kind: PaymentKind = CARD, number: int = 7, day: date = DAY) -> Document:
    return Document(sale, day, number, f"F{number}", False, {kind: Decimal(amount)}, 1, False)


def read_day(
    movements: Sequence[Movement],
    documents: Sequence[Document],
    known: dict[BookedSale, Circumstances] | None = None,
    joint: Sequence[tuple[BookedSale, ...]] = (),
    silent: frozenset[int] = frozenset(),
) -> DayBooks:
    material = Material(list(movements), list(documents), [], known or {}, silent=silent, joint=tuple(joint))
    (day,) = compare(material, [DAY])
    return day


def name(day: DayBooks) -> list[tuple[BookedSale, Why]]:
    return [(one.subject, one.why) for one in day.differences]


class TestVisitsOfSeveralRecords:
    """Altegio books one payment for all records of a visit, and it names the first."""

    def test_together_they_agree(self) -> None:
        paid, made = [came(9000)], [receipt(4000), receipt(5000, SECOND, number=8)]
        assert name(read_day(paid, made, joint=[(FIRST, SECOND)])) == []
        assert name(read_day(paid, made)) == [(SECOND, Why.NO_PAYMENT), (FIRST, Why.OTHER_SUM)]

    def test_a_difference_of_them_all_is_told_once_with_every_receipt(self) -> None:
        made = [receipt(4000), receipt(5000, SECOND, number=8)]
        day = read_day([came(9500)], made, joint=[(FIRST, SECOND)])
        (difference,) = day.differences
        assert (difference.subject, difference.why) == (FIRST, Why.OTHER_SUM)
        assert difference.receipts == ((7, "F7"), (8, "F8"))
        assert (dict(difference.told), dict(difference.issued)) == ({CARD: Decimal(9500)}, {CARD: Decimal(9000)})

    def test_where_each_agrees_for_itself_nothing_is_taken_together(self) -> None:
        known = {SECOND: Circumstances(delivery_state="dead_lettered")}
        paid, made = [came(4000), came(5000, SECOND)], [receipt(4000), receipt(5000, SECOND, number=8)]
        assert name(read_day(paid, made, known, joint=[(FIRST, SECOND)])) == []

    def test_another_sale_is_left_alone(self) -> None:
        paid = [came(9000), came(100, APART)]
        made = [receipt(4000), receipt(5000, SECOND, number=8)]
        assert name(read_day(paid, made, joint=[(FIRST, SECOND)])) == [(APART, Why.NO_RECEIPT)]

    @pytest.mark.parametrize(
        ("known", "why", "note"),
        [
            (Circumstances(delivery_state="dead_lettered", reason="no title"), Why.DEAD_LETTER, "no title"),
            (Circumstances(return_due="the money is gone"), Why.RETURN_DUE, "the money is gone"),
            (Circumstances(), Why.NO_RECEIPT, None),
        ],
    )
    @pytest.mark.parametrize("of", [FIRST, SECOND, THIRD])
    def test_what_is_known_of_one_is_known_of_all(
        self, of: BookedSale, known: Circumstances, why: Why, note: str | None
    ) -> None:
        day = read_day([came(9000)], [], {of: known}, joint=[(FIRST, SECOND, THIRD)])
        assert [(one.subject, one.why, one.note) for one in day.differences] == [(FIRST, why, note)]

    @pytest.mark.parametrize("of", [FIRST, SECOND])
    def test_one_that_is_under_way_or_paid_in_part_explains_all(self, of: BookedSale) -> None:
        for known, why in (
            (Circumstances(is_open=True), Why.UNDER_WAY),
            (Circumstances(is_part_paid=True), Why.PART_PAID),
        ):
            day = read_day([came(9000)], [], {of: known}, joint=[(FIRST, SECOND)])
            assert (day.differences, [one.why for one in day.reasons]) == ([], [why])

    def test_the_first_s_own_words_come_first(self) -> None:
        known = {
            FIRST: Circumstances(delivery_state="ignored", reason="no marker", return_due=None),
            SECOND: Circumstances(delivery_state="dead_lettered", reason="no title"),
        }
        day = read_day([came(9000)], [], known, joint=[(FIRST, SECOND)])
        assert [(one.why, one.note) for one in day.reasons] == [(Why.NOT_DUE, "no marker")]


class TestMoneyThatBelongsToNothing:
    def test_it_is_unexplained_where_everything_else_agrees(self) -> None:
        day = read_day([came(4000), came(300, loose=True)], [receipt(4000)], {FIRST: Circumstances(reason="whatever")})
        assert [(one.why, one.note) for one in day.differences] == [(Why.UNEXPLAINED, None)]

    @pytest.mark.parametrize(
        "movements",
        [
            [came(4000), came(300)],  # none is loose
            [came(4300, loose=True)],  # all is
            [came(3900), came(300, loose=True)],  # the firm part disagrees
        ],
    )
    def test_else_the_sums_differ(self, movements: list[Movement]) -> None:
        assert name(read_day(movements, [receipt(4000)])) == [(FIRST, Why.OTHER_SUM)]

    def test_loose_money_of_another_sale_explains_nothing(self) -> None:
        movements = [came(4300), came(300, APART, loose=True), came(1000, APART)]
        made = [receipt(4000), receipt(1000, APART, number=8)]
        assert name(read_day(movements, made)) == [(FIRST, Why.OTHER_SUM), (APART, Why.UNEXPLAINED)]


class TestPaidInPart:
    def test_more_money_than_receipts_is_no_fault(self) -> None:
        day = read_day([came(4000)], [receipt(1000)], {FIRST: Circumstances(is_part_paid=True)})
        assert (day.differences, [one.why for one in day.reasons]) == ([], [Why.PART_PAID])

    @pytest.mark.parametrize(("paid", "made"), [(1000, 4000), (0, 4000)])
    def test_more_receipts_than_money_is_one(self, paid: int, made: int) -> None:
        known = {FIRST: Circumstances(is_part_paid=True)}
        day = read_day([came(paid)] if paid else [], [receipt(made)], known)
        assert name(day) == [(FIRST, Why.OTHER_SUM if paid else Why.NO_PAYMENT)]

    def test_the_same_sum_of_another_kind_is_another_kind(self) -> None:
        known = {FIRST: Circumstances(is_part_paid=True)}
        assert name(read_day([came(4000)], [receipt(4000, kind=CASH)], known)) == [(FIRST, Why.OTHER_KIND)]


class TestKindsThatWereNotTold:
    @pytest.mark.parametrize(
        ("paid", "is_right"),
        [
            ([came(4000, kind=None)], True),
            ([came(1000), came(3000, kind=None)], True),
            ([came(5000), came(-1000, kind=None)], True),
            ([came(5000), came(-1000, kind=CASH)], False),
            ([came(3999, kind=None)], False),
            ([came(5000, kind=CASH), came(-1000, kind=None)], False),
        ],
    )
    def test_they_may_be_any(self, paid: list[Movement], is_right: bool) -> None:
        assert (name(read_day(paid, [receipt(4000)])) == []) is is_right

    def test_the_column_shows_the_receipt_s_kind_for_them(self) -> None:
        day = read_day([came(4000, kind=None)], [receipt(4000, kind=CASH)])
        assert day.told.sold == {CASH: Decimal(4000)}

    def test_not_where_the_desk_took_the_rest(self) -> None:
        day = read_day([came(3000, kind=None), taken(1000)], [receipt(3000), receipt(1000, kind=CASH, number=8)])
        assert (day.told.sold, day.ours.sold) == ({None: Decimal(3000)}, {CASH: Decimal(1000)})
        assert day.differences == []


def test_a_silent_salon_s_receipts_are_assumed_to_be_right_and_shown_as_ours() -> None:
    day = read_day([], [receipt(4000), receipt(500, kind=CASH, number=8)], silent=frozenset({1}))
    assert (day.differences, day.assumed, day.ours.total, day.told.total) == ([], Decimal(4500), Decimal(4500), 0)
    spoken = read_day([taken(4000, kind=CARD)], [receipt(4000)], silent=frozenset({1}))
    assert (spoken.assumed, spoken.ours.total) == (0, Decimal(4000))


def test_differences_come_by_reason_then_by_salon_and_number() -> None:
    other = BookedSale(2, 5, None)
    goods = (BookedSale(1, None, 4), BookedSale(1, None, 3))
    movements = [came(10, sale) for sale in (other, APART, FIRST, *goods)]
    day = read_day(movements, [receipt(20, APART), receipt(30, THIRD, number=9)])
    assert name(day) == [
        (THIRD, Why.NO_PAYMENT),
        (goods[1], Why.NO_RECEIPT),
        (goods[0], Why.NO_RECEIPT),
        (FIRST, Why.NO_RECEIPT),
        (other, Why.NO_RECEIPT),
        (APART, Why.OTHER_SUM),
    ]
