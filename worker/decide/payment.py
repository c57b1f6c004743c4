"""A `finances_operation` delivery: money that moved, kept for the receipt of what it paid."""

from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.orm import Session

from shared.altegio import FinanceOperation
from shared.fiscal.statuses import PaymentPurpose
from shared.storage.models import Checkout, PaymentRecord, Receipt
from shared.storage.statements import table_of
from worker.altegio.errors import AnswerTooOld
from worker.decide.delivery import Delivery
from worker.decide.known.facts import Facts, demand_facts
from worker.decide.known.patience import patience_of
from worker.decide.known.payment_wait import seconds_to_wait, wake_deliveries
from worker.decide.known.payments import doubt_sale, save_payment, take_over_ledger
from worker.decide.money import DoubtKind
from worker.decide.operations import find_payment_kind, find_purpose, is_in_force, is_outgo, is_payment, pays_goods
from worker.decide.resolution import Resolution
from worker.decide.sales import Subject, clear_return_due, find_sale, mark_return_due, may_be_changed
from worker.decide.store_missed import knows_goods, store_missed_goods
from worker.decide.visit_page import find_checkout, is_deleted
from worker.salon.serving import load_salon
from worker.services import Services

_payments = table_of(PaymentRecord).c
_company = bindparam("company", type_=BigInteger)
_STORED = select(
    _payments.record_id, _payments.document_id, _payments.moved_from_record_id, _payments.moved_from_document_id
).where(_payments.company_id == _company, _payments.operation_id == bindparam("operation", type_=BigInteger))
_number = bindparam("number", type_=BigInteger)
# The visit that other payments of the same document, or of the same visit, belong to; unsure where there are several.
_VISITS_OF = {
    name: select(_payments.record_id)
    .where(
        _payments.company_id == _company, column == bindparam("number", type_=BigInteger), _payments.record_id.is_not(None)
    )
    .distinct()
    .limit(2)
    for name, column in (("document", _payments.document_id), ("visit", _payments.visit_id))
}


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
    Raises NeedsFacts where Altegio has to be asked first, AnswerTooOld where its answer is older than this word.
    """
    stored = _find_stored(session, row)
    subject = find_subject(session, row, operation)
    policy = load_salon(session, services.settings, row.company_id).policy
    is_newest = save_payment(
        session,
        subject,
        row.company_id,
        row.resource_id,
        operation,
        policy,
        status=row.status,
        changed_at=row.changed_at,
        webhook_record_id=row.id,
    )
    if subject is None and stored is None:
        return Resolution.ignored("not tied to a sale")
    if facts is not None and subject is not None:
        if is_newest:
            _refuse_older_sum(services, row, operation, facts)
        take_over_ledger(session, subject, facts, policy, patience=patience_of(services.settings))
    elif not is_newest:
        return Resolution.ignored("superseded by a newer change of the same operation")
    if stored is None and not _concerns_sale(operation, row.status):
        return Resolution.ignored("neither a payment of a client nor a refund")
    woken = [row_id for lost in _find_left(session, row, subject) for row_id in _doubt_lost(session, lost)]
    if subject is None:
        return Resolution.processed("no longer tied to a sale", wake=tuple(woken))
    tells_kind = find_payment_kind(operation, policy.payment_kinds) is not None
    followed = _follow(_Note(services, session, row, facts, subject, _describe(operation, row.status), tells_kind))
    return replace(followed, wake=(*followed.wake, *woken))


def _refuse_older_sum(services: Services, row: Delivery, operation: FinanceOperation, facts: Facts) -> None:
    """Raises AnswerTooOld where the list has another sum than the newest word: its rows have no stamp to compare."""
    listed = next((one for one in facts.payments or () if one.id == row.resource_id), None)
    is_other = listed is not None and row.status != "delete" and listed.amount != operation.amount
    if is_other and row.now - row.created_at < patience_of(services.settings):
        raise AnswerTooOld("Altegio's list has another sum of a payment than it has just told of")


def _concerns_sale(operation: FinanceOperation, status: str) -> bool:
    is_money_of_sale = find_purpose(operation) in (PaymentPurpose.SALE, PaymentPurpose.REFUND)
    return is_money_of_sale and is_in_force(operation, status)


def _describe(operation: FinanceOperation, status: str) -> str:
    if is_payment(operation, status):
        return "payment noted"
    is_refund = find_purpose(operation) is PaymentPurpose.REFUND and is_in_force(operation, status)
    return "refund noted" if is_refund else "payment taken back"


def find_subject(session: Session, row: Delivery, operation: FinanceOperation) -> Subject | None:
    """What the money paid, or gave back. A visit's payments name its document too, so the record comes first."""
    if operation.record_id:
        return Subject(row.company_id, record_id=operation.record_id)
    if pays_goods(operation):
        return Subject(row.company_id, document_id=operation.document_id)
    for name, number in (("document", operation.document_id), ("visit", operation.visit_id)):
        if number and (is_outgo(operation) or name == "visit"):
            records = session.scalars(_VISITS_OF[name], {"company": row.company_id, "number": number}).all()
            if len(records) == 1:
                return Subject(row.company_id, record_id=records[0])
    if is_outgo(operation) and operation.document_id:
        return Subject(row.company_id, document_id=operation.document_id)
    return None


