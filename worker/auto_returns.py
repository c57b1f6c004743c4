"""Returns without a manager, only where `RETURN_POLICY=auto` says so: the whole payment is gone and stayed gone."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.models import Receipt, ReturnOrder
from shared.models.return_order import ReturnState
from shared.statuses import ReceiptState
from worker.services import Services


def order_due_returns(services: Services) -> Sequence[int]:
    """Ids of new return orders. A change from cash to card looks like a payment taken back, hence the delay."""
    settings = services.settings
    if settings.return_policy != "auto":
        return ()
    is_ordered = exists().where(ReturnOrder.receipt_id == Receipt.id, ReturnOrder.state != ReturnState.REFUSED)
    due = (
        select(Receipt)
        .where(
            Receipt.return_due_reason.is_not(None),
            ~Receipt.returned,
            Receipt.state == ReceiptState.ISSUED,
            Receipt.paid_back_since <= func.now() - timedelta(seconds=settings.return_delay_seconds),
            ~is_ordered,
        )
        .order_by(Receipt.id)
        .with_for_update(skip_locked=True)
    )
    with services.sessions.begin() as session:
        orders = [_order(session, receipt) for receipt in session.scalars(due).all()]
    return [order for order in orders if order is not None]


def _order(session: Session, receipt: Receipt) -> int | None:
    """The key is the same for the same reason to return, so two ticks order once, and a refused order is not repeated."""
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
