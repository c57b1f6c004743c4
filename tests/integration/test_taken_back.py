"""Which money counts as given back, from the table of what each situation of a salon's week wants.

A receipt whose money was kept is never returned, and money that was given back never keeps its receipt without a word.
"""

from typing import Any

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import T0, T1, T2, T3, goods, payment, visit
from worker.issue.make_return import make_return
from worker.rounds.rescue import dispatch

REFUND = {"expense": {"id": 12, "title": "Возврат клиенту", "type": 1}}
T4, T5 = "2026-03-02T12:00:04+0500", "2026-03-02T12:00:05+0500"


def receipts(simulator: SimulatorControl) -> list[int]:
    return [receipt["operation_type"] for receipt in simulator.receipts()]


def pay_at_desk(bridge: Bridge, amount: int = 4000) -> None:
    """The visit is known and unpaid; staff takes the payment, and its receipt is issued."""
    bridge.deliver(visit(cost=amount, paid=0, changed=T0))
    bridge.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('aigerim', 'cashier', 'x')")
    bridge.execute(
        "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total)"
        " SELECT 307626, 1001, id, gen_random_uuid(), :amount FROM staff_users",
        amount=amount,
    )
    bridge.execute(
        "INSERT INTO payment_records (company_id, record_id, kind, amount, checkout_id)"
        " SELECT 307626, 1001, 'card', total, id FROM checkouts"
    )
    bridge.execute("UPDATE webhook_records SET state = 'received', next_attempt_at = now() WHERE id = 1")
    bridge.decide_open()
    bridge.issue()
    assert bridge.receipt().state == "issued"


