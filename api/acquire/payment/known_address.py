"""Says where a receipt will go by itself: to what Altegio knows of the client, where the salon has receipts sent."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.customer.addresses import read_email, read_phone
from shared.salon.choices import choose, parse_receivers
from shared.storage.models import Cashbox

_BY_PHONE = frozenset(("webkassa", "sms", "webhook"))
_BY_EMAIL = frozenset(("webkassa", "email", "webhook"))


def find_known_address(session: Session, settings: Settings, visit: Any) -> str | None:
    """Returns the client's phone or e-mail with most of it hidden; None where nothing is sent. `visit`: of `find_visit`."""
    if visit.has_opted_out:
        return None
    phone, email = read_phone(visit.told_phone or ""), read_email(visit.told_email or "")
    if not phone and not email:
        return None
    receivers = set(
        parse_receivers(choose(settings, _find_cashbox(session, settings, visit.company_id), "receipt_to_client"))
    )
    if phone and receivers & _BY_PHONE:
        return hide_phone(phone)
    return hide_email(email) if email and receivers & _BY_EMAIL else None


def hide_phone(phone: str) -> str:
    """Returns the tail of a phone, by which client and staff know it."""
    return f"··· {phone[-4:]}"


def hide_email(email: str) -> str:
    """Returns an e-mail address with most of its name hidden."""
    name, _, host = email.partition("@")
    return f"{name[:1]}···@{host}"


def _find_cashbox(session: Session, settings: Settings, company_id: int) -> Any | None:
    """As much of the salon's cashbox as is read: its own, else the environment's."""
    serves = or_(Cashbox.company_id == company_id, Cashbox.unique_number == settings.webkassa_shop_id)
    query = select(Cashbox.receipt_to_client).where(Cashbox.enabled, serves)
    return session.execute(query.order_by(Cashbox.company_id.is_(None)).limit(1)).first()
