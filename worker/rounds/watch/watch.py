"""Watches: looks, writes down what began and ended, decides what to tell, writes the message, delivers what is due.

Every step is a transaction of its own and may be repeated: what was told is marked with the message, not with its delivery.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import Alert, AlertMessage
from worker.alerts.book import clear_others, save_condition
from worker.alerts.grouping import GRACE, QUIET, REPETITION, Known, Plan, plan
from worker.alerts.sending import deliver_due, digest_of
from worker.alerts.wording import Group, compose
from worker.rounds.only_one import only_one
from worker.rounds.watch import without_database
from worker.rounds.watch.conditions import Observation, observe
from worker.services import Services

log = get_logger(__name__)

_WATCH_LOCK = 7_301_003


def watch(services: Services) -> None:
    """Does one tick, unless another worker is at it. Never raises for a database that is away: that is told without it."""
    try:
        with only_one(services.sessions, _WATCH_LOCK) as is_mine:
            if is_mine:
                _note(services.sessions, observe(services))
                _write_message(services.sessions, services.settings)
        without_database.note_success(services.redis, services.settings)
    except SQLAlchemyError as error:
        without_database.note_failure(services.redis, services.settings, error)
        return
    deliver_due(services.sessions, services.settings)


def _note(sessions: SessionFactory, seen: Observation) -> None:
    with sessions.begin() as session:
        for condition in seen.found:
            save_condition(session, condition.kind, condition.key, condition.text, condition.size)
        clear_others(session, seen.looked_for, frozenset((item.kind, item.key) for item in seen.found))


def _write_message(sessions: SessionFactory, settings: Settings) -> None:
    """The message and the marks that it was told, or neither."""
    with sessions.begin() as session:
        # Locked, so that two at once do not tell the same twice: the second sees what the first marked.
        rows = session.scalars(select(Alert).where(Alert.closed_at.is_(None)).order_by(Alert.id).with_for_update()).all()
        if not rows:
            return
        now = session.scalars(select(func.now())).one()
        decided = plan(_describe(session, rows, now), _find_last_told(session, now), _find_last_ended(session, now), now)
        _carry_out(settings, session, rows, decided)


def _describe(session: Session, rows: Sequence[Alert], now: datetime) -> list[Known]:
    told = (
        select(Alert.kind, Alert.key, Alert.is_event, func.count())
        .where(Alert.sent_at > now - REPETITION, Alert.closed_at.is_not(None))
        .group_by(Alert.kind, Alert.key, Alert.is_event)
    )
    repetitions = {(kind, key, is_event): count for kind, key, is_event, count in session.execute(told)}
    return [
        Known(
            id=row.id,
            kind=row.kind,
            is_event=row.is_event,
            raised_at=row.raised_at,
            cleared_at=row.cleared_at,
            sent_at=row.sent_at,
            size=row.size,
            told_size=row.told_size,
            repetitions=repetitions.get((row.kind, row.key, row.is_event), 0),
        )
        for row in rows
    ]


def _find_last_told(session: Session, now: datetime) -> dict[str, datetime]:
    told = select(Alert.kind, func.max(Alert.sent_at).label("at")).where(Alert.sent_at > now - QUIET).group_by(Alert.kind)
    return _as_times(session, told)


def _find_last_ended(session: Session, now: datetime) -> dict[str, datetime]:
    """An alert that was raised within `QUIET` or longer ago may have ended since; few rows in either case."""
    ended = (
        select(Alert.kind, func.max(Alert.cleared_at).label("at"))
        .where(~Alert.is_event, Alert.last_seen_at > now - GRACE - QUIET, Alert.cleared_at > now - GRACE)
        .group_by(Alert.kind)
    )
    return _as_times(session, ended)


def _as_times(session: Session, query: Any) -> dict[str, datetime]:
    return {row.kind: row.at for row in session.execute(query)}


def _carry_out(settings: Settings, session: Session, rows: Sequence[Alert], decided: Plan) -> None:
    raised = [row for row in rows if row.id in decided.raised]
    ended = [row for row in rows if row.id in decided.ended]
    if raised or ended:
        title, body = compose(_group(raised), _group(ended), settings.alert_language)
        pending = [digest_of(address) for address in settings.alert_addresses]
        session.add(AlertMessage(title=title, body=body, pending=pending, finished_at=None if pending else func.now()))
        log.info("people are told", raised=[row.kind for row in raised], ended=[row.kind for row in ended])
    _mark(session, (row.id for row in raised), sent_at=func.now(), told_size=Alert.size)
    _mark(session, (row.id for row in raised if row.is_event), closed_at=func.now())
    _mark(session, (*decided.ended, *decided.dropped), closed_at=func.now())


def _mark(session: Session, ids: Iterable[int], **values: object) -> None:
    chosen = list(ids)
    if chosen:
        session.execute(update(Alert).where(Alert.id.in_(chosen)).values(**values))


def _group(rows: Sequence[Alert]) -> list[Group]:
    by_kind: dict[str, list[Alert]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    return [Group(kind, [_write_line(row) for row in alerts]) for kind, alerts in by_kind.items()]


def _write_line(row: Alert) -> str:
    return f"{row.text} (×{row.size})" if row.is_event and row.size > 1 else row.text
