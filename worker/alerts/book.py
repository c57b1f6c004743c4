"""Writes the table of alerts: what began, what ended, what happened. Nothing is sent from here.

In PostgreSQL, since Redis may be wiped at any moment and a wiped memory would tell an outage twice.
"""

from typing import Any

from sqlalchemy import Integer, case, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.logging import get_logger, mask_text
from shared.storage.db import SessionFactory
from shared.storage.models import Alert

log = get_logger(__name__)

_MAX_TEXT = 500


def send_alert(sessions: SessionFactory, kind: str, text: str) -> None:
    """Notes that something happened. Equal words of one kind are one event. Never raises: an alert must not stop the work.

    `kind` is a name of `kinds`; `text` is the line that people read, masked and cut to 500 characters.
    """
    safe_text = _make_safe(text)
    log.error("alert", kind=kind, text=safe_text)
    try:
        with sessions.begin() as session:
            _save_event(session, kind, safe_text)
    except SQLAlchemyError as error:
        log.error("alert not stored", kind=kind, error=type(error).__name__)


def raise_alert(sessions: SessionFactory, kind: str, key: str, text: str, *, size: int = 1) -> None:
    """Notes that a condition lasts; called as often as it is seen. Never raises.

    `key` tells conditions of a kind apart, such as a cashbox number; `size` is how much of it there is now.
    """
    try:
        with sessions.begin() as session:
            save_condition(session, kind, key, text, size)
    except SQLAlchemyError as error:
        log.error("alert not stored", kind=kind, error=type(error).__name__)


def clear_alert(sessions: SessionFactory, kind: str, key: str) -> None:
    """Notes that a condition is over, if it ever began. Never raises."""
    try:
        with sessions.begin() as session:
            session.execute(
                update(Alert).where(Alert.kind == kind, Alert.key == key, *_IS_OPEN_CONDITION).values(cleared_at=func.now())
            )
    except SQLAlchemyError as error:
        log.error("alert not cleared", kind=kind, error=type(error).__name__)


_IS_OPEN_CONDITION = (~Alert.is_event, Alert.cleared_at.is_(None), Alert.closed_at.is_(None))
_UNCLOSED: dict[str, Any] = {
    "index_elements": [Alert.kind, Alert.key, Alert.is_event],
    "index_where": Alert.closed_at.is_(None),
}


def _save_event(session: Session, kind: str, text: str) -> None:
    session.execute(
        insert(Alert)
        .values(kind=kind, key=text, text=text, is_event=True, cleared_at=func.now())
        .on_conflict_do_update(**_UNCLOSED, set_={"size": Alert.size + 1, "last_seen_at": func.now()})
    )


def save_condition(session: Session, kind: str, key: str, text: str, size: int) -> None:
    """Writes that a condition began, still lasts, or came back before its end was told: then it has never been away.

    What was never told begins anew when it comes back, so that blips do not add up to something that lasts.
    """
    safe_text = _make_safe(text)
    statement = insert(Alert).values(kind=kind, key=key, text=safe_text, is_event=False, size=size)
    came_back = Alert.cleared_at.is_not(None)
    has_begun = session.scalar(
        statement.on_conflict_do_update(
            **_UNCLOSED,
            set_={
                "text": statement.excluded.text,
                "size": statement.excluded.size,
                "told_size": func.least(Alert.told_size, statement.excluded.size),
                "flaps": Alert.flaps + cast(came_back, Integer),
                "raised_at": case((came_back & Alert.sent_at.is_(None), func.now()), else_=Alert.raised_at),
                "last_seen_at": func.now(),
                "cleared_at": None,
            },
        ).returning(Alert.raised_at == func.now())
    )
    if has_begun:
        log.error("alert", kind=kind, key=key, text=safe_text)


def clear_others(session: Session, looked_for: frozenset[str], found: frozenset[tuple[str, str]]) -> None:
    """Notes that of the kinds that were looked for everything that was not found, as (kind, key), is over."""
    lasting = select(Alert.id, Alert.kind, Alert.key).where(Alert.kind.in_(looked_for), *_IS_OPEN_CONDITION)
    over = [row.id for row in session.execute(lasting) if (row.kind, row.key) not in found]
    if over:
        session.execute(update(Alert).where(Alert.id.in_(over), Alert.cleared_at.is_(None)).values(cleared_at=func.now()))


def _make_safe(text: str) -> str:
    return mask_text(text)[:_MAX_TEXT]
