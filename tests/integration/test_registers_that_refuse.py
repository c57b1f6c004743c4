"""A register that refuses us is paused with its reason, gives nothing up, and goes on by itself, oldest first."""

from typing import Any

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.cashbox.failures import LONGEST_REST_SECONDS, rest_of_failures
from worker.rounds.rescue import dispatch
from worker.rounds.watch.conditions import observe
from worker.salon.administration import Finding, check_cashbox
from worker.webkassa.breaker import FAILURES_TO_OPEN
from worker.webkassa.client import RENEWALS

CASHBOX, OTHER, SALON = "SWK00000001", "SWK00000002", 777


def paused(bridge: Bridge) -> list[Any]:
    return [found for found in observe(bridge.services).found if found.kind == "cashbox_paused"]


def probe(bridge: Bridge) -> None:
    """The next probe is due."""
    bridge.execute("UPDATE cashboxes SET paused_until = now(), rest_until = NULL")
    bridge.issue()


def check(bridge: Bridge) -> list[Finding]:
    services = bridge.services
    return check_cashbox(services.sessions, services.settings, services.clients, bridge.cashbox())


@pytest.mark.parametrize("code", [1, 3, 4, 5, 6, 7, 10, 1024, 1404])
def test_what_the_register_refuses_pauses_it_and_gives_nothing_up(
    bridge: Bridge, simulator: SimulatorControl, code: int
) -> None:
    simulator.fault(operation="check", kind="code", code=code, times=4)
    simulator.fault(operation="client_info", kind="code", code=code, times=None)
    bridge.accept([visit(number) for number in (1, 2, 3)])
    bridge.decide_open()
    bridge.issue()
    calls = len(simulator.journal("check"))
    assert calls <= 1 + RENEWALS, "a refused session is renewed"
    assert [(r.state, r.budget_used) for r in bridge.receipts()] == [("pending", 0)] * 3
    cashbox = bridge.cashbox()
    assert (cashbox.paused_code, cashbox.paused_since is not None) == (str(code), True)
    for _ in range(3):
        probe(bridge)
    assert len(simulator.journal("check")) == calls
    assert len(paused(bridge)) == 1
    assert bridge.cashbox().paused_since == cashbox.paused_since
    simulator.clear_faults()
    probe(bridge)
    bridge.settle()
    assert [one["external_check_number"] for one in simulator.receipts()] == ["altegio_1", "altegio_2", "altegio_3"]
    assert {row.state for row in bridge.rows()} == {"processed"}
    assert (paused(bridge), bridge.cashbox().paused_since, bridge.cashbox().paused_reason) == ([], None, None)


