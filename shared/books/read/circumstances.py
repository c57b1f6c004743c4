"""Reads what else is known of sales: whether anything is under way, what the newest word about them was."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session

from shared.books.model import BookedSale, Circumstances
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, RecordState
from shared.salon.desk_sales import DESK_SALE
from shared.storage.models import Visit, WebhookRecord

_OF_DELIVERY: Sequence[Any] = (
    WebhookRecord.company_id,
    WebhookRecord.resource,
    WebhookRecord.resource_id,
    WebhookRecord.document_id,
    WebhookRecord.state,
    WebhookRecord.reason,
    WebhookRecord.receipt_id,
)


def describe_circumstances(
    session: Session, subjects: set[BookedSale], receipts: Sequence[Row[Any]]
) -> dict[BookedSale, Circumstances]:
    """Returns it by sale. `receipts`: all of theirs, rows with the columns that `shared.books.read.keep` reads."""
    newest: dict[BookedSale, Row[Any]] = {}
    deliveries = select(*_OF_DELIVERY).where(_is_delivery_of(subjects)).order_by(WebhookRecord.id)
    for row in session.execute(deliveries):
        newest[name_sold(row)] = row
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


def name_sold(row: WebhookRecord | Row[Any]) -> BookedSale:
    """Returns what a delivery is about."""
    is_record = row.resource == "record"
    return BookedSale(row.company_id or 0, row.resource_id if is_record else None, None if is_record else row.document_id)
