"""What a call's end means for the rows: the only place that changes the state of a receipt after an attempt.

Good news is written whoever brings it: a document that exists at Webkassa exists. Everything else only by the holder of
the claim, so that a worker that woke up late cannot undo what its successor did.
"""

from dataclasses import fields
from datetime import timedelta
from typing import Any

from sqlalchemy import Boolean, DateTime, bindparam, case, func, update
from sqlalchemy.dialects.postgresql import array, insert

from shared.fiscal.statuses import ReceiptState, RecordState
from shared.logging import get_logger
from shared.storage.db import Executor
from shared.storage.models import PrintLayout, Receipt, ReceiptPaper, WebhookRecord
from shared.storage.models.paper.print_layout import PaperForm, PrintLanguage
from shared.storage.statements import table_of
from worker.cashbox.due_receipt import DueReceipt
from worker.cashbox.shift.rows import note_document
from worker.issue.make_return import settle_basis
from worker.issue.metrics import count_failed, count_issued
from worker.receipt.paper import Paper
from worker.salon.customer.addressee import ADDRESS_FIELDS
from worker.webkassa.errors import WebkassaError
from worker.webkassa.schemas import FiscalReceipt

log = get_logger(__name__)

_MAX_REASON = 500

_receipts = table_of(Receipt)
_deliveries = table_of(WebhookRecord)
_SAVE_ISSUED = (
    update(_receipts)
    .where(_receipts.c.id == bindparam("receipt"), _receipts.c.state != ReceiptState.ISSUED)
    .values(
        state=ReceiptState.ISSUED,
        fiscal_number=bindparam("fiscal_number"),
        registration_number=bindparam("registration_number"),
        shift_number=bindparam("shift_number"),
        check_order_number=bindparam("check_order_number"),
        offline_mode=bindparam("offline_mode"),
        issued_at=func.coalesce(bindparam("issued_at", type_=DateTime(timezone=True)), func.now()),
        issued_at_text=bindparam("issued_at_text"),
        receipt_url=bindparam("receipt_url"),
        print_url=bindparam("print_url"),
        warning=bindparam("warning"),
        claim_id=None,
        sending_since=None,
        unknown_since=None,
        next_attempt_at=None,
        error_kind=None,
        error_code=None,
        error_text=None,
    )
    .returning(_receipts.c.id)
)
# The deliveries that wait for a receipt share its fate; those that ended otherwise are left alone. A statement of its own:
# in one with the receipt's it would not see a delivery that joined while the receipt's waited for that decision's lock.
_MOVE_DELIVERIES = (
    update(_deliveries)
    .where(
        _deliveries.c.receipt_id == bindparam("receipt"),
        _deliveries.c.state.in_((RecordState.PROCESSING, RecordState.RETRYING, RecordState.DEAD_LETTERED)),
        # A contradiction found when the delivery was decided is not settled by the receipt's own fate.
        _deliveries.c.error_code.is_(None) | (_deliveries.c.error_code != "difference"),
    )
    .values(
        state=bindparam("to"),
        reason=bindparam("reason"),
        error_code=bindparam("code"),
        processed_at=case((bindparam("ended", type_=Boolean), func.now())),
        dead_letter_sent_at=None,
        next_attempt_at=case((bindparam("is_dead", type_=Boolean), func.now())),
    )
)


_ADD_PAPER = insert(table_of(ReceiptPaper)).on_conflict_do_nothing(index_elements=["receipt_id"])
_ADD_LAYOUT = (
    insert(table_of(PrintLayout))
    .values(form=PaperForm.ROLL_80, language=PrintLanguage.OWN, fetched_at=func.now())
    .on_conflict_do_nothing(index_elements=["receipt_id", "form", "language"])
)


def save_issued(executor: Executor, receipt: DueReceipt, document: FiscalReceipt) -> bool:
    """False when it was known already. A document of another total is kept, and shown to a person.

    Raises IntegrityError for a fiscal number that the register gave to another receipt before.
    """
    differs = document.total is not None and document.total != receipt.total
    reason = f"Webkassa has {document.total} ₸ under {receipt.external_check_number}, we sent {receipt.total} ₸"
    move = (RecordState.DEAD_LETTERED, reason, "difference") if differs else (RecordState.PROCESSED, None, None)
    values = {
        "receipt": receipt.id,
        "fiscal_number": document.fiscal_number,
        "registration_number": document.registration_number,
        "shift_number": document.shift_number,
        "check_order_number": document.check_order_number,
        "offline_mode": document.offline_mode,
        "issued_at": document.issued_at,
        "issued_at_text": document.issued_at_text,
        "receipt_url": document.receipt_url,
        "print_url": document.print_url,
        "warning": document.warning,
    }
    if executor.execute(_SAVE_ISSUED, values).first() is None:
        return False
    _move_deliveries(executor, receipt.id, *move)
    _save_paper(executor, receipt.id, document.paper)
    note_document(executor, receipt.cashbox_id, document.shift_number, document.issued_at, document.registration_number)
    if receipt.basis_receipt_id is not None:
        settle_basis(executor, receipt.basis_receipt_id)
    count_issued(receipt)
    if differs:
        log.error("receipt differs", receipt_id=receipt.id)
    log.info("receipt issued", receipt_id=receipt.id, fiscal_number=document.fiscal_number, attempts=receipt.attempts)
    return True


