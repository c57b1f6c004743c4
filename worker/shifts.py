"""Closing a shift: the Z-report, never while an outcome on that cashbox is unknown.

A receipt whose answer was lost may be in the old shift; where Webkassa's numbers are unique per shift only, closing it would
open the way for a second receipt of the same sale.
"""

from sqlalchemy import func, or_, select

from shared.logging import get_logger
from shared.models import Receipt
from shared.statuses import OPEN_RECEIPT_STATES, CallOutcome, ReceiptState
from worker.call_log import Z_REPORT, close_log, open_log, outcome_of
from worker.cashbox_lock import CashboxClaim
from worker.services import Services
from worker.webkassa.errors import ShiftNotOpen, WebkassaError

log = get_logger(__name__)


class ShiftHasUnknown(Exception):
    """Receipts of this cashbox have to be found first."""


def close_shift(
    services: Services, claim: CashboxClaim, cashbox_number: str, *, refused_receipt_id: int | None = None
) -> dict[str, object] | None:
    """The Z-report's data, or None when the shift was closed already. Raises ShiftHasUnknown, WebkassaError.

    `refused_receipt_id`: the receipt Webkassa has just refused because the shift is over. Then the shift has to be closed
    or nothing is ever sold again, so an unknown receipt that was given up to a person does not stand in the way: it was
    asked for, nothing sends it unasked, and the question goes over closed shifts as well.
    """
    if _has_unknown(services, claim.cashbox_id, refused_receipt_id):
        raise ShiftHasUnknown
    with services.sessions.begin() as session:
        log_id = open_log(session, Z_REPORT, claim.cashbox_id, {"CashboxUniqueNumber": cashbox_number})
    try:
        report = services.webkassa_of(claim.cashbox_id).close_shift(cashbox_number)
    except ShiftNotOpen as error:
        with services.sessions.begin() as session:
            close_log(session, log_id, CallOutcome.ISSUED, error=error)
        return None
    except WebkassaError as error:
        with services.sessions.begin() as session:
            close_log(session, log_id, outcome_of(error), error=error)
        raise
    with services.sessions.begin() as session:
        close_log(session, log_id, CallOutcome.ISSUED, response=report)
    log.info("shift closed", cashbox_id=claim.cashbox_id, shift=report.get("ShiftNumber"))
    return report


def _has_unknown(services: Services, cashbox_id: int, refused_receipt_id: int | None) -> bool:
    unsettled = select(func.count()).where(
        Receipt.cashbox_id == cashbox_id,
        Receipt.state.in_(OPEN_RECEIPT_STATES),
        or_(Receipt.state == ReceiptState.UNKNOWN, Receipt.sending_since.is_not(None)),
    )
    if refused_receipt_id is not None:
        unsettled = unsettled.where(Receipt.id != refused_receipt_id, Receipt.next_attempt_at.is_not(None))
    with services.sessions() as session:
        return bool(session.scalar(unsettled))
