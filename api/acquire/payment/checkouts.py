"""Stores what was paid at the desk: a checkout, and a row for each way of payment."""

from sqlalchemy.orm import Session

from api.acquire.access.auth import Staff
from api.acquire.payment.form import Payment
from shared.fiscal.statuses import PaymentState
from shared.storage.models import Checkout, PaymentRecord


def store_checkout(
    session: Session,
    staff: Staff,
    payment: Payment,
    company_id: int,
    *,
    record_id: int | None = None,
    document_id: int | None = None,
) -> Checkout:
    """Stores the payment of a visit or of a sale document, and returns its checkout, which has an id by then."""
    checkout = Checkout(
        company_id=company_id,
        record_id=record_id,
        document_id=document_id,
        staff_user_id=staff.id,
        form_key=payment.form_key,
        total=payment.total,
        cash_received=payment.cash_received,
        change=payment.change,
        customer_email=payment.email,
        customer_phone=payment.phone,
        customer_xin=payment.xin,
        to_client=payment.to_client,
    )
    session.add(checkout)
    session.flush()
    session.add_all(
        PaymentRecord(
            company_id=company_id,
            record_id=record_id,
            document_id=document_id,
            kind=kind,
            amount=amount,
            state=PaymentState.ACTIVE,
            checkout_id=checkout.id,
        )
        for kind, amount in payment.parts.items()
    )
    return checkout
