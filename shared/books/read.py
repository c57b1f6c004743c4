"""Reads what the books are made of: sales touched in some days, all their payments and receipts, the shifts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session, defer

from shared.books.compare import compare
from shared.books.homes import Homes, map_homes
from shared.books.joint import JointVisits, find_joint_visits
from shared.books.model import BookedSale, Circumstances, DayBooks, DeadLetter, Document, Material, ShiftBooks
from shared.books.movements import COMPARED, is_one_of, list_movements
from shared.books.open_items import list_open_items
from shared.books.other_money import list_other_money
from shared.books.paid import PAID, read_sums
from shared.clock import ALMATY, almaty_date
from shared.fiscal.money import InvalidAmount, parse_amount
from shared.fiscal.statuses import (
    OPEN_RECEIPT_STATES,
    OPEN_RECORD_STATES,
    PaymentState,
    ReceiptKind,
    ReceiptState,
    RecordState,
)
from shared.fiscal.z_report import read_report
from shared.salon.desk_sales import DESK_SALE
from shared.storage.db import allow_long
from shared.storage.models import Cashbox, Checkout, PaymentRecord, Receipt, Shift, Visit, WebhookRecord

_OF_STRANGER = ("fiscal_number", "external_check_number", "issued_at")
_LONGEST_WORD = 100
# A month of bodies would be most of what is read, and nobody looks at them.
_WITHOUT_BODIES = defer(WebhookRecord.body), defer(WebhookRecord.raw_body)
_OF_DELIVERY: Sequence[Any] = (
    WebhookRecord.company_id,
    WebhookRecord.resource,
    WebhookRecord.resource_id,
    WebhookRecord.document_id,
    WebhookRecord.state,
    WebhookRecord.reason,
    WebhookRecord.receipt_id,
)
# Without the request, whose sums stand beside it.
_OF_RECEIPT: Sequence[Any] = (
    Receipt.id,
    Receipt.company_id,
    Receipt.record_id,
    Receipt.document_id,
    Receipt.operation_id,
    Receipt.basis_receipt_id,
    Receipt.replaces_id,
    Receipt.kind,
    Receipt.state,
    Receipt.issued_at,
    Receipt.created_at,
    Receipt.fiscal_number,
    Receipt.registration_number,
    Receipt.shift_number,
    Receipt.offline_mode,
    Receipt.returned,
    Receipt.return_due_reason,
    Receipt.next_attempt_at,
    *PAID.values(),
)


def keep_books(session: Session, cashbox: Cashbox, first: date, last: date) -> list[DayBooks]:
    """Returns the books of one cashbox, one entry for each day from `first` to `last`, both included."""
    allow_long(session)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    homes = map_homes(session)
    books = compare(_read(session, cashbox, homes, first, last), days)
    books[-1].open = list_open_items(
        session, lambda one: homes.find(one) == cashbox.id, last, _begin(last + timedelta(days=1))
    )
    return books


def _read(session: Session, cashbox: Cashbox, homes: Homes, first: date, last: date) -> Material:
    since, until = _begin(first), _begin(last + timedelta(days=1))
    shifts = _list_shifts(session, cashbox, since, until)
    numbers = [shift.number for shift in shifts]
    subjects, joint = _find_subjects(session, cashbox, homes, since, until, numbers)
    receipts = _list_receipts(session, cashbox, subjects)
    issued = [receipt for receipt in receipts if receipt.state == ReceiptState.ISSUED]
    missing = {receipt.shift_number for receipt in issued if receipt.shift_number is not None}
    shifts = _list_shifts_by_number(session, cashbox, missing | {shift.number for shift in shifts})
    told = {receipt.id for receipt in issued if receipt.operation_id is not None or receipt.returned}
    documents = [_describe_document(receipt, shifts, told) for receipt in issued]
    return Material(
        movements=list_movements(session, subjects, joint, documents, {receipt.operation_id for receipt in issued}),
        documents=documents,
        shifts=[_describe_shift(shift) for shift in shifts],
        circumstances=_describe_circumstances(session, subjects, receipts),
        dead_letters=_list_dead_letters(session, cashbox, homes, since, until),
        silent=_find_silent(session, {subject.company_id for subject in subjects}),
        other=list_other_money(session, cashbox.id, lambda one: homes.find(one) == cashbox.id, since, until),
        joint=joint.groups,
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ALMATY)


def _find_subjects(
    session: Session, cashbox: Cashbox, homes: Homes, since: datetime, until: datetime, shift_numbers: Sequence[int]
) -> tuple[set[BookedSale], JointVisits]:
    """Sales with a receipt, a payment or a payment taken back in these days, or a receipt in one of their shifts; with them
    all records of their visits.
    """
    issued = select(Receipt.company_id, Receipt.record_id, Receipt.document_id).where(
        Receipt.cashbox_id == cashbox.id,
        or_(_is_within(Receipt.issued_at, since, until), Receipt.shift_number.in_(shift_numbers)),
    )
    subjects = {BookedSale(*row) for row in session.execute(issued)}
    places = (PaymentRecord.record_id, PaymentRecord.document_id, PaymentRecord.visit_id)
    paid = select(PaymentRecord.company_id, *places).where(
        PaymentRecord.purpose.in_(COMPARED),
        or_(
            _is_within(PaymentRecord.paid_at, since, until),
            and_(PaymentRecord.state == PaymentState.REVOKED, _is_within(PaymentRecord.changed_at, since, until)),
        ),
    )
    voided = select(Checkout.company_id, Checkout.record_id, Checkout.document_id).where(
        _is_within(Checkout.voided_at, since, until)
    )
    payments = session.execute(paid).all()
    touched = {BookedSale(*row) for row in session.execute(voided)}
    sold = {one.record_id for one in (*subjects, *touched)} | {row.record_id for row in payments}
    records = {record_id for record_id in sold if record_id is not None}
    alone = {row.visit_id for row in payments if row.record_id is None and row.visit_id is not None}
    joint = find_joint_visits(session, records, alone)
    touched |= {joint.name(*row) for row in payments}
    touched |= {one for group in joint.groups for one in group}
    touched = {one for one in touched if one.record_id is not None or one.document_id is not None}
    return subjects | _of_cashbox(session, cashbox, homes, touched - subjects), joint


def _is_within(column: Any, since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(column >= since, column < until)


def _of_cashbox(session: Session, cashbox: Cashbox, homes: Homes, subjects: set[BookedSale]) -> set[BookedSale]:
    """Those without a receipt in these days: where their receipts are, else where the salon's would go."""
    known = {
        BookedSale(company_id, record_id, document_id): cashbox_id
        for company_id, record_id, document_id, cashbox_id in session.execute(
            select(Receipt.company_id, Receipt.record_id, Receipt.document_id, Receipt.cashbox_id).where(
                is_one_of(Receipt, subjects)
            )
        )
    }
    return {s for s in subjects if known.get(s, homes.find(s.company_id)) == cashbox.id}


