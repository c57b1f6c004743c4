"""What a decision asks the database: as little as it did, by indexes, however many visits and payments there are."""

from typing import Any

import pytest

from tests.support.bridge import Bridge
from tests.support.payloads import T1, payment, visit
from tests.support.statements import explain, note_statements

# The claim, the locks, what is known, the salon; the receipt, the page, the outcome.
PLAIN_VISIT = 7
PAYMENT_BEFORE_ITS_VISIT = 9


def hear(bridge: Bridge, payload: dict[str, Any]) -> list[tuple[str, Any]]:
    row_id = bridge.accept(payload).body["record_id"]
    with note_statements(bridge.services) as seen:
        bridge.decide(row_id)
    return seen


@pytest.fixture
def known(bridge: Bridge) -> Bridge:
    """The cashbox of the environment is there."""
    bridge.deliver(visit(1, visit_id=2))
    return bridge


def test_a_plain_visit(known: Bridge) -> None:
    assert len(hear(known, payment(1, 4000, record_id=11))) == PAYMENT_BEFORE_ITS_VISIT
    assert len(hear(known, visit(11, visit_id=12))) == PLAIN_VISIT


def test_everything_is_found_by_an_index(known: Bridge) -> None:
    seen = hear(known, payment(1, 9000, record_id=11, visit_id=7)) + hear(known, visit(11, 4000, visit_id=7))
    seen += hear(known, visit(12, 5000, visit_id=7)) + hear(known, payment(1, 9000, record_id=11, visit_id=7, changed=T1))
    known.issue()
    seen += hear(known, payment(1, 9000, record_id=11, visit_id=7, status="update", changed=T1))
    read = [(text, values) for text, values in seen if text.startswith("SELECT") and "cashboxes" not in text]
    assert len(read) > 10
    for text, values in read:
        plan = explain(known.services, text, values)
        assert "Seq Scan" not in plan, f"{text}\n{plan}"
