"""A payment is taken once, whole, and only where one is due."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from dev.demo.waiting import wait_until
from shared.queue import PROCESS_RECORD, RECORDS
from shared.storage.models import AuditEvent, Checkout, PaymentRecord, Visit, WebhookRecord
from tests.support.desk import Browser, Desk, read_hidden


def parts(desk: Desk) -> dict[str, Decimal]:
    return {str(record.kind): record.amount for record in desk.all(PaymentRecord)}


def test_a_payment_is_saved_whole_and_the_worker_is_told(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit("4000")
    answer = cashier.pay(visit.id, method="card")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/acquire/visits/{visit.id}/progress")
    (checkout,) = desk.all(Checkout)
    assert (checkout.total, checkout.cash_received, checkout.change) == (4000, 0, 0)
    assert (checkout.company_id, checkout.record_id, checkout.staff_user_id) == (visit.company_id, visit.record_id, 1)
    (record,) = desk.all(PaymentRecord)
    assert (record.kind, record.amount, record.state, record.operation_id) == ("card", 4000, "active", None)
    assert (record.checkout_id, record.record_id) == (checkout.id, visit.record_id)
    assert not desk.get(Visit, visit.id).is_open
    row = desk.get(WebhookRecord, visit.delivery_id)
    assert (row.state, row.receipt_id, row.claims, row.claim_id, row.processed_at) == ("received", None, 0, None, None)
    assert row.next_attempt_at is not None
    event = desk.all(AuditEvent)[-1]
    assert (event.action, event.subject, event.staff_user_id) == ("payment_taken", f"visit {visit.id}", 1)
    assert desk.published(RECORDS, 1) == [(PROCESS_RECORD, [visit.delivery_id])]


@pytest.mark.parametrize(
    ("fields", "expected", "received", "change"),
    [
        ({"method": "cash"}, {"cash": "4000.50"}, "4000.50", "0"),
        ({"method": "cash", "cash_received": "5 000"}, {"cash": "4000.50"}, "5000", "999.50"),
        ({"method": "cash", "cash_received": "4000,50"}, {"cash": "4000.50"}, "4000.50", "0"),
        ({"method": "cash", "cash_received": "4\u00a0001 ₸"}, {"cash": "4000.50"}, "4001", "0.50"),
        ({"method": "card"}, {"card": "4000.50"}, "0", "0"),
        ({"method": "card", "cash_received": "9999"}, {"card": "4000.50"}, "0", "0"),
        ({"method": "mobile"}, {"mobile": "4000.50"}, "0", "0"),
        (
            {"method": "split", "amount_cash": "1 000", "amount_card": "3000,5"},
            {"cash": "1000", "card": "3000.50"},
            "1000",
            "0",
        ),
        (
            {"method": "split", "amount_cash": "1000,50", "amount_mobile": "3000", "cash_received_split": "2000"},
            {"cash": "1000.50", "mobile": "3000"},
            "2000",
            "999.50",
        ),
        (
            {"method": "split", "amount_cash": "0,01", "amount_card": "0.49", "amount_mobile": "4000"},
            {"cash": "0.01", "card": "0.49", "mobile": "4000"},
            "0.01",
            "0",
        ),
        ({"method": "split", "amount_card": "4000,50", "amount_cash": "0"}, {"card": "4000.50"}, "0", "0"),
    ],
)
def test_every_way_to_pay_adds_up_to_the_tiyn(
    desk: Desk, cashier: Browser, fields: dict[str, str], expected: dict[str, str], received: str, change: str
) -> None:
    visit = desk.add_visit("4000.50")
    assert cashier.pay(visit.id, **fields).status_code == 303
    assert parts(desk) == {kind: Decimal(amount) for kind, amount in expected.items()}
    (checkout,) = desk.all(Checkout)
    assert (checkout.total, checkout.cash_received, checkout.change) == (
        Decimal("4000.50"),
        Decimal(received),
        Decimal(change),
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"method": ""}, "method"),
        ({"method": "credit"}, "method"),
        ({"method": "cash", "cash_received": "3999,99"}, "cash_received"),
        ({"method": "cash", "cash_received": "five"}, "cash_received"),
        ({"method": "cash", "cash_received": "-5000"}, "cash_received"),
        ({"method": "cash", "cash_received": "1e9"}, "cash_received"),
        ({"method": "cash", "cash_received": "NaN"}, "cash_received"),
        ({"method": "cash", "cash_received": "5000,001"}, "cash_received"),
        ({"method": "cash", "cash_received": "9" * 13}, "cash_received"),
        ({"method": "split"}, "split"),
        ({"method": "split", "amount_cash": "1000", "amount_card": "2999,99"}, "split"),
        ({"method": "split", "amount_cash": "1000", "amount_card": "3000,01"}, "split"),
        ({"method": "split", "amount_cash": "x", "amount_card": "4000"}, "amount_cash"),
        ({"method": "split", "amount_cash": "-1", "amount_card": "4001"}, "amount_cash"),
        (
            {"method": "split", "amount_cash": "1000", "amount_card": "3000", "cash_received_split": "999"},
            "cash_received_split",
        ),
        ({"method": "card", "email": "nobody"}, "email"),
        ({"method": "card", "email": "a" * 40 + "@example.kz"}, "email"),
        ({"method": "card", "phone": "123"}, "phone"),
        ({"method": "card", "phone": "+1 212 555 0100"}, "phone"),
        ({"method": "card", "xin": "12345678901"}, "xin"),
        ({"method": "card", "xin": "123456789012"}, "xin"),
        ({"method": "card", "form_key": "not a key"}, "method"),
    ],
)
def test_a_mistake_is_named_beside_its_field_and_what_was_typed_is_kept(
    desk: Desk, cashier: Browser, fields: dict[str, str], field: str
) -> None:
    visit = desk.add_visit("4000")
    kept = {"email": "salima@example.kz", "phone": "+7 701 555 01 42", "form_key": str(uuid4()), **fields}
    answer = cashier.pay(visit.id, **kept)
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in answer.text
    for name in ("email", "phone", "cash_received", "amount_cash", "amount_card", "xin"):
        if name in kept:
            assert f'value="{kept[name]}"' in answer.text, name
    if fields.get("form_key") is None:
        assert read_hidden(answer.text)["form_key"] == kept["form_key"]
    assert desk.all(Checkout) == desk.all(PaymentRecord) == []
    assert desk.get(Visit, visit.id).is_open
    assert desk.get(WebhookRecord, visit.delivery_id).state == "awaiting_payment"


def test_what_the_customer_said_is_kept_in_the_form_webkassa_takes(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit()
    customer = {"email": " Salima@Example.kz ", "phone": "8 (701) 555-01-42", "xin": "920813 300359"}
    assert cashier.pay(visit.id, **customer).status_code == 303
    (checkout,) = desk.all(Checkout)
    assert (checkout.customer_email, checkout.customer_phone) == ("Salima@Example.kz", "+77015550142")
    assert checkout.customer_xin == "920813300359"


def test_the_same_press_twice_is_one_payment(desk: Desk, cashier: Browser) -> None:
    """A double click, the back button, a reload, an answer that was lost: the same form, the same result."""
    visit = desk.add_visit()
    key = str(uuid4())
    answers = [cashier.pay(visit.id, form_key=key, method=method) for method in ("card", "card", "cash")]
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, f"/acquire/visits/{visit.id}/progress")
    }
    assert len(desk.all(Checkout)) == 1
    assert parts(desk) == {"card": 4000}
    assert len(desk.published(RECORDS, 1)) == 1


def test_a_double_click_in_two_threads_is_one_payment(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit()
    key, token, cookies = str(uuid4()), cashier.form_token(), dict(cashier.cookies)
    gate = threading.Barrier(6)

    def press(_: int) -> int:
        browser = desk.browser()
        browser.cookies.update(cookies)
        gate.wait(20)
        fields = {"form_token": token, "form_key": key, "method": "card"}
        return int(browser.post(f"/acquire/visits/{visit.id}", data=fields).status_code)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(press, range(6))) == [303] * 6
    assert len(desk.all(Checkout)) == len(desk.all(PaymentRecord)) == 1


def test_two_tablets_at_once_end_in_one_payment_and_the_slower_is_told(desk: Desk) -> None:
    for login in ("aigul", "dana"):
        desk.add_user(login)
    tablets = [desk.sign_in(login) for login in ("aigul", "dana", "aigul", "dana")]
    tokens = [tablet.form_token() for tablet in tablets]
    for _ in range(5):
        visit = desk.add_visit()
        gate = threading.Barrier(4)

        def press(number: int, visit: Visit = visit, gate: threading.Barrier = gate) -> tuple[int, str]:
            gate.wait(20)
            fields = {"form_token": tokens[number], "form_key": str(uuid4()), "method": "cash"}
            answer = tablets[number].post(f"/acquire/visits/{visit.id}", data=fields)
            return answer.status_code, answer.text

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(press, range(4)))
        assert sorted(status for status, _ in answers) == [303, 409, 409, 409]
        assert all("Уже оплачено в" in page for status, page in answers if status == 409)
    assert len(desk.all(Checkout)) == len(desk.all(PaymentRecord)) == 5


def test_the_slower_one_is_told_when_and_by_whom(desk: Desk, cashier: Browser, manager: Browser) -> None:
    visit = desk.add_visit()
    cashier.pay(visit.id)
    desk.execute("UPDATE checkouts SET created_at = '2026-04-14 07:03:00+00'")
    answer = manager.pay(visit.id)
    assert answer.status_code == 409
    assert "Уже оплачено в 12:03, кассир: aigul." in answer.text


def test_a_form_that_was_open_while_the_price_changed_is_shown_again_with_the_new_one(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit("4000")
    desk.execute("UPDATE visits SET total = 4500")
    answer = cashier.pay(visit.id, method="split", amount_cash="1000", amount_card="3000")
    assert answer.status_code == 422
    assert "500\u00a0₸" in answer.text
    assert "Принять 4\u00a0500\u00a0₸" in answer.text


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("deleted", "удалён в Altegio"),
        ("no total", "не удаётся посчитать"),
        ("free", "бесплатный"),
        ("issued", "чек уже есть"),
        ("pending", "чек уже есть"),
        ("unknown", "чек уже есть"),
    ],
)
def test_no_payment_where_none_is_due(desk: Desk, cashier: Browser, case: str, says: str) -> None:
    total = {"no total": None, "free": "0"}.get(case, "4000")
    visit = desk.add_visit(total, is_deleted=case == "deleted")
    if case in ("issued", "pending", "unknown"):
        desk.add_receipt(visit, state=case)
    answer = cashier.pay(visit.id)
    assert answer.status_code == 409
    assert says in answer.text
    assert desk.all(Checkout) == []
    assert 'name="method"' not in cashier.page(f"/acquire/visits/{visit.id}")


@pytest.mark.parametrize("state", ["awaiting_payment", "ignored", "dead_lettered", "processed"])
def test_a_delivery_at_rest_is_woken(desk: Desk, cashier: Browser, state: str) -> None:
    visit = desk.add_visit(state=state, reason="some reason", code="9" if state == "dead_lettered" else None)
    assert cashier.pay(visit.id).status_code == 303
    row = desk.get(WebhookRecord, visit.delivery_id)
    assert (row.state, row.reason, row.error_code) == ("received", None, None)


@pytest.mark.parametrize("state", ["received", "processing", "retrying"])
def test_a_delivery_at_work_is_left_to_its_worker_which_will_find_the_payment(
    desk: Desk, cashier: Browser, state: str
) -> None:
    visit = desk.add_visit(state=state)
    assert cashier.pay(visit.id).status_code == 303
    assert desk.get(WebhookRecord, visit.delivery_id).state == state


@pytest.mark.parametrize("gone", ["rejected", "returned"])
def test_a_sale_that_was_refused_or_returned_may_be_paid_anew(desk: Desk, cashier: Browser, gone: str) -> None:
    visit = desk.add_visit(state="dead_lettered" if gone == "rejected" else "processed", code="9")
    desk.add_receipt(visit, state="rejected" if gone == "rejected" else "issued", returned=gone == "returned")
    assert 'name="method"' in cashier.page(f"/acquire/visits/{visit.id}")
    assert cashier.pay(visit.id).status_code == 303


def test_after_a_full_return_the_voided_payment_does_not_count(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit()
    cashier.pay(visit.id)
    desk.execute("UPDATE checkouts SET voided_at = now()")
    desk.execute("UPDATE webhook_records SET state = 'processed'")
    assert cashier.pay(visit.id).status_code == 303
    assert len(desk.all(Checkout)) == 2


def test_a_visit_whose_details_are_kept_no_longer_takes_no_payment(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit(state="ignored")
    desk.execute("UPDATE webhook_records SET emptied_at = now()")
    answer = cashier.pay(visit.id)
    assert answer.status_code == 409
    assert "слишком старый" in answer.text
    assert desk.all(Checkout) == []


def test_a_form_of_one_visit_pays_no_other(desk: Desk, cashier: Browser) -> None:
    key = str(uuid4())
    one, other = desk.add_visit(), desk.add_visit()
    assert cashier.pay(one.id, form_key=key).status_code == 303
    answer = cashier.pay(other.id, form_key=key)
    assert answer.status_code == 409
    assert len(desk.all(Checkout)) == 1


def test_a_payment_waits_while_a_worker_decides_about_the_visit(desk: Desk, cashier: Browser) -> None:
    """The worker's lock: it may be about to make a receipt of the default kind."""
    visit = desk.add_visit()
    token = cashier.form_token()
    fields = {"form_token": token, "form_key": str(uuid4()), "method": "card"}
    with desk.sessions.begin() as worker, ThreadPoolExecutor(1) as pool:
        subject = f"{visit.company_id} visit {visit.record_id}"
        lock(worker, subject)
        press = pool.submit(cashier.post, f"/acquire/visits/{visit.id}", data=fields)
        wait_for_lock(desk)
        desk.add_receipt(visit, state="pending")
        worker.commit()
        assert press.result(20).status_code == 409
    assert desk.all(Checkout) == []


def lock(session: Session, subject: str) -> None:

    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 0))"), {"subject": subject})


def wait_for_lock(desk: Desk) -> None:

    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    def is_waiting() -> bool:
        with desk.sessions() as session:
            return bool(session.scalar(waiting))

    wait_until(is_waiting, timeout=10, what="the payment to wait")


def test_without_a_broker_the_payment_is_taken_all_the_same(desk: Desk) -> None:
    with Desk.open(desk.environment, redis_url="redis://127.0.0.1:9/0") as offline:
        offline.add_user("aigul")
        cashier = offline.sign_in("aigul")
        visit = offline.add_visit()
        assert cashier.pay(visit.id).status_code == 303
        assert offline.get(WebhookRecord, visit.delivery_id).state == "received"
        assert "Оплата сохранена" in cashier.page(f"/acquire/visits/{visit.id}/progress")
