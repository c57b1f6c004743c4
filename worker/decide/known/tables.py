"""What the tables know of a visit, in one question; asked under the visit's lock."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, bindparam, case, func, select, tuple_
from sqlalchemy.orm import Session

from shared.altegio import RECORD, Record
from shared.fiscal.statuses import ReceiptKind, RecordState
from shared.storage.models import Checkout, Receipt, Visit, WebhookRecord
from shared.storage.statements import table_of
from worker.decide.delivery import Delivery
from worker.decide.known.money_rows import MONEY_QUESTIONS, SIBLINGS, MoneyRows, read_money_rows
from worker.salon.customer.clients import IS_OPTED_OUT, is_opted_out

_STATUS_RANK = {"create": 0, "update": 1, "delete": 2}


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """`newer`: the id of a delivery that speaks of a later moment. `sales`: how many there were, returned ones included.

    `checkout_id`: a payment taken at the desk. `money`: what is noted of payments. `paid_told_at`: Altegio's time of the
    newest word, before this one, that the visit was paid in full. `shown_by`: the delivery its page shows so far.
    `client_id`: whom the delivery names; `opted_out`: they want no receipts sent.
    """

    newer: int | None
    sales: int
    checkout_id: int | None
    paid_told_at: datetime | None
    shown_by: int | None
    client_id: int | None
    opted_out: bool
    money: MoneyRows


_deliveries = table_of(WebhookRecord).c
_receipts = table_of(Receipt).c
_checkouts = table_of(Checkout).c
_visits = table_of(Visit).c
_company, _record = bindparam("company", type_=BigInteger), bindparam("subject", type_=BigInteger)

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
    _receipts.company_id == _company,
    _receipts.record_id == _record,
    _receipts.kind == ReceiptKind.SALE,
    _receipts.operation_id.is_(None),
)
_checkout = select(_checkouts.id).where(
    _checkouts.company_id == _company, _checkouts.record_id == _record, _checkouts.voided_at.is_(None)
)
_is_shown = (_visits.company_id == _company, _visits.record_id == _record)
_paid_told_at = select(_visits.paid_told_at).where(*_is_shown)
_shown_by = select(_visits.delivery_id).where(*_is_shown)
_QUESTION = select(
    *(question.scalar_subquery() for question in (_newer, _sales, _checkout, _paid_told_at, _shown_by)),
    IS_OPTED_OUT,
    *MONEY_QUESTIONS[True],
    SIBLINGS,
)


def look_up_visit(session: Session, row: Delivery, record: Record) -> KnownVisit:
    values = {
        "company": row.company_id,
        "subject": row.resource_id,
        "visit": record.visit_id or None,
        "moment": row.changed_at or row.created_at,
        "rank": _STATUS_RANK.get(row.status, 0),
        "delivery": row.id,
        "client": (client_id := _name_client(record)),
    }
    newer, sales, checkout_id, paid_told_at, shown_by, opted_out, *money = session.execute(_QUESTION, values).one()
    told = (newer, sales, checkout_id, paid_told_at, shown_by)
    return KnownVisit(*told, client_id=client_id, opted_out=bool(opted_out), money=read_money_rows(*money))


def has_opted_out(session: Session, company_id: int, known: KnownVisit, record: Record) -> bool:
    """Says whether the client of a visit wants no receipts sent; Altegio may know another than the delivery named."""
    client_id = _name_client(record)
    return known.opted_out if client_id == known.client_id else is_opted_out(session, company_id, client_id)


def _name_client(record: Record) -> int | None:
    return record.client.id if record.client else None
