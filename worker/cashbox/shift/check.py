"""Checks after a Z-report whether it counts what we issued, and looks up the documents that are none of ours."""

from typing import Any

from sqlalchemy import select, update

from shared.books.shift import sum_shift
from shared.config import Settings
from shared.fiscal.statuses import CallOutcome
from shared.fiscal.z_report import read_report
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Receipt, Shift
from worker.alerts import send_alert
from worker.alerts.kinds import BOOKS_DIFFERENCE
from worker.alerts.wording import describe
from worker.cashbox.calls import HISTORY, close_log, open_log, outcome_of
from worker.cashbox.claim import CashboxClaim
from worker.cashbox.shift.rows import find_reported_shift
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import WebkassaError

log = get_logger(__name__)

# More would be a cashbox that is shared with another system: the first hundred say as much.
MAX_STRANGERS = 100


def check_shift(
    sessions: SessionFactory,
    settings: Settings,
    clients: CashboxClients,
    claim: CashboxClaim,
    cashbox_number: str,
    report: dict[str, Any] | None,
) -> None:
    """Compares a stored Z-report with our receipts; where they differ, stores the strangers and tells an alert.

    Never raises WebkassaError: the shift is closed, whatever the comparison brings.
    """
    with sessions() as session:
        shift = find_reported_shift(session, claim.cashbox_id, report) if report else None
        if shift is None or shift.report is None or sum_shift(session, shift).agrees_with(read_report(shift.report)):
            return
    strangers = _find_strangers(sessions, clients, claim, cashbox_number, shift.number)
    with sessions.begin() as session:
        session.execute(update(Shift).where(Shift.id == shift.id).values(strangers=strangers))
    language, count = settings.alert_language, "?" if strangers is None else len(strangers)
    text = describe(BOOKS_DIFFERENCE, language, cashbox=cashbox_number, shift=shift.number, count=count)
    send_alert(sessions, BOOKS_DIFFERENCE, text)


def _find_strangers(
    sessions: SessionFactory, clients: CashboxClients, claim: CashboxClaim, cashbox_number: str, shift_number: int
) -> list[dict[str, Any]] | None:
    """None when Webkassa did not tell."""
    with sessions.begin() as session:
        request = {"CashboxUniqueNumber": cashbox_number, "ShiftNumber": shift_number}
        log_id = open_log(session, HISTORY, claim.cashbox_id, request)
    try:
        items = clients.open(claim.cashbox_id).list_documents(cashbox_number, shift_number)
    except WebkassaError as error:
        log.warning("the documents of a shift cannot be read", cashbox_id=claim.cashbox_id, error=type(error).__name__)
        with sessions.begin() as session:
            close_log(session, log_id, outcome_of(error), error=error)
        return None
    with sessions.begin() as session:
        close_log(session, log_id, CallOutcome.ISSUED, response={"documents": len(items)})
        ours = set(
            session.scalars(
                select(Receipt.fiscal_number).where(
                    Receipt.cashbox_id == claim.cashbox_id, Receipt.shift_number == shift_number
                )
            )
        )
    return [_describe(item) for item in items if str(item.get("Number")) not in ours][:MAX_STRANGERS]


def _describe(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "fiscal_number": str(item.get("Number") or ""),
        "external_check_number": item.get("ExternalCheckNumber"),
        "issued_at": item.get("RegistratedOn"),
        "operation": item.get("OperationType"),
        "total": item.get("Total"),
        "payments": [
            {"kind": part.get("PaymentTypeName"), "sum": part.get("Sum")}
            for part in item.get("Payments") or []
            if isinstance(part, dict)
        ],
    }
