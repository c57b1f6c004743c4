"""One attempt at a receipt: the call, and what its end leads to. Everything here holds the cashbox's claim."""

from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from shared.clock import utc_now
from shared.fiscal.statuses import CallOutcome, ReceiptKind
from shared.logging import get_logger
from shared.storage.db import begin
from worker.cashbox.calls import close_log, outcome_of
from worker.cashbox.claim import CashboxClaim
from worker.cashbox.due_receipt import DueReceipt
from worker.cashbox.failures import note_recovery, rest_or_pause, tell_breaker
from worker.cashbox.shift.reports import ShiftHasUnknown, close_shift
from worker.cashbox.shift.rows import EXPIRED
from worker.issue.lost_answer import find_document
from worker.issue.next_receipt import Work, announce_again
from worker.issue.outcomes import save_dead, save_issued, save_not_found, save_retry, save_unknown
from worker.services import Services
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import (
    AlreadyIssued,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    ShiftExpired,
    UnknownVendorCode,
    WebkassaError,
)
from worker.webkassa.retry_policy import ASK_AGAIN_SECONDS, DeadLetter, RetryIn, Snooze, decide_retry
from worker.webkassa.schemas import FiscalReceipt, UnreadableAnswer, read_check_data

log = get_logger(__name__)

# Webkassa's code for an operation that the cashier's rights leave out.
NO_RIGHT = "4"


class Issued(NamedTuple):
    """Webkassa's answer to a receipt: the document, and what it was read from."""

    document: FiscalReceipt
    answer: Any


def send(clients: CashboxClients, work: Work) -> Issued:
    """The call and nothing else. Raises WebkassaError."""
    return Issued(*clients.open(work.receipt.cashbox_id).check(work.receipt.request))


def save_answer(connection: Connection, work: Work, issued: Issued) -> None:
    close_log(connection, _log_id(work), CallOutcome.ISSUED, response=issued.answer)
    _save_document(connection, work, issued.document)


def _save_document(connection: Connection, work: Work, document: FiscalReceipt) -> None:
    save_issued(connection, work.receipt, document)
    if work.is_unwell:
        note_recovery(connection, work.receipt.cashbox_id)


# What Webkassa calls issued already may be shown by its lookups some minutes later only.
LOOKUPS_LAG = timedelta(minutes=10)
LOOK_AGAIN_SECONDS = 15.0


def settle_failure(services: Services, claim: CashboxClaim, work: Work, error: WebkassaError) -> float | None:
    """Returns the seconds until the next look at this receipt, None when there is none. Raises ClaimLost."""
    if isinstance(error, AlreadyIssued):
        return _take_duplicate(services, claim, work, error)
    if isinstance(error, ShiftExpired):
        return _renew_shift(services, claim, work, error)
    return _fail(services, claim, work, error)


def ask(services: Services, claim: CashboxClaim, work: Work) -> float | None:
    """What became of an attempt whose answer was lost?"""
    receipt = work.receipt
    try:
        document = find_document(services.sessions, services.clients, claim, work.cashbox_number, receipt)
    except WebkassaError as error:
        return _fail(services, claim, work, error)
    services.breaker.record_success(claim.cashbox_id)
    with begin(services.sessions) as connection:
        if document is not None:
            _save_document(connection, work, document)
        elif receipt.error_kind == AlreadyIssued.__name__ and utc_now() - receipt.budget_starts_at < LOOKUPS_LAG:
            claim_of_webkassa = AlreadyIssued(receipt.error_text or "", code=receipt.error_code)
            save_unknown(connection, receipt, claim_of_webkassa, LOOK_AGAIN_SECONDS, counts=False)
            return LOOK_AGAIN_SECONDS
        else:
            _save_not_there(connection, receipt)
    return None


def _take_duplicate(services: Services, claim: CashboxClaim, work: Work, error: AlreadyIssued) -> float | None:
    """Code 14 is success when it brings the receipt along; else the receipt is looked up, never sent under a new number."""
    data = error.response.get("Data") if isinstance(error.response, dict) else None
    try:
        document = read_check_data(data)
    except UnreadableAnswer:
        return _fail(services, claim, work, error)
    services.breaker.record_success(claim.cashbox_id)
    with begin(services.sessions) as connection:
        close_log(connection, _log_id(work), CallOutcome.DUPLICATE, error=error)
        _save_document(connection, work, document)
    return None


def _renew_shift(services: Services, claim: CashboxClaim, work: Work, error: ShiftExpired) -> float | None:
    """Code 11: nothing was issued. Close the shift and send once more; never under an unknown outcome.

    Raises ClaimLost before either call: the new holder finds the receipt and asks for it.
    """
    claim.confirm()
    try:
        close_shift(
            services.sessions, services.clients, claim, work.cashbox_number, by=EXPIRED, refused_receipt_id=work.receipt.id
        )
    except ShiftHasUnknown:
        return _fail(services, claim, work, error)
    except OutcomeUnknown as failure:  # of the report; the receipt itself was refused for certain
        rest_or_pause(services, claim, failure, is_outage=tell_breaker(services.breaker, claim.cashbox_id, failure))
        return _fail(services, claim, work, error)
    except WebkassaError as failure:
        return _fail(services, claim, work, failure)
    claim.confirm()
    with begin(services.sessions) as connection:
        close_log(connection, _log_id(work), CallOutcome.REJECTED, error=error)
        again = announce_again(connection, work)
    return _send_into_new_shift(services, claim, again)


