"""Decides about a sale made at the desk without a visit: its lines and payment are known whole, so nothing is waited for."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.clock import almaty_date
from shared.fiscal.statuses import DeliverySource, PaymentKind, PaymentState
from shared.salon.desk_sales import SoldLine, number_document, read_line
from shared.storage.locks import lock_sales
from shared.storage.models import Checkout, DeskSale, PaymentRecord, Receipt, WebhookRecord
from worker.decide.at_desk.service_ids import add_service_ids
from worker.decide.delivery import Delivery
from worker.decide.resolution import Resolution
from worker.decide.sales import Subject, count_sales, find_sale, issue_sale, join_sale, may_be_changed, withdraw_unsent
from worker.decide.visit_page import find_checkout, read_desk_details
from worker.receipt.lines import CannotBuild, Line, build_draft
from worker.receipt.vat import choose_vat_rates
from worker.salon.customer.addressee import address_receipt
from worker.salon.goods_codes import name_goods
from worker.salon.serving import NoCashbox, load_salon
from worker.services import Services


def decide_desk_sale(services: Services, session: Session, row: Delivery) -> Resolution:
    """Makes the receipt of the sale due; of one that was cancelled or returned nothing is left to do."""
    sale = _find_sale(session, row)
    if sale is None:
        return Resolution.dead("unreadable", "no sale of the desk belongs to it")
    subject = Subject(sale.company_id, document_id=number_document(sale.id))
    lock_sales(session, sale.company_id, documents=[subject.document_id])
    session.refresh(sale)
    receipt, checkout = find_sale(session, subject), find_checkout(session, subject)
    if receipt is not None and not may_be_changed(receipt):
        return join_sale(session, receipt, "the receipt of this sale exists")
    if checkout is None:
        reason = "the sale was cancelled" if sale.cancelled_at else "its payment was given back"
        withdraw_unsent(session, receipt, reason)
        return Resolution.ignored(reason)
    try:
        return _issue(services, session, subject, sale, checkout, receipt)
    except CannotBuild as problem:
        return Resolution.dead(problem.code, str(problem))
    except NoCashbox as problem:
        return Resolution.dead("no_cashbox", str(problem))


def _find_sale(session: Session, row: Delivery) -> DeskSale | None:
    """By the row itself: what somebody posted under the name of our resource belongs to no sale."""
    of_row = select(DeskSale).join(WebhookRecord, WebhookRecord.id == DeskSale.delivery_id)
    return session.scalars(of_row.where(WebhookRecord.id == row.id, WebhookRecord.source == DeliverySource.DESK)).first()


def _issue(
    services: Services, session: Session, subject: Subject, sale: DeskSale, checkout: Checkout, receipt: Receipt | None
) -> Resolution:
    """Raises CannotBuild, NoCashbox."""
    salon = load_salon(session, services.settings, sale.company_id)
    sold = [_build_line(read_line(stored)) for stored in sale.lines]
    lines = name_goods(session, salon, add_service_ids(session, sale.company_id, salon.vat, sold))
    rate_of = choose_vat_rates(salon.vat, almaty_date(checkout.created_at))
    draft = build_draft(lines, _read_kinds(session, checkout), rate_of)
    addressed = address_receipt(salon.policy.receivers, None, read_desk_details(checkout))
    earlier = count_sales(session, subject)
    return issue_sale(session, subject, receipt, draft, salon.get_cashbox(), addressed, earlier=earlier)


def _build_line(sold: SoldLine) -> Line:
    return Line(
        name=sold.title,
        is_service=sold.is_service,
        count=sold.count,
        price=sold.price,
        discount=sold.discount,
        total=sold.total,
        item_id=sold.item_id,
        barcode=sold.gtin,
        national_code=sold.ntin,
        marks=sold.marks,
    )


def _read_kinds(session: Session, checkout: Checkout) -> dict[PaymentKind, Decimal]:
    """What was taken, by the ways it was paid in."""
    paid = select(PaymentRecord.kind, PaymentRecord.amount).where(
        PaymentRecord.checkout_id == checkout.id, PaymentRecord.state == PaymentState.ACTIVE
    )
    return {PaymentKind(kind): amount for kind, amount in session.execute(paid) if kind}
