"""The books over a real database and register: what was delivered, taken at the desk, issued, returned, counted."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from shared.books.csv_file import write_csv
from shared.books.model import DayBooks, Why
from shared.books.read import keep_books
from shared.books.table import COLUMNS, list_rows
from shared.clock import ALMATY, almaty_date, utc_now
from shared.fiscal.statuses import PaymentKind
from shared.storage.models import Cashbox, ReturnOrder
from tests.support.bridge import Bridge
from tests.support.payloads import goods, payment, visit
from worker.entry.cli.by_hand import close_shifts_now
from worker.issue.make_return import make_return

CARD, CASH = PaymentKind.CARD, PaymentKind.CASH


def now_text(back: timedelta = timedelta(0)) -> str:
    return (datetime.now(ALMATY) - back).strftime("%Y-%m-%dT%H:%M:%S+0500")


def paid(record_id: int, amount: int = 4000, *, cash: bool = False, operation: int | None = None, **data: Any) -> Any:
    number = operation or record_id * 10
    return payment(number, amount, record_id=record_id, cash=cash, changed=data.pop("changed", now_text()), **data)


def sell(bridge: Bridge, *numbers: int) -> None:
    for number in numbers:
        bridge.deliver(paid(number), visit(number))


def close_shift(bridge: Bridge) -> None:
    assert close_shifts_now(bridge.services, None, wait_seconds=5, report=lambda _: None) == 0


def today(bridge: Bridge, back: int = 0) -> DayBooks:
    day = almaty_date(utc_now()) - timedelta(days=back)
    with bridge.services.sessions() as session:
        (books,) = keep_books(session, session.get_one(Cashbox, 1), day, day)
    return books


def named(books: DayBooks) -> list[tuple[int | None, str]]:
    return [(d.subject.record_id, d.why) for d in books.differences]


def test_a_day_that_agrees(bridge: Bridge) -> None:
    sell(bridge, 1, 2)
    bridge.deliver(paid(3, cash=True), visit(3))
    books = today(bridge)
    assert (books.difference_count, books.missing_reports) == (0, {1})
    close_shift(bridge)
    books = today(bridge)
    assert (books.difference_count, books.missing_reports) == (0, set())
    assert books.told.sold == books.issued.sold == books.counted.sold == {CARD: 8000, CASH: 4000}
    assert books.receipts == 3


def test_goods_over_the_counter_are_their_own_sale(bridge: Bridge) -> None:
    sold = {"document_id": 5001, "sold_item_type": "goods_transaction"}
    bridge.deliver(goods(1, 1500, changed=now_text()), paid(0, 1500, operation=77, visit_id=0, **sold))
    bridge.settle()
    books = today(bridge)
    assert (books.difference_count, books.told.total, books.issued.total) == (0, 1500, 1500)


@pytest.mark.parametrize("why", [Why.NO_RECEIPT, Why.NO_PAYMENT, Why.OTHER_KIND, Why.RETURN_DUE, Why.DEAD_LETTER])
def test_a_difference_is_named_down_to_the_record(bridge: Bridge, simulator: SimulatorControl, why: Why) -> None:
    sell(bridge, 1)
    if why is Why.NO_RECEIPT:
        bridge.deliver(paid(2))
    elif why is Why.NO_PAYMENT:
        bridge.deliver(visit(2))
    elif why is Why.OTHER_KIND:
        sell(bridge, 2)
        bridge.execute("UPDATE payment_records SET kind = 'cash' WHERE record_id = 2")
    elif why is Why.RETURN_DUE:
        sell(bridge, 2)
        bridge.execute("UPDATE payment_records SET paid_at = paid_at - interval '1 day' WHERE record_id = 2")
        bridge.deliver(paid(2, status="delete", changed=now_text(-timedelta(seconds=2))))
        assert bridge.receipt(2).return_due_reason is not None
    else:
        simulator.fault(operation="check", kind="code", code=9, text="нельзя")
        sell(bridge, 2)
        assert [letter.subject.record_id for letter in today(bridge).dead_letters] == [2]
    books = today(bridge)
    assert named(books) == [(2, why)]
    close_shift(bridge)
    assert today(bridge).shift_differences == []


def test_an_ignored_visit_that_was_paid_is_a_reason_not_a_difference(bridge: Bridge) -> None:
    bridge.configure(fiscalize_comment_marker="чек")
    sell(bridge, 2)
    books = today(bridge)
    assert (named(books), [(r.why, r.note is not None) for r in books.reasons]) == ([], [(Why.NOT_DUE, True)])


def test_a_salon_that_tells_no_payments_has_no_differences(bridge: Bridge) -> None:
    bridge.deliver(visit(1), visit(2))
    books = today(bridge)
    assert (books.difference_count, books.assumed, books.ours.total, books.told.total) == (0, 8000, 8000, 0)


def add_manager(bridge: Bridge) -> int:
    """The same at every call."""
    bridge.execute(
        "INSERT INTO staff_users (login, password_hash, role) VALUES ('dana', 'x', 'manager') ON CONFLICT DO NOTHING"
    )
    return int(bridge.scalar("SELECT id FROM staff_users"))


def take_at_desk(bridge: Bridge, record_id: int, amount: int) -> None:
    manager = add_manager(bridge)
    checkout = bridge.scalar(
        "SELECT coalesce(max(id), 0) + 1 FROM checkouts",
    )
    bridge.execute(
        "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total) "
        "VALUES (307626, :record, :manager, gen_random_uuid(), :amount)",
        record=record_id,
        manager=manager,
        amount=amount,
    )
    bridge.execute(
        "INSERT INTO payment_records (company_id, record_id, checkout_id, kind, amount) "
        "VALUES (307626, :record, :checkout, 'card', :amount)",
        record=record_id,
        checkout=checkout,
        amount=amount,
    )


def give_back(bridge: Bridge, receipt_id: int, lines: list[dict[str, Any]]) -> None:
    manager = add_manager(bridge)
    with bridge.services.sessions.begin() as session:
        order = ReturnOrder(receipt_id=receipt_id, staff_user_id=manager, form_key=uuid4(), reason="x", lines=lines)
        session.add(order)
    make_return(bridge.services.sessions, order.id)
    bridge.issue()


def test_money_taken_and_given_back_at_the_desk(bridge: Bridge) -> None:
    """Booked in Altegio as well, which must not count twice; half of it is handed back."""
    sell(bridge, 1)
    bridge.deliver(visit(2, paid=0))
    take_at_desk(bridge, 2, 4000)
    bridge.execute("UPDATE webhook_records SET state = 'received', receipt_id = NULL WHERE resource_id = 2")
    bridge.decide_open()
    bridge.issue()
    bridge.deliver(paid(2))
    assert today(bridge).difference_count == 0
    give_back(bridge, 2, [{"position": 0, "count": "0.5"}])
    close_shift(bridge)
    books = today(bridge)
    assert (books.difference_count, books.returns) == (0, 1)
    assert (books.told.total, books.ours.total) == (4000, 2000)
    assert (books.ours.returned, books.issued.returned, books.counted.total) == ({CARD: 2000}, {CARD: 2000}, 6000)


@pytest.mark.parametrize(("back", "lines"), [(4000, []), (2000, [{"position": 0, "count": "0.5"}])])
def test_money_of_the_desk_that_altegio_tells_was_given_back(bridge: Bridge, back: int, lines: list[dict[str, Any]]) -> None:
    bridge.deliver(visit(1, paid=0))
    take_at_desk(bridge, 1, 4000)
    bridge.execute("UPDATE webhook_records SET state = 'received', receipt_id = NULL")
    bridge.decide_open()
    bridge.issue()
    bridge.deliver(paid(1, -back, expense={"id": 12, "title": "Возврат клиенту", "type": 1}))
    books = today(bridge)
    assert (books.told.total, books.ours.total, books.issued.total) == (-back, 4000, 4000)
    assert named(books) == [(1, Why.RETURN_DUE)]
    give_back(bridge, 1, lines)
    books = today(bridge)
    assert (books.told.total, books.ours.total, books.issued.total) == (-back, 4000, 4000 - back)
    assert named(books) == []


def test_returned_here_and_still_paid_in_altegio(bridge: Bridge) -> None:
    sell(bridge, 1)
    give_back(bridge, 1, [])
    assert named(today(bridge)) == [(1, Why.RETURNED_HERE)]


def test_a_sale_that_is_not_ours_is_named_by_its_document(bridge: Bridge, register: Register) -> None:
    sell(bridge, 1)
    theirs = register.sell("coffee-7", 500)
    close_shift(bridge)
    books = today(bridge)
    assert named(books) == []
    (difference,) = books.shift_differences
    assert (difference.amounts, difference.documents) == ({CARD: 500}, 1)
    rows = list(list_rows([("SWK00000001", books)]))
    (stranger,) = [row for row in rows if row["row"] == "stranger"]
    assert (stranger["receipts"], stranger["z_report"]) == (theirs["CheckNumber"], 500)


def test_a_shift_over_midnight(bridge: Bridge, simulator: SimulatorControl) -> None:
    """The first receipt is a day older than the second, in one shift."""
    sell(bridge, 1)
    bridge.execute("UPDATE receipts SET issued_at = issued_at - interval '1 day'")
    bridge.execute("UPDATE payment_records SET paid_at = paid_at - interval '1 day'")
    bridge.execute("UPDATE shifts SET opened_at = opened_at - interval '1 day'")
    sell(bridge, 2, 3)
    close_shift(bridge)
    assert [(b.difference_count, b.counted.total) for b in (today(bridge, 1), today(bridge))] == [(0, 4000), (0, 8000)]


def test_autonomous_receipts_are_shown_apart(bridge: Bridge, simulator: SimulatorControl) -> None:
    sell(bridge, 1)
    simulator.settings(offline=True)
    sell(bridge, 2)
    books = today(bridge)
    assert ([d.subject.record_id for d in books.offline], books.difference_count) == ([2], 0)


def test_another_cashbox_has_books_of_its_own(bridge: Bridge) -> None:
    sell(bridge, 1)
    bridge.execute("INSERT INTO cashboxes (unique_number, company_id) VALUES ('SWK00000009', 9)")
    bridge.accept(payment(5, 700, record_id=9, changed=now_text()) | {"company_id": 9})
    bridge.decide_open()
    day = almaty_date(utc_now())
    assert today(bridge).told.total == 4000
    with bridge.services.sessions() as session:
        (theirs,) = keep_books(session, session.get_one(Cashbox, 2), day, day)
    assert [(d.subject.company_id, d.why) for d in theirs.differences] == [(9, Why.NO_RECEIPT)]


def test_the_rows_of_a_file(bridge: Bridge) -> None:
    sell(bridge, 1)
    bridge.deliver(paid(2))
    rows = list(list_rows([("SWK00000001", today(bridge))]))
    totals = {row["kind"]: (row["altegio_paid"], row["issued"], row["difference"]) for row in rows if row["row"] == "total"}
    assert totals["card"] == (8000, 4000, Decimal(4000))
    assert [(row["row"], row["record_id"], row["why"]) for row in rows if row["row"] == "difference"] == [
        ("difference", 2, "no_receipt")
    ]
    assert json.dumps(rows, default=str)


def test_no_words_of_others_become_a_formula() -> None:
    row = {**dict.fromkeys(COLUMNS), "note": "=HYPERLINK(1)", "difference": Decimal("-5.00"), "day": date(2026, 3, 2)}
    text = write_csv(COLUMNS, COLUMNS, [row])
    assert "'=HYPERLINK(1)" in text
    assert ",-5.00," in text
