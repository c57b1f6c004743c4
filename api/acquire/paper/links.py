"""Finds the addresses by which staff give a receipt to its customer."""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.customer.message import find_link, make_whatsapp_link, write_message
from shared.salon.choices import choose, parse_receivers
from shared.storage.models import Cashbox, Receipt, ReceiptPaper, Visit

WHATSAPP = "whatsapp-link"


@dataclass(frozen=True, slots=True)
class CustomerLinks:
    """Holds the customer's page, and the message for the salon's own mail or WhatsApp; None where there is none."""

    page: str | None
    mail: str | None
    whatsapp: str | None


def find_customer_links(
    session: Session, settings: Settings, receipt: Receipt, cashbox: Cashbox, visit_id: int | None
) -> CustomerLinks:
    """Returns the links of an issued receipt; WhatsApp's where the salon chose it and the client's phone is known."""
    token = session.scalar(select(ReceiptPaper.token).where(ReceiptPaper.receipt_id == receipt.id))
    page = f"/r/{token}" if token else None
    link = find_link(receipt.receipt_url, settings.public_url, token)
    if not link:
        return CustomerLinks(page, None, None)
    message = write_message(receipt.kind, link, str(choose(settings, cashbox, "receipt_language")))
    mail = f"mailto:?subject={quote(message.subject)}&body={quote(message.text)}"
    phone = session.scalar(select(Visit.client_phone).where(Visit.id == visit_id)) if visit_id is not None else None
    if not phone or WHATSAPP not in parse_receivers(str(choose(settings, cashbox, "receipt_to_client"))):
        return CustomerLinks(page, mail, None)
    return CustomerLinks(page, mail, make_whatsapp_link(phone, message))
