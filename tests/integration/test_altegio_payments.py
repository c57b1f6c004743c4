"""A record and its payments, in any order: what is waited for, what stands in, and what a receipt is doubted for."""

from typing import Any

import pytest

from dev.harness.simulator import SimulatorControl
from shared.fiscal.statuses import PaymentKind
from tests.support.bridge import Bridge
from tests.support.payloads import T0, T1, T2, T3, goods, payment, visit
from worker.decide.resolution import Resolution

CASH, CARD, MOBILE = 0, 1, 4
SOLD_GOODS: dict[str, Any] = {"record_id": 0, "document_id": 5001, "sold_item_type": "goods_transaction"}
PATIENCE = 20


@pytest.fixture
def patient(bridge: Bridge) -> Bridge:
    bridge.configure(payment_wait_seconds=PATIENCE)
    return bridge


def paid_by(simulator: SimulatorControl) -> dict[int, str]:
    (receipt,) = simulator.receipts()
    return {part["type"]: part["sum"] for part in receipt["payments"]}


def hear(bridge: Bridge, payload: dict[str, Any]) -> Resolution:
    """Stored and decided once, with those it wakes; nothing is issued yet."""
    number = bridge.accept(payload).body["record_id"]
    resolution = bridge.decide(number)
    assert resolution is not None
    for woken in resolution.wake:
        bridge.decide(woken)
    return resolution


def let_waits_end(bridge: Bridge) -> None:
    """As if everything had arrived long ago."""
    for table in ("webhook_records", "payment_records"):
        bridge.execute(f"UPDATE {table} SET created_at = created_at - interval '1 minute'")


