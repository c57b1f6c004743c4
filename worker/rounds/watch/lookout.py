"""Watches without the beat: its ticks come through Redis, so that a lost Redis would silence the news of its own loss."""

import threading

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shared.logging import get_logger
from worker.rounds.watch.watch import watch
from worker.services import Services

log = get_logger(__name__)


class Lookout:
    """Watches in a thread of each worker process, only while Redis does not answer; of several, one does it at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._interval_seconds = services.settings.alert_interval_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, within five seconds."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._ended.wait(self._interval_seconds):
            if self._is_broker_away():
                try:
                    watch(self._services)
                except (SQLAlchemyError, RedisError, OSError) as error:
                    log.error("lookout failed", error=type(error).__name__)

    def _is_broker_away(self) -> bool:
        try:
            self._services.redis.ping()
        except (RedisError, OSError):
            return True
        return False
