"""The trail for people: names instead of numbers, narrowed down to a person, a deed, a day, and as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.clock import almaty_date
from shared.storage.models import AuditEvent, Cashbox, CashboxOrder
from tests.support.desk import COMPANY, Browser, Desk


@pytest.fixture
def told(desk: Desk, manager: Browser) -> Desk:
    """Deeds of Айгүл and of the manager, of which one is of yesterday."""
    aigul = desk.add_user("aigul")
    desk.execute("UPDATE staff_users SET name = 'Айгүл Сериковна' WHERE login = 'aigul'")
    visit = desk.add_visit(name="Сәуле Байтерек", state="processed")
    receipt = desk.add_receipt(visit)
    with desk.sessions.begin() as session:
        cashbox = session.get_one(Cashbox, receipt.cashbox_id)
        cashbox.name = "Абая 10"
        order = CashboxOrder(cashbox_id=cashbox.id, kind="deposit", form_key=uuid4(), ordered_by="x", amount=1)
        session.add(order)
        session.flush()
        common = {"company_id": COMPANY, "staff_user_id": aigul}
        session.add(AuditEvent(action="payment_taken", subject=f"visit {visit.id}", details={}, **common))
        session.add(AuditEvent(action="return_ordered", subject=f"receipt {receipt.id}", details={}, **common))
        session.add(AuditEvent(action="deposit_ordered", subject=f"order {order.id}", details={"total": "1.50"}, **common))
        counted = {"counted": "100.50", "expected": "101.00", "difference": "-0.50"}
        session.add(AuditEvent(action="cash_counted", subject=f"cashbox {cashbox.id}", details=counted, **common))
        old = AuditEvent(action="signed_in", details={}, created_at=datetime.now(UTC) - timedelta(days=1), **common)
        session.add(old)
    return desk


def test_things_are_called_by_their_names(told: Desk, manager: Browser) -> None:
    page = manager.page("/acquire/audit").replace("\u00a0", " ")
    for said in ("Айгүл Сериковна", "Визит Сәуле Байтерек № 7405", "Операция Внес", "Касса Абая 10", "100,50 ₸"):
        assert said in page
    assert "Визит 1<" not in page
    assert "aigul" not in page.replace('value="aigul"', "")


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 6), ("person=2", 5), ("action=cash_counted", 1), ("person=1&action=cash_counted", 0), ("person=x&day=x", 6)],
)
def test_it_is_narrowed_down(told: Desk, manager: Browser, query: str, count: int) -> None:
    assert manager.page(f"/acquire/audit?{query}").count('<td class="nowrap">') == count


def test_a_day_is_almatys(told: Desk, manager: Browser) -> None:
    yesterday = almaty_date(datetime.now(UTC) - timedelta(days=1))
    assert manager.page(f"/acquire/audit?day={yesterday}").count('<td class="nowrap">') == 1


def test_the_file_has_the_same_lines(told: Desk, manager: Browser) -> None:
    answer = manager.get("/acquire/audit.csv?person=2")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 5
    assert {row["Кто"] for row in rows} == {"Айгүл Сериковна"}
    assert any("100.50" in row["Суммы"] and "-0.50" in row["Суммы"] for row in rows)


def test_the_file_is_a_managers(cashier: Browser) -> None:
    assert cashier.get("/acquire/audit.csv").status_code == 403


def test_pages_keep_what_was_wanted(told: Desk, manager: Browser) -> None:
    with told.sessions.begin() as session:
        session.add_all(AuditEvent(action="signed_in", details={}, staff_user_id=2) for _ in range(60))
    page = manager.page("/acquire/audit?person=2&action=signed_in")
    assert "&amp;person=2&amp;action=signed_in" in page
