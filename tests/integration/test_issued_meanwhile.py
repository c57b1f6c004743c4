"""A delivery that joins a receipt in the very moment in which the receipt's issue is saved ends with it."""

import threading

from sqlalchemy import text

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import visit

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
JOIN = "UPDATE webhook_records SET state = 'processing', receipt_id = 1, next_attempt_at = NULL WHERE id = 2"


def test_a_delivery_decided_while_the_issue_is_saved_is_processed(bridge: Bridge, simulator: SimulatorControl) -> None:
    """The decision holds the receipt, and what it writes is committed after the other has begun to wait for it."""
    bridge.configure(webkassa_read_timeout=20)
    bridge.accept(visit(1))
    bridge.decide_open()
    bridge.accept(visit(1, changed="2026-07-12T12:20:00+0500"))
    simulator.fault(operation="check", kind="slow", when="after", seconds=3)
    turn = threading.Thread(target=bridge.issue)
    turn.start()
    wait_until(lambda: simulator.faults()[0]["hits"], timeout=30, what="the call")
    with bridge.services.sessions.begin() as decision:
        decision.execute(text("SELECT id FROM receipts FOR UPDATE"))
        decision.execute(text(JOIN))
        wait_until(lambda: bridge.scalar(WAITING), timeout=30, what="the other to wait")
    turn.join()
    assert [row.state for row in bridge.rows()] == ["processed", "processed"]
