"""Turns shifts, reports and orders into what their templates print."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from api.acquire.visits.views import Progress
from api.acquire.words.advice import explain
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.books.shift import IssuedSums
from shared.fiscal.money import ZERO, InvalidAmount, parse_amount
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import Sums, read_report
from shared.storage.models import CashboxOrder, Shift
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS, OrderKind, OrderState

ORDER_LABELS = {
    OrderKind.X_REPORT: Text("X-report"),
    OrderKind.Z_REPORT: Text("Z-report"),
    OrderKind.DEPOSIT: Text("Cash put in"),
    OrderKind.WITHDRAWAL: Text("Cash taken out"),
    OrderKind.CHECK: Text("Test of the register"),
}
STATE_LABELS = {
    OrderState.REQUESTED: Text("Under way"),
    OrderState.DONE: Text("Done"),
    OrderState.REFUSED: Text("Refused"),
    OrderState.UNKNOWN: Text("Unclear"),
}
_BADGES = {
    OrderState.REQUESTED: "sending",
    OrderState.DONE: "issued",
    OrderState.REFUSED: "attention",
    OrderState.UNKNOWN: "attention",
}
_CLOSED_BY = {
    "schedule": Text("by itself"),
    "expired": Text("by itself, after 24 hours"),
    "elsewhere": Text("in Webkassa's cabinet"),
}


@dataclass(frozen=True, slots=True)
class ReportView:
    """Describes a Z- or X-report on paper. `vat` is None for a seller without VAT; `is_final`: it closed the shift."""

    is_final: bool
    cashbox_number: str
    registration_number: str
    taxpayer: str
    taxpayer_number: str
    shift_number: int | None
    opened_at: datetime | None
    made_at: datetime | None
    closed_at: datetime | None
    document_count: int
    sale_count: int
    return_count: int
    sold: list[tuple[Text, Decimal]]
    returned: list[tuple[Text, Decimal]]
    sold_total: Decimal
    returned_total: Decimal
    deposited: Decimal
    withdrawn: Decimal
    cash_in_drawer: Decimal | None
    vat: Decimal | None
    is_offline: bool
    control_sum: str


def show_report(report: Mapping[str, Any]) -> ReportView:
    """Returns a report as Webkassa sends it in the words of the page."""
    told = read_report(report)
    return ReportView(
        is_final=told.closed_at is not None,
        cashbox_number=str(report.get("CashboxSN") or ""),
        registration_number=str(report.get("CashboxRN") or ""),
        taxpayer=str(report.get("TaxPayerName") or ""),
        taxpayer_number=str(report.get("TaxPayerIN") or ""),
        shift_number=told.shift_number,
        opened_at=told.opened_at,
        made_at=told.made_at,
        closed_at=told.closed_at,
        document_count=told.document_count,
        sale_count=told.sale_count,
        return_count=told.return_count,
        sold=_list_kinds(told.sold),
        returned=_list_kinds(told.returned),
        sold_total=sum(told.sold.values(), ZERO),
        returned_total=sum(told.returned.values(), ZERO),
        deposited=told.deposited,
        withdrawn=told.withdrawn,
        cash_in_drawer=told.cash_in_drawer,
        vat=told.vat if report.get("TaxPayerVAT") else None,
        is_offline=told.offline,
        control_sum=str(report.get("ControlSum") or ""),
    )


def _list_kinds(sums: Sums) -> list[tuple[Text, Decimal]]:
    return [(KIND_LABELS[kind], sums[kind]) for kind in PaymentKind if sums.get(kind)]


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """Describes a shift in the list.

    `total` is what stayed in it by our receipts; `differs`: not so by the Z-report.
    """

    id: int
    number: int
    cashbox_number: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: Text | str | None
    total: Decimal
    has_report: bool
    differs: bool
    answer_lost: bool


def show_shift(shift: Shift, cashbox_number: str, issued: IssuedSums) -> ShiftLine:
    """Returns a shift beside what our receipts say of it."""
    return ShiftLine(
        id=shift.id,
        number=shift.number,
        cashbox_number=cashbox_number,
        opened_at=shift.opened_at,
        closed_at=shift.closed_at,
        closed_by=_CLOSED_BY.get(shift.closed_by or "", (shift.closed_by or "").partition(":")[2] or None),
        total=sum(issued.sold.values(), ZERO) - sum(issued.returned.values(), ZERO),
        has_report=shift.report is not None,
        differs=shift.report is not None and not issued.agrees_with(read_report(shift.report)),
        answer_lost=shift.answer_lost,
    )


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Describes a movement of cash in the list. `in_drawer`: how much cash was there after it."""

    id: int
    at: datetime
    label: Text
    amount: Decimal | None
    by: str
    reason: str | None
    badge: str
    state: Text
    why: Text | None
    in_drawer: Decimal | None


def show_order(order: CashboxOrder, name: str | None = None) -> OrderLine:
    """Returns an order as the list shows it, with the reason where it was not carried out; `name`: of whoever ordered it."""
    state = OrderState(order.state)
    return OrderLine(
        id=order.id,
        at=order.done_at or order.created_at,
        label=ORDER_LABELS[OrderKind(order.kind)],
        amount=order.amount,
        by=name or order.ordered_by.partition(":")[2],
        reason=order.reason,
        badge=_BADGES[state],
        state=STATE_LABELS[state],
        why=_explain(order) if state in (OrderState.REFUSED, OrderState.UNKNOWN) else None,
        in_drawer=_read_drawer(order.result),
    )


def _read_drawer(result: Mapping[str, Any] | None) -> Decimal | None:
    """None where Webkassa did not tell, or not a sum."""
    try:
        return parse_amount((result or {}).get("Sum"))
    except InvalidAmount:
        return None


def show_order_progress(order: CashboxOrder) -> Progress:
    """Returns where an order stands, and where to go once it is done."""
    state, label = OrderState(order.state), ORDER_LABELS[OrderKind(order.kind)]
    if order.kind == OrderKind.CHECK and state is not OrderState.REQUESTED:
        return Progress("issued", label, Text("Done."), True, f"/acquire/registers#register-{order.cashbox_id}")
    if state is OrderState.DONE:
        is_money = order.kind in MONEY_ORDERS
        address = f"/acquire/shift?done={order.id}" if is_money else f"/acquire/orders/{order.id}/report"
        return Progress("issued", label, Text("Done."), True, address)
    if state is OrderState.REQUESTED:
        text = Text("The order is saved and waits for its turn at the cashbox.")
        if order.attempts:
            text = Text("Webkassa is slow just now. The order is saved and will be carried out by itself.")
        return Progress("sending" if order.attempts else "queued", label, text, False)
    return Progress("attention", STATE_LABELS[state], _explain(order), True, vendor_words=order.error_text)


def _explain(order: CashboxOrder) -> Text:
    if order.state == OrderState.UNKNOWN:
        return Text("Webkassa does not tell whether the cash was booked: compare the drawer with Webkassa's cabinet.")
    if order.error_code in ("12", "13"):
        return Text("This cashbox has no shift yet.")
    if order.error_code is None:
        return Text("Nothing was booked: the cashbox could not be used in time. Order it again.")
    return explain(order.error_code).what
