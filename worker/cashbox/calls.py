"""Writes one row of `fiscalization_logs` for every call that names a cashbox: pending before it leaves, its outcome after
it.
"""

from typing import Any

from sqlalchemy import bindparam, func, insert, update
from sqlalchemy.exc import StatementError

from shared.fiscal.statuses import CallOutcome
from shared.logging import get_logger, mask
from shared.storage.db import Executor, is_fault_of_data
from shared.storage.models import FiscalizationLog
from shared.storage.statements import table_of
from worker.cashbox.due_receipt import DueReceipt
from worker.webkassa.errors import (
    AlreadyIssued,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    ShiftExpired,
    ShiftNotOpen,
    WebkassaError,
)

log = get_logger(__name__)

CHECK = "check"
LOOKUP = "lookup"
Z_REPORT = "z_report"
X_REPORT = "x_report"
CLIENT_INFO = "client_info"
MONEY = "money_operation"
HISTORY = "check_history"
PRINT = "print_format"
_MAX_TEXT = 500

_table = table_of(FiscalizationLog)
_OPEN = insert(_table).returning(_table.c.id)
_CLOSE = (
    update(_table)
    .where(_table.c.id == bindparam("log"))
    .values(
        outcome=bindparam("outcome"),
        response=bindparam("response"),
        error_code=bindparam("error_code"),
        error_text=bindparam("error_text"),
        finished_at=func.now(),
    )
)


def open_log(
    executor: Executor, operation: str, cashbox_id: int, request: dict[str, Any], receipt: DueReceipt | None = None
) -> int:
    """Adds the pending row of a call and returns its id; the caller commits before it calls. Secrets are masked.

    A receipt that is sent has its row written by `worker.issue.next_receipt`, with the announcement.
    """
    values = {
        "operation": operation,
        "cashbox_id": cashbox_id,
        "receipt_id": receipt.id if receipt else None,
        "external_check_number": receipt.external_check_number if receipt else None,
        "attempt": receipt.attempts if receipt else 1,
        "request": mask(request, personal=False),
    }
    log_id: int = executor.execute(_OPEN, values).scalar_one()
    return log_id


def write_end(
    executor: Executor,
    log_id: int,
    outcome: CallOutcome,
    *,
    response: Any = None,
    error: WebkassaError | None = None,
    text: str | None = None,
) -> None:
    """Writes how the call ended: its outcome, and what was answered, or went wrong. `text`: a warning beside a success.

    For a transaction that is repeated where the words cannot be saved (`worker.issue.saving`).
    """
    words = error.text if error else text
    values = {
        "log": log_id,
        "outcome": outcome,
        "response": mask(response if response is not None else error.response if error else None, personal=False),
        "error_code": error.code if error else None,
        "error_text": words[:_MAX_TEXT] if words else None,
    }
    executor.execute(_CLOSE, values)


def close_log(executor: Executor, log_id: int, outcome: CallOutcome, **told: Any) -> None:
    """Does the same for every other transaction: where the words cannot be saved, it writes the outcome alone."""
    try:
        with executor.begin_nested():
            write_end(executor, log_id, outcome, **told)
    except (StatementError, ValueError) as error:
        if not is_fault_of_data(error):
            raise
        log.error("saved without the vendor's words", log_id=log_id, error=type(error).__name__)
        write_end(executor, log_id, outcome)


def outcome_of(error: WebkassaError) -> CallOutcome:
    """Returns the outcome to be noted for a failed call."""
    if isinstance(error, AlreadyIssued):
        return CallOutcome.DUPLICATE
    if isinstance(error, OutcomeUnknown):
        return CallOutcome.UNKNOWN
    if isinstance(error, ReceiptRejected | RegisterRefused | ShiftExpired | ShiftNotOpen):
        return CallOutcome.REJECTED
    return CallOutcome.UNAVAILABLE
