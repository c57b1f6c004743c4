"""`RETURN_POLICY`: who decides about a receipt whose payment is gone in Altegio."""

import pytest

from tests.support.bridge import Bridge
from tests.support.payloads import T1, T2, payment, visit
from tests.support.simulator import SimulatorControl
from worker.issue.make_return import make_return
from worker.rounds.rescue import dispatch

SALE, RETURN = 2, 3


@pytest.fixture
def gone(bridge: Bridge) -> Bridge:
    """Issued, then deleted in Altegio."""
    bridge.configure(return_policy="auto", return_delay_seconds=600)
    bridge.deliver(visit(changed=T1), visit(status="delete", changed=T2))
    return bridge


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


def test_by_default_a_manager_decides(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(visit(changed=T1), visit(status="delete", changed=T2))
    let_it_stay_gone(bridge)
    look(bridge)
    assert operations(simulator) == [SALE]


def test_what_stays_gone_is_returned_once(gone: Bridge, simulator: SimulatorControl) -> None:
    look(gone)
    assert operations(simulator) == [SALE]
    let_it_stay_gone(gone)
    look(gone)
    look(gone)
    assert operations(simulator) == [SALE, RETURN]
    assert gone.receipt().returned


def test_paid_again_meanwhile_is_not_returned(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(return_policy="auto", return_delay_seconds=600)
    bridge.deliver(
        visit(changed=T1), payment(1, 4000, cash=False), payment(1, 4000, cash=False, status="delete", changed=T2)
    )
    assert bridge.receipt().paid_back_since is not None
    bridge.deliver(payment(2, 4000, cash=False, changed=T2))
    let_it_stay_gone(bridge)
    look(bridge)
    assert operations(simulator) == [SALE]


def test_another_kind_is_a_managers_matter(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(return_policy="auto", return_delay_seconds=0)
    bridge.deliver(visit(changed=T1), payment(1, 4000))
    assert "cash 4000.00" in (bridge.receipt().return_due_reason or "")
    look(bridge)
    assert operations(simulator) == [SALE]
