"""Lists alerts as an operator sees them."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.storage.models import Alert, AlertMessage


def list_alerts(session: Session, *, only_open: bool, limit: int) -> list[dict[str, Any]]:
    """Returns the newest alerts first, as rows for the terminal: id, state, kind, key, text, size and times."""
    query = select(Alert).order_by(Alert.id.desc()).limit(limit)
    if only_open:
        query = query.where(Alert.closed_at.is_(None))
    return [_describe(alert) for alert in session.scalars(query)]


def count_undelivered(session: Session) -> int:
    """Returns how many messages some address has not taken yet."""
    return session.scalar(select(func.count()).where(AlertMessage.finished_at.is_(None))) or 0


def _describe(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "state": _name_state(alert),
        "kind": alert.kind,
        "key": None if alert.is_event else alert.key,
        "text": alert.text,
        "size": alert.size,
        "raised_at": alert.raised_at,
        "cleared_at": None if alert.is_event else alert.cleared_at,
        "told_at": alert.sent_at,
    }


def _name_state(alert: Alert) -> str:
    """`lasts`; `ending`: over, but it may come back; `to tell`: an event nobody was told of yet; `over`."""
    if alert.closed_at is not None:
        return "over"
    if alert.is_event:
        return "to tell"
    return "lasts" if alert.cleared_at is None else "ending"