def _save_paper(executor: Executor, receipt_id: int, paper: Paper) -> None:
    """What the customer gets to see. A lookup brings no lines: they are fetched when somebody prints."""
    told = {field.name: getattr(paper, field.name) for field in fields(Paper) if field.name != "layout"}
    executor.execute(_ADD_PAPER, {"receipt_id": receipt_id, **told})
    if paper.layout:
        executor.execute(_ADD_LAYOUT, {"receipt_id": receipt_id, "lines": [line.as_json() for line in paper.layout]})


def save_retry(executor: Executor, receipt: DueReceipt, error: WebkassaError, seconds: float, *, counts: bool) -> None:
    """Nothing was issued; again after `seconds`."""
    saved = _save(
        executor,
        receipt,
        error,
        state=ReceiptState.PENDING,
        sending_since=None,
        unknown_since=None,
        next_attempt_at=func.now() + timedelta(seconds=seconds),
        budget_used=Receipt.budget_used + (1 if counts else 0),
    )
    if saved:
        count_failed("retry")
        _move_deliveries(executor, receipt.id, RecordState.RETRYING, str(error), error.code)


def save_without_addresses(executor: Executor, receipt: DueReceipt, error: WebkassaError) -> None:
    """Nothing was issued, and the customer's addresses may be why: from now on it goes without them."""
    saved = _save(
        executor,
        receipt,
        error,
        state=ReceiptState.PENDING,
        sending_since=None,
        unknown_since=None,
        next_attempt_at=func.now(),
        request=Receipt.request.op("-")(array(ADDRESS_FIELDS)),
    )
    if saved:
        count_failed("retry")
        _move_deliveries(executor, receipt.id, RecordState.RETRYING, str(error), error.code)


def save_unknown(executor: Executor, receipt: DueReceipt, error: WebkassaError, seconds: float, *, counts: bool) -> None:
    """It may have been issued: the next step is a question, after `seconds`."""
    saved = _save(
        executor,
        receipt,
        error,
        state=ReceiptState.UNKNOWN,
        sending_since=None,
        unknown_since=func.coalesce(Receipt.unknown_since, func.now()),
        next_attempt_at=func.now() + timedelta(seconds=seconds),
        budget_used=Receipt.budget_used + (1 if counts else 0),
    )
    if saved:
        count_failed("unknown")
        _move_deliveries(executor, receipt.id, RecordState.RETRYING, str(error), error.code)


def save_not_found(executor: Executor, receipt: DueReceipt, *, counts: bool) -> None:
    """Asked, and it does not exist: the same number may be sent again."""
    executor.execute(
        update(Receipt)
        .where(Receipt.id == receipt.id, Receipt.claim_id == receipt.claim_id, Receipt.state != ReceiptState.ISSUED)
        .values(
            state=ReceiptState.PENDING,
            sending_since=None,
            unknown_since=None,
            next_attempt_at=func.now(),
            budget_used=Receipt.budget_used + (1 if counts else 0),
        )
    )


def save_dead(executor: Executor, receipt: DueReceipt, error: WebkassaError, reason: str, *, is_unknown: bool) -> None:
    """A person is needed. A receipt that may exist stays `unknown`, so that nothing sends it again unasked."""
    saved = _save(
        executor,
        receipt,
        error,
        state=ReceiptState.UNKNOWN if is_unknown else ReceiptState.REJECTED,
        sending_since=None,
        unknown_since=func.coalesce(Receipt.unknown_since, func.now()) if is_unknown else None,
        next_attempt_at=None,
    )
    if not saved:
        return
    count_failed("dead")
    _move_deliveries(executor, receipt.id, RecordState.DEAD_LETTERED, reason, error.code or type(error).__name__)
    log.error("dead letter", receipt_id=receipt.id, code=error.code, reason=reason)


def _save(executor: Executor, receipt: DueReceipt, error: WebkassaError, **values: Any) -> bool:
    """False when the claim was lost meanwhile: its new holder speaks for the receipt, and for the deliveries that wait."""
    saved = executor.execute(
        update(Receipt)
        .where(Receipt.id == receipt.id, Receipt.claim_id == receipt.claim_id, Receipt.state != ReceiptState.ISSUED)
        .values(
            error_kind=type(error).__name__,
            error_code=error.code,
            error_text=error.text[:_MAX_REASON],
            **values,
        )
    )
    return bool(saved.rowcount)  # type: ignore[attr-defined]


def _move_deliveries(executor: Executor, receipt_id: int, state: RecordState, reason: str | None, code: str | None) -> None:
    values = {
        "receipt": receipt_id,
        "to": state,
        "reason": reason[:_MAX_REASON] if reason else None,
        "code": code,
        "ended": state in (RecordState.PROCESSED, RecordState.DEAD_LETTERED),
        "is_dead": state is RecordState.DEAD_LETTERED,
    }
    executor.execute(_MOVE_DELIVERIES, values)
