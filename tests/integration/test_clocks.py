"""A worker whose clock is wrong waits as long as one whose clock is right: only the database's counts."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dev.demo.children import ROOT
from dev.harness.simulator import SimulatorControl
from shared.clock import clock, utc_now
from tests.support.bridge import Bridge
from tests.support.payloads import goods, visit
from worker.entry.doctor.findings import Level
from worker.entry.doctor.stores import look_at_clock
from worker.rounds.nightly_z_report import close_due, watch_shifts
from worker.rounds.retention import count_expired
from worker.rounds.watch.clock import watch_clock
from worker.rounds.watch.watch import watch

WRONG = timedelta(minutes=5)
# What measures how wrong it is, and what counts seconds for a graph.
NO_WAITING = {"worker/rounds/watch/clock.py", "worker/issue/metrics.py"}


@pytest.fixture(params=[-WRONG, WRONG], ids=["behind", "ahead"], autouse=True)
def _wrong_clock(request: pytest.FixtureRequest) -> Iterator[None]:
    clock.ahead = request.param
    yield
    clock.ahead = timedelta(0)


def test_a_paid_visit_waits_for_its_payments_as_long_as_it_should(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(payment_wait_seconds=30)
    bridge.accept(visit())
    resolution = bridge.decide(1)
    assert resolution is not None
    assert resolution.wait_seconds is not None
    assert 0 < resolution.wait_seconds <= 30
    bridge.execute("UPDATE webhook_records SET created_at = created_at - interval '31 seconds', next_attempt_at = now()")
    bridge.decide_open()
    bridge.issue()
    assert len(simulator.receipts()) == 1


def test_goods_wait_for_their_lines_as_long_as_they_should(bridge: Bridge) -> None:
    bridge.configure(goods_wait_seconds=30)
    bridge.accept(goods(1, 3000))
    resolution = bridge.decide(1)
    assert resolution is not None
    assert resolution.wait_seconds is not None
    assert 0 < resolution.wait_seconds <= 30


def test_a_shift_is_closed_at_its_time(bridge: Bridge) -> None:
    """The database's: the day's end of a wrong clock is five minutes off."""
    bridge.deliver(visit())
    moment = bridge.scalar("SELECT to_char(now() AT TIME ZONE 'Asia/Almaty' + interval '2 minutes', 'HH24:MI')")
    bridge.configure(shift_close_at=moment)
    services = bridge.services
    watch_shifts(services.sessions, services.settings, services.producer)
    assert bridge.messages("receipts") == []
    assert not close_due(services, 1)


def test_old_rows_are_old_by_the_database(bridge: Bridge) -> None:
    bridge.deliver(visit())
    bridge.execute("UPDATE webhook_records SET created_at = now() - interval '180 days' + interval '1 minute'")
    assert count_expired(bridge.services.sessions, bridge.services.settings)["webhook_records"] == 0
    bridge.execute("UPDATE webhook_records SET created_at = now() - interval '180 days' - interval '1 minute'")
    assert count_expired(bridge.services.sessions, bridge.services.settings)["webhook_records"] == 1


def test_it_is_told_and_forgotten(bridge: Bridge) -> None:
    services = bridge.services
    watch_clock(services.sessions, services.settings)
    watch(services)  # which looks for other things, and clears only what it looks for
    assert bridge.scalar("SELECT count(*) FROM alerts WHERE kind = 'clock' AND cleared_at IS NULL") == 1
    assert look_at_clock(services.sessions).level is Level.PROBLEM
    clock.ahead = timedelta(seconds=1)
    watch_clock(services.sessions, services.settings)
    assert bridge.scalar("SELECT count(*) FROM alerts WHERE kind = 'clock' AND cleared_at IS NULL") == 0
    assert look_at_clock(services.sessions).level is Level.OK


@pytest.mark.parametrize("room", ["worker/decide", "worker/issue", "worker/cashbox", "worker/rounds", "worker/alerts"])
def test_no_room_that_waits_knows_another_clock(room: str) -> None:
    knowing = [
        path.relative_to(ROOT)
        for path in (ROOT / room).rglob("*.py")
        if any(isinstance(node, ast.alias) and node.name == utc_now.__name__ for node in ast.walk(_parse(path)))
    ]
    assert {str(path) for path in knowing} <= NO_WAITING


def _parse(path: Path) -> ast.AST:
    return ast.parse(path.read_text("utf-8"))
