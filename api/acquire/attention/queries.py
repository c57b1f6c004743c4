"""Reads what waits for a person: deliveries that were given up, returns that are due, returns that were refused."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from api.acquire.visits.queries import is_return_due
from shared.fiscal.statuses import ReceiptState, RecordState
from shared.storage.models import Receipt, ReturnOrder, Visit, WebhookRecord
from shared.storage.models.desk.return_order import ReturnState

PAGE_SIZE = 30
# A refused return is news for so long; after that it was seen, or is seen on its receipt.
REFUSALS_SHOWN_FOR = timedelta(days=7)


def list_dead_letters(session: Session, before: int | None = None) -> Sequence[Any]:
    """Returns dead letters, the newest first, below the id `before`; one row more than a page says that there is another."""
    query = (
        select(
            WebhookRecord.id,
            WebhookRecord.created_at,
            WebhookRecord.resource_id,
            WebhookRecord.document_id,
            WebhookRecord.reason,
            WebhookRecord.error_code,
            Visit.id.label("visit_id"),
            Visit.record_id,
            Visit.title,
            Visit.client_name,
            Visit.total,
            Receipt.id.label("receipt_id"),
            Receipt.state.label("receipt_state"),
            Receipt.error_text,
        )
        .outerjoin(Visit, Visit.delivery_id == WebhookRecord.id)
        .outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
        .where(WebhookRecord.state == RecordState.DEAD_LETTERED)
        .order_by(WebhookRecord.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    if before is not None:
        query = query.where(WebhookRecord.id < before)
    return session.execute(query).all()


def list_returns_due(session: Session) -> Sequence[Any]:
    """Returns receipts that Altegio contradicts, the newest first."""
    return session.execute(
        select(
            Receipt.id,
            Receipt.record_id,
            Receipt.document_id,
            Receipt.total,
            Receipt.fiscal_number,
            Receipt.issued_at,
            Receipt.return_due_reason,
            Visit.title,
            Visit.client_name,
        )
        .outerjoin(Visit, (Visit.company_id == Receipt.company_id) & (Visit.record_id == Receipt.record_id))
        .where(is_return_due())
        .order_by(Receipt.id.desc())
        .limit(PAGE_SIZE)
    ).all()


def list_refused_returns(session: Session) -> Sequence[Any]:
    """Returns returns that we (`refusal`) or Webkassa (`error_code`) refused within a week, unless made some other way."""
    sale, made = aliased(Receipt), aliased(Receipt)
    return session.execute(
        select(
            ReturnOrder.id,
            ReturnOrder.created_at,
            ReturnOrder.refusal,
            sale.id.label("sale_id"),
            sale.total,
            sale.fiscal_number,
            made.error_code,
            made.error_text,
        )
        .join(sale, sale.id == ReturnOrder.receipt_id)
        .outerjoin(made, made.id == ReturnOrder.return_receipt_id)
        .where(
            ~sale.returned,
            or_(ReturnOrder.state == ReturnState.REFUSED, made.state == ReceiptState.REJECTED),
            ReturnOrder.created_at > func.now() - REFUSALS_SHOWN_FOR,
        )
        .order_by(ReturnOrder.id.desc())
        .limit(PAGE_SIZE)
    ).all()
