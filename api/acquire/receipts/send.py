"""Has a receipt sent to its customer once more, by the messages that it had."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.words.text import Refused, Text
from shared.fiscal.statuses import ReceiptState
from shared.storage.db import SessionFactory
from shared.storage.models import CustomerMessage, Receipt
from shared.storage.models.customer.customer_message import MessageState

# What has come to an end, however: a message that is still on its way is not doubled.
_ENDED = (MessageState.HANDED_OVER, MessageState.UNCERTAIN, MessageState.REFUSED)


def list_messages(session: Session, receipt_id: int) -> Sequence[CustomerMessage]:
    """Returns the messages of a receipt, the oldest first."""
    query = select(CustomerMessage).where(CustomerMessage.receipt_id == receipt_id)
    return session.scalars(query.order_by(CustomerMessage.id)).all()


def can_send_again(messages: Sequence[CustomerMessage]) -> bool:
    """Says whether there is a message that may go out once more."""
    return any(message.state in _ENDED for message in messages)


def send_again(sessions: SessionFactory, receipt_id: int, staff: Staff) -> None:
    """Puts the messages of an issued receipt back into the outbox; the caller publishes. Raises NotFound, Refused."""
    with sessions.begin() as session:
        receipt = session.get(Receipt, receipt_id)
        if receipt is None or not staff.salons.include(receipt.company_id) or receipt.state != ReceiptState.ISSUED:
            raise NotFound
        again: dict[str, Any] = {
            "state": MessageState.WAITING,
            "ended_at": None,
            "begun_at": None,
            "claim_id": None,
            "refusals": 0,
            "problem": None,
            "next_attempt_at": func.now(),
        }
        revived = session.scalars(
            update(CustomerMessage)
            .where(CustomerMessage.receipt_id == receipt_id, CustomerMessage.state.in_(_ENDED))
            .values(again)
            .returning(CustomerMessage.channel)
        ).all()
        if not revived:
            raise Refused(Text("This receipt is on its way to the customer, or has no address to be sent to."))
        subject = f"receipt {receipt_id}"
        audit.record(session, staff.doer, "receipt_sent_again", subject, company_id=receipt.company_id, by=sorted(revived))
