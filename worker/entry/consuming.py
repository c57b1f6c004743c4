"""Knows whether this worker takes messages just now: by the loop that reads them, which may hang or have left a queue, while
the connection looks well.
"""

import time
from typing import Any

from celery import bootsteps

TICK_SECONDS = 1.0
# A loop that is busy with a burst comes to its timers late.
SILENT_SECONDS = 30.0


class Pulse:
    """Says when the loop last came by with all its queues."""

    def __init__(self) -> None:
        self._beat_at: float | None = None

    def beat(self) -> None:
        """The loop goes round, and reads every queue that it should."""
        self._beat_at = time.monotonic()

    def stop(self) -> None:
        """No message is read."""
        self._beat_at = None

    def is_felt(self) -> bool:
        """Says whether messages are read."""
        return self._beat_at is not None and time.monotonic() - self._beat_at < SILENT_SECONDS


pulse = Pulse()


class Consuming(bootsteps.StartStopStep):
    """Comes after the step that begins to consume; stopped where the connection is lost, and started with the next one."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._queues = frozenset(parent.app.amqp.queues.consume_from)
        self._ticks: Any = None

    def start(self, parent: Any) -> None:
        """Messages are taken."""
        pulse.beat()
        self._ticks = parent.timer.call_repeatedly(TICK_SECONDS, self._look, (parent,))

    def _look(self, parent: Any) -> None:
        consumer = parent.task_consumer
        if consumer is not None and all(consumer.consuming_from(queue) for queue in self._queues):
            pulse.beat()
        else:
            pulse.stop()

    def stop(self, parent: Any) -> None:
        """They are not."""
        if self._ticks is not None:
            self._ticks.cancel()
            self._ticks = None
        pulse.stop()

    def shutdown(self, parent: Any) -> None:
        """Nor at the end."""
        self.stop(parent)
