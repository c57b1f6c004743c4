"""The page of registers: what stands there, and a test that a worker carries out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from shared.storage.models import AuditEvent, Cashbox, CashboxLicence, CashboxOrder, Shift
from tests.support.desk import COMPANY, Browser, Desk

CHECK = {"form_key": "0d1b2a0e-0000-4000-8000-000000000001"}


@pytest.fixture
def register(desk: Desk) -> int:
    with desk.sessions.begin() as session:
        cashbox = Cashbox(unique_number="SWK00000001", company_id=COMPANY, name="Касса у входа", vat="16")
        session.add(cashbox)
        session.flush()
        return int(cashbox.id)


def add(desk: Desk, row: Any) -> None:
    with desk.sessions.begin() as session:
        session.add(row)


def read(page: str) -> str:
    return page.replace("\u202f", " ").replace("\u00a0", " ")


def test_what_a_manager_wants_to_know(desk: Desk, manager: Browser, register: int) -> None:
    now = datetime.now(UTC)
    add(desk, CashboxLicence(cashbox_id=register, expires_at=now + timedelta(days=12, hours=1), checked_at=now))
    add(desk, Shift(cashbox_id=register, number=7, opened_at=now - timedelta(hours=22, minutes=5)))
    desk.add_receipt(desk.add_visit("7200"), cashbox_id=register, issued_at=now - timedelta(hours=3))
    newest = desk.add_receipt(desk.add_visit("5100"), cashbox_id=register)
    page = read(manager.page("/acquire/registers"))
    words = ["Касса у входа", "SWK00000001", "осталось дней: 12", "№ 7, открыта 22 ч", "5 100 ₸", "16 %", "работает"]
    assert [word for word in words if word not in page] == []
    assert "7 200 ₸" not in page
    assert f"/acquire/success/{newest.id}" in page
    assert "Изъятие без ограничения" in page
    assert "Каждый возврат подтверждает управляющий PIN-кодом" in page


def test_a_paused_register_says_why(desk: Desk, manager: Browser, register: int) -> None:
    desk.execute("UPDATE cashboxes SET paused_since = now(), paused_code = '5'")
    assert "нет доступа к этой кассе" in manager.page("/acquire/registers")


def test_a_test_is_ordered_once_a_form_and_published(desk: Desk, manager: Browser, register: int) -> None:
    address = f"/acquire/registers/{register}/check"
    for _ in range(2):
        answer = manager.submit(address, CHECK)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/acquire/registers#register-{register}")
    (order,) = desk.all(CashboxOrder)
    assert (order.kind, order.cashbox_id, order.staff_user_id, order.state) == ("check", register, 1, "requested")
    assert desk.published("receipts", 1) == [("worker.tasks.carry_out", [order.id])]
    assert [event.action for event in desk.all(AuditEvent)][-1] == "check_ordered"
    page = manager.page("/acquire/registers")
    assert "проверяется" in page
    assert "data-await" in page
    assert "Проверка кассы" in manager.page("/acquire/audit")
    assert manager.get(f"/acquire/orders/{order.id}").status_code == 200


def test_back_to_the_set_up_where_it_came_from(manager: Browser, register: int) -> None:
    answer = manager.submit(f"/acquire/registers/{register}/check", {**CHECK, "from": "setup"})
    assert answer.headers["location"] == "/acquire/setup"


def test_without_a_form_key_or_out_of_service_nothing_is_ordered(desk: Desk, manager: Browser, register: int) -> None:
    assert manager.submit(f"/acquire/registers/{register}/check").status_code == 409
    desk.execute("UPDATE cashboxes SET enabled = false")
    assert manager.submit(f"/acquire/registers/{register}/check", CHECK).status_code == 409
    assert desk.all(CashboxOrder) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": "done", "result": {"CashboxStatus": 1}}, "отвечает"),
        ({"state": "done", "result": {"CashboxStatus": 3}}, "Касса в Webkassa не активна"),
        ({"state": "refused", "error_code": "1", "error_text": "[1] Wrong password"}, "логин или пароль"),
        ({"state": "refused", "error_text": "no answer"}, "Webkassa не ответила"),
        ({"state": "requested", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}, "сервис, похоже, не работает"),
    ],
)
def test_what_the_test_came_to(desk: Desk, manager: Browser, register: int, values: dict[str, Any], said: str) -> None:
    add(desk, CashboxOrder(cashbox_id=register, kind="check", form_key=uuid4(), ordered_by="staff:dana", **values))
    page = manager.page("/acquire/registers")
    assert said in page
    assert "data-await" not in page
    (order,) = desk.all(CashboxOrder)
    if order.state != "requested":
        answer = manager.get(f"/acquire/orders/{order.id}")
        assert answer.headers["location"] == f"/acquire/registers#register-{register}"
        assert manager.get(f"/acquire/orders/{order.id}/report").status_code == 303


def test_the_newest_test_counts(desk: Desk, manager: Browser, register: int) -> None:
    for state in ("refused", "done"):
        result = {"CashboxStatus": 1} if state == "done" else None
        order = {"cashbox_id": register, "kind": "check", "form_key": uuid4(), "ordered_by": "staff:dana"}
        add(desk, CashboxOrder(**order, state=state, result=result, error_text="no answer"))
    add(desk, CashboxOrder(**{**order, "form_key": uuid4(), "kind": "deposit", "amount": Decimal(5), "state": "refused"}))
    page = manager.page("/acquire/registers")
    assert "отвечает" in page
    assert "не прошла" not in page