def _list_receipts(session: Session, cashbox: Cashbox, subjects: set[BookedSale]) -> list[Row[Any]]:
    """With the columns of `_OF_RECEIPT`."""
    query = select(*_OF_RECEIPT).where(Receipt.cashbox_id == cashbox.id, is_one_of(Receipt, subjects)).order_by(Receipt.id)
    return [row for row in session.execute(query) if BookedSale(row.company_id, row.record_id, row.document_id) in subjects]


def _describe_document(receipt: Row[Any], shifts: Sequence[Shift], told: Collection[int]) -> Document:
    issued_at = receipt.issued_at or receipt.created_at
    return Document(
        subject=BookedSale(receipt.company_id, receipt.record_id, receipt.document_id),
        day=almaty_date(issued_at),
        receipt_id=receipt.id,
        fiscal_number=receipt.fiscal_number or "",
        is_return=receipt.kind == ReceiptKind.RETURN,
        sums=read_sums(receipt),
        shift_number=receipt.shift_number,
        is_offline=bool(receipt.offline_mode),
        registration=_find_registration(receipt, shifts),
        is_told=receipt.basis_receipt_id in told,
    )


def _find_registration(receipt: Row[Any], shifts: Sequence[Shift]) -> str:
    """As the shift's row names it: where only one of the two tells, the number decides, and the newest shift of it."""
    told = [shift.registration_number for shift in shifts if shift.number == receipt.shift_number]
    if receipt.registration_number:
        return "" if "" in told and receipt.registration_number not in told else receipt.registration_number
    return told[-1] if told else ""


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
    session: Session, subjects: set[BookedSale], receipts: Sequence[Row[Any]]
) -> dict[BookedSale, Circumstances]:
    newest: dict[BookedSale, Row[Any]] = {}
    deliveries = select(*_OF_DELIVERY).where(_is_delivery_of(subjects)).order_by(WebhookRecord.id)
    for row in session.execute(deliveries):
        newest[_delivery_subject(row)] = row
    sales: dict[BookedSale, list[Row[Any]]] = defaultdict(list)
    for receipt in receipts:
        sales[BookedSale(receipt.company_id, receipt.record_id, receipt.document_id)].append(receipt)
    part_paid = _find_part_paid(session, subjects)
    return {one: _describe_one(newest.get(one), sales[one], is_part_paid=one in part_paid) for one in subjects}


