"""What the tables know of a visit, in one question; asked under the visit's lock."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, bindparam, case, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared.altegio import RECORD
from shared.fiscal.statuses import PaymentPurpose, ReceiptKind, RecordState
from shared.storage.models import Checkout, PaymentRecord, Receipt, Visit, WebhookRecord
from shared.storage.statements import table_of
from worker.decide.delivery import Delivery
from worker.decide.known.payments import MONEY_ROW, read_money
from worker.decide.money import SaleMoney

_STATUS_RANK = {"create": 0, "update": 1, "delete": 2}


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """`newer`: the id of a delivery that speaks of a later moment. `sales`: how many there were, returned ones included.

    `checkout_id`: a payment taken at the desk. `money`: what was taken there, else what Altegio told of. `paid_told_at`:
    Altegio's time of the newest word, before this one, that the visit was paid in full.
    """

    newer: int | None
    sales: int
    checkout_id: int | None
    money: SaleMoney
    paid_told_at: datetime | None


_deliveries = table_of(WebhookRecord).c
_receipts = table_of(Receipt).c
_checkouts = table_of(Checkout).c
_payments = table_of(PaymentRecord).c
_visits = table_of(Visit).c
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
_paid = select(func.coalesce(func.jsonb_agg(func.jsonb_build_array(*MONEY_ROW), type_=JSONB), [], type_=JSONB)).where(
    _payments.company_id == _company, _payments.record_id == _record
)
_moved = select(func.coalesce(func.jsonb_agg(_payments.record_id, type_=JSONB), [], type_=JSONB)).where(
    _payments.company_id == _company,
    _payments.moved_from_record_id == _record,
    _payments.purpose == PaymentPurpose.SALE,
)
_paid_told_at = select(_visits.paid_told_at).where(_visits.company_id == _company, _visits.record_id == _record)
_QUESTION = select(*(question.scalar_subquery() for question in (_newer, _sales, _checkout, _paid, _moved, _paid_told_at)))


def look_up_visit(session: Session, row: Delivery) -> KnownVisit:
    values = {
        "company": row.company_id,
        "record": row.resource_id,
        "moment": row.changed_at or row.created_at,
        "rank": _STATUS_RANK.get(row.status, 0),
        "delivery": row.id,
    }
    newer, sales, checkout_id, paid, moved, paid_told_at = session.execute(_QUESTION, values).one()
    return KnownVisit(newer, sales, checkout_id, read_money(paid, moved, checkout_id), paid_told_at)
