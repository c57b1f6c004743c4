"""Writes what a customer reads beside the link of a receipt, and the link by which staff send it over WhatsApp. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from shared.customer.addresses import read_phone
from shared.fiscal.statuses import ReceiptKind

_SUBJECTS: Mapping[str, Mapping[str, str]] = {
    ReceiptKind.SALE: {"ru": "Ваш фискальный чек", "kk": "Сіздің фискалдық чегіңіз", "en": "Your fiscal receipt"},
    ReceiptKind.RETURN: {
        "ru": "Ваш фискальный чек возврата",
        "kk": "Сіздің қайтару туралы фискалдық чегіңіз",
        "en": "Your fiscal receipt of a return",
    },
}


@dataclass(frozen=True, slots=True)
class Message:
    """Holds the words of one message: nothing of the customer, nothing of what was sold."""

    subject: str
    text: str


def find_link(receipt_url: str | None, public_url: str = "", token: str | None = None) -> str | None:
    """Returns the link of a receipt that its customer is given: our page of it where that can be reached, else the official
    one; None where Webkassa told none.
    """
    if public_url and token:
        return f"{public_url.rstrip('/')}/r/{token}"
    return receipt_url if receipt_url and urlsplit(receipt_url).scheme in ("http", "https") else None


def write_message(kind: str, link: str, language: str) -> Message:
    """Returns the message that brings a receipt of that kind, in `ru`, `kk` or `en`."""
    subject = _SUBJECTS[kind][language]
    return Message(subject, f"{subject}: {link}")


def make_whatsapp_link(phone: str, message: Message) -> str | None:
    """Returns the address at which staff send the message from their own WhatsApp; None for what is no phone."""
    number = read_phone(phone)
    return f"https://wa.me/{number[1:]}?text={quote(message.text)}" if number else None
