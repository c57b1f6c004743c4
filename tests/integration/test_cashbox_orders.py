"""Reports and cash that people order: once, however often a form or a message comes, and honest about what is not known."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from shared.storage.models import CashboxOrder
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from tests.unit.canned_server import Answer, CannedServer
from worker.rounds.cashbox_orders import carry_out, find_due_orders


def order(bridge: Bridge, kind: str, amount: Any = None) -> int:
    key = uuid4()
    with bridge.services.sessions.begin() as session:
        row = CashboxOrder(
            cashbox_id=1,
            kind=kind,
            form_key=key,
            ordered_by="staff:dana",
            amount=Decimal(amount) if amount else None,
            external_check_number=f"cash_{key.hex}" if amount else None,
        )
        session.add(row)
    return int(row.id)


def attempt(bridge: Bridge, order_id: int) -> CashboxOrder:
    bridge.execute("UPDATE cashboxes SET rest_until = NULL")
    bridge.execute("UPDATE cashbox_orders SET next_attempt_at = NULL WHERE state = 'requested'")
    carry_out(bridge.services, order_id)
    return bridge.orders()[order_id - 1]


def drawer(simulator: SimulatorControl) -> str:
    return str(simulator.state()["cashboxes"][0]["drawer"])


@pytest.fixture(autouse=True)
def open_shift(bridge: Bridge) -> None:
    bridge.deliver(visit(1))


def test_cash_goes_in_and_out(bridge: Bridge, simulator: SimulatorControl) -> None:
    done = attempt(bridge, order(bridge, "deposit", "20000"))
    assert (done.state, done.shift_number, done.result["Sum"]) == ("done", 1, 20000)
    assert done.done_at is not None
    done = attempt(bridge, order(bridge, "withdrawal", "5000.50"))
    assert (done.state, done.result["Sum"]) == ("done", Decimal("14999.50"))
    assert drawer(simulator) == "14999.50"
    assert bridge.outcomes("money_operation") == ["issued", "issued"]


def test_more_than_is_there_is_refused_clearly(bridge: Bridge, simulator: SimulatorControl) -> None:
    refused = attempt(bridge, order(bridge, "withdrawal", "100000"))
    assert (refused.state, refused.error_code, refused.sending_since) == ("refused", "8", None)
    assert drawer(simulator) == "0"
    attempt(bridge, 1)
    assert len(simulator.journal("money_operation")) == 1


def test_a_lost_answer_moves_no_money_twice(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="money_operation", kind="drop", when="after")
    number = order(bridge, "deposit", "20000")
    lost = attempt(bridge, number)
    assert lost.state == "requested"
    assert lost.sending_since is not None
    done = attempt(bridge, number)
    assert (done.state, done.sending_since) == ("done", None)
    assert bridge.outcomes("money_operation") == ["unknown", "duplicate"]
    sent = [entry["body"]["ExternalCheckNumber"] for entry in simulator.journal("money_operation")]
    assert sent == [done.external_check_number] * 2
    assert drawer(simulator) == "20000"


def test_what_was_not_sent_for_certain_is_sent_later(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="money_operation", kind="429")
    number = order(bridge, "deposit", "20000")
    waiting = attempt(bridge, number)
    assert (waiting.state, waiting.sending_since) == ("requested", None)
    assert waiting.next_attempt_at is not None
    assert attempt(bridge, number).state == "done"
    assert drawer(simulator) == "20000"


def test_no_shift_is_closed_under_money_that_may_have_moved(bridge: Bridge, simulator: SimulatorControl) -> None:
    """Where numbers are unique per shift only, sending it again in the next one would move the money twice."""
    simulator.settings(scope="shift")
    simulator.fault(operation="money_operation", kind="drop", when="after")
    money = order(bridge, "deposit", "20000")
    attempt(bridge, money)
    report = order(bridge, "z_report")
    assert attempt(bridge, report).state == "requested"
    assert simulator.journal("z_report") == []
    assert attempt(bridge, money).state == "done"
    assert attempt(bridge, report).state == "done"
    assert bridge.shifts()[0].closed_by == "staff:dana"
    assert drawer(simulator) == "20000"


class TestTheShiftIsOver:
    """Before the answer that was lost is asked for: sent again, the number would move the money a second time."""

    @pytest.fixture(autouse=True, params=["cashbox", "shift"])
    def _scope(self, simulator: SimulatorControl, request: pytest.FixtureRequest) -> None:
        simulator.settings(scope=request.param)

    @pytest.fixture
    def lost(self, bridge: Bridge, simulator: SimulatorControl) -> int:
        """It happened."""
        simulator.fault(operation="money_operation", kind="drop", when="after")
        number = order(bridge, "deposit", "5000")
        assert attempt(bridge, number).state == "requested"
        return number

    def test_closed_in_the_cabinet_its_last_report_tells(
        self, bridge: Bridge, simulator: SimulatorControl, register: Register, lost: int
    ) -> None:
        register.z_report()
        done = attempt(bridge, lost)
        assert (done.state, done.shift_number, done.sending_since) == ("done", 1, None)
        assert drawer(simulator) == "5000"
        assert len(simulator.journal("money_operation")) == 1

    def test_it_tells_too_that_nothing_was_moved(
        self, bridge: Bridge, simulator: SimulatorControl, register: Register
    ) -> None:
        simulator.fault(operation="money_operation", kind="drop", when="before")
        number = order(bridge, "deposit", "5000")
        attempt(bridge, number)
        register.z_report()
        done = attempt(bridge, number)
        assert (done.state, done.shift_number) == ("done", 2)
        assert drawer(simulator) == "5000"

    def test_hidden_by_the_next_shift_it_is_a_persons(
        self, bridge: Bridge, simulator: SimulatorControl, register: Register, lost: int
    ) -> None:
        register.z_report()
        register.sell("coffee")
        unknown = attempt(bridge, lost)
        assert unknown.state == "unknown"
        assert "cabinet" in unknown.error_text
        assert Decimal(drawer(simulator)) == 5000
        assert len(simulator.journal("money_operation")) == 1
        (text,) = [row[0] for row in told(bridge, "cash_unclear")]
        assert "SWK00000001: 5000.00 ₸" in text

    def test_another_movement_of_that_shift_hides_it(
        self, bridge: Bridge, simulator: SimulatorControl, register: Register, lost: int
    ) -> None:
        register.deposit(300)
        register.z_report()
        assert attempt(bridge, lost).state == "unknown"
        assert drawer(simulator) == "5300"

    def test_one_that_is_too_old_is_closed_and_the_money_is_moved_once(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        simulator.fault(operation="money_operation", kind="drop", when="before")
        number = order(bridge, "deposit", "5000")
        attempt(bridge, number)
        simulator.clock(advance_seconds=25 * 3600)
        done = attempt(bridge, number)
        assert (done.state, done.shift_number) == ("done", 2)
        assert drawer(simulator) == "5000"
        assert [s.closed_by for s in bridge.shifts()] == ["expired", None]

    def test_too_old_with_the_money_in_it(self, bridge: Bridge, simulator: SimulatorControl, lost: int) -> None:
        """Whichever Webkassa says first: that it knows the number, or that the shift is over."""
        simulator.clock(advance_seconds=25 * 3600)
        done = attempt(bridge, lost)
        assert done.state == "done"
        assert drawer(simulator) == "5000"


def test_closed_between_the_report_and_the_number_it_is_a_persons(bridge: Bridge, simulator: SimulatorControl) -> None:
    """The answer tells: it names another shift than the one that was open a moment before."""
    simulator.fault(operation="money_operation", kind="drop", when="after")
    number = order(bridge, "deposit", "5000")
    attempt(bridge, number)
    with CannedServer().running() as server:
        server.answer("/api/v4/XReport", Answer({"Data": {"ShiftNumber": 1, "PutMoneySum": 5000}}))
        server.answer("/api/v4/MoneyOperation", Answer({"Data": {"ShiftNumber": 2, "Sum": 10000}}))
        bridge.configure(webkassa_api_url=server.url)
        unknown = attempt(bridge, number)
    assert unknown.state == "unknown"
    assert "perhaps a first time in the shift before" in unknown.error_text


def told(bridge: Bridge, kind: str) -> list[Any]:
    with bridge.services.sessions() as session:
        return list(session.execute(text("SELECT text FROM alerts WHERE kind = :kind"), {"kind": kind}))


def test_a_cashier_without_the_right_to_reports_moves_cash_all_the_same(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="x_report", kind="code", code=4, times=None)
    assert attempt(bridge, order(bridge, "deposit", "20000")).state == "done"
    simulator.fault(operation="money_operation", kind="drop", when="after")
    number = order(bridge, "deposit", "5000")
    attempt(bridge, number)
    assert attempt(bridge, number).state == "unknown", "nobody can tell"
    assert drawer(simulator) == "25000"


def test_a_register_that_refuses_us_does_not_say_that_nothing_was_moved(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="money_operation", kind="drop", when="after")
    number = order(bridge, "deposit", "20000")
    attempt(bridge, number)
    simulator.fault(operation="money_operation", kind="code", code=7)
    waiting = attempt(bridge, number)
    assert (waiting.state, waiting.sending_since is None) == ("requested", False)
    bridge.execute("UPDATE cashboxes SET paused_until = NULL, paused_since = NULL")
    assert attempt(bridge, number).state == "done"
    assert drawer(simulator) == "20000"


def test_an_x_report_closes_nothing(bridge: Bridge, simulator: SimulatorControl) -> None:
    done = attempt(bridge, order(bridge, "x_report"))
    assert (done.state, done.result["Sell"]["Count"], done.result["CloseOn"]) == ("done", 1, None)
    assert bridge.shifts()[0].closed_at is None


def test_a_z_report_by_hand(bridge: Bridge) -> None:
    done = attempt(bridge, order(bridge, "z_report"))
    assert (done.state, done.result["Sell"]["Count"]) == ("done", 1)
    assert bridge.shifts()[0].report == done.result
    again = attempt(bridge, order(bridge, "z_report"))
    assert again.state == "done", "12 is success"


def test_it_waits_for_an_unknown_receipt_and_finds_it(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="drop", when="after")
    bridge.deliver(visit(2))
    done = attempt(bridge, order(bridge, "z_report"))
    assert (done.state, done.result["Sell"]["Count"]) == ("done", 2)
    assert bridge.receipt(2).state == "issued"


@pytest.mark.parametrize(
    ("sent_before", "minutes", "state"),
    [(False, 29, "requested"), (False, 31, "refused"), (True, 31, "requested"), (True, 73 * 60, "unknown")],
)
def test_patience_ends(bridge: Bridge, simulator: SimulatorControl, sent_before: bool, minutes: int, state: str) -> None:
    number = order(bridge, "deposit", "100")
    if sent_before:
        simulator.fault(operation="money_operation", kind="drop", when="after")
        attempt(bridge, number)
    simulator.fault(operation="money_operation", kind="429", times=None)
    bridge.execute("UPDATE cashbox_orders SET created_at = now() - :minutes * interval '1 minute'", minutes=minutes)
    assert attempt(bridge, number).state == state


def test_a_busy_cashbox_and_a_lost_message(bridge: Bridge, simulator: SimulatorControl) -> None:
    number = order(bridge, "x_report")
    bridge.execute("UPDATE cashboxes SET claim_id = gen_random_uuid(), lease_until = now() + interval '1 minute'")
    assert attempt(bridge, number).state == "requested"
    assert simulator.journal("x_report") == []
    with bridge.services.sessions() as session:
        created = session.get_one(CashboxOrder, number).created_at
    assert find_due_orders(bridge.services.sessions, created) == []
    bridge.execute("UPDATE cashbox_orders SET created_at = created_at - interval '1 minute'")
    assert find_due_orders(bridge.services.sessions, created) == [number]
