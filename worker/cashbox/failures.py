"""What a failed call means for more than itself: the breaker, the cashbox's rest after a lost answer, its pause."""

from datetime import timedelta

from sqlalchemy import func, update

from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox
from worker.cashbox.claim import CashboxClaim
from worker.webkassa.breaker import Breaker
from worker.webkassa.errors import (
    CashboxBusy,
    OfflineTooLong,
    OutcomeUnknown,
    ShiftExpired,
    WebkassaError,
    WebkassaUnavailable,
)

log = get_logger(__name__)

# After a lost answer the register may still be at work on the call, and takes one at a time.
REST_AFTER_TIMEOUT_SECONDS = 10.0
REST_AFTER_LOST_ANSWER_SECONDS = 1.0
OFFLINE_PAUSE_SECONDS = 300


def tell_breaker(breaker: Breaker, error: WebkassaError) -> bool:
    """Whether Webkassa fails for everybody. Failures of the service count, refusals by the register are signs of life."""
    if isinstance(error, ShiftExpired):
        return breaker.is_open()
    if isinstance(error, WebkassaUnavailable | OutcomeUnknown) and _is_service_failure(error.code):
        return breaker.record_failure()
    breaker.record_success()
    return False


def _is_service_failure(code: str | None) -> bool:
    """No answer, the register's own «unknown error», or a gateway's 5xx."""
    return code in (None, "-1") or (len(code) == 3 and code.startswith("5"))


def seconds_to_rest(error: WebkassaError) -> float:
    """How long the register is left alone after that."""
    if isinstance(error, OutcomeUnknown):
        return REST_AFTER_TIMEOUT_SECONDS if error.may_still_run else REST_AFTER_LOST_ANSWER_SECONDS
    return REST_AFTER_LOST_ANSWER_SECONDS if isinstance(error, CashboxBusy) else 0.0


def rest_or_pause(sessions: SessionFactory, claim: CashboxClaim, error: WebkassaError) -> None:
    claim.rest_seconds = seconds_to_rest(error) or claim.rest_seconds
    if isinstance(error, OfflineTooLong):
        _pause(sessions, claim.cashbox_id, str(error))


def _pause(sessions: SessionFactory, cashbox_id: int, reason: str) -> None:
    """Sales are held back for a while, then tried again: the cashbox resumes by itself once its operator is back."""
    with sessions.begin() as session:
        session.execute(
            update(Cashbox)
            .where(Cashbox.id == cashbox_id)
            .values(paused_until=func.now() + timedelta(seconds=OFFLINE_PAUSE_SECONDS), paused_reason=reason)
        )
    log.error("cashbox is paused: autonomous for over 72 hours", cashbox_id=cashbox_id)
