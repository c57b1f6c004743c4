"""What is withdrawn before it was sent leaves no receipt, and what is returned twice is returned once."""

from typing import Any

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import T1, T2, visit
from worker.issue.make_return import make_return

DELETED, UNPAID = visit(status="delete", changed=T2), visit(paid=0, changed=T2)
EMPTIED = visit(services=[], changed=T2)


@pytest.mark.parametrize("change", [DELETED, UNPAID, EMPTIED], ids=["deleted", "unpaid", "emptied"])
def test_a_receipt_that_waits_is_withdrawn_with_its_sale(
    bridge: Bridge, simulator: SimulatorControl, change: dict[str, Any]
) -> None:
    simulator.fault(operation="any", kind="html_503", times=None)
    bridge.deliver(visit(changed=T1))
    assert (bridge.receipt().state, simulator.receipts()) == ("pending", [])

    bridge.accept(change)
    bridge.decide_open()
    assert (bridge.receipt().state, bridge.receipt().next_attempt_at) == ("rejected", None)
    assert (bridge.receipt().error_text or "").startswith("withdrawn before it was sent")
    assert bridge.row().state == "ignored"

    simulator.clear_faults()
    bridge.services.redis.flushdb()
    bridge.settle()
    assert simulator.receipts() == []
    assert bridge.receipt().return_due_reason is None


def test_withdrawn_and_paid_after_all(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="any", kind="html_503", times=None)
    bridge.deliver(visit(changed=T1))
    bridge.accept(UNPAID)
    bridge.decide_open()
    simulator.clear_faults()
    bridge.services.redis.flushdb()
    bridge.deliver(visit(changed="2026-03-02T12:00:03+0500"))
    bridge.settle()
    assert [one["external_check_number"] for one in simulator.receipts()] == ["altegio_1001"]


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ('[{"position": 0, "count": "1"}]', "0 can still be returned, not 1"),
        ("[]", "everything was returned already"),
    ],
    ids=["a-line", "all"],
)
def test_the_second_of_two_orders_is_refused(bridge: Bridge, simulator: SimulatorControl, lines: str, refusal: str) -> None:
    """Both were placed before the first was made, so the page could not refuse it."""
    bridge.deliver(visit())
    bridge.execute("INSERT INTO staff_users (login, password_hash, role) VALUES ('dana', 'x', 'manager')")
    for _ in range(2):
        bridge.execute(
            "INSERT INTO return_orders (receipt_id, staff_user_id, form_key, reason, lines)"
            " VALUES (1, 1, gen_random_uuid(), 'test', CAST(:lines AS jsonb))",
            lines=lines,
        )
    assert make_return(bridge.services.sessions, 1) == 1
    assert make_return(bridge.services.sessions, 2) is None
    bridge.issue()
    assert [one["operation_type"] for one in simulator.receipts()] == [2, 3]
    refused = bridge.scalar("SELECT refusal FROM return_orders WHERE id = 2 AND state = 'refused'")
    assert refusal in refused
