"""Real processes whose clocks are wrong do as others do, and are told."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dev.demo.postgres_server import Postgres
from dev.harness.child import Child
from shared.queue import DISPATCH
from tests.support.payloads import visit
from tests.support.stack import Stack

StartStack = Callable[..., Stack]


@pytest.mark.deadline(120)
@pytest.mark.parametrize("ahead", [-300, 300], ids=["behind", "ahead"])
def test_a_worker_issues_a_paid_visit_at_once(stack: StartStack, ahead: int) -> None:
    """At once and not five minutes later, which is what the clock is off."""
    service = stack(workers=0, env={"PAYMENT_WAIT_SECONDS": "1", "DISPATCH_INTERVAL_SECONDS": "1"})
    worker = service.add_worker("worker")
    worker.shift_clock(ahead)
    worker.start()
    service.post(visit(1))
    service.wait_for_state(1, "processed", timeout=60)


@pytest.mark.deadline(120)
def test_a_worker_tells_that_its_clock_is_wrong(
    stack: StartStack, service_env: Mapping[str, str], postgres: Postgres, tmp_path: Path
) -> None:
    service = stack(workers=0, beat=False)
    worker = service.add_worker("worker")
    worker.shift_clock(-10)
    worker.start()
    name = service_env["DATABASE_URL"].rpartition("/")[2]
    service.wait_for(lambda: _ask(postgres, name, "SELECT count(*) FROM alerts WHERE kind = 'clock'"), 60, "the alert")
    doctor = Child(
        "doctor", (sys.executable, "-m", "celery", "-A", "worker", "doctor", "--json"), service_env, tmp_path, bool
    )
    doctor.shift_clock(-10)
    doctor.spawn()
    service.wait_for(lambda: not doctor.running, 60, "doctor")
    said = doctor.log.read_text("utf-8")
    [clock] = [finding for finding in json.loads(said[said.index("[") :]) if finding["name"] == "clock"]
    assert clock["level"] == "problem", clock


@pytest.mark.deadline(120)
def test_ticks_of_a_beat_that_is_behind_are_done(
    stack: StartStack, service_env: Mapping[str, str], postgres: Postgres
) -> None:
    """A tick's expiry by beat's own clock would be over before a worker sees it."""
    service = stack(beat=False, env={"DISPATCH_INTERVAL_SECONDS": "1"})
    beat = service.add_beat()
    beat.shift_clock(-10)
    beat.start()
    name = service_env["DATABASE_URL"].rpartition("/")[2]
    ticked = f"SELECT count(*) FROM rounds WHERE name = '{DISPATCH}' AND ticked_at IS NOT NULL"
    service.wait_for(lambda: _ask(postgres, name, ticked), 60, "a tick to be done")


def _ask(postgres: Postgres, database: str, question: str) -> int:
    with postgres.connect(database) as connection:
        return int(connection.exec_driver_sql(question).scalar_one())
