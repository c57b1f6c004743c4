"""Reads deliveries that were given up, by the reason why: those of one are put back together."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from shared.fiscal.statuses import RecordState
from shared.storage.models import Receipt, Visit, WebhookRecord


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
        .where(*list_given_up(salons), func.coalesce(WebhookRecord.error_code, "") == code)
        .order_by(WebhookRecord.id)
        .limit(limit)
    )
    if upto is not None:
        query = query.where(WebhookRecord.id <= upto)
    return session.execute(query).all()


def count_reasons(session: Session, salons: Salons) -> dict[str, int]:
    """Returns how many deliveries were given up for each reason, by its code."""
    code = func.coalesce(WebhookRecord.error_code, "").label("code")
    query = select(code, func.count().label("letters")).where(*list_given_up(salons)).group_by(code)
    return {row.code: row.letters for row in session.execute(query)}


def list_given_up(salons: Salons) -> tuple[Any, ...]:
    """Returns the conditions of deliveries of these salons that were given up."""
    return WebhookRecord.state == RecordState.DEAD_LETTERED, salons.allow(WebhookRecord.company_id)
