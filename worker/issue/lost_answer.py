"""What really happened to a receipt whose answer was lost: asked at Webkassa, shift by shift.

Two ways to ask, because neither is certain: the lookup by external number is missing in older editions of the API and needs
the shift; the history of a shift is documented but lists page by page. A document found by either exists, if it is the one
that was asked for. `Not found` is believed only when no way of asking failed for a passing reason.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, update

from shared.fiscal.statuses import CallOutcome
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import FiscalizationLog, Receipt
from worker.cashbox.calls import LOOKUP, close_log, open_log, outcome_of
from worker.cashbox.claim import CashboxClaim
from worker.cashbox.due_receipt import DueReceipt
from worker.issue.belief import Asked, find_doubt_of_earlier
from worker.webkassa.client import WebkassaClient
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import (
    AlreadyIssued,
    LoginRefused,
    NotBelieved,
    ReceiptRejected,
    RegisterRefused,
    SessionExpired,
    UnknownVendorCode,
    WebkassaError,
)
from worker.webkassa.schemas import FiscalReceipt, Shift

log = get_logger(__name__)

# The current shift and the one before it; more where shifts were closed since the answer was lost.
SHIFTS = 2
MAX_SHIFTS = 10
CLOCK_MARGIN = timedelta(hours=1)
# A new receipt may take a moment to show up in the history; the cashbox stays locked meanwhile.
POLLS = 3


def find_document(
    sessions: SessionFactory,
    clients: CashboxClients,
    claim: CashboxClaim,
    cashbox_number: str,
    receipt: DueReceipt,
    *,
    pause: float,
) -> FiscalReceipt | None:
    """The document of the receipt's number, or None if Webkassa has none. Raises WebkassaError when it cannot tell.

    `pause`: seconds from one look to the next.
    """
    with sessions.begin() as session:
        request = {"CashboxUniqueNumber": cashbox_number, "ExternalCheckNumber": receipt.external_check_number}
        session.execute(
            update(FiscalizationLog)
            .where(FiscalizationLog.receipt_id == receipt.id, FiscalizationLog.outcome == CallOutcome.PENDING)
            .values(outcome=CallOutcome.UNKNOWN, error_text="no outcome was saved", finished_at=func.now())
        )
        log_id = open_log(session, LOOKUP, claim.cashbox_id, request, receipt)
        row = session.get_one(Receipt, receipt.id)
        row.lookups += 1
        by_list_first = row.lookups % 2 == 0
    try:
        document = _poll(clients, cashbox_number, receipt, by_list_first=by_list_first, pause=pause)
    except WebkassaError as error:
        with sessions.begin() as session:
            close_log(session, log_id, outcome_of(error), error=error)
        raise
    with sessions.begin() as session:
        found = {"found": document is not None, "fiscal_number": document.fiscal_number if document else None}
        close_log(session, log_id, CallOutcome.ISSUED if document else CallOutcome.REJECTED, response=found)
    log.info("looked up", receipt_id=receipt.id, found=document is not None)
    return document


def _poll(
    clients: CashboxClients, cashbox_number: str, receipt: DueReceipt, *, by_list_first: bool, pause: float
) -> FiscalReceipt | None:
    client, asked = clients.open(receipt.cashbox_id), Asked.of(receipt, cashbox_number)
    shifts = _choose_shifts(client.list_newest_shifts(cashbox_number), receipt)
    for poll in range(POLLS if shifts else 1):
        if poll:
            time.sleep(pause)
        for shift in shifts:
            document = _find_in_shift(client, asked, shift.number, receipt.taken_at, by_list_first=by_list_first)
            if document is not None:
                return document
    return None


def _choose_shifts(shifts: list[Shift], receipt: DueReceipt) -> list[Shift]:
    """Newest first. A shift that was closed before the receipt was even decided cannot hold it, clocks allowing.

    Where Webkassa says that the number exists, every shift we may ask for.
    """
    if receipt.error_kind == AlreadyIssued.__name__:
        return shifts[:MAX_SHIFTS]
    earliest = receipt.created_at - CLOCK_MARGIN
    later = [shift for shift in shifts[SHIFTS:MAX_SHIFTS] if shift.closed_at is None or shift.closed_at >= earliest]
    return shifts[:SHIFTS] + later


def _find_in_shift(
    client: WebkassaClient, asked: Asked, shift: int, now: datetime, *, by_list_first: bool
) -> FiscalReceipt | None:
    """Raises the first passing failure at once: the register may still be at work on that call. So it may on one whose
    answer was another's; the next look begins with the other way of asking.
    """

    def judge(document: FiscalReceipt) -> str | None:
        return find_doubt_of_earlier(document, asked, shift=shift, now=now)

    ways = client.find_ticket, client.find_in_history
    first, second = reversed(ways) if by_list_first else ways
    document, problem = _try(partial(first, *asked.names, shift, judge))
    if document is not None:
        return document
    if isinstance(problem, NotBelieved):
        raise problem
    document, other_problem = _try(partial(second, *asked.names, shift, judge))
    if document is None and problem and other_problem:
        raise other_problem if isinstance(other_problem, NotBelieved) else problem
    return document


def _try(ask: Callable[[], FiscalReceipt | None]) -> tuple[FiscalReceipt | None, WebkassaError | None]:
    """The answer, or the lasting reason why this way of asking gives none: a right to it may be missing, the call unknown,
    the answer about something else.

    Raises what stands in the way of every question.
    """
    try:
        return ask(), None
    except (LoginRefused, SessionExpired):
        raise
    except (ReceiptRejected, RegisterRefused, UnknownVendorCode, NotBelieved) as error:
        return None, error
