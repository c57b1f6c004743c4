"""`RETURN_POLICY`: who decides about a receipt whose payment is gone in Altegio."""

from typing import Any

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from dev.simulator.altegio.ledgers import SERVICE_INCOME
from tests.support.bridge import Bridge
from tests.support.payloads import T1, T2, T3, payment, visit
from worker.issue.make_return import make_return
from worker.rounds.rescue import dispatch

SALE, RETURN = 2, 3


def known_visit(**fields: Any) -> dict[str, Any]:
    return visit(**{"visit_id": 1002, **fields})


def known_payment(operation_id: int, amount: int, *, cash: bool = True, **fields: Any) -> dict[str, Any]:
    account = {"id": 7 if cash else 8, "title": "Касса", "is_cash": cash}
    given = {"date": "2026-03-02T12:00:00+0500", "document_id": 0, "sold_item_id": 1, "sold_item_type": "service"}
    return payment(operation_id, amount, **{**given, "account": account, "expense": SERVICE_INCOME, **fields})


@pytest.fixture
def auto(bridge: Bridge, altegio: AltegioControl) -> Bridge:
    tokens = {name.lower(): value for name, value in altegio.environment.items()}
    bridge.configure(**tokens, return_policy="auto", return_delay_seconds=600)
    return bridge


@pytest.fixture
def gone(auto: Bridge, altegio: AltegioControl) -> Bridge:
    """Issued, then taken back in Altegio."""
    tell(auto, altegio, known_payment(1, 4000), known_visit(changed=T1))
    tell(auto, altegio, known_payment(1, 4000, status="delete", changed=T2), known_visit(paid=0, changed=T2))
    assert auto.receipt().paid_back_since is not None
    return auto


def tell(bridge: Bridge, altegio: AltegioControl, *envelopes: dict[str, Any]) -> None:
    altegio.apply(*envelopes)
    bridge.deliver(*envelopes)


def let_it_stay_gone(bridge: Bridge) -> None:
    bridge.execute("UPDATE receipts SET paid_back_since = paid_back_since - interval '11 minutes'")


def look(bridge: Bridge) -> None:
    """A tick of the dispatcher, and whatever it orders."""
    dispatch(bridge.services)
    for order_id in range(1, int(bridge.scalar("SELECT count(*) FROM return_orders")) + 1):
        make_return(bridge.services.sessions, order_id)
    bridge.issue()


def operations(simulator: SimulatorControl) -> list[int]:
    return [receipt["operation_type"] for receipt in simulator.receipts()]


def test_by_default_a_manager_decides(gone: Bridge, simulator: SimulatorControl) -> None:
    gone.configure(return_policy="manual")
    let_it_stay_gone(gone)
    look(gone)
    assert operations(simulator) == [SALE]


def test_what_stays_gone_is_returned_once(gone: Bridge, simulator: SimulatorControl) -> None:
    look(gone)
    assert operations(simulator) == [SALE]
    let_it_stay_gone(gone)
    look(gone)
    look(gone)
    assert operations(simulator) == [SALE, RETURN]
    assert gone.receipt().returned


def test_paid_again_meanwhile_is_not_returned(gone: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
    tell(gone, altegio, known_payment(2, 4000, changed=T3))
    let_it_stay_gone(gone)
    look(gone)
    assert operations(simulator) == [SALE]


def test_another_kind_is_a_managers_matter(auto: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
    tell(auto, altegio, known_payment(1, 4000, cash=False), known_visit(changed=T1))
    tell(auto, altegio, known_payment(1, 4000, status="update", changed=T2))
    assert "cash 4000.00" in (auto.receipt().return_due_reason or "")
    let_it_stay_gone(auto)
    look(auto)
    assert operations(simulator) == [SALE]


def order(bridge: Bridge) -> None:
    """A return is ordered and waits for the cashbox."""
    let_it_stay_gone(bridge)
    dispatch(bridge.services)
    make_return(bridge.services.sessions, 1)
    assert bridge.receipt(2).state == "pending"


def test_paid_again_while_the_return_waits_for_its_turn(
    gone: Bridge, altegio: AltegioControl, simulator: SimulatorControl
) -> None:
    order(gone)
    altegio.apply(known_payment(2, 4000, changed=T3))
    gone.issue()
    assert operations(simulator) == [SALE]
    assert (gone.receipt(2).state, gone.receipt(2).error_kind) == ("rejected", "ReceiptRejected")
    assert gone.cashbox().failures == 0


def test_a_return_waits_for_altegios_word(gone: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
    order(gone)
    altegio.fault(operation="any", kind="500", times=None)
    gone.issue()
    assert operations(simulator) == [SALE]
    assert (gone.receipt(2).state, gone.receipt(2).budget_used) == ("pending", 0)
    altegio.clear_faults()
    gone.settle()
    assert operations(simulator) == [SALE, RETURN]


def test_a_managers_return_asks_nobody(gone: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
    order(gone)
    gone.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('director', 'manager', 'x')")
    gone.execute("UPDATE return_orders SET staff_user_id = (SELECT id FROM staff_users)")
    altegio.fault(operation="any", kind="500", times=None)
    gone.issue()
    assert operations(simulator) == [SALE, RETURN]
