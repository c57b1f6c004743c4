"""Holds work that a process does itself while no broker gives any: bounded, each thing once, at its time."""

import heapq
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

MOST = 200


@dataclass(frozen=True, order=True, slots=True)
class Item:
    """Holds a task by its name. `due_at` is `time.monotonic`; `request_id` is of the request that brought it."""

    due_at: float
    number: int
    name: str = field(compare=False)
    args: tuple[object, ...] = field(compare=False)
    request_id: str | None = field(compare=False, default=None)


class LocalWork:
    """Takes work in and gives it out, to any number of threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._items: list[Item] = []
        self._waiting: dict[tuple[str, tuple[object, ...]], float] = {}
        self._count = 0
        self._changed = threading.Condition()

    @property
    def room(self) -> int:
        """Returns how much more fits."""
        return max(self._most - len(self._waiting), 0)

    def put(self, name: str, args: Sequence[object], *, seconds: float = 0.0, request_id: str | None = None) -> None:
        """Adds a task to be done in so many seconds. One that waits already is moved forward at most; one too many is left
        out, since whatever is due is found again in the database.
        """
        key, due_at = (name, tuple(args)), time.monotonic() + seconds
        with self._changed:
            if self._waiting.get(key, due_at + 1) <= due_at or (key not in self._waiting and not self.room):
                return
            self._waiting[key] = due_at
            self._count += 1
            heapq.heappush(self._items, Item(due_at, self._count, *key, request_id))
            self._changed.notify()

    def take(self, timeout: float) -> Item | None:
        """Returns what is due first, waiting for it so many seconds at most."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while (now := time.monotonic()) < deadline or self._is_due(now):
                if self._is_due(now):
                    item = heapq.heappop(self._items)
                    if self._waiting.get((item.name, item.args)) == item.due_at:
                        del self._waiting[item.name, item.args]
                        return item
                    continue  # moved forward, and done by now
                wake_at = min(deadline, self._items[0].due_at) if self._items else deadline
                self._changed.wait(wake_at - now)
        return None

    def _is_due(self, now: float) -> bool:
        return bool(self._items) and self._items[0].due_at <= now