class TestWaiting:
    def test_the_payment_comes_after_its_visit(self, patient: Bridge, simulator: SimulatorControl) -> None:
        waiting = hear(patient, visit())
        assert waiting.wait_seconds is not None
        assert 0 < waiting.wait_seconds <= PATIENCE
        assert patient.receipts() == []
        hear(patient, payment(1, 4000))
        patient.issue()
        assert paid_by(simulator) == {CASH: "4000.00"}
        assert [row.state for row in patient.rows()] == ["processed", "processed"]

    def test_the_parts_of_a_split_come_one_by_one(self, patient: Bridge, simulator: SimulatorControl) -> None:
        hear(patient, visit())
        hear(patient, payment(1, 1000))
        assert patient.receipts() == []
        hear(patient, payment(2, 3000, cash=False, till="Kaspi QR"))
        patient.issue()
        assert paid_by(simulator) == {CASH: "1000.00", MOBILE: "3000.00"}

    def test_with_all_payments_known_nothing_is_waited_for(self, patient: Bridge) -> None:
        hear(patient, payment(1, 4000))
        assert hear(patient, visit()).cashbox_id is not None

    def test_a_body_silent_on_payment_is_not_waited_for(self, patient: Bridge) -> None:
        assert hear(patient, visit(paid=None)).cashbox_id is not None

    def test_in_the_end_the_default_stands_in(self, patient: Bridge, simulator: SimulatorControl) -> None:
        hear(patient, visit())
        let_waits_end(patient)
        patient.decide(1)
        patient.issue()
        assert paid_by(simulator) == {CARD: "4000.00"}

    def test_in_the_end_a_person_is_asked_about_the_rest(self, patient: Bridge, simulator: SimulatorControl) -> None:
        """A deposit, a certificate or bonuses may have paid it: a receipt for more than was paid is as wrong as none."""
        hear(patient, payment(1, 1000))
        hear(patient, visit())
        let_waits_end(patient)
        patient.decide(2)
        patient.issue()
        assert simulator.receipts() == []
        assert (patient.row(2).state, patient.row(2).error_code) == ("dead_lettered", "sum_mismatch")

    def test_each_payment_begins_the_wait_anew(self, patient: Bridge) -> None:
        hear(patient, visit())
        let_waits_end(patient)
        hear(patient, payment(1, 1000))
        assert patient.row(1).state == "received"
        assert patient.receipts() == []

    def test_a_salon_that_tells_no_payments_is_not_waited_for(self, patient: Bridge) -> None:
        for record_id in range(1, 6):
            hear(patient, visit(record_id))
            let_waits_end(patient)
            patient.decide(record_id)
        assert len(patient.receipts()) == 5
        assert hear(patient, visit(6)).cashbox_id is not None
        assert hear(patient, visit(7, company=412077)).wait_seconds is not None

    def test_a_salon_that_told_one_is_waited_for_ever_after(self, patient: Bridge) -> None:
        hear(patient, payment(1, 4000, record_id=100))
        for record_id in range(1, 6):
            hear(patient, visit(record_id))
            let_waits_end(patient)
            patient.decide(record_id)
        assert hear(patient, visit(6)).wait_seconds is not None

    def test_taken_anew_before_it_was_deleted(self, patient: Bridge, simulator: SimulatorControl) -> None:
        """Cash becomes QR: for a moment twice the money is there."""
        hear(patient, payment(1, 4000, changed=T0))
        hear(patient, payment(2, 4000, cash=False, till="Kaspi QR"))
        assert hear(patient, visit()).wait_seconds is not None
        hear(patient, payment(1, 4000, status="delete", changed=T2))
        patient.issue()
        assert paid_by(simulator) == {MOBILE: "4000.00"}

    def test_told_while_the_receipt_waits_for_webkassa(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        """Decided with the default, not sent yet: the receipt takes the true kind, under its number."""
        hear(bridge, visit())
        assert bridge.receipt().request["Payments"] == [{"Sum": 4000, "PaymentType": CARD}]
        hear(bridge, payment(1, 4000))
        bridge.issue()
        assert paid_by(simulator) == {CASH: "4000.00"}
        assert bridge.row(1).state == "processed"

    def test_ask_wants_to_know_about_the_rest(self, bridge: Bridge) -> None:
        bridge.configure(default_payment_method="ask")
        bridge.deliver(payment(1, 1000), visit())
        assert bridge.row(2).state == "awaiting_payment"
        bridge.deliver(payment(2, 3000))
        assert bridge.row(2).state == "processed"


def test_a_salon_says_what_its_accounts_are(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(payment_kinds="Kaspi=mobile, сейф=cash")
    bridge.deliver(
        payment(1, 1000, cash=True, till="Kaspi терминал"), payment(2, 3000, cash=False, till="Сейф у админа"), visit()
    )
    assert paid_by(simulator) == {MOBILE: "1000.00", CASH: "3000.00"}
    assert {payment.kind for payment in bridge.payments()} == {PaymentKind.MOBILE, PaymentKind.CASH}


def test_money_taken_at_the_desk_counts_once_although_altegio_tells_of_it_as_well(
    bridge: Bridge, simulator: SimulatorControl
) -> None:
    bridge.deliver(visit(1001, "4000.37", paid=0), payment(1, "4000.37", cash=False))
    bridge.execute("INSERT INTO staff_users (login, password_hash, role) VALUES ('a', 'x', 'cashier')")
    bridge.execute(
        "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total)"
        " VALUES (307626, 1001, 1, gen_random_uuid(), 4000.37)"
    )
    bridge.execute(
        "INSERT INTO payment_records (company_id, record_id, kind, amount, checkout_id)"
        " VALUES (307626, 1001, 'cash', 4000.37, 1)"
    )
    bridge.deliver(visit(1001, "4000.37", changed=T2))
    assert paid_by(simulator) == {CASH: "4000.37"}


class TestGoods:
    @pytest.mark.parametrize("payment_first", [True, False])
    def test_goods_over_the_counter_are_paid_as_altegio_says(
        self, patient: Bridge, simulator: SimulatorControl, payment_first: bool
    ) -> None:
        told = payment(1, 900, cash=False, till="Kaspi QR", **SOLD_GOODS)
        for payload in (told, goods(1, 900)) if payment_first else (goods(1, 900), told):
            hear(patient, payload)
        patient.issue()
        assert paid_by(simulator) == {MOBILE: "900.00"}

    def test_goods_of_a_salon_that_tells_no_payments_in_time(self, patient: Bridge, simulator: SimulatorControl) -> None:
        assert hear(patient, goods(1, 900)).wait_seconds is not None
        let_waits_end(patient)
        patient.decide(1)
        patient.issue()
        assert paid_by(simulator) == {CARD: "900.00"}

    def test_payments_of_a_visit_do_not_pay_goods_of_the_same_number(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        bridge.deliver(payment(1, 900, record_id=1001, document_id=5001, sold_item_type="service"), goods(1, 900))
        assert bridge.row(2).error_code == "no_money"
        assert simulator.receipts() == []

    @pytest.mark.parametrize("item", [None, ""])
    def test_a_deposit_pays_nothing(self, bridge: Bridge, simulator: SimulatorControl, item: str | None) -> None:
        bridge.deliver(payment(1, 900, record_id=0, document_id=5001, sold_item_type=item))
        assert bridge.row().error_code == "deposit"
        (kept,) = bridge.payments()
        assert (kept.amount, kept.purpose) == (900, "deposit")
        bridge.deliver(goods(1, 900))
        assert bridge.row(2).error_code == "no_money"
        assert simulator.receipts() == []


class TestAfterTheReceipt:
    def test_told_late_and_the_same(self, bridge: Bridge) -> None:
        bridge.deliver(visit(), payment(1, 4000, cash=False))
        assert bridge.receipt().return_due_reason is None
        assert (bridge.row(2).state, bridge.row(2).receipt_id) == ("processed", 1)

    @pytest.mark.parametrize(
        ("told", "words"),
        [
            pytest.param(payment(1, 4000), "cash 4000.00 ₸", id="another-kind"),
            pytest.param(payment(1, 3000, cash=False), "1000.00 ₸ less", id="a-smaller-sum"),
        ],
    )
    def test_told_late_and_different(self, bridge: Bridge, told: dict[str, Any], words: str) -> None:
        bridge.deliver(visit(), told)
        reason = bridge.receipt().return_due_reason
        assert reason is not None
        assert words in reason
        assert bridge.row(2).state == "processed"

    def test_more_than_the_receipt_says_is_no_reason_to_return_it(self, bridge: Bridge) -> None:
        bridge.deliver(visit(), payment(1, 5000, cash=False))
        assert bridge.receipt().return_due_reason is None
        assert (bridge.row(2).state, bridge.row(2).error_code) == ("dead_lettered", "difference")
        assert "1000.00 ₸ have no receipt" in bridge.row(2).reason

    def test_taken_back(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 4000), visit(), payment(1, 4000, status="delete", changed=T3))
        assert bridge.receipt().return_due_reason == "the payment was taken back in Altegio"

    def test_the_sign_was_turned(self, bridge: Bridge) -> None:
        """The operation is an expense by now: what it means is for a manager to see."""
        bridge.deliver(payment(1, 4000), visit(), payment(1, -4000, status="update", changed=T3))
        assert "4000.00 ₸ were given back" in (bridge.receipt().return_due_reason or "")
        assert bridge.receipt().paid_back_since is None

    def test_booked_anew_in_time_raises_no_alarm(self, patient: Bridge) -> None:
        hear(patient, payment(1, 4000))
        hear(patient, visit())
        patient.issue()
        gone = hear(patient, payment(1, 4000, status="delete", changed=T2))
        assert gone.wait_seconds is not None
        hear(patient, payment(2, 4000, changed=T2))
        patient.decide(3)
        assert patient.receipt().return_due_reason is None
        assert [row.state for row in patient.rows()] == ["processed"] * 4

    def test_booked_anew_late_takes_the_alarm_back(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 4000), visit(), payment(1, 4000, status="delete", changed=T2))
        assert bridge.receipt().return_due_reason
        bridge.deliver(payment(2, 4000, changed=T3))
        assert bridge.receipt().return_due_reason is None

    def test_unpaid_for_a_moment(self, patient: Bridge) -> None:
        hear(patient, visit(changed=T0))
        let_waits_end(patient)
        patient.decide(1)
        patient.issue()
        assert hear(patient, visit(paid=0, changed=T1)).wait_seconds is not None
        assert hear(patient, visit(changed=T2)).state == "processed"
        let_waits_end(patient)
        patient.decide(2)
        assert patient.row(2).state == "ignored"
        assert patient.receipt().return_due_reason is None

    def test_paid_again_takes_the_alarm_back(self, bridge: Bridge) -> None:
        bridge.deliver(visit(changed=T1), visit(paid=0, changed=T2))
        assert bridge.receipt().return_due_reason
        bridge.deliver(visit(changed=T3))
        assert bridge.receipt().return_due_reason is None

    def test_called_paid_while_its_payment_is_gone(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 4000), visit(), payment(1, 4000, status="delete", changed=T2), visit(changed=T3))
        assert bridge.receipt().return_due_reason == "the payment was taken back in Altegio"

    def test_goods(self, bridge: Bridge) -> None:
        told = payment(1, 900, **SOLD_GOODS)
        bridge.deliver(told, goods(1, 900), payment(1, 900, status="delete", changed=T2, **SOLD_GOODS))
        assert bridge.receipt().return_due_reason == "the payment was taken back in Altegio"
