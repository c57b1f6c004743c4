"""Tells of a machine whose clock is not the database's: waiting goes by the database's alone, what people read does not."""

import socket
import time
from datetime import datetime, timedelta

from sqlalchemy import func, select

from shared.clock import utc_now
from shared.config import Settings
from shared.storage.db import SessionFactory, open_alone
from worker.alerts import clear_alert, kinds, raise_alert
from worker.alerts.wording import describe

SKEW_TOLD = timedelta(seconds=5)


def measure_skew(sessions: SessionFactory) -> timedelta:
    """Returns how far the clock of this process is ahead of the database's. Raises SQLAlchemyError."""
    with open_alone(sessions) as connection:
        started = time.monotonic()
        theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        ours = utc_now() - timedelta(seconds=(time.monotonic() - started) / 2)
    return ours - theirs


def watch_clock(sessions: SessionFactory, settings: Settings) -> None:
    """Raises or clears the alert `clock` of this machine: each has to be looked at from itself. Raises SQLAlchemyError."""
    host, skew = socket.gethostname(), measure_skew(sessions)
    if abs(skew) <= SKEW_TOLD:
        clear_alert(sessions, kinds.CLOCK, host)
        return
    text = describe(kinds.CLOCK, settings.alert_language, host=host, seconds=f"{skew.total_seconds():+.0f}")
    raise_alert(sessions, kinds.CLOCK, host, text)
