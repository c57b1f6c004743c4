"""Stores a sale without a visit with its payment, in one transaction: it is made whole or not at all.

A double press, the back button and a second tablet with the same form meet at the unique key of the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg2.errors import UniqueViolation
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.payment.checkouts import store_checkout
from api.acquire.payment.form import FormErrors, Payment, read_form_key, read_payment
from api.acquire.sale.basket import Basket, read_basket
from api.acquire.words.text import Refused, Text
from shared.fiscal.statuses import DeliverySource
from shared.salon.desk_sales import DESK_SALE, find_desk_sale_id, number_document
from shared.storage.db import SessionFactory
from shared.storage.models import Checkout, DeskSale, WebhookRecord


@dataclass(frozen=True, slots=True)
class Sold:
    """Says what was sold. `delivery_id` has to be decided; None when this form was sent before."""

    sale_id: int
    delivery_id: int | None


@dataclass(frozen=True, slots=True)
class Unsold:
    """Holds what is wrong with a form, by field."""

    basket: Basket
    errors: FormErrors


def take_sale(
    sessions: SessionFactory, staff: Staff, company_id: int, typed: Mapping[str, str], request_id: str
) -> Sold | Unsold:
    """Stores a sale and what was paid for it. The caller publishes `delivery_id`: after the commit, never within it."""
    try:
        with sessions.begin() as session:
            return find_repeated(session, staff, typed) or _take(session, staff, company_id, typed, request_id)
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        # The same form was faster: its sale is committed now.
        with sessions() as session:
            repeated = find_repeated(session, staff, typed)
        if repeated is None:
            raise
        return repeated


def find_repeated(session: Session, staff: Staff, typed: Mapping[str, str], sale_id: int | None = None) -> Sold | None:
    """Returns what the same form sold before, None where it comes for the first time. Raises NotFound, Refused.

    `sale_id`: the only sale that it may be of.
    """
    form_key = read_form_key(typed)
    known = session.scalar(select(Checkout).where(Checkout.form_key == form_key)) if form_key else None
    if known is None:
        return None
    found = find_desk_sale_id(known.document_id)
    if found is None or sale_id not in (None, found):
        raise Refused(Text("This form was used for something else. Open the page again."))
    if not staff.salons.include(known.company_id):
        raise NotFound
    return Sold(found, None)


def _take(session: Session, staff: Staff, company_id: int, typed: Mapping[str, str], request_id: str) -> Sold | Unsold:
    read = read_form(typed)
    if isinstance(read, Unsold):
        return read
    basket, payment = read
    delivery = WebhookRecord(
        company_id=company_id,
        resource=DESK_SALE,
        status="create",
        source=DeliverySource.DESK,
        dedup_key=f"{DESK_SALE}:{payment.form_key}",
        request_id=request_id,
        next_attempt_at=func.now(),
    )
    session.add(delivery)
    session.flush()
    sale = DeskSale(company_id=company_id, delivery_id=delivery.id, lines=[], total=payment.total)
    session.add(sale)
    session.flush()
    delivery.resource_id, delivery.document_id = sale.id, number_document(sale.id)
    store_payment(session, sale, delivery, staff, basket, payment)
    _tell(session, staff, "sale_made", sale, payment)
    return Sold(sale.id, delivery.id)


def read_form(typed: Mapping[str, str]) -> tuple[Basket, Payment] | Unsold:
    """Returns what is sold and how it is paid, or what is wrong with the form."""
    basket = read_basket(typed)
    payment = read_payment(typed, basket.total)
    errors = FormErrors(dict(basket.errors.by_field))
    if not basket.rows:
        errors.add("basket", Text("Nothing is chosen yet."))
    if isinstance(payment, FormErrors):
        errors.by_field.update(payment.by_field)
    elif not errors.by_field and typed.get("shown") != f"{basket.total:f}":
        # Prices were typed after the page had added them up: nobody has seen this sum yet.
        errors.add("method", Text("The sum is %(sum)s now. Check it and press once more.", sum=basket.total))
    if errors.by_field or isinstance(payment, FormErrors):
        return Unsold(basket, errors)
    return basket, payment


def store_payment(
    session: Session, sale: DeskSale, delivery: WebhookRecord, staff: Staff, basket: Basket, payment: Payment
) -> None:
    """Writes the lines of a sale and what was paid for them."""
    sale.lines, sale.total = [line.as_json() for line in basket.sold], payment.total
    delivery.body = {
        "company_id": sale.company_id,
        "resource": DESK_SALE,
        "resource_id": sale.id,
        "status": "create",
        "data": {"id": sale.id, "lines": sale.lines, "total": f"{sale.total:f}"},
    }
    store_checkout(session, staff, payment, sale.company_id, document_id=number_document(sale.id))


def _tell(session: Session, staff: Staff, action: str, sale: DeskSale, payment: Payment) -> None:
    kinds = {kind.value: str(amount) for kind, amount in payment.parts.items()}
    audit.record(session, staff.doer, action, f"sale {sale.id}", company_id=sale.company_id, kinds=kinds)
