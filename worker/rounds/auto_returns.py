"""Returns without a manager, only where `RETURN_POLICY=auto` says so: the whole payment is gone and stayed gone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Boolean, Interval, and_, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.fiscal.statuses import ReceiptState
from shared.storage.db import SessionFactory
from shared.storage.models import Receipt, ReturnOrder
from shared.storage.models.desk.return_order import ReturnState

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
    """For `IS_RETURN_DUE`."""
    return {
        "returns_alone": settings.return_policy == "auto",
        "return_delay": timedelta(seconds=settings.return_delay_seconds),
    }


def order_due_returns(sessions: SessionFactory, settings: Settings) -> Sequence[int]:
    """Ids of new return orders."""
    due = select(Receipt).where(IS_RETURN_DUE).order_by(Receipt.id).with_for_update(skip_locked=True)
    with sessions.begin() as session:
        receipts = session.scalars(due, read_return_policy(settings)).all()
        orders = [_order(session, receipt) for receipt in receipts]
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
