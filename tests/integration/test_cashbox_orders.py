"""Reports and cash that people order: once, however often a form or a message comes, and honest about what is not known."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from dev.harness.simulator import SimulatorControl
from shared.storage.models import CashboxOrder
from tests.support.bridge import Bridge
from tests.support.payloads import visit
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


def test_money_asked_for_after_its_shift_is_over_is_left_to_a_person(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="money_operation", kind="drop", when="before")
    money = order(bridge, "deposit", "20000")
    attempt(bridge, money)
    simulator.clock(advance_seconds=25 * 3600)
    unknown = attempt(bridge, money)
    assert unknown.state == "unknown"
    assert "cabinet" in unknown.error_text
    assert attempt(bridge, order(bridge, "deposit", "100")).state == "done", "the next one opens a new shift"
    assert [s.closed_by for s in bridge.shifts()] == ["expired", None]


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
    simulator.fault(operation="money_operation", kind="429", times=None)
    number = order(bridge, "deposit", "100")
    bridge.execute("UPDATE cashbox_orders SET created_at = now() - :minutes * interval '1 minute'", minutes=minutes)
    if sent_before:
        bridge.execute("UPDATE cashbox_orders SET sending_since = now()")
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
