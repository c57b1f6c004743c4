"""A register is replaced while returns of its sales are open: they go on through the new one, or are refused in words."""

from typing import Any
from uuid import uuid4

import pytest

from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from shared.storage.models import ReturnOrder
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, payment, visit
from worker.entry.cli.by_hand import close_shifts_now
from worker.entry.cli.receipt_queries import Filters
from worker.entry.cli.refused_returns import list_refused_returns
from worker.issue.make_return import make_return
from worker.rounds.rescue import dispatch
from worker.rounds.watch.conditions import observe
from worker.salon.administration import Changes, add_cashbox, disable_cashbox

OLD, NEW = "SWK00000001", MORE_CASHBOXES[0]


@pytest.fixture(autouse=True)
def sale(bridge: Bridge) -> None:
    bridge.execute("INSERT INTO staff_users (login, password_hash, role) VALUES ('dana', 'x', 'manager')")
    bridge.deliver(visit(1))


def close_shifts(bridge: Bridge) -> None:
    assert close_shifts_now(bridge.services, None, wait_seconds=5, report=lambda _: None) == 0


def replace_register(bridge: Bridge) -> None:
    with bridge.services.sessions.begin() as session:
        disable_cashbox(session, OLD)
        add_cashbox(session, bridge.services.settings, COMPANY, NEW, Changes())


def let_both_report(bridge: Bridge) -> None:
    """Each has a Z-report, which names the seller."""
    close_shifts(bridge)
    replace_register(bridge)
    bridge.deliver(visit(2))
    close_shifts(bridge)


def order(bridge: Bridge, receipt_id: int = 1) -> int:
    with bridge.services.sessions.begin() as session:
        row = ReturnOrder(receipt_id=receipt_id, staff_user_id=1, form_key=uuid4(), reason="передумал", lines=[])
        session.add(row)
    return int(row.id)


def refusal(bridge: Bridge) -> Any:
    return bridge.scalar("SELECT refusal FROM return_orders WHERE state = 'refused'")


def told(bridge: Bridge) -> list[str]:
    return [found.text for found in observe(bridge.services).found if found.kind == "return_refused"]


def listed(bridge: Bridge, **filters: Any) -> list[dict[str, Any]]:
    with bridge.services.sessions() as session:
        return list_refused_returns(session, Filters(**filters))


def returns(simulator: SimulatorControl) -> list[dict[str, Any]]:
    return [entry["body"] for entry in simulator.journal("check") if entry["body"]["OperationType"] == 3]


def test_through_the_new_one_with_the_old_basis(bridge: Bridge, simulator: SimulatorControl) -> None:
    let_both_report(bridge)
    make_return(bridge.services.sessions, order(bridge))
    bridge.settle()
    (sent,) = returns(simulator)
    assert sent["CashboxUniqueNumber"] == NEW
    basis = sent["ReturnBasisDetails"]
    assert (basis["CheckNumber"], basis["RegistrationNumber"]) == (
        bridge.receipt(1).fiscal_number,
        bridge.receipt(1).registration_number,
    )
    assert bridge.receipt(3).registration_number != basis["RegistrationNumber"]
    assert (bridge.receipt(3).state, bridge.receipt(1).returned) == ("issued", True)


@pytest.mark.parametrize("why", ["not-told", "another-seller", "nobody-serves-the-salon"])
def test_what_is_not_certain_is_refused_at_once_and_told(bridge: Bridge, simulator: SimulatorControl, why: str) -> None:
    if why == "not-told":
        replace_register(bridge)
    else:
        let_both_report(bridge)
    if why == "another-seller":
        other = "jsonb_set(report, '{TaxPayerIN}', '\"123456789012\"')"
        bridge.execute(f"UPDATE shifts SET report = {other} WHERE cashbox_id = 1")
    elif why == "nobody-serves-the-salon":
        bridge.execute("UPDATE cashboxes SET enabled = false")
    assert make_return(bridge.services.sessions, order(bridge)) is None
    assert refusal(bridge) == f"cashbox {OLD}, which sold it, is out of service: return it in Webkassa's cabinet"
    assert returns(simulator) == []
    (text,) = told(bridge)
    assert OLD in text
    assert "в кабинете Webkassa" in text
    assert [(row["id"], row["resource"], row["state"]) for row in listed(bridge)] == [(None, "return", "rejected")]


