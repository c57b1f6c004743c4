"""Books of a day are kept as JSON, and are the same books when they are read."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.books.kept import read_books, write_books
from shared.books.model import (
    BookedSale,
    DayBooks,
    DeadLetter,
    Difference,
    Document,
    Entry,
    OpenItem,
    OpenKind,
    OtherMoney,
    ShiftBooks,
    ShiftDifference,
    Stranger,
    Why,
)
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import read_report

DAY = date(2026, 3, 2)
VISIT, GOODS = BookedSale(412077, 1001, None), BookedSale(412077, None, 5001)
CARD, CASH = PaymentKind.CARD, PaymentKind.CASH
REPORT = {"Sell": {"PaymentsByTypesApiModel": [{"Type": 1, "Sum": 4500.05}], "Count": 1}, "ShiftNumber": 3}


def make_day() -> DayBooks:
    books = DayBooks(DAY, uncounted=Decimal("0.01"), missing_reports={3, 4}, receipts=2, returns=1)
    for flow in (books.told, books.ours, books.issued, books.counted, books.untold):
        flow.add(CARD, Decimal("4000.10"))
        flow.add(None, Decimal(700))
        flow.add(CASH, Decimal("-0.05"))
    sums = {CARD: Decimal("4000.10")}
    told = {None: Decimal("700.25")}
    books.differences.append(Difference(DAY, VISIT, Why.OTHER_SUM, told, sums, ((7, "99007"),), "<b>words</b>", sums))
    books.reasons.append(Difference(DAY, GOODS, Why.NOT_DUE, told, {}))
    shift = ShiftBooks(1, 3, DAY, read_report(REPORT), [Stranger("98", None, "02.03", Decimal("5.50"))], "600900800700")
    books.shift_differences.append(ShiftDifference(DAY, shift, {CARD: Decimal("499.95")}, 1, Decimal("0.05")))
    books.dead_letters.append(DeadLetter(9, DAY, VISIT, "9", None, 77))
    books.offline.append(Document(VISIT, DAY, 7, "99007", True, sums, None, True, "600900800700", True))
    books.other.append(OtherMoney(Entry.TIP, DAY, Decimal("100.10"), 412077, 1001, None, "чаевые № 5"))
    return books


def write(books: DayBooks) -> Any:
    """As the database gives it back."""
    return json.loads(json.dumps(write_books(books)))


@pytest.mark.parametrize("books", [make_day(), DayBooks(DAY)])
def test_they_are_the_same(books: DayBooks) -> None:
    read = read_books(write(books))
    assert read == books
    assert repr(read) == repr(books), "a sum that is equal may have lost its tiyn or its type"


def test_what_is_open_is_not_kept() -> None:
    books = make_day()
    books.open = [OpenItem(OpenKind.DEBT, Decimal(5), DAY, 0, 412077, 1001, client="Айгүл")]
    assert "Айгүл" not in json.dumps(write_books(books), ensure_ascii=False)
    assert read_books(write(books)).open is None


@pytest.mark.parametrize("damage", [{"told": 5}, {"day": None}, {"differences": [{"why": "a word of tomorrow"}]}])
def test_other_words_are_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="DayBooks"):
        read_books({**write(make_day()), **damage})
