"""The answer is lost, before or after the register recorded the receipt: one receipt, whatever its numbers are unique in."""

from dataclasses import replace

import pytest

from dev.demo.waiting import wait_until
from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.documents import SCOPES
from tests.support.grids import grid
from tests.support.payloads import visit
from worker.services import Services

FAULTS = ["drop", "reset", "timeout", "truncated", "html_502", "text_200"]
NUMBER = "altegio_1001"


def lose(simulator: SimulatorControl, kind: str, when: str, **order: object) -> None:
    seconds = {"seconds": 30} if kind == "timeout" else {}
    simulator.fault(operation="check", kind=kind, when=when, **seconds, **order)


def assert_one_receipt(bridge: Bridge, simulator: SimulatorControl, number: str = NUMBER) -> None:
    ours = next(receipt for receipt in bridge.receipts() if receipt.external_check_number == number)
    theirs = simulator.receipts(number)
    assert [item["check_number"] for item in theirs] == [ours.fiscal_number]
    assert ours.state == "issued"
    assert {row.state for row in bridge.rows()} == {"processed"}


@pytest.fixture(params=SCOPES)
def scope(request: pytest.FixtureRequest, simulator: SimulatorControl) -> str:
    simulator.settings(scope=request.param)
    return str(request.param)


@pytest.mark.usefixtures("scope")
@grid("scope, kind, when", SCOPES, FAULTS, ["before", "after"], together=2, indirect=["scope"])
def test_one_receipt(bridge: Bridge, simulator: SimulatorControl, kind: str, when: str) -> None:
    lose(simulator, kind, when)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state) == ("unknown", "retrying")
    assert bridge.receipt().unknown_since is not None
    bridge.settle()
    assert_one_receipt(bridge, simulator)
    assert bridge.outcomes()[0] == "unknown"
    assert len(simulator.journal("check")) == (1 if when == "after" else 2)


@pytest.mark.usefixtures("scope")
@pytest.mark.parametrize("kind", ["drop", "timeout"])
def test_the_shift_was_closed_meanwhile(bridge: Bridge, simulator: SimulatorControl, register: Register, kind: str) -> None:
    """By the cabinet, or by hand: where numbers are unique per shift only, sending again would make a second receipt."""
    lose(simulator, kind, "after")
    bridge.deliver(visit())
    # A register learns some time later that nobody waits for its answer any more.
    wait_until(lambda: not simulator.state()["at_work"], timeout=60, what="the register to be free")
    register.z_report()
    register.sell("other")
    bridge.settle()
    assert_one_receipt(bridge, simulator)
    assert len(simulator.journal("check")) == 2


@pytest.mark.usefixtures("scope")
def test_days_passed_and_many_shifts_with_them(bridge: Bridge, simulator: SimulatorControl, register: Register) -> None:
    lose(simulator, "drop", "after")
    bridge.deliver(visit())
    for day in range(4):
        simulator.clock(advance_seconds=86_000)
        register.z_report()
        register.sell(f"other-{day}")
    bridge.settle()
    assert_one_receipt(bridge, simulator)
    assert len(simulator.journal("check")) == 5


@pytest.mark.usefixtures("scope")
@pytest.mark.parametrize("behind", [0, 30])
def test_many_shifts_within_seconds_of_the_loss(
    bridge: Bridge, simulator: SimulatorControl, register: Register, behind: int
) -> None:
    """Webkassa's clock has whole seconds, and is not ours."""
    simulator.clock(advance_seconds=-behind)
    lose(simulator, "drop", "after")
    bridge.deliver(visit())
    for closing in range(4):
        register.z_report()
        register.sell(f"other-{closing}")
    bridge.settle()
    assert_one_receipt(bridge, simulator)


@pytest.mark.usefixtures("scope")
def test_the_shift_was_closed_and_none_was_opened(bridge: Bridge, simulator: SimulatorControl, register: Register) -> None:
    lose(simulator, "reset", "after")
    bridge.deliver(visit())
    register.z_report()
    bridge.settle()
    assert_one_receipt(bridge, simulator)


@pytest.mark.usefixtures("scope")
def test_lost_before_with_the_shift_closed_meanwhile(
    bridge: Bridge, simulator: SimulatorControl, register: Register
) -> None:
    register.sell("other")
    lose(simulator, "drop", "before")
    bridge.deliver(visit())
    register.z_report()
    bridge.settle()
    assert_one_receipt(bridge, simulator)
    assert simulator.receipts(NUMBER)[0]["shift"] == 2


@pytest.mark.usefixtures("scope")
def test_lost_twice_in_a_row(bridge: Bridge, simulator: SimulatorControl) -> None:
    lose(simulator, "truncated", "before")
    lose(simulator, "html_502", "after")
    bridge.deliver(visit())
    bridge.settle()
    assert_one_receipt(bridge, simulator)


