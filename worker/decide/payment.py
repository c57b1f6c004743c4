"""A `finances_operation` delivery: money that moved, kept for the receipt of what it paid."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from shared.altegio import FinanceOperation, Record
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, AccountUse, PaymentPurpose, RecordState
from shared.storage.models import Checkout, Receipt
from worker.altegio.errors import AnswerTooOld
from worker.decide.delivery import Delivery
from worker.decide.known.facts import Facts, demand_facts
from worker.decide.known.own_receipts import find_own_receipt, mark_doubted, review_own_receipts, withdraw_doubted
from worker.decide.known.patience import patience_of
from worker.decide.known.payment_wait import (
    SUPERSEDED,
    seconds_to_wait,
    settle_earlier_words,
    wake_deliveries,
    wake_differences,
)
from worker.decide.known.payments import note_own_booking, save_payment, take_over_ledger
from worker.decide.known.sale_money import doubt_sale
from worker.decide.known.touched import Touched, find_touched
from worker.decide.operations import find_account_use, find_purpose, is_in_force, is_payment
from worker.decide.resolution import Resolution
from worker.decide.sales import Subject, clear_return_due, find_sale, join_sale, mark_return_due, may_be_changed
from worker.decide.settlement.advances import build_advance, find_reason_for_person
from worker.decide.settlement.doubts import Doubt, DoubtKind
from worker.decide.store_missed import knows_goods, store_missed_goods
from worker.decide.visit_page import find_checkout, is_deleted
from worker.salon.policy import Policy
from worker.salon.serving import load_salon
from worker.services import Services


@dataclass(frozen=True, slots=True)
class _Note:
    """An operation that was just noted, and what it touches. `use`: how its account is taken, None where it is not told."""

    services: Services
    session: Session
    row: Delivery
    facts: Facts | None
    policy: Policy
    operation: FinanceOperation
    purpose: PaymentPurpose
    use: AccountUse | None
    touched: Touched

    @property
    def done(self) -> str:
        if is_payment(self.operation, self.row.status):
            return "payment noted"
        return "refund noted" if self.purpose is PaymentPurpose.REFUND and self.is_in_force else "payment taken back"

    @property
    def is_in_force(self) -> bool:
        return is_in_force(self.operation, self.row.status)


def note_payment(
    services: Services, session: Session, row: Delivery, operation: FinanceOperation, facts: Facts | None
) -> Resolution:
    """Keeps the newest word on the operation, wakes what waits for it, and doubts a receipt it contradicts.

    What is no payment is kept as well: a deletion may arrive before its creation, which must not count as money then.
    Raises NeedsFacts where Altegio has to be asked first, AnswerTooOld where its answer is older than this word.
    """
    touched = find_touched(session, row, operation)
    policy = load_salon(session, services.settings, row.company_id).policy
    is_newest = save_payment(
        session,
        # A payment that names a visit alone may be for any of its records.
        touched.subject
        if touched.subject and not (touched.subject.is_visit and is_payment(operation, row.status))
        else None,
        row.company_id,
        row.resource_id,
        operation,
        policy,
        status=row.status,
        changed_at=row.changed_at,
        webhook_record_id=row.id,
    )
    purpose, use = find_purpose(operation, policy.tip_words), find_account_use(operation, policy.accounts)
    if purpose is PaymentPurpose.BOOKED:
        if is_in_force(operation, row.status):
            note_own_booking(session, row.company_id, row.resource_id, operation.comment)
        return Resolution.ignored("booked by us: what was taken at the desk is counted there")
    note = _Note(services, session, row, facts, policy, operation, purpose, use, touched)
    if facts is not None and touched.subject is not None:
        if is_newest:
            _refuse_older_sum(note, facts)
        take_over_ledger(session, touched.subject, facts, policy, patience=patience_of(services.settings))
    elif not is_newest:
        return Resolution.ignored(SUPERSEDED)
    resolution = _decide(note)
    if touched.was_noted and not settle_earlier_words(session, row) and resolution.state is RecordState.DEAD_LETTERED:
        return Resolution.ignored(SUPERSEDED)
    return resolution


def _decide(note: _Note) -> Resolution:
    touched = note.touched
    if not touched.was_noted and not (note.is_in_force and note.purpose in _OF_SALES):
        return Resolution.ignored(_say_apart(note))
    waiting = _review_own(note) if touched.has_own else None
    if waiting is not None:
        return waiting
    woken = [row_id for lost in touched.left for row_id in _doubt_lost(note, lost)]
    if note.purpose is PaymentPurpose.DEPOSIT:
        resolution = _note_top_up(note)
    elif touched.subject is None and not touched.others:
        is_known = note.operation.visit_id and note.is_in_force
        resolution = Resolution.processed(note.done if is_known else "no longer tied to a sale")
    else:
        resolution = _follow(note)
    return replace(resolution, wake=(*resolution.wake, *woken))


def _review_own(note: _Note) -> Resolution | None:
    """Receipts that payments of the visit have of their own, this one's too, are held against the news."""
    subject = next((one for one in note.touched.sales if one.is_visit), None)
    if subject is None:
        return None
    reviewed = review_own_receipts(note.session, subject, [note.row.resource_id])
    withdraw_doubted(note.session, reviewed)
    if any(one.is_new for one in reviewed):
        wait = seconds_to_wait(note.services.settings, note.session, subject, note.row.created_at)
        if wait > 0:
            return Resolution.waiting("payments of this visit may follow", wait)
        demand_facts(note.services.altegio, subject, note.facts)
    mark_doubted(reviewed, is_deleted=is_deleted(note.session, subject))
    return None


