"""What is taken at the desk is booked in Altegio as well: once, on a certain account, and stays the same money."""

from datetime import timedelta
from typing import Any

import pytest

from shared.books.model import DayBooks
from shared.books.read import keep_books
from shared.clock import almaty_date, utc_now
from shared.storage.models import Cashbox
from tests.support.back import Back
from tests.support.payloads import T3, envelope
from tests.support.salon import RECORD


@pytest.fixture
def desk(back: Back) -> Back:
    back.choose(write_back="off", desk_payments="booked", fiscalize_when="manual")
    back.salon.bridge.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('dana', 'cashier', 'x')")
    back.salon.tell(back.visit(paid=0, payment_status=0, documents=[]))
    return back


def take(back: Back, total: int = 9500, kind: str = "cash") -> None:
    back.salon.bridge.execute(
        "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total)"
        " SELECT 307626, :record, id, gen_random_uuid(), :total FROM staff_users",
        record=RECORD,
        total=total,
    )
    back.salon.bridge.execute(
        "INSERT INTO payment_records (company_id, record_id, kind, amount, checkout_id)"
        " SELECT 307626, :record, :kind, total, id FROM checkouts",
        record=RECORD,
        kind=kind,
    )
    back.salon.bridge.execute("UPDATE webhook_records SET state = 'received', reason = NULL, next_attempt_at = now()")
    back.salon.work()


def come_back(back: Back, **fields: Any) -> None:
    """The webhook of our own booking."""
    for row in back.altegio.list_money():
        back.salon.bridge.deliver(envelope("finances_operation", row["id"], "create", {**row, **fields}))


@pytest.mark.parametrize(("kind", "account"), [("cash", 41001), ("card", 41002), ("mobile", 41003)])
def test_on_the_account_of_its_kind_with_our_key(desk: Back, kind: str, account: int) -> None:
    take(desk, kind=kind)
    desk.settle()
    (row,) = desk.altegio.list_money()
    (booked,) = desk.rows("desk_bookings", "key, operation_id, state")
    assert (row["account"]["id"], row["amount"], row["expense"]["id"]) == (account, 9500, 5)
    assert booked == (row["comment"].split()[-1], row["id"], "done")
    assert str(RECORD) in row["comment"]


def test_not_before_its_receipt_and_not_without_the_choice(desk: Back) -> None:
    desk.choose(desk_payments="off", fiscalize_when="manual")
    take(desk)
    desk.settle()
    assert (desk.altegio.list_money(), desk.rows("desk_bookings")) == ([], [])


@pytest.mark.parametrize("keeps_visit", [False, True])
def test_it_comes_back_as_the_same_money(desk: Back, keeps_visit: bool) -> None:
    """By webhook, on the ledger of its visit, and in the books: no difference, no second receipt, no double sum."""
    take(desk)
    desk.settle()
    visit = {"record_id": RECORD, "visit_id": RECORD + 1} if keeps_visit else {}
    come_back(desk, **visit)
    (row,) = desk.altegio.list_money()
    if keeps_visit:
        desk.salon.know(envelope("finances_operation", row["id"], "update", {**row, **visit}))
        desk.salon.tell(desk.visit(paid=1, changed="2026-03-02T15:00:00+0500", documents=[]))
    assert len(desk.salon.sales) == 1
    assert (desk.salon.returns_due, desk.salon.asked) == ({}, {})
    assert desk.rows("payment_records", "purpose") == ["sale", "booked"]
    books = read_books(desk)
    assert [difference for day in books for difference in day.differences] == []
    assert sum(day.ours.total for day in books) == sum(day.issued.total for day in books) == 9500
    assert [money for day in books for money in day.other] == []


def read_books(back: Back) -> list[DayBooks]:
    day = almaty_date(utc_now())
    with back.salon.bridge.services.sessions() as session:
        return keep_books(session, session.get_one(Cashbox, 1), day - timedelta(days=1), day)


