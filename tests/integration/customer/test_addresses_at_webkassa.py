"""The client's phone and e-mail in the request to Webkassa: sales, goods, parts, returns; and never a receipt the less."""

from typing import Any
from uuid import uuid4

import pytest

from dev.harness.simulator import SimulatorControl
from shared.storage.models import ReturnOrder, StaffUser
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, T2, goods, payment, visit
from worker.issue.make_return import make_return
from worker.salon.customer.clients import opt_out

CLIENT = {"id": 7, "name": "Айгүл", "phone": "8 701 555 01 42", "email": "a@mail.kz"}
BOTH = {"CustomerEmail": "a@mail.kz", "CustomerPhone": "+77015550142"}


def told(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name.startswith("Customer")}


def asked(simulator: SimulatorControl) -> list[dict[str, Any]]:
    """Of each check that reached Webkassa."""
    return [told(entry["body"]) for entry in simulator.journal("check")]


def give_back(bridge: Bridge) -> None:
    with bridge.services.sessions.begin() as session:
        user = StaffUser(login=f"dana{uuid4()}", password_hash="-", role="manager")
        session.add(user)
        session.flush()
        order = ReturnOrder(receipt_id=1, staff_user_id=user.id, form_key=uuid4(), reason="передумал", lines=[])
        session.add(order)
        session.flush()
        order_id = order.id
    make_return(bridge.services.sessions, order_id)
    bridge.issue()


def test_a_visit_tells_the_clients_addresses(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(visit(client=CLIENT))
    assert bridge.receipt().state == "issued"
    assert asked(simulator) == [BOTH]


def test_goods_over_the_counter_do(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(goods(1, 3000, client=CLIENT))
    assert asked(simulator) == [BOTH]


def test_a_receipt_of_one_payment_does(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(part_payments="each")
    bridge.deliver(payment(1, 1000), visit(paid=0, client=CLIENT))
    assert asked(simulator) == [BOTH]


def test_a_top_up_does(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(deposits="at_top_up")
    item = {"id": 10, "title": "Пополнение счета", "type": 7}
    bridge.deliver(payment(1, 9000, record_id=0, document_id=5001, expense=item, client=CLIENT, sold_item_type=None))
    assert asked(simulator) == [BOTH]


@pytest.mark.parametrize(
    "client", [None, [], {}, {"id": 7, "phone": "", "email": ""}, {"id": 7, "phone": "+84912345678", "email": "нет"}]
)
def test_what_is_no_address_is_not_told(bridge: Bridge, simulator: SimulatorControl, client: Any) -> None:
    bridge.deliver(visit(client=client))
    assert bridge.receipt().state == "issued"
    assert asked(simulator) == [{}]


def test_a_salon_may_choose_to_tell_nobody(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(receipt_to_client="none")
    bridge.deliver(visit(client=CLIENT))
    assert asked(simulator) == [{}]


def test_who_opted_out_is_not_told_of(bridge: Bridge, simulator: SimulatorControl) -> None:
    opt_out(bridge.services.sessions, COMPANY, [7], "dana")
    bridge.deliver(visit(client=CLIENT), visit(1002, client={**CLIENT, "id": 8}), goods(1, 3000, client=CLIENT))
    assert asked(simulator) == [{}, BOTH, {}]


def test_an_opt_out_is_of_one_salon(bridge: Bridge, simulator: SimulatorControl) -> None:
    opt_out(bridge.services.sessions, COMPANY + 1, [7], "dana")
    bridge.deliver(visit(client=CLIENT))
    assert asked(simulator) == [BOTH]


def test_a_return_goes_where_its_sale_went(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(visit(client=CLIENT))
    give_back(bridge)
    assert [receipt.state for receipt in bridge.receipts()] == ["issued", "issued"]
    assert asked(simulator) == [BOTH, BOTH]


def test_a_return_does_not_reach_who_opted_out_since(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(visit(client=CLIENT))
    opt_out(bridge.services.sessions, COMPANY, [7], "dana")
    give_back(bridge)
    assert asked(simulator) == [BOTH, {}]


def test_a_retry_sends_the_same(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="drop", when="before")
    bridge.deliver(visit(client=CLIENT))
    # Known better by now: what was sent once is not changed.
    bridge.accept(visit(client={**CLIENT, "email": "new@mail.kz"}, changed=T2))
    bridge.settle()
    assert bridge.receipt().state == "issued"
    assert asked(simulator) == [BOTH, BOTH]


@pytest.mark.parametrize("text", ["Недопустимый адрес электронной почты", "Ошибка"])
def test_a_refusal_that_may_be_about_them_costs_no_receipt(bridge: Bridge, simulator: SimulatorControl, text: str) -> None:
    simulator.fault(operation="check", kind="code", code=9, text=text)
    bridge.deliver(visit(client=CLIENT))
    assert (bridge.receipt().state, bridge.row().state) == ("issued", "processed")
    assert asked(simulator) == [BOTH, {}]
    numbers = {entry["body"]["ExternalCheckNumber"] for entry in simulator.journal("check")}
    assert numbers == {"altegio_1001"}


def test_a_refusal_of_something_else_is_a_dead_letter_after_one_more_try(
    bridge: Bridge, simulator: SimulatorControl
) -> None:
    simulator.fault(operation="check", kind="code", code=9, text="Ошибка", times=None)
    bridge.deliver(visit(client=CLIENT))
    assert (bridge.receipt().state, bridge.row().state) == ("rejected", "dead_lettered")
    assert asked(simulator) == [BOTH, {}]
    bridge.deliver(visit(client=CLIENT, changed=T2))
    assert asked(simulator) == [BOTH, {}]


def test_they_are_taken_out_only_of_what_is_certainly_not_there(bridge: Bridge, simulator: SimulatorControl) -> None:
    """The answer was lost: the receipt is asked for, and found as it was sent."""
    simulator.fault(operation="check", kind="drop", when="after")
    bridge.deliver(visit(client=CLIENT))
    bridge.settle()
    assert bridge.receipt().state == "issued"
    assert told(bridge.receipt().request) == BOTH
    assert asked(simulator) == [BOTH]
