"""Writes and verifies the trail of who did what: events that are only ever added, each chained to the one before it.

The chain shows a change by whoever may write the tables. Who owns the database can make all of it anew: note its newest
hash elsewhere, and compare.
"""

import os
import pwd
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.storage.db import SessionFactory, allow_long
from shared.storage.models import AuditEvent

_NEWEST = text("SELECT id, hash FROM audit_links ORDER BY id DESC LIMIT 1")
# A link is wrong where its event is gone or another, or where it does not follow from the one before it.
_FIND_BROKEN = text(
    """
    SELECT link.id FROM (
        SELECT id, audit_event_id, hash, lag(id) OVER near AS place_before, lag(hash) OVER near AS hash_before
        FROM audit_links WHERE id >= :known WINDOW near AS (ORDER BY id)
    ) AS link LEFT JOIN audit_events AS event ON event.id = link.audit_event_id
    WHERE link.id > :known AND (
        link.id <> coalesce(link.place_before, 0) + 1
        OR event.id IS NULL
        OR link.hash <> audit_hash(coalesce(link.hash_before, ''), event)
    )
    ORDER BY link.id LIMIT 1
    """
)
_FIND_UNCHAINED = text(
    """
    SELECT event.id FROM audit_events AS event
    WHERE event.id > coalesce((SELECT audit_event_id FROM audit_links WHERE id = :known), 0)
    AND NOT EXISTS (SELECT FROM audit_links AS link WHERE link.audit_event_id = event.id)
    ORDER BY event.id LIMIT 1
    """
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Says what a verification found: how many links there are, how many were followed, and what is wrong, if anything."""

    links: int
    followed: int
    newest_hash: str
    fault: str | None


def record_command(session: Session, action: str, subject: str | None = None, **details: object) -> None:
    """Adds what a command did to the trail, with the name of the system user; the caller commits it with the deed.

    `action` is a name such as `cashbox_added`, `subject` the thing (`cashbox 3`); `details` hold no personal data.
    """
    told = {name: value for name, value in details.items() if value is not None}
    session.add(AuditEvent(action=action, subject=subject, details={**told, "by": name_system_user()}))


def note_command(sessions: SessionFactory, action: str, subject: str | None = None, **details: object) -> None:
    """Commits what a command is about to do, where the deed has no transaction of its own."""
    with sessions.begin() as session:
        record_command(session, action, subject, **details)


def name_system_user() -> str:
    """Returns the name of the account that runs this process; the environment is not asked, since it can say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def verify_trail(sessions: SessionFactory, most: int | None) -> Verdict:
    """Follows the newest `most` links of the chain, None: all. Raises SQLAlchemyError."""
    with sessions() as session:
        allow_long(session)
        newest = session.execute(_NEWEST).first()
        links, newest_hash = (newest.id, newest.hash) if newest else (0, "")
        known = max(links - most, 0) if most is not None else 0
        broken = session.scalar(_FIND_BROKEN, {"known": known})
        unchained = session.scalar(_FIND_UNCHAINED, {"known": known})
    fault = f"link {broken} does not follow from what is there" if broken else None
    if fault is None and unchained:
        fault = f"event {unchained} is in no link"
    return Verdict(links, links - known, newest_hash, fault)
