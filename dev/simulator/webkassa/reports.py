"""The X and Z reports: one shape, the same figures; only the Z-report closes the shift."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dev.simulator.webkassa.answers import EMPLOYEE, OFD, TAXPAYER, format_local
from dev.simulator.webkassa.arithmetic import CASH, Sums
from dev.simulator.webkassa.ledger import BUY, BUY_RETURN, OPERATIONS, SELL, SELL_RETURN, ZERO, Cashbox, Shift
from dev.simulator.webkassa.settings import Settings

SECTIONS = {"Sell": SELL, "Buy": BUY, "ReturnSell": SELL_RETURN, "ReturnBuy": BUY_RETURN}


def build_report(cashbox: Cashbox, shift: Shift, now: datetime, settings: Settings) -> dict[str, Any]:
    sums = {kind: [one.sums for one in shift.receipts if one.operation_type == kind] for kind in OPERATIONS}
    end_sums = {kind: shift.start_sums[kind] + _add_up(sums[kind], "total") for kind in OPERATIONS}
    return {
        **TAXPAYER,
        "TaxPayerVAT": bool(settings.vat_rates),
        "TaxPayerVATSeria": "",
        "TaxPayerVATNumber": "",
        "ReportNumber": shift.number,
        "CashboxSN": cashbox.number,
        "CashboxIN": cashbox.identity_number,
        "CashboxRN": cashbox.registration_number,
        "StartOn": format_local(shift.opened_at),
        "ReportOn": format_local(now),
        "CloseOn": format_local(shift.closed_at) if shift.closed_at else None,
        "CashierCode": EMPLOYEE["EmployeeCode"],
        "CashierName": EMPLOYEE["EmployeeName"],
        "ShiftNumber": shift.number,
        "DocumentCount": shift.document_count,
        "PutMoneySum": shift.put,
        "TakeMoneySum": shift.withdrawn,
        "ControlSum": zlib.crc32(f"{cashbox.number}:{shift.number}:{end_sums}".encode()),
        "OfflineMode": settings.offline,
        "CashboxOfflineMode": settings.offline,
        "SumInCashbox": cashbox.drawer,
        **{name: _build_section(shift.start_counts[kind], sums[kind]) for name, kind in SECTIONS.items()},
        "EndNonNullable": _build_grand_totals(end_sums),
        "StartNonNullable": _build_grand_totals(shift.start_sums),
        "Ofd": OFD,
    }


def _build_section(start_count: int, receipts: Sequence[Sums]) -> dict[str, Any]:
    by_type: defaultdict[int, Decimal] = defaultdict(Decimal)
    for sums in receipts:
        for kind, amount in sums.payments:
            by_type[kind] += amount - sums.change if kind == CASH else amount
    return {
        "PaymentsByTypesApiModel": [{"Sum": amount, "Type": kind} for kind, amount in sorted(by_type.items())],
        **{name.capitalize(): _add_up(receipts, name) for name in ("discount", "markup", "taken", "change")},
        "Count": len(receipts),
        # Since the cashbox was registered, unlike Count.
        "TotalCount": start_count + len(receipts),
        "VAT": _add_up(receipts, "tax"),
    }


def _add_up(receipts: Sequence[Sums], name: str) -> Decimal:
    return sum((getattr(sums, name) for sums in receipts), ZERO)


def _build_grand_totals(sums: dict[int, Decimal]) -> dict[str, Decimal]:
    return {name: sums[kind] for name, kind in SECTIONS.items()}
