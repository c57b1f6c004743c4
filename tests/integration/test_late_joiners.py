"""Who waits for a row acts on what it finds then: late joiners end with their receipt, nobody undoes what was done."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from shared.replay import replay
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, T1, T2, visit
from worker.decide.store_missed import store_missed_record

GIVEN_UP = "UPDATE webhook_records SET state = 'dead_lettered', error_code = 'not_in_altegio' WHERE id = 1"
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


def test_a_visit_that_turned_up_is_not_taken_from_whoever_decides_it(bridge: Bridge) -> None:
    body = visit(1, changed=T1)
    bridge.accept(body)
    bridge.execute(GIVEN_UP)
    woken: list[int | None] = []

    def wake() -> None:
        with bridge.services.sessions.begin() as session:
            woken.append(store_missed_record(session, COMPANY, body["data"]))

    with _beside(bridge, "UPDATE webhook_records SET state = 'processing', claim_id = gen_random_uuid()", wake):
        pass
    assert (bridge.row().state, woken) == ("processing", [None])


def test_a_replay_and_an_outcome_do_not_wait_for_each_other(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="429", times=1)
    bridge.deliver(visit(1))
    services = bridge.services

    def put_back() -> None:
        replay(services.sessions, services.producer, services.redis, 1, actor="test", reason="-")

    with _beside(bridge, "SELECT id FROM receipts WHERE id = 1 FOR UPDATE", put_back) as outcome:
        outcome.exec_driver_sql("UPDATE webhook_records SET reason = 'an outcome' WHERE id = 1")
    assert bridge.row().state == "received"


@contextmanager
def _beside(bridge: Bridge, statement: str, work: Callable[[], Any]) -> Iterator[Connection]:
    """Begins with the statement; `work` runs beside it and waits for its rows; committed and awaited at the end."""
    thread = threading.Thread(target=work)
    with bridge.services.sessions() as session:
        connection = session.connection()
        connection.exec_driver_sql(statement)
        thread.start()
        wait_until(lambda: bridge.scalar(_IS_WAITING), timeout=20, what="the other to wait")
        yield connection
        session.commit()
    thread.join(20)
    assert not thread.is_alive()
