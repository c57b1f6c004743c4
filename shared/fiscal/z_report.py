"""Reads a Z- or X-report as Webkassa sends it into our words: money per kind, in tenge. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.clock import parse_moment
from shared.fiscal.money import ZERO, InvalidAmount, is_whole, parse_amount, round_tiyn
from shared.fiscal.payment_types import KIND_OF_TYPE
from shared.fiscal.statuses import PaymentKind

Sums = Mapping[PaymentKind, Decimal]


@dataclass(frozen=True, slots=True)
class ReportSums:
    """Holds the sums of a report. `sold` and `returned` are what stayed and what went back, change left out.

    `other`: money of kinds that we never use. `closed_at` is None while the shift is open. `vat`: of sales less returns.
    `registration_number` is empty where the report does not tell.
    """

    registration_number: str
    shift_number: int | None
    opened_at: datetime | None
    closed_at: datetime | None
    made_at: datetime | None
    sold: Sums
    returned: Sums
    other: Decimal
    sale_count: int
    return_count: int
    document_count: int
    deposited: Decimal
    withdrawn: Decimal
    cash_in_drawer: Decimal | None
    vat: Decimal
    offline: bool


def read_report(report: Mapping[str, Any]) -> ReportSums:
    """Returns the sums of a report's `Data`. What is missing is zero: sections without documents may be left out."""
    sell, back = _section(report, "Sell"), _section(report, "ReturnSell")
    sold, sold_other = _read_payments(sell, _growth(report, "Sell"))
    returned, returned_other = _read_payments(back, _growth(report, "ReturnSell"))
    return ReportSums(
        registration_number=str(report.get("CashboxRN") or ""),
        shift_number=_int(report.get("ShiftNumber")),
        opened_at=parse_moment(report.get("StartOn")),
        closed_at=parse_moment(report.get("CloseOn")),
        made_at=parse_moment(report.get("ReportOn")),
        sold=sold,
        returned=returned,
        other=sold_other - returned_other,
        sale_count=_int(sell.get("Count")) or 0,
        return_count=_int(back.get("Count")) or 0,
        document_count=_int(report.get("DocumentCount")) or 0,
        deposited=_amount(report.get("PutMoneySum")),
        withdrawn=_amount(report.get("TakeMoneySum")),
        cash_in_drawer=_amount(report["SumInCashbox"]) if report.get("SumInCashbox") is not None else None,
        vat=_amount(sell.get("VAT")) - _amount(back.get("VAT")),
        offline=_flag(report.get("OfflineMode")) or _flag(report.get("CashboxOfflineMode")),
    )


def _read_payments(section: Mapping[str, Any], growth: Decimal | None) -> tuple[dict[PaymentKind, Decimal], Decimal]:
    """Whether the cash of a report still holds the change is not documented: the counters that never go back tell."""
    sums: dict[PaymentKind, Decimal] = {}
    other = ZERO
    parts = section.get("PaymentsByTypesApiModel")
    for part in parts if isinstance(parts, list) else []:
        if not isinstance(part, Mapping):
            continue
        kind, amount = KIND_OF_TYPE.get(_int(part.get("Type"))), _amount(part.get("Sum"))
        if kind is None:
            other += amount
        elif amount:
            sums[kind] = sums.get(kind, ZERO) + amount
    change = _amount(section.get("Change"))
    if change and growth is not None and sum(sums.values(), other) - change == growth:
        sums[PaymentKind.CASH] = sums.get(PaymentKind.CASH, ZERO) - change
    return sums, other


def _growth(report: Mapping[str, Any], name: str) -> Decimal | None:
    start, end = report.get("StartNonNullable"), report.get("EndNonNullable")
    if not isinstance(start, Mapping) or not isinstance(end, Mapping):
        return None
    return _amount(end.get(name)) - _amount(start.get(name))


def _section(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = report.get(name)
    return section if isinstance(section, Mapping) else {}


def _amount(value: Any) -> Decimal:
    try:
        return round_tiyn(parse_amount(value))
    except InvalidAmount:
        return ZERO


def _int(value: Any) -> int | None:
    try:
        number = parse_amount(value)
    except InvalidAmount:
        return None
    return int(number) if is_whole(number) else None


def _flag(value: Any) -> bool:
    """Reports of former versions were stored as they came."""
    return value is True or str(value).strip().lower() in ("true", "1")
