"""What became of a delivery, by either number, in one question that any number of rows leaves as quick."""

import pytest

from api.webhook.status import RecordNotFound, get_record_status
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import T1, T2, goods, payment, visit
from tests.support.statements import explain, note_statements


def test_by_our_number_and_by_the_newest_of_altegios(bridge: Bridge) -> None:
    bridge.deliver(visit(1001, changed=T1), visit(1001, changed=T2, comment="again"), visit(1002))
    with bridge.services.sessions() as session:
        ours, theirs = get_record_status(session, 1), get_record_status(session, 1001)
        assert (ours.id, theirs.id, ours.processed) == (1, 2, True)
        assert ours.receipt is not None
        assert (ours.receipt.state, ours.receipt.model_dump()["total"]) == ("issued", "4000.00")
        assert get_record_status(session, 1002).receipt is not None
        with pytest.raises(RecordNotFound):
            get_record_status(session, 1003)


def test_a_number_that_three_things_share(bridge: Bridge) -> None:
    sold = {"record_id": 0, "visit_id": 0, "document_id": 77, "sold_item_type": "goods_transaction"}
    bridge.deliver(goods(6100180, 900, document_id=77), visit(6100180), payment(6100180, 900, **sold))
    with bridge.services.sessions() as session:
        for number, resource in enumerate(("goods_operations_sale", "record", "finances_operation"), start=1):
            found = get_record_status(session, 6100180, resource)
            assert (found.id, found.resource) == (number, resource)
        with pytest.raises(RecordNotFound):
            get_record_status(session, 1, "record")


def test_the_delivery_that_has_the_receipt_answers_before_newer_ones(bridge: Bridge) -> None:
    bridge.deliver(visit(1001, changed=T2), visit(1001, changed=T1, comment="late"))
    assert [row.state for row in bridge.rows()] == ["processed", "ignored"]
    with bridge.services.sessions() as session:
        found = get_record_status(session, 1001)
    assert (found.id, found.receipt is not None) == (1, True)


def test_without_a_receipt(bridge: Bridge) -> None:
    bridge.accept(visit(1001))
    with bridge.services.sessions() as session:
        status = get_record_status(session, 1001)
    assert (status.state, status.processed, status.receipt) == ("received", False, None)


def test_no_vendors_words(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=9, text="Иван Петров, +77011234567")
    bridge.deliver(visit(1001))
    with bridge.services.sessions() as session:
        status = get_record_status(session, 1001)
    assert "Петров" in str(bridge.rows()[0].reason)
    assert (status.state, status.reason) == ("dead_lettered", "Webkassa refused it: 9")


def test_nor_those_of_a_page_in_its_place(bridge: Bridge, simulator: SimulatorControl) -> None:
    """A gateway's words come without a code of Webkassa's."""
    bridge.deliver(visit(1000))
    simulator.fault(operation="check", kind="json", body="<p>Иван Петров</p>", times=None)
    row = bridge.deliver(visit(1001))[-1]
    assert (row.error_code, "Петров" in str(row.reason)) == (None, True)
    with bridge.services.sessions() as session:
        assert get_record_status(session, 1001).reason == "Webkassa did not answer as expected"


def test_a_reason_of_ours_stays(bridge: Bridge) -> None:
    bridge.accept(visit(1001))
    bridge.decide_open()
    bridge.deliver(visit(1001, paid=0, changed=T2))
    with bridge.services.sessions() as session:
        assert "withdrawn before it was sent" in str(get_record_status(session, 1).reason)


def test_nor_altegios(bridge: Bridge) -> None:
    bridge.accept(visit(1001))
    said = "state = 'dead_lettered', error_code = 'altegio_unavailable', reason = 'Altegio could not be asked: Петров'"
    bridge.execute(f"UPDATE webhook_records SET {said}")
    with bridge.services.sessions() as session:
        assert get_record_status(session, 1001).reason == "Altegio could not be asked, or did not answer as expected"


@pytest.mark.parametrize("number", [1, 1001])
def test_one_question_by_indexes(bridge: Bridge, number: int) -> None:
    bridge.deliver(visit(1001))
    with note_statements(bridge.services) as seen, bridge.services.sessions() as session:
        get_record_status(session, number)
    assert len(seen) == 1
    assert "Seq Scan" not in explain(bridge.services, *seen[0])
