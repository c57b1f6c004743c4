"""Reads what the books are made of: sales touched in some days, all their payments and receipts, the shifts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Row, cast, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, defer

from shared.books.compare import compare
from shared.books.model import (
    BookedSale,
    DayBooks,
    DeadLetter,
    Document,
    Material,
    OpenItem,
    PlainSales,
    ShiftBooks,
    Source,
    Stranger,
)
from shared.books.paid import PAID, read_sums
from shared.books.read.circumstances import describe_circumstances, name_sold
from shared.books.read.days import Days
from shared.books.read.homes import Homes, map_homes
from shared.books.read.movements import is_one_of, list_movements
from shared.books.read.open_items import list_open_items
from shared.books.read.other_money import list_other_money
from shared.books.read.touched import find_of_cashbox, find_touched
from shared.clock import almaty_date
from shared.fiscal.money import InvalidAmount, parse_amount
from shared.fiscal.statuses import ReceiptKind, ReceiptState, RecordState
from shared.fiscal.z_report import read_report
from shared.storage.db import allow_long
from shared.storage.models import Cashbox, PaymentRecord, Receipt, Shift, WebhookRecord

_OF_STRANGER = ("fiscal_number", "external_check_number", "issued_at")
_LONGEST_WORD = 100
# A month of bodies would be most of what is read, and nobody looks at them.
_WITHOUT_BODIES = defer(WebhookRecord.body), defer(WebhookRecord.raw_body)
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
    days, homes = Days(first, last), map_homes(session)
    books = compare(_read(session, cashbox, homes, days), days.list_all())
    books[-1].open = list_open(session, cashbox, homes, last)
    return books


def list_open(session: Session, cashbox: Cashbox, homes: Homes, day: date) -> list[OpenItem]:
    """Returns what is open at the end of a day, of the salons whose money is counted at the cashbox."""
    return list_open_items(session, lambda one: homes.find(one) == cashbox.id, day, Days(day, day).until)


def _read(session: Session, cashbox: Cashbox, homes: Homes, days: Days) -> Material:
    shifts = _list_shifts(session, cashbox, days)
    touched = find_touched(session, cashbox, homes, days, [shift.number for shift in shifts])
    subjects = touched.subjects
    receipts = _list_receipts(session, cashbox, subjects)
    issued = [receipt for receipt in receipts if receipt.state == ReceiptState.ISSUED]
    named = {receipt.shift_number for receipt in (*issued, *touched.plain) if receipt.shift_number is not None}
    shifts = _list_shifts_by_number(session, cashbox, named | {shift.number for shift in shifts})
    names = defaultdict[int | None, list[str]](list)
    for shift in shifts:
        names[shift.number].append(shift.registration_number)
    told = {receipt.id for receipt in issued if receipt.operation_id is not None or receipt.returned}
    documents = [_describe_document(receipt, names, told) for receipt in issued]
    return Material(
        movements=list_movements(session, subjects, touched.joint, documents, {receipt.operation_id for receipt in issued}),
        documents=documents,
        shifts=[_describe_shift(shift) for shift in shifts],
        circumstances=describe_circumstances(session, subjects, receipts),
        dead_letters=_list_dead_letters(session, cashbox, homes, days),
        silent=_find_silent(session, {subject.company_id for subject in subjects}),
        other=list_other_money(session, cashbox.id, lambda one: homes.find(one) == cashbox.id, days),
        joint=touched.joint.groups,
        plain=[_describe_plain(row, names, days) for row in touched.plain],
    )


def _describe_plain(row: Row[Any], names: Mapping[int | None, Sequence[str]], days: Days) -> PlainSales:
    return PlainSales(
        day=days.find(row.day),
        source=Source(row.source),
        shift_number=row.shift_number,
        registration=_find_registration(row, names),
        count=row.receipts,
        sums=read_sums(row),
    )


def _list_receipts(session: Session, cashbox: Cashbox, subjects: set[BookedSale]) -> list[Row[Any]]:
    """With the columns of `_OF_RECEIPT`."""
    query = select(*_OF_RECEIPT).where(Receipt.cashbox_id == cashbox.id, is_one_of(Receipt, subjects)).order_by(Receipt.id)
    return [row for row in session.execute(query) if BookedSale(row.company_id, row.record_id, row.document_id) in subjects]


def _describe_document(receipt: Row[Any], names: Mapping[int | None, Sequence[str]], told: Collection[int]) -> Document:
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
        registration=_find_registration(receipt, names),
        is_told=receipt.basis_receipt_id in told,
    )


def _find_registration(receipt: Row[Any], names: Mapping[int | None, Sequence[str]]) -> str:
    """As the shift's row names it: where only one of the two tells, the number decides, and the newest shift of it.

    `names`: of the shifts with a number, their registration numbers.
    """
    told = names.get(receipt.shift_number, ())
    if receipt.registration_number:
        return "" if "" in told and receipt.registration_number not in told else receipt.registration_number
    return told[-1] if told else ""


def _list_shifts(session: Session, cashbox: Cashbox, days: Days) -> list[Shift]:
    query = select(Shift).where(Shift.cashbox_id == cashbox.id, days.contain(Shift.opened_at))
    return list(session.scalars(query.order_by(Shift.number)))


def _list_shifts_by_number(session: Session, cashbox: Cashbox, numbers: set[int]) -> list[Shift]:
    query = select(Shift).where(Shift.cashbox_id == cashbox.id, Shift.number.in_(numbers))
    return list(session.scalars(query.order_by(Shift.opened_at)))


def _describe_shift(shift: Shift) -> ShiftBooks:
    report = read_report(shift.report) if shift.report is not None else None
    strangers = [_read_stranger(row) for row in shift.strangers if isinstance(row, dict)] if shift.strangers else None
    return ShiftBooks(shift.id, shift.number, almaty_date(shift.opened_at), report, strangers, shift.registration_number)


def _read_stranger(row: Mapping[str, Any]) -> Stranger:
    """A document as Webkassa listed it, whatever it holds: the words as texts, the sum as one or as none."""
    told = {name: str(row[name])[:_LONGEST_WORD] if row.get(name) is not None else None for name in _OF_STRANGER}
    try:
        return Stranger(**told, total=parse_amount(row.get("total")))
    except InvalidAmount:
        return Stranger(**told, total=None)


def _list_dead_letters(session: Session, cashbox: Cashbox, homes: Homes, days: Days) -> list[DeadLetter]:
    query = (
        select(WebhookRecord)
        .options(*_WITHOUT_BODIES)
        .where(WebhookRecord.state == RecordState.DEAD_LETTERED, days.contain(WebhookRecord.created_at))
        .order_by(WebhookRecord.id)
    )
    rows = [(row, name_sold(row)) for row in session.scalars(query)]
    ours = find_of_cashbox(session, cashbox, homes, {subject for _, subject in rows})
    return [
        DeadLetter(row.id, almaty_date(row.created_at), subject, row.error_code, row.reason, _name_operation(row, subject))
        for row, subject in rows
        if subject in ours
    ]


def _name_operation(row: WebhookRecord, subject: BookedSale) -> int | None:
    return row.resource_id if subject.record_id is None and subject.document_id is None else None


def _find_silent(session: Session, companies: set[int]) -> frozenset[int]:
    """Salons that never told of a payment."""
    company_id = func.unnest(cast(list(companies), ARRAY(BigInteger))).column_valued("salon")
    tells = exists().where(PaymentRecord.company_id == company_id, PaymentRecord.operation_id.is_not(None))
    return frozenset(session.scalars(select(company_id).where(~tells)))
