"""Rows that something left behind end by themselves, whatever it was."""

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import T1, T2, visit
from worker.rounds.left_behind import sweep

HANGS = "UPDATE webhook_records SET state = 'processing', receipt_id = 1, processed_at = NULL WHERE id = 2"


@pytest.mark.parametrize(
    ("receipt", "state", "code"),
    [
        ("state = 'issued', fiscal_number = '1'", "processed", None),
        ("state = 'rejected', error_kind = 'ReceiptRejected', error_code = '9', error_text = 'no'", "dead_lettered", "9"),
        ("state = 'rejected', error_text = 'withdrawn before it was sent'", "ignored", None),
        ("state = 'unknown', next_attempt_at = NULL, error_kind = 'OutcomeUnknown'", "dead_lettered", "OutcomeUnknown"),
    ],
)
def test_a_delivery_whose_receipt_has_ended_ends(bridge: Bridge, receipt: str, state: str, code: str | None) -> None:
    bridge.accept(visit(changed=T1))
    bridge.decide_open()
    bridge.accept(visit(changed=T2))
    bridge.execute(f"UPDATE receipts SET {receipt}")
    bridge.execute(HANGS)
    assert sweep(bridge.services.sessions) == 2
    assert [(row.state, row.error_code) for row in bridge.rows()] == [(state, code)] * 2
    assert sweep(bridge.services.sessions) == 0


def test_what_waits_for_its_receipt_is_left_alone(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="429", times=1)
    bridge.deliver(visit())
    assert sweep(bridge.services.sessions) == 0
    assert bridge.row().state == "retrying"


@pytest.mark.parametrize(
    "forgotten",
    [
        "UPDATE webhook_records SET next_attempt_at = NULL, receipt_id = NULL",
        "UPDATE webhook_records SET state = 'received'",
        "UPDATE receipts SET next_attempt_at = NULL",
    ],
)
def test_what_nobody_would_look_at_is_made_due(bridge: Bridge, simulator: SimulatorControl, forgotten: str) -> None:
    bridge.accept(visit())
    bridge.decide_open()
    bridge.execute(forgotten)
    assert sweep(bridge.services.sessions) == 1
    bridge.settle()
    bridge.execute("UPDATE webhook_records SET state = 'received' WHERE state = 'processing'")
    bridge.decide_open()
    assert bridge.row().state == "processed"
    assert len(simulator.receipts()) == 1
