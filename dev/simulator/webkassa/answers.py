"""The vendor's shapes of a receipt, a shift and a cashbox, its reports, and our own ledger row."""

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from dev.simulator.webkassa.ledger import BUY, BUY_RETURN, OPERATIONS, SELL, SELL_RETURN, Cashbox, Receipt, Shift
from dev.simulator.webkassa.paper import (
    PAYMENT_NAMES,
    find_language,
    format_local,
    print_receipt,
    read_paper_kind,
)
from dev.simulator.webkassa.rules.arithmetic import CASH, VAT, Line, Sums, add_up
from dev.simulator.webkassa.rules.fields import TIYN, read_text, round_to
from dev.simulator.webkassa.rules.requisites import to_local
from dev.simulator.webkassa.settings import Settings

_NAMES = {"Name": "Симулятор ОФД", "NameKz": "ОФД симуляторы", "NameEn": "Simulated OFD"}
OFD = {**_NAMES, "Host": "ofd.example/consumer", "Code": 4}
ADDRESS = "г. Алматы, ул. Примерная, д. 1"
ADDRESS_KZ = "Алматы қ., Үлгі көш., 1 үй"
TAXPAYER = {"TaxPayerName": 'ТОО "Салон-Пример"', "TaxPayerIN": "000000000000"}
EMPLOYEE = {"EmployeeName": "Кассир моста", "EmployeeCode": 77}
PRINT_HOST = "https://webkassa.example"

OPERATION_NAMES = {0: "Покупка", 1: "Возврат покупки", 2: "Продажа", 3: "Возврат продажи"}
SECTIONS = {"Sell": SELL, "Buy": BUY, "ReturnSell": SELL_RETURN, "ReturnBuy": BUY_RETURN}


def pick(source: object, **names: str) -> dict[str, Any]:
    """The source's attributes under the vendor's names."""
    return {theirs: getattr(source, ours) for theirs, ours in names.items()}


def build_ticket_url(receipt: Receipt) -> str:
    moment = to_local(receipt.recorded_at).strftime("%Y%m%dT%H%M%S")
    registration = receipt.cashbox.registration_number
    return f"http://{OFD['Host']}?i={receipt.check_number}&f={registration}&s={receipt.sums.total}&t={moment}"


def build_print_url(receipt: Receipt) -> str:
    external = quote(receipt.external_number, safe="")
    place = f"chb={receipt.cashbox.number}&sh={receipt.shift.number}"
    return f"{PRINT_HOST}/spa-ui/ticket?{place}&extnum={external}"


def build_times(name: str, at: datetime) -> dict[str, Any]:
    """What the vendor calls UTC is the same local time, with its offset."""
    return {name: format_local(at), f"{name}UTC": f"{format_local(at)} +05:00"}


def build_cashbox(cashbox: Cashbox) -> dict[str, Any]:
    numbers = pick(cashbox, UniqueNumber="number", RegistrationNumber="registration_number")
    place = {"Address": ADDRESS, "AddressKz": ADDRESS_KZ, "Ofd": OFD}
    return {**numbers, "IdentityNumber": str(cashbox.identity_number), **place}


def build_check(receipt: Receipt, settings: Settings) -> dict[str, Any]:
    url = build_ticket_url(receipt)
    return {
        **pick(receipt, CheckNumber="check_number", CheckOrderNumber="order_number", OfflineMode="offline"),
        **build_times("DateTime", receipt.recorded_at),
        "CashboxOfflineMode": settings.offline,
        "Cashbox": build_cashbox(receipt.cashbox),
        "Organization": TAXPAYER,
        "ShiftNumber": receipt.shift.number,
        "EmployeeName": EMPLOYEE["EmployeeName"],
        "TicketUrl": url,
        "TicketPrintUrl": build_print_url(receipt),
        "TicketPrintFormat": print_receipt(receipt, url, TAXPAYER, ADDRESS, OFD),
        **({"Total": receipt.sums.total} if settings.total_in_answer else {}),
    }