def _send_into_new_shift(services: Services, claim: CashboxClaim, work: Work) -> float | None:
    try:
        issued = send(services.clients, work)
    except AlreadyIssued as error:
        return _take_duplicate(services, claim, work, error)
    except WebkassaError as error:
        return _fail(services, claim, work, error)
    services.breaker.record_success(claim.cashbox_id)
    with begin(services.sessions) as connection:
        save_answer(connection, work, issued)
    return None


def _save_not_there(connection: Connection, receipt: DueReceipt) -> None:
    """Not issued, so the same number may go out again; unless Webkassa answered that it will not take it."""
    if receipt.error_kind not in (AlreadyIssued.__name__, UnknownVendorCode.__name__):
        save_not_found(connection, receipt)
        return
    claims_to_exist = receipt.error_kind == AlreadyIssued.__name__
    error = ReceiptRejected(receipt.error_text or "", code=receipt.error_code)
    reason = f"{error}; {'but no shift has it' if claims_to_exist else 'not issued'}"
    save_dead(connection, receipt, error, reason, is_unknown=claims_to_exist)


def _fail(services: Services, claim: CashboxClaim, work: Work, error: WebkassaError) -> float | None:
    """Decides what a failed call leads to and writes it down. Returns the seconds to wait, None for never."""
    receipt = work.receipt
    error = _blame_rights(work, error)
    is_outage = tell_breaker(services.breaker, claim.cashbox_id, error)
    rest_or_pause(services, claim, error, is_outage=is_outage)
    may_exist = work.must_ask or isinstance(error, OutcomeUnknown | AlreadyIssued)
    decision = decide_retry(
        error,
        receipt.budget_used,
        utc_now() - receipt.budget_starts_at,
        services.budget,
        attempts=receipt.attempts,
        is_outage=is_outage,
        may_exist=may_exist,
        rng=services.rng,
    )
    log.warning(
        "attempt failed",
        receipt_id=receipt.id,
        cashbox_id=claim.cashbox_id,
        attempt=receipt.attempts,
        error=type(error).__name__,
        code=error.code,
        decision=type(decision).__name__,
    )
    with begin(services.sessions) as connection:
        if work.log_id is not None:
            close_log(connection, work.log_id, outcome_of(error), error=error)
        return _save_decision(connection, receipt, error, decision, claim.rest_seconds, may_exist=may_exist)


def _blame_rights(work: Work, error: WebkassaError) -> WebkassaError:
    """Returns and questions are rights of their own: a cashier without them may sell, and sales are not held up for them.

    A return goes to a person. A question stays open: trouble with it never ends a receipt that may exist.
    """
    if not isinstance(error, RegisterRefused) or error.code != NO_RIGHT:
        return error
    if work.must_ask:
        return OutcomeUnknown(error.text, code=error.code, response=error.response)
    if work.receipt.kind == ReceiptKind.RETURN:
        return ReceiptRejected(error.text, code=error.code, response=error.response)
    return error


def _save_decision(
    connection: Connection,
    receipt: DueReceipt,
    error: WebkassaError,
    decision: RetryIn | Snooze | DeadLetter,
    rest_seconds: float,
    *,
    may_exist: bool,
) -> float | None:
    if isinstance(decision, DeadLetter):
        save_dead(connection, receipt, error, decision.reason, is_unknown=may_exist)
        return None
    seconds = max(decision.seconds, rest_seconds)
    counts = isinstance(decision, RetryIn)
    if may_exist:
        if seconds < ASK_AGAIN_SECONDS:
            # Asking is harmless and settles the shift, so it is not put off as long as sending again would be.
            seconds = max(min(seconds, 15.0), rest_seconds, error.retry_after or 0.0)
        save_unknown(connection, receipt, _remember(receipt, error), seconds, counts=counts)
    else:
        save_retry(connection, receipt, error, seconds, counts=counts)
    return seconds


def _remember(receipt: DueReceipt, error: WebkassaError) -> WebkassaError:
    """A failed lookup must not blot out why the receipt is looked for: that decides what `not found` means."""
    if receipt.error_kind == AlreadyIssued.__name__ and not isinstance(error, AlreadyIssued):
        return AlreadyIssued(receipt.error_text or "", code=receipt.error_code)
    if receipt.error_kind == UnknownVendorCode.__name__ and not isinstance(error, UnknownVendorCode):
        return UnknownVendorCode(receipt.error_text or "", code=receipt.error_code)
    return error


def _log_id(work: Work) -> int:
    assert work.log_id is not None
    return work.log_id
