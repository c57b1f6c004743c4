"""Gives a salon a webhook address of its own, and changes its secret in two steps."""

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.config import Settings
from shared.salon.webhook_secret import SalonSecret, build_webhook_address, make_webhook_secret
from shared.storage.db import SessionFactory
from shared.storage.models import WebhookAddress

_HOST_UNKNOWN = "https://<your host>"


def describe_address(sessions: SessionFactory, settings: Settings, company_id: int) -> str | None:
    """Returns the newest address of a salon, None without a key to make its secret with."""
    if not settings.signing_keys:
        return None
    with sessions() as session:
        newest = session.scalar(select(WebhookAddress.newest).where(WebhookAddress.company_id == company_id)) or 1
    secret = make_webhook_secret(settings.signing_keys[0], SalonSecret(company_id, newest))
    return build_webhook_address(settings.public_url or _HOST_UNKNOWN, secret)


def rotate_address(sessions: SessionFactory, company_id: int, *, makes_new: bool = False, ends_old: bool = False) -> None:
    """Makes a new secret beside the one in force, or ends all but the newest."""
    own = WebhookAddress.company_id == company_id
    with sessions.begin() as session:
        session.execute(insert(WebhookAddress).values(company_id=company_id).on_conflict_do_nothing())
        if makes_new:
            session.execute(
                update(WebhookAddress).where(own).values(newest=WebhookAddress.newest + 1, rotated_at=func.now())
            )
        if ends_old:
            session.execute(update(WebhookAddress).where(own).values(oldest=WebhookAddress.newest))
