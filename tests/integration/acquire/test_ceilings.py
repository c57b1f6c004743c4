"""What a cashier may take out and give back in a day, and a manager's PIN above it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from shared.storage.models import AuditEvent, Cashbox, CashboxOrder, ReturnOrder, StaffUser
from tests.integration.acquire.test_signing_in import sign_in
from tests.support.desk import COMPANY, PASSWORD, Browser, Desk

PIN = "428713"


@pytest.fixture(scope="module")
def held_desk(stores: None, common_desk: Desk) -> Iterator[Desk]:
    with Desk.open(common_desk.environment, cashier_withdrawal_ceiling=50_000, cashier_return_ceiling=10_000) as desk:
        yield desk


@pytest.fixture
def held(held_desk: Desk) -> Iterator[Desk]:
    """One salon's register, a manager with a PIN and a cashier."""
    held_desk.wipe()
    with held_desk.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK00000001", company_id=COMPANY))
    held_desk.add_user("dana", role="manager", salons=[COMPANY])
    held_desk.add_user("aigul", salons=[COMPANY])
    yield held_desk
    held_desk.close_browsers()


@pytest.fixture
def dana(held: Desk) -> Browser:
    browser = held.sign_in("dana")
    assert browser.submit("/acquire/account/pin", {"pin": PIN, "current": PASSWORD}).status_code == 303
    return browser


@pytest.fixture
def aigul(held: Desk, dana: Browser) -> Browser:
    return held.sign_in("aigul")


def take_out(browser: Browser, amount: str, **fields: str) -> Any:
    form = {"kind": "withdrawal", "amount": amount, "cashbox": "1", "form_key": str(uuid4()), **fields}
    return browser.submit("/acquire/drawer", form)


def give_back(browser: Browser, receipt_id: int, **fields: str) -> Any:
    form = {"reason": "x", "count_0": "1", "form_key": str(uuid4()), **fields}
    return browser.submit(f"/acquire/receipts/{receipt_id}/return", form)


def test_withdrawals_of_a_day_are_added_up(held: Desk, aigul: Browser) -> None:
    held.execute("UPDATE staff_users SET name = 'Дана Ахметова' WHERE login = 'dana'")
    assert take_out(aigul, "30000").status_code == 303
    assert take_out(aigul, "20000").status_code == 303
    refused = take_out(aigul, "0,01")
    assert refused.status_code == 422
    assert 'id="fault-pin"' in refused.text
    assert '<option value="dana" >Дана Ахметова</option>' in refused.text
    assert len(held.all(CashboxOrder)) == 2
    held.execute("UPDATE cashbox_orders SET created_at = created_at - interval '1 day'")
    assert take_out(aigul, "50000").status_code == 303, "another day"


def test_cash_put_in_and_what_was_refused_do_not_count(held: Desk, aigul: Browser) -> None:
    assert take_out(aigul, "900000", kind="deposit").status_code == 303
    assert take_out(aigul, "50000").status_code == 303
    held.execute("UPDATE cashbox_orders SET state = 'refused'")
    assert take_out(aigul, "50000").status_code == 303


def test_the_same_form_twice_is_counted_once(held: Desk, aigul: Browser) -> None:
    key = str(uuid4())
    assert [take_out(aigul, "50000", form_key=key).status_code for _ in range(2)] == [303, 303]


