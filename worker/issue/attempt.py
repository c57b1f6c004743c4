"""One attempt at a receipt: the call, and what its end leads to. Everything here holds the cashbox's claim."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection

from shared.fiscal.statuses import CallOutcome
from shared.storage.db import SessionFactory, begin
from worker.cashbox.calls import close_log, write_end
from worker.cashbox.claim import CashboxClaim
from worker.cashbox.due_receipt import DueReceipt
from worker.cashbox.failures import note_recovery, rest_or_pause, tell_breaker
from worker.cashbox.shift.reports import ShiftHasUnknown, close_shift
from worker.cashbox.shift.rows import EXPIRED
from worker.issue.belief import Asked, find_doubt, find_doubt_of_earlier
from worker.issue.failure import fail, recall, without_words
from worker.issue.lost_answer import find_document
from worker.issue.next_receipt import Work, announce_again
from worker.issue.outcomes import save_dead, save_issued, save_not_found, save_unknown
from worker.issue.saving import save
from worker.services import Services
from worker.webkassa.answers import find_earlier
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import (
    AlreadyIssued,
    NotBelieved,
    OutcomeUnknown,
    ReceiptRejected,
    ShiftExpired,
    UnknownVendorCode,
    WebkassaError,
)
from worker.webkassa.schemas import FiscalReceipt

Saved = TypeVar("Saved")


class Issued(NamedTuple):
    """Webkassa's answer to a receipt: the document, and what it was read from."""

    document: FiscalReceipt
    answer: Any


def send(clients: CashboxClients, work: Work) -> Issued:
    """The call, and whether its answer is believed. Raises WebkassaError."""
    client, taken_at = clients.open(work.receipt.cashbox_id), work.receipt.taken_at

    def judge(document: FiscalReceipt) -> str | None:
        return find_doubt(document, _describe(work), work.last, sent_at=taken_at, now=taken_at)

    def judge_earlier(document: FiscalReceipt) -> str | None:
        return find_doubt_of_earlier(document, _describe(work), shift=None, now=taken_at)

    return Issued(*client.check(work.receipt.request, judge, judge_earlier))


def save_answer(sessions: SessionFactory, work: Work, issued: Issued, then: Callable[[Connection], Saved]) -> Saved:
    """Writes the success and what `then` does, in one transaction. Raises NotBelieved."""

    def write(connection: Connection, told: Issued) -> Saved:
        warning = told.document.warning
        write_end(connection, work.announced, CallOutcome.ISSUED, response=told.answer, text=warning)
        _write_document(connection, work, told.document)
        return then(connection)

    try:
        return save(sessions, write, issued, lambda told: Issued(_make_bare(told.document), None))
    except NotBelieved as error:
        error.response = {"Data": issued.answer}
        raise


def _save_found(sessions: SessionFactory, work: Work, document: FiscalReceipt, error: WebkassaError | None = None) -> None:
    """Writes a document that code 14 (`error`) or a lookup brought. Raises NotBelieved."""

    def write(connection: Connection, told: tuple[FiscalReceipt, WebkassaError | None]) -> None:
        if told[1] is not None:
            write_end(connection, work.announced, CallOutcome.DUPLICATE, error=told[1])
        _write_document(connection, work, told[0])

    save(sessions, write, (document, error), lambda told: (_make_bare(told[0]), without_words(told[1]) if told[1] else None))


def _write_document(connection: Connection, work: Work, document: FiscalReceipt) -> None:
    if document.registration_number is None:  # what an answer leaves out is as it was
        document = replace(document, registration_number=work.last.registration_number)
    save_issued(connection, work.receipt, document)
    if work.is_unwell:
        note_recovery(connection, work.receipt.cashbox_id)


def _make_bare(document: FiscalReceipt) -> FiscalReceipt:
    """Without its words: what remains is a number that certainly fits."""
    return FiscalReceipt(
        fiscal_number=document.fiscal_number,
        registration_number=None,
        shift_number=document.shift_number,
        check_order_number=document.check_order_number,
        offline_mode=document.offline_mode,
        issued_at=None,
        issued_at_text=None,
        receipt_url=None,
        print_url=None,
        total=document.total,
    )


def _describe(work: Work) -> Asked:
    return Asked.of(work.receipt, work.cashbox_number)


