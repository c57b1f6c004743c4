"""Lists what is open at the end of a day: debts, prepayments, deposits, each with its age."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session

from shared.books.model import OpenItem, OpenKind
from shared.clock import almaty_date
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import (
    AccountUse,
    NoMoney,
    PaymentKind,
    PaymentPurpose,
    PaymentState,
    ReceiptKind,
    ReceiptState,
)
from shared.storage.models import LoyaltyRecord, PaymentRecord, Receipt, Visit, WebhookRecord
from shared.storage.models.desk.visit import Attendance

# A list is for people; what is older or more is in Altegio.
MOST = 500
OLDEST = timedelta(days=366)
_OF_VISIT: Sequence[Any] = (Visit.company_id, Visit.record_id, Visit.day, Visit.total, Visit.client_name)
_OF_TOP_UP: Sequence[Any] = (
    PaymentRecord.id,
    PaymentRecord.company_id,
    PaymentRecord.client_id,
    PaymentRecord.amount,
    PaymentRecord.paid_at,
)
_CLIENT = WebhookRecord.body["data"]["client"]["id"].astext

_has_own_receipt = exists().where(
    Receipt.company_id == PaymentRecord.company_id,
    Receipt.operation_id == PaymentRecord.operation_id,
    Receipt.operation_id.is_not(None),
    Receipt.kind == ReceiptKind.SALE,
    Receipt.state != ReceiptState.REJECTED,
    ~Receipt.returned,
)


def list_open_items(session: Session, is_ours: Callable[[int], bool], day: date, until: datetime) -> list[OpenItem]:
    """Returns what was open when `day` ended, which is `until`, by what is known now; the oldest first."""
    found = [*_list_visits(session, day, until), *_list_deposits(session, day, until)]
    return sorted((item for item in found if is_ours(item.company_id)), key=lambda item: (item.since, item.kind))[:MOST]


def _list_visits(session: Session, day: date, until: datetime) -> Iterator[OpenItem]:
    """A visit that nobody came to is no debt: a part of it was paid, or Altegio says that the client came.

    What a visit shows as due is without what has no receipt of ours and what has one of its own.
    """
    is_due = and_(or_(PaymentRecord.kind.is_(None), PaymentRecord.kind.in_(list(PaymentKind))), ~_has_own_receipt)
    paid = (
        select(
            PaymentRecord.company_id,
            PaymentRecord.record_id,
            func.sum(PaymentRecord.amount).label("amount"),
            func.sum(case((is_due, PaymentRecord.amount), else_=ZERO)).label("of_due"),
            func.min(PaymentRecord.paid_at).label("since"),
        )
        .where(
            PaymentRecord.company_id == Visit.company_id,
            PaymentRecord.record_id == Visit.record_id,
            PaymentRecord.purpose == PaymentPurpose.SALE,
            _was_in_force(until),
        )
        .group_by(PaymentRecord.company_id, PaymentRecord.record_id)
        .lateral("paid")
    )
    query = (
        select(*_OF_VISIT, paid.c.amount, paid.c.of_due, paid.c.since)
        .outerjoin(paid, true())
        .where(
            Visit.is_open,
            ~Visit.is_deleted,
            Visit.paid_told_at.is_(None),
            Visit.day > day - OLDEST,
            or_(paid.c.amount.is_not(None), and_(Visit.day <= day, Visit.attendance == Attendance.CAME)),
        )
        .order_by(Visit.day, Visit.id)
        .limit(MOST)
    )
    for visit in session.execute(query):
        of_due = visit.of_due or ZERO
        if visit.day > day:
            yield _describe(OpenKind.PREPAYMENT, visit, visit.amount, almaty_date(visit.since), day)
        elif visit.total is not None and visit.total > of_due:
            yield _describe(OpenKind.DEBT, visit, visit.total - of_due, visit.day, day)


def _describe(kind: OpenKind, visit: Any, amount: Decimal, since: date, day: date) -> OpenItem:
    return OpenItem(
        kind=kind,
        amount=amount,
        since=since,
        age=(day - since).days,
        company_id=visit.company_id,
        record_id=visit.record_id,
        client=visit.client_name or "",
    )


def _list_deposits(session: Session, day: date, until: datetime) -> Iterator[OpenItem]:
    """By client: what was put on the account and is not spent; the oldest money is spent first."""
    spent = _add_up_spent(session, until)
    top_ups = (
        select(*_OF_TOP_UP)
        .where(PaymentRecord.purpose == PaymentPurpose.DEPOSIT, _was_in_force(until))
        .order_by(PaymentRecord.paid_at, PaymentRecord.id)
    )
    left: dict[tuple[int, int, int], list[tuple[date, Decimal]]] = defaultdict(list)
    for payment in session.execute(top_ups):
        client = (payment.company_id, payment.client_id or 0)
        used = min(payment.amount, spent[client]) if payment.client_id else ZERO
        spent[client] -= used
        if payment.amount > used:
            alone = 0 if payment.client_id else payment.id
            left[*client, alone].append((almaty_date(payment.paid_at), payment.amount - used))
    for (company_id, client_id, _), parts in left.items():
        since, amount = parts[0][0], sum((part for _, part in parts), ZERO)
        yield OpenItem(OpenKind.DEPOSIT, amount, since, (day - since).days, company_id, client_id=client_id or None)


def _add_up_spent(session: Session, until: datetime) -> defaultdict[tuple[int, int], Decimal]:
    """From tills that stand for deposits, and by Altegio's loyalty rows, whose client is that of the visit."""
    tills = (
        select(PaymentRecord.company_id, PaymentRecord.client_id, func.sum(PaymentRecord.amount))
        .where(
            PaymentRecord.kind == AccountUse.DEPOSIT,
            PaymentRecord.purpose == PaymentPurpose.SALE,
            PaymentRecord.client_id.is_not(None),
            _was_in_force(until),
        )
        .group_by(PaymentRecord.company_id, PaymentRecord.client_id)
    )
    rows = (
        select(LoyaltyRecord.company_id, _CLIENT, func.sum(LoyaltyRecord.amount))
        .join(Visit, and_(Visit.company_id == LoyaltyRecord.company_id, Visit.record_id == LoyaltyRecord.record_id))
        .join(WebhookRecord, WebhookRecord.id == Visit.delivery_id)
        .where(LoyaltyRecord.means == NoMoney.DEPOSIT, LoyaltyRecord.created_at < until, _CLIENT.op("~")("^[0-9]{1,18}$"))
        .group_by(LoyaltyRecord.company_id, _CLIENT)
    )
    spent: defaultdict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for company_id, client_id, amount in (*session.execute(tills), *session.execute(rows)):
        spent[company_id, int(client_id)] += amount
    return spent


def _was_in_force(until: datetime) -> ColumnElement[bool]:
    """By the payment's state now; one that was revoked later was in force then."""
    was_revoked_later = and_(PaymentRecord.state == PaymentState.REVOKED, PaymentRecord.changed_at >= until)
    return and_(PaymentRecord.paid_at < until, or_(PaymentRecord.state == PaymentState.ACTIVE, was_revoked_later))
