"""What the tables say at a scrape: ages of shifts and of what is due."""

import time
from datetime import timedelta

from prometheus_client import Metric
from sqlalchemy import func, update

from api.store_metrics import read_database
from dev.demo.state import CASHBOX
from dev.harness.simulator import SimulatorControl
from shared.storage.models import Receipt
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.entry.cli.by_hand import close_shifts_now
from worker.rounds.timetable import Round
from worker.rounds.turns import take_turn


def read(bridge: Bridge) -> dict[str, dict[tuple[str, ...], float]]:
    with bridge.services.sessions() as session:
        families: list[Metric] = [*read_database(session)]
    return {family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples} for family in families}


def make_older(bridge: Bridge, **age: float) -> None:
    with bridge.services.sessions.begin() as session:
        past = func.now() - timedelta(**age)
        session.execute(update(Receipt).values(created_at=past, issued_at=past, budget_starts_at=past))


def assert_age(seconds: float, since: float, **past: float) -> None:
    """Of a row that was given a past after the moment `since`."""
    given = timedelta(**past).total_seconds()
    assert given <= seconds <= given + time.monotonic() - since


def test_a_shift_has_the_age_of_its_first_receipt_until_its_report(bridge: Bridge) -> None:
    assert read(bridge)["cashbox_shift_age_seconds"] == {}
    bridge.deliver(visit(1))
    since = time.monotonic()
    make_older(bridge, hours=20)
    bridge.deliver(visit(2))
    assert_age(read(bridge)["cashbox_shift_age_seconds"][(CASHBOX,)], since, hours=20)

    assert not close_shifts_now(bridge.services, None, wait_seconds=5, report=lambda _: None)

    assert read(bridge)["cashbox_shift_age_seconds"] == {}


def test_a_receipt_is_overdue_until_it_is_issued_or_given_up(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=505, times=1)
    bridge.deliver(visit(1))
    since = time.monotonic()
    make_older(bridge, hours=1)
    found = read(bridge)
    assert_age(found["oldest_due_receipt_seconds"][()], since, hours=1)
    assert found["open_receipts"] == {("pending",): 1}

    simulator.fault(operation="check", kind="code", code=8)
    bridge.pass_time()
    bridge.issue()

    found = read(bridge)
    assert found["oldest_due_receipt_seconds"] == {(): 0}
    assert found["dead_letters"] == {(): 1}


def test_how_far_altegio_was_read(bridge: Bridge) -> None:
    bridge.execute(
        "INSERT INTO altegio_looks (company_id, what, looked_until) VALUES (307626, 'records', now() - interval '1 hour')"
    )
    (age,) = [value for labels, value in read(bridge)["altegio_look_age_seconds"].items() if labels == ("307626", "records")]
    assert age >= 3600


def test_a_pause_lasts_between_two_probes(bridge: Bridge) -> None:
    bridge.deliver(visit(1))
    assert read(bridge)["cashbox_paused"] == {("SWK00000001",): 0}
    bridge.execute("UPDATE cashboxes SET paused_since = now(), paused_until = now() - interval '1 second'")
    assert read(bridge)["cashbox_paused"] == {("SWK00000001",): 1}


def test_a_round_has_the_age_of_its_last_turn_and_of_beats_last_tick(bridge: Bridge) -> None:
    round_ = Round("worker.tasks.dispatch", 5.0)
    take_turn(bridge.services.sessions, round_, by_beat=True)
    since = time.monotonic()
    bridge.execute("UPDATE rounds SET began_at = now() - interval '1 minute', ticked_at = now() - interval '1 hour'")
    found = read(bridge)
    assert_age(found["round_age_seconds"][round_.name,], since, minutes=1)
    assert_age(found["tick_age_seconds"][round_.name,], since, hours=1)
