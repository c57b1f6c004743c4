"""What an operator does at a cashbox by hand: ask about unknown receipts, close the shift. The same door as the workers'."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import func, select, update

from shared.models import Cashbox, Receipt
from shared.statuses import ReceiptState
from worker.cashbox_lock import hold_cashbox
from worker.issue_receipt import issue_due
from worker.services import Services
from worker.shifts import ShiftHasUnknown
from worker.shifts import close_shift as send_z_report
from worker.webkassa.errors import WebkassaError

Report = Callable[[str], None]
_POLL_SECONDS = 0.25


def reconcile_now(services: Services, cashbox_number: str | None, *, report: Report) -> int:
    """How many receipts are still unknown afterwards."""
    for cashbox in _choose(services, cashbox_number):
        count = _make_unknown_due(services, cashbox.id)
        if not count:
            continue
        report(f"{cashbox.unique_number}: asking about {count} receipt(s)")
        issue_due(services, cashbox.id)
    left = _count_unknown(services, cashbox_number)
    report(f"unknown: {left}")
    return left


def close_shifts_now(services: Services, cashbox_number: str | None, *, wait_seconds: float, report: Report) -> int:
    """How many shifts could not be closed."""
    cashboxes = _choose(services, cashbox_number)
    if cashbox_number is not None and not cashboxes:
        report(f"no cashbox {cashbox_number}")
        return 1
    return sum(not _close(services, cashbox, wait_seconds, report) for cashbox in cashboxes)


def _close(services: Services, cashbox: Cashbox, wait_seconds: float, report: Report) -> bool:
    deadline = time.monotonic() + wait_seconds
    while True:
        with hold_cashbox(services.sessions, cashbox.id, services.settings.lease_seconds, even_if_paused=True) as claim:
            if claim is not None:
                try:
                    z_report = send_z_report(services, claim, cashbox.unique_number)
                except ShiftHasUnknown:
                    report(f"{cashbox.unique_number}: not closed, a receipt's outcome is unknown: run reconcile first")
                    return False
                except WebkassaError as error:
                    report(f"{cashbox.unique_number}: not closed: {error}")
                    return False
                report(f"{cashbox.unique_number}: {_summarise(z_report)}")
                return True
        if time.monotonic() >= deadline:
            report(f"{cashbox.unique_number}: not closed, the cashbox is busy")
            return False
        time.sleep(_POLL_SECONDS)


def _summarise(z_report: dict[str, object] | None) -> str:
    if z_report is None:
        return "the shift was closed already"
    return f"shift {z_report.get('ShiftNumber')} closed, documents: {z_report.get('DocumentCount')}"


def _choose(services: Services, cashbox_number: str | None) -> Sequence[Cashbox]:
    query = select(Cashbox).where(Cashbox.enabled).order_by(Cashbox.id)
    if cashbox_number is not None:
        query = query.where(Cashbox.unique_number == cashbox_number)
    with services.sessions() as session:
        return session.scalars(query).all()


def _make_unknown_due(services: Services, cashbox_id: int) -> int:
    with services.sessions.begin() as session:
        changed = session.execute(
            update(Receipt)
            .where(Receipt.cashbox_id == cashbox_id, Receipt.state == ReceiptState.UNKNOWN)
            .values(next_attempt_at=func.now())
        )
    return int(changed.rowcount)  # type: ignore[attr-defined]


def _count_unknown(services: Services, cashbox_number: str | None) -> int:
    query = select(func.count()).select_from(Receipt).join(Cashbox).where(Receipt.state == ReceiptState.UNKNOWN)
    if cashbox_number is not None:
        query = query.where(Cashbox.unique_number == cashbox_number)
    with services.sessions() as session:
        return session.scalar(query) or 0
