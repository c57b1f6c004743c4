"""Our rows against Webkassa's ledger, and the end of a bad time."""

from typing import Any
from uuid import uuid4

from dev.harness.simulator import Row, SimulatorControl
from shared.fiscal.statuses import OPEN_RECEIPT_STATES
from shared.storage.models import Receipt, ReturnOrder, StaffUser
from tests.support.bridge import Bridge
from tests.support.onlooker import age
from worker.issue.make_return import make_return

ROUNDS = 12
# What the vendor's numbers may be unique in.
SCOPES = ("cashbox", "shift")


def list_ours(simulator: SimulatorControl) -> list[Row]:
    """Documents under our numbers, oldest first."""
    return [row for row in simulator.receipts() if str(row["external_check_number"]).startswith("altegio_")]


def assert_own_documents(bridge: Bridge, simulator: SimulatorControl, count: int) -> None:
    """So many receipts, each issued with one document, whose fiscal number is in its row."""
    ours = [(receipt.external_check_number, receipt.fiscal_number, receipt.state) for receipt in bridge.receipts()]
    theirs = [(row["external_check_number"], row["check_number"], "issued") for row in list_ours(simulator)]
    assert sorted(ours) == sorted(theirs)
    assert len(ours) == count
    assert {row.state for row in bridge.rows()} == {"processed"}


def assert_nothing_foreign(bridge: Bridge, simulator: SimulatorControl) -> None:
    """Nothing is doubled, and what is issued is so by its own document; what is not, waits in the sight of a person."""
    theirs = {row["external_check_number"]: row["check_number"] for row in list_ours(simulator)}
    assert len(theirs) == len(list_ours(simulator))
    for receipt, row in zip(bridge.receipts(), bridge.rows(), strict=True):
        assert receipt.fiscal_number in {theirs.get(receipt.external_check_number), None}
        assert (receipt.state == "issued") == (receipt.fiscal_number is not None)
        assert (receipt.state, row.state) == ("issued", "processed") or row.state == "dead_lettered"


def try_again(bridge: Bridge, times: int = ROUNDS) -> None:
    """Turns at all registers, with the waiting of each over; it need not lead anywhere."""
    for _ in range(times):
        bridge.pass_time()
        bridge.decide_open()
        bridge.issue()


def recover(bridge: Bridge) -> None:
    """The bad time is over, and so is every waiting that came of it: the next probe is due, whoever counts the time."""
    for _ in range(ROUNDS):
        bridge.services.redis.flushdb()
        age(bridge, 10, "cashboxes")
        try_again(bridge, 1)
        if not any(receipt.state in OPEN_RECEIPT_STATES for receipt in bridge.receipts()):
            return
    raise AssertionError(f"still open: {[(one.id, one.state, one.error_text) for one in bridge.receipts()]}")


def order_return(bridge: Bridge, receipt_id: int = 1, *, sold_anew_as: str | None = None, **wishes: Any) -> None:
    """A manager wants all of it back; `make_returns` lets the worker do it. `sold_anew_as`: only its kind was wrong.

    `wishes`: other columns of the order.
    """
    with bridge.services.sessions.begin() as session:
        manager = StaffUser(login=uuid4().hex, role="manager", password_hash="-")
        session.add(manager)
        session.flush()
        anew = {sold_anew_as: str(session.get_one(Receipt, receipt_id).total)} if sold_anew_as else None
        wish = {"form_key": uuid4(), "reason": "клиент передумал", "lines": [], "sold_anew": anew, **wishes}
        session.add(ReturnOrder(receipt_id=receipt_id, staff_user_id=manager.id, **wish))


def make_returns(bridge: Bridge) -> None:
    for order_id in range(1, int(bridge.scalar("SELECT count(*) FROM return_orders")) + 1):
        make_return(bridge.services.sessions, order_id)
    bridge.issue()
