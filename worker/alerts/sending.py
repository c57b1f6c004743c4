"""Sends messages to people through Apprise: to every address on its own, again later where it failed, never in the way of
work.
"""

import hashlib
import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, select, true, update

from shared.config import Settings
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import AlertMessage

log = get_logger(__name__)

# A tick is short; what is left is delivered by the next.
MESSAGES_A_TICK = 5
FIRST_RETRY_SECONDS = 60
LAST_RETRY_SECONDS = 3600
GIVE_UP_AFTER = timedelta(days=1)


def deliver_due(sessions: SessionFactory, settings: Settings) -> None:
    """Delivers messages that are due, a few a tick, to the addresses that have not taken them.

    A message is claimed by putting it off, so that another worker, or a crash in the middle, repeats it later at most.
    """
    for _ in range(MESSAGES_A_TICK):
        message = _claim(sessions)
        if message is None:
            return
        _save(sessions, message, _deliver(settings, message))


def notify(address: str, title: str, body: str) -> bool:
    """Sends a message to one address and says whether it was taken. Never raises; names no address, which is secret."""
    apprise = _load_apprise()
    sender = apprise.Apprise()
    try:
        return bool(sender.add(address) and sender.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))
    except Exception as error:  # a plugin's own fault must not stop the tick
        log.error("an alert address failed", error=type(error).__name__)
        return False


def digest_of(address: str) -> str:
    """Returns what stands for an address in the database: it tells two apart and gives neither away."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def name_address(number: int, address: str) -> str:
    """Returns all that may be shown of an address: its place in ALERT_URLS and its service."""
    return f"{number} ({address.partition('://')[0]})"


def _claim(sessions: SessionFactory) -> AlertMessage | None:
    due = (
        select(AlertMessage.id)
        .where(AlertMessage.finished_at.is_(None), AlertMessage.next_attempt_at <= func.now())
        .order_by(AlertMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    wait = func.least(FIRST_RETRY_SECONDS * func.power(2, AlertMessage.attempts), LAST_RETRY_SECONDS)
    with sessions.begin() as session:
        return session.scalar(
            update(AlertMessage)
            .where(AlertMessage.id == due.scalar_subquery())
            .values(
                attempts=AlertMessage.attempts + 1, next_attempt_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, wait)
            )
            .returning(AlertMessage)
        )


def _deliver(settings: Settings, message: AlertMessage) -> list[str]:
    """The addresses that are left. One that is not configured any more is not waited for."""
    failed: list[str] = []
    for number, address in enumerate(settings.alert_addresses, start=1):
        digest = digest_of(address)
        if digest in message.pending and not notify(address, message.title, message.body):
            log.error("alert not delivered, repeated later", address=name_address(number, address), message_id=message.id)
            failed.append(digest)
    return failed


def _save(sessions: SessionFactory, message: AlertMessage, pending: list[str]) -> None:
    """Finished when all have it, or when it is so old that it is no news any more."""
    is_finished = true() if not pending else AlertMessage.created_at < func.now() - GIVE_UP_AFTER
    with sessions.begin() as session:
        session.execute(
            update(AlertMessage)
            .where(AlertMessage.id == message.id)
            .values(pending=pending, finished_at=case((is_finished, func.now()), else_=AlertMessage.finished_at))
        )


def _load_apprise() -> Any:
    """Late: tens of megabytes that only a process with something to say needs. Its log would name the addresses."""
    import apprise  # noqa: PLC0415

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise
