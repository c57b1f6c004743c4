"""A `finances_operation` delivery: money that moved, kept for the receipt of its visit."""

from decimal import Decimal

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import RECORD, FinanceOperation
from shared.models import PaymentRecord, WebhookRecord
from shared.money import round_tiyn
from shared.statuses import PaymentState, RecordState
from worker.resolution import Resolution
from worker.rules import find_payment_kind, is_payment


def note_payment(
    session: Session, row: WebhookRecord, operation: FinanceOperation, *, amounts_in_tiyn: bool = False
) -> Resolution:
    """Keeps the newest word on the operation and wakes a visit that waits for it.

    What is no payment is kept as well: a deletion may arrive before its creation, which must not count as money then.
    """
    active = is_payment(operation, str(row.status))
    known = session.scalar(
        select(PaymentRecord.id).where(
            PaymentRecord.company_id == row.company_id, PaymentRecord.operation_id == row.resource_id
        )
    )
    if not operation.record_id and known is None:
        return Resolution.ignored("not tied to a visit")
    amount = round_tiyn(abs(operation.amount) / (100 if amounts_in_tiyn else 1))
    if not _upsert(session, row, operation, amount, PaymentState.ACTIVE if active else PaymentState.REVOKED):
        return Resolution.ignored("superseded by a newer change of the same operation")
    if known is None and not active:
        return Resolution.ignored("not a payment of a client")
    wake = _wake_visits(session, row, operation)
    return Resolution.processed("payment noted" if active else "payment taken back", wake=wake)


def _upsert(session: Session, row: WebhookRecord, operation: FinanceOperation, amount: Decimal, state: PaymentState) -> bool:
    """False when a newer delivery was noted before."""
    values = {
        "record_id": operation.record_id or None,
        "visit_id": operation.visit_id or None,
        "document_id": operation.document_id or None,
        "kind": find_payment_kind(operation),
        "amount": amount,
        "state": state,
        "account_id": operation.account.id if operation.account else None,
        "account_title": operation.account.title[:200] if operation.account else None,
        "changed_at": row.changed_at,
        "webhook_record_id": row.id,
    }
    statement = insert(PaymentRecord).values(company_id=row.company_id, operation_id=row.resource_id, **values)
    is_newer = or_(
        PaymentRecord.changed_at.is_(None),
        statement.excluded.changed_at.is_(None),
        statement.excluded.changed_at > PaymentRecord.changed_at,
        # Within one second Altegio's clock cannot tell: what revokes wins, since it must not count as money.
        (statement.excluded.changed_at == PaymentRecord.changed_at) & (PaymentRecord.state == PaymentState.ACTIVE),
    )
    saved = session.scalar(
        statement.on_conflict_do_update(
            index_elements=[PaymentRecord.company_id, PaymentRecord.operation_id], set_=values, where=is_newer
        ).returning(PaymentRecord.id)
    )
    return saved is not None


def _wake_visits(session: Session, row: WebhookRecord, operation: FinanceOperation) -> tuple[int, ...]:
    """Deliveries of the visit that wait for payments are decided again, now that one has come or gone."""
    if not operation.record_id:
        return ()
    woken = session.scalars(
        update(WebhookRecord)
        .where(
            WebhookRecord.company_id == row.company_id,
            WebhookRecord.resource == RECORD,
            WebhookRecord.resource_id == operation.record_id,
            or_(
                WebhookRecord.state == RecordState.AWAITING_PAYMENT,
                (WebhookRecord.state == RecordState.DEAD_LETTERED) & (WebhookRecord.error_code == "sum_mismatch"),
            ),
        )
        .values(state=RecordState.RECEIVED, receipt_id=None, next_attempt_at=func.now(), claims=0)
        .returning(WebhookRecord.id)
    )
    return tuple(woken)