def print_again(receipt: Receipt, fields: Mapping[str, Any], languages: str) -> list[dict[str, Any]]:
    """On the paper and in the language that was asked for."""
    kind, language = read_paper_kind(fields), find_language(languages)
    url = build_ticket_url(receipt)
    return print_receipt(receipt, url, TAXPAYER, ADDRESS, OFD, paper_kind=kind, language=language)


def build_history_item(receipt: Receipt) -> dict[str, Any]:
    """The same receipt under the other names of the history methods."""
    sums, cashbox = receipt.sums, receipt.cashbox
    percents = [line.tax_percent or 0 for line in sums.lines if line.tax_type == VAT]
    return {
        **pick(cashbox, CashboxUniqueNumber="number", CashboxRegistrationNumber="registration_number"),
        "CashboxIdentityNumber": cashbox.identity_number,
        "Address": ADDRESS,
        **pick(receipt, Number="check_number", OrderNumber="order_number", DocumentNumber="document_number"),
        **pick(receipt, OperationType="operation_type", IsOffline="offline"),
        "OperationTypeText": OPERATION_NAMES[receipt.operation_type],
        "ExternalOrderNumber": _optional_text(receipt.fields, "externalordernumber"),
        **build_times("RegistratedOn", receipt.recorded_at),
        **EMPLOYEE,
        "ShiftNumber": receipt.shift.number,
        "Payments": [{"Sum": amount, "PaymentTypeName": PAYMENT_NAMES[kind]} for kind, amount in sums.payments],
        **pick(sums, Total="total", Change="change", Taken="taken", Discount="discount", Markup="markup", Tax="tax"),
        "MarkupPercent": 0,
        "TaxPercent": max(percents, default=0),
        "VATPayer": bool(percents),
        "Positions": [_build_history_position(line) for line in sums.lines],
        "TicketUrl": build_ticket_url(receipt),
        "TicketPrintUrl": build_print_url(receipt),
        "CustomerXin": _optional_text(receipt.fields, "customerxin"),
        "Ofd": OFD,
        "ExternalCheckNumber": receipt.external_number or None,
        **TAXPAYER,
    }


def build_list_row(cashbox: Cashbox, status: int, settings: Settings) -> dict[str, Any]:
    numbers = pick(cashbox, UniqueNumber="number", RegistrationNumber="registration_number")
    numbers |= {"IdentificationNumber": str(cashbox.identity_number), "Name": "Касса салона", "Description": ""}
    return {**numbers, "IsOffline": settings.offline, "CurrentStatus": status, "Shift": len(cashbox.shifts)}


def build_money(cashbox: Cashbox, shift: Shift, at: datetime, *, offline: bool) -> dict[str, Any]:
    return {
        "OfflineMode": offline,
        "CashboxOfflineMode": offline,
        "ShiftNumber": shift.number,
        **build_times("DateTime", at),
        # The cash now in the drawer, not the amount moved.
        "Sum": cashbox.drawer,
        "Cashbox": build_cashbox(cashbox),
    }


def build_shift(shift: Shift) -> dict[str, Any]:
    """An open shift has no CloseDate at all."""
    row = {"ShiftNumber": shift.number, "OpenDate": format_local(shift.opened_at)}
    return row | ({"CloseDate": format_local(shift.closed_at)} if shift.closed_at else {})


def build_ledger_row(receipt: Receipt) -> dict[str, Any]:
    """Not the vendor's: what a test asks the simulator about; amounts are texts with two decimals."""
    sums = receipt.sums
    return {
        "cashbox": receipt.cashbox.number,
        "external_check_number": receipt.external_number or None,
        **{name: _show(getattr(sums, name)) for name in ("total", "tax", "change")},
        "payments": [{"type": kind, "sum": _show(amount)} for kind, amount in sums.payments],
        "shift": receipt.shift.number,
        "check_order_number": receipt.order_number,
        **{name: getattr(receipt, name) for name in ("operation_type", "check_number", "offline")},
        "recorded_at": receipt.recorded_at.isoformat(),
        "positions": [_build_ledger_position(line) for line in sums.lines],
        "request": receipt.body,
    }


