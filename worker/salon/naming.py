"""Says which salons are ours by name: in a cashbox's row, or in ALTEGIO_COMPANY_ID.

Altegio signs nothing, and what it denies to show cannot be told from what somebody invented. Only for a salon that a person
named may a body stand for itself then.
"""

from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError

from shared.config import LOOPBACK, ConfigurationError, Settings
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox
from worker.altegio.client import is_configured

log = get_logger(__name__)

HOW_TO_NAME = "set ALTEGIO_COMPANY_ID, or celery -A worker cashboxes add --company"


def is_named(sessions: SessionFactory, settings: Settings, company_id: int) -> bool:
    """Says whether a person named the salon, as one of the environment's or with a cashbox of its own."""
    if company_id in settings.company_ids:
        return True
    with sessions() as session:
        return bool(session.scalar(select(exists().where(Cashbox.company_id == company_id, Cashbox.enabled))))


def is_any_named(sessions: SessionFactory, settings: Settings) -> bool:
    """Says whether any salon was named."""
    if settings.company_ids:
        return True
    with sessions() as session:
        return bool(session.scalar(select(exists().where(Cashbox.company_id.is_not(None), Cashbox.enabled))))


def demand_named_salon(sessions: SessionFactory, settings: Settings) -> None:
    """Raises ConfigurationError where there are tokens to ask Altegio with, and no salon to ask about.

    Not where Altegio is a stand-in on this machine, nor with DEBUG=true, nor while the database cannot be asked.
    """
    if (
        not is_configured(settings)
        or settings.debug
        or LOOPBACK.fullmatch(urlsplit(settings.altegio_api_url).hostname or "")
    ):
        return
    try:
        is_ours_known = is_any_named(sessions, settings)
    except SQLAlchemyError:
        log.warning("whether a salon is named is not known: the database does not answer")
        return
    if not is_ours_known:
        raise ConfigurationError(f"Altegio's tokens are set and no salon is named: {HOW_TO_NAME}")