def list_subjects(session: Session, row: Delivery, operation: FinanceOperation) -> list[Subject]:
    """All that the operation touches, in one order for everybody: the sale it pays, and those it was moved away from."""
    subject = find_subject(session, row, operation)
    touched = {*([subject] if subject else []), *_find_left(session, row, subject)}
    return sorted(touched, key=lambda one: (one.record_id or 0, one.document_id or 0))


def _find_stored(session: Session, row: Delivery) -> tuple[int | None, ...] | None:
    stored = session.execute(_STORED, {"company": row.company_id, "operation": row.resource_id}).one_or_none()
    return tuple(stored) if stored else None


def _find_left(session: Session, row: Delivery, subject: Subject | None) -> set[Subject]:
    """The sales that the operation paid before, by what is stored of it."""
    stored = _find_stored(session, row)
    if stored is None:
        return set()
    record_id, document_id, from_record, from_document = stored
    found = {Subject(row.company_id, record_id=number) for number in (record_id, from_record) if number}
    if not record_id and document_id:
        found.add(Subject(row.company_id, document_id=document_id))
    if from_document:
        found.add(Subject(row.company_id, document_id=from_document))
    return found - {subject}


def _doubt_lost(session: Session, subject: Subject) -> tuple[int, ...]:
    """A payment left this sale for another: its receipt is shown to a manager, what waits is decided anew."""
    sale = find_sale(session, subject)
    if sale is None or may_be_changed(sale):
        return wake_deliveries(session, subject, sale)
    checkout = find_checkout(session, subject) if subject.record_id else None
    doubt = doubt_sale(session, subject, sale, checkout)
    if doubt is not None:
        mark_return_due(sale, doubt.reason, is_paid_back=False)
    return ()


def _follow(note: _Note) -> Resolution:
    session, subject = note.session, note.subject
    sale = find_sale(session, subject)
    if sale is None and (found := _find_missing_goods(note)):
        return found
    if sale is None or may_be_changed(sale):
        return Resolution.processed(note.done, wake=wake_deliveries(session, subject, sale))
    checkout = find_checkout(session, subject) if subject.record_id else None
    if checkout is not None:
        return _compare_desk(note, sale, checkout)
    return _compare(note, sale)


def _compare_desk(note: _Note, sale: Receipt, checkout: Checkout) -> Resolution:
    """What staff took stands, whatever Altegio books as paid; money it gave back is told."""
    doubt = doubt_sale(note.session, note.subject, sale, checkout)
    if doubt is not None and doubt.kind is DoubtKind.LESS:
        return mark_return_due(sale, doubt.reason, is_paid_back=False)
    return Resolution.processed(f"{note.done}; the visit was paid at the desk", receipt_id=sale.id)


def _find_missing_goods(note: _Note) -> Resolution | None:
    """Goods over the counter that were paid for, and that no webhook told of: read from the sale document."""
    services, subject = note.services, note.subject
    if services.altegio is None or subject.document_id is None or knows_goods(note.session, subject):
        return None
    wait = services.settings.goods_wait_seconds + services.settings.payment_wait_seconds
    left = wait - (note.row.now - note.row.created_at).total_seconds()
    if left > 0:
        return Resolution.waiting("the goods of this payment may follow", left)
    demand_facts(services.altegio, subject, note.facts)
    if note.facts is None or not note.facts.goods:
        return None
    return Resolution.processed(note.done, wake=tuple(store_missed_goods(note.session, subject, note.facts.goods)))


def _compare(note: _Note, sale: Receipt) -> Resolution:
    """A payment that was booked anew looks like one deleted and one made: what looks wrong is looked at again later."""
    doubt = doubt_sale(note.session, note.subject, sale)
    if doubt is None:
        if not note.tells_kind:
            demand_facts(note.services.altegio, note.subject, note.facts)
        if not is_deleted(note.session, note.subject):
            clear_return_due(sale)
        return Resolution.processed(note.done, receipt_id=sale.id)
    wait = seconds_to_wait(note.services.settings, note.session, note.subject, note.row.created_at)
    if wait > 0:
        return Resolution.waiting(doubt.reason, wait)
    demand_facts(note.services.altegio, note.subject, note.facts)
    if doubt.kind is DoubtKind.MORE:
        # Money without a receipt is no reason to give any back.
        sale.paid_back_since = None
        return Resolution.dead("difference", doubt.reason, receipt_id=sale.id)
    return mark_return_due(sale, doubt.reason, is_paid_back=doubt.is_paid_back)
