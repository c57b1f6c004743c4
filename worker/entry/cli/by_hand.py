"""Does what an operator does at a cashbox by hand: ask about unknown receipts, close the shift, take an X-report.

The same door as the workers': nothing here calls Webkassa without the cashbox's claim. `report` is told each line to print.
"""

import contextlib
import getpass
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import func, select, update

from shared.fiscal.statuses import ReceiptState
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Receipt
from worker.cashbox.claim import CashboxClaim, hold_cashbox
from worker.cashbox.shift.check import check_shift
from worker.cashbox.shift.reports import Closed, ShiftHasUnknown, take_x_report
from worker.cashbox.shift.reports import close_shift as send_z_report
from worker.issue.issue_due import issue_due
from worker.services import Services
from worker.webkassa.errors import ShiftNotOpen, WebkassaError, WebkassaUnavailable

Report = Callable[[str], None]
_POLL_SECONDS = 0.25


def reconcile_now(services: Services, cashbox_number: str | None, *, report: Report) -> int:
    """Asks Webkassa about every receipt of unknown outcome; returns how many are still unknown afterwards."""
    for cashbox in _choose(services.sessions, cashbox_number):
        count = _make_unknown_due(services.sessions, cashbox.id)
        if not count:
            continue
        report(f"{cashbox.unique_number}: asking about {count} receipt(s)")
        issue_due(services, cashbox.id)
    left = _count_unknown(services.sessions, cashbox_number)
    report(f"unknown: {left}")
    return left


def close_shifts_now(services: Services, cashbox_number: str | None, *, wait_seconds: float, report: Report) -> int:
    """Closes the shift of one cashbox, or of all; returns how many could not be closed."""
    cashboxes = _choose(services.sessions, cashbox_number)
    if cashbox_number is not None and not cashboxes:
        report(f"no cashbox {cashbox_number}")
        return 1
    return sum(not _close(services, cashbox, wait_seconds, report) for cashbox in cashboxes)


def _close(services: Services, cashbox: Cashbox, wait_seconds: float, report: Report) -> bool:
    number = cashbox.unique_number
    with _wait_for(services.sessions, services.settings.lease_seconds, cashbox, wait_seconds) as claim:
        if claim is None:
            report(f"{number}: not closed, the cashbox is busy")
            return False
        try:
            closed = send_z_report(services.sessions, services.clients, claim, number, by=f"cli:{getpass.getuser()}")
        except ShiftHasUnknown:
            report(f"{number}: not closed, an outcome is unknown: run reconcile first")
            return False
        except WebkassaError as error:
            report(f"{number}: not closed: {error}")
            return False
        check_shift(services.sessions, services.settings, services.clients, claim, number, closed.report)
    report(f"{number}: {_summarise(closed)}")
    return True


def _summarise(closed: Closed) -> str:
    if closed.was_closed_before or closed.report is None:
        return "the shift was closed already"
    lost = " (the answer was lost, asked again)" if closed.answer_lost else ""
    return f"shift {closed.shift_number} closed, documents: {closed.report.get('DocumentCount')}{lost}"


def take_x_reports_now(
    services: Services, cashbox_number: str | None, *, wait_seconds: float, report: Report
) -> tuple[list[dict[str, Any]], int]:
    """Returns the X-report of every cashbox that has had a shift, and how many could not be had."""
    cashboxes = _choose(services.sessions, cashbox_number)
    if cashbox_number is not None and not cashboxes:
        report(f"no cashbox {cashbox_number}")
        return [], 1
    found, failed = [], 0
    for cashbox in cashboxes:
        with _wait_for(services.sessions, services.settings.lease_seconds, cashbox, wait_seconds) as claim:
            try:
                if claim is None:
                    raise WebkassaUnavailable("the cashbox is busy")
                found.append(take_x_report(services.sessions, services.clients, claim, cashbox.unique_number))
            except ShiftNotOpen:
                report(f"{cashbox.unique_number}: no shift yet")
            except WebkassaError as error:
                report(f"{cashbox.unique_number}: no report: {error}")
                failed += 1
    return found, failed


@contextlib.contextmanager
def _wait_for(
    sessions: SessionFactory, lease_seconds: int, cashbox: Cashbox, seconds: float
) -> Iterator[CashboxClaim | None]:
    """The claim on a busy cashbox, as soon as it is free; None after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        with hold_cashbox(sessions, cashbox.id, lease_seconds, even_if_paused=True) as claim:
            if claim is not None or time.monotonic() >= deadline:
                yield claim
                return
        time.sleep(_POLL_SECONDS)


def _choose(sessions: SessionFactory, cashbox_number: str | None) -> Sequence[Cashbox]:
    query = select(Cashbox).where(Cashbox.enabled).order_by(Cashbox.id)
    if cashbox_number is not None:
        query = query.where(Cashbox.unique_number == cashbox_number)
    with sessions() as session:
        return session.scalars(query).all()


def _make_unknown_due(sessions: SessionFactory, cashbox_id: int) -> int:
    with sessions.begin() as session:
        changed = session.execute(
            update(Receipt)
            .where(Receipt.cashbox_id == cashbox_id, Receipt.state == ReceiptState.UNKNOWN)
            .values(next_attempt_at=func.now())
        )
    return int(changed.rowcount)  # type: ignore[attr-defined]


def _count_unknown(sessions: SessionFactory, cashbox_number: str | None) -> int:
    query = select(func.count()).select_from(Receipt).join(Cashbox).where(Receipt.state == ReceiptState.UNKNOWN)
    if cashbox_number is not None:
        query = query.where(Cashbox.unique_number == cashbox_number)
    with sessions() as session:
        return session.scalar(query) or 0
