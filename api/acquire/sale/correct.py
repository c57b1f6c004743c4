"""Corrects or cancels a sale without a visit whose receipt was refused: nothing of it exists at Webkassa yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.salons import Salons
from api.acquire.sale.take import Sold, Unsold, find_repeated, read_form, store_payment
from api.acquire.words.text import Refused, Text
from shared.fiscal.statuses import ReceiptKind, ReceiptState, RecordState
from shared.salon.desk_sales import number_document
from shared.storage.db import SessionFactory
from shared.storage.locks import lock_sales
from shared.storage.models import Checkout, DeskSale, Receipt, WebhookRecord

# Webkassa has it, whatever it says: the worker's word for that.
_EXISTS = "AlreadyIssued"


@dataclass(frozen=True, slots=True)
class _Refused:
    """Holds a sale whose receipt was refused, with what belongs to it."""

    sale: DeskSale
    delivery: WebhookRecord
    receipt: Receipt | None


def is_correctable(delivery_state: str, receipt_state: str | None, error_kind: str | None) -> bool:
    """Says whether a sale waits for a person and certainly has no receipt at Webkassa."""
    is_unmade = receipt_state is None or (receipt_state == ReceiptState.REJECTED and error_kind != _EXISTS)
    return delivery_state == RecordState.DEAD_LETTERED and is_unmade


def correct_sale(sessions: SessionFactory, staff: Staff, sale_id: int, typed: Mapping[str, str]) -> Sold | Unsold:
    """Writes the sale and its payment anew, for the same receipt. Raises NotFound, Refused.

    The caller publishes `delivery_id` after the commit.
    """
    with sessions.begin() as session:
        company_id = _lock(session, staff.salons, sale_id)
        repeated = find_repeated(session, staff, typed, sale_id)
        if repeated is not None:
            return repeated
        refused = _load(session, company_id, sale_id)
        read = read_form(typed)
        if isinstance(read, Unsold):
            return read
        basket, payment = read
        _void_payment(session, refused.sale)
        store_payment(session, refused.sale, refused.delivery, staff, basket, payment)
        _wake(refused)
        kinds = {kind.value: str(amount) for kind, amount in payment.parts.items()}
        audit.record(session, staff.doer, "sale_corrected", f"sale {sale_id}", company_id=company_id, kinds=kinds)
        return Sold(sale_id, refused.delivery.id)


def cancel_sale(sessions: SessionFactory, staff: Staff, sale_id: int) -> None:
    """Takes back a sale without a receipt; cancelled before, it stays so. Raises NotFound, Refused."""
    with sessions.begin() as session:
        company_id = _lock(session, staff.salons, sale_id)
        if session.get_one(DeskSale, sale_id).cancelled_at is not None:
            return
        refused = _load(session, company_id, sale_id)
        _void_payment(session, refused.sale)
        refused.sale.cancelled_at = func.now()
        delivery = refused.delivery
        delivery.state, delivery.reason, delivery.error_code = RecordState.IGNORED, "the sale was cancelled", None
        audit.record(session, staff.doer, "sale_cancelled", f"sale {sale_id}", company_id=company_id)


def _lock(session: Session, salons: Salons, sale_id: int) -> int:
    """Waits until no worker decides about the sale, and returns its salon. Raises NotFound."""
    owned = select(DeskSale.company_id).where(DeskSale.id == sale_id, salons.allow(DeskSale.company_id))
    company_id = session.scalar(owned)
    if company_id is None:
        raise NotFound
    lock_sales(session, company_id, documents=[number_document(sale_id)])
    return company_id


def _load(session: Session, company_id: int, sale_id: int) -> _Refused:
    """The receipt before its delivery, like whoever saves an outcome. Raises Refused."""
    of_sale = (
        select(Receipt)
        .where(
            Receipt.company_id == company_id,
            Receipt.document_id == number_document(sale_id),
            Receipt.kind == ReceiptKind.SALE,
        )
        .order_by(Receipt.id.desc())
        .limit(1)
        .with_for_update()
    )
    receipt = session.scalars(of_sale).first()
    sale = session.get_one(DeskSale, sale_id, with_for_update=True, populate_existing=True)
    delivery = session.get_one(WebhookRecord, sale.delivery_id, with_for_update=True)
    state, error = (receipt.state, receipt.error_kind) if receipt is not None else (None, None)
    if not is_correctable(delivery.state, state, error):
        raise Refused(Text("This sale cannot be changed any more: look at its receipt."))
    return _Refused(sale, delivery, receipt)


def _void_payment(session: Session, sale: DeskSale) -> None:
    live = select(Checkout).where(
        Checkout.is_of(sale.company_id, None, number_document(sale.id)), Checkout.voided_at.is_(None)
    )
    for checkout in session.scalars(live):
        checkout.voided_at = func.now()
    session.flush()


def _wake(refused: _Refused) -> None:
    """As a person's replay does it: what was refused before may be tried once more."""
    delivery, receipt = refused.delivery, refused.receipt
    delivery.state, delivery.reason, delivery.error_code, delivery.receipt_id = RecordState.RECEIVED, None, None, None
    delivery.claims, delivery.claim_id, delivery.lease_until, delivery.processed_at = 0, None, None, None
    delivery.next_attempt_at = func.now()
    if receipt is not None:
        receipt.error_kind = None
