"""What a failed call means for more than itself: the breaker of the host, the cashbox's rest, its pause and its recovery.

A cashbox that fails rests longer each time, which is a breaker of its own beside the host's: one that answers -1 for hours,
or nothing at all, is probed now and then and slows nobody else. One that refuses us (a password, a right, a licence) is
paused with the reason: nothing of it is given up, it is probed every few minutes, and the first receipt it takes ends that.
"""

import random
from datetime import timedelta

from sqlalchemy import func, update

from shared.logging import get_logger
from shared.storage.db import Executor, SessionFactory, begin
from shared.storage.models import Cashbox
from worker.cashbox.claim import CashboxClaim
from worker.services import Services
from worker.webkassa.breaker import Breaker
from worker.webkassa.errors import (
    Blame,
    CashboxBusy,
    OutcomeUnknown,
    RegisterRefused,
    ShiftExpired,
    WebkassaError,
    WebkassaUnavailable,
)

log = get_logger(__name__)

# After a lost answer the register may still be at work on the call, and takes one at a time.
REST_AFTER_TIMEOUT_SECONDS = 10.0
REST_AFTER_LOST_ANSWER_SECONDS = 1.0
# The longest that a cashbox which keeps failing is left alone.
LONGEST_REST_SECONDS = 60.0
_MAX_REASON = 500
# What HTTP says of one request and not of the server: it may be wrong, too long, or one too many.
_OF_THE_REQUEST = frozenset(("400", "409", "411", "413", "414", "415", "422", "429", "431"))


def tell_breaker(breaker: Breaker, register: int, error: WebkassaError) -> bool:
    """Whether Webkassa fails for everybody. Failures of the service count; whatever a register answers is a sign of life.

    What refuses us in a register's place, or credentials that cannot be read here, is neither. `register`: the row id of the
    cashbox that was called.
    """
    is_answer = _is_of_register(error)
    if isinstance(error, ShiftExpired) or (isinstance(error, RegisterRefused) and not is_answer):
        return breaker.is_open()
    if isinstance(error, WebkassaUnavailable | OutcomeUnknown) and not is_answer:
        return breaker.record_failure(register)
    breaker.record_success(register)
    return False


def _is_of_register(error: WebkassaError) -> bool:
    """Not where there was no answer, or a gateway's status. "Unknown error" (-1) is the register's own, not the host's."""
    if error.code is None:
        return False
    is_status = len(error.code) == 3 and error.code.isdigit()
    return not is_status or error.code in _OF_THE_REQUEST


def seconds_to_rest(error: WebkassaError) -> float:
    """How long the register is left alone after that, by what it may still be doing."""
    if isinstance(error, OutcomeUnknown):
        return REST_AFTER_TIMEOUT_SECONDS if error.may_still_run else REST_AFTER_LOST_ANSWER_SECONDS
    return REST_AFTER_LOST_ANSWER_SECONDS if isinstance(error, CashboxBusy) else 0.0


def rest_or_pause(services: Services, claim: CashboxClaim, error: WebkassaError, *, is_outage: bool = False) -> None:
    """Lets the cashbox rest after a failure, longer each time, or pauses it. An outage of the host is not its failure."""
    seconds = seconds_to_rest(error)
    # First of all: the claim is given back even where the database is away, and the register may be at work on the call.
    claim.rest_seconds = max(seconds, claim.rest_seconds)
    if isinstance(error, RegisterRefused):
        _pause(services, claim.cashbox_id, error)
    elif error.blame is Blame.SERVICE and not is_outage:
        failures = _count_failure(services.sessions, claim.cashbox_id)
        seconds = max(seconds, rest_of_failures(failures, services.rng, first=seconds))
    claim.rest_seconds = max(seconds, claim.rest_seconds)


def rest_of_failures(failures: int, rng: random.Random, *, first: float = 1.0) -> float:
    """After so many in a row, in seconds: doubled each time, with jitter.

    `first`: after the first. A register that lets calls time out holds a worker's slot with each, so it rests longer.
    """
    return min(LONGEST_REST_SECONDS, max(first, 1.0) * 2.0 ** min(failures - 1, 10)) * rng.uniform(0.5, 1)


def _count_failure(sessions: SessionFactory, cashbox_id: int) -> int:
    counted = (
        update(Cashbox).where(Cashbox.id == cashbox_id).values(failures=Cashbox.failures + 1).returning(Cashbox.failures)
    )
    with begin(sessions) as connection:
        failures: int = connection.execute(counted).scalar_one()
    return failures


def _pause(services: Services, cashbox_id: int, error: RegisterRefused) -> None:
    """Sales are held back; the next probe is after `REGISTER_PROBE_SECONDS`, since a login that knocks may be locked."""
    seconds = services.settings.register_probe_seconds * services.rng.uniform(0.8, 1)
    with begin(services.sessions) as connection:
        connection.execute(
            update(Cashbox)
            .where(Cashbox.id == cashbox_id)
            .values(
                paused_until=func.now() + timedelta(seconds=seconds),
                paused_since=func.coalesce(Cashbox.paused_since, func.now()),
                paused_reason=str(error)[:_MAX_REASON],
                paused_code=error.code,
            )
        )
    log.error("cashbox is paused", cashbox_id=cashbox_id, code=error.code, error=type(error).__name__)


def note_recovery(executor: Executor, cashbox_id: int) -> None:
    """Ends the pause and forgets the failures of a cashbox that has just done its work."""
    executor.execute(
        update(Cashbox)
        .where(Cashbox.id == cashbox_id)
        .values(failures=0, paused_until=None, paused_since=None, paused_reason=None, paused_code=None)
    )
    log.info("cashbox is well again", cashbox_id=cashbox_id)
