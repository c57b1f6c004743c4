"""Adds up what a day took in: issued receipts less returns, by way of payment, and what is in the drawer as far as told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import list_cashboxes
from shared.books.paid import paid_as
from shared.clock import ALMATY
from shared.fiscal.money import ZERO, InvalidAmount, parse_amount
from shared.fiscal.statuses import PaymentKind, ReceiptState
from shared.fiscal.z_report import read_report
from shared.storage.models import Cashbox, CashboxOrder, Receipt, Shift
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS, OrderState


@dataclass(frozen=True, slots=True)
class Takings:
    """Holds the money of a day. `in_drawer` is None where no report or movement has told what was there."""

    by_kind: dict[PaymentKind, Decimal]
    in_drawer: Decimal | None

    @property
    def total(self) -> Decimal:
        return sum(self.by_kind.values(), ZERO)


def add_up_day(session: Session, salons: Salons, day: date) -> Takings:
    """Returns what the issued receipts of a day of Almaty's come to."""
    begin = datetime.combine(day, time.min, ALMATY)
    is_of_day = and_(Receipt.issued_at >= begin, Receipt.issued_at < begin + timedelta(days=1))
    query = select(*(func.coalesce(func.sum(paid_as(kind)), 0).label(kind) for kind in PaymentKind))
    row = session.execute(
        query.where(is_of_day, Receipt.state == ReceiptState.ISSUED, salons.allow(Receipt.company_id))
    ).one()
    by_kind: dict[PaymentKind, Decimal] = {kind: getattr(row, kind) for kind in PaymentKind}
    return Takings(by_kind, _find_drawer(session, list_cashboxes(session, salons)))


def _find_drawer(session: Session, cashboxes: Sequence[Cashbox]) -> Decimal | None:
    told = _list_told(session, [cashbox.id for cashbox in cashboxes])
    if not told:
        return None
    since = or_(*(and_(Receipt.cashbox_id == cashbox_id, Receipt.issued_at > at) for cashbox_id, (at, _) in told.items()))
    moved = session.scalar(select(func.sum(paid_as(PaymentKind.CASH))).where(since, Receipt.state == ReceiptState.ISSUED))
    return sum((amount for _, amount in told.values()), ZERO) + (moved or ZERO)


def _list_told(session: Session, cashbox_ids: Sequence[int]) -> dict[int, tuple[datetime, Decimal]]:
    """What each register last said was in its drawer, and when: after a movement of cash, or when its shift was closed."""
    ordered = (
        select(CashboxOrder.done_at, CashboxOrder.result["Sum"].astext.label("left"))
        .where(CashboxOrder.cashbox_id == Cashbox.id, CashboxOrder.kind.in_(MONEY_ORDERS))
        .where(CashboxOrder.state == OrderState.DONE, CashboxOrder.done_at.is_not(None))
        .order_by(CashboxOrder.id.desc())
        .limit(1)
        .lateral("ordered")
    )
    closed = (
        select(Shift.closed_at, Shift.report)
        .where(Shift.cashbox_id == Cashbox.id, Shift.closed_at.is_not(None), Shift.report.is_not(None))
        .order_by(Shift.closed_at.desc())
        .limit(1)
        .lateral("closed")
    )
    query = (
        select(Cashbox.id, ordered.c.done_at, ordered.c.left, closed.c.closed_at, closed.c.report)
        .select_from(Cashbox)
        .outerjoin(ordered, true())
        .outerjoin(closed, true())
        .where(Cashbox.id.in_(cashbox_ids))
    )
    told: dict[int, tuple[datetime, Decimal]] = {}
    for row in session.execute(query):
        known = [(row.done_at, _read_amount(row.left)), (row.closed_at, _read_left(row.report))]
        dated = [(at, amount) for at, amount in known if at is not None and amount is not None]
        if dated:
            told[row.id] = max(dated)
    return told


def _read_left(report: Mapping[str, Any] | None) -> Decimal | None:
    return read_report(report).cash_in_drawer if report else None


def _read_amount(told: str | None) -> Decimal | None:
    try:
        return parse_amount(told)
    except InvalidAmount:
        return None
