"""Finds in the database the sales that are no question, so that only the others are read one by one.

Plain is a sale that `shared.books.compare` would find in order whatever else were known of it: one receipt and no other,
paid on its day, in its ways, to the tiyn, all by Altegio's word or all at our desk, and nobody else's money in it. Where a
salon tells no payments: one receipt and no payment. What is not sure to be plain is not.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from shared.books.model import Source
from shared.books.paid import PAID
from shared.books.read.days import are_of_days, number_day
from shared.books.read.movements import COMPARED, IS_FOR_REGISTER
from shared.fiscal.statuses import PaymentPurpose, PaymentState, ReceiptKind, ReceiptState
from shared.storage.models import Checkout, PaymentRecord, Receipt, Visit

_AMOUNT = PaymentRecord.amount


def select_plain() -> Select[Any]:
    """Returns the statement of the plain sales of a cashbox's days, a row each: `company_id`, `record_id`, `document_id`;
    `day`, as `number_day` counts; `source`; `shift_number`, `registration_number`, and `paid_*` of the receipt.

    It runs with `cashbox_id` and the parameters of `Days`.
    """
    receipt = _select_alone().cte("alone")
    weighed = union_all(
        _weigh(receipt, receipt.c.record_id.is_not(None), PaymentRecord.record_id == receipt.c.record_id),
        _weigh(receipt, receipt.c.document_id.is_not(None), _is_of_document(receipt)),
    ).subquery("weighed")
    found = select(weighed, _find_source(weighed.c).label("source")).subquery("found")
    return select(found).where(found.c.source.is_not(None))


def _select_alone() -> Select[Any]:
    """Receipts of the days, each the only one of its sale, which is alone in its visit."""
    is_of_receipt = and_(Visit.company_id == Receipt.company_id, Visit.record_id == Receipt.record_id)
    return (
        select(
            Receipt.company_id,
            Receipt.record_id,
            Receipt.document_id,
            Receipt.shift_number,
            Receipt.registration_number,
            number_day(Receipt.issued_at).label("day"),
            *PAID.values(),
        )
        .outerjoin(Visit, is_of_receipt)
        .where(
            Receipt.cashbox_id == bindparam("cashbox_id", type_=BigInteger),
            are_of_days(Receipt.issued_at),
            Receipt.state == ReceiptState.ISSUED,
            Receipt.shift_number.is_not(None),
            ~func.coalesce(Receipt.offline_mode, False),
            ~_has_beside("record_id"),
            ~_has_beside("document_id"),
            ~_is_joint(),
            ~_is_paid_as_visit(),
        )
    )


def _has_beside(name: str) -> ColumnElement[bool]:
    """Of a sale at most one receipt is in force (`uq_receipts_live_sale_of_record`, `..._of_document`). Whatever else there
    is of it, this receipt included, is beside that: a return, a part, what was refused or returned.
    """
    other = aliased(Receipt)
    is_beside = or_(
        other.kind != ReceiptKind.SALE,
        other.operation_id.is_not(None),
        other.state == ReceiptState.REJECTED,
        other.returned,
    )
    is_of_sale = and_(other.company_id == Receipt.company_id, getattr(other, name) == getattr(Receipt, name))
    return exists().where(is_of_sale, is_beside)


def _is_joint() -> ColumnElement[bool]:
    sibling = aliased(Visit)
    is_of_visit = and_(sibling.company_id == Visit.company_id, sibling.visit_id == Visit.visit_id)
    return exists().where(is_of_visit, sibling.id != Visit.id)


def _is_paid_as_visit() -> ColumnElement[bool]:
    """Altegio may tell a payment of a visit, and name none of its records."""
    paid = aliased(PaymentRecord)
    is_of_visit = and_(paid.company_id == Visit.company_id, paid.visit_id == Visit.visit_id)
    return exists().where(is_of_visit, paid.record_id.is_(None), paid.visit_id.is_not(None))


def _is_of_document(receipt: CTE) -> ColumnElement[bool]:
    return and_(PaymentRecord.document_id == receipt.c.document_id, PaymentRecord.record_id.is_(None))


def _weigh(receipt: CTE, is_of_kind: ColumnElement[bool], is_of_sale: ColumnElement[bool]) -> Select[Any]:
    """Puts beside each receipt its sale's payments, added up."""
    paid = _add_up_paid(receipt, is_of_sale)
    return select(receipt, paid).join(paid, true()).where(is_of_kind)


def _add_up_paid(receipt: CTE, is_of_sale: ColumnElement[bool]) -> LateralFromClause:
    """`payments`, `at_desk`: how many; `are_plain`; and the sum of each way as `told_*`."""
    was_paid_at = func.coalesce(Checkout.created_at, PaymentRecord.paid_at)
    is_plain = and_(
        PaymentRecord.purpose == PaymentPurpose.SALE,
        PaymentRecord.state == PaymentState.ACTIVE,
        PaymentRecord.kind.is_not(None),
        or_(PaymentRecord.record_id.is_not(None), PaymentRecord.visit_id.is_(None)),
        Checkout.voided_at.is_(None),
        _AMOUNT > 0,
        number_day(was_paid_at) == receipt.c.day,
    )
    sums = (
        func.coalesce(func.sum(_AMOUNT).filter(PaymentRecord.kind == kind), 0).label(f"told_{column.key}")
        for kind, column in PAID.items()
    )
    return (
        select(
            func.count().label("payments"),
            func.count(PaymentRecord.checkout_id).label("at_desk"),
            func.coalesce(func.bool_and(is_plain), False).label("are_plain"),
            *sums,
        )
        .select_from(PaymentRecord)
        .outerjoin(Checkout, Checkout.id == PaymentRecord.checkout_id)
        .where(
            PaymentRecord.company_id == receipt.c.company_id,
            is_of_sale,
            PaymentRecord.purpose.in_(COMPARED),
            IS_FOR_REGISTER,
        )
        .lateral("paid")
    )


def _find_source(sale: Any) -> ColumnElement[str | None]:
    """None for a sale that is not plain."""
    is_telling = exists().where(PaymentRecord.company_id == sale.company_id, PaymentRecord.operation_id.is_not(None))
    agrees = and_(sale.are_plain, *(sale[f"told_{column.key}"] == sale[column.key] for column in PAID.values()))
    return case(
        (and_(sale.payments == 0, ~is_telling), literal(Source.ASSUMED.value)),
        (and_(agrees, sale.at_desk == 0), literal(Source.ALTEGIO.value)),
        (and_(agrees, sale.at_desk == sale.payments), literal(Source.DESK.value)),
    )