class TestReplacedWhileAReturnWaits:
    @pytest.fixture(autouse=True)
    def _waiting(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.fault(operation="check", kind="429")
        make_return(bridge.services.sessions, order(bridge))
        bridge.issue()
        assert (bridge.receipt(2).state, bridge.receipt(2).attempts) == ("pending", 1)

    def test_it_is_moved(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        close_shifts(bridge)
        replace_register(bridge)
        bridge.deliver(visit(2))
        close_shifts(bridge)
        bridge.services.redis.delete("receipts")
        dispatch(bridge.services)
        bridge.issue()
        assert (bridge.receipt(2).state, bridge.receipt(2).cashbox_id) == ("issued", 2)
        assert returns(simulator)[-1]["CashboxUniqueNumber"] == NEW
        assert bridge.receipt(1).returned

    def test_or_refused(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        replace_register(bridge)
        dispatch(bridge.services)
        assert (bridge.receipt(2).state, bridge.receipt(2).next_attempt_at) == ("rejected", None)
        assert "is out of service" in refusal(bridge)
        assert len(told(bridge)) == 1
        assert len(returns(simulator)) == 1

    def test_what_may_exist_there_is_not_made_anew(self, bridge: Bridge) -> None:
        bridge.execute("UPDATE receipts SET state = 'unknown', unknown_since = now() WHERE id = 2")
        replace_register(bridge)
        dispatch(bridge.services)
        assert (bridge.receipt(2).state, bridge.receipt(2).cashbox_id) == ("unknown", 1)

    def test_what_is_being_sent_is_left_alone(self, bridge: Bridge) -> None:
        bridge.execute("UPDATE receipts SET sending_since = now() WHERE id = 2")
        replace_register(bridge)
        dispatch(bridge.services)
        assert (bridge.receipt(2).state, bridge.receipt(2).cashbox_id) == ("pending", 1)


class TestACashReturnThatTheDrawerCannotPay:
    @pytest.fixture(autouse=True)
    def _refused(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(payment(20, 4000, record_id=2, cash=True), visit(2))
        simulator.fault(operation="check", kind="code", code=8, text="недостаточно средств")
        make_return(bridge.services.sessions, order(bridge, 2))
        bridge.issue()
        assert bridge.receipt(3).state == "rejected"

    def test_is_told_everywhere(self, bridge: Bridge) -> None:
        (text,) = told(bridge)
        assert "4000.00 ₸" in text
        assert "сначала внесите" in text
        (row,) = listed(bridge)
        assert (row["code"], row["reason"], row["resource_id"]) == ("8", "altegio_2_r1: недостаточно средств", 2)
        assert (row["receipt"]["state"], row["receipt"]["external_check_number"]) == ("rejected", "altegio_2_r1")

    def test_until_it_is_ordered_anew(self, bridge: Bridge) -> None:
        again = order(bridge, 2)
        assert (told(bridge), listed(bridge)) == ([], [])
        make_return(bridge.services.sessions, again)
        bridge.issue()
        assert bridge.receipt(2).returned
        assert (told(bridge), listed(bridge)) == ([], [])

    def test_and_again_where_that_is_refused_too(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.fault(operation="check", kind="code", code=8)
        make_return(bridge.services.sessions, order(bridge, 2))
        bridge.issue()
        assert len(told(bridge)) == len(listed(bridge)) == 2

    @pytest.mark.parametrize(
        ("filters", "is_listed"),
        [
            ({"state": "dead_lettered"}, True),
            ({"state": "rejected"}, True),
            ({"state": "issued"}, False),
            ({"code": "8"}, True),
            ({"code": "9"}, False),
            ({"cashbox": OLD, "company": COMPANY}, True),
            ({"cashbox": NEW}, False),
            ({"company": 1}, False),
        ],
    )
    def test_the_list_is_narrowed_like_any(self, bridge: Bridge, filters: dict[str, Any], is_listed: bool) -> None:
        assert bool(listed(bridge, **filters)) is is_listed
