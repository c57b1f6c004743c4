"""Reads what waits for a person: deliveries that were given up, returns that are due, returns that were refused."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.visits.queries import is_return_due
from shared.fiscal.statuses import RecordState
from shared.storage.models import Receipt, Visit, WebhookRecord
from shared.storage.refused_returns import select_refused_returns

PAGE_SIZE = 30


def list_dead_letters(session: Session, salons: Salons, before: int | None = None) -> Sequence[Any]:
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
        .where(WebhookRecord.state == RecordState.DEAD_LETTERED, salons.allow(WebhookRecord.company_id))
        .order_by(WebhookRecord.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    if before is not None:
        query = query.where(WebhookRecord.id < before)
    return session.execute(query).all()


def list_returns_due(session: Session, salons: Salons) -> Sequence[Any]:
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
        .where(is_return_due(), salons.allow(Receipt.company_id))
        .order_by(Receipt.id.desc())
        .limit(PAGE_SIZE)
    ).all()


def list_refused_returns(session: Session, salons: Salons) -> Sequence[Any]:
    """Returns returns that we (`refusal`) or Webkassa (`error_code`) refused within a week, unless ordered anew."""
    refused = select_refused_returns().subquery()
    query = select(refused).where(salons.allow(refused.c.company_id)).order_by(refused.c.id.desc())
    return session.execute(query.limit(PAGE_SIZE)).all()
