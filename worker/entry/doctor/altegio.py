"""Examines Altegio's REST access, which is optional: are the tokens good, and does Altegio still know our address."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from shared.config import Settings
from shared.storage.db import SessionFactory
from worker.altegio.client import AltegioClient
from worker.entry.doctor.findings import Finding, ok, problem
from worker.rounds.missed_webhooks import find_salons
from worker.rounds.trials.altegio_access import find_problem, find_told_sale
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
        told = {company_id: find_told_sale(sessions, company_id) for company_id in salons}
    except SQLAlchemyError:  # told of already
        return
    if not is_ours_known:
        yield problem(NAME, "both tokens are set and no salon is named: what Altegio denies gets no receipt", HOW_TO_NAME)
    for company_id in salons:
        yield _look_at_salon(settings, altegio, company_id, told[company_id])


def _look_at_salon(settings: Settings, altegio: AltegioClient, company_id: int, sale: int | None) -> Finding:
    name = f"{NAME} salon {company_id}"
    found = find_problem(settings, altegio, company_id, sale)
    return problem(name, *found) if found else ok(name, "tokens, rights and webhook settings are right")