_NO_RECEIPT = (AccountUse.NONE, AccountUse.ELSEWHERE)
_OF_SALES = (PaymentPurpose.SALE, PaymentPurpose.REFUND, PaymentPurpose.DEPOSIT)


def _say_apart(note: _Note) -> str:
    if note.purpose is PaymentPurpose.TIP:
        return "a tip is no part of a sale"
    return "neither a payment of a client nor a refund" if note.touched.sales else "not tied to a sale"


def _refuse_older_sum(note: _Note, facts: Facts) -> None:
    """Raises AnswerTooOld where the list has another sum than the newest word: its rows have no stamp to compare."""
    row = note.row
    listed = next((one for one in facts.payments or () if one.id == row.resource_id), None)
    is_other = listed is not None and row.status != "delete" and listed.amount != note.operation.amount
    if is_other and row.now - row.created_at < patience_of(note.services.settings):
        raise AnswerTooOld("Altegio's list has another sum of a payment than it has just told of")


def _note_top_up(note: _Note) -> Resolution:
    """Money put on a client's account: the salon says when that has its receipt."""
    subject = note.touched.subject
    sale = find_sale(note.session, subject) if subject else None
    if sale is not None and subject is not None:
        return _follow_one(note, subject)
    if not note.is_in_force:
        woken = wake_deliveries(note.session, subject, None) if subject else ()
        return Resolution.processed("top-up taken back", wake=woken)
    if note.use in _NO_RECEIPT:
        return Resolution.processed("top-up noted: its account needs no receipt")
    reason = find_reason_for_person(note.operation, note.policy, note.policy.in_tenge(note.operation.amount))
    if reason is not None:
        return Resolution.dead("deposit", reason)
    if note.policy.deposits == "at_spending" or subject is None:
        return Resolution.processed("top-up noted: the receipt comes when it is spent")
    rows = store_missed_goods(note.session, subject, [build_advance(note.operation)])
    return Resolution.processed("top-up noted", wake=(*rows, *wake_deliveries(note.session, subject, None)))


def _doubt_lost(note: _Note, subject: Subject) -> tuple[int, ...]:
    """A payment left this sale for another: its receipt is shown to a manager, what waits is decided anew."""
    sale = find_sale(note.session, subject)
    if sale is None or may_be_changed(sale):
        return wake_deliveries(note.session, subject, sale)
    doubt = _doubt(note, subject, sale, _find_checkout(note, subject))
    if doubt is not None:
        mark_return_due(sale, doubt.reason, is_paid_back=False)
    return ()


def _follow(note: _Note) -> Resolution:
    """What the money means for the sale it names, and for other records of the same visit: their share may have changed."""
    subject = note.touched.subject
    main, *others = [*([subject] if subject else []), *note.touched.others]
    resolution = _follow_one(note, main)
    if resolution.state is RecordState.RECEIVED:
        return resolution
    woken = [row_id for other in others for row_id in _follow_other(note, other)]
    return replace(resolution, wake=(*resolution.wake, *woken))


def _follow_other(note: _Note, subject: Subject) -> tuple[int, ...]:
    sale = find_sale(note.session, subject)
    if sale is None or may_be_changed(sale):
        return wake_deliveries(note.session, subject, sale)
    doubt = _doubt(note, subject, sale, _find_checkout(note, subject))
    if doubt is None:
        _take_doubt_back(note, subject, sale)
    elif doubt.kind in (DoubtKind.GONE, DoubtKind.LESS):
        mark_return_due(sale, doubt.reason, is_paid_back=doubt.is_paid_back)
    return ()


