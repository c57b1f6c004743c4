"""Reads Webkassa's answers as the worker needs them. The check response and the history item name the same things
differently.

The shapes are those of API v4, with what captured answers showed beyond it (`tests/payloads/webkassa`). What is read here
is clean already: see `cleaning`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote_plus

from shared.clock import ALMATY, parse_moment
from shared.fiscal.money import InvalidAmount, parse_amount
from worker.receipt.paper import NOTHING_TOLD, Paper, read_paper
from worker.webkassa.cleaning import find_time

_LONGEST_NUMBER = 50
_LONGEST_ADDRESS = 1000
_LONGEST_WORDS = 500
_LARGEST_WHOLE = 2**31 - 1


class UnreadableAnswer(ValueError):
    """Raised where an answer lacks what a fiscal document must have."""


@dataclass(frozen=True, slots=True)
class FiscalReceipt:
    """Describes a document that an answer tells of. `issued_at_text` is the cashbox's own wording, which a return repeats.

    `total` is None where the answer does not tell (it is absent from most captures; the link carries it then).
    `registers` and `external_numbers`: whose it says it is, by whatever names them. `contradiction`: why it cannot be one
    document at all. `warning`: what Webkassa had to say beside it. `paper`: what else the paper receipt says.
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
    registers: frozenset[str] = frozenset()
    external_numbers: frozenset[str] = frozenset()
    operation_type: int | None = None
    contradiction: str | None = None
    warning: str | None = None
    paper: Paper = NOTHING_TOLD


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
    rows = _rows(data.get("Shifts")) if isinstance(data, dict) else []
    shifts = [
        Shift(number, not row.get("CloseDate"), parse_moment(row.get("CloseDate")))
        for row in rows
        if (number := _whole(row.get("ShiftNumber"))) is not None
    ]
    total = _whole(data.get("Total")) if isinstance(data, dict) else None
    return shifts, total if total is not None else len(shifts)


def read_items(data: Any) -> tuple[list[dict[str, Any]], int | None]:
    """Returns the receipts of one page of a shift's history, and how many the shift has, where the answer tells.

    Raises UnreadableAnswer for something else than such a page: nothing may be taken for "none".
    """
    if not isinstance(data, dict):
        return _rows(data), None
    page = data.get("Items") or data.get("Rows")
    if page is None and data and not data.keys() & {"Items", "Rows"}:
        raise UnreadableAnswer("no list of receipts")
    return _rows(page), _whole(data.get("Total"))


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class _Ticket:
    """Holds what the link on a receipt says: `i`, `f`, `s` and `t` of its query."""

    fiscal_number: str | None
    registration_number: str | None
    total: Decimal | None
    moment: datetime | None


def _receipt(
    data: dict[str, Any], *, fiscal_number: Any, moment: Any, registration: Any, order: Any, offline: Any
) -> FiscalReceipt:
    number, url, print_url = _read_number(fiscal_number), _text(data.get("TicketUrl")), _text(data.get("TicketPrintUrl"))
    ticket, printed = _read_ticket(url), _read_query(print_url)
    issued_at, issued_at_text = _find_time(moment, ticket.moment)
    told = _number(registration)
    return FiscalReceipt(
        fiscal_number=number,
        registration_number=told or ticket.registration_number,
        shift_number=_whole(data.get("ShiftNumber")),
        check_order_number=_whole(order),
        offline_mode=bool(offline),
        issued_at=issued_at,
        issued_at_text=issued_at_text,
        receipt_url=_address(url),
        print_url=_address(print_url),
        total=ticket.total if ticket.total is not None else _read_total(data.get("Total")),
        registers=frozenset(find_registers(data) | _some(printed.get("chb"))),
        external_numbers=frozenset(_some(data.get("ExternalCheckNumber")) | _some(printed.get("extnum"))),
        operation_type=_whole(data.get("OperationType")),
        contradiction=_find_contradiction(number, told, ticket, is_offline=bool(offline)),
        warning=_read_warning(data.get("Errors")),
        paper=read_paper(data),
    )


