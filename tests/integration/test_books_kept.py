"""The round that looks into the books: what it finds, what it keeps, what it takes away."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from shared.clock import almaty_date
from shared.fiscal.money import ZERO
from shared.storage.models import BookDay, BookFinding, Cashbox, PaymentRecord, Receipt, Shift
from tests.support.bridge import Bridge
from worker.rounds.books import check_books

COMPANY = 412077
NOW = datetime.now(UTC)
TODAY = almaty_date(NOW)


@pytest.fixture
def cashbox(bridge: Bridge) -> int:
    with bridge.services.sessions.begin() as session:
        row = Cashbox(unique_number="SWK00000077", company_id=COMPANY)
        session.add(row)
        session.flush()
        return int(row.id)


def sell(bridge: Bridge, cashbox: int, number: int, total: str, *, at: datetime = NOW, **values: Any) -> int:
    parts = values.pop("parts", [(1, total)])
    request = {"Payments": [{"PaymentType": kind, "Sum": str(part)} for kind, part in parts]}
    with bridge.services.sessions.begin() as session:
        receipt = Receipt(
            company_id=COMPANY,
            cashbox_id=cashbox,
            kind=values.pop("kind", "sale"),
            record_id=number,
            external_check_number=f"altegio_{number}_{len(values)}_{total}",
            total=Decimal(total),
            tax=ZERO,
            request=request,
            state="issued",
            fiscal_number=f"9{number}{total}",
            issued_at=at,
            shift_number=3,
            **values,
        )
        session.add(receipt)
        session.flush()
        return int(receipt.id)


def pay(bridge: Bridge, number: int, amount: str, at: datetime = NOW, **values: Any) -> None:
    with bridge.services.sessions.begin() as session:
        fields = {"company_id": COMPANY, "operation_id": number * 10, "record_id": number, "kind": "card", **values}
        session.add(PaymentRecord(amount=Decimal(amount), paid_at=at, **fields))


def read(bridge: Bridge, model: Any) -> list[Any]:
    with bridge.services.sessions() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def test_a_day_adds_up_to_the_tiyn(bridge: Bridge, cashbox: int) -> None:
    first = sell(bridge, cashbox, 1, "4000.55", parts=[(0, "1000.05"), (1, "3000.50")])
    pay(bridge, 1, "3000.50")
    pay(bridge, 1, "1000.05", kind="cash", operation_id=11)
    sell(bridge, cashbox, 1, "100.10", kind="return", basis_receipt_id=first)
    check_books(bridge.services.sessions)
    today = next(row for row in read(bridge, BookDay) if row.cashbox_id == cashbox and row.day == TODAY)
    assert (today.issued, today.receipts, today.returned, today.returns) == (Decimal("3900.45"), 1, Decimal("100.10"), 1)


def test_a_finding_keeps_its_row_and_goes_with_its_reason(bridge: Bridge, cashbox: int) -> None:
    pay(bridge, 5, "700.25")
    check_books(bridge.services.sessions)
    [found] = read(bridge, BookFinding)
    assert (found.kind, found.amount, found.record_id, found.day) == ("no_receipt", Decimal("700.25"), 5, TODAY)
    check_books(bridge.services.sessions)
    assert [row.id for row in read(bridge, BookFinding)] == [found.id]
    sell(bridge, cashbox, 5, "700.25")
    check_books(bridge.services.sessions)
    assert read(bridge, BookFinding) == []
    assert {row.differences for row in read(bridge, BookDay)} == {0}


def test_a_z_report_that_differs_is_found_with_its_shift(bridge: Bridge, cashbox: int) -> None:
    sell(bridge, cashbox, 1, "4000")
    pay(bridge, 1, "4000")
    report = {"Sell": {"PaymentsByTypesApiModel": [{"Type": 1, "Sum": 4500}], "Count": 1}, "ShiftNumber": 3}
    with bridge.services.sessions.begin() as session:
        shift = Shift(cashbox_id=cashbox, number=3, opened_at=NOW, closed_at=NOW, report=report)
        session.add(shift)
        session.flush()
        shift_id = shift.id
    check_books(bridge.services.sessions)
    [found] = read(bridge, BookFinding)
    assert (found.kind, found.amount, found.shift_id) == ("shift", Decimal(500), shift_id)


def test_days_of_the_past_are_looked_at_once(bridge: Bridge, cashbox: int) -> None:
    sell(bridge, cashbox, 1, "4000", at=NOW - timedelta(days=9))
    for _ in range(4):
        check_books(bridge.services.sessions)
    days = {row.day: row.checked_at for row in read(bridge, BookDay) if row.cashbox_id == cashbox}
    assert len(days) == 10
    check_books(bridge.services.sessions)
    again = {row.day: row.checked_at for row in read(bridge, BookDay) if row.cashbox_id == cashbox}
    assert {day for day in days if days[day] != again[day]} == {TODAY, TODAY - timedelta(days=1)}


@pytest.mark.parametrize(("age", "since", "is_due"), [(5, 50, False), (5, 70, True), (9, 70, False), (9, 1500, True)])
def test_days_are_looked_at_again(bridge: Bridge, cashbox: int, age: int, since: int, is_due: bool) -> None:
    """Those of the last week after an hour, older ones after a day; since: minutes after the first look."""
    sell(bridge, cashbox, 1, "4000", at=NOW - timedelta(days=age))
    for _ in range(3):
        check_books(bridge.services.sessions)
    day = TODAY - timedelta(days=age)
    past = {"day": day, "minutes": since}
    bridge.execute("UPDATE book_days SET checked_at = now() - make_interval(mins => :minutes) WHERE day = :day", **past)
    pay(bridge, 1, "4000.10", NOW - timedelta(days=age))
    check_books(bridge.services.sessions)
    differences = {row.day: row.differences for row in read(bridge, BookDay) if row.cashbox_id == cashbox}
    assert differences[day] == (1 if is_due else 0)


def test_old_deposits_are_one_finding_of_their_salon(bridge: Bridge, cashbox: int) -> None:
    old = {"record_id": None, "purpose": "deposit"}
    for number, days in ((1, 200), (2, 120), (3, 5)):
        pay(bridge, number, "1000", NOW - timedelta(days=days), client_id=number, **old)
    check_books(bridge.services.sessions)
    [found] = [row for row in read(bridge, BookFinding) if row.kind == "deposits"]
    assert (found.amount, found.count, found.day) == (Decimal(2000), 2, TODAY - timedelta(days=200))
