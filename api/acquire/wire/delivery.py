"""Reads one delivery of Altegio with everything that came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound
from api.acquire.access.salons import Salons
from shared.storage.models import (
    Cashbox,
    CustomerMessage,
    FiscalizationLog,
    OperatorCheck,
    Receipt,
    Replay,
    VisitMark,
    WebhookRecord,
)

MOST_CALLS, MOST_OTHERS = 100, 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """Holds a delivery, the receipt whose fate it shares, and what both led to, each list oldest first."""

    row: WebhookRecord
    receipt: Receipt | None
    register: str | None
    calls: Sequence[FiscalizationLog]
    replays: Sequence[Replay]
    returns: Sequence[Receipt]
    messages: Sequence[CustomerMessage]
    check: OperatorCheck | None
    mark: VisitMark | None
    others: Sequence[Any]


def load_delivery(session: Session, salons: Salons, row_id: int) -> Delivery:
    """Returns the delivery of that id. Raises NotFound, also for one of a foreign salon."""
    found = session.execute(
        select(WebhookRecord, Receipt, Cashbox.unique_number)
        .outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
        .outerjoin(Cashbox, Cashbox.id == Receipt.cashbox_id)
        .where(WebhookRecord.id == row_id, salons.allow(WebhookRecord.company_id))
    ).first()
    if found is None:
        raise NotFound
    row, receipt, register = found
    replays = select(Replay).where(Replay.webhook_record_id == row.id).order_by(Replay.id).limit(MOST_CALLS)
    return Delivery(
        row=row,
        receipt=receipt,
        register=register,
        calls=_list_calls(session, receipt),
        replays=session.scalars(replays).all(),
        returns=_list_of(session, receipt, Receipt, Receipt.basis_receipt_id),
        messages=_list_of(session, receipt, CustomerMessage, CustomerMessage.receipt_id),
        check=_find_check(session, receipt),
        mark=_find_mark(session, receipt),
        others=_list_others(session, row),
    )


def _list_calls(session: Session, receipt: Receipt | None) -> Sequence[FiscalizationLog]:
    """The newest, in the order in which they were made."""
    if receipt is None:
        return ()
    calls = select(FiscalizationLog).where(FiscalizationLog.receipt_id == receipt.id)
    return session.scalars(calls.order_by(FiscalizationLog.id.desc()).limit(MOST_CALLS)).all()[::-1]


def _list_of(session: Session, receipt: Receipt | None, table: Any, column: Any) -> Sequence[Any]:
    if receipt is None:
        return ()
    return session.scalars(select(table).where(column == receipt.id).order_by(table.id).limit(MOST_OTHERS)).all()


def _find_check(session: Session, receipt: Receipt | None) -> OperatorCheck | None:
    if receipt is None:
        return None
    return session.scalar(select(OperatorCheck).where(OperatorCheck.receipt_id == receipt.id))


def _find_mark(session: Session, receipt: Receipt | None) -> VisitMark | None:
    if receipt is None or receipt.record_id is None:
        return None
    is_of = (VisitMark.company_id == receipt.company_id, VisitMark.record_id == receipt.record_id)
    return session.scalar(select(VisitMark).where(*is_of))


def _list_others(session: Session, row: WebhookRecord) -> Sequence[Any]:
    """Of the same visit, sale or payment, the newest first."""
    if row.resource_id is None:
        return ()
    others = select(WebhookRecord.id, WebhookRecord.created_at, WebhookRecord.state).where(
        WebhookRecord.resource_id == row.resource_id,
        WebhookRecord.company_id == row.company_id,
        WebhookRecord.resource == row.resource,
        WebhookRecord.id != row.id,
    )
    return session.execute(others.order_by(WebhookRecord.id.desc()).limit(MOST_OTHERS)).all()
