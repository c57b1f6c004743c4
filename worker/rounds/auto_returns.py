"""Orders returns without a manager, only where `RETURN_POLICY=auto` says so: the whole payment is gone and stayed gone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Boolean, Interval, and_, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.fiscal.statuses import ReceiptState
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Receipt, ReturnOrder
from shared.storage.models.desk.return_order import ReturnState
from worker.alerts import send_alert
from worker.alerts.kinds import AUTO_RETURN
from worker.alerts.wording import describe
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError
from worker.decide.known.facts import read_facts
from worker.decide.known.taken_back import find_kept, lock_subject
from worker.decide.sales import Subject
from worker.salon.serving import load_salon

log = get_logger(__name__)

# Each costs a few questions to Altegio, whose limits webhooks need more.
MAX_A_TICK = 5
_IS_ORDERED = exists().where(ReturnOrder.receipt_id == Receipt.id, ReturnOrder.state != ReturnState.REFUSED)
# A change from cash to card looks like a payment taken back, hence the delay.
IS_RETURN_DUE = and_(
    bindparam("returns_alone", type_=Boolean),
    Receipt.return_due_reason.is_not(None),
    ~Receipt.returned,
    Receipt.state == ReceiptState.ISSUED,
    Receipt.paid_back_since <= func.now() - bindparam("return_delay", type_=Interval),
    ~_IS_ORDERED,
)


def read_return_policy(settings: Settings) -> dict[str, Any]:
    """Returns the values for the parameters of `IS_RETURN_DUE`."""
    return {
        "returns_alone": settings.return_policy == "auto",
        "return_delay": timedelta(seconds=settings.return_delay_seconds),
    }


def order_due_returns(sessions: SessionFactory, settings: Settings, altegio: AltegioClient | None) -> Sequence[int]:
    """Orders a return of every sale whose payments are gone by Altegio's own word now; returns the ids of new orders."""
    if altegio is None or settings.return_policy != "auto":
        return ()
    due = select(Receipt.id, Receipt.company_id, Receipt.record_id, Receipt.document_id).where(IS_RETURN_DUE)
    with sessions() as session:
        found = session.execute(due.order_by(Receipt.id).limit(MAX_A_TICK), read_return_policy(settings)).all()
    orders = [
        _order_if_gone(sessions, settings, altegio, row.id, Subject(row.company_id, row.record_id, row.document_id))
        for row in found
    ]
    return [order for order in orders if order is not None]


def _order_if_gone(
    sessions: SessionFactory, settings: Settings, altegio: AltegioClient, receipt_id: int, subject: Subject
) -> int | None:
    """None where Altegio cannot tell now: the next tick asks again."""
    try:
        facts = read_facts(sessions, altegio, subject)
        with sessions.begin() as session:
            lock_subject(session, subject)
            receipt = session.get_one(Receipt, receipt_id, with_for_update=True)
            policy = load_salon(session, settings, subject.company_id).policy
            kept = find_kept(session, settings, subject, receipt, facts, policy)
            order = _order(session, receipt) if kept is None else None
            if kept is not None:
                _leave_to_manager(receipt, kept)
    except (AltegioError, ValueError) as error:
        log.warning("a return is looked at again", receipt_id=receipt_id, error=type(error).__name__)
        return None
    if order is not None:
        text = describe(AUTO_RETURN, settings.alert_language, number=receipt.external_check_number, total=receipt.total)
        send_alert(sessions, AUTO_RETURN, text)
    return order


def _leave_to_manager(receipt: Receipt, kept: str) -> None:
    log.info("not returned by itself", receipt_id=receipt.id, reason=kept)
    receipt.paid_back_since = None


def _order(session: Session, receipt: Receipt) -> int | None:
    """The key is the same for the same reason to return, so two ticks order once, and a refused order is not repeated."""
    if receipt.returned or receipt.state != ReceiptState.ISSUED or receipt.paid_back_since is None:
        return None
    return session.scalar(
        insert(ReturnOrder)
        .values(
            receipt_id=receipt.id,
            form_key=uuid5(NAMESPACE_OID, f"return {receipt.id} since {receipt.paid_back_since}"),
            reason=receipt.return_due_reason,
            lines=[],
        )
        .on_conflict_do_nothing(index_elements=[ReturnOrder.form_key])
        .returning(ReturnOrder.id)
    )
