"""Reports as Webkassa sends them, and in shapes that only a tolerant reader survives."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import read_report

ANSWERS = Path(__file__).parents[2] / "payloads" / "webkassa"
CASH, CARD, MOBILE = PaymentKind.CASH, PaymentKind.CARD, PaymentKind.MOBILE


def test_the_documented_report() -> None:
    answer = json.loads((ANSWERS / "zreport__ok.json").read_text(encoding="utf-8"))
    told = read_report(answer["body"]["Data"])
    assert told.sold == {CASH: Decimal(12350), CARD: Decimal(8360)}
    assert told.returned == {CARD: Decimal(4201)}
    assert (told.shift_number, told.sale_count, told.return_count, told.document_count) == (118, 2, 1, 3)
    assert told.cash_in_drawer == Decimal(12350)
    assert told.opened_at is not None
    assert told.opened_at.isoformat() == "2026-04-14T09:41:56+05:00"
    assert told.closed_at is not None


def report(cash: Any, change: Any, end: Any) -> dict[str, Any]:
    return {
        "Sell": {"PaymentsByTypesApiModel": [{"Sum": cash, "Type": 0}, {"Sum": 100, "Type": 1}], "Change": change},
        "StartNonNullable": {"Sell": 1000},
        "EndNonNullable": {"Sell": end},
    }


@pytest.mark.parametrize(
    ("cash", "change", "end", "expected"),
    [
        (5000, 0, 6100, 5000),
        (5000, 1000, 6100, 5000),  # the change was taken off already
        (5000, 1000, 5100, 4000),  # cash as it was handed over
    ],
)
def test_change_counts_once(cash: int, change: int, end: int, expected: int) -> None:
    assert read_report(report(cash, change, end)).sold == {CASH: Decimal(expected), CARD: Decimal(100)}


@pytest.mark.parametrize("body", [{}, {"Sell": None, "ReturnSell": []}, {"Sell": {"PaymentsByTypesApiModel": None}}])
def test_what_is_missing_is_zero(body: dict[str, Any]) -> None:
    told = read_report(body)
    assert (told.sold, told.returned, told.other, told.sale_count) == ({}, {}, 0, 0)
    assert told.closed_at is None


def test_a_kind_we_never_use_is_kept_apart() -> None:
    told = read_report({"Sell": {"PaymentsByTypesApiModel": [{"Sum": "70.5", "Type": 2}, {"Sum": 5, "Type": 4}]}})
    assert (told.sold, told.other) == ({MOBILE: Decimal(5)}, Decimal("70.50"))


def test_all_kinds_we_never_use_are_added_up() -> None:
    parts = [{"Sum": 70, "Type": 2}, {"Sum": 5, "Type": 3}, {"Sum": "0.5", "Type": 17}]
    told = read_report({"Sell": {"PaymentsByTypesApiModel": parts}})
    assert (told.sold, told.other) == ({}, Decimal("75.50"))
