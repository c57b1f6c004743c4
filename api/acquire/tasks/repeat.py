"""Puts deliveries back to work, the same way as the command line's replay: one, or all that were given up for one reason."""

from collections import Counter
from typing import Any

from sqlalchemy import select

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.tasks.given_up import list_same_reason
from api.acquire.words.advice import explain
from api.acquire.words.text import Refused, Text
from shared.replay import Outcome, replay
from shared.storage.models import WebhookRecord

# So many are shown, and repeated by one press.
AT_ONCE = 100


def repeat_one(state: Any, staff: Staff, delivery_id: int) -> None:
    """Puts one delivery back. Raises NotFound, Refused."""
    with state.sessions() as session:
        company_id = session.scalar(select(WebhookRecord.company_id).where(WebhookRecord.id == delivery_id))
    if not staff.salons.include(company_id):
        raise NotFound
    outcome = _repeat(state, staff, delivery_id, company_id)
    if outcome is Outcome.NOT_FOUND:
        raise NotFound
    if outcome is Outcome.NOT_POSSIBLE:
        raise Refused(Text("This cannot be repeated."))


def repeat_all(state: Any, staff: Staff, code: str, upto: int) -> Counter[bool]:
    """Puts back what was shown of one reason, up to the delivery `upto`; returns how many are under way, how many not."""
    if not explain(code or None).retry_helps:
        raise Refused(Text("This cannot be repeated."))
    with state.sessions() as session:
        rows = [(row.id, row.company_id) for row in list_same_reason(session, staff.salons, code, AT_ONCE, upto)]
    done: Counter[bool] = Counter()
    for delivery_id, company_id in rows:
        outcome = _repeat(state, staff, delivery_id, company_id)
        done[outcome in (Outcome.REPLAYED, Outcome.NOT_QUEUED, Outcome.ALREADY_ISSUED)] += 1
    return done


def _repeat(state: Any, staff: Staff, delivery_id: int, company_id: int | None) -> Outcome:
    actor = f"staff:{staff.login}"
    outcome = replay(state.sessions, state.producer, state.redis, delivery_id, actor=actor, reason="payment page").outcome
    if outcome is not Outcome.NOT_FOUND:
        with state.sessions.begin() as session:
            subject = f"delivery {delivery_id}"
            audit.record(session, staff.doer, "replayed", subject, company_id=company_id, outcome=outcome.name.lower())
    return outcome
