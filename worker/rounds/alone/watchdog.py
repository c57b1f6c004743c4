"""Ends a process that does nothing though there is work: whatever it waits for, a new one does not.

Every wait of ours has an end, so this should never happen. It is told without the database, which may be what is waited for.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Interval, bindparam, exists, func, or_, select

from shared.config import Settings
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES
from shared.logging import get_logger
from shared.storage.db import open_alone
from shared.storage.models import Cashbox, Receipt, WebhookRecord
from worker.alerts import kinds
from worker.alerts.sending import notify
from worker.alerts.wording import Group, compose, describe
from worker.services import Services

log = get_logger(__name__)

# Of `os._exit`: neither a success nor a signal, so every supervisor starts the process again.
EXIT_CODE = 70
LOOK_SECONDS = 10.0
_TELL_SECONDS = 20.0

_before = func.now() - bindparam("limit", type_=Interval)
# Whoever holds a cashbox, since a holder that hangs keeps its lease; not one that rests, refuses us, or whose host is away.
_IS_RECEIPT_LATE = exists().where(
    Receipt.cashbox_id == Cashbox.id,
    Receipt.state.in_(OPEN_RECEIPT_STATES),
    Receipt.next_attempt_at < _before,
    Cashbox.enabled,
    Cashbox.paused_since.is_(None),
    or_(Cashbox.rest_until.is_(None), Cashbox.rest_until < _before),
)
_IS_DELIVERY_LATE = exists().where(
    WebhookRecord.state.in_(OPEN_RECORD_STATES),
    WebhookRecord.receipt_id.is_(None),
    WebhookRecord.next_attempt_at < _before,
)
_IS_LATE = select(_IS_DELIVERY_LATE, _IS_RECEIPT_LATE)


class Pulse:
    """Remembers when a task of this process last began or ended."""

    def __init__(self) -> None:
        self._moved_at = time.monotonic()

    def beat(self) -> None:
        """Something began or ended."""
        self._moved_at = time.monotonic()

    @property
    def quiet_seconds(self) -> float:
        """Returns for how long nothing has."""
        return time.monotonic() - self._moved_at


class Watchdog:
    """Looks every few seconds whether the process stands still. `end` ends it, and is told why."""

    def __init__(self, services: Services, pulse: Pulse, end: Callable[[Settings, str], None]) -> None:
        self.pulse = pulse
        self._services, self._end = services, end
        self._limit = timedelta(minutes=services.settings.worker_stuck_minutes)
        self._next_look = 0.0

    def look(self) -> None:
        """Ends the process where work has waited as long as nothing has moved here. Raises SQLAlchemyError."""
        if not self._limit or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        if self.pulse.quiet_seconds < self._limit.total_seconds() or not self._is_work_late():
            return
        settings = self._services.settings
        minutes = f"{settings.worker_stuck_minutes:g}"
        self._end(settings, describe(kinds.STUCK, settings.alert_language, host=socket.gethostname(), minutes=minutes))

    def _is_work_late(self) -> bool:
        with open_alone(self._services.sessions) as connection:
            deliveries, receipts = connection.execute(_IS_LATE, {"limit": self._limit}).one()
        return bool(deliveries or (receipts and not self._services.breaker.is_open()))


def end_process(settings: Settings, text: str) -> None:
    """Tells people and ends the process without a goodbye: the threads that would say it may be those that hang."""
    log.critical("nothing moves, the process ends", text=text)
    telling = threading.Thread(target=_tell, args=(settings, text), daemon=True)
    telling.start()
    telling.join(_TELL_SECONDS)
    os._exit(EXIT_CODE)


def _tell(settings: Settings, text: str) -> None:
    title, body = compose([Group(kinds.STUCK, [text])], [], settings.alert_language)
    for address in settings.alert_addresses:
        notify(address, title, body)
