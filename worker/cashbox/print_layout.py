"""Fetches the lines by which Webkassa prints a receipt, in the language and for the paper that somebody asked for.

Nobody is held up by it: what the answer to the receipt itself brought is printed meanwhile. So a register that is busy or
refuses is not waited for; the page orders the lines again.
"""

from typing import Any

from sqlalchemy import func, select, update

from shared.fiscal.statuses import CallOutcome
from shared.storage.models import Cashbox, PrintLayout, Receipt
from shared.storage.models.paper.print_layout import PaperForm, PrintLanguage
from worker.cashbox.calls import PRINT, close_log, open_log, outcome_of
from worker.cashbox.claim import CashboxClaim, hold_cashbox
from worker.cashbox.failures import REST_AFTER_TIMEOUT_SECONDS
from worker.receipt.paper import is_print_of
from worker.services import Services
from worker.webkassa.errors import OutcomeUnknown, WebkassaError

# Facts of Webkassa: 0 = 80 mm, 3 = 57 and 58 mm, 12 = A4.
_PAPER_KINDS = {PaperForm.ROLL_80: 0, PaperForm.ROLL_58: 3, PaperForm.SHEET: 12}
# Without the headers it prints Kazakh and Russian. How Kazakh alone is asked for is assumed from the other two.
_LANGUAGES: dict[str, tuple[str, ...]] = {
    PrintLanguage.OWN: (),
    PrintLanguage.RUSSIAN: ("ru-RU", "ru-RU"),
    PrintLanguage.KAZAKH: ("kk-KZ", "kk-KZ"),
    PrintLanguage.ENGLISH: ("en-US", "en-US"),
}
_MAX_TEXT = 500


def fetch_print_layout(services: Services, layout_id: int) -> int | None:
    """Asks Webkassa for the lines once, stores them or why they did not come, and returns the cashbox that was held."""
    asked = (
        select(PrintLayout, Receipt, Cashbox.unique_number)
        .join(Receipt, Receipt.id == PrintLayout.receipt_id)
        .join(Cashbox, Cashbox.id == Receipt.cashbox_id)
        .where(PrintLayout.id == layout_id, PrintLayout.fetched_at.is_(None))
    )
    with services.sessions() as session:
        row = session.execute(asked).one_or_none()
    if row is None:
        return None
    layout, receipt, register = row
    with hold_cashbox(services.sessions, receipt.cashbox_id, services.settings.lease_seconds) as claim:
        if claim is None:
            _save(services, layout_id, failed_at=func.now(), error_text="the register is busy or paused")
        else:
            _ask(services, claim, layout, receipt, register)
    return receipt.cashbox_id if claim is not None else None


def _ask(services: Services, claim: CashboxClaim, layout: PrintLayout, receipt: Receipt, register: str) -> None:
    """A refusal here is no reason to pause the register: it may lack this method alone. Another's lines are never kept."""
    number = receipt.external_check_number
    kind, languages = _PAPER_KINDS[PaperForm(layout.form)], _LANGUAGES[layout.language]
    with services.sessions.begin() as session:
        log_id = open_log(session, PRINT, claim.cashbox_id, {"ExternalCheckNumber": number, "PaperKind": kind})
    try:
        lines = services.clients.open(claim.cashbox_id).print_layout(register, number, kind, languages)
    except WebkassaError as error:
        if isinstance(error, OutcomeUnknown):
            claim.rest_seconds = REST_AFTER_TIMEOUT_SECONDS
        with services.sessions.begin() as session:
            close_log(session, log_id, outcome_of(error), error=error)
        _save(services, layout.id, failed_at=func.now(), error_text=str(error)[:_MAX_TEXT])
        return
    with services.sessions.begin() as session:
        close_log(session, log_id, CallOutcome.ISSUED)
    if lines and not is_print_of(lines, receipt.fiscal_number, receipt.receipt_url):
        _save(services, layout.id, failed_at=func.now(), error_text="the lines are those of another document")
    elif lines:
        told = [line.as_json() for line in lines]
        _save(services, layout.id, lines=told, fetched_at=func.now(), failed_at=None, error_text=None)
    else:
        _save(services, layout.id, failed_at=func.now(), error_text="Webkassa has no lines of this receipt")


def _save(services: Services, layout_id: int, **values: Any) -> None:
    with services.sessions.begin() as session:
        session.execute(update(PrintLayout).where(PrintLayout.id == layout_id).values(**values))
