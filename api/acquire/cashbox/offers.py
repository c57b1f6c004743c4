"""Offers what Altegio tells of cash put in or taken out as an operation at the register. Nothing is booked by itself.

Of each there is one order, whoever presses how often; one that Webkassa refused may be tried again. Or a manager says
that it is no movement of the register's drawer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from psycopg2.errors import UniqueViolation
from sqlalchemy import and_, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import list_cashboxes
from api.acquire.cashbox.orders import MAX_REASON, Ordered
from api.acquire.cashbox.views import ORDER_LABELS
from api.acquire.words.text import Refused, Text
from shared.books.model import Entry
from shared.books.read.homes import map_homes
from shared.books.read.other_money import classify
from shared.fiscal.statuses import AccountUse, PaymentPurpose, PaymentState
from shared.storage.db import SessionFactory
from shared.storage.models import CashboxOrder, PaymentRecord
from shared.storage.models.desk.cashbox_order import OrderKind, OrderState

# Older ones are of shifts that were closed long ago.
OFFERED_FOR = timedelta(days=14)
MOST = 50
_KINDS = {Entry.CASH_IN: OrderKind.DEPOSIT, Entry.CASH_OUT: OrderKind.WITHDRAWAL}
_is_ordered = exists().where(CashboxOrder.payment_record_id == PaymentRecord.id, CashboxOrder.state != OrderState.REFUSED)
_may_be_offered = and_(
    PaymentRecord.purpose == PaymentPurpose.OTHER,
    PaymentRecord.kind == AccountUse.CASH,
    PaymentRecord.is_outgo.is_not(None),
    PaymentRecord.state == PaymentState.ACTIVE,
    PaymentRecord.drawer_dismissed_at.is_(None),
    PaymentRecord.operation_id.is_not(None),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """Describes a movement of cash that Altegio tells of. `id` is of `payment_records`."""

    id: int
    label: Text
    amount: Decimal
    at: datetime
    note: str
    cashbox_number: str


def list_offers(session: Session, salons: Salons) -> Sequence[Offer]:
    """Returns what was neither booked nor dismissed, the newest first."""
    homes, cashboxes = map_homes(session), {cashbox.id: cashbox for cashbox in list_cashboxes(session, salons)}
    query = select(PaymentRecord).where(_may_be_offered, ~_is_ordered, PaymentRecord.paid_at > func.now() - OFFERED_FOR)
    query = query.where(salons.allow(PaymentRecord.company_id))
    offers = []
    for payment in session.scalars(query.order_by(PaymentRecord.paid_at.desc(), PaymentRecord.id.desc()).limit(MOST)):
        kind, cashbox = _find_kind(payment), cashboxes.get(homes.find(payment.company_id) or 0)
        if kind is not None and cashbox is not None:
            number = cashbox.unique_number
            offers.append(Offer(payment.id, ORDER_LABELS[kind], payment.amount, payment.paid_at, _describe(payment), number))
    return offers


def book_offer(sessions: SessionFactory, staff: Staff, payment_id: int) -> Ordered:
    """Stores the order, once for each. The caller publishes a new one after the commit. Raises NotFound, Refused."""
    try:
        with sessions.begin() as session:
            return _book(session, staff, payment_id)
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        with sessions() as session:
            known = _find_order(session, payment_id)
        if known is None:
            raise
        return Ordered(known.id, is_new=False)


def dismiss_offer(sessions: SessionFactory, staff: Staff, payment_id: int) -> None:
    """Takes the offer off the list for good. Raises NotFound, Refused."""
    with sessions.begin() as session:
        payment = _lock(session, staff.salons, payment_id)
        if _find_order(session, payment_id) is not None:
            raise Refused(Text("This movement was booked already."))
        if payment.drawer_dismissed_at is None:
            session.execute(
                update(PaymentRecord).where(PaymentRecord.id == payment_id).values(drawer_dismissed_at=func.now())
            )
            salon, total = payment.company_id, str(payment.amount)
            audit.record(
                session, staff.doer, "drawer_offer_dismissed", f"payment {payment_id}", company_id=salon, total=total
            )


def _book(session: Session, staff: Staff, payment_id: int) -> Ordered:
    payment = _lock(session, staff.salons, payment_id)
    known = _find_order(session, payment_id)
    if known is not None:
        return Ordered(known.id, is_new=False)
    kind, cashbox_id = _find_kind(payment), map_homes(session).find(payment.company_id)
    is_offered = session.scalar(select(exists().where(PaymentRecord.id == payment_id, _may_be_offered)))
    in_service = {cashbox.id for cashbox in list_cashboxes(session, staff.salons)}
    if kind is None or not is_offered or cashbox_id not in in_service:
        raise Refused(Text("Altegio has changed this movement, or it was dismissed. Open the page again."))
    form_key = _make_key(session, payment_id)
    order = CashboxOrder(
        cashbox_id=cashbox_id,
        kind=kind,
        form_key=form_key,
        ordered_by=f"staff:{staff.login}",
        staff_user_id=staff.id,
        amount=payment.amount,
        reason=_describe(payment)[:MAX_REASON],
        external_check_number=f"cash_{form_key.hex}",
        payment_record_id=payment_id,
    )
    session.add(order)
    session.flush()
    details: dict[str, Any] = {"cashbox_id": cashbox_id, "total": str(payment.amount), "payment_record_id": payment_id}
    subject = f"order {order.id}"
    audit.record(session, staff.doer, f"{kind}_ordered", subject, company_id=payment.company_id, **details)
    return Ordered(order.id, is_new=True)


def _lock(session: Session, salons: Salons, payment_id: int) -> PaymentRecord:
    payment = session.get(PaymentRecord, payment_id, with_for_update=True)
    if payment is None or not salons.include(payment.company_id):
        raise NotFound
    return payment


def _find_order(session: Session, payment_id: int) -> CashboxOrder | None:
    return session.scalar(
        select(CashboxOrder).where(CashboxOrder.payment_record_id == payment_id, CashboxOrder.state != OrderState.REFUSED)
    )


def _make_key(session: Session, payment_id: int) -> UUID:
    """The same for everybody who presses now; another one after a refusal."""
    refused = session.scalar(select(func.count()).where(CashboxOrder.payment_record_id == payment_id))
    return uuid5(NAMESPACE_OID, f"drawer offer {payment_id} after {refused} refusals")


def _find_kind(payment: PaymentRecord) -> OrderKind | None:
    entry = classify(payment)
    return _KINDS.get(entry) if entry else None


def _describe(payment: PaymentRecord) -> str:
    return " ".join(filter(None, (payment.item_title, f"Altegio № {payment.operation_id}")))
