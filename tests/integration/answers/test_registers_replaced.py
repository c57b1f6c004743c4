"""Somebody else changes the shift, the session, the register itself: no money moves twice, and nobody waits in silence."""

import html
import json
import re
from uuid import uuid4

import pytest

from dev.demo.state import CASHBOX
from dev.harness.register import CASH, Register
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from shared.storage.models import CashboxOrder
from tests.support.bridge import Bridge
from tests.support.documents import SCOPES, assert_own_documents, make_returns, order_return, recover, try_again
from tests.support.grids import grid
from tests.support.onlooker import Onlooker, age
from tests.support.payloads import payment, visit
from worker.rounds.cashbox_orders import carry_out
from worker.rounds.nightly_z_report import close_due
from worker.rounds.rescue import dispatch
from worker.salon.administration import Changes, add_cashbox, disable_cashbox

OLD, NEW = MORE_CASHBOXES
SALON = 777
SALE, RETURN = 2, 3


def order_cash(bridge: Bridge, kind: str, amount: int) -> int:
    key = uuid4()
    with bridge.services.sessions.begin() as session:
        money = {"amount": amount, "external_check_number": f"cash_{key.hex}"}
        row = CashboxOrder(cashbox_id=1, kind=kind, form_key=key, ordered_by="staff:dana", **money)
        session.add(row)
    return int(row.id)


MOVEMENTS = {
    "deposit-nobody": ("deposit", 5000, "nobody"),
    "deposit-a stranger": ("deposit", 5000, "a stranger"),
    "deposit-us": ("deposit", 5000, "us"),
    "withdrawal-us": ("withdrawal", 2000, "us"),
}


def attempt(bridge: Bridge, order_id: int, times: int = 1) -> CashboxOrder:
    for _ in range(times):
        bridge.execute("UPDATE cashboxes SET rest_until = NULL")
        bridge.execute("UPDATE cashbox_orders SET next_attempt_at = NULL WHERE state = 'requested'")
        carry_out(bridge.services, order_id)
    return bridge.orders()[order_id - 1]


def drawer(simulator: SimulatorControl) -> float:
    return float(simulator.state()["cashboxes"][0]["drawer"])


@pytest.mark.usefixtures("scope")
@grid("scope, movement, when", SCOPES, MOVEMENTS, ["before", "after"], together=2, indirect=["scope"])
def test_a_lost_movement_is_not_repeated_in_another_shift(
    bridge: Bridge, simulator: SimulatorControl, register: Register, movement: tuple[str, int, str], when: str
) -> None:
    """What the closed shift counted may say what became of it; else a person has to."""
    kind, amount, reopened_by = movement
    register.sell("cash for the drawer", 10_000, CASH)
    bridge.deliver(visit(1))
    simulator.fault(operation="money_operation", kind="drop", when=when)
    order_id = order_cash(bridge, kind, amount)
    attempt(bridge, order_id)
    register.z_report()
    if reopened_by == "a stranger":
        register.sell("first of the second shift", 100)
    elif reopened_by == "us":
        bridge.execute("UPDATE cashboxes SET rest_until = NULL")
        bridge.deliver(visit(2))
    order = attempt(bridge, order_id, times=4)
    moved = abs(drawer(simulator) - 10_000)
    assert order.state in {"done", "unknown", "refused"}
    assert moved in {0, amount}
    if order.state != "unknown":
        assert (order.state == "done") == (moved == amount)
    if when == "after":
        assert moved == amount
    if order.state == "unknown":
        assert order.error_text


