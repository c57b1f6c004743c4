"""Keeps beat from filling a broker that nobody empties, and lets it live inside a worker."""

from functools import partial
from typing import Any

import celery.beat
from celery.beat import PersistentScheduler
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.queue import MAINTENANCE, find_room

log = get_logger(__name__)

# With more ticks than this waiting nobody does them: the rounds go by the database's clock, whatever piles up here.
MOST_TICKS = 50


def keep_inside() -> None:
    """Has `worker -B` run beat as a thread: Celery would fork a process for it, which weighs as much as beat alone."""
    celery.beat.EmbeddedService = partial(celery.beat.EmbeddedService, thread=True)


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
