"""Examines Altegio's REST access, which is optional: are the tokens good, and does Altegio still know our address."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from shared.config import Settings
from shared.storage.db import SessionFactory
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError
from worker.entry.doctor.findings import Finding, ok, problem, warning
from worker.rounds.hook_check import find_hook_problem
from worker.rounds.missed_webhooks import find_salons

NAME = "altegio"


def look_at_altegio(sessions: SessionFactory, settings: Settings, altegio: AltegioClient | None) -> Iterator[Finding]:
    """Yields a finding for each salon. That one token without the other is of no use is told among the settings."""
    if altegio is None:
        yield ok(NAME, "no tokens: the service works from webhooks alone")
    else:
        yield from _look_at_salons(sessions, settings, altegio)


def _look_at_salons(sessions: SessionFactory, settings: Settings, altegio: AltegioClient) -> Iterator[Finding]:
    try:
        salons = find_salons(sessions, settings)
    except SQLAlchemyError:  # told of already
        return
    if not salons:
        yield warning(NAME, "both tokens are set, no salon to ask about yet", "set ALTEGIO_COMPANY_ID")
    for company_id in salons:
        yield _look_at_salon(settings, altegio, company_id)


def _look_at_salon(settings: Settings, altegio: AltegioClient, company_id: int) -> Finding:
    name = f"{NAME} salon {company_id}"
    try:
        # Read as the service reads them: what money is needed for, and who is told of changes.
        altegio.list_accounts(company_id)
        hooks = altegio.get_hook_settings(company_id)
    except AltegioError as error:
        return problem(name, str(error), "give the user of ALTEGIO_USER_TOKEN that right, or correct the tokens")
    wrong = find_hook_problem(hooks, settings.public_url)
    if wrong:
        return problem(name, wrong, "Altegio: Settings, Integrations, WebHook: our address, and all three kinds of events")
    return ok(name, "tokens, rights and webhook settings are right")
