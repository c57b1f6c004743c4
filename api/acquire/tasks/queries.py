"""Reads what waits for a person: one statement for the list, one for its count.

Each kind of task is a row of a table of its own, found by a partial index; `task_notes` says who has taken it and until when
it is put off. What is of a register is for those who belong to its salon, or to all.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.visits.queries import is_return_due
from shared.books.model import Why
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, RecordState
from shared.storage.models import (
    BookFinding,
    Cashbox,
    CashboxOrder,
    Receipt,
    StaffUser,
    TaskNote,
    Visit,
    WebhookRecord,
)
from shared.storage.models.desk.cashbox_order import OrderState
from shared.storage.refused_returns import select_refused_returns

PAGE_SIZE = 25
# An order whose end is unclear was looked at by then, or never will be.
_UNCLEAR_FOR = timedelta(days=14)
# Between a refusal and the decision about it a receipt has no next attempt for a moment.
_FORGOTTEN_AFTER = timedelta(minutes=10)
# These are in the list themselves.
_TOLD_OTHERWISE = (Why.DEAD_LETTER, Why.RETURN_DUE)


class TaskKind(StrEnum):
    """Names the kinds of tasks by what waits."""

    PAUSED = "paused"
    DEAD_LETTER = "dead_letter"
    RETURN_DUE = "return_due"
    RETURN_REFUSED = "return_refused"
    WAITING = "waiting"
    CASH_UNCLEAR = "cash_unclear"
    FINDING = "finding"


# The columns that every kind of task has, in their order.
_COLUMNS: dict[str, Any] = {
    "kind": Text,
    "id": BigInteger,
    "since": DateTime(timezone=True),
    "amount": Numeric(14, 2),
    "company_id": BigInteger,
    "record_id": BigInteger,
    "document_id": BigInteger,
    "receipt_id": BigInteger,
    "shift_id": BigInteger,
    "code": Text,
    "said": Text,
    "fiscal_number": Text,
    "register": Text,
    "day": Date,
    "count": Integer,
}


def list_tasks(session: Session, salons: Salons, *, put_off: bool = False, page: int = 1) -> Sequence[Any]:
    """Returns tasks, the most money first, then the oldest; one more than a page where there is another page.

    `put_off`: those that are put off, instead of the others. Rows have the columns of `_COLUMNS`, the visit's `visit_id`,
    `client_name` and `title`, the note's `put_off_until` and `owner`.
    """
    return session.execute(_list(salons, put_off=put_off), {"skipped": (page - 1) * PAGE_SIZE}).all()


# To put these together takes longer than to carry them out.
@lru_cache(maxsize=256)
def _list(salons: Salons, *, put_off: bool) -> Select[Any]:
    task = _select_all(salons).subquery("all_tasks")
    is_put_off = func.coalesce(TaskNote.put_off_until > func.now(), False)
    order = (func.abs(task.c.amount).desc().nulls_last(), task.c.since, task.c.kind, task.c.id)
    shown = (
        select(task, TaskNote.put_off_until, TaskNote.owner_id, func.row_number().over(order_by=order).label("place"))
        .select_from(task)
        .outerjoin(TaskNote, and_(TaskNote.kind == task.c.kind, TaskNote.subject_id == task.c.id))
        .where(is_put_off if put_off else ~is_put_off)
        .order_by(*order)
        .limit(PAGE_SIZE + 1)
        .offset(bindparam("skipped", type_=Integer))
        .subquery("task")
    )
    # One look-up a task that is shown: joined freely, all visits would be read.
    visit = (
        select(Visit.id, Visit.client_name, Visit.title)
        .where(Visit.company_id == shown.c.company_id, Visit.record_id == shown.c.record_id)
        .limit(1)
        .lateral("visit")
    )
    return (
        select(
            shown,
            visit.c.id.label("visit_id"),
            visit.c.client_name,
            visit.c.title,
            StaffUser.shown_name.label("owner"),
        )
        .select_from(shown)
        .outerjoin(StaffUser, StaffUser.id == shown.c.owner_id)
        .outerjoin(visit, true())
        .order_by(shown.c.place)
    )


def count_tasks(session: Session, salons: Salons) -> int:
    """Returns how many tasks wait for a person now; those that are put off do not."""
    return session.scalar(_count(salons)) or 0


@lru_cache(maxsize=256)
def _count(salons: Salons) -> Select[Any]:
    task = _select_all(salons).subquery("task")
    is_put_off = exists().where(
        TaskNote.kind == task.c.kind, TaskNote.subject_id == task.c.id, TaskNote.put_off_until > func.now()
    )
    return select(func.count()).select_from(task).where(~is_put_off)


def count_put_off(session: Session, salons: Salons) -> int:
    """Returns how many tasks are put off."""
    if not session.scalar(select(exists().where(TaskNote.put_off_until > func.now()))):
        return 0
    task = _select_all(salons).subquery("task")
    note = and_(TaskNote.kind == task.c.kind, TaskNote.subject_id == task.c.id, TaskNote.put_off_until > func.now())
    return session.scalar(select(func.count()).select_from(task).join(TaskNote, note)) or 0


def is_task(session: Session, salons: Salons, kind: TaskKind, subject_id: int) -> bool:
    """Says whether this is a task of these salons now."""
    task = _SELECTED[kind](salons).subquery("task")
    return bool(session.scalar(select(exists().where(task.c.id == subject_id))))


def list_same_reason(session: Session, salons: Salons, code: str, limit: int, upto: int | None = None) -> Sequence[Any]:
    """Returns deliveries that were given up for one reason, the oldest first; `upto`: none with a higher id."""
    visit = (
        select(Visit.id, Visit.client_name, Visit.title, Visit.total)
        .where(Visit.delivery_id == WebhookRecord.id)
        .limit(1)
        .lateral("visit")
    )
    query = (
        select(
            WebhookRecord.id,
            WebhookRecord.company_id,
            WebhookRecord.created_at,
            WebhookRecord.resource_id,
            WebhookRecord.document_id,
            visit.c.client_name,
            visit.c.title,
            func.coalesce(visit.c.total, Receipt.total).label("total"),
        )
        .select_from(WebhookRecord)
        .outerjoin(visit, true())
        .outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
        .where(*_given_up(salons), func.coalesce(WebhookRecord.error_code, "") == code)
        .order_by(WebhookRecord.id)
        .limit(limit)
    )
    if upto is not None:
        query = query.where(WebhookRecord.id <= upto)
    return session.execute(query).all()


def count_reasons(session: Session, salons: Salons) -> dict[str, int]:
    """Returns how many deliveries were given up for each reason, by its code."""
    code = func.coalesce(WebhookRecord.error_code, "").label("code")
    query = select(code, func.count().label("letters")).where(*_given_up(salons)).group_by(code)
    return {row.code: row.letters for row in session.execute(query)}


def _given_up(salons: Salons) -> tuple[Any, ...]:
    return WebhookRecord.state == RecordState.DEAD_LETTERED, salons.allow(WebhookRecord.company_id)


def _select_all(salons: Salons) -> Any:
    return union_all(*(select_kind(salons) for select_kind in _SELECTED.values()))


def _task(kind: TaskKind, **columns: Any) -> Select[Any]:
    """A select with all columns of a task; those that are not given are NULL."""
    given = {"kind": literal(kind.value), **columns}
    return select(*(cast(given.get(name, null()), of_type).label(name) for name, of_type in _COLUMNS.items()))


def _select_paused(salons: Salons) -> Select[Any]:
    is_waiting = and_(Receipt.cashbox_id == Cashbox.id, Receipt.state.in_(OPEN_RECEIPT_STATES))
    waiting = select(func.count()).where(is_waiting).scalar_subquery()
    money = select(func.sum(Receipt.total)).where(is_waiting).scalar_subquery()
    return _task(
        TaskKind.PAUSED,
        id=Cashbox.id,
        since=Cashbox.paused_since,
        amount=money,
        company_id=Cashbox.company_id,
        code=Cashbox.paused_code,
        register=func.coalesce(Cashbox.name, Cashbox.unique_number),
        count=waiting,
    ).where(Cashbox.enabled, Cashbox.paused_since.is_not(None), salons.allow(Cashbox.company_id))


def _select_dead_letters(salons: Salons) -> Select[Any]:
    total = select(Visit.total).where(Visit.delivery_id == WebhookRecord.id).limit(1).scalar_subquery()
    number = select(Visit.record_id).where(Visit.delivery_id == WebhookRecord.id).limit(1).scalar_subquery()
    return (
        _task(
            TaskKind.DEAD_LETTER,
            id=WebhookRecord.id,
            since=WebhookRecord.created_at,
            amount=func.coalesce(total, Receipt.total),
            company_id=WebhookRecord.company_id,
            record_id=func.coalesce(number, Receipt.record_id),
            document_id=WebhookRecord.document_id,
            receipt_id=Receipt.id,
            code=WebhookRecord.error_code,
            said=func.coalesce(Receipt.error_text, WebhookRecord.reason),
            fiscal_number=Receipt.fiscal_number,
        )
        .select_from(WebhookRecord)
        .outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
        .where(*_given_up(salons))
    )


def _of_receipt(kind: TaskKind, since: Any, said: Any) -> Select[Any]:
    return _task(
        kind,
        id=Receipt.id,
        since=since,
        amount=Receipt.total,
        company_id=Receipt.company_id,
        record_id=Receipt.record_id,
        document_id=Receipt.document_id,
        receipt_id=Receipt.id,
        code=Receipt.error_code,
        said=said,
        fiscal_number=Receipt.fiscal_number,
    )


def _select_returns_due(salons: Salons) -> Select[Any]:
    since = func.coalesce(Receipt.paid_back_since, Receipt.issued_at, Receipt.created_at)
    due = _of_receipt(TaskKind.RETURN_DUE, since, Receipt.return_due_reason)
    return due.where(is_return_due(), salons.allow(Receipt.company_id))


def _select_refused_returns(salons: Salons) -> Select[Any]:
    refused = select_refused_returns().subquery("refused")
    return _task(
        TaskKind.RETURN_REFUSED,
        id=refused.c.id,
        since=refused.c.created_at,
        amount=func.coalesce(refused.c.return_total, refused.c.total),
        company_id=refused.c.company_id,
        record_id=refused.c.record_id,
        document_id=refused.c.document_id,
        receipt_id=refused.c.sale_id,
        code=refused.c.error_code,
        said=func.coalesce(refused.c.error_text, refused.c.refusal),
        fiscal_number=refused.c.fiscal_number,
    ).where(salons.allow(refused.c.company_id))


def _select_waiting(salons: Salons) -> Select[Any]:
    """Receipts that nobody sees to any more, though no delivery says so."""
    is_told = exists().where(WebhookRecord.receipt_id == Receipt.id, WebhookRecord.state == RecordState.DEAD_LETTERED)
    return _of_receipt(TaskKind.WAITING, Receipt.created_at, Receipt.error_text).where(
        Receipt.state.in_(OPEN_RECEIPT_STATES),
        Receipt.next_attempt_at.is_(None),
        Receipt.sending_since.is_(None),
        Receipt.created_at < func.now() - _FORGOTTEN_AFTER,
        ~is_told,
        salons.allow(Receipt.company_id),
    )


def _select_unclear_cash(salons: Salons) -> Select[Any]:
    return (
        _task(
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


def _select_findings(salons: Salons) -> Select[Any]:
    company_id = func.coalesce(BookFinding.company_id, Cashbox.company_id)
    return (
        _task(
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


_SELECTED = {
    TaskKind.PAUSED: _select_paused,
    TaskKind.DEAD_LETTER: _select_dead_letters,
    TaskKind.RETURN_DUE: _select_returns_due,
    TaskKind.RETURN_REFUSED: _select_refused_returns,
    TaskKind.WAITING: _select_waiting,
    TaskKind.CASH_UNCLEAR: _select_unclear_cash,
    TaskKind.FINDING: _select_findings,
}
