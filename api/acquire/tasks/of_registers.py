"""Selects the tasks of registers: paused, cash whose movement is unclear, what the round over the books has found."""

from datetime import timedelta
from typing import Any

from sqlalchemy import DateTime, Select, and_, cast, func, select

from api.acquire.access.salons import Salons
from api.acquire.tasks.kinds import TaskKind, make_task
from shared.books.model import Why
from shared.fiscal.statuses import OPEN_RECEIPT_STATES
from shared.storage.models import BookFinding, Cashbox, CashboxOrder, Receipt
from shared.storage.models.desk.cashbox_order import OrderState

# An order whose end is unclear was looked at by then, or never will be.
_UNCLEAR_FOR = timedelta(days=14)
# These are in the list themselves.
_TOLD_OTHERWISE = (Why.DEAD_LETTER, Why.RETURN_DUE)


def select_paused(salons: Salons) -> Select[Any]:
    """Returns registers that take no sale, with what waits for them."""
    is_waiting = and_(Receipt.cashbox_id == Cashbox.id, Receipt.state.in_(OPEN_RECEIPT_STATES))
    waiting = select(func.count()).where(is_waiting).scalar_subquery()
    money = select(func.sum(Receipt.total)).where(is_waiting).scalar_subquery()
    return make_task(
        TaskKind.PAUSED,
        id=Cashbox.id,
        since=Cashbox.paused_since,
        amount=money,
        company_id=Cashbox.company_id,
        code=Cashbox.paused_code,
        register=func.coalesce(Cashbox.name, Cashbox.unique_number),
        count=waiting,
    ).where(Cashbox.enabled, Cashbox.paused_since.is_not(None), salons.allow(Cashbox.company_id))


def select_unclear_cash(salons: Salons) -> Select[Any]:
    """Returns movements of cash of which nobody knows whether they were booked."""
    return (
        make_task(
            TaskKind.CASH_UNCLEAR,
            id=CashboxOrder.id,
            since=CashboxOrder.created_at,
            amount=CashboxOrder.amount,
            company_id=Cashbox.company_id,
            code=CashboxOrder.kind,
            said=CashboxOrder.error_text,
            register=func.coalesce(Cashbox.name, Cashbox.unique_number),
        )
        .select_from(CashboxOrder)
        .join(Cashbox, Cashbox.id == CashboxOrder.cashbox_id)
        .where(
            CashboxOrder.state == OrderState.UNKNOWN,
            CashboxOrder.created_at > func.now() - _UNCLEAR_FOR,
            salons.allow(Cashbox.company_id),
        )
    )


def select_findings(salons: Salons) -> Select[Any]:
    """Returns what the round over the books has found."""
    company_id = func.coalesce(BookFinding.company_id, Cashbox.company_id)
    return (
        make_task(
            TaskKind.FINDING,
            id=BookFinding.id,
            since=func.least(BookFinding.created_at, cast(BookFinding.day, DateTime(timezone=True))),
            amount=BookFinding.amount,
            company_id=company_id,
            record_id=BookFinding.record_id,
            document_id=BookFinding.document_id,
            receipt_id=BookFinding.receipt_id,
            shift_id=BookFinding.shift_id,
            code=BookFinding.kind,
            register=func.coalesce(Cashbox.name, Cashbox.unique_number),
            day=BookFinding.day,
            count=BookFinding.count,
        )
        .select_from(BookFinding)
        .join(Cashbox, Cashbox.id == BookFinding.cashbox_id)
        .where(BookFinding.kind.not_in(_TOLD_OTHERWISE), salons.allow(company_id))
    )
