"""What is typed to find a receipt: sums as people write them, numbers, ends of phones, names by any keyboard."""

from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from api.acquire.receipts.asked import Asked, read_asked, read_cursor, write_cursor
from api.acquire.receipts.search import ReceiptSearch, read_search
from api.acquire.receipts.states import Period, ReceiptSort, StateFilter
from shared.fiscal.statuses import PaymentKind


@pytest.mark.parametrize("typed", ["9900", "9 900", "9\u00a0900", "9 900 ₸", "9900₸", " 9900 ", "9900,00", "9900.0"])
def test_a_sum_is_read_as_people_write_it(typed: str) -> None:
    found = read_search(typed)
    assert found is not None
    assert found.total == Decimal(9900)


def test_tiyn_make_it_nothing_but_a_sum() -> None:
    assert read_search("9900,50") == ReceiptSearch(total=Decimal("9900.50"))


def test_digits_are_everything_they_could_be() -> None:
    assert read_search("740500100") == ReceiptSearch(Decimal(740500100), 740500100, "740500100")
    assert read_search("№ 740500100") == ReceiptSearch(None, 740500100, "740500100")


@pytest.mark.parametrize(
    ("typed", "tail"),
    [("0142", "0142"), ("+7 701 555-01-42", "7015550142"), ("8 701 555 01 42", "7015550142"), ("7015550142", "7015550142")],
)
def test_a_phone_is_read_from_its_end(typed: str, tail: str) -> None:
    found = read_search(typed)
    assert found is not None
    assert found.phone_tail == tail


def test_three_digits_are_no_phone() -> None:
    found = read_search("142")
    assert found is not None
    assert found.phone_tail == ""


def test_names_lose_their_kazakh_letters() -> None:
    assert read_search("  Сейтқалиева   АЙГҮЛ ") == ReceiptSearch(words=("сейткалиева", "айгул"))


def test_our_own_number_is_looked_for_as_it_is() -> None:
    assert read_search("altegio_700003000_r1") == ReceiptSearch(external="altegio_700003000_r1")


@pytest.mark.parametrize("typed", ["", "   ", "\x00"])
def test_nothing_is_nothing(typed: str) -> None:
    assert read_search(typed) is None


@pytest.mark.parametrize("typed", ["9" * 90, "٣٤", "1e9", "-1", "'; --", "💥", "%_\\", "0,0000001"])
def test_whatever_is_typed_is_read(typed: str) -> None:
    found = read_search(typed)
    assert found is None or found.total is None


def test_an_address_says_what_is_asked_for_and_reads_it_back() -> None:
    asked = Asked(Period.WEEK, None, ReceiptSort.GOODS, PaymentKind.CARD, StateFilter.ISSUED, 7, "gAAA_-", "")
    assert read_asked(dict(parse_qsl(asked.link().removeprefix("?")))) == asked
    other = dict(parse_qsl(asked.link(day=date(2026, 4, 14), sort=None, after="1.2").removeprefix("?")))
    assert other == {"day": "2026-04-14", "way": "card", "state": "issued", "cashier": "7", "key": "gAAA_-", "after": "1.2"}


def test_days_are_almatys() -> None:
    today = date(2026, 4, 14)
    first = datetime(2026, 4, 12, 19, tzinfo=UTC)
    assert Asked(Period.YESTERDAY).find_limits(today) == (first, datetime(2026, 4, 13, 19, tzinfo=UTC))
    assert Asked(Period.TODAY, day=date(2026, 4, 13)).find_limits(today) == Asked(Period.YESTERDAY).find_limits(today)
    assert Asked().find_limits(today) is None


def test_a_cursor_is_exact_to_the_microsecond() -> None:
    moment = datetime(2026, 4, 14, 9, 41, 3, 123457, tzinfo=UTC)
    cursor = read_cursor(write_cursor(moment, 12))
    assert cursor is not None
    assert (cursor.moment, cursor.id) == (moment, 12)
    assert [read_cursor(typed) for typed in ("", "x", "1", "1.0", "9" * 50 + ".1", "1.2.3")] == [None] * 6
