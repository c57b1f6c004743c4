"""The last look before a return that nobody ordered leaves: between its order and its call hours may pass."""

from typing import Any

from sqlalchemy import select

from shared.config import Settings
from shared.fiscal.statuses import CallOutcome, ReceiptKind
from shared.logging import get_logger
from shared.storage.db import SessionFactory, begin
from shared.storage.models import Receipt, ReturnOrder
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError
from worker.cashbox.calls import close_log
from worker.decide.known.facts import read_facts
from worker.decide.known.taken_back import find_kept, lock_subject
from worker.decide.sales import Subject
from worker.issue.next_receipt import Work
from worker.issue.outcomes import save_dead, save_retry
from worker.salon.serving import load_salon
from worker.webkassa.errors import ReceiptRejected, WebkassaError, WebkassaUnavailable

log = get_logger(__name__)

LOOK_AGAIN_SECONDS = 60.0


class ReturnHeld(Exception):
    """Raised instead of the call. `is_final`: the money is there again, so the return is not made at all."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.is_final = is_final


def look_again(
    sessions: SessionFactory, settings: Settings, altegio: AltegioClient | None, receipt_id: int, kind: str
) -> None:
    """Asks Altegio once more whether the money of an automatic return is still gone. Raises ReturnHeld."""
    if kind != ReceiptKind.RETURN:
        return
    sale = _find_sale_of_automatic(sessions, receipt_id)
    if sale is None:
        return
    subject = Subject(sale.company_id, sale.record_id, sale.document_id)
    if altegio is None:
        raise ReturnHeld("not sent: Altegio cannot be asked whether the money is still gone", is_final=True)
    try:
        facts = read_facts(sessions, altegio, subject)
        with sessions.begin() as session:
            lock_subject(session, subject)
            policy = load_salon(session, settings, subject.company_id).policy
            kept = find_kept(session, settings, subject, sale, facts, policy, return_id=receipt_id)
    except (AltegioError, ValueError) as error:
        raise ReturnHeld(f"not sent yet: Altegio is asked first ({type(error).__name__})", is_final=False) from None
    if kept is not None:
        raise ReturnHeld(f"not sent: {kept}", is_final=True)


def _find_sale_of_automatic(sessions: SessionFactory, receipt_id: int) -> Any:
    """The sale that the bridge itself wants to return; None where a manager ordered it."""
    sale = (
        select(Receipt)
        .join(ReturnOrder, ReturnOrder.receipt_id == Receipt.id)
        .where(ReturnOrder.return_receipt_id == receipt_id, ReturnOrder.staff_user_id.is_(None))
    )
    with sessions() as session:
        return session.scalars(sale).one_or_none()


def hold_return(sessions: SessionFactory, work: Work, held: ReturnHeld) -> float | None:
    """Writes down that the return was not sent. Returns the seconds to the next look, None where there is none."""
    error: WebkassaError = ReceiptRejected(str(held)) if held.is_final else WebkassaUnavailable(str(held))
    log.warning("return held", receipt_id=work.receipt.id, reason=str(held))
    with begin(sessions) as connection:
        if work.log_id is not None:
            close_log(connection, work.log_id, CallOutcome.UNAVAILABLE, error=error)
        if held.is_final:
            save_dead(connection, work.receipt, error, str(held), is_unknown=False)
            return None
        save_retry(connection, work.receipt, error, LOOK_AGAIN_SECONDS, counts=False)
    return LOOK_AGAIN_SECONDS
