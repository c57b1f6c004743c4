"""Keeps track of the money that a return gives back by hand: on the terminal, out of the drawer."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.salons import Salons
from api.acquire.words.text import Text
from shared.fiscal.statuses import PaymentKind, ReceiptState
from shared.storage.db import SessionFactory
from shared.storage.models import HandBack, Receipt, StaffUser

# What to do, by the way of payment.
TO_DO = {
    PaymentKind.CASH: Text("Give %(sum)s back from the drawer"),
    PaymentKind.CARD: Text("Refund %(sum)s on the card terminal"),
    PaymentKind.MOBILE: Text("Refund %(sum)s in Kaspi or the bank's app"),
}


def list_hand_backs(session: Session, return_receipt_ids: Sequence[int]) -> Sequence[Any]:
    """Returns what these returns give back, with who ticked it off and when."""
    return session.execute(
        select(
            HandBack.id,
            HandBack.return_receipt_id,
            HandBack.kind,
            HandBack.amount,
            HandBack.ticked_at,
            StaffUser.shown_name.label("ticked_by"),
        )
        .outerjoin(StaffUser, StaffUser.id == HandBack.ticked_by_id)
        .where(HandBack.return_receipt_id.in_(return_receipt_ids))
        .order_by(HandBack.id)
    ).all()


def select_unticked(salons: Salons) -> Select[*tuple[Any, ...]]:
    """Returns the question what is still to be given back for returns that are issued, the oldest first: `id`,
    `return_receipt_id`, `kind`, `amount`, `issued_at`, `company_id`, `record_id` and `fiscal_number`.
    """
    return (
        select(
            HandBack.id,
            HandBack.return_receipt_id,
            HandBack.kind,
            HandBack.amount,
            Receipt.issued_at,
            Receipt.company_id,
            Receipt.record_id,
            Receipt.fiscal_number,
        )
        .join(Receipt, Receipt.id == HandBack.return_receipt_id)
        .where(HandBack.ticked_at.is_(None), Receipt.state == ReceiptState.ISSUED, salons.allow(Receipt.company_id))
        .order_by(HandBack.return_receipt_id, HandBack.id)
    )


def tick(sessions: SessionFactory, hand_back_id: int, staff: Staff) -> int:
    """Notes that somebody has given the money back; the first one counts. Returns the return receipt. Raises NotFound."""
    with sessions.begin() as session:
        found = session.execute(
            select(HandBack, Receipt.company_id, Receipt.state)
            .join(Receipt, Receipt.id == HandBack.return_receipt_id)
            .where(HandBack.id == hand_back_id, staff.salons.allow(Receipt.company_id))
        ).first()
        if found is None or found.state != ReceiptState.ISSUED:
            raise NotFound
        done = session.execute(
            update(HandBack)
            .where(HandBack.id == hand_back_id, HandBack.ticked_at.is_(None))
            .values(ticked_at=func.now(), ticked_by_id=staff.id)
            .returning(HandBack.id)
        ).scalar()
        receipt_id: int = found.HandBack.return_receipt_id
        if done is not None:
            told = {"kind": found.HandBack.kind, "total": str(found.HandBack.amount)}
            audit.record(session, staff.doer, "handed_back", f"receipt {receipt_id}", company_id=found.company_id, **told)
        return receipt_id
