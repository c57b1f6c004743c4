"""Knows whether this worker takes messages just now: Redis may be back, and Celery try again in half a minute only."""

import threading
from typing import Any

from celery import bootsteps

consuming = threading.Event()


class Consuming(bootsteps.StartStopStep):
    """Comes after the step that begins to consume; stopped where the connection is lost, and started with the next one."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """Messages are taken."""
        consuming.set()

    def stop(self, parent: Any) -> None:
        """They are not."""
        consuming.clear()

    def shutdown(self, parent: Any) -> None:
        """Nor at the end."""
        consuming.clear()
