"""A `finances_operation` delivery: money that moved, kept for the receipt of what it paid."""

from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import FinanceOperation
from shared.models import PaymentRecord, Receipt, WebhookRecord
from shared.money import round_tiyn
from shared.statuses import PaymentKind, PaymentState
from worker.payments import find_doubt, seconds_to_wait, wake_deliveries
from worker.resolution import Resolution
from worker.rules import find_payment_kind, is_payment, pays_goods
from worker.sales import Subject, clear_return_due, find_sale, mark_return_due, may_be_changed
from worker.services import Services
from worker.visits import find_checkout


def note_payment(services: Services, session: Session, row: WebhookRecord, operation: FinanceOperation) -> Resolution:
    """Keeps the newest word on the operation, wakes what waits for it, and doubts a receipt it contradicts.

    What is no payment is kept as well: a deletion may arrive before its creation, which must not count as money then.
    """
    active = is_payment(operation, str(row.status))
    known = session.execute(
        select(PaymentRecord.record_id, PaymentRecord.document_id).where(
            PaymentRecord.company_id == row.company_id, PaymentRecord.operation_id == row.resource_id
        )
    ).one_or_none()
    subject = find_subject(row, operation)
    if subject is None and known is None:
        return Resolution.ignored("not tied to a sale")
    kind = find_payment_kind(operation, services.policy.payment_kinds)
    amount = round_tiyn(abs(operation.amount) / (100 if services.policy.amounts_in_tiyn else 1))
    if not _upsert(session, row, operation, kind, amount, PaymentState.ACTIVE if active else PaymentState.REVOKED):
        return Resolution.ignored("superseded by a newer change of the same operation")
    if known is None and not active:
        return Resolution.ignored("not a payment of a client")
    if subject is None:
        return Resolution.processed("no longer tied to a sale")
    return _follow(services, session, row, subject, "payment noted" if active else "payment taken back")


def find_subject(row: WebhookRecord, operation: FinanceOperation) -> Subject | None:
    """What the money paid. A visit's payments name its document too, so the record comes first."""
    assert row.company_id is not None
    if operation.record_id:
        return Subject(row.company_id, record_id=operation.record_id)
    if pays_goods(operation):
        return Subject(row.company_id, document_id=operation.document_id)
    return None


def _follow(services: Services, session: Session, row: WebhookRecord, subject: Subject, done: str) -> Resolution:
    sale = find_sale(session, subject)
    if sale is None or may_be_changed(sale):
        return Resolution.processed(done, wake=wake_deliveries(session, subject, sale))
    if subject.record_id and find_checkout(session, subject) is not None:
        return Resolution.processed(f"{done}; the visit was paid at the desk", receipt_id=sale.id)
    return _compare(services, session, row, subject, sale, done)


def _compare(
    services: Services, session: Session, row: WebhookRecord, subject: Subject, sale: Receipt, done: str
) -> Resolution:
    """A payment that was booked anew looks like one deleted and one made: what looks wrong is looked at again later."""
    doubt = find_doubt(session, subject, sale)
    if doubt is None:
        clear_return_due(sale)
        return Resolution.processed(done, receipt_id=sale.id)
    wait = seconds_to_wait(services, session, subject, row.created_at)
    if wait > 0:
        return Resolution.waiting(doubt, wait)
    return mark_return_due(sale, doubt)


def _upsert(
    session: Session,
    row: WebhookRecord,
    operation: FinanceOperation,
    kind: PaymentKind | None,
    amount: Decimal,
    state: PaymentState,
) -> bool:
    """False when a newer delivery was noted before."""
    values = {
        "record_id": operation.record_id or None,
        "visit_id": operation.visit_id or None,
        "document_id": operation.document_id or None,
        "kind": kind,
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
        PaymentRecord.webhook_record_id == row.id,  # looked at once more, after a wait
    )
    saved = session.scalar(
        statement.on_conflict_do_update(
            index_elements=[PaymentRecord.company_id, PaymentRecord.operation_id], set_=values, where=is_newer
        ).returning(PaymentRecord.id)
    )
    return saved is not None
