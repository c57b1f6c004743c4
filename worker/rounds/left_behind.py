"""Ends deliveries that were left behind: their receipt has ended, or nothing is set that would ever have them looked at.

None should be there. Whatever a fault left, an old version or a hand in the tables, no row stays open for ever.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, ReceiptState, RecordState
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Receipt, WebhookRecord

log = get_logger(__name__)

MOST_A_ROUND = 500
_WAITS_FOR_RECEIPT = WebhookRecord.state.in_((RecordState.PROCESSING, RecordState.RETRYING))
# Issued, refused, withdrawn, or given up with an unknown outcome.
_HAS_ENDED = or_(
    Receipt.state.not_in(OPEN_RECEIPT_STATES),
    and_(Receipt.state == ReceiptState.UNKNOWN, Receipt.next_attempt_at.is_(None)),
)
# Open, and neither the dispatcher nor a receipt's outcome would ever touch them: made due.
_FORGOTTEN: Sequence[tuple[Any, tuple[Any, ...], dict[str, Any]]] = (
    (
        WebhookRecord,
        (
            WebhookRecord.state.in_(OPEN_RECORD_STATES),
            WebhookRecord.receipt_id.is_(None),
            WebhookRecord.next_attempt_at.is_(None),
        ),
        {},
    ),
    (
        WebhookRecord,
        (WebhookRecord.state == RecordState.RECEIVED, WebhookRecord.receipt_id.is_not(None)),
        {"receipt_id": None},
    ),
    (Receipt, (Receipt.state == ReceiptState.PENDING, Receipt.next_attempt_at.is_(None)), {}),
)


def sweep(sessions: SessionFactory) -> int:
    """Ends or wakes what was left behind; returns how many rows."""
    found = sum(_move_joined(sessions, receipt_id) for receipt_id in _find_ended(sessions))
    with sessions.begin() as session:
        for table, conditions, values in _FORGOTTEN:
            woken = session.execute(update(table).where(*conditions).values(next_attempt_at=func.now(), **values))
            found += woken.rowcount  # type: ignore[attr-defined]
    if found:
        log.error("rows were left behind", rows=found)
    return found


def _find_ended(sessions: SessionFactory) -> Sequence[int]:
    left = (
        select(Receipt.id)
        .join(WebhookRecord, WebhookRecord.receipt_id == Receipt.id)
        .where(_WAITS_FOR_RECEIPT, _HAS_ENDED)
        .distinct()
    )
    with sessions() as session:
        return session.scalars(left.limit(MOST_A_ROUND)).all()


def _move_joined(sessions: SessionFactory, receipt_id: int) -> int:
    """Under the receipt's lock, taken before anything is read: nobody joins or moves meanwhile."""
    with sessions.begin() as session:
        receipt = session.scalar(select(Receipt).where(Receipt.id == receipt_id, _HAS_ENDED).with_for_update())
        return _move(session, receipt) if receipt is not None else 0


def _move(session: Session, receipt: Receipt) -> int:
    state, reason, code = _fate_of(receipt)
    moved = session.execute(
        update(WebhookRecord)
        .where(WebhookRecord.receipt_id == receipt.id, _WAITS_FOR_RECEIPT)
        .values(
            state=state,
            reason=reason,
            error_code=code,
            processed_at=func.now(),
            dead_letter_sent_at=None,
            next_attempt_at=None,
        )
    )
    return int(moved.rowcount)  # type: ignore[attr-defined]


def _fate_of(receipt: Receipt) -> tuple[RecordState, str | None, str | None]:
    if receipt.state == ReceiptState.ISSUED:
        return RecordState.PROCESSED, None, None
    if receipt.state == ReceiptState.REJECTED and receipt.error_kind is None:
        return RecordState.IGNORED, receipt.error_text, None
    return RecordState.DEAD_LETTERED, receipt.error_text, receipt.error_code or receipt.error_kind
