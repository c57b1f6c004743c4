"""What a failed attempt or question leads to: again soon, later, or a person; and what is remembered of it."""

from copy import copy

from sqlalchemy import Connection

from shared.fiscal.statuses import ReceiptKind
from shared.logging import get_logger
from worker.cashbox.calls import outcome_of, write_end
from worker.cashbox.claim import CashboxClaim
from worker.cashbox.due_receipt import DueReceipt
from worker.cashbox.failures import rest_or_pause, tell_breaker
from worker.issue.next_receipt import Work
from worker.issue.outcomes import save_dead, save_retry, save_unknown, save_without_addresses
from worker.issue.saving import save
from worker.salon.customer.addressee import ADDRESS_FIELDS
from worker.services import Services
from worker.webkassa.errors import (
    AlreadyIssued,
    NotBelieved,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    UnknownVendorCode,
    WebkassaError,
)
from worker.webkassa.retry_policy import (
    ASK_AGAIN_SECONDS,
    DeadLetter,
    RetryIn,
    Snooze,
    backoff_seconds,
    decide_retry,
)

log = get_logger(__name__)

# Webkassa's code for an operation that the cashier's rights leave out.
NO_RIGHT = "4"
# And for a request that breaks one of its rules.
INVALID = "9"


def fail(services: Services, claim: CashboxClaim, work: Work, error: WebkassaError) -> float | None:
    """Decides what a failed call leads to and writes it down. Returns the seconds to wait, None for never."""
    receipt = work.receipt
    error = _blame_rights(work, error)
    if isinstance(error, NotBelieved):
        services.clients.open(claim.cashbox_id).drop_connections()
    is_outage = tell_breaker(services.breaker, claim.cashbox_id, error)
    rest_or_pause(services, claim, error, is_outage=is_outage)
    may_exist = work.must_ask or isinstance(error, OutcomeUnknown | AlreadyIssued)
    decision = _decide(services, work, error, is_outage=is_outage, may_exist=may_exist)
    log.warning(
        "attempt failed",
        receipt_id=receipt.id,
        cashbox_id=claim.cashbox_id,
        attempt=receipt.attempts,
        error=type(error).__name__,
        code=error.code,
        decision=type(decision).__name__,
    )

    def write(connection: Connection, told: WebkassaError) -> float | None:
        if work.log_id is not None:
            write_end(connection, work.log_id, outcome_of(told), error=told)
        said = DeadLetter(str(told)) if isinstance(decision, DeadLetter) and told is not error else decision
        return _save_decision(connection, work, told, said, claim.rest_seconds, may_exist=may_exist)

    return save(services.sessions, write, error, without_words)


def _decide(
    services: Services, work: Work, error: WebkassaError, *, is_outage: bool, may_exist: bool
) -> RetryIn | Snooze | DeadLetter:
    receipt, budget = work.receipt, services.budget
    if isinstance(error, NotBelieved):
        # What is found costs nothing. A question that brings something else may do so for ever, and is counted.
        if not work.must_ask:
            return Snooze(backoff_seconds(receipt.budget_used, budget, services.rng))
        if receipt.budget_used + 1 >= budget.max_attempts:
            return DeadLetter(f"gave up after {receipt.budget_used + 1} attempts: {error}")
        return RetryIn(backoff_seconds(receipt.budget_used, budget, services.rng))
    return decide_retry(
        error,
        receipt.budget_used,
        receipt.taken_at - receipt.budget_starts_at,
        budget,
        attempts=receipt.attempts,
        is_outage=is_outage,
        may_exist=may_exist,
        rng=services.rng,
    )


def without_words(error: WebkassaError) -> WebkassaError:
    """Returns the same error with words of ours, for where the vendor's cannot be saved."""
    bare = copy(error)
    bare.text, bare.response = "Webkassa's words could not be saved", None
    return bare


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
    work: Work,
    error: WebkassaError,
    decision: RetryIn | Snooze | DeadLetter,
    rest_seconds: float,
    *,
    may_exist: bool,
) -> float | None:
    receipt = work.receipt
    # A failed lookup must not blot out why the receipt is looked for: that decides what `not found` means.
    remembered = (recall(receipt) if work.must_ask else None) or error
    if isinstance(decision, DeadLetter) and not may_exist and _may_be_for_addresses(receipt, error):
        save_without_addresses(connection, receipt, error)
        return 0.0
    if isinstance(decision, DeadLetter):
        save_dead(connection, receipt, remembered, decision.reason, is_unknown=may_exist)
        return None
    seconds = max(decision.seconds, rest_seconds)
    counts = isinstance(decision, RetryIn)
    if may_exist:
        if seconds < ASK_AGAIN_SECONDS:
            # Asking is harmless and settles the shift, so it is not put off as long as sending again would be.
            seconds = max(min(seconds, 15.0), rest_seconds, error.retry_after or 0.0)
        save_unknown(connection, receipt, remembered, seconds, counts=counts)
    else:
        save_retry(connection, receipt, error, seconds, counts=counts)
    return seconds


def _may_be_for_addresses(receipt: DueReceipt, error: WebkassaError) -> bool:
    """Webkassa's words for them are not documented, so each refusal by a rule of the request may be about them."""
    is_rule = isinstance(error, ReceiptRejected) and error.code == INVALID
    return is_rule and any(name in receipt.request for name in ADDRESS_FIELDS)


_REASONS: dict[str, type[WebkassaError]] = {
    reason.__name__: reason for reason in (AlreadyIssued, UnknownVendorCode, NotBelieved)
}


def recall(receipt: DueReceipt) -> WebkassaError | None:
    """What the attempt before the question ended with, where that matters to what the answer means."""
    reason = _REASONS.get(receipt.error_kind or "")
    return reason(receipt.error_text or "", code=receipt.error_code) if reason else None
