"""Holds requests that wait for the writer: no more of them than memory may hold. Belongs to one event loop."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from api.webhook.envelopes import Arrival

MAX_WAITING = 2000
# A webhook has 3 KB; this is for those who post a megabyte each while the database stands still.
MAX_WAITING_BYTES = 32 * 1024 * 1024


class InboxFull(Exception):
    """Raised where more waits already than may be held."""


class Stored(msgspec.Struct, frozen=True):
    """Says where an arrival ended up. `is_new` is False for a redelivery, whose first row is named instead."""

    row_id: int
    state: str
    is_new: bool


@dataclass(slots=True)
class Waiting:
    """Holds one request that waits. `since` is `time.monotonic`; `future` is given its rows, or an error."""

    arrivals: Sequence[Arrival]
    request_id: str
    since: float
    future: "asyncio.Future[list[Stored]]"

    @property
    def size(self) -> int:
        """Returns the bytes of its bodies."""
        return sum(len(arrival.body or arrival.raw_body or b"") for arrival in self.arrivals)

    def fail(self, error: Exception) -> None:
        """Gives the request an error, unless it has its answer."""
        if not self.future.done():
            self.future.set_exception(error)


class Inbox:
    """Queues requests, bounded in number and in bytes."""

    def __init__(self) -> None:
        self._requests: deque[Waiting] = deque()
        self._bytes = 0
        self._is_closed = False
        self._changed = asyncio.Event()

    def put(self, waiting: Waiting) -> None:
        """Adds a request. Raises InboxFull."""
        size = waiting.size
        if self._is_closed or len(self._requests) >= MAX_WAITING or self._bytes + size > MAX_WAITING_BYTES:
            raise InboxFull
        self._requests.append(waiting)
        self._bytes += size
        self._changed.set()

    async def take(self, max_rows: int) -> list[Waiting]:
        """Waits for a request, then takes all there are up to `max_rows`; empty once the inbox is closed and empty."""
        while not self._requests and not self._is_closed:
            self._changed.clear()
            await self._changed.wait()
        taken: list[Waiting] = []
        rows = 0
        while self._requests and rows < max_rows:
            waiting = self._requests.popleft()
            self._bytes -= waiting.size
            rows += len(waiting.arrivals)
            taken.append(waiting)
        return taken

    def fail_older(self, than: float, error: Exception) -> None:
        """Gives up those that wait since before `than`; they are in the order of their coming."""
        while self._requests and self._requests[0].since < than:
            waiting = self._requests.popleft()
            self._bytes -= waiting.size
            waiting.fail(error)

    def close(self) -> None:
        """Takes no more requests; what waits is still given out."""
        self._is_closed = True
        self._changed.set()