def test_two_forms_sent_at_once_do_not_both_fit_below_the_ceiling(held: Desk, aigul: Browser) -> None:
    gate, browsers = threading.Barrier(4), [held.sign_in("aigul") for _ in range(4)]
    tokens = [browser.form_token() for browser in browsers]

    def press(number: int) -> int:
        gate.wait(20)
        form = {"kind": "withdrawal", "amount": "30000", "cashbox": "1", "form_key": str(uuid4())}
        answer = browsers[number].post("/acquire/drawer", data={"form_token": tokens[number], **form})
        return int(answer.status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [303, 422, 422, 422]


def test_a_managers_pin_approves_on_the_spot_and_the_audit_has_both(held: Desk, dana: Browser, aigul: Browser) -> None:
    answer = take_out(aigul, "80000", approver="dana", pin=PIN)
    assert answer.status_code == 303
    (order,) = held.all(CashboxOrder)
    assert (order.staff_user_id, order.approved_by_id) == (2, 1)
    ordered, approved = held.all(AuditEvent)[-2:]
    assert (ordered.action, ordered.staff_user_id) == ("withdrawal_ordered", 2)
    assert (approved.action, approved.staff_user_id, approved.subject) == ("approved", 1, f"order {order.id}")
    assert "Подтвердил(а) PIN-кодом" in dana.page("/acquire/audit")
    assert take_out(aigul, "50000").status_code == 303, "what was approved is not the cashier's own"


def test_a_manager_has_no_ceiling(held: Desk, dana: Browser) -> None:
    assert take_out(dana, "9000000").status_code == 303


@pytest.mark.parametrize("approver", ["dana", "aigul", "nobody", ""])
def test_a_wrong_pin_approves_nothing(held: Desk, aigul: Browser, approver: str) -> None:
    pin = "111222" if approver == "dana" else PIN
    answer = take_out(aigul, "80000", approver=approver, pin=pin)
    assert answer.status_code == 422
    assert "PIN не подходит" in answer.text
    assert pin not in answer.text
    assert held.all(CashboxOrder) == []
    assert held.all(AuditEvent)[-1].action == "approval_refused"


def test_five_wrong_pins_close_it_for_this_cashier_and_sign_nobody_out(held: Desk, dana: Browser, aigul: Browser) -> None:
    for _ in range(5):
        assert take_out(aigul, "80000", approver="dana", pin="000111").status_code == 422
    closed = take_out(aigul, "80000", approver="dana", pin=PIN)
    assert "повторите через 15 минут" in closed.text
    assert dana.get("/acquire").status_code == 200
    assert sign_in(held.browser(), "dana", PASSWORD) == 303
    held.add_user("omar", salons=[COMPANY])
    assert take_out(held.sign_in("omar"), "80000", approver="dana", pin=PIN).status_code == 303


@pytest.mark.parametrize(
    "change", ["disabled_at = now()", "role = 'cashier'", "pin_hash = NULL"], ids=["disabled", "no manager", "no PIN"]
)
def test_whoever_is_no_manager_any_more_approves_nothing(held: Desk, aigul: Browser, change: str) -> None:
    held.execute(f"UPDATE staff_users SET {change} WHERE login = 'dana'")
    assert take_out(aigul, "80000", approver="dana", pin=PIN).status_code == 422


def test_a_manager_of_another_salon_approves_nothing(held: Desk, aigul: Browser) -> None:
    held.execute("UPDATE staff_salons SET company_id = 5 WHERE staff_user_id = 1")
    answer = take_out(aigul, "80000", approver="dana", pin=PIN)
    assert answer.status_code == 422
    assert "Ни у кого из управляющих этого салона нет PIN" in answer.text


def test_at_the_register_of_the_environment_the_managers_of_its_one_salon_approve(
    held: Desk, dana: Browser, aigul: Browser
) -> None:
    held.execute("UPDATE cashboxes SET company_id = NULL")
    held.add_visit()
    assert take_out(aigul, "80000", approver="dana", pin=PIN).status_code == 303
    assert {event.company_id for event in held.all(AuditEvent)[-2:]} == {COMPANY}
    assert "Подтвердил(а) PIN-кодом" in dana.page("/acquire/audit")


def test_a_cashier_returns_up_to_the_ceiling_and_above_with_a_pin(held: Desk, aigul: Browser) -> None:
    sales = [held.add_receipt(held.add_visit("4000", state="processed")).id for _ in range(4)]
    assert f"/acquire/receipts/{sales[0]}/return" in aigul.page(f"/acquire/success/{sales[0]}")
    assert give_back(aigul, sales[0]).headers["location"] == "/acquire/returns/1"
    assert aigul.get("/acquire/returns/1").status_code == 200
    assert give_back(aigul, sales[1]).status_code == 303
    refused = give_back(aigul, sales[2])
    assert refused.status_code == 422
    assert 'id="fault-pin"' in refused.text
    assert give_back(aigul, sales[2], approver="dana", pin=PIN).status_code == 303
    assert [(order.total, order.approved_by_id) for order in held.all(ReturnOrder)] == [
        (4000, None),
        (4000, None),
        (4000, 1),
    ]
    ordered, approved = held.all(AuditEvent)[-2:]
    assert (ordered.action, ordered.staff_user_id, approved.action, approved.staff_user_id) == (
        *("return_ordered", 2),
        *("approved", 1),
    )


def test_without_settings_cashiers_withdraw_freely_and_return_nothing_without_a_pin(
    desk: Desk, cashier: Browser, manager: Browser
) -> None:
    sale = desk.add_receipt(desk.add_visit(state="processed"))
    assert manager.submit("/acquire/account/pin", {"pin": PIN, "current": PASSWORD}).status_code == 303
    assert take_out(cashier, "9000000").status_code == 303
    assert 'name="pin"' in cashier.page(f"/acquire/receipts/{sale.id}/return"), "asked for before anything is sent"
    assert 'name="pin"' not in manager.page(f"/acquire/receipts/{sale.id}/return")
    for wrong in ({}, {"approver": "dana", "pin": "111222"}, {"approver": "aigul", "pin": PIN}):
        assert give_back(cashier, sale.id, **wrong).status_code == 422
        assert desk.all(ReturnOrder) == []
    assert give_back(cashier, sale.id, approver="dana", pin=PIN).status_code == 303
    (order,) = desk.all(ReturnOrder)
    assert (order.staff_user_id, order.approved_by_id) == (1, 2)


@pytest.mark.parametrize("pin", ["", "12345", "1234567890123", "abcdef", "123456", "654321", "111111", "121212"])
def test_a_pin_is_not_what_everybody_tries_first(desk: Desk, manager: Browser, pin: str) -> None:
    answer = manager.submit("/acquire/account/pin", {"pin": pin, "current": PASSWORD})
    assert answer.status_code == 422
    assert 'id="fault-pin"' in answer.text
    assert manager.submit("/acquire/account/pin", {"pin": PIN, "current": "wrong"}).status_code == 422


def test_a_pin_is_a_managers_and_stored_as_a_hash(held: Desk, dana: Browser, aigul: Browser) -> None:
    assert aigul.submit("/acquire/account/pin", {"pin": PIN, "current": PASSWORD}).status_code == 403
    assert held.get(StaffUser, 1).pin_hash.startswith("$argon2id$")
