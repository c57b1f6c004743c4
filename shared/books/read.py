"""Reads what the books are made of: sales touched in some days, all their payments and receipts, the shifts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from shared.books.compare import compare
from shared.books.model import BookedSale, Circumstances, DayBooks, DeadLetter, Document, Material, Movement, ShiftBooks
from shared.clock import ALMATY, almaty_date
from shared.fiscal.money import InvalidAmount, parse_amount
from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import (
    OPEN_RECEIPT_STATES,
    OPEN_RECORD_STATES,
    PaymentKind,
    PaymentPurpose,
    PaymentState,
    ReceiptKind,
    ReceiptState,
    RecordState,
)
from shared.fiscal.z_report import read_report
from shared.storage.db import allow_long
from shared.storage.models import Cashbox, Checkout, PaymentRecord, Receipt, Shift, WebhookRecord

# Money between bank accounts, on terminals that are registers themselves and from deposits is on no receipt of ours.
_IS_FOR_REGISTER = or_(PaymentRecord.kind.is_(None), PaymentRecord.kind.in_(list(PaymentKind)))
_OF_STRANGER = ("fiscal_number", "external_check_number", "issued_at")
_LONGEST_WORD = 100
# A month of bodies would be most of what is read, and nobody looks at them.
_WITHOUT_BODIES = defer(WebhookRecord.body), defer(WebhookRecord.raw_body)


def keep_books(session: Session, cashbox: Cashbox, first: date, last: date) -> list[DayBooks]:
    """Returns the books of one cashbox, one entry for each day from `first` to `last`, both included."""
    allow_long(session)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return compare(_read(session, cashbox, first, last), days)


def _read(session: Session, cashbox: Cashbox, first: date, last: date) -> Material:
    since, until = _begin(first), _begin(last + timedelta(days=1))
    shifts = _list_shifts(session, cashbox, since, until)
    subjects = _find_subjects(session, cashbox, since, until, [shift.number for shift in shifts])
    receipts = _list_receipts(session, cashbox, subjects)
    issued = [receipt for receipt in receipts if receipt.state == ReceiptState.ISSUED]
    missing = {receipt.shift_number for receipt in issued if receipt.shift_number is not None}
    shifts = _list_shifts_by_number(session, cashbox, missing | {shift.number for shift in shifts})
    documents = [_describe_document(receipt, shifts) for receipt in issued]
    return Material(
        movements=_list_movements(session, subjects, documents),
        documents=documents,
        shifts=[_describe_shift(shift) for shift in shifts],
        circumstances=_describe_circumstances(session, subjects, receipts),
        dead_letters=_list_dead_letters(session, cashbox, since, until),
        silent=_find_silent(session, {subject.company_id for subject in subjects}),
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ALMATY)


def _find_subjects(
    session: Session, cashbox: Cashbox, since: datetime, until: datetime, shift_numbers: Sequence[int]
) -> set[BookedSale]:
    """Sales with a receipt, a payment or a payment taken back in these days, or a receipt in one of their shifts."""
    issued = select(Receipt.company_id, Receipt.record_id, Receipt.document_id).where(
        Receipt.cashbox_id == cashbox.id,
        or_(_is_within(Receipt.issued_at, since, until), Receipt.shift_number.in_(shift_numbers)),
    )
    subjects = {BookedSale(*row) for row in session.execute(issued)}
    paid = select(PaymentRecord.company_id, PaymentRecord.record_id, PaymentRecord.document_id).where(
        PaymentRecord.purpose == PaymentPurpose.SALE,
        or_(
            _is_within(PaymentRecord.paid_at, since, until),
            and_(PaymentRecord.state == PaymentState.REVOKED, _is_within(PaymentRecord.changed_at, since, until)),
        ),
    )
    voided = select(Checkout.company_id, Checkout.record_id).where(_is_within(Checkout.voided_at, since, until))
    touched = {_subject(*row) for row in session.execute(paid)}
    touched |= {BookedSale(company_id, record_id, None) for company_id, record_id in session.execute(voided)}
    return subjects | _of_cashbox(session, cashbox, touched - subjects)


def _is_within(column: Any, since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(column >= since, column < until)


def _subject(company_id: int, record_id: int | None, document_id: int | None) -> BookedSale:
    """A visit's payments name its document as well; the visit is what was sold."""
    return BookedSale(company_id, record_id, None if record_id is not None else document_id)


