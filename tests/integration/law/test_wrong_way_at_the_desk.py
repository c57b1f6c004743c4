"""The wrong way of payment, corrected in one step, whatever happens in its middle: never two sales, never a return alone."""

from decimal import Decimal
from typing import Any

import pytest

from shared.books.model import Why
from shared.books.read import keep_books
from shared.clock import almaty_date, utc_now
from shared.storage.models import AuditEvent, Cashbox, HandBack, ReturnOrder
from tests.integration.law.test_part_payments import take_at_desk
from tests.support.documents import order_return
from tests.support.payloads import T2, T3
from tests.support.salon import Salon, came, paid, paid_for, sold_line
from worker.issue.make_return import make_return

T4 = "2026-03-02T12:00:04+0500"
CARD, CASH = {"altegio_1001": {"card": 9500}}, {"altegio_1001_2": {"cash": 9500}}


def order(salon: Salon, receipt_id: int = 1, *, received: int | None = None, **ways: str) -> None:
    """Staff confirm; a worker takes the order up, and nothing is sent yet."""
    order_return(salon.bridge, receipt_id, sold_anew=ways, cash_received=received, reason_code="wrong_method")
    newest = salon.bridge.scalar("SELECT max(id) FROM return_orders")
    make_return(salon.bridge.services.sessions, newest)


def hold_back(salon: Salon) -> None:
    """The new sale waits, as where the register is busy or the worker died right after the return."""
    salon.bridge.execute(
        "CREATE OR REPLACE FUNCTION later() RETURNS trigger AS $$ BEGIN IF NEW.replaces_id IS NOT NULL THEN"
        " NEW.next_attempt_at := now() + interval '1 hour'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
    )
    salon.bridge.execute("CREATE TRIGGER later BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION later()")
    try:
        salon.bridge.issue()
    finally:
        salon.bridge.execute("DROP TRIGGER later ON receipts")
        salon.bridge.execute("DROP FUNCTION later")


def list_documents(salon: Salon) -> list[tuple[int, dict[int, str]]]:
    """What the tax office has: (2 sale or 3 return, type of payment -> sum)."""
    return [
        (one["operation_type"], {part["type"]: part["sum"] for part in one["payments"]})
        for one in salon.simulator.receipts()
    ]


def keep(salon: Salon) -> Any:
    today = almaty_date(utc_now())
    with salon.bridge.services.sessions() as session:
        (books,) = keep_books(session, session.get_one(Cashbox, 1), today, today)
    return books


def list_rows(salon: Salon, model: Any) -> list[Any]:
    with salon.bridge.services.sessions() as session:
        return list(session.query(model).order_by(model.id))


@pytest.fixture
def sold(telling: Salon) -> Salon:
    """9 500 by card, by Altegio's word."""
    telling.tell(paid(1, 9500, cash=False), came(9500))
    return telling


def test_the_new_sale_comes_after_the_return(sold: Salon) -> None:
    order(sold, cash="9500")
    hold_back(sold)
    assert list_documents(sold) == [(2, {1: "9500.00"}), (3, {1: "9500.00"})]
    sold.bridge.settle()
    assert list_documents(sold)[2:] == [(2, {0: "9500.00"})]
    first, back, new = sold.bridge.receipts()
    assert (first.returned, new.returned, new.replaces_id) == (True, False, first.id)
    assert (back.external_check_number, new.external_check_number) == ("altegio_1001_r1", "altegio_1001_2")


def test_it_may_be_paid_in_several_ways_with_change(sold: Salon) -> None:
    order(sold, cash="4500", mobile="5000", received=10000)
    sold.bridge.settle()
    new = sold.bridge.receipts()[-1]
    assert new.request["Payments"] == [{"Sum": 10000, "PaymentType": 0}, {"Sum": 5000, "PaymentType": 4}]
    assert new.request["Change"] == 5500
    assert sold.bridge.scalar("SELECT count(*) FROM hand_backs") == 0, "no money is given back"


def test_a_worker_that_dies_after_the_return_loses_nothing(sold: Salon) -> None:
    """Its answer was saved with the new sale, or it is found out by asking: another worker goes on."""
    order(sold, cash="9500")
    hold_back(sold)
    other = sold.bridge.open_services()
    sold.bridge.services = other
    sold.bridge.settle()
    assert sold.issued == {**CARD, **CASH}
    assert len(list_documents(sold)) == 3