class TestPaidAtTheDesk:
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({}, id="nothing"),
            pytest.param({"comment": "перезвонить"}, id="a-comment"),
            pytest.param({"attendance": 1}, id="attendance"),
            pytest.param({"client": {"name": "Алия", "phone": "+77010000000"}}, id="the-client"),
        ],
    )
    def test_updates_that_still_say_unpaid_change_nothing(self, bridge: Bridge, change: dict[str, Any]) -> None:
        pay_at_desk(bridge)
        bridge.deliver(visit(paid=0, changed=T1, **change), visit(paid=0, changed=T2, **change))
        assert bridge.receipt().return_due_reason is None
        assert [row.state for row in bridge.rows()] == ["processed"] * 3

    def test_a_deletion_is_a_managers_matter(self, bridge: Bridge) -> None:
        pay_at_desk(bridge)
        bridge.deliver(visit(status="delete", paid=0, changed=T1))
        assert bridge.receipt().return_due_reason == "the record was deleted, it was paid at the desk"
        assert bridge.receipt().paid_back_since is None

    def test_a_payment_seen_to_be_withdrawn(self, bridge: Bridge) -> None:
        pay_at_desk(bridge)
        bridge.deliver(visit(changed=T1))
        assert bridge.receipt().return_due_reason is None
        bridge.deliver(visit(paid=0, changed=T2))
        assert bridge.receipt().return_due_reason
        assert bridge.receipt().paid_back_since is None

    def test_another_price_is_told_with_both_sums(self, bridge: Bridge) -> None:
        pay_at_desk(bridge)
        bridge.deliver(visit(cost=5000, paid=0, changed=T1))
        row = bridge.row(2)
        assert (row.state, row.error_code) == ("dead_lettered", "difference")
        assert "paid 4000.00 ₸" in row.reason
        assert "costs 5000.00 ₸" in row.reason
        assert bridge.receipt().return_due_reason is None

    def test_money_that_altegio_says_was_given_back(self, bridge: Bridge) -> None:
        pay_at_desk(bridge)
        bridge.deliver(payment(9, -1500, changed=T1, **REFUND))
        assert "1500.00 ₸ were given back" in (bridge.receipt().return_due_reason or "")
        assert bridge.receipt().paid_back_since is None

    def test_deleted_before_its_receipt_was_sent_the_money_was_still_taken(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        bridge.deliver(visit(paid=0, changed=T0))
        pay_at_desk_without_issuing(bridge)
        bridge.deliver(visit(status="delete", paid=0, changed=T1))
        assert receipts(simulator) == [2]


def pay_at_desk_without_issuing(bridge: Bridge) -> None:
    bridge.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('aigerim', 'cashier', 'x')")
    bridge.execute(
        "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total)"
        " SELECT 307626, 1001, id, gen_random_uuid(), 4000 FROM staff_users"
    )
    bridge.execute(
        "INSERT INTO payment_records (company_id, record_id, kind, amount, checkout_id)"
        " SELECT 307626, 1001, 'card', total, id FROM checkouts"
    )


class TestMoneyThatWasKept:
    def test_a_deleted_visit_whose_payment_stays(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 4000), visit(changed=T1), visit(status="delete", changed=T2))
        assert "4000.00 ₸ are in force" in (bridge.receipt().return_due_reason or "")
        assert bridge.receipt().paid_back_since is None

    def test_a_deleted_visit_without_a_receipt_whose_payment_stays(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        bridge.deliver(visit(paid=0, changed=T1), payment(1, 4000), visit(status="delete", paid=1, changed=T2))
        assert (bridge.row(3).state, bridge.row(3).error_code) == ("dead_lettered", "paid_but_deleted")
        assert receipts(simulator) == []

    def test_its_payment_is_deleted_after_the_visit(self, bridge: Bridge) -> None:
        bridge.deliver(visit(paid=0, changed=T1), payment(1, 4000), visit(status="delete", paid=1, changed=T2))
        bridge.deliver(payment(1, 4000, status="delete", changed=T2))
        assert bridge.row(3).state == "ignored"

    def test_a_service_added_after_the_receipt(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(payment(1, 9500, changed=T0), visit(cost=9500, changed=T1))
        bridge.deliver(visit(cost=11500, paid=0, changed=T2))
        added = bridge.row(3)
        assert (added.state, added.error_code) == ("dead_lettered", "difference")
        assert "paid 9500.00 ₸, the visit now costs 11500.00 ₸" in added.reason
        bridge.deliver(payment(2, 2000, changed=T3), visit(cost=11500, paid=1, changed=T4))
        assert [row.state for row in bridge.rows()[3:]] == ["dead_lettered", "dead_lettered"]
        assert "2000.00 ₸ have no receipt" in bridge.row(5).reason
        assert bridge.receipt().return_due_reason is None
        assert receipts(simulator) == [2]

    def test_two_words_of_one_second_have_no_order(self, bridge: Bridge) -> None:
        bridge.deliver(visit(changed=T1), payment(1, 4000, cash=False), visit(paid=0, changed=T1))
        assert bridge.receipt().return_due_reason is None
        bridge.deliver(visit(2002, changed=T1), visit(2002, paid=0, changed=T1))
        assert bridge.receipt(2).return_due_reason is None

    def test_not_marked_as_paid_while_its_payment_is_in_force(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 4000), visit(changed=T1), visit(paid=0, changed=T3))
        assert bridge.receipt().return_due_reason is None
        assert "4000.00 ₸ are in force" in bridge.row(3).reason

    def test_unpaid_and_no_payment_was_ever_told(self, bridge: Bridge) -> None:
        """A manager looks at it: that money was given back is not known."""
        bridge.deliver(visit(changed=T1), visit(paid=0, changed=T2))
        assert bridge.receipt().return_due_reason == "the record is no longer paid in full"
        assert bridge.receipt().paid_back_since is None

    def test_money_without_lines(self, bridge: Bridge) -> None:
        bridge.deliver(visit(paid=0, changed=T1), payment(1, 5000), visit(services=[], changed=T2))
        assert (bridge.row(3).state, bridge.row(3).error_code) == ("dead_lettered", "money_without_lines")

    @pytest.mark.parametrize(
        ("word", "code"),
        [
            (visit(services=[], changed=T2), "money_without_lines"),
            (visit(status="delete", changed=T2), "paid_but_deleted"),
        ],
    )
    def test_money_that_is_told_of_after_its_visit_was_ignored(self, bridge: Bridge, word: Any, code: str) -> None:
        bridge.deliver(word)
        assert bridge.row().state == "ignored"
        bridge.deliver(payment(1, 5000))
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", code)
        bridge.deliver(payment(1, 5000, status="delete", changed=T3))
        assert bridge.row().state == "ignored"

    def test_goods_deleted_while_their_payment_stays(self, bridge: Bridge) -> None:
        sold = {"record_id": 0, "visit_id": 0, "document_id": 5001, "sold_item_type": "goods_transaction"}
        bridge.deliver(payment(1, 900, **sold), goods(1, 900), goods(1, 900, status="delete", changed=T2))
        assert "900.00 ₸ are in force" in (bridge.receipt().return_due_reason or "")
        assert bridge.receipt().paid_back_since is None

    def test_paid_again_after_a_full_return_waits_for_staff(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(payment(1, 4000), visit(changed=T1))
        bridge.execute("UPDATE receipts SET returned = true")
        bridge.deliver(payment(1, 4000, status="delete", changed=T2), visit(paid=0, changed=T2))
        assert bridge.row(4).state == "ignored"
        bridge.deliver(payment(2, 4000, changed=T3), visit(changed=T3))
        assert bridge.row(6).state == "awaiting_payment"
        assert receipts(simulator) == [2]


class TestMoneyThatWasGivenBack:
    def test_an_expense_of_the_visit(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 9500, changed=T0), visit(cost=9500), payment(2, -9500, changed=T2, **REFUND))
        assert "9500.00 ₸ were given back" in (bridge.receipt().return_due_reason or "")
        assert bridge.row(3).state == "processed"

    def test_several_add_up(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 9500, changed=T0), visit(cost=9500))
        bridge.deliver(payment(2, -2000, changed=T2, **REFUND), payment(3, -3000, changed=T3, **REFUND))
        assert "5000.00 ₸ were given back" in (bridge.receipt().return_due_reason or "")

    @pytest.mark.parametrize(
        "named",
        [
            pytest.param({"record_id": 0, "visit_id": 0, "document_id": 77}, id="by-the-document-of-the-visit"),
            pytest.param({"record_id": 0, "visit_id": 1002}, id="by-the-visit"),
        ],
    )
    def test_named_without_the_record(self, bridge: Bridge, named: dict[str, Any]) -> None:
        bridge.deliver(payment(1, 4000, document_id=77, sold_item_type="service"), visit(changed=T1))
        bridge.deliver(payment(2, -4000, changed=T2, **REFUND, **named))
        assert "4000.00 ₸ were given back" in (bridge.receipt().return_due_reason or "")

    def test_an_expense_of_counter_goods(self, bridge: Bridge) -> None:
        sold = {"record_id": 0, "visit_id": 0, "document_id": 5001, "sold_item_type": "goods_transaction"}
        bridge.deliver(payment(1, 900, **sold), goods(1, 900), payment(2, -900, changed=T2, **sold, **REFUND))
        assert "900.00 ₸ were given back" in (bridge.receipt().return_due_reason or "")

    @pytest.mark.parametrize(
        "cost",
        [
            pytest.param({"comment": "Автоматически созданная операция списания комиссии за эквайринг."}, id="a-fee"),
            pytest.param({"expense": {"id": 3, "title": "Комиссия банка", "type": 1}}, id="a-fee-by-its-item"),
            pytest.param({"expense": {"id": 4, "title": "Зарплата персонала", "type": 1}}, id="wages"),
            pytest.param({"expense": {"id": 1, "title": "Закупка материалов", "type": 1}}, id="materials"),
        ],
    )
    def test_a_cost_of_the_salon_is_no_refund(self, bridge: Bridge, cost: dict[str, Any]) -> None:
        bridge.deliver(payment(1, 4000, changed=T0), visit(), payment(2, -40, changed=T2, **cost))
        assert bridge.receipt().return_due_reason is None
        assert bridge.row(3).state == "ignored"

    def test_a_refund_that_is_deleted_again(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 4000, changed=T0), visit(), payment(2, -4000, changed=T2, **REFUND))
        bridge.deliver(payment(2, -4000, status="delete", changed=T3, **REFUND))
        assert bridge.receipt().return_due_reason is None

    def test_a_payment_that_was_lowered(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 9500, changed=T0), visit(cost=9500), payment(1, 5000, status="update", changed=T2))
        assert "4500.00 ₸ less than was paid" in (bridge.receipt().return_due_reason or "")
        assert bridge.receipt().paid_back_since is None

    def test_a_payment_moved_to_another_visit(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(cost=9500, changed=T1), payment(1, 9500, cash=False, changed=T0))
        bridge.deliver(payment(1, 9500, cash=False, record_id=2002, status="update", changed=T2))
        assert "moved to visit 2002" in (bridge.receipt().return_due_reason or "")
        assert bridge.receipt().paid_back_since is None
        bridge.deliver(visit(2002, cost=9500, changed=T2))
        assert receipts(simulator) == [2, 2]
        assert bridge.receipt(2).return_due_reason is None

    def test_a_payment_moved_there_and_back(self, bridge: Bridge) -> None:
        bridge.deliver(visit(changed=T1), payment(1, 4000, cash=False, changed=T0))
        bridge.deliver(
            payment(1, 4000, cash=False, record_id=2002, status="update", changed=T2),
            payment(1, 4000, cash=False, status="update", changed=T3),
        )
        assert bridge.receipt().return_due_reason is None

    def test_a_part_that_was_returned_is_settled(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 9500, changed=T0), visit(cost=9500), payment(2, -4500, changed=T2, **REFUND))
        bridge.execute("UPDATE receipts SET return_due_reason = NULL")
        bridge.execute(
            "INSERT INTO receipts (company_id, cashbox_id, kind, state, record_id, external_check_number, basis_receipt_id,"
            " total, tax, request, fiscal_number) SELECT company_id, cashbox_id, 'return', 'issued', record_id,"
            " 'altegio_1001_r1', id, 4500, 0, request, '1' FROM receipts"
        )
        bridge.deliver(visit(cost=9500, changed=T3), payment(2, -4500, status="update", changed=T4, **REFUND))
        assert bridge.receipt().return_due_reason is None
        bridge.deliver(visit(cost=5000, changed=T5))
        assert {row.state for row in bridge.rows()} == {"processed"}