def _of_cashbox(session: Session, cashbox: Cashbox, subjects: set[BookedSale]) -> set[BookedSale]:
    """Those without a receipt in these days: where their receipts are, else where the salon's would go."""
    homes = {
        BookedSale(company_id, record_id, document_id): cashbox_id
        for company_id, record_id, document_id, cashbox_id in session.execute(
            select(Receipt.company_id, Receipt.record_id, Receipt.document_id, Receipt.cashbox_id).where(
                _is_one_of(Receipt, subjects)
            )
        )
    }
    mapped = select(Cashbox.company_id, Cashbox.id).where(Cashbox.enabled, Cashbox.company_id.is_not(None))
    own = {row.company_id: row.id for row in session.execute(mapped)}
    default = session.scalar(select(func.min(Cashbox.id)).where(Cashbox.company_id.is_(None)))
    return {s for s in subjects if homes.get(s, own.get(s.company_id, default)) == cashbox.id}


def _is_one_of(model: Any, subjects: Iterable[BookedSale]) -> ColumnElement[bool]:
    """By lists of numbers, which an index answers; a number of another salon is left out by the caller."""
    subjects = list(subjects)
    records = [s.record_id for s in subjects if s.record_id is not None]
    documents = [s.document_id for s in subjects if s.document_id is not None]
    by_document = and_(model.document_id.in_(documents), model.record_id.is_(None))
    companies = {s.company_id for s in subjects}
    return and_(model.company_id.in_(companies), or_(model.record_id.in_(records), by_document))


def _list_receipts(session: Session, cashbox: Cashbox, subjects: set[BookedSale]) -> list[Receipt]:
    query = select(Receipt).where(Receipt.cashbox_id == cashbox.id, _is_one_of(Receipt, subjects)).order_by(Receipt.id)
    return [row for row in session.scalars(query) if BookedSale(row.company_id, row.record_id, row.document_id) in subjects]


def _describe_document(receipt: Receipt, shifts: Sequence[Shift]) -> Document:
    issued_at = receipt.issued_at or receipt.created_at
    return Document(
        subject=BookedSale(receipt.company_id, receipt.record_id, receipt.document_id),
        day=almaty_date(issued_at),
        receipt_id=receipt.id,
        fiscal_number=receipt.fiscal_number or "",
        is_return=receipt.kind == ReceiptKind.RETURN,
        sums=read_paid(receipt.request),
        shift_number=receipt.shift_number,
        is_offline=bool(receipt.offline_mode),
        registration=_find_registration(receipt, shifts),
    )


def _find_registration(receipt: Receipt, shifts: Sequence[Shift]) -> str:
    """As the shift's row names it: where only one of the two tells, the number decides, and the newest shift of it."""
    told = [shift.registration_number for shift in shifts if shift.number == receipt.shift_number]
    if receipt.registration_number:
        return "" if "" in told and receipt.registration_number not in told else receipt.registration_number
    return told[-1] if told else ""


def _list_movements(session: Session, subjects: set[BookedSale], documents: Sequence[Document]) -> list[Movement]:
    """What was taken at the desk, else what Altegio knows: staff may have booked the same money there as well."""
    query = (
        select(PaymentRecord, Checkout)
        .outerjoin(Checkout, Checkout.id == PaymentRecord.checkout_id)
        .where(PaymentRecord.purpose == PaymentPurpose.SALE, _IS_FOR_REGISTER, _is_one_of(PaymentRecord, subjects))
    )
    told: dict[BookedSale, list[Movement]] = defaultdict(list)
    desk: dict[BookedSale, list[Movement]] = defaultdict(list)
    live: set[BookedSale] = set()
    for payment, checkout in session.execute(query):
        subject = _subject(payment.company_id, payment.record_id, payment.document_id)
        if subject not in subjects:
            continue
        if checkout is None:
            is_back = payment.state == PaymentState.REVOKED
            told[subject] += _move(subject, payment, payment.paid_at, payment.changed_at if is_back else None)
            continue
        desk[subject] += _move(subject, payment, checkout.created_at, checkout.voided_at)
        if checkout.voided_at is None:
            live.add(subject)
    given_back = [_give_back(document) for document in documents if document.is_return and document.subject in live]
    movements = [move for subject in subjects for move in (*desk[subject], *([] if subject in live else told[subject]))]
    return movements + [move for moves in given_back for move in moves]


def _move(subject: BookedSale, payment: PaymentRecord, came_at: datetime, went_at: datetime | None) -> list[Movement]:
    """Money that came and went on one day did not move."""
    kind = PaymentKind(payment.kind) if payment.kind else None
    came, went = almaty_date(came_at), almaty_date(went_at) if went_at else None
    if came == went or (payment.state == PaymentState.REVOKED and went is None):
        return []
    moves = [Movement(subject, came, kind, payment.amount)]
    return moves if went is None else [*moves, Movement(subject, went, kind, -payment.amount)]


def _give_back(document: Document) -> list[Movement]:
    """A part of a desk sale that was returned at the desk: the manager handed the money back."""
    return [Movement(document.subject, document.day, kind, -amount) for kind, amount in document.sums.items()]


