"""An answer has to name its request before it is believed: no sale ever carries the fiscal number of another."""

from typing import Any

import pytest

from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.documents import SCOPES, assert_nothing_foreign, assert_own_documents, list_ours, recover, try_again
from tests.support.grids import grid
from tests.support.payloads import visit

OTHER = "SWK00000002"
TOTAL = 4000
WHOSE = ["ours", "a stranger's", "another register's"]


def sell(bridge: Bridge, *costs: int) -> None:
    """One after another over the same connection, as a turn does."""
    bridge.accept([visit(1001 + place, cost) for place, cost in enumerate(costs)])
    bridge.decide_open()
    bridge.issue()


class TestSentTwice:
    @pytest.mark.usefixtures("scope")
    @grid("scope, pace", SCOPES, [0.0, 0.06, 0.3], indirect=["scope"])
    def test_numbers_do_not_shift(self, bridge: Bridge, simulator: SimulatorControl, pace: float) -> None:
        simulator.fault(operation="check", kind="twice", when="after", pace=pace)
        sell(bridge, *[TOTAL] * 5)
        bridge.settle()
        assert_own_documents(bridge, simulator, 5)
        assert len(simulator.journal("check")) <= 7

    @pytest.mark.parametrize("operation", ["check", "any"])
    def test_every_answer_of_the_day(self, bridge: Bridge, simulator: SimulatorControl, operation: str) -> None:
        simulator.fault(operation=operation, kind="twice", when="after", pace=0.06, times=None)
        sell(bridge, TOTAL, 5000, TOTAL, 5000)
        try_again(bridge)
        simulator.clear_faults()
        recover(bridge)
        assert_own_documents(bridge, simulator, 4)

    def test_the_answer_of_a_question(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.fault(operation="check", kind="drop", when="after", times=2)
        for operation in ("shift_history", "ticket"):
            simulator.fault(operation=operation, kind="twice", when="after", pace=0.06, times=3)
        sell(bridge, *[TOTAL] * 3)
        bridge.settle()
        assert_own_documents(bridge, simulator, 3)


class TestAnotherSale:
    @grid("whose, kind, when", WHOSE, ["foreign", "foreign_14"], ["before", "after"], together=2)
    def test_of_the_same_total(self, bridge: Bridge, simulator: SimulatorControl, whose: str, kind: str, when: str) -> None:
        simulator.settings(scope="shift")
        if whose == "ours":
            sell(bridge, TOTAL)
        else:
            Register(simulator, OTHER if whose == "another register's" else "SWK00000001").sell("theirs", TOTAL)
        simulator.fault(operation="check", kind=kind, when=when)
        bridge.deliver(visit(1009, TOTAL))
        assert (bridge.receipts()[-1].state, bridge.receipts()[-1].fiscal_number) == ("unknown", None)
        # To a 14 whose document is nowhere, no more than that is known after ten minutes.
        bridge.execute("UPDATE receipts SET budget_starts_at = now() - interval '11 minutes' WHERE state = 'unknown'")
        bridge.settle()
        assert_nothing_foreign(bridge, simulator)
        if (kind, when) != ("foreign_14", "before"):
            assert_own_documents(bridge, simulator, len(bridge.receipts()))
        assert len([one for one in simulator.journal("check") if one["body"]["ExternalCheckNumber"] == "altegio_1009"]) <= 2

    @pytest.mark.parametrize("costs", [[TOTAL] * 5, [4000, 5000, 4000, 4500, 4100]])
    def test_each_answer_is_that_of_the_call_before(
        self, bridge: Bridge, simulator: SimulatorControl, costs: list[int]
    ) -> None:
        sell(bridge, costs[0])
        simulator.fault(operation="check", kind="foreign", when="after", times=4)
        for place, cost in enumerate(costs[1:], start=1):
            bridge.deliver(visit(1001 + place, cost))
        try_again(bridge, 2)
        simulator.clear_faults()
        bridge.settle()
        assert_own_documents(bridge, simulator, 5)

    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize("by_history", [False, True])
    def test_in_a_lookup(self, bridge: Bridge, simulator: SimulatorControl, when: str, by_history: bool) -> None:
        simulator.settings(ticket_lookup_missing=by_history, scope="shift")
        sell(bridge, TOTAL)
        simulator.fault(operation="check", kind="drop", when=when)
        simulator.fault(operation="check_history" if by_history else "ticket", kind="foreign", times=2)
        bridge.deliver(visit(1009, TOTAL))
        bridge.settle()
        assert_own_documents(bridge, simulator, 2)


ONE_THING = {
    "another register": {"Cashbox": {"UniqueNumber": OTHER}},
    "another number in the print link": {
        "TicketPrintUrl": "https://webkassa.example/spa-ui/ticket?chb=SWK00000001&sh=2&extnum=altegio_1001"
    },
    "another register in the print link": {
        "TicketPrintUrl": f"https://webkassa.example/spa-ui/ticket?chb={OTHER}&sh=2&extnum=altegio_1009"
    },
    "another sum in the ticket link": {
        "TicketUrl": "http://ofd.example/consumer?i=1&f=010203000001&s=5000.00&t=20260302T120000"
    },
    "an older shift": {"ShiftNumber": 1},
    "the fiscal number of an earlier sale": {},
}
# The first receipt of a number may be of an older shift, and of another sum: that is told as a difference.
ALSO_OF_14 = [what for what in ONE_THING if what not in {"an older shift", "another sum in the ticket link"}]


@pytest.mark.parametrize(
    ("what", "kind"), [*((what, "success") for what in ONE_THING), *((what, "14") for what in ALSO_OF_14)]
)
def test_one_thing_of_it_is_not_ours(
    bridge: Bridge, simulator: SimulatorControl, register: Register, what: str, kind: str
) -> None:
    """The document is recorded, and a lookup tells the truth about it."""
    simulator.settings(scope="shift")
    sell(bridge, TOTAL)
    register.z_report()
    # What a person closes in the cabinet is known by the next receipt.
    bridge.deliver(visit(1005, TOTAL))
    changes = ONE_THING[what] or {"CheckNumber": bridge.receipt(1).fiscal_number}
    errors = (
        [{"Code": 14, "Text": "Чек с внешним номером altegio_1009 уже присутствует в системе"}] if kind == "14" else None
    )
    simulator.fault(operation="check", kind="changed", when="after", changes=changes, errors=errors)
    bridge.deliver(visit(1009, TOTAL))
    assert (bridge.receipt(3).state, bridge.receipt(3).fiscal_number) == ("unknown", None)
    bridge.settle()
    assert_own_documents(bridge, simulator, 3)
    assert bridge.receipt(3).shift_number == 2
    assert len(simulator.journal("check")) == 3


@pytest.mark.parametrize("changes", [{"CashboxUniqueNumber": OTHER}, {"ExternalCheckNumber": "altegio_1001"}])
def test_a_lookup_of_which_one_thing_is_not_ours(
    bridge: Bridge, simulator: SimulatorControl, changes: dict[str, Any]
) -> None:
    simulator.fault(operation="check", kind="drop", when="after")
    simulator.fault(operation="ticket", kind="changed", when="after", changes=changes, times=1)
    bridge.deliver(visit(1009, TOTAL))
    bridge.settle()
    assert_own_documents(bridge, simulator, 1)


def test_what_is_asked_for_costs_no_attempt_of_its_budget(bridge: Bridge, simulator: SimulatorControl) -> None:
    Register(simulator).sell("theirs", TOTAL)
    simulator.fault(operation="check", kind="foreign", when="after")
    bridge.deliver(visit(1009, TOTAL))
    bridge.settle()
    assert bridge.receipt().budget_used == 0
    assert [row["external_check_number"] for row in list_ours(simulator)] == ["altegio_1009"]
