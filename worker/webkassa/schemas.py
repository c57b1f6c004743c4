"""Reads Webkassa's answers as the worker needs them. The check response and the history item name the same things
differently.

The shapes are those of API v4, with what captured answers showed beyond it (`tests/payloads/webkassa`).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.clock import parse_moment
from shared.fiscal.money import InvalidAmount, parse_amount


class UnreadableAnswer(ValueError):
    """Raised where an answer lacks what a fiscal document must have."""


@dataclass(frozen=True, slots=True)
class FiscalReceipt:
    """Describes a document that exists at Webkassa. `issued_at_text` is the cashbox's own wording, which a return repeats.

    `total` is None where the answer does not tell (it is absent from most captures; the link carries it then).
    """

    fiscal_number: str
    registration_number: str | None
    shift_number: int | None
    check_order_number: int | None
    offline_mode: bool
    issued_at: datetime | None
    issued_at_text: str | None
    receipt_url: str | None
    print_url: str | None
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class Shift:
    """Describes a shift as Webkassa lists it. `closed_at` is None while it is open or when the time could not be read."""

    number: int
    is_open: bool
    closed_at: datetime | None


def read_check_data(data: Any) -> FiscalReceipt:
    """Returns the document of a check response's `Data`. Raises UnreadableAnswer."""
    if not isinstance(data, dict) or not data.get("CheckNumber"):
        raise UnreadableAnswer("no CheckNumber")
    cashbox = data.get("Cashbox")
    return _receipt(
        data,
        fiscal_number=data["CheckNumber"],
        moment=data.get("DateTime"),
        registration=cashbox.get("RegistrationNumber") if isinstance(cashbox, dict) else None,
        order=data.get("CheckOrderNumber"),
        offline=data.get("OfflineMode"),
    )


def read_history_item(item: Any) -> FiscalReceipt:
    """Returns the document of an item of a lookup or of a shift's history. Raises UnreadableAnswer."""
    if not isinstance(item, dict):
        raise UnreadableAnswer("not an object")
    if not item.get("Number") and item.get("CheckNumber"):
        return read_check_data(item)
    if not item.get("Number"):
        raise UnreadableAnswer("no Number")
    return _receipt(
        item,
        fiscal_number=item["Number"],
        moment=item.get("RegistratedOn"),
        registration=item.get("CashboxRegistrationNumber"),
        order=item.get("OrderNumber"),
        offline=item.get("IsOffline"),
    )


def read_shifts(data: Any) -> tuple[list[Shift], int]:
    """Returns the shifts of one page, and how many there are in all."""
    rows = (data or {}).get("Shifts") or [] if isinstance(data, dict) else []
    shifts = [
        Shift(number, not row.get("CloseDate"), parse_moment(row.get("CloseDate")))
        for row in rows
        if isinstance(row, dict) and (number := _int(row.get("ShiftNumber"))) is not None
    ]
    total = _int(data.get("Total")) if isinstance(data, dict) else None
    return shifts, total if total is not None else len(shifts)


def read_items(data: Any) -> tuple[list[dict[str, Any]], int | None]:
    """Returns the receipts of one page of a shift's history, and how many the shift has, where the answer tells."""
    if isinstance(data, dict):
        rows, total = data.get("Items") or data.get("Rows") or [], _int(data.get("Total"))
    else:
        rows, total = data or [], None
    return [row for row in rows if isinstance(row, dict)], total


def _receipt(
    data: dict[str, Any], *, fiscal_number: Any, moment: Any, registration: Any, order: Any, offline: Any
) -> FiscalReceipt:
    url = _text(data.get("TicketUrl"))
    return FiscalReceipt(
        fiscal_number=str(fiscal_number),
        registration_number=_text(registration),
        shift_number=_int(data.get("ShiftNumber")),
        check_order_number=_int(order),
        offline_mode=bool(offline),
        issued_at=parse_moment(moment),
        issued_at_text=_text(moment),
        receipt_url=url,
        print_url=_text(data.get("TicketPrintUrl")),
        total=_find_total(data.get("Total"), url),
    )


def _find_total(total: Any, url: str | None) -> Decimal | None:
    candidates = [total, *_find_sums(url or "")]
    for candidate in candidates:
        try:
            return parse_amount(candidate)
        except InvalidAmount:
            continue
    return None


def _find_sums(url: str) -> list[str]:
    """`s=` of the link on the receipt."""
    try:
        return parse_qs(urlsplit(url).query).get("s", [])
    except ValueError:
        return []


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def _int(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