@pytest.mark.usefixtures("scope")
def test_within_its_shift_it_is_repeated_and_moves_once(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(visit(1))
    simulator.fault(operation="money_operation", kind="drop", when="after")
    order_id = order_cash(bridge, "deposit", 5000)
    assert attempt(bridge, order_id, times=3).state == "done"
    assert drawer(simulator) == 5000


class TestAnotherProgramUsesTheLogin:
    @pytest.mark.parametrize("times", [2, 3, 5])
    def test_a_few_times_running_give_nothing_up(self, bridge: Bridge, simulator: SimulatorControl, times: int) -> None:
        simulator.fault(operation="check", kind="code", code=2, times=times)
        bridge.deliver(visit())
        assert bridge.row().state in {"processed", "retrying"}
        recover(bridge)
        assert_own_documents(bridge, simulator, 1)
        assert len(simulator.journal("authorize")) <= times + 2

    def test_again_and_again_is_said(self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker) -> None:
        fault = simulator.fault(operation="check", kind="code", code=2, times=None)
        bridge.deliver(visit())
        for _ in range(8):
            try_again(bridge, 1)
            onlooker.wait(1)
        assert any(re.search(r"\blogin\b", message, re.IGNORECASE) for message in onlooker.messages), onlooker.messages
        assert simulator.count_hits(fault) <= 4 * 9, "each turn renews the session a few times, at most"
        simulator.clear_faults()
        if bridge.row().state != "dead_lettered":
            recover(bridge)
            assert_own_documents(bridge, simulator, 1)


class TestRegisteredAnew:
    """Its registration number is another one, and its shifts begin at 1 again."""

    @pytest.mark.parametrize("closed_before", [True, False])
    def test_shifts_are_its_own_and_closed_at_night(
        self, bridge: Bridge, simulator: SimulatorControl, register: Register, closed_before: bool
    ) -> None:
        bridge.deliver(visit(1), visit(2))
        if closed_before:
            register.z_report()
        simulator.register_anew(CASHBOX)
        bridge.deliver(visit(3))
        assert_own_documents(bridge, simulator, 3)
        assert [receipt.shift_number for receipt in bridge.receipts()] == [1, 1, 1]
        assert len({receipt.registration_number for receipt in bridge.receipts()}) == 2
        newest = max(bridge.shifts(), key=lambda shift: shift.id)
        assert (newest.number, newest.closed_at, len(bridge.shifts())) == (1, None, 2)

        bridge.execute("UPDATE shifts SET opened_at = now() - interval '23 hours 50 minutes' WHERE id = :id", id=newest.id)
        for _ in range(4):
            bridge.execute("UPDATE cashboxes SET rest_until = NULL; UPDATE shifts SET next_close_at = NULL")
            close_due(bridge.services, 1)
        assert simulator.state()["cashboxes"][0]["open"] is False
        closed = next(shift for shift in bridge.shifts() if shift.id == newest.id)
        assert closed.report is not None
        assert closed.report["Sell"]["Count"] == 1

    def test_sales_go_on_for_days(self, bridge: Bridge, simulator: SimulatorControl, register: Register) -> None:
        numbers = iter(range(1, 100))
        for _ in range(2):
            for _ in range(3):
                bridge.deliver(visit(next(numbers)))
                register.z_report()
            simulator.register_anew(CASHBOX)
        bridge.deliver(visit(next(numbers)))
        simulator.fault(operation="check", kind="drop", when="after")
        bridge.deliver(visit(next(numbers)))
        bridge.settle()
        assert_own_documents(bridge, simulator, 8)


class TestAReturnWithoutCash:
    @pytest.fixture
    def _refused(self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker, register: Register) -> None:
        simulator.settings(returns_need_cash=True)
        bridge.deliver(payment(1, 4000, cash=True), visit())
        taken = order_cash(bridge, "withdrawal", 4000)
        assert attempt(bridge, taken).state == "done"
        order_return(bridge)
        make_returns(bridge)
        assert (bridge.receipt(2).state, bridge.receipt(2).error_code) == ("rejected", "8")

    @pytest.mark.usefixtures("_refused")
    def test_is_told_in_alerts(self, onlooker: Onlooker) -> None:
        onlooker.wait(3)
        assert len(onlooker.messages) == 1
        assert re.search(r"return", onlooker.messages[0], re.IGNORECASE)

    @pytest.mark.usefixtures("_refused")
    def test_is_told_at_the_command_line(self, onlooker: Onlooker) -> None:
        [refused] = [row for row in json.loads(onlooker.run("list", "--json")) if "altegio_1001_r1" in str(row)]
        assert "Недостаточно наличных" in str(refused)
        assert onlooker.run("list").count("\n") > onlooker.run("list", "--state", "processed").count("\n")

    @pytest.mark.usefixtures("_refused")
    def test_is_told_on_the_page_with_what_to_do(self, onlooker: Onlooker) -> None:
        page = onlooker.page("/acquire/tasks")
        assert re.search(
            r"(внес|полож|пополн)\w*[^.]*(налич|деньг|касс)|(налич|деньг)[^.]*(внес|полож)", page, re.IGNORECASE
        ), page

    @pytest.mark.usefixtures("_refused")
    def test_succeeds_once_cash_is_put_in(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        assert attempt(bridge, order_cash(bridge, "deposit", 4000)).state == "done"
        order_return(bridge)
        make_returns(bridge)
        ours = [row for row in simulator.receipts() if row["operation_type"] == RETURN]
        assert [row["check_number"] for row in ours] == [bridge.receipts()[-1].fiscal_number]
        assert bridge.receipt(1).returned


class TestAReplacedRegister:
    @pytest.fixture
    def _sold(self, bridge: Bridge) -> None:
        with bridge.services.sessions.begin() as session:
            add_cashbox(session, bridge.services.settings, SALON, OLD, Changes())
        bridge.deliver(visit(1, company=SALON))
        assert bridge.receipt(1).state == "issued"

    def replace(self, bridge: Bridge) -> None:
        with bridge.services.sessions.begin() as session:
            disable_cashbox(session, OLD)
        with bridge.services.sessions.begin() as session:
            add_cashbox(session, bridge.services.settings, SALON, NEW, Changes())

    def assert_returned_or_refused(self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker) -> None:
        """Through the new register with the basis of the old one, or at once in words that people see."""
        made = [row for row in simulator.receipts() if row["operation_type"] == RETURN]
        if made:
            ((row),) = made
            basis = row["request"]["ReturnBasisDetails"]
            assert row["cashbox"] == NEW
            assert basis["CheckNumber"] == bridge.receipt(1).fiscal_number
            assert basis["RegistrationNumber"] == bridge.receipt(1).registration_number
            assert (bridge.receipts()[-1].state, bridge.receipts()[-1].fiscal_number) == ("issued", row["check_number"])
        else:
            refusal = bridge.scalar("SELECT refusal FROM return_orders WHERE id = 1")
            assert refusal or bridge.receipts()[-1].state == "rejected"
            said = refusal or bridge.receipts()[-1].error_text
            assert said
            assert said in html.unescape(onlooker.page("/acquire/tasks"))

    @pytest.mark.usefixtures("_sold")
    def test_before_the_return_was_ordered(self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker) -> None:
        self.replace(bridge)
        order_return(bridge)
        make_returns(bridge)
        try_again(bridge, 2)
        self.assert_returned_or_refused(bridge, simulator, onlooker)

    @pytest.mark.usefixtures("_sold")
    def test_while_its_return_waited(self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker) -> None:
        simulator.fault(operation="check", kind="429", times=2)
        order_return(bridge)
        make_returns(bridge)
        assert bridge.receipt(2).state == "pending"
        simulator.clear_faults()
        self.replace(bridge)
        for _ in range(3):
            age(bridge, 10, "receipts", "return_orders")
            dispatch(bridge.services)
            make_returns(bridge)
            try_again(bridge, 1)
        self.assert_returned_or_refused(bridge, simulator, onlooker)
        assert len(simulator.receipts()) <= 2

    @pytest.mark.usefixtures("_sold")
    def test_without_a_successor_it_is_said_at_once(self, bridge: Bridge) -> None:
        with bridge.services.sessions.begin() as session:
            disable_cashbox(session, OLD)
        order_return(bridge)
        make_returns(bridge)
        try_again(bridge, 2)
        refusal = bridge.scalar("SELECT refusal FROM return_orders WHERE id = 1")
        assert refusal or bridge.receipts()[-1].state in {"issued", "rejected"}