def test_a_worker_that_dies_before_it_saves_the_return_makes_it_once(sold: Salon) -> None:
    sold.simulator.fault(operation="check", kind="drop", when="after", times=1)
    order(sold, cash="9500")
    sold.bridge.issue()
    assert len(sold.bridge.receipts()) == 2, "no new sale while the return is not known"
    sold.bridge.settle()
    assert [kind for kind, _ in list_documents(sold)] == [2, 3, 2]
    assert sold.issued == {**CARD, **CASH}


def test_an_answer_to_the_new_sale_that_is_lost_makes_it_once(sold: Salon) -> None:
    order(sold, cash="9500")
    hold_back(sold)
    sold.simulator.fault(operation="check", kind="drop", when="after", times=1)
    sold.bridge.settle()
    assert [kind for kind, _ in list_documents(sold)] == [2, 3, 2]
    assert sold.issued == {**CARD, **CASH}


def test_a_return_that_is_refused_leaves_the_sale_as_it_was(sold: Salon) -> None:
    sold.simulator.fault(operation="check", kind="code", code=9, times=2)
    order(sold, cash="9500")
    sold.bridge.settle()
    assert sold.issued == CARD
    assert [one.state for one in sold.bridge.receipts()] == ["issued", "rejected"]
    assert not sold.bridge.receipt(1).returned


def test_a_wish_that_was_refused_does_not_come_true_with_a_later_return(sold: Salon) -> None:
    sold.simulator.fault(operation="check", kind="code", code=9, times=2)
    order(sold, cash="9500")
    sold.bridge.settle()
    order_return(sold.bridge)
    make_return(sold.bridge.services.sessions, 2)
    sold.bridge.settle()
    assert [kind for kind, _ in list_documents(sold)] == [2, 3], "returned, and not sold anew"


def test_ordered_twice_it_is_done_once(sold: Salon) -> None:
    order(sold, cash="9500")
    order(sold, cash="9500")
    assert [one.state for one in list_rows(sold, ReturnOrder)] == ["accepted", "refused"]
    sold.bridge.settle()
    assert [kind for kind, _ in list_documents(sold)] == [2, 3, 2]


@pytest.mark.parametrize("when", ["before", "between", "after"])
@pytest.mark.parametrize(
    "news",
    [
        lambda: [came(9500, changed=T2, comment="пришла")],
        lambda: [paid(1, 9500, cash=False, status="update", changed=T2)],
        lambda: [paid(1, 9500, cash=False, status="update", changed=T2), came(9500, changed=T3)],
        lambda: [paid(1, 9500, cash=True, status="update", changed=T2), came(9500, changed=T3)],
    ],
    ids=["visit", "payment", "both", "Altegio corrected"],
)
def test_what_altegio_says_meanwhile_contradicts_nothing(sold: Salon, when: str, news: Any) -> None:
    """Altegio has the card still, or by now the cash: what staff say counts."""
    if when == "before":
        order_return(sold.bridge, 1, sold_anew={"cash": "9500"}, reason_code="wrong_method")
        sold.tell(*news())
        make_return(sold.bridge.services.sessions, 1)
    else:
        order(sold, cash="9500")
    if when == "between":
        hold_back(sold)
        sold.tell(*news())
        assert len(list_documents(sold)) == 2, "nothing brings the new sale forward, or changes it"
    sold.bridge.settle()
    if when == "after":
        sold.tell(*news())
        sold.bridge.settle()
    assert sold.issued == {**CARD, **CASH}
    assert (sold.asked, sold.returns_due) == ({}, {})


def test_a_payment_taken_back_afterwards_is_due_all_the_same(sold: Salon) -> None:
    order(sold, cash="9500")
    sold.bridge.settle()
    sold.tell(paid(1, 9500, cash=False, status="delete", changed=T2))
    sold.let_waits_end()
    assert list(sold.returns_due) == ["altegio_1001_2"]


def test_a_visit_deleted_between_does_not_keep_the_new_sale_back(sold: Salon) -> None:
    order(sold, cash="9500")
    hold_back(sold)
    sold.tell(came(9500, status="delete", changed=T4))
    sold.bridge.settle()
    assert sold.issued == {**CARD, **CASH}
    assert list(sold.returns_due) == ["altegio_1001_2"], "a manager decides"


