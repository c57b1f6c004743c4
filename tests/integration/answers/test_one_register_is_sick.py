"""One register is sick, its neighbours are not: they are served as ever, and it is told apart from an outage of the host."""

from typing import Any

import pytest

from dev.demo.state import CASHBOX
from dev.demo.waiting import wait_until
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from tests.support.bridge import Bridge
from tests.support.documents import assert_own_documents, recover, try_again
from tests.support.effort import IS_THOROUGH
from tests.support.grids import few
from tests.support.onlooker import Onlooker
from tests.support.payloads import COMPANY, visit
from worker.salon.administration import Changes, add_cashbox

# The sick one is first, and takes the first turn of everything.
SICK = CASHBOX
SALONS = {COMPANY: SICK, 777: MORE_CASHBOXES[0], 888: MORE_CASHBOXES[1]}
# Past the failures that open a breaker, with turns to spare.
ROUNDS = 12 if IS_THOROUGH else 7
ILLS: dict[str, dict[str, Any]] = {
    "-1": {"kind": "code", "code": -1},
    "502": {"kind": "html_502"},
    "404": {"kind": "page", "status": 404},
    "drop": {"kind": "drop"},
    "garbage": {"kind": "garbage"},
}


@pytest.fixture(autouse=True)
def _salons(bridge: Bridge) -> None:
    with bridge.services.sessions.begin() as session:
        for company, number in SALONS.items():
            add_cashbox(session, bridge.services.settings, company, number, Changes())


def pay(bridge: Bridge, number: int, *companies: int) -> None:
    bridge.accept([visit(company % 1000 * 1000 + number, company=company) for company in companies])
    bridge.decide_open()


def count_served(simulator: SimulatorControl) -> dict[str, int]:
    rows = simulator.receipts()
    return {number: sum(row["cashbox"] == number for row in rows) for number in SALONS.values()}


@pytest.mark.parametrize("ill", ILLS.values(), ids=ILLS.keys())
def test_its_neighbours_are_served_at_once(bridge: Bridge, simulator: SimulatorControl, ill: dict[str, Any]) -> None:
    bridge.deliver(visit(1, company=COMPANY))
    fault = simulator.fault(operation="any", cashbox=SICK, times=None, **ill)
    for number in range(1, ROUNDS + 1):
        pay(bridge, number, *SALONS)
        bridge.pass_time()
        bridge.issue()
        assert count_served(simulator) == dict(zip(SALONS.values(), (1, number, number), strict=True))
    assert {(r.state in {"pending", "unknown"}, r.budget_used) for r in bridge.receipts() if r.fiscal_number is None} == {
        (True, 0)
    }
    assert simulator.count_hits(fault) <= 4 * ROUNDS, "each turn asks a little, at most"
    simulator.clear_faults()
    recover(bridge)
    assert_own_documents(bridge, simulator, 1 + 3 * ROUNDS)


@few("ill", ILLS, "-1", "502")
def test_nor_do_they_suffer_from_what_it_did_before_they_came(
    bridge: Bridge, simulator: SimulatorControl, ill: dict[str, Any]
) -> None:
    """It had the host to itself, failed often, and is still the first in every turn."""
    simulator.fault(operation="any", cashbox=SICK, times=None, **ill)
    pay(bridge, 1, COMPANY)
    try_again(bridge, 12)
    pay(bridge, 1, 777, 888)

    def are_served() -> bool:
        try_again(bridge, 1)
        return count_served(simulator) == dict(zip(SALONS.values(), (0, 1, 1), strict=True))

    if ill["kind"] == "code":
        assert are_served(), "what the register says of itself is a sign of life of its host"
    wait_until(are_served, timeout=90, what="the neighbours to be served", poll=0.2)
    pay(bridge, 2, 777, 888)
    bridge.issue()
    assert count_served(simulator) == dict(zip(SALONS.values(), (0, 2, 2), strict=True))


def test_after_an_outage_of_all_the_probes_go_round(bridge: Bridge, simulator: SimulatorControl) -> None:
    """The first is still sick when the host is well again; whoever is probed next opens the way for all."""
    pay(bridge, 1, *SALONS)
    outage = {"kind": "html_503", "times": None}
    simulator.fault(operation="any", **outage)
    try_again(bridge, 10)
    simulator.clear_faults()
    simulator.fault(operation="any", cashbox=SICK, **outage)

    def are_served() -> bool:
        try_again(bridge, 1)
        return count_served(simulator) == dict(zip(SALONS.values(), (0, 1, 1), strict=True))

    wait_until(are_served, timeout=90, what="the neighbours to be served", poll=0.2)
    simulator.clear_faults()
    recover(bridge)
    assert_own_documents(bridge, simulator, 3)


def test_it_is_told_by_its_number_and_as_no_outage(bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker) -> None:
    simulator.fault(operation="any", cashbox=SICK, kind="code", code=-1, times=None)
    pay(bridge, 1, COMPANY)
    for minute in range(20):
        pay(bridge, minute, 777, 888)
        try_again(bridge, 1)
        onlooker.wait(1)
    assert count_served(simulator) == dict(zip(SALONS.values(), (0, 20, 20), strict=True))
    assert any(SICK in message for message in onlooker.messages)
    assert not any("Webkassa does not answer" in message for message in onlooker.messages)
    assert not any(number in message for message in onlooker.messages for number in MORE_CASHBOXES)
