"""One stuck cashbox never delays another."""

import threading
from collections.abc import Iterator, Mapping

import pytest
import requests
from sqlalchemy import select

from dev.demo.waiting import wait_until
from dev.simulator.webkassa import RunningSimulator, Settings, start
from shared.fiscal.statuses import ReceiptState
from shared.storage.models import Cashbox, Receipt, WebhookRecord
from tests.support.bridge import Bridge
from worker.decide.process_record import process_record
from worker.issue.issue_due import issue_due

SLOW, QUICK = "SWK00000001", "SWK00000002"
SLOW_COMPANY, QUICK_COMPANY = 1, 2


@pytest.fixture
def register() -> Iterator[RunningSimulator]:
    with start(Settings(cashboxes=(SLOW, QUICK))) as running:
        yield running


@pytest.fixture
def workers(service_env: Mapping[str, str], register: RunningSimulator) -> Iterator[Bridge]:
    defaults = Settings()
    bridge = Bridge(
        {
            **service_env,
            "WEBKASSA_API_URL": register.url,
            "WEBKASSA_API_TOKEN": defaults.api_key,
            "WEBKASSA_LOGIN": defaults.login,
            "WEBKASSA_PASSWORD": defaults.password,
            "WEBKASSA_READ_TIMEOUT": "20",
        }
    )
    bridge.configure(webkassa_read_timeout=20)
    with bridge.services.sessions.begin() as session:
        session.add_all(
            Cashbox(unique_number=number, company_id=company)
            for number, company in ((SLOW, SLOW_COMPANY), (QUICK, QUICK_COMPANY))
        )
    try:
        yield bridge
    finally:
        bridge.close()


def decide(workers: Bridge, company: int, record_id: int) -> int:
    """The cashbox at which the receipt of a new visit is due."""
    data = {"id": record_id, "date": "2026-07-12 12:10:00", "services": [{"title": "Стрижка", "cost": 4000}]}
    body = {"company_id": company, "resource": "record", "resource_id": record_id, "status": "update", "data": data}
    row = WebhookRecord(
        company_id=company, resource="record", resource_id=record_id, status="update", dedup_key=str(record_id), body=body
    )
    with workers.services.sessions.begin() as session:
        session.add(row)
        session.flush()
        row_id = row.id
    resolution = process_record(workers.services, row_id)
    assert resolution is not None
    assert resolution.cashbox_id is not None
    return resolution.cashbox_id


def issued(workers: Bridge) -> set[int]:
    with workers.services.sessions() as session:
        return set(session.scalars(select(Receipt.record_id).where(Receipt.state == ReceiptState.ISSUED)))


def in_flight(register: RunningSimulator) -> bool:
    journal = requests.get(f"{register.url}/_sim/journal", params={"operation": "check"}, timeout=5).json()
    return any(call["cashbox"] == SLOW for call in journal)


def test_a_stuck_cashbox_holds_one_worker_and_nobody_else(workers: Bridge, register: RunningSimulator) -> None:
    fault = {"operation": "check", "cashbox": SLOW, "when": "after", "kind": "slow", "seconds": 3, "times": 1}
    requests.post(f"{register.url}/_sim/faults", json=fault, timeout=5).raise_for_status()
    slow, quick = decide(workers, SLOW_COMPANY, 11), decide(workers, QUICK_COMPANY, 21)
    decide(workers, QUICK_COMPANY, 22)
    stuck = threading.Thread(target=issue_due, args=(workers.services, slow))
    stuck.start()
    wait_until(lambda: in_flight(register), timeout=10, what="the slow call to begin")

    issue_due(workers.services, slow)  # a second worker leaves the busy cashbox at once
    issue_due(workers.services, quick)
    assert issued(workers) == {21, 22}
    assert stuck.is_alive()

    stuck.join()
    assert issued(workers) == {11, 21, 22}
    assert requests.get(f"{register.url}/_sim/state", timeout=5).json()["overlaps"] == 0
