"""Issuing what is due on one cashbox, oldest first, one call at a time.

Whoever gets the cashbox's claim works off its due receipts; everybody else leaves at once, since the holder looks again
before it goes. So one slow cashbox holds one thread, and a waiting receipt costs no thread at all.

A receipt's way: `sending_since` and a pending log row are committed, the call is made outside any transaction, the outcome
is committed. Found with `sending_since` set, or `unknown`, a receipt is asked for before anything is sent again.
"""

from dataclasses import replace

from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from shared.clock import utc_now
from shared.logging import get_logger
from shared.models import Receipt
from shared.queue import ISSUE_RECEIPTS
from shared.statuses import CallOutcome
from worker.call_log import CHECK, close_log, open_log, outcome_of
from worker.cashbox_lock import CashboxClaim, ClaimLost, hold_cashbox
from worker.failures import rest_or_pause, tell_breaker
from worker.log_context import receipt_context
from worker.next_receipt import Turn, Work, is_any_due
from worker.outcomes import save_dead, save_issued, save_not_found, save_retry, save_unknown
from worker.reconcile import find_document
from worker.retry_policy import DeadLetter, RetryIn, Snooze, decide_retry
from worker.services import Services
from worker.shift_rows import EXPIRED
from worker.shifts import ShiftHasUnknown, close_shift
from worker.webkassa.errors import (
    AlreadyIssued,
    OutcomeUnknown,
    ReceiptRejected,
    ShiftExpired,
    UnknownVendorCode,
    WebkassaError,
)
from worker.webkassa.schemas import UnreadableAnswer, read_check_data

log = get_logger(__name__)

# Retries sooner than this are worth a message of their own; later ones the dispatcher finds.
MESSAGE_WITHIN_SECONDS = 30.0


def issue_due(services: Services, cashbox_id: int) -> None:
    """One turn at the cashbox, or nothing when somebody else has it."""
    with hold_cashbox(services.sessions, cashbox_id, services.settings.lease_seconds) as claim:
        if claim is None:
            return
        try:
            wait = _work_off(services, claim)
        except ClaimLost:
            log.error("cashbox was taken over", cashbox_id=cashbox_id)
            return
    # Looked at after the release: whoever found the cashbox busy before it relies on this look.
    if services.breaker.is_open():
        return
    with services.sessions() as session:
        more = is_any_due(session, cashbox_id)
    if more or wait is not None:
        request_turn(services, cashbox_id, in_seconds=max(wait or 0.0, claim.rest_seconds))


def request_turn(services: Services, cashbox_id: int, *, in_seconds: float = 0.0) -> None:
    """Asks the workers to look at the cashbox; without a broker the dispatcher will."""
    if in_seconds > MESSAGE_WITHIN_SECONDS:
        return
    try:
        services.producer.send_task(
            ISSUE_RECEIPTS, args=[cashbox_id], countdown=in_seconds + 0.05 if in_seconds else None, retry=False
        )
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("turn left to the dispatcher", cashbox_id=cashbox_id, error=type(error).__name__)


def _work_off(services: Services, claim: CashboxClaim) -> float | None:
    """Until the turn ends. Returns the shortest wait it left behind. Raises ClaimLost."""
    turn = Turn(services, claim)
    waits: list[float] = []
    while (work := turn.take()) is not None:
        with receipt_context(work.receipt.id, work.origin):
            wait = _ask(services, claim, work) if work.must_ask else _send(services, claim, work, turn)
        if wait is not None:
            waits.append(wait)
    return min(waits, default=None)


def _send(services: Services, claim: CashboxClaim, work: Work, turn: Turn, *, may_close_shift: bool = True) -> float | None:
    """One attempt. Returns the seconds until the next look at this receipt, None when there is none."""
    try:
        document, answer = services.webkassa_of(claim.cashbox_id).check(work.receipt.request)
    except AlreadyIssued as error:
        return _take_duplicate(services, claim, work, error)
    except ShiftExpired as error:
        if not may_close_shift:
            return _fail(services, claim, work, error)
        return _renew_shift(services, claim, work, turn, error)
    except WebkassaError as error:
        return _fail(services, claim, work, error)
    services.breaker.record_success()
    goes_on = turn.goes_on()
    with services.sessions.begin() as session:
        close_log(session, _log_id(work), CallOutcome.ISSUED, response=answer)
        save_issued(session, work.receipt, document)
        if goes_on:
            turn.prepare(session)
    return None


def _take_duplicate(services: Services, claim: CashboxClaim, work: Work, error: AlreadyIssued) -> float | None:
    """Code 14 is success when it brings the receipt along; else the receipt is looked up, never sent under a new number."""
    data = error.response.get("Data") if isinstance(error.response, dict) else None
    try:
        document = read_check_data(data)
    except UnreadableAnswer:
        return _fail(services, claim, work, error)
    services.breaker.record_success()
    with services.sessions.begin() as session:
        close_log(session, _log_id(work), CallOutcome.DUPLICATE, error=error)
        save_issued(session, work.receipt, document)
    return None


