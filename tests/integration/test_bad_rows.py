"""Rows that no version of ours would write: years that no calendar has, texts without end, reports of nothing.

One of them stops no tick, no list, no question and no scrape, and no other row suffers for it.
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from api.health import find_oldest_open_age
from api.store_metrics import read_database
from api.webhook.status import get_record_status
from dev.harness.simulator import SimulatorControl
from shared.books.read import keep_books
from shared.clock import almaty_date, utc_now
from shared.storage.models import Cashbox
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.entry.cli.receipt_queries import Filters, find_delivery, list_deliveries
from worker.entry.cli.receipt_views import print_delivery, print_table
from worker.entry.cli.report_views import print_report
from worker.rounds.nightly_z_report import close_due, watch_shifts
from worker.rounds.rescue import dispatch
from worker.rounds.retention import count_expired, empty_expired
from worker.rounds.watch.conditions import observe
from worker.rounds.watch.watch import watch

MOMENTS = ["0001-01-01 00:00:00+00", "0001-01-01 00:00:00+00 BC", "-infinity", "infinity", "9999-12-31 23:59:59+00"]
NONSENSE: dict[str, Any] = {
    "ShiftNumber": "x",
    "CloseOn": "0001-01-01",
    "StartOn": 7,
    "Sell": "nothing",
    "ReturnSell": {"PaymentsByTypesApiModel": "x", "Count": "1e999999999", "VAT": "NaN", "Change": [1]},
    "SumInCashbox": "a lot",
    "OfflineMode": "false",
}


@pytest.fixture(params=MOMENTS)
def moment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def spoilt(bridge: Bridge, moment: str) -> Bridge:
    """A receipt that was issued, one that waits, and an open shift: all with such a time, and texts without end."""
    bridge.deliver(visit(1001), visit(1002))
    bridge.execute(
        "UPDATE receipts SET issued_at = :at, created_at = :at, budget_starts_at = :at, sending_since = NULL,"
        " issued_at_text = repeat('9', 100000), receipt_url = 'http://x/?' || repeat('я', 100000),"
        " error_text = repeat('я', 100000), warning = repeat('я', 100000)",
        at=moment,
    )
    bridge.execute(
        "UPDATE receipts SET state = 'pending', fiscal_number = NULL, next_attempt_at = now() + interval '1 day'"
        " WHERE id = 2"
    )
    bridge.execute(
        "UPDATE webhook_records SET created_at = :at, processed_at = :at, changed_at = :at, reason = repeat('я', 100000)",
        at=moment,
    )
    bridge.execute("UPDATE fiscalization_logs SET created_at = :at, finished_at = :at", at=moment)
    bridge.execute("UPDATE shifts SET opened_at = :at, closing_since = NULL", at=moment)
    return bridge


def test_ticks(spoilt: Bridge) -> None:
    services = spoilt.services
    dispatch(services)
    watch_shifts(services.sessions, services.settings, services.producer)
    watch(services)
    assert len(observe(services).looked_for) >= 10
    count_expired(services.sessions, services.settings)
    empty_expired(services.sessions, services.settings)


def test_others_are_sold_and_closed(spoilt: Bridge, simulator: SimulatorControl) -> None:
    spoilt.deliver(visit(1003))
    assert [receipt.state for receipt in spoilt.receipts()] == ["issued", "pending", "issued"]
    spoilt.execute("UPDATE shifts SET opened_at = now() - interval '22 hours'")
    spoilt.execute("UPDATE receipts SET state = 'rejected' WHERE id = 2")
    assert close_due(spoilt.services, 1)


def test_a_shift_with_such_a_time_keeps_no_other_from_being_closed(spoilt: Bridge, simulator: SimulatorControl) -> None:
    spoilt.execute("INSERT INTO cashboxes (unique_number) VALUES ('SWK00000002')")
    spoilt.execute("INSERT INTO shifts (cashbox_id, number, opened_at) VALUES (2, 1, now() - interval '22 hours')")
    spoilt.services.redis.flushdb()
    watch_shifts(spoilt.services.sessions, spoilt.services.settings, spoilt.services.producer)
    asked = [json.loads(message["headers"]["argsrepr"]) for message in spoilt.messages("receipts")]
    assert [2] in asked


def test_lists_and_questions(spoilt: Bridge, capsys: pytest.CaptureFixture[str]) -> None:
    with spoilt.services.sessions() as session:
        rows = list_deliveries(session, Filters())
        found = find_delivery(session, 1)
        assert get_record_status(session, 1).model_dump_json()
        assert [*read_database(session)]
        find_oldest_open_age(session)
        today = almaty_date(utc_now())
        assert keep_books(session, session.get_one(Cashbox, 1), today - timedelta(days=1), today)
    assert len(rows) == 2
    print_table(rows)
    print_delivery(found)
    assert "2 shown" in capsys.readouterr().out
    json.dumps([rows, found], default=str)


def test_a_report_of_nothing_is_one(spoilt: Bridge, capsys: pytest.CaptureFixture[str]) -> None:
    spoilt.execute("UPDATE shifts SET report = :report, closed_at = now()", report=json.dumps(NONSENSE))
    with spoilt.services.sessions() as session:
        today = almaty_date(utc_now())
        keep_books(session, session.get_one(Cashbox, 1), today - timedelta(days=1), today)
    print_report(NONSENSE)
    assert capsys.readouterr().out
