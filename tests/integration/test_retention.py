"""What is old goes, what is fiscal or open stays, and a sale whose customer is forgotten can still be returned."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from dev.harness.simulator import SimulatorControl
from shared.replay import Outcome, replay
from shared.storage.models import ReturnOrder, StaffUser, WebhookRecord
from shared.storage.trail import verify_trail
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, T3, goods, visit
from worker.issue.make_return import make_return
from worker.rounds.retention import BATCH, count_expired, empty_expired

CLIENT = {"client": {"display_name": "Айгүл", "phone": "+77015550142"}}
CUSTOMER = '{"CustomerEmail": "a@mail.kz", "CustomerPhone": "+77015550142", "CustomerXin": "000000000000"}'
OUTBOX = ("customer_messages",)
NOTHING = {
    "webhook_records": 0,
    "visits": 0,
    "checkouts": 0,
    "receipts": 0,
    "fiscalization_logs": 0,
    "print_layouts": 0,
    "customer_messages": 0,
    "staff_sessions": 0,
    "audit_events": 0,
    "alerts": 0,
    "goods_lines": 0,
    "worker_signs": 0,
    "backups": 0,
    "alert_messages": 0,
}


def age(bridge: Bridge, days: int = 181) -> None:
    for table in (
        "webhook_records",
        "checkouts",
        "receipts",
        "fiscalization_logs",
        "goods_lines",
        "alert_messages",
        "print_layouts",
        *OUTBOX,
    ):
        bridge.execute(f"UPDATE {table} SET created_at = created_at - make_interval(days => :days)", days=days)
    bridge.execute("UPDATE visits SET day = CAST(now() - make_interval(days => :days) AS date) - 1", days=days)
    bridge.execute("UPDATE alerts SET raised_at = raised_at - make_interval(days => :days)", days=days)


def add_staff(bridge: Bridge) -> int:
    with bridge.services.sessions.begin() as session:
        user = StaffUser(login="dana", password_hash="-", role="manager")
        session.add(user)
        session.flush()
        return user.id


def count(bridge: Bridge) -> dict[str, int]:
    return count_expired(bridge.services.sessions, bridge.services.settings)


def empty(bridge: Bridge, **options: Any) -> dict[str, int]:
    return dict(empty_expired(bridge.services.sessions, bridge.services.settings, **options))


def sell(bridge: Bridge) -> dict[str, Any]:
    """A sale with a customer who wanted the receipt by mail, and all that is kept beside it. Its webhook."""
    body = visit(1, goods_transactions=[{"id": 1, "title": "Лак", "cost": 1, "amount": -1}], **CLIENT)
    bridge.deliver(body)
    bridge.execute(f"UPDATE receipts SET request = request || CAST('{CUSTOMER}' AS jsonb)".replace(":", r"\:"))
    bridge.execute(
        "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total, customer_email, customer_xin)"
        " VALUES (:company, 1, :staff, gen_random_uuid(), 4000, 'a@mail.kz', '000000000000')",
        company=COMPANY,
        staff=add_staff(bridge),
    )
    bridge.execute(
        "INSERT INTO customer_messages (receipt_id, company_id, channel, email, phone)"
        " VALUES (1, :company, 'webhook', 'a@mail.kz', '+77015550142')",
        company=COMPANY,
    )
    bridge.execute(
        "INSERT INTO staff_sessions (token_hash, staff_user_id, last_seen_at, expires_at) VALUES ('x', 1, now(), now())"
    )
    bridge.execute(
        "INSERT INTO audit_events (staff_user_id, action, details, address, created_at)"
        " VALUES (1, 'signed_in', '{}', '203.0.113.7', now() - interval '181 days')"
    )
    bridge.execute(
        "INSERT INTO alerts (kind, key, text, is_event, closed_at) VALUES ('offline', '', '', true, now());"
        " INSERT INTO alert_messages (title, body, pending, finished_at) VALUES ('', '', '{}', now())"
    )
    return body


def dump(bridge: Bridge) -> str:
    """Every row of every table, as text."""
    tables = ("webhook_records", "visits", "checkouts", "receipts", "fiscalization_logs", "payment_records", *OUTBOX)
    with bridge.services.sessions() as session:
        return "\n".join(str(row) for table in tables for row in session.execute(text(f"SELECT t::text FROM {table} t")))


class TestAnIssuedSale:
    def test_forgets_its_customer_and_keeps_what_is_fiscal(self, bridge: Bridge) -> None:
        sell(bridge)
        age(bridge)
        before = bridge.receipt()
        expected = {**dict.fromkeys(NOTHING, 1), "worker_signs": 0, "backups": 0}
        assert count(bridge) == expected
        assert empty(bridge) == expected
        assert count(bridge) == NOTHING
        left = dump(bridge)
        for personal in ("Айгүл", "7015550142", "mail.kz", "000000000000"):
            assert personal not in left
        after = bridge.receipt()
        assert {k: v for k, v in before.request.items() if not k.startswith("Customer")} == after.request
        assert (after.fiscal_number, after.total, after.issued_at_text) == (
            before.fiscal_number,
            before.total,
            before.issued_at_text,
        )
        (row,) = bridge.rows()
        assert (row.body, row.raw_body, row.state, row.receipt_id) == (None, None, "processed", 1)

    def test_can_still_be_returned(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.settings(verify_returns=True)
        sell(bridge)
        age(bridge)
        empty(bridge)
        with bridge.services.sessions.begin() as session:
            session.add(ReturnOrder(receipt_id=1, staff_user_id=1, form_key=uuid4(), reason="-", lines=[]))
        make_return(bridge.services.sessions, 1)
        bridge.settle()
        assert [receipt["external_check_number"] for receipt in simulator.receipts()] == ["altegio_1", "altegio_1_r1"]
        assert bridge.receipt().returned

    def test_a_very_late_duplicate_is_still_one(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        body = sell(bridge)
        age(bridge)
        empty(bridge)
        bridge.deliver(body)
        assert len(bridge.rows()) == 1
        assert len(simulator.receipts()) == 1

    def test_cannot_be_replayed_without_its_body(self, bridge: Bridge) -> None:
        bridge.deliver(visit(1, services=[]))
        assert bridge.row().state == "ignored"
        age(bridge)
        empty(bridge)
        services = bridge.services
        result = replay(services.sessions, services.producer, services.redis, 1, actor="test", reason="-")
        assert result.outcome is Outcome.NOT_POSSIBLE

    def test_of_goods_that_changes_afterwards_asks_a_person(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver([goods(1, 3000), goods(2, 500)])
        bridge.settle()
        age(bridge)
        empty(bridge)
        *_, row = bridge.deliver(goods(1, 0, status="delete", changed=T3))
        assert (row.state, row.error_code, row.receipt_id) == ("dead_lettered", "difference", 1)
        assert len(simulator.receipts()) == 1


def test_addresses_of_the_trail_go_and_its_chain_holds(bridge: Bridge) -> None:
    sell(bridge)
    assert empty(bridge)["audit_events"] == 1
    assert bridge.scalar("SELECT address FROM audit_events") is None
    verdict = verify_trail(bridge.services.sessions, None)
    assert (verdict.links, verdict.fault) == (1, None)


def test_printed_lines_go_with_the_calls_that_brought_them(bridge: Bridge) -> None:
    bridge.deliver(visit(1), visit(2))
    bridge.execute("UPDATE print_layouts SET created_at = created_at - interval '91 days' WHERE receipt_id = 1")
    assert empty(bridge)["print_layouts"] == 1
    assert bridge.scalar("SELECT receipt_id FROM print_layouts") == 2
    assert bridge.scalar("SELECT count(*) FROM receipt_papers") == 2


class TestWhatStays:
    def test_what_is_young(self, bridge: Bridge) -> None:
        sell(bridge)
        bridge.execute("DELETE FROM staff_sessions")
        bridge.execute("UPDATE audit_events SET address = NULL")
        age(bridge, days=89)
        assert count(bridge) == NOTHING
        age(bridge, days=2)
        assert count(bridge) == {**NOTHING, "fiscalization_logs": 1, "print_layouts": 1}

    def test_what_is_open(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(1, paid=0, **CLIENT))
        simulator.fault(operation="check", kind="code", code=8, times=1)
        bridge.deliver(visit(2, **CLIENT))
        simulator.fault(operation="check", kind="429", times=1)
        bridge.deliver(visit(3, **CLIENT))
        bridge.execute(f"UPDATE receipts SET request = request || CAST('{CUSTOMER}' AS jsonb)".replace(":", r"\:"))
        assert [row.state for row in bridge.rows()] == ["awaiting_payment", "dead_lettered", "retrying"]
        age(bridge)
        assert empty(bridge) == NOTHING
        # Replayed as if it were of today.
        services = bridge.services
        replay(services.sessions, services.producer, services.redis, 2, actor="test", reason="-")
        bridge.settle()
        assert bridge.row(2).state == "processed"
        assert count(bridge)["webhook_records"] == 2

    def test_not_for_ever(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        """The end of what waits may never come: its payment, its person, its register."""
        bridge.deliver(visit(1, paid=0, **CLIENT))
        simulator.fault(operation="check", kind="code", code=8, times=1)
        bridge.deliver(visit(2, **CLIENT))
        simulator.fault(operation="check", kind="429", times=1)
        bridge.deliver(visit(3, **CLIENT))
        bridge.execute(f"UPDATE receipts SET request = request || CAST('{CUSTOMER}' AS jsonb)".replace(":", r"\:"))
        age(bridge, days=361)
        empty(bridge)
        assert count(bridge) == NOTHING
        left = dump(bridge)
        assert [personal for personal in ("Айгүл", "7015550142", "mail.kz") if personal in left] == []
        assert [row.state for row in bridge.rows()] == ["ignored", "ignored", "retrying"]
        assert bridge.row(2).reason.startswith("closed unfinished, too old: ")
        # A receipt that is still tried needs no body.
        bridge.settle()
        assert bridge.row(3).state == "processed"
        assert [receipt["external_check_number"] for receipt in simulator.receipts()] == ["altegio_3"]

    def test_z_reports(self, bridge: Bridge) -> None:
        bridge.deliver(visit(1))
        bridge.execute(
            "INSERT INTO fiscalization_logs (cashbox_id, operation, attempt, request, response, outcome)"
            " VALUES (1, 'z_report', 1, '{}', '{}', 'issued')"
        )
        age(bridge)
        assert empty(bridge)["fiscalization_logs"] == 1


class TestHow:
    @pytest.fixture
    def many(self, bridge: Bridge) -> int:
        count = 2 * BATCH + 10
        bridge.execute(
            "INSERT INTO webhook_records (dedup_key, state, body, created_at) SELECT n, 'ignored', '{}',"
            " now() - interval '200 days' FROM generate_series(1, :count) n",
            count=count,
        )
        return count

    def test_in_batches_until_the_time_is_up(self, bridge: Bridge, many: int) -> None:
        assert empty(bridge, seconds=-1)["webhook_records"] == 0
        seen: list[int] = []
        empty(bridge, report=lambda done: seen.append(done["webhook_records"]))
        assert seen == [BATCH, 2 * BATCH, many]

    def test_a_row_that_somebody_works_on_is_not_waited_for(self, bridge: Bridge, many: int) -> None:
        with bridge.services.sessions.begin() as session:
            session.execute(select(WebhookRecord).where(WebhookRecord.id == 7).with_for_update())
            assert empty(bridge)["webhook_records"] == many - 1
        assert empty(bridge)["webhook_records"] == 1


def test_signs_of_workers_that_are_gone_and_old_backups_go_and_the_newest_backup_stays(bridge: Bridge) -> None:
    bridge.execute(
        "INSERT INTO worker_signs (name, takes, seen_at) VALUES"
        " ('gone', 'messages', now() - interval '2 days'), ('here', 'messages', now())"
    )
    bridge.execute(
        "INSERT INTO backups (name, bytes, rows, created_at) SELECT 'n' || n, 1, '{}', now() - interval '200 days'"
        " FROM generate_series(1, 2) AS n"
    )
    assert empty(bridge) == {**NOTHING, "worker_signs": 1, "backups": 1}
    assert bridge.scalar("SELECT name FROM worker_signs") == "here"
    assert bridge.scalar("SELECT name FROM backups") == "n2"