def test_a_new_sale_that_was_refused_keeps_what_staff_said(sold: Salon) -> None:
    """A replay builds it anew from what Altegio says; not its way of payment."""
    order(sold, cash="9500")
    hold_back(sold)
    sold.simulator.fault(operation="check", kind="code", code=9, times=2)
    sold.bridge.settle()
    assert "9" in sold.asked
    sold.tell(came(9500, changed=T4, comment="ещё раз"))
    lines = [{"id": 1, "title": "Стрижка", "amount": 1, "cost_per_unit": 9500, "first_cost": 9500, "discount": 0}]
    sold.tell(came(9500, changed="2026-03-02T12:00:09+0500", services=[{**lines[0], "cost": 9500, "cost_to_pay": 9500}]))
    sold.bridge.settle()
    assert sold.issued == {**CARD, **CASH}


def test_paid_at_the_desk_it_has_the_desks_new_payment(telling: Salon) -> None:
    telling.choose(default_payment_method="ask")
    telling.tell(came(9500))
    take_at_desk(telling, 9500)
    order(telling, card="5000", cash="4500", received=5000)
    telling.bridge.settle()
    live = "SELECT kind, amount FROM payment_records JOIN checkouts ON checkouts.id = checkout_id WHERE voided_at IS NULL"
    with telling.bridge.services.sessions() as session:
        rows = session.connection().exec_driver_sql(live + " ORDER BY kind").all()
        change = session.connection().exec_driver_sql("SELECT change FROM checkouts WHERE voided_at IS NULL").scalar()
    assert [tuple(row) for row in rows] == [("card", Decimal(5000)), ("cash", Decimal(4500))]
    assert change == 500
    telling.tell(came(9500, changed=T3, comment="пришла"))
    assert (telling.asked, telling.returns_due) == ({}, {})
    assert keep(telling).difference_count == 0


def test_goods_are_corrected_too(telling: Salon) -> None:
    telling.tell(paid_for(1, 2500, "goods_transaction", cash=False), sold_line(1, 2500))
    order(telling, cash="2500")
    telling.bridge.settle()
    assert telling.issued == {"altegio_goods_5001": {"card": 2500}, "altegio_goods_5001_2": {"cash": 2500}}
    telling.tell(paid_for(1, 2500, "goods_transaction", cash=False, status="update", changed=T2))
    telling.let_waits_end()
    assert (telling.asked, telling.returns_due) == ({}, {})


def test_the_books_of_the_day_add_up_and_say_why(sold: Salon) -> None:
    order(sold, cash="9500")
    sold.bridge.settle()
    books = keep(sold)
    assert books.difference_count == 0
    assert [one.why for one in books.reasons] == [Why.CORRECTED]
    issued = {kind.value: books.issued.net(kind) for kind in books.issued.kinds if kind}
    assert issued == {"card": Decimal(0), "cash": Decimal(9500)}
    assert (books.receipts, books.returns) == (2, 1)


def test_the_drawer_holds_what_was_paid_in_cash(sold: Salon) -> None:
    order(sold, cash="9500")
    sold.bridge.settle()
    assert sum((1 if kind == 2 else -1) * Decimal(parts.get(0, "0")) for kind, parts in list_documents(sold)) == Decimal(
        9500
    )
    order(sold, 3, card="9500")
    sold.bridge.settle()
    assert sum((1 if kind == 2 else -1) * Decimal(parts.get(0, "0")) for kind, parts in list_documents(sold)) == 0
    assert list(sold.issued) == ["altegio_1001", "altegio_1001_2", "altegio_1001_3"], "corrected once more"


def test_an_order_of_the_version_before_is_carried_out(sold: Salon) -> None:
    """It knew one way for all, and may still be at work while the new one is installed."""
    order_return(sold.bridge, 1, sold_anew_as="cash")
    sold.bridge.execute("UPDATE return_orders SET sold_anew = NULL, sold_anew_as = 'cash'")
    make_return(sold.bridge.services.sessions, 1)
    sold.bridge.settle()
    assert sold.issued == {**CARD, **CASH}
    assert list_rows(sold, HandBack) == []


def test_both_receipts_are_in_the_trail(sold: Salon) -> None:
    order(sold, cash="9500")
    sold.bridge.settle()
    (event,) = list_rows(sold, AuditEvent)
    assert (event.action, event.subject, event.staff_user_id) == ("sold_anew", "receipt 3", 1)
    assert event.details == {"return_order_id": 1, "replaces": 1, "kinds": {"cash": "9500"}}


def test_a_plain_return_says_what_to_give_back(sold: Salon) -> None:
    order_return(sold.bridge)
    make_return(sold.bridge.services.sessions, 1)
    sold.bridge.settle()
    (back,) = list_rows(sold, HandBack)
    assert (back.return_receipt_id, back.kind, back.amount, back.ticked_at) == (2, "card", 9500, None)
    assert sold.bridge.receipt(2).staff_user_id == 1
