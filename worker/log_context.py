"""Ids that follow the work into every line that is logged meanwhile, those of the libraries included."""

from contextlib import AbstractContextManager

from sqlalchemy import select
from structlog.contextvars import bind_contextvars, bound_contextvars

from shared.db import SessionFactory
from shared.models import Receipt, WebhookRecord


def bind_delivery(row: WebhookRecord) -> None:
    """Until the task ends. A delivery that was put back carries the number of the request that brought it."""
    bind_contextvars(record_id=row.id)
    if row.request_id:
        bind_contextvars(request_id=row.request_id)


def receipt_context(sessions: SessionFactory, receipt: Receipt) -> AbstractContextManager[None]:
    """For one receipt of a turn. It belongs to its own delivery, not to the one that asked for the turn."""
    with sessions() as session:
        origin = session.execute(
            select(WebhookRecord.id, WebhookRecord.request_id)
            .where(WebhookRecord.receipt_id == receipt.id)
            .order_by(WebhookRecord.id)
            .limit(1)
        ).first()
    record_id, request_id = origin or (None, None)
    return bound_contextvars(receipt_id=receipt.id, record_id=record_id, request_id=request_id)