# What Webkassa calls issued already may be shown by its lookups some minutes later only.
LOOKUPS_LAG = timedelta(minutes=10)
LOOK_AGAIN_SECONDS = 15.0


def settle_failure(services: Services, claim: CashboxClaim, work: Work, error: WebkassaError) -> float | None:
    """Returns the seconds until the next look at this receipt, None when there is none. Raises ClaimLost."""
    if isinstance(error, AlreadyIssued):
        return _take_duplicate(services, claim, work, error)
    if isinstance(error, ShiftExpired):
        return _renew_shift(services, claim, work, error)
    return fail(services, claim, work, error)


def ask(services: Services, claim: CashboxClaim, work: Work) -> float | None:
    """What became of an attempt whose answer was lost?"""
    receipt = work.receipt
    try:
        document = find_document(
            services.sessions, services.clients, claim, work.cashbox_number, receipt, pause=services.lookup_pause
        )
    except WebkassaError as error:
        return fail(services, claim, work, error)
    services.breaker.record_success(claim.cashbox_id)
    if document is None:
        return _settle_not_there(services, receipt)
    try:
        _save_found(services.sessions, work, document)
    except NotBelieved as error:
        return fail(services, claim, work, error)
    return None


def _take_duplicate(services: Services, claim: CashboxClaim, work: Work, error: AlreadyIssued) -> float | None:
    """Code 14 is success when it brings the receipt along; else the receipt is looked up, never sent under a new number."""
    document = find_earlier(error)
    if document is None:
        return fail(services, claim, work, error)
    try:
        _save_found(services.sessions, work, document, error)
    except NotBelieved as disbelief:
        disbelief.text, disbelief.response = f"{error}; {disbelief.text}", error.response
        return fail(services, claim, work, disbelief)
    services.breaker.record_success(claim.cashbox_id)
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
        return fail(services, claim, work, error)
    except OutcomeUnknown as failure:  # of the report; the receipt itself was refused for certain
        rest_or_pause(services, claim, failure, is_outage=tell_breaker(services.breaker, claim.cashbox_id, failure))
        return fail(services, claim, work, error)
    except WebkassaError as failure:
        return fail(services, claim, work, failure)
    claim.confirm()
    with begin(services.sessions) as connection:
        close_log(connection, work.announced, CallOutcome.REJECTED, error=error)
        again = announce_again(connection, work)
    return _send_into_new_shift(services, claim, again)


def _send_into_new_shift(services: Services, claim: CashboxClaim, work: Work) -> float | None:
    try:
        save_answer(services.sessions, work, send(services.clients, work), lambda _: None)
    except AlreadyIssued as error:
        return _take_duplicate(services, claim, work, error)
    except WebkassaError as error:
        return fail(services, claim, work, error)
    services.breaker.record_success(claim.cashbox_id)
    return None


def _settle_not_there(services: Services, receipt: DueReceipt) -> float | None:
    """What is shown by no lookup. Returns the seconds until the next one, None where there is none."""
    reason = recall(receipt)
    with begin(services.sessions) as connection:
        if isinstance(reason, AlreadyIssued) and receipt.taken_at - receipt.budget_starts_at < LOOKUPS_LAG:
            save_unknown(connection, receipt, reason, LOOK_AGAIN_SECONDS, counts=False)
            return LOOK_AGAIN_SECONDS
        if isinstance(reason, NotBelieved) and receipt.budget_used + 1 >= services.budget.max_attempts:
            text = f"gave up after {receipt.budget_used + 1} attempts: {reason}; Webkassa shows no receipt of this number"
            save_dead(connection, receipt, reason, text, is_unknown=True)
        else:
            _save_not_there(connection, receipt)
    return None


def _save_not_there(connection: Connection, receipt: DueReceipt) -> None:
    """Not issued, so the same number may go out again; unless Webkassa answered that it will not take it."""
    if receipt.error_kind not in (AlreadyIssued.__name__, UnknownVendorCode.__name__):
        save_not_found(connection, receipt, counts=receipt.error_kind == NotBelieved.__name__)
        return
    claims_to_exist = receipt.error_kind == AlreadyIssued.__name__
    error = ReceiptRejected(receipt.error_text or "", code=receipt.error_code)
    reason = f"{error}; {'but no shift has it' if claims_to_exist else 'not issued'}"
    save_dead(connection, receipt, error, reason, is_unknown=claims_to_exist)