def test_the_password_of_one_of_two_cashboxes(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(altegio_company_id="307626")
    bridge.execute("INSERT INTO cashboxes (unique_number, company_id) VALUES (:other, :salon)", other=OTHER, salon=SALON)
    simulator.settings(cashbox_problems={OTHER: 5})
    bridge.deliver(visit(1, company=SALON), visit(2), visit(3, company=SALON), visit(4))
    assert [one["external_check_number"] for one in simulator.receipts()] == ["altegio_2", "altegio_4"]
    (condition,) = paused(bridge)
    assert (condition.key, "access" in condition.text or "доступ" in condition.text) == (OTHER, True)
    simulator.settings(cashbox_problems={OTHER: None})
    probe(bridge)
    assert [one["external_check_number"] for one in simulator.receipts()][2:] == ["altegio_1", "altegio_3"]


def test_a_status_that_is_fine_does_not_end_a_pause_that_a_sale_contradicts(
    bridge: Bridge, simulator: SimulatorControl
) -> None:
    simulator.fault(operation="check", kind="code", code=7, times=2)
    bridge.deliver(visit())
    since = bridge.cashbox().paused_since
    probe(bridge)
    assert (bridge.cashbox().paused_since, bridge.receipt().state) == (since, "pending")
    probe(bridge)
    assert (bridge.cashbox().paused_since, bridge.receipt().state) == (None, "issued")


def test_a_pause_with_nothing_left_to_try_ends_as_well(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=7)
    bridge.deliver(visit(changed="2026-03-02T12:00:01+0500"))
    bridge.deliver(visit(status="delete", changed="2026-03-02T12:00:02+0500"))
    assert bridge.receipt().state == "rejected"
    bridge.execute("UPDATE cashboxes SET paused_until = now()")
    bridge.services.redis.delete("receipts")
    dispatch(bridge.services)
    assert len(bridge.messages("receipts")) == 1
    bridge.issue()
    assert bridge.cashbox().paused_since is None
    assert simulator.receipts() == []


def test_a_check_by_hand_tries_at_once(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=7)
    bridge.deliver(visit())
    assert bridge.cashbox().paused_since is not None
    findings = check(bridge)
    assert "its receipts are tried now" in findings[-1].text
    bridge.issue()
    assert bridge.receipt().state == "issued"


def test_a_login_mended_by_hand_is_not_waited_for(bridge: Bridge, simulator: SimulatorControl) -> None:
    """A refused login is remembered for a while, but not against somebody who has just mended it."""
    simulator.fault(operation="authorize", kind="code", code=1)
    bridge.deliver(visit())
    assert bridge.cashbox().paused_code == "1"
    check(bridge)
    bridge.issue()
    assert bridge.receipt().state == "issued"


def test_a_return_whose_right_is_missing_stops_no_sale(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(visit(1))
    bridge.execute(
        "INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, basis_receipt_id, total, tax,"
        " request, next_attempt_at) SELECT company_id, cashbox_id, 'return', record_id, 'altegio_1_r1', id, total, tax,"
        " request, now() FROM receipts"
    )
    simulator.fault(operation="check", kind="code", code=4)
    bridge.issue()
    assert (bridge.receipt(2).state, bridge.receipt(2).error_code) == ("rejected", "4")
    assert bridge.cashbox().paused_since is None
    bridge.deliver(visit(2))
    assert bridge.receipt(3).state == "issued"


@pytest.fixture
def two(bridge: Bridge) -> Bridge:
    """With a cashbox beside the first, of another salon; the second is the sick one."""
    bridge.configure(altegio_company_id="307626")
    bridge.execute("INSERT INTO cashboxes (unique_number, company_id) VALUES (:other, :salon)", other=OTHER, salon=SALON)
    return bridge


SICKNESSES = [
    pytest.param({"kind": "code", "code": -1}, id="unknown-error"),
    pytest.param({"kind": "html_502"}, id="gateway"),
    pytest.param({"kind": "drop"}, id="no-answer"),
    pytest.param({"kind": "timeout", "seconds": 30}, id="time-out"),
]


def make_sick(simulator: SimulatorControl, **fault: Any) -> None:
    for operation in ("check", "shift_history", "ticket", "check_history"):
        simulator.fault(operation=operation, cashbox=OTHER, when="before", times=None, **fault)


@pytest.mark.parametrize("fault", SICKNESSES)
def test_one_sick_register_does_not_close_the_way_for_others(
    two: Bridge, simulator: SimulatorControl, fault: dict[str, Any]
) -> None:
    two.deliver(visit(100))
    make_sick(simulator, **fault)
    two.deliver(visit(1, company=SALON))
    for _ in range(FAILURES_TO_OPEN + 1):
        two.pass_time()
        two.issue()
    assert not two.services.breaker.is_open()
    two.deliver(visit(2))
    assert [one["external_check_number"] for one in simulator.receipts()] == ["altegio_100", "altegio_2"]
    assert two.scalar("SELECT failures FROM cashboxes WHERE unique_number = :other", other=OTHER) > FAILURES_TO_OPEN
    assert two.scalar("SELECT rest_until > now() FROM cashboxes WHERE unique_number = :other", other=OTHER)


def test_where_the_sick_one_is_all_that_calls_the_others_get_the_next_probe(
    two: Bridge, simulator: SimulatorControl
) -> None:
    """In a chain that was quiet: nothing speaks for the host, until another has something to sell."""
    make_sick(simulator, kind="drop")
    two.deliver(visit(1, company=SALON))
    for _ in range(FAILURES_TO_OPEN):
        two.pass_time()
        two.issue()
    breaker = two.services.breaker
    assert breaker.is_open()
    two.deliver(visit(2))
    assert simulator.receipts() == [], "the sick one has the probe of this interval"
    two.services.redis.delete("receipts", breaker._probe)
    two.pass_time()
    dispatch(two.services)
    (message,) = two.messages("receipts")
    well = two.scalar("SELECT id FROM cashboxes WHERE unique_number = :number", number=CASHBOX)
    assert message["headers"]["argsrepr"] == f"[{well}]"
    two.issue()
    assert [one["external_check_number"] for one in simulator.receipts()] == ["altegio_2"]
    assert not breaker.is_open()


def test_a_cashbox_that_fails_rests_longer_each_time(bridge: Bridge) -> None:
    rests = [rest_of_failures(failures, bridge.services.rng) for failures in (1, 4, 8, 100)]
    assert rests[0] <= 1 < rests[1] <= 8 < rests[2] <= LONGEST_REST_SECONDS
    assert rests[3] <= LONGEST_REST_SECONDS
    after_time_outs = [rest_of_failures(failures, bridge.services.rng, first=10) for failures in (1, 2, 3, 100)]
    assert after_time_outs[0] <= 10 <= after_time_outs[1] <= 20 <= after_time_outs[2] <= 40
    assert after_time_outs[3] <= LONGEST_REST_SECONDS