@pytest.mark.usefixtures("scope")
def test_the_question_is_lost_as_well(bridge: Bridge, simulator: SimulatorControl) -> None:
    lose(simulator, "drop", "after")
    for operation in ("shift_history", "ticket", "check_history"):
        simulator.fault(operation=operation, kind="drop")
    bridge.deliver(visit())
    bridge.settle()
    assert_one_receipt(bridge, simulator)
    assert len(simulator.journal("check")) == 1
    assert "unknown" in bridge.outcomes("lookup")


@pytest.mark.usefixtures("scope")
def test_while_nobody_can_tell_nothing_is_sent(bridge: Bridge, simulator: SimulatorControl) -> None:
    lose(simulator, "drop", "after")
    for operation in ("shift_history", "ticket", "check_history"):
        simulator.fault(operation=operation, kind="html_503", times=None)
    bridge.deliver(visit())
    for _ in range(4):
        bridge.pass_time()
        bridge.issue()
    assert bridge.receipt().state == "unknown"
    assert len(simulator.journal("check")) == 1
    simulator.clear_faults()
    bridge.services.redis.flushdb()  # the breaker would let one probe through every five seconds
    bridge.settle()
    assert_one_receipt(bridge, simulator)


def test_a_slow_call_is_left_alone_until_the_register_is_done(bridge: Bridge, simulator: SimulatorControl) -> None:
    """It records after the client has gone; asking earlier would overlap with it."""
    simulator.fault(operation="check", kind="slow", when="before", seconds=3, linger=True)
    bridge.deliver(visit())
    assert bridge.receipt().state == "unknown"
    assert bridge.scalar("SELECT rest_until > now() + interval '5 seconds' FROM cashboxes")
    bridge.execute("UPDATE receipts SET next_attempt_at = now()")
    bridge.issue()
    assert bridge.logs("lookup") == []
    wait_until(lambda: simulator.receipts(NUMBER), timeout=10, what="the register to finish")
    bridge.settle()
    assert_one_receipt(bridge, simulator)
    assert len(simulator.journal("check")) == 1


@pytest.mark.usefixtures("scope")
def test_others_are_served_after_a_lost_one(bridge: Bridge, simulator: SimulatorControl) -> None:
    lose(simulator, "drop", "after")
    bridge.deliver(visit(1001), visit(1002), visit(1003))
    bridge.settle()
    assert [item["external_check_number"] for item in simulator.receipts()] == [
        "altegio_1001",
        "altegio_1002",
        "altegio_1003",
    ]


