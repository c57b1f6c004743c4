"""Examines whether there are backups, and whether one of them was ever restored."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from shared.storage.db import SessionFactory
from worker.entry.doctor.findings import Finding, ok, problem, warning
from worker.rounds.watch.backups import read_backups

NAME = "backups"
_FIX = "docker compose logs --tail 20 backup"


def look_at_backups(sessions: SessionFactory) -> Iterator[Finding]:
    """Yields one finding. A service without any goes on, and loses everything with its disk."""
    try:
        with sessions() as session:
            seen = read_backups(session)
    except SQLAlchemyError:  # told of already
        return
    if seen is None:
        yield warning(NAME, "none was made yet", "set COMPOSE_PROFILES=backup in .env, then: docker compose up -d")
        return
    hours = seen.age.total_seconds() / 3600
    if seen.is_late:
        yield problem(NAME, f"the newest, {seen.name}, is {hours:.0f} h old", _FIX)
    elif seen.trial:
        yield problem(NAME, f"restored on trial {seen.trial_age.days} days ago: {seen.trial}", _FIX)
    elif seen.is_trial_late:
        yield warning(NAME, f"none was restored on trial for {seen.trial_age.days} days", _FIX)
    else:
        yield ok(NAME, f"{seen.name} is {hours:.0f} h old, restored on trial {seen.trial_age.days} days ago")
