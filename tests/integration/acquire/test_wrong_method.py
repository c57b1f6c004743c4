"""The commonest mistake at a desk: the right sum in the wrong way. One confirmed step orders a return and a new sale."""

import re
from typing import Any
from uuid import uuid4

import pytest

from shared.queue import MAKE_RETURN, RECORDS
from shared.storage.models import AuditEvent, Receipt, ReturnOrder
from tests.support.desk import PASSWORD, Browser, Desk, position

PIN = "428713"


@pytest.fixture
def sale(desk: Desk) -> Receipt:
    """7 200 by card."""
    return desk.add_receipt(desk.add_visit("7200", state="processed"))


@pytest.fixture
def with_pin(desk: Desk, manager: Browser) -> Browser:
    assert manager.submit("/acquire/account/pin", {"pin": PIN, "current": PASSWORD}).status_code == 303
    return manager


def correct(browser: Browser, receipt: Receipt, **fields: str) -> Any:
    form = {"form_key": str(uuid4()), "method": "cash", **fields}
    return browser.submit(f"/acquire/receipts/{receipt.id}/method/confirm", form)


def read(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.replace("\u202f", "\u00a0")).split()).replace("\u00a0", " ")


def test_it_is_chosen_then_said_then_confirmed(desk: Desk, manager: Browser, sale: Receipt) -> None:
    address = f"/acquire/receipts/{sale.id}/method"
    assert address in manager.page(f"/acquire/receipts/{sale.id}")
    assert "В чеке на 7 200 ₸ указано: Карта 7 200 ₸" in read(manager.page(address))
    said = read(manager.page(f"{address}/confirm?method=cash&cash_received=10000"))
    assert "Будет пробит возврат на 7 200 ₸: Карта 7 200 ₸" in said
    assert "Затем новый чек на 7 200 ₸: Наличные 7 200 ₸" in said
    assert "получено 10 000 ₸, сдача 2 800 ₸" in said
    assert desk.all(ReturnOrder) == [], "nothing is done before it is confirmed"
    answer = correct(manager, sale, cash_received="10000", original_shown="operator")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/returns/1")
    (order,) = desk.all(ReturnOrder)
    assert (order.lines, order.total, order.reason_code) == ([], 7200, "wrong_method")
    assert (order.sold_anew, order.cash_received, order.original_shown) == ({"cash": "7200.00"}, 10000, "operator")
    event = desk.all(AuditEvent)[-1]
    assert (event.action, event.subject) == ("method_corrected", f"receipt {sale.id}")
    assert event.details["was"] == {"card": "7200.00"} or event.details["was"] == {"card": "7200"}
    assert event.details["kinds"] == {"cash": "7200.00"}
    assert desk.published(RECORDS, 1) == [(MAKE_RETURN, [1])]


def test_it_may_be_several_ways(desk: Desk, manager: Browser, sale: Receipt) -> None:
    parts = {"method": "split", "amount_cash": "2000", "amount_mobile": "5 200", "cash_received_split": "5000"}
    assert correct(manager, sale, **parts).status_code == 303
    (order,) = desk.all(ReturnOrder)
    assert order.sold_anew == {"cash": "2000.00", "mobile": "5200.00"}
    assert order.cash_received == 5000


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"method": "card"}, "method"),
        ({"method": ""}, "method"),
        ({"method": "gold"}, "method"),
        ({"method": "split", "amount_card": "7200"}, "method"),
        ({"method": "split", "amount_card": "7000"}, "split"),
        ({"method": "split", "amount_card": "7000", "amount_cash": "300"}, "split"),
        ({"method": "split", "amount_card": "x"}, "amount_card"),
        ({"cash_received": "7000"}, "cash_received"),
        ({"form_key": "x"}, "method"),
    ],
)
def test_what_is_wrong_is_named_beside_its_field(
    desk: Desk, manager: Browser, sale: Receipt, fields: dict[str, str], field: str
) -> None:
    answer = correct(manager, sale, **fields)
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in answer.text
    assert desk.all(ReturnOrder) == []


def test_pressed_twice_it_is_one(desk: Desk, manager: Browser, sale: Receipt) -> None:
    key = str(uuid4())
    answers = [correct(manager, sale, form_key=key) for _ in range(3)]
    assert {answer.headers["location"] for answer in answers} == {"/acquire/returns/1"}
    assert len(desk.all(ReturnOrder)) == 1
    assert len(desk.published(RECORDS, 1)) == 1
    assert correct(manager, sale).status_code == 409, "one is under way"
    assert "оформляется" in correct(manager, sale).text


