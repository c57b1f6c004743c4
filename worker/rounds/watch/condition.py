"""Describes something that lasts, as it is seen at one look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.config import Settings
from shared.storage.db import SessionFactory
from worker.alerts.wording import describe


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds what becomes an alert: `key` tells conditions of a kind apart, `text` is what people read, `size` how much."""

    kind: str
    key: str
    text: str
    size: int = 1


def make_condition(settings: Settings, kind: str, key: str, *, size: int = 1, **values: object) -> Condition:
    """Returns a condition with its line in the language of the alerts; `values` fill in the line."""
    return Condition(kind, key, describe(kind, settings.alert_language, **values), size)


def ask(sessions: SessionFactory, query: Any) -> Sequence[Any]:
    """Returns the rows of a query, in a session of its own."""
    with sessions() as session:
        return session.execute(query).all()
