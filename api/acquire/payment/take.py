"""Takes a payment at the desk: everything in one transaction, so that it is either taken whole or not at all.

Two tablets, a double press, the back button and a repeated request meet at the same lock and at two unique indexes:
one checkout a form, one live checkout a visit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg2.errors import UniqueViolation
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.salons import Salons
from api.acquire.payment.checkouts import store_checkout
from api.acquire.payment.form import FormErrors, read_form_key, read_payment
from api.acquire.words.text import Link, Refused, Text
from shared.fiscal.statuses import ReceiptKind, ReceiptState, RecordState
from shared.storage.db import SessionFactory
from shared.storage.locks import lock_visit
from shared.storage.models import Checkout, Receipt, StaffUser, Visit, WebhookRecord

# A delivery in one of these has come to rest; the payment is what it waited for. `processed` is one whose sale was returned.
_WOKEN = (RecordState.AWAITING_PAYMENT, RecordState.IGNORED, RecordState.DEAD_LETTERED, RecordState.PROCESSED)


@dataclass(frozen=True, slots=True)
class Taken:
    """Says what was taken. `delivery_id` has to be decided again; None when this form was taken before."""

    visit_id: int
    delivery_id: int | None


def take_payment(sessions: SessionFactory, visit_id: int, staff: Staff, typed: Mapping[str, str]) -> Taken | FormErrors:
    """Stores the payment of a visit and wakes its delivery; or says what is wrong by field. Raises NotFound, Refused.

    The caller publishes `delivery_id`: after the commit, never within it.
    """
    try:
        with sessions.begin() as session:
            return _take(session, visit_id, staff, typed)
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        # Somebody was faster in spite of the locks: their checkout is committed now, and decides.
        with sessions() as session:
            return _explain(session, staff.salons, visit_id, typed)


def _take(session: Session, visit_id: int, staff: Staff, typed: Mapping[str, str]) -> Taken | FormErrors:
    visit = _lock(session, staff.salons, visit_id)
    repeated = _find_repeated(session, visit, typed)
    if repeated is not None:
        return repeated
    refuse_unpayable(session, visit)
    assert visit.total is not None
    payment = read_payment(typed, visit.total)
    if isinstance(payment, FormErrors):
        return payment
    checkout = store_checkout(session, staff, payment, visit.company_id, record_id=visit.record_id)
    visit.is_open = False
    _wake(session, visit)
    kinds = {kind.value: str(amount) for kind, amount in payment.parts.items()}
    audit.record(
        session,
        staff.doer,
        "payment_taken",
        f"visit {visit.id}",
        company_id=visit.company_id,
        checkout_id=checkout.id,
        kinds=kinds,
    )
    return Taken(visit.id, visit.delivery_id)


def _lock(session: Session, salons: Salons, visit_id: int) -> Visit:
    """Raises NotFound. Under the lock no worker makes a receipt of the default kind while the payment is being taken."""
    key = session.execute(
        select(Visit.company_id, Visit.record_id).where(Visit.id == visit_id, salons.allow(Visit.company_id))
    ).first()
    if key is None:
        raise NotFound
    lock_visit(session, key.company_id, key.record_id)
    return session.get_one(Visit, visit_id, with_for_update=True, populate_existing=True)


def _find_repeated(session: Session, visit: Visit, typed: Mapping[str, str]) -> Taken | None:
    """The same form once more: the same result, no second charge."""
    form_key = read_form_key(typed)
    if form_key is None:
        return None
    known = session.scalar(select(Checkout).where(Checkout.form_key == form_key))
    if known is None:
        return None
    if (known.company_id, known.record_id) != (visit.company_id, visit.record_id):
        raise Refused(Text("This form was used for another visit. Open the visit again."))
    return Taken(visit.id, None)


def refuse_unpayable(session: Session, visit: Visit) -> None:
    """Raises Refused where no payment may be taken, with the reason."""
    if visit.is_deleted:
        raise Refused(Text("The visit was deleted in Altegio: there is nothing to pay."))
    paid = session.execute(
        select(Checkout.created_at, StaffUser.shown_name)
        .join(StaffUser, StaffUser.id == Checkout.staff_user_id)
        .where(
            Checkout.company_id == visit.company_id,
            Checkout.record_id == visit.record_id,
            Checkout.voided_at.is_(None),
        )
    ).first()
    if paid is not None:
        raise Refused(
            Text("Already paid at %(time)s, taken by %(name)s.", time=paid.created_at, name=paid.shown_name),
            Link(f"/acquire/visits/{visit.id}/progress", Text("Show the receipt")),
        )
    if session.scalar(select(Receipt.id).where(is_live_sale_of(visit))) is not None:
        raise Refused(Text("This visit already has a receipt."))
    if visit.total is None:
        raise Refused(Text("The price of this visit cannot be worked out. Correct the visit in Altegio."))
    if visit.total <= 0:
        raise Refused(Text("This visit costs nothing: no receipt is needed."))
    if session.scalar(select(WebhookRecord.emptied_at).where(WebhookRecord.id == visit.delivery_id)) is not None:
        raise Refused(Text("The visit is too old: its details are no longer kept."))


def is_live_sale_of(visit: Visit) -> ColumnElement[bool]:
    """Returns the condition that a receipt is the visit's sale, neither refused for good nor returned in full."""
    return (
        (Receipt.company_id == visit.company_id)
        & (Receipt.record_id == visit.record_id)
        & (Receipt.kind == ReceiptKind.SALE)
        & Receipt.operation_id.is_(None)
        & (Receipt.state != ReceiptState.REJECTED)
        & ~Receipt.returned
    )


def _wake(session: Session, visit: Visit) -> None:
    session.execute(
        update(WebhookRecord)
        .where(WebhookRecord.id == visit.delivery_id, WebhookRecord.state.in_(_WOKEN))
        .values(
            state=RecordState.RECEIVED,
            reason=None,
            error_code=None,
            receipt_id=None,
            claims=0,
            claim_id=None,
            lease_until=None,
            processed_at=None,
            next_attempt_at=func.now(),
        )
    )


def _explain(session: Session, salons: Salons, visit_id: int, typed: Mapping[str, str]) -> Taken:
    visit = session.get(Visit, visit_id)
    if visit is None or not salons.include(visit.company_id):
        raise NotFound
    repeated = _find_repeated(session, visit, typed)
    if repeated is not None:
        return repeated
    refuse_unpayable(session, visit)
    raise Refused(Text("Somebody else changed this visit just now. Open it again."))
