"""Asks every cashbox once a day until when its licence runs, through its door like any other call."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select

from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, CashboxLicence
from worker.cashbox.claim import CashboxClaim, hold_cashbox
from worker.cashbox.failures import REST_AFTER_TIMEOUT_SECONDS
from worker.cashbox.licence import ask_licence, read_licence_end
from worker.issue.issue_due import request_turn
from worker.services import Services
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import OutcomeUnknown, WebkassaError

log = get_logger(__name__)

# Less than a day: an hourly look that finds yesterday's answer a few minutes too young would skip a day.
FRESH_FOR = timedelta(hours=20)


def check_licences(services: Services) -> int:
    """Asks the cashboxes whose day it is; returns how many. A busy or failing one is asked at the next look."""
    if services.breaker.is_open():
        return 0
    return sum(_check(services, cashbox_id, number) for cashbox_id, number in _find_due(services.sessions))


def _find_due(sessions: SessionFactory) -> Sequence[Any]:
    query = (
        select(Cashbox.id, Cashbox.unique_number)
        .outerjoin(CashboxLicence, CashboxLicence.cashbox_id == Cashbox.id)
        .where(
            Cashbox.enabled,
            or_(CashboxLicence.checked_at.is_(None), CashboxLicence.checked_at < func.now() - FRESH_FOR),
        )
        .order_by(Cashbox.id)
    )
    with sessions() as session:
        return session.execute(query).all()


def _check(services: Services, cashbox_id: int, number: str) -> bool:
    with hold_cashbox(services.sessions, cashbox_id, services.settings.lease_seconds, even_if_paused=True) as claim:
        if claim is None:
            return False
        done = _ask(services.sessions, services.clients, claim, number)
    # Who found the cashbox busy meanwhile relies on whoever held it.
    request_turn(services.producer, cashbox_id, in_seconds=claim.rest_seconds)
    return done


def _ask(sessions: SessionFactory, clients: CashboxClients, claim: CashboxClaim, number: str) -> bool:
    try:
        info = ask_licence(sessions, clients, claim, number)
    except WebkassaError as error:
        if isinstance(error, OutcomeUnknown):
            claim.rest_seconds = REST_AFTER_TIMEOUT_SECONDS
        log.warning("licence not read", cashbox_id=claim.cashbox_id, error=type(error).__name__, code=error.code)
        return False
    if read_licence_end(info) is None:
        log.warning("webkassa does not tell when the licence ends", cashbox_id=claim.cashbox_id)
    return True
