"""Notices that work waits of which no message tells, while this process has nothing to do: somebody else empties the queues.

By the tables alone, since the broker says that all is well.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Interval, bindparam, exists, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES
from shared.storage.db import SessionFactory, open_alone
from shared.storage.models import Cashbox, Receipt, WebhookRecord

# A message takes milliseconds, and one that was lost is sent again within half a minute.
WAITED = timedelta(seconds=60)
# The dispatcher puts off by half a minute what it sent a message for.
PUT_OFF = timedelta(seconds=60)
IDLE_SECONDS = 15.0
LOOK_SECONDS = 10.0
# So long the tables are believed rather than the broker.
FED_SECONDS = 600.0

_before = func.now() - bindparam("waited", type_=Interval)
_is_never_taken = exists().where(
    WebhookRecord.state.in_(OPEN_RECORD_STATES),
    WebhookRecord.receipt_id.is_(None),
    WebhookRecord.claims == 0,
    WebhookRecord.created_at < _before,
    WebhookRecord.next_attempt_at < func.now() + PUT_OFF,
)
_is_free_and_due = exists().where(
    Receipt.cashbox_id == Cashbox.id,
    Receipt.state.in_(OPEN_RECEIPT_STATES),
    Receipt.next_attempt_at < _before,
    Cashbox.enabled,
    Cashbox.paused_since.is_(None),
    or_(Cashbox.lease_until.is_(None), Cashbox.lease_until < _before),
    or_(Cashbox.rest_until.is_(None), Cashbox.rest_until < _before),
)
_WAITS = select(_is_never_taken, _is_free_and_due)


class Hunger:
    """`quiet_seconds` says for how long nothing has begun or ended here, `is_held` whether receipts wait for a reason."""

    def __init__(
        self,
        sessions: SessionFactory,
        quiet_seconds: Callable[[], float],
        is_held: Callable[[], bool],
        *,
        waited: timedelta = WAITED,
        idle_seconds: float = IDLE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._sessions, self._quiet_seconds, self._is_held = sessions, quiet_seconds, is_held
        self._waited, self._idle_seconds, self._look_seconds = waited, idle_seconds, look_seconds
        self._next_look = self._fed_until = 0.0
        self._has_waited = False

    def is_felt(self) -> bool:
        """Says whether messages do not arrive: seen at two looks, and then believed for ten minutes."""
        now = time.monotonic()
        if now < self._fed_until:
            return True
        if now >= self._next_look:
            self._next_look = now + self._look_seconds
            had_waited, self._has_waited = self._has_waited, self._waits()
            if had_waited and self._has_waited:
                self._has_waited = False
                self._fed_until = now + FED_SECONDS
                return True
        return False

    def _waits(self) -> bool:
        if self._quiet_seconds() < self._idle_seconds:
            return False
        try:
            with open_alone(self._sessions) as connection:
                never_taken, free_and_due = connection.execute(_WAITS, {"waited": self._waited}).one()
        except SQLAlchemyError:
            return False
        return bool(never_taken or (free_and_due and not self._is_held()))
