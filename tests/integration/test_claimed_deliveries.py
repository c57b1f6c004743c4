"""What a claim on a delivery is worth, and what deciding costs: statements, and connections the server hung up on."""

import threading

from sqlalchemy import NullPool, create_engine, text

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from shared.storage.db import open_alone
from shared.storage.locks import lock_visit
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, visit
from tests.support.statements import note_statements
from worker.decide.delivery import claim_delivery
from worker.decide.process_record import MAX_CLAIMS

LEASE = 60


def test_a_claim_lost_during_the_decision_writes_nothing(bridge: Bridge) -> None:
    bridge.accept(visit(1001))
    ended: list[object] = []
    decides = threading.Thread(target=lambda: ended.append(bridge.decide(1)))
    with bridge.services.sessions() as session:
        lock_visit(session, COMPANY, 1001)
        decides.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait_until(lambda: bridge.scalar(waiting), timeout=30, what="the decision to wait for the visit")
        bridge.execute("UPDATE webhook_records SET claim_id = gen_random_uuid()")
    decides.join(30)
    assert ended == [None]
    assert bridge.receipts() == []
    assert bridge.scalar("SELECT count(*) FROM visits") == 0
    assert (bridge.row().state, bridge.row().claims) == ("processing", 1)


def test_a_claim_counts_although_its_holder_dies(bridge: Bridge) -> None:
    bridge.accept(visit(1001))
    for count in range(1, MAX_CLAIMS + 1):
        claimed = claim_delivery(bridge.services.sessions, 1, LEASE)
        assert claimed is not None
        assert claimed.claims == count
        bridge.execute("UPDATE webhook_records SET lease_until = now() - interval '1 second'")
    bridge.decide(1)
    assert (bridge.row().state, bridge.row().error_code, bridge.row().claims) == ("dead_lettered", "unprocessable", 0)


def test_a_fresh_visit_is_decided_in_few_statements(bridge: Bridge) -> None:
    bridge.deliver(visit(1001))
    bridge.accept(visit(1002))
    with note_statements(bridge.services) as seen:
        bridge.decide(2)
    assert len(seen) == 7, f"claim, lock, the visit, the salon, receipt, page, outcome: {seen}"


def test_a_statement_alone_is_committed_and_leaves_the_connection_as_it_was(bridge: Bridge) -> None:
    bridge.accept(visit(1001))
    with open_alone(bridge.services.sessions) as connection:
        connection.execute(text("UPDATE webhook_records SET reason = 'alone'"))
    with bridge.services.sessions() as session:
        session.execute(text("UPDATE webhook_records SET reason = 'rolled back'"))
    assert bridge.row().reason == "alone"


def test_connections_that_the_server_closed_are_replaced(bridge: Bridge) -> None:
    bridge.accept(visit(1001))
    with bridge.services.sessions() as first, bridge.services.sessions() as second:
        pids = [session.scalar(text("SELECT pg_backend_pid()")) for session in (first, second)]
    # Over a connection of its own: one of the pool would end itself.
    engine = create_engine(bridge.services.settings.database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    ended = text("SELECT pg_terminate_backend(pid) FROM unnest(CAST(:pids AS int[])) AS pid")
    gone = text("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = ANY(:pids)")
    with engine.connect() as stranger:
        stranger.execute(ended, {"pids": pids})
        wait_until(lambda: stranger.scalar(gone, {"pids": pids}), timeout=30, what="the end of the connections")
    assert bridge.decide(1) is not None
    assert bridge.receipt().state == "pending"


def test_one_that_joins_its_receipt_while_the_answer_is_saved(bridge: Bridge, simulator: SimulatorControl) -> None:
    """The decision holds the receipt; the answer waits for it, and then has to see who joined."""
    bridge.configure(webkassa_read_timeout=30)
    bridge.accept(visit())
    bridge.decide_open()
    bridge.accept(visit(comment="фч"))
    held = simulator.fault(operation="check", kind="slow", when="after", seconds=60)
    issuing = threading.Thread(target=bridge.issue)
    issuing.start()
    assert simulator.await_hits(held, 1, 20)
    with bridge.open_services().sessions.begin() as session:
        session.execute(text("SELECT id FROM receipts WHERE id = 1 FOR UPDATE"))
        simulator.clear_faults()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until(lambda: bridge.scalar(waiting), timeout=20, what="the answer to be saved")
        session.execute(text("UPDATE webhook_records SET state = 'processing', receipt_id = 1 WHERE id = 2"))
    issuing.join()
    assert [row.state for row in bridge.rows()] == ["processed", "processed"]
