"""One row in `fiscalization_logs` for every call that names a cashbox: pending before it leaves, its outcome after it."""

from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from shared.logging import mask
from shared.models import FiscalizationLog, Receipt
from shared.statuses import CallOutcome
from worker.webkassa.errors import (
    AlreadyIssued,
    OutcomeUnknown,
    ReceiptRejected,
    ShiftExpired,
    ShiftNotOpen,
    WebkassaError,
)

CHECK = "check"
LOOKUP = "lookup"
Z_REPORT = "z_report"
X_REPORT = "x_report"
CLIENT_INFO = "client_info"
MONEY = "money_operation"
HISTORY = "check_history"
_MAX_TEXT = 500


def open_log(
    session: Session, operation: str, cashbox_id: int, request: dict[str, Any], receipt: Receipt | None = None
) -> int:
    """Adds the row and returns its id; the caller commits before it calls."""
    row = FiscalizationLog(
        operation=operation,
        cashbox_id=cashbox_id,
        receipt_id=receipt.id if receipt else None,
        external_check_number=receipt.external_check_number if receipt else None,
        attempt=receipt.attempts if receipt else 1,
        request=mask(request, personal=False),
    )
    session.add(row)
    session.flush()
    return row.id


def close_log(
    session: Session,
    log_id: int,
    outcome: CallOutcome,
    *,
    response: Any = None,
    error: WebkassaError | None = None,
) -> None:
    session.execute(
        update(FiscalizationLog)
        .where(FiscalizationLog.id == log_id)
        .values(
            outcome=outcome,
            response=mask(response if response is not None else error.response if error else None, personal=False),
            error_code=error.code if error else None,
            error_text=error.text[:_MAX_TEXT] if error else None,
            finished_at=func.now(),
        )
    )


def outcome_of(error: WebkassaError) -> CallOutcome:
    if isinstance(error, AlreadyIssued):
        return CallOutcome.DUPLICATE
    if isinstance(error, OutcomeUnknown):
        return CallOutcome.UNKNOWN
    if isinstance(error, ReceiptRejected | ShiftExpired | ShiftNotOpen):
        return CallOutcome.REJECTED
    return CallOutcome.UNAVAILABLE
