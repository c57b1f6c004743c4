"""Finds that backups have ceased, or cannot be restored. Where there never was one, none are expected."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Interval, func, select, type_coerce
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import Backup
from worker.alerts import kinds
from worker.alerts.machine_words import BACKUP_LATE, BACKUP_UNFIT, TRIAL_LATE
from worker.alerts.wording import say
from worker.rounds.watch.condition import Condition, make_condition

# A night and a bit.
LATE_AFTER = timedelta(hours=26)
# A week and a night that failed.
TRIAL_LATE_AFTER = timedelta(days=9)


def _since(moment: Any) -> ColumnElement[timedelta]:
    return type_coerce(func.now() - moment, Interval)


@dataclass(frozen=True, slots=True)
class BackupsSeen:
    """Says how old the newest backup is, how long ago one was restored on trial, and what was wrong with that one."""

    name: str
    age: timedelta
    trial_age: timedelta
    trial: str | None

    @property
    def is_late(self) -> bool:
        """Says whether a night passed without one."""
        return self.age > LATE_AFTER

    @property
    def is_trial_late(self) -> bool:
        """Says whether it is long unknown if backups are any good."""
        return self.trial_age > TRIAL_LATE_AFTER


def read_backups(session: Session) -> BackupsSeen | None:
    """Returns what is known of backups; None where there never was one."""
    newest = session.execute(
        select(Backup.name, _since(Backup.created_at)).order_by(Backup.created_at.desc(), Backup.id.desc()).limit(1)
    ).first()
    if newest is None:
        return None
    tried = session.execute(
        select(_since(Backup.tried_at), Backup.trial)
        .where(Backup.tried_at.is_not(None))
        .order_by(Backup.tried_at.desc())
        .limit(1)
    ).first()
    # Before the first trial: since the first backup.
    since_first = session.scalars(select(_since(func.min(Backup.created_at)))).one()
    trial_age, trial = tried if tried is not None else (since_first, None)
    return BackupsSeen(newest[0], newest[1], trial_age, trial)


def find_backup_trouble(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Yields one condition for each thing that is wrong."""
    with sessions() as session:
        seen = read_backups(session)
    if seen is None:
        return
    language = settings.alert_language
    if seen.is_late:
        hours = int(seen.age.total_seconds() // 3600)
        yield make_condition(settings, kinds.BACKUP, "late", said=say(BACKUP_LATE, language, hours=hours))
    if seen.trial:
        yield make_condition(settings, kinds.BACKUP, "unfit", said=say(BACKUP_UNFIT, language, why=seen.trial))
    elif seen.is_trial_late:
        yield make_condition(settings, kinds.BACKUP, "untried", said=say(TRIAL_LATE, language, days=seen.trial_age.days))
