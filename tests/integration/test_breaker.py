"""An outage: calls stop, one probe at a time goes out, nobody's budget burns, and it drains by itself, oldest first."""

import pytest

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.rounds.rescue import dispatch
from worker.webkassa.breaker import FAILURES_TO_OPEN, PROBE_EVERY_SECONDS


@pytest.fixture
def outage(bridge: Bridge, simulator: SimulatorControl) -> None:
    """Ten receipts are due, and nobody listens at Webkassa's address."""
    bridge.services.clients.open_default()._token.get()
    bridge.accept([visit(number) for number in range(1, 11)])
    bridge.decide_open()
    simulator.process.kill()
    # A cashbox rests after each failure, longer each time.
    for _ in range(FAILURES_TO_OPEN + 1):
        bridge.pass_time()
        bridge.issue()


@pytest.mark.usefixtures("outage")
def test_it_opens_after_a_few_failures_and_only_probes(bridge: Bridge, simulator: SimulatorControl) -> None:
    try:
        assert bridge.services.breaker.is_open()
        # The first probe goes out at once.
        assert len(bridge.logs("check")) == FAILURES_TO_OPEN + 1
        other = bridge.open_services()
        assert other.breaker.is_open()
        # One probe for all workers together, until the interval is over.
        for _ in range(5):
            bridge.pass_time()
            bridge.issue()
        assert len(bridge.logs("check")) == FAILURES_TO_OPEN + 1
        assert set(bridge.outcomes()) == {"unavailable"}
        assert {r.state for r in bridge.receipts()} == {"pending"}
    finally:
        simulator.process.start()


@pytest.mark.usefixtures("outage")
def test_six_hours_burn_nothing_and_it_drains_oldest_first(bridge: Bridge, simulator: SimulatorControl) -> None:
    burned = [0] * 10
    for _ in range(30):
        bridge.services.redis.delete(bridge.services.breaker._probe)
        bridge.pass_time()
        bridge.issue()
    assert [r.budget_used for r in bridge.receipts()] == burned
    assert {row.state for row in bridge.rows()} <= {"retrying", "processing"}

    simulator.process.start()
    bridge.services.redis.delete(bridge.services.breaker._probe)
    bridge.pass_time()
    bridge.issue()
    assert not bridge.services.breaker.is_open()
    bridge.settle()
    assert [theirs["external_check_number"] for theirs in simulator.receipts()] == [
        f"altegio_{number}" for number in range(1, 11)
    ]
    assert {row.state for row in bridge.rows()} == {"processed"}


@pytest.mark.usefixtures("outage")
def test_the_dispatcher_sends_one_probe_by_itself(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.process.start()
    bridge.services.redis.delete("receipts", bridge.services.breaker._probe)
    bridge.pass_time()
    wait_until(lambda: _dispatch_and_look(bridge), timeout=20, what="a tick that reaches the broker")
    assert len(bridge.messages("receipts")) == 1


def _dispatch_and_look(bridge: Bridge) -> bool:
    """A tick that finds the broker too slow to answer leaves everything to the next."""
    dispatch(bridge.services)
    return bool(bridge.messages("receipts"))


def test_refusals_are_signs_of_life(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=7, times=None)
    bridge.deliver(*(visit(number) for number in range(1, FAILURES_TO_OPEN + 3)))
    assert not bridge.services.breaker.is_open()


def test_lost_answers_open_it_too(bridge: Bridge, simulator: SimulatorControl) -> None:
    for operation in ("check", "shift_history"):
        simulator.fault(operation=operation, kind="html_503", times=None)
    bridge.deliver(visit())
    for _ in range(FAILURES_TO_OPEN):
        bridge.pass_time()
        bridge.issue()
    assert bridge.services.breaker.is_open()
    assert bridge.receipt().budget_used == 0


def test_the_next_probe_is_allowed_after_its_interval(bridge: Bridge) -> None:
    breaker = bridge.services.breaker
    for _ in range(FAILURES_TO_OPEN):
        breaker.record_failure(1)
    assert breaker.allows_call(1)
    assert not breaker.allows_call(1)
    assert 0 < bridge.services.redis.ttl(breaker._probe) <= PROBE_EVERY_SECONDS
    bridge.services.redis.expire(breaker._probe, 1)
    wait_until(lambda: breaker.allows_call(1), timeout=5, what="the next probe")
    breaker.record_success(1)
    assert breaker.allows_call(1)
    assert breaker.allows_call(1)