def test_what_was_voided_is_withdrawn(desk: Back) -> None:
    """The sale is returned, to be paid in another way perhaps: the first booking must not stay beside the second."""
    take(desk)
    desk.settle()
    desk.salon.bridge.execute("UPDATE checkouts SET voided_at = now()")
    desk.settle()
    (row,) = desk.altegio.list_money()
    assert row["deleted"] is True
    come_back(desk)
    desk.salon.bridge.deliver(envelope("finances_operation", row["id"], "delete", {**row, "last_change_date": T3}))
    desk.settle()
    assert desk.rows("desk_bookings", "state, operation_id") == [("done", None)]
    assert desk.altegio.calls().count("transaction_delete") == 1


class TestAnswersThatAreLost:
    @pytest.mark.parametrize(
        "order", [{"kind": "drop"}, {"kind": "500"}, {"kind": "truncated"}, {"kind": "drop", "when": "before"}]
    )
    def test_it_is_looked_for_and_never_booked_twice(self, desk: Back, order: dict[str, Any]) -> None:
        take(desk)
        desk.altegio.fault(operation="transaction_create", **order)
        desk.settle()
        # Not there yet is not sure enough.
        assert desk.altegio.calls().count("transaction_create") == 1
        desk.salon.bridge.execute("UPDATE desk_bookings SET sending_since = sending_since - interval '5 minutes'")
        desk.settle()
        assert len(desk.altegio.list_money()) == 1
        assert desk.rows("desk_bookings") == ["done"]

    def test_a_webhook_tells_it_too(self, desk: Back) -> None:
        desk.altegio.settings(no_rights=["transactions", "timetable_transactions"])
        take(desk)
        desk.altegio.fault(operation="transaction_create", kind="drop")
        desk.write()
        come_back(desk)
        desk.settle()
        assert desk.rows("desk_bookings") == ["done"]
        assert len(desk.altegio.list_money()) == 1

    def test_without_the_right_to_look_a_person_is_told(self, desk: Back) -> None:
        desk.altegio.settings(no_rights=["transactions", "timetable_transactions"])
        take(desk)
        desk.altegio.fault(operation="transaction_create", kind="drop")
        desk.settle()
        assert desk.altegio.calls().count("transaction_create") == 1
        assert desk.rows("desk_bookings") == ["given_up"]
        assert "may be booked" in desk.told("not_booked")[0]

    def test_a_worker_that_died_in_the_call(self, desk: Back) -> None:
        """Its row says that a call may have left."""
        take(desk)
        desk.write()
        desk.salon.bridge.execute(
            "UPDATE desk_bookings SET state = 'open', operation_id = NULL, sending_since = now(), next_attempt_at = now()"
        )
        desk.settle()
        assert len(desk.altegio.list_money()) == 1
        assert desk.rows("desk_bookings") == ["done"]


class TestAccounts:
    def test_two_of_a_kind_are_no_certain_one(self, desk: Back) -> None:
        desk.altegio.open(accounts=[{"id": 41009, "title": "Касса косметолога", "type": 0}])
        take(desk)
        desk.settle()
        assert desk.altegio.list_money() == []
        assert "PAYMENT_KINDS" in desk.told("not_booked")[0]

    def test_the_salon_names_one(self, desk: Back) -> None:
        desk.altegio.open(accounts=[{"id": 41009, "title": "Касса косметолога", "type": 0}])
        choices = {"desk_payments": "booked", "fiscalize_when": "manual"}
        desk.choose(payment_kinds="Kaspi=mobile, id:41009=cash", **choices)
        take(desk)
        desk.settle()
        assert [row["account"]["id"] for row in desk.altegio.list_money()] == [41009]

    def test_a_refusal_is_told_and_never_touches_the_receipt(self, desk: Back) -> None:
        desk.altegio.settings(no_rights=["transaction_create"])
        take(desk)
        desk.settle()
        assert len(desk.told("not_booked")) == 1
        assert desk.salon.bridge.receipt().state == "issued"
