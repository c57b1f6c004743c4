"""Cash to the bank and change into the drawer, told by Altegio: offered to a manager as an order at the drawer, once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.queue import CARRY_OUT, RECEIPTS
from shared.storage.models import AuditEvent, Cashbox, CashboxOrder, PaymentRecord
from tests.support.desk import COMPANY, Browser, Desk

OFFER = "Altegio сообщает о движении наличных"


@pytest.fixture(autouse=True)
def cashbox(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK00000001"))


def tell(desk: Desk, operation_id: int, amount: int, item: str, *, out: bool = True, **values: Any) -> int:
    fields = {"purpose": "other", "kind": "cash", "is_outgo": out, "item_title": item, **values}
    with desk.sessions.begin() as session:
        row = PaymentRecord(company_id=COMPANY, operation_id=operation_id, amount=amount, paid_at=datetime.now(UTC))
        for name, value in fields.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        return row.id


def press(browser: Browser, number: int, what: str = "book") -> Any:
    return browser.submit(f"/acquire/drawer/offers/{number}/{what}", {})


@pytest.mark.parametrize(("out", "item", "kind"), [(True, "Инкассация", "withdrawal"), (False, "Размен", "deposit")])
def test_it_is_booked_once(desk: Desk, manager: Browser, out: bool, item: str, kind: str) -> None:
    number = tell(desk, 7, 50000, item, out=out)
    assert "50 000 ₸" in manager.page("/acquire/drawer").replace("\u00a0", " ")
    answers = [press(manager, number) for _ in range(3)]
    assert {answer.headers["location"] for answer in answers} == {"/acquire/orders/1"}
    (order,) = desk.all(CashboxOrder)
    assert (order.kind, order.amount, order.reason) == (kind, 50000, f"{item} Altegio № 7")
    assert order.external_check_number == f"cash_{order.form_key.hex}"
    assert desk.published(RECEIPTS, 1) == [(CARRY_OUT, [1])]
    assert OFFER not in manager.page("/acquire/drawer")
    assert desk.all(AuditEvent)[-1].action == f"{kind}_ordered"


def test_nothing_is_booked_by_itself(desk: Desk, manager: Browser) -> None:
    tell(desk, 7, 50000, "Инкассация")
    manager.page("/acquire/drawer")
    assert desk.all(CashboxOrder) == []


def test_it_may_be_dismissed(desk: Desk, manager: Browser) -> None:
    number = tell(desk, 7, 50000, "Аренда")
    assert press(manager, number, "dismiss").headers["location"] == "/acquire/drawer"
    assert OFFER not in manager.page("/acquire/drawer")
    event = desk.all(AuditEvent)[-1]
    assert (event.action, event.subject) == ("drawer_offer_dismissed", f"payment {number}")
    assert press(manager, number).status_code == 409
    assert desk.all(CashboxOrder) == []


def test_one_that_was_booked_is_not_dismissed(desk: Desk, manager: Browser) -> None:
    number = tell(desk, 7, 50000, "Инкассация")
    press(manager, number)
    assert press(manager, number, "dismiss").status_code == 409


def test_refused_by_the_register_it_is_offered_again(desk: Desk, manager: Browser) -> None:
    number = tell(desk, 7, 50000, "Инкассация")
    press(manager, number)
    desk.execute("UPDATE cashbox_orders SET state = 'refused'")
    assert OFFER in manager.page("/acquire/drawer")
    assert press(manager, number).headers["location"] == "/acquire/orders/2"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"kind": "card"}, id="no-cash"),
        pytest.param({"is_outgo": None}, id="noted-before-its-sign-was"),
        pytest.param({"state": "revoked"}, id="taken-back"),
        pytest.param({"purpose": "refund"}, id="of-a-sale"),
        pytest.param({"purpose": "fee"}, id="a-fee"),
        pytest.param({"is_outgo": False, "item_title": "Прочие доходы"}, id="an-income"),
        pytest.param({"paid_at": datetime.now(UTC) - timedelta(days=30)}, id="long-ago"),
    ],
)
def test_what_is_no_movement_of_the_drawer(desk: Desk, manager: Browser, values: dict[str, Any]) -> None:
    number = tell(desk, 7, 50000, "Инкассация", **values)
    assert OFFER not in manager.page("/acquire/drawer")
    if "paid_at" not in values:
        assert press(manager, number).status_code == 409
        assert desk.all(CashboxOrder) == []


def test_it_is_for_managers(desk: Desk, cashier: Browser) -> None:
    number = tell(desk, 7, 50000, "Инкассация")
    assert OFFER not in cashier.page("/acquire/drawer")
    assert press(cashier, number).status_code == 403
    assert press(cashier, number, "dismiss").status_code == 403


def test_of_nothing(manager: Browser) -> None:
    assert press(manager, 99).status_code == 404
