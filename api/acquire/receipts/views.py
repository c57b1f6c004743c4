"""Turns rows of receipts into what the list prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from api.acquire.receipts.asked import write_cursor
from api.acquire.receipts.queries import PAGE_SIZE
from api.acquire.receipts.states import SORT_LABELS, STANDING_LABELS, ReceiptSort, Standing
from api.acquire.visits.views import show_payments
from api.acquire.words.text import Text
from shared.clock import almaty_date
from shared.fiscal.statuses import ReceiptKind


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """Describes a receipt in the list. `name`: of the client, else what was sold; `total` is negative for a return."""

    id: int
    moment: datetime
    number: str
    name: str
    phone_tail: str
    place: Text | None
    place_number: int | None
    total: Decimal
    ways: list[tuple[Text, Decimal]]
    cashier: str | None
    sort: Text
    state: Standing
    label: Text
    is_return: bool
    is_unticked: bool


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """Holds the receipts of a page, day by day. `next_cursor` is None on the last one."""

    days: list[tuple[date, list[ReceiptRow]]]
    next_cursor: str | None


def show_page(rows: Sequence[Any]) -> ReceiptPage:
    """Returns a page of receipts, from the rows of `list_receipts`."""
    days: list[tuple[date, list[ReceiptRow]]] = []
    for row in map(show_row, rows[:PAGE_SIZE]):
        day = almaty_date(row.moment)
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append(row)
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    return ReceiptPage(days, write_cursor(last.moment, last.id) if last is not None else None)


def show_row(row: Any) -> ReceiptRow:
    """Returns a receipt as the list and the file show it."""
    is_return, state = row.kind == ReceiptKind.RETURN, Standing(row.standing)
    return ReceiptRow(
        id=row.id,
        moment=row.moment,
        number=row.fiscal_number or "",
        name=row.client_name or row.title or "",
        phone_tail=row.phone_tail or "",
        place=Text("visit") if row.record_id else Text("sale document") if row.document_id else None,
        place_number=row.record_id or row.document_id,
        total=-row.total if is_return else row.total,
        ways=show_payments({"Payments": row.payments or [], "Change": row.change}),
        cashier=row.cashier,
        sort=SORT_LABELS[ReceiptSort(row.sort)],
        state=state,
        label=STANDING_LABELS[state],
        is_return=is_return,
        is_unticked=row.is_unticked,
    )
