"""Does local work: threads like those of Celery's pool, which stand still meanwhile."""

import threading
import time
from collections.abc import Callable

from shared.local_work import Item, LocalWork
from shared.logging import get_logger

log = get_logger(__name__)

HANDS = 8
_LOOK_SECONDS = 1.0

Do = Callable[[Item], None]


class Hands:
    """Threads that do what is in `work`; started with the first of it."""

    def __init__(self, work: LocalWork, do: Do) -> None:
        self._work, self._do = work, do
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Starts the threads, unless they run already."""
        if not self._threads:
            self._threads = [threading.Thread(target=self._run, name=f"hand-{n}", daemon=True) for n in range(HANDS)]
            for thread in self._threads:
                thread.start()

    def stop(self, patience: float) -> None:
        """Ends the threads after what they do now, or leaves them after so many seconds."""
        self._ended.set()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))

    def _run(self) -> None:
        while not self._ended.is_set():
            item = self._work.take(_LOOK_SECONDS)
            if item is None:
                continue
            try:
                self._do(item)
            except Exception:  # as Celery would: logged, and found again by the dispatcher
                log.exception("task failed", task=item.name)
