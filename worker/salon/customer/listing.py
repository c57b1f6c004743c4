"""Lists messages and clients for people, without a single address."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from shared.storage.db import SessionFactory
from shared.storage.models import CustomerMessage, CustomerOptOut, Receipt


def list_messages(
    sessions: SessionFactory, states: Collection[str], company_id: int | None, limit: int
) -> list[dict[str, Any]]:
    """Returns messages in these states, newest first."""
    columns = (
        CustomerMessage.id,
        CustomerMessage.company_id.label("company"),
        Receipt.external_check_number.label("receipt"),
        CustomerMessage.channel,
        CustomerMessage.client_id.label("client"),
        CustomerMessage.state,
        CustomerMessage.attempts,
        CustomerMessage.problem,
        CustomerMessage.ended_at,
    )
    listed = select(*columns).join(Receipt, Receipt.id == CustomerMessage.receipt_id)
    listed = listed.where(CustomerMessage.state.in_(states))
    if company_id is not None:
        listed = listed.where(CustomerMessage.company_id == company_id)
    with sessions() as session:
        return [dict(row) for row in session.execute(listed.order_by(CustomerMessage.id.desc()).limit(limit)).mappings()]


def list_opt_outs(sessions: SessionFactory, company_id: int | None) -> list[dict[str, Any]]:
    """Returns clients who want no receipts, newest first."""
    listed = select(CustomerOptOut).order_by(CustomerOptOut.id.desc())
    if company_id is not None:
        listed = listed.where(CustomerOptOut.company_id == company_id)
    with sessions() as session:
        return [
            {"company": row.company_id, "client": row.client_id, "since": row.created_at, "by": row.actor}
            for row in session.scalars(listed)
        ]
