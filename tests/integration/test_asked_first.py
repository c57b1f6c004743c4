"""Altegio is asked first, and waited for only where its answer does not add up; else the salon's past says how long."""

from typing import Any

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from dev.simulator.altegio.ledgers import GOODS_INCOME, SERVICE_INCOME
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, goods, payment, visit
from worker.decide.resolution import Resolution

CASH, MOBILE = 0, 4
DATED: dict[str, Any] = {"date": "2026-03-02T12:00:00+0500", "sold_item_id": 1}
DEFAULTS = {"payment_wait_seconds": 5, "goods_wait_seconds": 3}


@pytest.fixture
def asking(bridge: Bridge, altegio: AltegioControl) -> AltegioControl:
    """With the waits a salon has by default."""
    bridge.configure(**{name.lower(): value for name, value in altegio.environment.items()}, **DEFAULTS)
    return altegio


@pytest.fixture
def without_tokens(bridge: Bridge) -> Bridge:
    bridge.configure(**DEFAULTS)
    return bridge


def known_visit(record_id: int = 1001, **fields: Any) -> dict[str, Any]:
    return visit(record_id, visit_id=record_id + 1, **fields)


def paid(operation_id: int, amount: int, **fields: Any) -> dict[str, Any]:
    given = {**DATED, "document_id": 0, "sold_item_type": "service", "expense": SERVICE_INCOME, "visit_id": 1002}
    return payment(operation_id, amount, **{**given, **fields})


def paid_for_goods(operation_id: int, amount: int) -> dict[str, Any]:
    given = {"record_id": 0, "visit_id": 0, "document_id": 5001, "sold_item_type": "goods_transaction"}
    return payment(operation_id, amount, **DATED, **given, expense=GOODS_INCOME)


def paid_by(simulator: SimulatorControl) -> dict[int, str]:
    (receipt,) = simulator.receipts()
    return {part["type"]: part["sum"] for part in receipt["payments"]}


class TestAskedFirst:
    def test_a_visit_whose_payments_altegio_has_is_not_waited_for(
        self, bridge: Bridge, asking: AltegioControl, simulator: SimulatorControl
    ) -> None:
        asking.apply(known_visit(), paid(1, 1000), paid(2, 3000, cash=False, till="Kaspi QR"))
        hear(bridge, visit())
        assert paid_by(simulator) == {CASH: "1000.00", MOBILE: "3000.00"}

    def test_goods_whose_payment_altegio_has_are_not_waited_for(
        self, bridge: Bridge, asking: AltegioControl, simulator: SimulatorControl
    ) -> None:
        asking.apply(goods(1, 900, discount=0), goods(2, 1100, discount=0), paid_for_goods(1, 2000))
        hear(bridge, goods(1, 900))
        assert paid_by(simulator) == {CASH: "2000.00"}

    def test_a_visit_that_altegio_does_not_explain_is_waited_for(
        self, bridge: Bridge, asking: AltegioControl, simulator: SimulatorControl
    ) -> None:
        asking.apply(known_visit(), paid(1, 1000))
        assert hear(bridge, visit()).reason == "payments of this visit may follow"
        assert simulator.receipts() == []
        asking.apply(paid(2, 3000, cash=False, till="Kaspi QR"))
        hear(bridge, payment(2, 3000, cash=False, till="Kaspi QR"))
        assert paid_by(simulator) == {CASH: "1000.00", MOBILE: "3000.00"}

    def test_goods_that_altegio_does_not_explain_are_waited_for(
        self, bridge: Bridge, asking: AltegioControl, simulator: SimulatorControl
    ) -> None:
        asking.apply(goods(1, 900, discount=0), goods(2, 1100, discount=0), paid_for_goods(1, 900))
        assert hear(bridge, goods(1, 900)).wait_seconds
        assert simulator.receipts() == []

    def test_what_cannot_be_read_is_waited_for(
        self, bridge: Bridge, asking: AltegioControl, simulator: SimulatorControl
    ) -> None:
        asking.settings(no_rights=["timetable_transactions", "transactions", "accounts", "sale"])
        asking.apply(known_visit())
        assert hear(bridge, visit()).reason == "payments of this visit may follow"
        assert simulator.receipts() == []


def hear(bridge: Bridge, payload: dict[str, Any]) -> Resolution:
    """Stored, decided once with those it wakes, and what is due is issued: nothing that waits is waited for."""
    resolution = bridge.decide(bridge.accept(payload).body["record_id"])
    assert resolution is not None
    for woken in resolution.wake:
        bridge.decide(woken)
    bridge.issue()
    return resolution


def live_through(bridge: Bridge, visits: int, delay: float) -> None:
    """So many visits had their receipts, and each its payment that many seconds after it."""
    for number in range(1, visits + 1):
        bridge.deliver(payment(number, 4000, record_id=number), visit(number))
    bridge.execute(
        "UPDATE payment_records SET created_at = w.created_at + make_interval(secs => :delay) FROM webhook_records w"
        " WHERE w.resource = 'record' AND w.resource_id = payment_records.record_id",
        delay=delay,
    )


def wait_of_next(bridge: Bridge, company: int = COMPANY) -> float:
    return hear(bridge, visit(9000, company=company)).wait_seconds or 0


class TestLearnedFromThePast:
    def test_a_salon_not_known_yet_waits_as_set(self, without_tokens: Bridge) -> None:
        live_through(without_tokens, 3, delay=0.5)
        assert 3 < wait_of_next(without_tokens) <= 5

    # Payments that come before the visit, soon after it, late, and too late to be waited for.
    @pytest.mark.parametrize(("delay", "longest", "shortest"), [(-5, 1, 0), (1.5, 3, 1), (10, 20, 15), (25, 30, 25)])
    def test_a_known_one_waits_for_twice_what_its_payments_took(
        self, without_tokens: Bridge, delay: float, longest: float, shortest: float
    ) -> None:
        live_through(without_tokens, 20, delay=delay)
        assert shortest < wait_of_next(without_tokens) <= longest

    def test_payments_made_later_teach_nothing(self, without_tokens: Bridge) -> None:
        live_through(without_tokens, 20, delay=3600)
        assert 3 < wait_of_next(without_tokens) <= 5

    def test_other_salons_teach_nothing(self, without_tokens: Bridge) -> None:
        live_through(without_tokens, 20, delay=10)
        assert 3 < wait_of_next(without_tokens, company=777) <= 5

    def test_a_payment_told_ends_the_wait(self, without_tokens: Bridge, simulator: SimulatorControl) -> None:
        live_through(without_tokens, 20, delay=10)
        hear(without_tokens, visit(9000))
        assert len(simulator.receipts()) == 20
        hear(without_tokens, payment(9000, 4000, record_id=9000))
        assert len(simulator.receipts()) == 21
