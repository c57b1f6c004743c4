"""A salon whose Altegio tells sums in 1/100 tenge: what it costs and what was paid for it are both read so."""

from typing import Any

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import goods, payment, visit

CASH, CARD = 0, 1


@pytest.fixture
def salon(bridge: Bridge) -> Bridge:
    bridge.configure(altegio_amounts_in_tiyn=True)
    return bridge


def read_receipt(simulator: SimulatorControl) -> tuple[str, dict[int, str]]:
    """Its total, and what was paid in each way."""
    (receipt,) = simulator.receipts()
    return receipt["total"], {part["type"]: part["sum"] for part in receipt["payments"]}


def test_a_visit_and_its_payments(salon: Bridge, simulator: SimulatorControl) -> None:
    salon.deliver(payment(1, 250050), payment(2, 150000, cash=False, till="Терминал"), visit(cost=400050))
    assert read_receipt(simulator) == ("4000.50", {CASH: "2500.50", CARD: "1500.00"})
    ((line,),) = (receipt["request"]["Positions"] for receipt in simulator.receipts())
    assert (line["Price"], line["Discount"]) == (4000.5, 0)


def test_goods_and_their_payment(salon: Bridge, simulator: SimulatorControl) -> None:
    tie: dict[str, Any] = {"record_id": 0, "document_id": 5001, "sold_item_type": "goods_transaction"}
    salon.deliver(payment(1, 90050, **tie), goods(1, 90050))
    assert read_receipt(simulator) == ("900.50", {CASH: "900.50"})


def test_a_payment_of_a_part(salon: Bridge, simulator: SimulatorControl) -> None:
    salon.configure(altegio_amounts_in_tiyn=True, part_payments="each")
    salon.deliver(payment(1, 100050), visit(cost=400050, paid=0))
    assert read_receipt(simulator) == ("1000.50", {CASH: "1000.50"})