def _follow_one(note: _Note, subject: Subject) -> Resolution:
    session = note.session
    sale = find_sale(session, subject)
    own = find_own_receipt(session, subject.company_id, note.row.resource_id) if note.touched.has_own else None
    if own is not None and own.state in OPEN_RECEIPT_STATES:
        return replace(join_sale(session, own, note.done), wake=wake_deliveries(session, subject, sale))
    if sale is None and (found := _find_missing_goods(note, subject)):
        return found
    if sale is None or may_be_changed(sale):
        return Resolution.processed(note.done, wake=wake_deliveries(session, subject, sale))
    checkout = _find_checkout(note, subject)
    if checkout is not None:
        return _compare_desk(note, subject, sale, checkout)
    return _compare(note, subject, sale)


def _find_checkout(note: _Note, subject: Subject) -> Checkout | None:
    return find_checkout(note.session, subject) if subject.record_id else None


def _doubt(note: _Note, subject: Subject, sale: Receipt, checkout: Checkout | None = None) -> Doubt | None:
    return doubt_sale(note.session, subject, sale, note.policy, checkout, read=_list_read(note, subject))


def _list_read(note: _Note, subject: Subject) -> tuple[Record, ...]:
    """All records of the sale's visit, where Altegio was asked and it has several."""
    is_of_visit = subject in (note.touched.subject, *note.touched.others)
    return note.facts.siblings if note.facts is not None and is_of_visit else ()


def _compare_desk(note: _Note, subject: Subject, sale: Receipt, checkout: Checkout) -> Resolution:
    """What staff took stands, whatever Altegio books as paid; money it gave back is told."""
    doubt = _doubt(note, subject, sale, checkout)
    if doubt is not None and doubt.kind is DoubtKind.LESS:
        return mark_return_due(sale, doubt.reason, is_paid_back=False)
    return Resolution.processed(f"{note.done}; the visit was paid at the desk", receipt_id=sale.id)


def _find_missing_goods(note: _Note, subject: Subject) -> Resolution | None:
    """What was sold without a visit and paid for, and no webhook told of: read from its document, else a person is told."""
    services = note.services
    is_receiptable = note.use not in _NO_RECEIPT and is_payment(note.operation, note.row.status)
    if subject.document_id is None or not is_receiptable or knows_goods(note.session, subject):
        return None
    wait = services.settings.goods_wait_seconds + services.settings.payment_wait_seconds
    left = wait - (note.row.now - note.row.created_at).total_seconds()
    if left > 0:
        return Resolution.waiting("what this payment is for may follow", left)
    demand_facts(services.altegio, subject, note.facts)
    facts, paid = note.facts, f"{note.policy.in_tenge(note.operation.amount)} ₸ were paid for"
    if facts is not None and facts.owner:
        return Resolution.dead("money_without_lines", f"{paid} the document of visit {facts.owner}, which they do not name")
    if facts is not None and facts.goods:
        rows = store_missed_goods(note.session, subject, facts.goods)
        return Resolution.processed(note.done, wake=tuple(rows))
    return Resolution.dead("money_without_lines", f"{paid} sale document {subject.document_id}: what it sold is not known")


def _compare(note: _Note, subject: Subject, sale: Receipt) -> Resolution:
    """A payment that was booked anew looks like one deleted and one made: what looks wrong is looked at again later."""
    doubt = _doubt(note, subject, sale)
    if doubt is None:
        if note.use is None:
            demand_facts(note.services.altegio, subject, note.facts)
        _take_doubt_back(note, subject, sale)
        return Resolution.processed(note.done, receipt_id=sale.id)
    wait = seconds_to_wait(note.services.settings, note.session, subject, note.row.created_at)
    if wait > 0:
        return Resolution.waiting(doubt.reason, wait)
    demand_facts(note.services.altegio, subject, note.facts)
    if doubt.kind is DoubtKind.MORE:
        # Money without a receipt is no reason to give any back.
        sale.paid_back_since = None
        return Resolution.dead("difference", doubt.reason, receipt_id=sale.id)
    marked = mark_return_due(sale, doubt.reason, is_paid_back=doubt.is_paid_back)
    return replace(marked, wake=wake_differences(note.session, subject))


def _take_doubt_back(note: _Note, subject: Subject, sale: Receipt) -> None:
    if not is_deleted(note.session, subject):
        clear_return_due(sale)
