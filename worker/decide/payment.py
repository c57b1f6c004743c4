"""A `finances_operation` delivery: money that moved, kept for the receipt of what it paid."""

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from shared.altegio import FinanceOperation
from shared.clock import utc_now
from shared.storage.models import PaymentRecord, Receipt
from worker.decide.delivery import Delivery
from worker.decide.known.facts import Facts, demand_facts
from worker.decide.known.payment_wait import seconds_to_wait, wake_deliveries
from worker.decide.known.payments import find_doubt, save_payment, take_over_ledger
from worker.decide.operations import find_payment_kind, is_payment, pays_goods
from worker.decide.resolution import Resolution
from worker.decide.sales import Subject, clear_return_due, find_sale, mark_return_due, may_be_changed
from worker.decide.store_missed import knows_goods, store_missed_goods
from worker.decide.visit_page import find_checkout
from worker.salon.settings import load_salon
from worker.services import Services

_IS_KNOWN = select(
    exists().where(PaymentRecord.company_id == bindparam("company"), PaymentRecord.operation_id == bindparam("operation"))
)


@dataclass(frozen=True, slots=True)
class _Note:
    """An operation that was just noted, and what it paid. `tells_kind`: it says where the money went."""

    services: Services
    session: Session
    row: Delivery
    facts: Facts | None
    subject: Subject
    done: str
    tells_kind: bool


def note_payment(
    services: Services, session: Session, row: Delivery, operation: FinanceOperation, facts: Facts | None
) -> Resolution:
    """Keeps the newest word on the operation, wakes what waits for it, and doubts a receipt it contradicts.

    What is no payment is kept as well: a deletion may arrive before its creation, which must not count as money then.
    Raises NeedsFacts where Altegio has to be asked first.
    """
    active = is_payment(operation, row.status)
    is_known = session.scalar(_IS_KNOWN, {"company": row.company_id, "operation": row.resource_id})
    subject = find_subject(row, operation)
    policy = load_salon(session, services.settings, row.company_id).policy
    is_newest = save_payment(
        session,
        row.company_id,
        row.resource_id,
        operation,
        policy,
        status=row.status,
        changed_at=row.changed_at,
        webhook_record_id=row.id,
    )
    if subject is None and not is_known:
        return Resolution.ignored("not tied to a sale")
    if facts is not None and subject is not None:
        take_over_ledger(session, subject, facts, policy)
    elif not is_newest:
        return Resolution.ignored("superseded by a newer change of the same operation")
    if not is_known and not active:
        return Resolution.ignored("not a payment of a client")
    if subject is None:
        return Resolution.processed("no longer tied to a sale")
    done = "payment noted" if active else "payment taken back"
    tells_kind = find_payment_kind(operation, policy.payment_kinds) is not None
    return _follow(_Note(services, session, row, facts, subject, done, tells_kind))


def find_subject(row: Delivery, operation: FinanceOperation) -> Subject | None:
    """What the money paid. A visit's payments name its document too, so the record comes first."""
    if operation.record_id:
        return Subject(row.company_id, record_id=operation.record_id)
    if pays_goods(operation):
        return Subject(row.company_id, document_id=operation.document_id)
    return None


def _follow(note: _Note) -> Resolution:
    session, subject = note.session, note.subject
    sale = find_sale(session, subject)
    if sale is None and (found := _find_missing_goods(note)):
        return found
    if sale is None or may_be_changed(sale):
        return Resolution.processed(note.done, wake=wake_deliveries(session, subject, sale))
    if subject.record_id and find_checkout(session, subject) is not None:
        return Resolution.processed(f"{note.done}; the visit was paid at the desk", receipt_id=sale.id)
    return _compare(note, sale)


def _find_missing_goods(note: _Note) -> Resolution | None:
    """Goods over the counter that were paid for, and that no webhook told of: read from the sale document."""
    services, subject = note.services, note.subject
    if services.altegio is None or subject.document_id is None or knows_goods(note.session, subject):
        return None
    wait = services.settings.goods_wait_seconds + services.settings.payment_wait_seconds
    left = wait - (utc_now() - note.row.created_at).total_seconds()
    if left > 0:
        return Resolution.waiting("the goods of this payment may follow", left)
    demand_facts(services, subject, note.facts)
    if note.facts is None or not note.facts.goods:
        return None
    return Resolution.processed(note.done, wake=tuple(store_missed_goods(note.session, subject, note.facts.goods)))


def _compare(note: _Note, sale: Receipt) -> Resolution:
    """A payment that was booked anew looks like one deleted and one made: what looks wrong is looked at again later."""
    doubt = find_doubt(note.session, note.subject, sale)
    if doubt is None:
        if not note.tells_kind:
            demand_facts(note.services, note.subject, note.facts)
        clear_return_due(sale)
        return Resolution.processed(note.done, receipt_id=sale.id)
    wait = seconds_to_wait(note.services, note.session, note.subject, note.row.created_at)
    if wait > 0:
        return Resolution.waiting(doubt.reason, wait)
    demand_facts(note.services, note.subject, note.facts)
    return mark_return_due(sale, doubt.reason, is_paid_back=doubt.is_paid_back)
