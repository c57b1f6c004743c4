"""Makes the reports of a cashbox: the Z-report, which closes the shift, and the X-report, which only looks.

A shift is never closed while an outcome on its cashbox is unknown. A receipt whose answer was lost may be in the old shift;
where Webkassa's numbers are unique per shift only, closing it would open the way for a second receipt of the same sale.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from shared.fiscal.statuses import OPEN_RECEIPT_STATES, CallOutcome, ReceiptState
from shared.fiscal.z_report import ReportSums, read_report
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import CashboxOrder, Receipt, Shift
from shared.storage.models.desk.cashbox_order import OrderState
from worker.cashbox.calls import X_REPORT, Z_REPORT, close_log, open_log, outcome_of
from worker.cashbox.claim import CashboxClaim
from worker.cashbox.failures import seconds_to_rest
from worker.cashbox.shift.rows import (
    ELSEWHERE,
    find_open_shift,
    find_reported_shift,
    save_closed,
    save_closed_without_report,
)
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import OutcomeUnknown, ShiftNotOpen, WebkassaError

log = get_logger(__name__)

# Asked for so often and so long in vain, an unknown receipt does not keep a shift open that Webkassa takes nothing more on.
LOOKUPS_ENOUGH = 10
ASKED_ENOUGH_AFTER = timedelta(hours=1)


class ShiftHasUnknown(Exception):
    """Raised where receipts or cash movements of this cashbox have to be settled before its shift is closed."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Describes how a shift was found or made closed. `report` is Webkassa's, None when it is gone.

    `was_closed_before`: by somebody else. `answer_lost`: our Z-report closed it, and we learned that by asking.
    """

    report: dict[str, Any] | None
    was_closed_before: bool
    answer_lost: bool

    @property
    def shift_number(self) -> int | None:
        """Returns the number of the shift, None without a report."""
        return read_report(self.report).shift_number if self.report else None


def close_shift(
    sessions: SessionFactory,
    clients: CashboxClients,
    claim: CashboxClaim,
    cashbox_number: str,
    *,
    by: str,
    refused_receipt_id: int | None = None,
) -> Closed:
    """Sends the Z-report and stores it with its shift. Raises ShiftHasUnknown, WebkassaError.

    `by` goes into `shifts.closed_by`. `refused_receipt_id`: the receipt Webkassa has just refused because the shift is over.
    Then the shift has to be closed or nothing is ever sold again, so an unknown receipt that was given up, or asked for in
    vain for long, does not stand in the way: nothing sends it unasked, and the question goes over closed shifts as well.
    """
    if has_unknown(sessions, claim.cashbox_id, refused_receipt_id):
        raise ShiftHasUnknown
    was_asked = _note_closing(sessions, claim.cashbox_id)
    client = clients.open(claim.cashbox_id)
    try:
        report = _call(sessions, claim, Z_REPORT, cashbox_number, client.close_shift)
    except ShiftNotOpen:
        closed_by = by if was_asked else ELSEWHERE
        return _save_found_closed(sessions, clients, claim, cashbox_number, closed_by, answer_lost=was_asked)
    except OutcomeUnknown as error:
        return _ask_whether_closed(sessions, clients, claim, cashbox_number, by, error)
    except WebkassaError:
        if not was_asked:
            _take_back(sessions, claim.cashbox_id)
        raise
    with sessions.begin() as session:
        save_closed(session, claim.cashbox_id, report, by, answer_lost=False)
    log.info("shift closed", cashbox_id=claim.cashbox_id, shift=report.get("ShiftNumber"), by=by)
    return Closed(report, was_closed_before=False, answer_lost=False)


def take_x_report(
    sessions: SessionFactory, clients: CashboxClients, claim: CashboxClaim, cashbox_number: str
) -> dict[str, Any]:
    """Returns the X-report as Webkassa sends it. Raises ShiftNotOpen on a cashbox without any shift, WebkassaError."""
    return _call(sessions, claim, X_REPORT, cashbox_number, clients.open(claim.cashbox_id).x_report)


def _call(
    sessions: SessionFactory,
    claim: CashboxClaim,
    operation: str,
    cashbox_number: str,
    ask: Callable[[str], dict[str, Any]],
) -> dict[str, Any]:
    """One call with its row before and after it."""
    with sessions.begin() as session:
        log_id = open_log(session, operation, claim.cashbox_id, {"CashboxUniqueNumber": cashbox_number})
    try:
        report = ask(cashbox_number)
    except WebkassaError as error:
        outcome = CallOutcome.ISSUED if isinstance(error, ShiftNotOpen) else outcome_of(error)
        with sessions.begin() as session:
            close_log(session, log_id, outcome, error=error)
        raise
    with sessions.begin() as session:
        close_log(session, log_id, CallOutcome.ISSUED, response=report)
    return report


def _ask_whether_closed(
    sessions: SessionFactory,
    clients: CashboxClients,
    claim: CashboxClaim,
    cashbox_number: str,
    by: str,
    error: OutcomeUnknown,
) -> Closed:
    """The answer to the Z-report was lost. Asked at once, before a sale opens the next shift and hides the report.

    Raises the error itself while Webkassa does not say that the shift is closed.
    """
    time.sleep(seconds_to_rest(error))
    try:
        report = take_x_report(sessions, clients, claim, cashbox_number)
    except WebkassaError:
        raise error from None
    with sessions() as session:
        shift = find_open_shift(session, claim.cashbox_id)
    told = read_report(report)
    if told.closed_at is None or (shift is not None and not _is_of(told, shift)):
        raise error
    with sessions.begin() as session:
        save_closed(session, claim.cashbox_id, report, by, answer_lost=True)
    log.warning("shift closed, the answer to its Z-report was lost", cashbox_id=claim.cashbox_id, shift=told.shift_number)
    return Closed(report, was_closed_before=False, answer_lost=True)


def _is_of(told: ReportSums, shift: Shift) -> bool:
    """Where either registration number is not known the number decides."""
    registrations = {told.registration_number, shift.registration_number} - {""}
    return told.shift_number == shift.number and len(registrations) <= 1


def _save_found_closed(
    sessions: SessionFactory,
    clients: CashboxClients,
    claim: CashboxClaim,
    cashbox_number: str,
    by: str,
    *,
    answer_lost: bool,
) -> Closed:
    """Webkassa says 12 or 13: closed. The last report can still be read, as long as no document follows."""
    report: dict[str, Any] | None
    try:
        report = take_x_report(sessions, clients, claim, cashbox_number)
    except WebkassaError as error:
        log.warning("the report of a closed shift cannot be read", cashbox_id=claim.cashbox_id, error=type(error).__name__)
        report = None
    with sessions.begin() as session:
        if report is not None and read_report(report).closed_at is not None:
            _save_unless_known(session, claim.cashbox_id, report, by, answer_lost=answer_lost)
        else:
            report = None
            save_closed_without_report(session, claim.cashbox_id, by, answer_lost=answer_lost)
    log.info("shift was closed already", cashbox_id=claim.cashbox_id, by=by, answer_lost=answer_lost)
    return Closed(report, was_closed_before=True, answer_lost=answer_lost)


def _save_unless_known(session: Session, cashbox_id: int, report: dict[str, Any], by: str, *, answer_lost: bool) -> None:
    known = find_reported_shift(session, cashbox_id, report)
    if known is None or known.report is None:
        save_closed(session, cashbox_id, report, by, answer_lost=answer_lost)


def _note_closing(sessions: SessionFactory, cashbox_id: int) -> bool:
    """Whether an earlier Z-report of the open shift is without an answer; from now on there is one under way."""
    with sessions.begin() as session:
        shift = find_open_shift(session, cashbox_id)
        if shift is None:
            return False
        was_asked = shift.closing_since is not None
        shift.closing_since = shift.closing_since or session.scalar(select(func.now()))
    return was_asked


def _take_back(sessions: SessionFactory, cashbox_id: int) -> None:
    with sessions.begin() as session:
        shift = find_open_shift(session, cashbox_id)
        if shift is not None:
            shift.closing_since = None


def has_unknown(sessions: SessionFactory, cashbox_id: int, refused_receipt_id: int | None = None) -> bool:
    """Says whether a receipt or a movement of cash may have happened without our knowledge.

    `refused_receipt_id` is not counted, and neither are receipts given up to a person then.
    """
    unsettled = select(func.count()).where(
        Receipt.cashbox_id == cashbox_id,
        Receipt.state.in_(OPEN_RECEIPT_STATES),
        or_(Receipt.state == ReceiptState.UNKNOWN, Receipt.sending_since.is_not(None)),
    )
    if refused_receipt_id is not None:
        is_asked_enough = (Receipt.lookups >= LOOKUPS_ENOUGH) & (Receipt.unknown_since < func.now() - ASKED_ENOUGH_AFTER)
        unsettled = unsettled.where(Receipt.id != refused_receipt_id, Receipt.next_attempt_at.is_not(None), ~is_asked_enough)
    moving = select(func.count()).where(
        CashboxOrder.cashbox_id == cashbox_id,
        CashboxOrder.state == OrderState.REQUESTED,
        CashboxOrder.sending_since.is_not(None),
    )
    with sessions() as session:
        return bool(session.scalar(unsettled)) or bool(session.scalar(moving))