def _renew_shift(services: Services, claim: CashboxClaim, work: Work, turn: Turn, error: ShiftExpired) -> float | None:
    """Code 11: nothing was issued. Close the shift and send once more; never under an unknown outcome."""
    try:
        close_shift(services, claim, work.cashbox_number, by=EXPIRED, refused_receipt_id=work.receipt.id)
    except ShiftHasUnknown:
        return _fail(services, claim, work, error)
    except OutcomeUnknown as failure:  # of the report; the receipt itself was refused for certain
        tell_breaker(services, failure)
        rest_or_pause(services, claim, failure)
        return _fail(services, claim, work, error)
    except WebkassaError as failure:
        return _fail(services, claim, work, failure)
    with services.sessions.begin() as session:
        close_log(session, _log_id(work), CallOutcome.REJECTED, error=error)
        again = session.get_one(Receipt, work.receipt.id)
        again.attempts += 1
        log_id = open_log(session, CHECK, claim.cashbox_id, again.request, again)
    retry = replace(work, receipt=again, log_id=log_id)
    return _send(services, claim, retry, turn, may_close_shift=False)


def _ask(services: Services, claim: CashboxClaim, work: Work) -> float | None:
    """What became of an attempt whose answer was lost?"""
    receipt = work.receipt
    try:
        document = find_document(services, claim, work.cashbox_number, receipt)
    except WebkassaError as error:
        return _fail(services, claim, work, error)
    services.breaker.record_success()
    if document is not None:
        with services.sessions.begin() as session:
            save_issued(session, receipt, document)
        return None
    return _decide_not_found(services, receipt)


def _decide_not_found(services: Services, receipt: Receipt) -> float | None:
    """Not issued, so the same number may go out again; unless Webkassa answered that it will not take it."""
    if receipt.error_kind in (AlreadyIssued.__name__, UnknownVendorCode.__name__):
        claims_to_exist = receipt.error_kind == AlreadyIssued.__name__
        error = ReceiptRejected(receipt.error_text or "", code=receipt.error_code)
        reason = f"{error}; {'but no shift has it' if claims_to_exist else 'not issued'}"
        with services.sessions.begin() as session:
            save_dead(session, receipt, error, reason, is_unknown=claims_to_exist)
        return None
    with services.sessions.begin() as session:
        save_not_found(session, receipt)
    return None


def _fail(services: Services, claim: CashboxClaim, work: Work, error: WebkassaError) -> float | None:
    """Decides what a failed call leads to and writes it down. Returns the seconds to wait, None for never."""
    is_outage = tell_breaker(services, error)
    rest_or_pause(services, claim, error)
    receipt = work.receipt
    age = utc_now() - receipt.budget_starts_at
    decision = decide_retry(error, receipt.budget_used, age, services.budget, is_outage=is_outage, rng=services.rng)
    may_exist = work.must_ask or isinstance(error, OutcomeUnknown | AlreadyIssued)
    log.warning(
        "attempt failed",
        receipt_id=receipt.id,
        cashbox_id=claim.cashbox_id,
        attempt=receipt.attempts,
        error=type(error).__name__,
        code=error.code,
        decision=type(decision).__name__,
    )
    with services.sessions.begin() as session:
        if work.log_id is not None:
            close_log(session, work.log_id, outcome_of(error), error=error)
        return _save_decision(session, receipt, error, decision, claim.rest_seconds, may_exist=may_exist)


def _save_decision(
    session: Session,
    receipt: Receipt,
    error: WebkassaError,
    decision: RetryIn | Snooze | DeadLetter,
    rest_seconds: float,
    *,
    may_exist: bool,
) -> float | None:
    if isinstance(decision, DeadLetter):
        save_dead(session, receipt, error, decision.reason, is_unknown=may_exist)
        return None
    seconds = max(decision.seconds, rest_seconds)
    counts = isinstance(decision, RetryIn)
    if may_exist:
        # Asking is harmless and settles the shift, so it is not put off as long as sending again would be.
        seconds = max(min(seconds, 15.0), rest_seconds, error.retry_after or 0.0)
        save_unknown(session, receipt, _remember(receipt, error), seconds, counts=counts)
    else:
        save_retry(session, receipt, error, seconds, counts=counts)
    return seconds


def _remember(receipt: Receipt, error: WebkassaError) -> WebkassaError:
    """A failed lookup must not blot out why the receipt is looked for: that decides what `not found` means."""
    if receipt.error_kind == AlreadyIssued.__name__ and not isinstance(error, AlreadyIssued):
        return AlreadyIssued(receipt.error_text or "", code=receipt.error_code)
    if receipt.error_kind == UnknownVendorCode.__name__ and not isinstance(error, UnknownVendorCode):
        return UnknownVendorCode(receipt.error_text or "", code=receipt.error_code)
    return error


def _log_id(work: Work) -> int:
    assert work.log_id is not None
    return work.log_id
