"""Reports for managers, the drawer for everybody: ordered once, carried out by the worker, shown and printable."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from shared.queue import CARRY_OUT, RECEIPTS
from shared.storage.models import AuditEvent, Cashbox, CashboxOrder, Shift
from tests.support.desk import Browser, Desk

REPORT = {
    "CashboxSN": "SWK00000001",
    "CashboxRN": "600900800700",
    "TaxPayerName": "ИП Пример",
    "ShiftNumber": 3,
    "StartOn": "02.03.2026 09:00:00",
    "ReportOn": "02.03.2026 23:50:00",
    "CloseOn": "02.03.2026 23:50:00",
    "Sell": {"PaymentsByTypesApiModel": [{"Sum": 4000, "Type": 1}], "Count": 1},
    "PutMoneySum": 20000,
    "SumInCashbox": 20000,
}


@pytest.fixture(autouse=True)
def cashbox(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK00000001"))


def add_shift(desk: Desk, number: int, **values: Any) -> Shift:
    with desk.sessions.begin() as session:
        shift = Shift(cashbox_id=1, number=number, opened_at=datetime.now(UTC) - timedelta(hours=3), **values)
        session.add(shift)
    return shift


def order_cash(browser: Browser, **fields: str) -> Any:
    form = {"kind": "deposit", "amount": "20 000", "form_key": str(uuid4()), **fields}
    return browser.submit("/acquire/drawer", form)


def test_a_cashier_moves_cash_and_the_audit_says_so(desk: Desk, cashier: Browser) -> None:
    answer = order_cash(cashier, amount="20 000,50", reason=" размен ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/orders/1")
    (order,) = desk.all(CashboxOrder)
    assert (order.kind, order.amount, order.reason, order.ordered_by) == (
        "deposit",
        Decimal("20000.50"),
        "размен",
        "staff:aigul",
    )
    assert order.external_check_number == f"cash_{order.form_key.hex}"
    event = desk.all(AuditEvent)[-1]
    assert (event.action, event.subject, event.details["total"]) == ("deposit_ordered", "order 1", "20000.50")
    assert desk.published(RECEIPTS, 1) == [(CARRY_OUT, [1])]
    assert cashier.get("/acquire/orders/1/state").json()["state"] == "queued"
    assert "20 000,50" in cashier.page("/acquire/drawer").replace("\u00a0", " ")


def test_the_same_press_twice_is_one_movement(desk: Desk, cashier: Browser) -> None:
    key = str(uuid4())
    answers = [order_cash(cashier, form_key=key) for _ in range(3)]
    assert {answer.headers["location"] for answer in answers} == {"/acquire/orders/1"}
    assert len(desk.all(CashboxOrder)) == 1
    assert len(desk.published(RECEIPTS, 1)) == 1
    assert order_cash(cashier, form_key=key, amount="1").status_code == 409


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": ""}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "1000000000"}, "amount"),
        ({"kind": "x_report"}, "kind"),
        ({"cashbox": "7"}, "cashbox"),
        ({"reason": "x" * 201}, "reason"),
        ({"form_key": "x"}, "amount"),
    ],
)
def test_what_cannot_be_booked_is_named_beside_its_field(
    desk: Desk, cashier: Browser, fields: dict[str, str], field: str
) -> None:
    with desk.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK00000002", company_id=2))
    answer = order_cash(cashier, **{"cashbox": "1", **fields})
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in answer.text
    assert desk.all(CashboxOrder) == []


def test_of_two_cashboxes_one_is_chosen(desk: Desk, cashier: Browser) -> None:
    with desk.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK00000002", company_id=2))
    assert order_cash(cashier).status_code == 422, "nobody chose"
    assert order_cash(cashier, cashbox="2").status_code == 303
    assert desk.all(CashboxOrder)[0].cashbox_id == 2


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"state": "refused", "error_code": "8", "error_text": "мало"}, "не хватает наличных"),
        ({"state": "refused"}, "Ничего не проведено"),
        ({"state": "unknown", "error_text": "?"}, "сверьте ящик"),
    ],
)
def test_what_did_not_happen_says_why(desk: Desk, cashier: Browser, values: dict[str, str], says: str) -> None:
    order_cash(cashier)
    sets = ", ".join(f"{name} = :{name}" for name in values)
    desk.execute(f"UPDATE cashbox_orders SET {sets}", **values)
    state = cashier.get("/acquire/orders/1/state").json()
    assert (state["state"], state["final"]) == ("attention", True)
    assert says in state["text"]
    assert says in cashier.page("/acquire/drawer")


def test_what_happened_shows_the_drawer(desk: Desk, cashier: Browser) -> None:
    order_cash(cashier)
    desk.execute("UPDATE cashbox_orders SET state = 'done', done_at = now(), result = '{\"Sum\": 35000}'")
    address = cashier.get("/acquire/orders/1").headers["location"]
    assert address == "/acquire/shift?done=1"
    assert "В ящике: 35\u00a0000" in cashier.page(address)


def test_an_x_report_is_everybodys_and_the_shifts_that_were_a_managers(
    desk: Desk, cashier: Browser, manager: Browser
) -> None:
    form = {"kind": "x_report", "cashbox": "1", "form_key": str(uuid4())}
    for page in ("/acquire/shifts", "/acquire/shifts/1"):
        assert cashier.get(page).status_code == 403
    assert cashier.submit("/acquire/shift/x", form).headers["location"] == "/acquire/orders/1"
    assert cashier.submit("/acquire/shift/x", form).headers["location"] == "/acquire/orders/1"
    assert [event.action for event in desk.all(AuditEvent)].count("x_report_ordered") == 1
    assert cashier.get("/acquire/orders/1").status_code == 200
    assert manager.post("/acquire/shift/x", data=form).status_code == 403, "without our form's token"
    for kind in ("deposit", "z_report"):
        assert manager.submit("/acquire/shift/x", {**form, "kind": kind}).status_code == 409, "a Z-report needs a count"


def test_a_report_that_came_is_shown_for_the_printer(desk: Desk, manager: Browser) -> None:
    manager.submit("/acquire/shift/x", {"kind": "x_report", "cashbox": "1", "form_key": str(uuid4())})
    with desk.sessions.begin() as session:
        order = session.get_one(CashboxOrder, 1)
        order.state, order.result = "done", {**REPORT, "CloseOn": None}
    assert manager.get("/acquire/orders/1").headers["location"] == "/acquire/orders/1/report"
    page = manager.page("/acquire/orders/1/report").replace("\u00a0", " ")
    assert "X-отчёт" in page
    assert 'data-print="slip"' in page
    assert "4 000 ₸" in page


def test_shifts_are_listed_with_their_reports_and_differences(desk: Desk, manager: Browser) -> None:
    closed = datetime.now(UTC)
    desk.add_receipt()
    agreeing = add_shift(desk, 3, closed_at=closed, closed_by="schedule", report=REPORT)
    lost = add_shift(desk, 4, closed_at=closed, closed_by="elsewhere", answer_lost=True)
    differing = add_shift(desk, 5, closed_at=closed, closed_by="staff:dana", report={**REPORT, "ShiftNumber": 5})
    add_shift(desk, 6, close_failures=1, close_error="code -1: нет связи")
    page = manager.page("/acquire/shifts")
    assert page.count("расходится") == 1
    assert f'href="/acquire/shifts/{agreeing.id}"' in page
    assert f'href="/acquire/shifts/{lost.id}"' not in page
    assert "ответ потерялся" in page
    assert page.count("не пересчитано") == 3
    assert "code -1: нет связи" in manager.page("/acquire/shift")
    slip = manager.page(f"/acquire/shifts/{differing.id}")
    assert "расходится с нашими чеками" in slip
    assert "расходится" not in manager.page(f"/acquire/shifts/{agreeing.id}")
    assert manager.get(f"/acquire/shifts/{lost.id}").status_code == 404


def test_a_paused_cashbox_and_autonomous_receipts_are_shown(desk: Desk, manager: Browser) -> None:
    visit = desk.add_visit(state="processed")
    receipt = desk.add_receipt(visit, offline_mode=True)
    page = manager.page("/acquire")
    assert "автономно" in page
    assert "на паузе" not in page
    assert "автономном режиме" in manager.page(f"/acquire/success/{receipt.id}")
    desk.execute("UPDATE cashboxes SET paused_since = now(), paused_until = now() + interval '5 min', paused_code = '18'")
    for address in ("/acquire", "/acquire/shift"):
        assert "на паузе" in manager.page(address)
        assert "72 часов" in manager.page(address)
    desk.execute("UPDATE cashboxes SET paused_since = NULL, paused_until = NULL")
    desk.app.state.frames.forget()  # type: ignore[attr-defined]
    assert "на паузе" not in manager.page("/acquire")


def test_a_manager_has_a_paused_cashbox_tried_at_once(desk: Desk, manager: Browser, cashier: Browser) -> None:
    desk.add_receipt(desk.add_visit(state="processed"))
    desk.execute("UPDATE cashboxes SET paused_since = now(), paused_until = now() + interval '5 min', paused_code = '1'")
    (cashbox,) = desk.all(Cashbox)
    address = f"/acquire/cashboxes/{cashbox.id}/probe"
    assert address not in cashier.page("/acquire")
    assert cashier.submit(address).status_code == 403
    assert address in manager.page("/acquire")
    assert manager.submit(address).status_code == 303
    (probed,) = desk.all(Cashbox)
    assert probed.paused_since is not None
    assert probed.paused_until < cashbox.paused_until
    assert desk.published("receipts", 1) == [("worker.tasks.issue_receipts", [cashbox.id])]
    assert manager.submit("/acquire/cashboxes/999999/probe").status_code == 404
