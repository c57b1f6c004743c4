"""Keeps beat from filling a broker that nobody empties."""

from typing import Any

from celery.beat import PersistentScheduler
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.queue import MAINTENANCE, find_room

log = get_logger(__name__)

# With more ticks than this waiting nobody does them: the rounds go by the database's clock, whatever piles up here.
MOST_TICKS = 50


class Scheduler(PersistentScheduler):
    """Sends ticks, unless enough of them wait."""

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **options: Any) -> Any:
        """Sends one tick. Celery catches and logs what it raises."""
        if self._has_room():
            return super().apply_async(entry, producer=producer, advance=advance, **options)
        log.warning("enough ticks wait, none sent", task=entry.task)
        return None

    def _has_room(self) -> bool:
        try:
            return find_room(self.app, MAINTENANCE, MOST_TICKS) > 0
        except (OperationalError, RedisError, OSError):
            return True  # sending says what is wrong
