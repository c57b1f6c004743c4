"""Finds returns that were refused: the customer waits for money, and no delivery says so."""

from collections.abc import Iterator

from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.refused_returns import select_refused_returns
from worker.alerts import kinds
from worker.alerts.remedies import name_return_remedy
from worker.rounds.watch.condition import Condition, ask, make_condition

MAX_TOLD = 50


def find_refused_returns(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Yields each until it is ordered anew or a week has passed."""
    for row in ask(sessions, select_refused_returns().limit(MAX_TOLD)):
        remedy = name_return_remedy(row.error_code, settings.alert_language)
        values = {"cashbox": row.unique_number, "number": row.fiscal_number, "total": row.return_total or row.total}
        yield make_condition(settings, kinds.RETURN_REFUSED, str(row.id), remedy=remedy, **values)