class TestReturnsByThemselves:
    """`RETURN_POLICY=auto`, on Altegio's own word at that moment."""

    @pytest.fixture
    def auto(self, bridge: Bridge, altegio: AltegioControl) -> Bridge:
        tokens = {name.lower(): value for name, value in altegio.environment.items()}
        bridge.configure(**tokens, return_policy="auto", return_delay_seconds=0)
        first = [known(payment(1, 4000, changed=T0)), visit(changed=T0, visit_id=1002)]
        altegio.apply(*first)
        bridge.deliver(*first)
        assert bridge.receipt().state == "issued"
        return bridge

    def test_payments_known_and_gone(self, auto: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        take_back(auto, altegio)
        tick(auto)
        tick(auto)
        assert receipts(simulator) == [2, 3]
        assert auto.scalar("SELECT count(*) FROM alerts WHERE kind = 'auto_return'") == 1

    def test_payments_deleted_together_do_not_wait_for_each_other(self, auto: Bridge, altegio: AltegioControl) -> None:
        """They are young, so a list without them could be old; but their deletions were told."""
        tokens = {name.lower(): value for name, value in altegio.environment.items()}
        auto.configure(**tokens, altegio_patience_seconds=600)
        second = {"record_id": 2002, "visit_id": 2003, "changed": T0}
        taken = [known(payment(number, 2000, **second)) for number in (11, 12)]
        altegio.apply(*taken, visit(2002, changed=T0, visit_id=2003))
        auto.deliver(*taken, visit(2002, changed=T0, visit_id=2003))
        assert auto.receipt(2).state == "issued"
        gone = [known(payment(number, 2000, status="delete", **{**second, "changed": T2})) for number in (11, 12)]
        gone.append(visit(2002, paid=0, changed=T2, visit_id=2003))
        altegio.apply(*gone)
        for envelope in gone:
            auto.accept(envelope)
        auto.decide_open()
        assert {row.state for row in auto.rows()} == {"processed"}
        assert auto.receipt(2).paid_back_since is not None

    def test_a_list_that_is_behind_does_not_undo_a_lowered_payment(self, auto: Bridge, altegio: AltegioControl) -> None:
        tokens = {name.lower(): value for name, value in altegio.environment.items()}
        auto.configure(**tokens, altegio_patience_seconds=600)
        lowered = known(payment(1, 3000, status="update", changed=T2))
        auto.deliver(lowered)
        assert auto.row(3).state == "retrying"
        altegio.apply(lowered)
        auto.pass_time()
        auto.execute("UPDATE webhook_records SET state = 'received' WHERE id = 3")
        auto.decide_open()
        assert "1000.00 ₸ less than was paid" in (auto.receipt().return_due_reason or "")

    def test_booked_again_and_the_webhook_is_lost(
        self, auto: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        take_back(auto, altegio)
        altegio.apply(known(payment(2, 4000, changed=T3)))
        tick(auto)
        assert receipts(simulator) == [2]
        assert auto.receipt().paid_back_since is None

    def test_nothing_is_ordered_while_altegio_does_not_answer(
        self, auto: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        take_back(auto, altegio)
        altegio.fault(operation="any", kind="500", times=None)
        tick(auto)
        assert receipts(simulator) == [2]
        altegio.clear_faults()
        tick(auto)
        assert receipts(simulator) == [2, 3]

    def test_a_deleted_visit_whose_payment_stays(
        self, auto: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        gone = visit(status="delete", changed=T2, visit_id=1002)
        altegio.apply(gone)
        auto.deliver(gone)
        assert auto.receipt().return_due_reason
        tick(auto)
        assert receipts(simulator) == [2]

    def test_a_service_added(self, auto: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        more = visit(cost=6000, paid=0, changed=T2, visit_id=1002)
        altegio.apply(more)
        auto.deliver(more)
        tick(auto)
        assert receipts(simulator) == [2]
        assert auto.row(3).error_code == "difference"


def known(envelope: dict[str, Any]) -> dict[str, Any]:
    """With what Altegio's own list shows of a payment."""
    named = {"date": "2026-03-02T12:00:00+0500", "document_id": 0, "sold_item_type": "service", "sold_item_id": 1}
    return {**envelope, "data": {**named, "expense": {"id": 5, "title": "Оказание услуг", "type": 7}, **envelope["data"]}}


def take_back(bridge: Bridge, altegio: AltegioControl) -> None:
    gone = [known(payment(1, 4000, status="delete", changed=T2)), visit(paid=0, changed=T2, visit_id=1002)]
    altegio.apply(*gone)
    bridge.deliver(*gone)
    assert bridge.receipt().paid_back_since is not None


def tick(bridge: Bridge) -> None:
    dispatch(bridge.services)
    for order_id in range(1, int(bridge.scalar("SELECT count(*) FROM return_orders")) + 1):
        make_return(bridge.services.sessions, order_id)
    bridge.issue()
