"""A worker that stands still though there is work is ended; one that waits for a reason is not."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import SQLAlchemyError

from dev.demo.postgres_server import Postgres
from dev.demo.waiting import wait_until
from shared.config import Settings
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from tests.support.post_box import PostBox
from worker.rounds.alone import watchdog as module
from worker.rounds.alone.watchdog import Pulse, Watchdog

# Of the test's worker: a fifth of a second.
MINUTES = 0.2 / 60


@dataclass
class Worker:
    """A worker in which nothing has moved for long enough."""

    bridge: Bridge
    ends: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bridge.configure(worker_stuck_minutes=MINUTES, alert_language="en")
        pulse = Pulse()
        self.watchdog = Watchdog(self.bridge.services, pulse, self.end)
        wait_until(lambda: pulse.quiet_seconds > MINUTES * 60, timeout=10, what="nothing to move long enough", poll=0.02)

    def end(self, settings: Settings, text: str) -> None:
        assert settings is self.bridge.services.settings
        self.ends.append(text)

    @property
    def is_ended(self) -> bool:
        self.watchdog.look()
        return bool(self.ends)


def let_wait(bridge: Bridge) -> None:
    bridge.execute("UPDATE webhook_records SET next_attempt_at = now() - interval '1 minute'")
    bridge.execute("UPDATE receipts SET next_attempt_at = now() - interval '1 minute' WHERE next_attempt_at IS NOT NULL")


def test_an_undecided_delivery_is_work(bridge: Bridge) -> None:
    bridge.accept(visit())
    let_wait(bridge)
    worker = Worker(bridge)
    assert worker.is_ended
    assert "nothing ended in" in worker.ends[0]


def test_a_due_receipt_is_work_whoever_holds_its_cashbox(bridge: Bridge) -> None:
    """A thread that hangs goes on extending its lease."""
    bridge.accept(visit())
    bridge.decide_open()
    let_wait(bridge)
    bridge.execute("UPDATE cashboxes SET claim_id = gen_random_uuid(), lease_until = now() + interval '1 minute'")
    assert Worker(bridge).is_ended


def test_who_does_something_is_left_alone(bridge: Bridge) -> None:
    bridge.accept(visit())
    let_wait(bridge)
    worker = Worker(bridge)
    worker.watchdog.pulse.beat()
    assert not worker.is_ended


def test_nothing_to_do_is_no_reason(bridge: Bridge) -> None:
    bridge.deliver(visit())
    assert not Worker(bridge).is_ended


@pytest.mark.parametrize("column", ["paused_since = now()", "rest_until = now() + interval '1 minute'", "enabled = false"])
def test_a_register_that_keeps_us_waiting_is_no_reason(bridge: Bridge, column: str) -> None:
    bridge.accept(visit())
    bridge.decide_open()
    let_wait(bridge)
    bridge.execute(f"UPDATE cashboxes SET {column}")
    assert not Worker(bridge).is_ended
    bridge.execute("UPDATE cashboxes SET enabled = true")


def test_webkassa_that_is_away_is_no_reason(bridge: Bridge) -> None:
    bridge.accept(visit())
    bridge.decide_open()
    let_wait(bridge)
    worker = Worker(bridge)
    for _ in range(5):
        worker.bridge.services.breaker.record_failure(1)
    assert not worker.is_ended


def test_a_database_that_is_away_is_no_reason(bridge: Bridge, postgres: Postgres) -> None:
    worker = Worker(bridge)
    postgres.stop()
    try:
        with pytest.raises(SQLAlchemyError):
            worker.watchdog.look()
    finally:
        postgres.start()
    assert worker.ends == []


def test_it_is_told_without_the_database_and_the_process_ends(bridge: Bridge) -> None:
    box = PostBox()
    bridge.configure(alert_urls=box.address, alert_language="en")
    try:
        module._tell(bridge.services.settings, "host: nothing ended in 5 min")
    finally:
        box.close()
    assert "A worker stood still" in box.texts[0]