def _list_shifts(session: Session, cashbox: Cashbox, since: datetime, until: datetime) -> list[Shift]:
    query = select(Shift).where(Shift.cashbox_id == cashbox.id, _is_within(Shift.opened_at, since, until))
    return list(session.scalars(query.order_by(Shift.number)))


def _list_shifts_by_number(session: Session, cashbox: Cashbox, numbers: set[int]) -> list[Shift]:
    query = select(Shift).where(Shift.cashbox_id == cashbox.id, Shift.number.in_(numbers))
    return list(session.scalars(query.order_by(Shift.opened_at)))


def _describe_shift(shift: Shift) -> ShiftBooks:
    report = read_report(shift.report) if shift.report is not None else None
    strangers = [_read_stranger(row) for row in shift.strangers if isinstance(row, dict)] if shift.strangers else None
    return ShiftBooks(shift.id, shift.number, almaty_date(shift.opened_at), report, strangers, shift.registration_number)


def _read_stranger(row: Mapping[str, Any]) -> dict[str, Any]:
    """A document as Webkassa listed it, whatever it holds: the words as texts, the sum as one or as none."""
    told = {name: str(row[name])[:_LONGEST_WORD] if row.get(name) is not None else None for name in _OF_STRANGER}
    try:
        return {**told, "total": parse_amount(row.get("total"))}
    except InvalidAmount:
        return {**told, "total": None}


def _describe_circumstances(
    session: Session, subjects: set[BookedSale], receipts: Sequence[Receipt]
) -> dict[BookedSale, Circumstances]:
    newest: dict[BookedSale, WebhookRecord] = {}
    deliveries = select(WebhookRecord).options(*_WITHOUT_BODIES).where(_is_delivery_of(subjects)).order_by(WebhookRecord.id)
    for row in session.scalars(deliveries):
        newest[_delivery_subject(row)] = row
    sales: dict[BookedSale, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        sales[BookedSale(receipt.company_id, receipt.record_id, receipt.document_id)].append(receipt)
    return {subject: _describe_one(newest.get(subject), sales[subject]) for subject in subjects}


def _describe_one(row: WebhookRecord | None, receipts: Sequence[Receipt]) -> Circumstances:
    is_deciding = row is not None and row.state in OPEN_RECORD_STATES and row.receipt_id is None
    given_up = [r for r in receipts if r.state in OPEN_RECEIPT_STATES and r.next_attempt_at is None]
    is_open = any(r.state in OPEN_RECEIPT_STATES and r.next_attempt_at is not None for r in receipts)
    return Circumstances(
        is_open=is_open or is_deciding,
        delivery_state=RecordState.DEAD_LETTERED if given_up else row.state if row is not None else None,
        reason=row.reason if row is not None else None,
        return_due=next((r.return_due_reason for r in receipts if r.return_due_reason and not r.returned), None),
    )


def _is_delivery_of(subjects: set[BookedSale]) -> ColumnElement[bool]:
    """In the words of `shared.altegio`: resources `record` and `goods_operations_sale`."""
    records = [s.record_id for s in subjects if s.record_id is not None]
    documents = [s.document_id for s in subjects if s.document_id is not None]
    companies = {s.company_id for s in subjects}
    of_record = and_(WebhookRecord.resource == "record", WebhookRecord.resource_id.in_(records))
    of_document = and_(WebhookRecord.resource == "goods_operations_sale", WebhookRecord.document_id.in_(documents))
    return and_(WebhookRecord.company_id.in_(companies), or_(of_record, of_document))


def _delivery_subject(row: WebhookRecord) -> BookedSale:
    is_record = row.resource == "record"
    return BookedSale(row.company_id or 0, row.resource_id if is_record else None, None if is_record else row.document_id)


def _list_dead_letters(session: Session, cashbox: Cashbox, since: datetime, until: datetime) -> list[DeadLetter]:
    query = (
        select(WebhookRecord)
        .options(*_WITHOUT_BODIES)
        .where(WebhookRecord.state == RecordState.DEAD_LETTERED, _is_within(WebhookRecord.created_at, since, until))
        .order_by(WebhookRecord.id)
    )
    rows = [(row, _delivery_subject(row)) for row in session.scalars(query)]
    ours = _of_cashbox(session, cashbox, {subject for _, subject in rows})
    return [
        DeadLetter(row.id, almaty_date(row.created_at), subject, row.error_code, row.reason)
        for row, subject in rows
        if subject in ours
    ]


def _find_silent(session: Session, companies: set[int]) -> frozenset[int]:
    """Salons that never told of a payment."""
    told = session.scalars(
        select(PaymentRecord.company_id)
        .where(PaymentRecord.company_id.in_(companies), PaymentRecord.operation_id.is_not(None))
        .distinct()
    )
    return frozenset(companies - set(told))