def test_a_sale_returned_in_part_is_refused_with_words(desk: Desk, manager: Browser) -> None:
    receipt = desk.add_receipt(positions=[position("Шампунь", 2, 2500)])
    form = {"form_key": str(uuid4()), "reason_code": "changed_mind", "count_0": "1"}
    assert manager.submit(f"/acquire/receipts/{receipt.id}/return", form).status_code == 303
    address = f"/acquire/receipts/{receipt.id}/method"
    for answer in (manager.get(address), manager.get(f"{address}/confirm?method=cash"), correct(manager, receipt)):
        assert answer.status_code == 409
        assert "Часть этой продажи уже возвращена" in answer.text
    assert address not in manager.page(f"/acquire/receipts/{receipt.id}")
    assert len(desk.all(ReturnOrder)) == 1


@pytest.mark.parametrize(("state", "kind"), [("pending", "sale"), ("rejected", "sale"), ("issued", "return")])
def test_only_an_issued_sale_is_corrected(desk: Desk, manager: Browser, sale: Receipt, state: str, kind: str) -> None:
    visit = desk.add_visit() if kind == "sale" else type("V", (), {"record_id": sale.record_id, "total": 1})()
    receipt = desk.add_receipt(visit, state=state, kind=kind, basis=sale if kind == "return" else None)
    assert correct(manager, receipt).status_code == 409
    assert desk.all(ReturnOrder) == []


@pytest.mark.parametrize(
    "wrong", [{}, {"approver": "dana", "pin": "111222"}, {"approver": "aigul", "pin": PIN}, {"approver": "", "pin": PIN}]
)
def test_a_cashier_needs_a_managers_pin(
    desk: Desk, with_pin: Browser, cashier: Browser, sale: Receipt, wrong: dict[str, str]
) -> None:
    assert 'name="pin"' in cashier.page(f"/acquire/receipts/{sale.id}/method/confirm?method=cash")
    assert 'name="pin"' not in with_pin.page(f"/acquire/receipts/{sale.id}/method/confirm?method=cash")
    answer = correct(cashier, sale, **wrong)
    assert answer.status_code == 422
    assert 'id="fault-pin"' in answer.text
    assert "Будет пробит возврат на" in answer.text
    assert desk.all(ReturnOrder) == []


def test_with_the_pin_both_are_in_the_trail(desk: Desk, with_pin: Browser, cashier: Browser, sale: Receipt) -> None:
    assert correct(cashier, sale, approver="dana", pin=PIN).status_code == 303
    (order,) = desk.all(ReturnOrder)
    assert (order.staff_user_id, order.approved_by_id) == (2, 1)
    ordered, approved = desk.all(AuditEvent)[-2:]
    assert (ordered.action, ordered.staff_user_id) == ("method_corrected", 2)
    assert (approved.action, approved.staff_user_id) == ("approved", 1)


def test_a_ceiling_for_returns_is_none_for_corrections(desk: Desk, sale: Receipt) -> None:
    with Desk.open(desk.environment, cashier_return_ceiling=1_000_000) as generous:
        generous.add_user("zarina")
        assert correct(generous.sign_in("zarina"), sale).status_code == 422


def test_it_is_watched_until_the_new_receipt(desk: Desk, manager: Browser, sale: Receipt) -> None:
    correct(manager, sale)
    assert manager.get("/acquire/returns/1/state").json()["state"] == "queued"
    visit = type("V", (), {"record_id": sale.record_id, "total": sale.total})()
    back = desk.add_receipt(visit, kind="return", basis=sale)
    desk.execute("UPDATE return_orders SET state = 'accepted', return_receipt_id = :id", id=back.id)
    desk.execute("UPDATE receipts SET returned = true WHERE id = :id", id=sale.id)
    anew = desk.add_receipt(visit, state="pending", replaces_id=sale.id, next_attempt_at=sale.created_at)
    state = manager.get("/acquire/returns/1/state").json()
    assert (state["state"], state["final"]) == ("sending", False)
    assert "пробивает новый" in state["text"]
    desk.execute("UPDATE receipts SET state = 'rejected', error_code = '9' WHERE id = :id", id=anew.id)
    state = manager.get("/acquire/returns/1/state").json()
    assert (state["state"], state["final"]) == ("attention", True)
    assert "новый не пробит" in state["text"]
    desk.execute("UPDATE receipts SET state = 'issued', fiscal_number = '7', issued_at = now() WHERE id = :id", id=anew.id)
    assert manager.get("/acquire/returns/1").headers["location"] == f"/acquire/receipts/{anew.id}"
    page = manager.page(f"/acquire/receipts/{anew.id}")
    assert "в первом чеке был неверный способ оплаты" in page
    assert f'href="/acquire/receipts/{sale.id}"' in page
    first = manager.page(f"/acquire/receipts/{sale.id}")
    assert "Исправлен новым чеком" in first
    assert f'href="/acquire/receipts/{anew.id}"' in first
