"""Settles returns that wait at a cashbox that was taken out of service: nothing would ever send them."""

from sqlalchemy import func, select, update

from shared.fiscal.statuses import ReceiptKind, ReceiptState
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Receipt, ReturnOrder
from shared.storage.models.desk.return_order import ReturnState
from worker.issue.make_return import choose_cashbox
from worker.receipt.return_lines import CannotReturn

log = get_logger(__name__)

MAX_A_TICK = 50
# Certainly not issued, and nobody is sending it: what may exist at the old register stays there.
STRANDED_RETURNS = (
    select(Receipt.id)
    .join(Cashbox, Cashbox.id == Receipt.cashbox_id)
    .where(
        ~Cashbox.enabled,
        Receipt.kind == ReceiptKind.RETURN,
        Receipt.state == ReceiptState.PENDING,
        Receipt.next_attempt_at.is_not(None),
        Receipt.sending_since.is_(None),
    )
)


def settle_stranded_returns(sessions: SessionFactory) -> None:
    """Moves each to the cashbox that serves its salon now, or refuses it in words."""
    with sessions() as session:
        found = session.scalars(STRANDED_RETURNS.order_by(Receipt.id).limit(MAX_A_TICK)).all()
    for receipt_id in found:
        _settle(sessions, receipt_id)


def _settle(sessions: SessionFactory, receipt_id: int) -> None:
    with sessions.begin() as session:
        receipt = session.get_one(Receipt, receipt_id, with_for_update=True)
        if session.scalar(STRANDED_RETURNS.where(Receipt.id == receipt_id)) is None:
            return  # taken, or settled, meanwhile
        try:
            cashbox = choose_cashbox(session, session.get_one(Receipt, receipt.basis_receipt_id))
        except CannotReturn as problem:
            receipt.state, receipt.next_attempt_at = ReceiptState.REJECTED, None
            receipt.error_kind, receipt.error_code, receipt.error_text = type(problem).__name__, None, str(problem)
            session.execute(
                update(ReturnOrder)
                .where(ReturnOrder.return_receipt_id == receipt_id)
                .values(state=ReturnState.REFUSED, refusal=str(problem))
            )
            log.warning("return refused", receipt_id=receipt_id, reason=str(problem))
            return
        receipt.cashbox_id, receipt.next_attempt_at = cashbox.id, func.now()
        receipt.request = {**receipt.request, "CashboxUniqueNumber": cashbox.unique_number}
        log.info("return moved to another cashbox", receipt_id=receipt_id, cashbox_id=cashbox.id)
