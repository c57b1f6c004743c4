"""Counts what waits for a person, for the number beside `Tasks` on every page."""

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.visits.queries import is_return_due
from shared.fiscal.statuses import RecordState
from shared.storage.models import Receipt, WebhookRecord
from shared.storage.refused_returns import select_refused_returns

# More are not counted one by one: every page asks.
MAX_COUNTED = 100


def count_tasks(session: Session, salons: Salons) -> int:
    """Returns how many things wait for a person in these salons, up to MAX_COUNTED."""
    refused = select_refused_returns().order_by(None).subquery()
    questions = (
        select(literal(1)).where(WebhookRecord.state == RecordState.DEAD_LETTERED, salons.allow(WebhookRecord.company_id)),
        select(literal(1)).where(is_return_due(), salons.allow(Receipt.company_id)),
        select(literal(1)).select_from(refused).where(salons.allow(refused.c.company_id)),
    )
    waiting = union_all(*questions).limit(MAX_COUNTED).subquery()
    return session.execute(select(func.count()).select_from(waiting)).scalar_one()
