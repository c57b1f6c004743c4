"""Finds out whether the tokens open what the service reads of a salon, and whether Altegio knows our address."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import WebhookRecord
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError, NotFound
from worker.rounds.hook_check import find_hook_problem


def find_problem(settings: Settings, altegio: AltegioClient, company_id: int, sale: int | None) -> tuple[str, str] | None:
    """Returns what is wrong and what to do, None where all is right. `sale`: one that may be read, if any is known."""
    try:
        # Read as the service reads them: what is decided by, what money is needed for, and who is told of changes.
        altegio.list_changed_records(company_id, datetime.now(UTC) - timedelta(days=1), count=1)
        if sale is not None:
            _read_sale(altegio, company_id, sale)
        altegio.list_accounts(company_id)
        hooks = altegio.get_hook_settings(company_id)
    except AltegioError as error:
        return str(error), "give the user of ALTEGIO_USER_TOKEN that right, or correct the tokens"
    wrong = find_hook_problem(hooks, settings.public_url)
    if wrong:
        return wrong, "Altegio: Settings, Integrations, WebHook: our address, and all three kinds of events"
    return None


def find_told_sale(sessions: SessionFactory, company_id: int) -> int | None:
    """Returns the newest sale that a webhook told of: Altegio has no list to read one from."""
    told = WebhookRecord.company_id == company_id, WebhookRecord.document_id > 0
    with sessions() as session:
        return session.scalar(select(func.max(WebhookRecord.document_id)).where(*told))


def _read_sale(altegio: AltegioClient, company_id: int, document_id: int) -> None:
    """What is gone by now was allowed to be seen."""
    with suppress(NotFound):
        altegio.get_sale(company_id, document_id)
