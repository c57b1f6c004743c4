"""The X and Z reports: one shape, the same figures; only the Z-report closes the shift."""

import zlib
from datetime import datetime
from decimal import Decimal
from typing import Any

from dev.simulator.webkassa.answers import EMPLOYEE, OFD, TAXPAYER, format_local
from dev.simulator.webkassa.ledger import BUY, BUY_RETURN, SELL, SELL_RETURN, Cashbox, Shift
from dev.simulator.webkassa.settings import Settings

SECTIONS = {"Sell": SELL, "Buy": BUY, "ReturnSell": SELL_RETURN, "ReturnBuy": BUY_RETURN}


def build_report(cashbox: Cashbox, shift: Shift, now: datetime, settings: Settings) -> dict[str, Any]:
    end_sums = {kind: shift.start_sums[kind] + totals.total for kind, totals in shift.totals.items()}
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
        **{name: _build_section(shift, kind) for name, kind in SECTIONS.items()},
        "EndNonNullable": _build_grand_totals(end_sums),
        "StartNonNullable": _build_grand_totals(shift.start_sums),
        "Ofd": OFD,
    }


def _build_section(shift: Shift, kind: int) -> dict[str, Any]:
    totals = shift.totals[kind]
    return {
        "PaymentsByTypesApiModel": [{"Sum": amount, "Type": code} for code, amount in sorted(totals.by_payment.items())],
        **{name.capitalize(): getattr(totals, name) for name in ("discount", "markup", "taken", "change", "count")},
        # Since the cashbox was registered, unlike Count.
        "TotalCount": shift.start_counts[kind] + totals.count,
        "VAT": totals.vat,
    }


def _build_grand_totals(sums: dict[int, Decimal]) -> dict[str, Decimal]:
    return {name: sums[kind] for name, kind in SECTIONS.items()}
