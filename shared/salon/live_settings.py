"""Holds the settings in force: the environment's with what managers have changed, read anew every few seconds."""

import threading
import time

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from shared.config import Settings
from shared.logging import get_logger
from shared.salon.changeable import overlay
from shared.storage.db import SessionFactory
from shared.storage.models import ChangedSetting

log = get_logger(__name__)

FRESH_SECONDS = 5.0
_CHANGED = select(ChangedSetting.name, ChangedSetting.value).where(ChangedSetting.cashbox_id.is_(None))


class LiveSettings:
    """Gives the settings of this moment. While the database is away, what was last known holds."""

    def __init__(self, environment: Settings, sessions: SessionFactory) -> None:
        self.environment = environment
        self._sessions = sessions
        self._settings, self._changes = environment, dict[str, str]()
        self._reading, self._next = threading.Lock(), 0.0

    def current(self) -> Settings:
        """Returns them, read again when they are old. Of many threads one reads; the others do not wait for it."""
        if time.monotonic() >= self._next and self._reading.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._reading.release()
        return self._settings

    def refresh(self) -> Settings:
        """Returns them, read now."""
        with self._reading:
            self._read()
        return self._settings

    def _read(self) -> None:
        self._next = time.monotonic() + FRESH_SECONDS
        try:
            with self._sessions() as session:
                changes = {row.name: row.value for row in session.execute(_CHANGED)}
        except SQLAlchemyError as error:
            log.warning("changed settings could not be read", error=type(error).__name__)
            return
        if changes != self._changes:
            self._settings, self._changes = overlay(self.environment, changes), changes
            log.info("settings taken over", changed=sorted(changes))