def build_report(cashbox: Cashbox, shift: Shift, now: datetime, settings: Settings) -> dict[str, Any]:
    """An X or a Z report: the same figures, only the Z report closes the shift."""
    sums = {kind: [one.sums for one in shift.receipts if one.operation_type == kind] for kind in OPERATIONS}
    end_sums = {kind: shift.start_sums[kind] + add_up(one.total for one in sums[kind]) for kind in OPERATIONS}
    return {
        **TAXPAYER,
        "TaxPayerVAT": bool(settings.vat_rates),
        "TaxPayerVATSeria": "",
        "TaxPayerVATNumber": "",
        **pick(cashbox, CashboxSN="number", CashboxIN="identity_number", CashboxRN="registration_number"),
        **pick(shift, ReportNumber="number", ShiftNumber="number", DocumentCount="document_count"),
        **pick(shift, PutMoneySum="put", TakeMoneySum="withdrawn"),
        "StartOn": format_local(shift.opened_at),
        "ReportOn": format_local(now),
        "CloseOn": format_local(shift.closed_at) if shift.closed_at else None,
        "CashierCode": EMPLOYEE["EmployeeCode"],
        "CashierName": EMPLOYEE["EmployeeName"],
        "ControlSum": zlib.crc32(f"{cashbox.number}:{shift.number}:{end_sums}".encode()),
        "OfflineMode": settings.offline,
        "CashboxOfflineMode": settings.offline,
        "SumInCashbox": cashbox.drawer,
        **{name: _build_section(shift.start_counts[kind], sums[kind]) for name, kind in SECTIONS.items()},
        "EndNonNullable": _build_grand_totals(end_sums),
        "StartNonNullable": _build_grand_totals(shift.start_sums),
        "Ofd": OFD,
    }


def _build_history_position(line: Line) -> dict[str, Any]:
    return {
        **pick(line, PositionName="name", PositionCode="code", PositionType="position_type", UnitCode="unit_code"),
        **pick(line, Count="count", Price="price", DiscountTenge="discount", Markup="markup", Tax="tax", Sum="amount"),
        **dict.fromkeys(("DiscountPercent", "MarkupPercent"), 0),
        **dict.fromkeys(("IsStorno", "MarkupDeleted", "DiscountDeleted"), False),
        "TaxPercent": line.tax_percent or 0,
        "IsNds": line.tax_type == VAT,
        "Mark": None,
    }


def _build_ledger_position(line: Line) -> dict[str, Any]:
    row = {name: _show(value) if isinstance(value, Decimal) else value for name, value in asdict(line).items()}
    return row | {"count": str(line.count), "sum": row.pop("amount")}


def _optional_text(fields: Mapping[str, Any], name: str) -> str | None:
    return read_text(fields.get(name)) or None


def _show(amount: Decimal) -> str:
    return str(round_to(amount, TIYN))


def _build_section(start_count: int, receipts: Sequence[Sums]) -> dict[str, Any]:
    by_type: defaultdict[int, Decimal] = defaultdict(Decimal)
    for sums in receipts:
        for kind, amount in sums.payments:
            by_type[kind] += amount - sums.change if kind == CASH else amount
    return {
        "PaymentsByTypesApiModel": [{"Sum": amount, "Type": kind} for kind, amount in sorted(by_type.items())],
        **{
            name.capitalize(): add_up(getattr(sums, name) for sums in receipts)
            for name in ("discount", "markup", "taken", "change")
        },
        "Count": len(receipts),
        # Since the cashbox was registered, unlike Count.
        "TotalCount": start_count + len(receipts),
        "VAT": add_up(sums.tax for sums in receipts),
    }


def _build_grand_totals(sums: dict[int, Decimal]) -> dict[str, Decimal]:
    return {name: sums[kind] for name, kind in SECTIONS.items()}