def _read_number(value: Any) -> str:
    """A fiscal number, sent as text or as a number."""
    text = _number(f"{value:f}" if isinstance(value, Decimal) else value)
    if not (text or "").strip("0"):
        raise UnreadableAnswer("no fiscal number")
    return str(text)


def _find_contradiction(number: str, registration: str | None, ticket: _Ticket, *, is_offline: bool) -> str | None:
    """Of an answer and its own link. A register that works autonomously gives a number of its own, not the operator's."""
    if ticket.fiscal_number not in (None, number) and not is_offline:
        return f"its number is {number}, its link is that of {ticket.fiscal_number}"
    if registration and ticket.registration_number not in (None, registration):
        return f"its register is {registration}, its link is that of {ticket.registration_number}"
    return None


def _find_time(told: Any, in_link: datetime | None) -> tuple[datetime | None, str | None]:
    """The document's time, and its wording. What is unreadable counts as not told; the link tells it as well."""
    moment = parse_moment(told)
    if moment is not None:
        return moment, _text(told)
    return in_link, f"{in_link.astimezone(ALMATY):%d.%m.%Y %H:%M:%S}" if in_link else None


def _read_total(total: Any) -> Decimal | None:
    """Zero is what is sent for a sum that is not told."""
    try:
        return parse_amount(total) or None
    except InvalidAmount:
        return None


def _read_ticket(url: str | None) -> _Ticket:
    told = _read_query(url)
    try:
        total = parse_amount(told["s"]) if "s" in told else None
    except InvalidAmount:
        total = None
    return _Ticket(_number(told.get("i")), _number(told.get("f")), total, find_time(told.get("t")))


def _read_query(url: str | None) -> dict[str, str]:
    """By hand, in a fifth of the time: every receipt has two links."""
    query = (url or "").partition("#")[0].partition("?")[2]
    fields = (field.partition("=") for field in query.split("&"))
    return {name.lower(): unquote_plus(value).strip() for name, _, value in fields if value}


def _read_warning(errors: Any) -> str | None:
    texts = [f"{row['Code']}: {row.get('Text')}" if "Code" in row else str(row.get("Text")) for row in _rows(errors)]
    return "; ".join(texts)[:_LONGEST_WORDS] or None


def find_registers(data: Any) -> frozenset[str]:
    """Returns the factory numbers by which an answer names its register; none where it does not."""
    if not isinstance(data, dict):
        return frozenset()
    cashbox = data.get("Cashbox")
    told = _some(data.get("CashboxUniqueNumber")) | _some(data.get("CashboxSN"))
    return frozenset(told | (_some(cashbox.get("UniqueNumber")) if isinstance(cashbox, dict) else set()))


def _address(url: str | None) -> str | None:
    """Only what may become a link, of a length that a browser takes."""
    is_link = url is not None and len(url) <= _LONGEST_ADDRESS and url.lower().startswith(("https://", "http://"))
    return url if is_link else None


def _some(value: Any) -> set[str]:
    text = _text(value)
    return {text} if text else set()


def _text(value: Any) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None


def _number(value: Any) -> str | None:
    """A number that names something, as text: of no length that an index could not hold."""
    text = _text(value)
    return text if text is not None and len(text) <= _LONGEST_NUMBER else None


def _whole(value: Any) -> int | None:
    """A whole number in any of its spellings, small enough for every column."""
    if type(value) is int:
        return value if 0 <= value <= _LARGEST_WHOLE else None
    try:
        number = Decimal(_number(value) or "")
        # Compared before it is converted: 1e999999999 has as many digits.
        return int(number) if 0 <= number <= _LARGEST_WHOLE and number == number.to_integral_value() else None
    except InvalidOperation:  # no number, or none that can be compared
        return None
