"""Hands stored rows to the workers, off the answer's path. What is not handed over the dispatcher finds in the database."""

import queue
import threading
import time

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.queue import publish_records

log = get_logger(__name__)

MAX_WAITING = 10_000
# While the broker is away every try costs its socket time-out; the dispatcher takes over in the meantime.
REST_AFTER_FAILURE_SECONDS = 3.0


class Publisher:
    def __init__(self, producer: Celery) -> None:
        self._producer = producer
        self._queue: queue.Queue[tuple[list[int], str] | None] = queue.Queue(MAX_WAITING)
        self._resting_until = 0.0
        self._thread = threading.Thread(target=self._run, name="webhook-publisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._queue.put(None)
        self._thread.join(timeout=5)

    def publish(self, row_ids: list[int], request_id: str) -> None:
        """Never blocks, never raises."""
        try:
            self._queue.put_nowait((row_ids, request_id))
        except queue.Full:
            log.warning("publisher is behind, rows are left to the dispatcher", rows=len(row_ids))

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            if time.monotonic() < self._resting_until:
                continue
            self._publish(*item)

    def _publish(self, row_ids: list[int], request_id: str) -> None:
        try:
            publish_records(self._producer, row_ids, request_id=request_id)
        except (OperationalError, RedisError, OSError) as error:
            self._resting_until = time.monotonic() + REST_AFTER_FAILURE_SECONDS
            log.warning("broker is away, rows are left to the dispatcher", error=type(error).__name__, rows=len(row_ids))
