"""A delivery that joins a receipt in the very moment its outcome is saved ends with it."""

import threading

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import T1, T2, visit

_IS_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def test_who_joins_while_the_outcome_waits_for_the_row_is_seen(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(webkassa_read_timeout=20)
    bridge.accept(visit(changed=T1))
    bridge.decide_open()
    bridge.accept(visit(changed=T2, comment="спасибо"))
    simulator.fault(operation="check", kind="slow", seconds=20)
    issuing = threading.Thread(target=bridge.issue)
    issuing.start()
    wait_until(lambda: bridge.receipt().sending_since is not None, timeout=20, what="the call to leave")
    with bridge.services.sessions() as session:
        connection = session.connection()
        connection.exec_driver_sql("SELECT id FROM receipts WHERE id = 1 FOR UPDATE")
        simulator.clear_faults()
        wait_until(lambda: bridge.scalar(_IS_WAITING), timeout=20, what="the outcome to wait for the row")
        connection.exec_driver_sql("UPDATE webhook_records SET state = 'processing', receipt_id = 1 WHERE id = 2")
        session.commit()
    issuing.join(20)
    assert [row.state for row in bridge.rows()] == ["processed", "processed"]
