"""Holds cashiers to what they may take out or give back in a day; above it a manager approves."""

from datetime import datetime, time
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.auth import Staff
from shared.clock import ALMATY, almaty_date, utc_now
from shared.fiscal.money import ZERO
from shared.storage.models import CashboxOrder, ReturnOrder, StaffUser
from shared.storage.models.desk.cashbox_order import OrderKind, OrderState
from shared.storage.models.desk.return_order import ReturnState


class AboveCeiling(Exception):
    """Raised where a cashier needs a manager's approval."""


def hold_withdrawals(session: Session, staff: Staff, amount: Decimal, ceiling: Decimal | None) -> None:
    """Checks a withdrawal with the others of the day. Raises AboveCeiling."""
    if staff.is_manager or ceiling is None:
        return
    _lock(session, staff)
    taken = select(func.sum(CashboxOrder.amount)).where(
        CashboxOrder.staff_user_id == staff.id,
        CashboxOrder.kind == OrderKind.WITHDRAWAL,
        CashboxOrder.state != OrderState.REFUSED,
        CashboxOrder.approved_by_id.is_(None),
        CashboxOrder.created_at >= _begin_of_day(),
    )
    if (session.scalar(taken) or ZERO) + amount > ceiling:
        raise AboveCeiling


def hold_returns(session: Session, staff: Staff, total: Decimal, ceiling: Decimal | None) -> None:
    """Checks a return with the others of the day; without a ceiling each needs an approval. Raises AboveCeiling."""
    if staff.is_manager:
        return
    if ceiling is None:
        raise AboveCeiling
    _lock(session, staff)
    given = select(func.sum(ReturnOrder.total)).where(
        ReturnOrder.staff_user_id == staff.id,
        ReturnOrder.state != ReturnState.REFUSED,
        ReturnOrder.approved_by_id.is_(None),
        ReturnOrder.created_at >= _begin_of_day(),
    )
    if (session.scalar(given) or ZERO) + total > ceiling:
        raise AboveCeiling


def _lock(session: Session, staff: Staff) -> None:
    """One form of a cashier's at a time: two sent at once do not both find the day's sum as it was."""
    session.execute(select(StaffUser.id).where(StaffUser.id == staff.id).with_for_update())


def _begin_of_day() -> datetime:
    return datetime.combine(almaty_date(utc_now()), time(), tzinfo=ALMATY)


def record_approval(
    session: Session, approver: Doer | None, staff: Staff, subject: str, company_id: int | None, total: Decimal | None
) -> None:
    """Adds the approval to the trail, as the manager's own deed."""
    if approver is not None:
        of_what = {} if total is None else {"total": str(total)}
        audit.record(session, approver, "approved", subject, company_id=company_id, cashier=staff.id, **of_what)
