"""Hands stored rows to the workers, off the answer's path. What is not handed over the dispatcher finds in the database."""

import threading
import time
from collections import deque

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.queue import MOST_PUBLISHED, publish_batch

log = get_logger(__name__)

MAX_WAITING = 10_000
MAX_BATCH = 500
# After a batch the next is given a moment to grow, the longer the more there was; one that comes alone waits for nobody.
GATHER_SECONDS_A_MESSAGE, MOST_GATHER_SECONDS = 0.001, 0.05
# While the broker is away every try costs its socket time-out; the dispatcher takes over in the meantime.
REST_AFTER_FAILURE_SECONDS = 3.0
REST_WHILE_FULL_SECONDS = 1.0


class Publisher:
    """Sends messages from a thread of its own; while the broker is away, or holds enough of them, it drops them."""

    def __init__(self, producer: Celery) -> None:
        self._producer = producer
        self._waiting: deque[tuple[int, str]] = deque(maxlen=MAX_WAITING)
        self._has_work = threading.Event()
        self._is_ending = False
        self._resting_until = 0.0
        self._thread = threading.Thread(target=self._run, name="webhook-publisher", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after what waits was sent, within five seconds."""
        self._is_ending = True
        self._has_work.set()
        self._thread.join(timeout=5)

    def publish(self, rows: list[tuple[int, str]]) -> None:
        """Hands over rows, each with the id of its request. Never blocks, never raises; drops the oldest of too many."""
        self._waiting.extend(rows)
        self._has_work.set()

    def _run(self) -> None:
        while not self._is_ending or self._waiting:
            self._has_work.wait()
            self._has_work.clear()
            while batch := self._take_batch():
                if time.monotonic() >= self._resting_until:
                    self._publish(batch)
                time.sleep(min(len(batch) * GATHER_SECONDS_A_MESSAGE, MOST_GATHER_SECONDS))

    def _take_batch(self) -> list[tuple[int, str]]:
        """All that has gathered while the batch before was sent."""
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]

    def _publish(self, batch: list[tuple[int, str]]) -> None:
        try:
            waiting = publish_batch(self._producer, batch)
        except (OperationalError, RedisError, OSError) as error:
            self._resting_until = time.monotonic() + REST_AFTER_FAILURE_SECONDS
            log.warning("broker is away, rows are left to the dispatcher", error=type(error).__name__, rows=len(batch))
        else:
            if waiting >= MOST_PUBLISHED:
                self._resting_until = time.monotonic() + REST_WHILE_FULL_SECONDS
                log.warning("enough messages wait, rows are left to the dispatcher", waiting=waiting)
