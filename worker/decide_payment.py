"""A `finances_operation` delivery: money that moved, kept for the receipt of what it paid."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.altegio import FinanceOperation
from shared.clock import utc_now
from shared.models import PaymentRecord, Receipt, WebhookRecord
from worker.facts import Facts, demand_facts
from worker.missed import knows_goods, store_missed_goods
from worker.payments import find_doubt, save_payment, seconds_to_wait, take_over_ledger, wake_deliveries
from worker.resolution import Resolution
from worker.rules import is_payment, pays_goods
from worker.sales import Subject, clear_return_due, find_sale, mark_return_due, may_be_changed
from worker.salons import load_salon
from worker.services import Services
from worker.visits import find_checkout


def note_payment(
    services: Services, session: Session, row: WebhookRecord, operation: FinanceOperation, facts: Facts | None
) -> Resolution:
    """Keeps the newest word on the operation, wakes what waits for it, and doubts a receipt it contradicts.

    What is no payment is kept as well: a deletion may arrive before its creation, which must not count as money then.
    """
    assert row.company_id is not None
    assert row.resource_id is not None
    active = is_payment(operation, str(row.status))
    known = session.execute(
        select(PaymentRecord.record_id, PaymentRecord.document_id).where(
            PaymentRecord.company_id == row.company_id, PaymentRecord.operation_id == row.resource_id
        )
    ).one_or_none()
    subject = find_subject(row, operation)
    policy = load_salon(session, services.settings, row.company_id).policy
    is_newest = save_payment(
        session,
        row.company_id,
        row.resource_id,
        operation,
        policy,
        status=str(row.status),
        changed_at=row.changed_at,
        webhook_record_id=row.id,
    )
    if subject is None and known is None:
        return Resolution.ignored("not tied to a sale")
    if facts is not None and subject is not None:
        take_over_ledger(session, subject, facts, policy)
    elif not is_newest:
        return Resolution.ignored("superseded by a newer change of the same operation")
    if known is None and not active:
        return Resolution.ignored("not a payment of a client")
    if subject is None:
        return Resolution.processed("no longer tied to a sale")
    return _follow(services, session, row, subject, "payment noted" if active else "payment taken back", facts)


def find_subject(row: WebhookRecord, operation: FinanceOperation) -> Subject | None:
    """What the money paid. A visit's payments name its document too, so the record comes first."""
    assert row.company_id is not None
    if operation.record_id:
        return Subject(row.company_id, record_id=operation.record_id)
    if pays_goods(operation):
        return Subject(row.company_id, document_id=operation.document_id)
    return None


def _find_missing_goods(
    services: Services, session: Session, row: WebhookRecord, subject: Subject, facts: Facts | None
) -> Resolution | None:
    """Goods over the counter that were paid for, and that no webhook told of: read from the sale document."""
    if services.altegio is None or subject.document_id is None or knows_goods(session, subject):
        return None
    wait = services.settings.goods_wait_seconds + services.settings.payment_wait_seconds
    left = wait - (utc_now() - row.created_at).total_seconds()
    if left > 0:
        return Resolution.waiting("the goods of this payment may follow", left)
    demand_facts(services, subject, facts)
    if facts is None or not facts.goods:
        return None
    return Resolution.processed("payment noted", wake=tuple(store_missed_goods(session, subject, facts.goods)))


def _follow(
    services: Services, session: Session, row: WebhookRecord, subject: Subject, done: str, facts: Facts | None
) -> Resolution:
    sale = find_sale(session, subject)
    if sale is None and (found := _find_missing_goods(services, session, row, subject, facts)):
        return found
    if sale is None or may_be_changed(sale):
        return Resolution.processed(done, wake=wake_deliveries(session, subject, sale))
    if subject.record_id and find_checkout(session, subject) is not None:
        return Resolution.processed(f"{done}; the visit was paid at the desk", receipt_id=sale.id)
    return _compare(services, session, row, subject, sale, done, facts)


def _compare(
    services: Services,
    session: Session,
    row: WebhookRecord,
    subject: Subject,
    sale: Receipt,
    done: str,
    facts: Facts | None,
) -> Resolution:
    """A payment that was booked anew looks like one deleted and one made: what looks wrong is looked at again later."""
    doubt = find_doubt(session, subject, sale)
    if doubt is None:
        clear_return_due(sale)
        return Resolution.processed(done, receipt_id=sale.id)
    wait = seconds_to_wait(services, session, subject, row.created_at)
    if wait > 0:
        return Resolution.waiting(doubt.reason, wait)
    demand_facts(services, subject, facts)
    return mark_return_due(sale, doubt.reason, is_paid_back=doubt.is_paid_back)
