"""Requests that wait for the writer: no more of them than may be held in memory."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from api.webhook.envelopes import Arrival

MAX_WAITING = 2000
# A webhook has 3 KB; this is for those who post a megabyte each while the database stands still.
MAX_WAITING_BYTES = 32 * 1024 * 1024
# A batch takes less than this; without it every batch would be a row or two, and threads would do little but take turns.
GATHER_SECONDS = 0.002


class InboxFull(Exception):
    """More waits already than may be held."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an arrival ended up. `is_new` is False for a redelivery, whose first row is named instead."""

    row_id: int
    state: str
    is_new: bool


@dataclass(slots=True)
class Waiting:
    """One request. `give_up` belongs to its event loop, `fail` to any thread."""

    arrivals: Sequence[Arrival]
    request_id: str
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[list[Stored]]"

    @property
    def size(self) -> int:
        return sum(len(arrival.body or arrival.raw_body or b"") for arrival in self.arrivals)

    def give_up(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)

    def fail(self, error: Exception) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process is going down, nobody waits
            self.loop.call_soon_threadsafe(self.give_up, error)


class Inbox:
    def __init__(self) -> None:
        self._requests: deque[Waiting] = deque()
        self._bytes = 0
        self._is_closed = False
        self._was_shared = False
        self._changed = threading.Condition()

    def put(self, waiting: Waiting) -> None:
        """Never blocks. Raises InboxFull."""
        size = waiting.size
        with self._changed:
            if self._is_closed or len(self._requests) >= MAX_WAITING or self._bytes + size > MAX_WAITING_BYTES:
                raise InboxFull
            self._requests.append(waiting)
            self._bytes += size
            self._changed.notify()

    def take(self, max_rows: int) -> list[Waiting]:
        """Waits for a request, then takes all there are up to `max_rows`; empty once the inbox is closed and empty.

        After a batch that several shared, the next is given a moment to grow; who comes alone waits for nobody.
        """
        if self._was_shared:
            time.sleep(GATHER_SECONDS)
        with self._changed:
            while not self._requests and not self._is_closed:
                self._changed.wait()
            taken: list[Waiting] = []
            rows = 0
            while self._requests and rows < max_rows:
                waiting = self._requests.popleft()
                self._bytes -= waiting.size
                rows += len(waiting.arrivals)
                taken.append(waiting)
            self._was_shared = len(taken) > 1
            return taken

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify()
