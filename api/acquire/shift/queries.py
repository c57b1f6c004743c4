"""Reads how registers stand: their open shifts, what these took, what is in their drawers; four statements for all.

What is in a drawer is what Webkassa last told of it (in a report, or after cash was moved) and all cash of our receipts and
movements since. Where it never told, only the open shift is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from shared.books.paid import paid_as
from shared.clock import utc_now
from shared.fiscal.money import ZERO, InvalidAmount, parse_amount
from shared.fiscal.statuses import PaymentKind, ReceiptKind, ReceiptState
from shared.fiscal.z_report import read_report
from shared.storage.models import Cashbox, CashboxOrder, Receipt, Shift
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS, OrderKind, OrderState

# Enough to find the newest that Webkassa answered with the drawer's state.
_ORDERS_READ = 20


@dataclass(frozen=True, slots=True)
class Told:
    """Holds what Webkassa told was in a drawer, and when."""

    at: datetime
    amount: Decimal


@dataclass(slots=True)
class Standing:
    """Describes a register now. `sums`: sales less returns of the open shift, by way of payment.

    `told` is None where Webkassa never told what is in the drawer: then `drawer` is of the open shift alone.
    """

    cashbox: Cashbox
    shift: Shift | None
    told: Told | None = None
    receipts: int = 0
    returns: int = 0
    sums: dict[PaymentKind, Decimal] = field(default_factory=dict)
    drawer: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return sum(self.sums.values(), ZERO)

    @property
    def hours(self) -> float:
        """Returns how long the shift is open."""
        return (utc_now() - self.shift.opened_at).total_seconds() / 3600 if self.shift else 0.0


def read_standings(session: Session, cashboxes: Sequence[Cashbox]) -> list[Standing]:
    """Returns how each of these registers stands."""
    if not cashboxes:
        return []
    ids = [cashbox.id for cashbox in cashboxes]
    shifts = _find_open_shifts(session, ids)
    orders = _list_orders(session, ids)
    told = _find_told(session, ids, orders)
    standings = [Standing(cashbox, shifts.get(cashbox.id), told.get(cashbox.id)) for cashbox in cashboxes]
    _add_receipts(session, standings)
    for standing in standings:
        _add_movements(standing, orders.get(standing.cashbox.id, []))
    return standings


def _find_open_shifts(session: Session, ids: Sequence[int]) -> dict[int, Shift]:
    query = select(Shift).where(Shift.closed_at.is_(None), Shift.cashbox_id.in_(ids))
    return {shift.cashbox_id: shift for shift in session.scalars(query.order_by(Shift.opened_at, Shift.number))}


def _list_orders(session: Session, ids: Sequence[int]) -> dict[int, list[CashboxOrder]]:
    newest = (
        select(CashboxOrder)
        .where(CashboxOrder.cashbox_id == Cashbox.id, CashboxOrder.state == OrderState.DONE)
        .order_by(CashboxOrder.id.desc())
        .limit(_ORDERS_READ)
        .lateral("newest")
    )
    order = aliased(CashboxOrder, newest)
    found: dict[int, list[CashboxOrder]] = {}
    for one in session.scalars(select(order).select_from(Cashbox).join(newest, true()).where(Cashbox.id.in_(ids))):
        found.setdefault(one.cashbox_id, []).append(one)
    return found


def _find_told(session: Session, ids: Sequence[int], orders: Mapping[int, Sequence[CashboxOrder]]) -> dict[int, Told]:
    newest = (
        select(Shift.cashbox_id, Shift.closed_at, Shift.report)
        .where(Shift.cashbox_id.in_(ids), Shift.report.is_not(None), Shift.closed_at.is_not(None))
        .ext(distinct_on(Shift.cashbox_id))
        .order_by(Shift.cashbox_id, Shift.closed_at.desc())
    )
    said = [(cashbox_id, _read_told(report, closed_at)) for cashbox_id, closed_at, report in session.execute(newest)]
    said += [(one.cashbox_id, _read_told(one.result, one.done_at)) for of_one in orders.values() for one in of_one]
    told: dict[int, Told] = {}
    for cashbox_id, one in said:
        if one is not None and (cashbox_id not in told or told[cashbox_id].at < one.at):
            told[cashbox_id] = one
    return told


def _read_told(result: Mapping[str, Any] | None, at: datetime | None) -> Told | None:
    """A report says when it was made and what is in the drawer, a movement of cash what is there after it."""
    if not result:
        return None
    report = read_report(result)
    amount = report.cash_in_drawer
    if amount is None:
        amount = _read_amount(result.get("Sum"))
    moment = report.made_at or report.closed_at or at
    return Told(moment, amount) if amount is not None and moment is not None else None


def _read_amount(value: Any) -> Decimal | None:
    try:
        return parse_amount(value)
    except InvalidAmount:
        return None


def _add_receipts(session: Session, standings: Sequence[Standing]) -> None:
    of_shift, of_drawer, wanted = [], [], []
    for one in standings:
        of_cashbox = and_(Receipt.cashbox_id == one.cashbox.id, Receipt.state == ReceiptState.ISSUED)
        if one.shift is not None:
            is_its = func.coalesce(Receipt.shift_number, one.shift.number) == one.shift.number
            of_shift.append(and_(of_cashbox, Receipt.issued_at >= one.shift.opened_at, is_its))
        if one.told is not None:
            of_drawer.append(and_(of_cashbox, Receipt.issued_at > one.told.at))
    wanted = [*of_shift, *of_drawer]
    if not wanted:
        return
    is_of_shift = or_(*of_shift) if of_shift else Receipt.id.is_(None)
    is_of_drawer = or_(*of_drawer) if of_drawer else Receipt.id.is_(None)
    by_cashbox = {one.cashbox.id: one for one in standings}
    for row in session.execute(_select_sums(is_of_shift, is_of_drawer).where(or_(*wanted))):
        standing = by_cashbox[row.cashbox_id]
        standing.receipts, standing.returns = row.receipts, row.returns
        sums = {kind: getattr(row, kind) for kind in PaymentKind}
        standing.sums = {kind: amount for kind, amount in sums.items() if amount}
        standing.drawer = row.since_told if standing.told else row.cash


def _select_sums(is_of_shift: ColumnElement[bool], is_of_drawer: ColumnElement[bool]) -> Any:
    sums = [func.coalesce(func.sum(paid_as(kind)).filter(is_of_shift), 0).label(kind) for kind in PaymentKind]
    return select(
        Receipt.cashbox_id,
        func.count().filter(is_of_shift, Receipt.kind == ReceiptKind.SALE).label("receipts"),
        func.count().filter(is_of_shift, Receipt.kind == ReceiptKind.RETURN).label("returns"),
        func.coalesce(func.sum(paid_as(PaymentKind.CASH)).filter(is_of_drawer), 0).label("since_told"),
        *sums,
    ).group_by(Receipt.cashbox_id)


def _add_movements(standing: Standing, orders: Sequence[CashboxOrder]) -> None:
    """Of those after which Webkassa told the drawer's state nothing is left to add."""
    told, shift = standing.told, standing.shift
    since = told.at if told else shift.opened_at if shift else None
    if told:
        standing.drawer += told.amount
    for order in orders:
        if order.kind in MONEY_ORDERS and order.amount and since and order.done_at and order.done_at > since:
            standing.drawer += order.amount if order.kind == OrderKind.DEPOSIT else -order.amount