def _find_part_paid(session: Session, subjects: set[BookedSale]) -> set[BookedSale]:
    """Visits that wait for a payment and were never called paid in full."""
    waiting = select(Visit.company_id, Visit.record_id).where(
        Visit.record_id.in_([one.record_id for one in subjects if one.record_id is not None]),
        Visit.is_open,
        ~Visit.is_deleted,
        Visit.paid_told_at.is_(None),
    )
    return {BookedSale(company_id, record_id, None) for company_id, record_id in session.execute(waiting)}


def _describe_one(row: Row[Any] | None, receipts: Sequence[Row[Any]], *, is_part_paid: bool) -> Circumstances:
    is_deciding = row is not None and row.state in OPEN_RECORD_STATES and row.receipt_id is None
    given_up = [r for r in receipts if r.state in OPEN_RECEIPT_STATES and r.next_attempt_at is None]
    is_open = any(r.state in OPEN_RECEIPT_STATES and r.next_attempt_at is not None for r in receipts)
    return Circumstances(
        is_open=is_open or is_deciding,
        is_part_paid=is_part_paid,
        is_corrected=any(r.replaces_id is not None and not r.returned for r in receipts),
        delivery_state=RecordState.DEAD_LETTERED if given_up else row.state if row is not None else None,
        reason=row.reason if row is not None else None,
        return_due=next((r.return_due_reason for r in receipts if r.return_due_reason and not r.returned), None),
    )


def _is_delivery_of(subjects: set[BookedSale]) -> ColumnElement[bool]:
    """In the words of `shared.altegio`: resources `record` and `goods_operations_sale`; and sales made at the desk."""
    records = [s.record_id for s in subjects if s.record_id is not None]
    documents = [s.document_id for s in subjects if s.document_id is not None]
    companies = {s.company_id for s in subjects}
    of_record = and_(WebhookRecord.resource == "record", WebhookRecord.resource_id.in_(records))
    sold = ("goods_operations_sale", DESK_SALE)
    of_document = and_(WebhookRecord.resource.in_(sold), WebhookRecord.document_id.in_(documents))
    return and_(WebhookRecord.company_id.in_(companies), or_(of_record, of_document))


def _delivery_subject(row: WebhookRecord | Row[Any]) -> BookedSale:
    is_record = row.resource == "record"
    return BookedSale(row.company_id or 0, row.resource_id if is_record else None, None if is_record else row.document_id)


def _list_dead_letters(
    session: Session, cashbox: Cashbox, homes: Homes, since: datetime, until: datetime
) -> list[DeadLetter]:
    query = (
        select(WebhookRecord)
        .options(*_WITHOUT_BODIES)
        .where(WebhookRecord.state == RecordState.DEAD_LETTERED, _is_within(WebhookRecord.created_at, since, until))
        .order_by(WebhookRecord.id)
    )
    rows = [(row, _delivery_subject(row)) for row in session.scalars(query)]
    ours = _of_cashbox(session, cashbox, homes, {subject for _, subject in rows})
    return [
        DeadLetter(row.id, almaty_date(row.created_at), subject, row.error_code, row.reason, _name_operation(row, subject))
        for row, subject in rows
        if subject in ours
    ]


def _name_operation(row: WebhookRecord, subject: BookedSale) -> int | None:
    return row.resource_id if subject.record_id is None and subject.document_id is None else None


def _find_silent(session: Session, companies: set[int]) -> frozenset[int]:
    """Salons that never told of a payment."""
    told = session.scalars(
        select(PaymentRecord.company_id)
        .where(PaymentRecord.company_id.in_(companies), PaymentRecord.operation_id.is_not(None))
        .distinct()
    )
    return frozenset(companies - set(told))
