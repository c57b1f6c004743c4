"""Every body of tests/payloads/altegio, alone on an empty database, ends as a fiscal expert expects."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge

FOLDER = Path(__file__).parents[1] / "payloads" / "altegio"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("utf-8"))


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_file_is_expected_and_every_expectation_has_a_file() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} - {"expected.json"} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_ends_as_expected(name: str, bridge: Bridge, simulator: SimulatorControl) -> None:
    expected = EXPECTED[name]
    reply = bridge.accept((FOLDER / name).read_bytes())
    bridge.decide_open()
    bridge.issue()

    assert (200 if reply.accepted else 422) == expected["http"]
    ids = [item["record_id"] for item in reply.body.get("results", [reply.body])]
    rows = [bridge.row(row_id) for row_id in ids]
    assert [row.state for row in rows] == as_list(expected["state"])
    totals = {receipt.id: receipt.total for receipt in bridge.receipts()}
    assert [str(totals[row.receipt_id]) if row.receipt_id else None for row in rows] == as_list(expected["total"])
    check_ledger(bridge, simulator, expected.get("payment_type", 1))


def check_ledger(bridge: Bridge, simulator: SimulatorControl, payment_type: int) -> None:
    """What the tax office knows is what our table says, once each."""
    ledger = simulator.receipts()
    assert len(ledger) == len(bridge.receipts())
    for ours, theirs in zip(bridge.receipts(), ledger, strict=True):
        assert ours.state == "issued"
        assert theirs["external_check_number"] == ours.external_check_number
        assert theirs["check_number"] == ours.fiscal_number
        assert Decimal(theirs["total"]) == ours.total
        assert theirs["tax"] == "0.00"
        assert theirs["payments"] == [{"type": payment_type, "sum": theirs["total"]}]
        assert sum(Decimal(line["sum"]) for line in theirs["positions"]) == ours.total
