"""What the tables know of a visit, in one question; asked under the visit's lock."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, DateTime, bindparam, case, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared.altegio import RECORD
from shared.fiscal.statuses import PaymentKind, PaymentPurpose, PaymentState, ReceiptKind, RecordState
from shared.storage.models import Checkout, PaymentRecord, Receipt, WebhookRecord
from shared.storage.statements import table_of
from worker.decide.delivery import Delivery
from worker.decide.rules import KnownPayment

_STATUS_RANK = {"create": 0, "update": 1, "delete": 2}


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """`newer`: the id of a delivery that speaks of a later moment. `sales`: how many there were, returned ones included.

    `checkout_id`: a payment taken at the desk. `payments`: what was taken there, else what Altegio told of.
    """

    newer: int | None
    sales: int
    checkout_id: int | None
    payments: list[KnownPayment]


_deliveries = table_of(WebhookRecord).c
_receipts = table_of(Receipt).c
_checkouts = table_of(Checkout).c
_payments = table_of(PaymentRecord).c
_company, _record = bindparam("company", type_=BigInteger), bindparam("record", type_=BigInteger)

# Deliveries overtake each other. One key orders them all, so that of any number exactly one is the newest: Altegio's change
# time (where it is missing, the arrival), then a deletion before an update before a creation, then the arrival.
_age = tuple_(
    func.coalesce(_deliveries.changed_at, _deliveries.created_at),
    case(_STATUS_RANK, value=_deliveries.status, else_=0),
    _deliveries.id,
)
_mine = tuple_(bindparam("moment", type_=DateTime(timezone=True)), bindparam("rank"), bindparam("delivery"))
_newer = (
    select(_deliveries.id)
    .where(
        _deliveries.company_id == _company,
        _deliveries.resource == RECORD,
        _deliveries.resource_id == _record,
        _deliveries.status.in_(_STATUS_RANK),
        _deliveries.state != RecordState.INVALID,
        _age > _mine,
    )
    .order_by(_deliveries.id.desc())
    .limit(1)
)
_sales = select(func.count()).where(
    _receipts.company_id == _company, _receipts.record_id == _record, _receipts.kind == ReceiptKind.SALE
)
_checkout = select(_checkouts.id).where(
    _checkouts.company_id == _company, _checkouts.record_id == _record, _checkouts.voided_at.is_(None)
)
_told = func.jsonb_build_array(_payments.amount, _payments.kind, _payments.checkout_id)
_paid = select(func.coalesce(func.jsonb_agg(_told, type_=JSONB), [], type_=JSONB)).where(
    _payments.company_id == _company,
    _payments.record_id == _record,
    _payments.state == PaymentState.ACTIVE,
    _payments.purpose == PaymentPurpose.SALE,
)
_QUESTION = select(*(question.scalar_subquery() for question in (_newer, _sales, _checkout, _paid)))


def look_up_visit(session: Session, row: Delivery) -> KnownVisit:
    values = {
        "company": row.company_id,
        "record": row.resource_id,
        "moment": row.changed_at or row.created_at,
        "rank": _STATUS_RANK.get(row.status, 0),
        "delivery": row.id,
    }
    newer, sales, checkout_id, payments = session.execute(_QUESTION, values).one()
    # Staff may have booked what they took at the desk in Altegio as well.
    of_one_side = [(amount, kind) for amount, kind, taken_with in payments if taken_with == checkout_id]
    known = [KnownPayment(amount, PaymentKind(kind) if kind else None) for amount, kind in of_one_side]
    return KnownVisit(newer, sales, checkout_id, known)
