"""Examines Altegio's REST access, which is optional: are the tokens good, and does Altegio still know our address."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import WebhookRecord
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError, NotFound
from worker.entry.doctor.findings import Finding, ok, problem
from worker.rounds.hook_check import find_hook_problem
from worker.rounds.missed_webhooks import find_salons
from worker.salon.naming import HOW_TO_NAME, is_any_named

NAME = "altegio"


def look_at_altegio(sessions: SessionFactory, settings: Settings, altegio: AltegioClient | None) -> Iterator[Finding]:
    """Yields a finding for each salon. That one token without the other is of no use is told among the settings."""
    if altegio is None:
        yield ok(NAME, "no tokens: the service works from webhooks alone")
    else:
        yield from _look_at_salons(sessions, settings, altegio)


def _look_at_salons(sessions: SessionFactory, settings: Settings, altegio: AltegioClient) -> Iterator[Finding]:
    try:
        is_ours_known, salons = is_any_named(sessions, settings), find_salons(sessions, settings)
        told = {company_id: _find_told_sale(sessions, company_id) for company_id in salons}
    except SQLAlchemyError:  # told of already
        return
    if not is_ours_known:
        yield problem(NAME, "both tokens are set and no salon is named: what Altegio denies gets no receipt", HOW_TO_NAME)
    for company_id in salons:
        yield _look_at_salon(settings, altegio, company_id, told[company_id])


def _find_told_sale(sessions: SessionFactory, company_id: int) -> int | None:
    """The newest sale that a webhook told of: Altegio has no list to read one from."""
    told = WebhookRecord.company_id == company_id, WebhookRecord.document_id.is_not(None)
    with sessions() as session:
        return session.scalar(select(func.max(WebhookRecord.document_id)).where(*told))


def _look_at_salon(settings: Settings, altegio: AltegioClient, company_id: int, sale: int | None) -> Finding:
    name = f"{NAME} salon {company_id}"
    try:
        # Read as the service reads them: what is decided by, what money is needed for, and who is told of changes.
        altegio.list_changed_records(company_id, datetime.now(UTC) - timedelta(days=1), count=1)
        if sale is not None:
            _read_sale(altegio, company_id, sale)
        altegio.list_accounts(company_id)
        hooks = altegio.get_hook_settings(company_id)
    except AltegioError as error:
        fix = "give the user of ALTEGIO_USER_TOKEN that right, or correct the tokens"
        return problem(name, str(error), fix, about=company_id)
    wrong = find_hook_problem(hooks, settings.public_url)
    if wrong:
        fix = "Altegio: Settings, Integrations, WebHook: our address, and all three kinds of events"
        return problem(name, wrong, fix, about=company_id)
    return ok(name, "tokens, rights and webhook settings are right", about=company_id)


def _read_sale(altegio: AltegioClient, company_id: int, document_id: int) -> None:
    """What is gone by now was allowed to be seen."""
    with suppress(NotFound):
        altegio.get_sale(company_id, document_id)