class TestWaysToAsk:
    """Neither way of asking is certain, and nobody documents how `not found` looks."""

    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize("style", ["19", "16", "empty"])
    def test_every_form_of_not_found(
        self, bridge: Bridge, simulator: SimulatorControl, register: Register, style: str, when: str
    ) -> None:
        simulator.settings(not_found_style=style)
        lose(simulator, "drop", when)
        bridge.deliver(visit())
        if when == "after":  # found in the previous shift only: the newer one says it is not there
            register.z_report()
            register.sell("other")
        bridge.settle()
        assert_one_receipt(bridge, simulator)

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_the_lookup_by_number_does_not_exist(self, bridge: Bridge, simulator: SimulatorControl, when: str) -> None:
        simulator.settings(ticket_lookup_missing=True, scope="shift")
        lose(simulator, "drop", when)
        bridge.deliver(visit())
        bridge.settle()
        assert_one_receipt(bridge, simulator)
        assert len(simulator.journal("check")) == (1 if when == "after" else 2)

    def test_it_is_on_the_second_page_of_a_closed_shift(
        self, bridge: Bridge, simulator: SimulatorControl, register: Register
    ) -> None:
        simulator.settings(ticket_lookup_missing=True, scope="shift")
        for number in range(55):
            register.sell(f"other-{number}")
        lose(simulator, "drop", "after")
        bridge.deliver(visit())
        register.z_report()
        bridge.settle()
        assert_one_receipt(bridge, simulator)

    def test_the_lookup_needs_no_shift(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.settings(lookup_needs_shift=False)
        lose(simulator, "drop", "after")
        bridge.deliver(visit())
        bridge.settle()
        assert_one_receipt(bridge, simulator)

    def test_a_receipt_that_shows_up_late_is_waited_for(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.services = replace(bridge.services, lookup_pause=Services.lookup_pause)
        simulator.settings(visibility_delay_seconds=1.2, scope="shift")
        lose(simulator, "drop", "after")
        bridge.deliver(visit())
        bridge.settle()
        assert_one_receipt(bridge, simulator)
        assert len(simulator.journal("check")) == 1

    def test_a_receipt_that_shows_up_much_later_is_a_duplicate_then(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        simulator.settings(visibility_delay_seconds=3600, scope="shift")
        lose(simulator, "drop", "after")
        bridge.deliver(visit())
        bridge.settle()
        assert_one_receipt(bridge, simulator)
        assert bridge.outcomes() == ["unknown", "duplicate"]


def ask_in_vain(bridge: Bridge, simulator: SimulatorControl, times: int = 1) -> None:
    """The first receipt exists at Webkassa, but its cashier has no right to ask for it."""
    lose(simulator, "drop", "after")
    simulator.fault(operation="shift_history", when="before", kind="code", code=4, times=times)
    bridge.deliver(visit())
    for _ in range(times):
        bridge.pass_time()
        bridge.issue()
    assert (bridge.receipt().state, bridge.receipt().lookups) == ("unknown", times)


def test_a_right_to_ask_that_is_missing_holds_up_no_sale(bridge: Bridge, simulator: SimulatorControl) -> None:
    ask_in_vain(bridge, simulator)
    assert bridge.row().state == "retrying"
    assert bridge.cashbox().paused_since is None
    bridge.settle()
    assert_one_receipt(bridge, simulator)


@pytest.mark.parametrize("code", [9, 17, 7777])
def test_a_question_that_is_refused_ends_no_receipt(bridge: Bridge, simulator: SimulatorControl, code: int) -> None:
    """However often: ten counted tries would end it, and a rejected question is no rejected receipt."""
    bridge.configure(retry_max_attempts=3)
    lose(simulator, "drop", "after")
    for operation in ("ticket", "check_history"):
        simulator.fault(operation=operation, when="before", kind="code", code=code, text="нельзя", times=None)
    bridge.deliver(visit())
    for _ in range(5):
        bridge.pass_time()
        bridge.issue()
        assert (bridge.receipt().state, bridge.row().state) == ("unknown", "retrying")
    assert bridge.cashbox().failures <= 1, "sales go on meanwhile"
    simulator.clear_faults()
    bridge.settle()
    assert_one_receipt(bridge, simulator)
    assert len(simulator.journal("check")) == 1


def test_what_may_exist_is_asked_for_once_an_hour_past_every_budget(bridge: Bridge, simulator: SimulatorControl) -> None:
    lose(simulator, "drop", "after")
    simulator.fault(operation="shift_history", when="before", kind="code", code=-1, times=1)
    bridge.deliver(visit())
    bridge.execute("UPDATE receipts SET budget_starts_at = now() - interval '4 days'")
    bridge.pass_time()
    bridge.issue()
    assert bridge.receipt().state == "unknown"
    assert bridge.scalar("SELECT next_attempt_at - now() BETWEEN '59 min' AND '61 min' FROM receipts")
    bridge.settle()
    assert_one_receipt(bridge, simulator)


def test_an_unknown_receipt_asked_for_long_enough_does_not_keep_an_old_shift_open(
    bridge: Bridge, simulator: SimulatorControl
) -> None:
    ask_in_vain(bridge, simulator, times=10)
    later = "next_attempt_at = now() + interval '1 hour'"
    bridge.execute(f"UPDATE receipts SET unknown_since = now() - interval '2 hours', {later}")
    bridge.execute("UPDATE cashboxes SET rest_until = NULL")
    simulator.clock(advance_seconds=25 * 3600)
    bridge.deliver(visit(1002))
    assert bridge.receipt(2).state == "issued"
    assert len(simulator.receipts(NUMBER)) == 1


def give_up_unknown(bridge: Bridge, simulator: SimulatorControl) -> None:
    """The first receipt exists at Webkassa, and the questions about it have come to their end."""
    lose(simulator, "drop", "after")
    simulator.fault(operation="shift_history", when="before", kind="code", code=-1, times=1)
    bridge.deliver(visit())
    bridge.execute("UPDATE receipts SET budget_starts_at = now() - interval '18 days'")
    bridge.pass_time()
    bridge.issue()
    assert (bridge.receipt().state, bridge.row().state) == ("unknown", "dead_lettered")


def test_a_receipt_given_up_does_not_keep_an_old_shift_open(bridge: Bridge, simulator: SimulatorControl) -> None:
    """Else one question for a person would stop every later sale of the cashbox."""
    give_up_unknown(bridge, simulator)
    simulator.clock(advance_seconds=25 * 3600)
    bridge.deliver(visit(1002))
    bridge.settle()
    assert bridge.receipt(2).state == "issued"
    assert len(simulator.receipts(NUMBER)) == 1


def test_a_later_delivery_asks_about_a_receipt_given_up(bridge: Bridge, simulator: SimulatorControl) -> None:
    give_up_unknown(bridge, simulator)
    bridge.deliver(visit(changed="2026-03-03T12:00:00+0500"))
    bridge.settle()
    assert_one_receipt(bridge, simulator)


def test_issued_already_and_shown_by_no_lookup_yet(bridge: Bridge, simulator: SimulatorControl) -> None:
    """Code 14 without data, and lookups that lag: the receipt is there, so it is asked for again, not given up."""
    simulator.settings(visibility_delay_seconds=600)
    simulator.fault(operation="check", kind="code", code=14, when="after")
    bridge.deliver(visit())
    bridge.pass_time()
    bridge.issue()
    assert (bridge.receipt().state, bridge.receipt().next_attempt_at is None) == ("unknown", False)
    simulator.settings(visibility_delay_seconds=0)
    bridge.pass_time()
    bridge.issue()
    assert (bridge.receipt().state, bridge.row().state) == ("issued", "processed")
