"""Finds looks at Altegio that fail again and again: webhooks that were lost meanwhile are not found."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from shared.clock import ALMATY
from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import AltegioLook
from worker.alerts import kinds
from worker.altegio.client import AltegioClient
from worker.rounds.missed_webhooks import RECORDS, TRANSACTIONS
from worker.rounds.watch.condition import Condition, ask, make_condition

# Told within the hour, also where looks are far apart; a few failures in a row mend themselves.
BEHIND_SECONDS = 45 * 60.0


def find_looks_behind(sessions: SessionFactory, settings: Settings, altegio: AltegioClient | None) -> Iterator[Condition]:
    """Yields salons whose changes were not read for 45 minutes, or for two intervals where those are longer."""
    if altegio is None:
        return
    limit = timedelta(seconds=max(BEHIND_SECONDS, 2 * settings.reconcile_interval_seconds))
    behind = (
        select(AltegioLook.company_id, func.min(AltegioLook.looked_until))
        .where(
            AltegioLook.what.in_((RECORDS, TRANSACTIONS)),
            AltegioLook.looked_until < func.now() - limit,
            # A salon that was just named begins in the past.
            AltegioLook.created_at < func.now() - limit,
        )
        .group_by(AltegioLook.company_id)
    )
    for company, until in ask(sessions, behind):
        told = f"{until.astimezone(ALMATY):%d.%m %H:%M}"
        yield make_condition(settings, kinds.LOOK_BEHIND, str(company), company=company, until=told)
