"""Writes webhooks in groups: concurrent requests share one INSERT and one fsync; an answer leaves after its own commit.

One task owns the writing connection. While it commits, requests gather; the next round takes them all, so an idle
request waits for nobody. What may wait is bounded, in requests and in bytes: a stalled database is answered with 503, not
with memory.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from api.webhook.envelopes import Arrival
from api.webhook.store.batches import Inbox, InboxFull, Stored, Waiting
from api.webhook.store.connection import Link, StoreError, is_data_error
from shared.fiscal.statuses import RecordState
from shared.logging import get_logger

log = get_logger(__name__)

MAX_BATCH_ROWS = 256
# Altegio gives up after 10 s; an earlier 503 makes it repeat, and the repeat is recognised.
PATIENCE_SECONDS = 8.0
_LOOK_EVERY_SECONDS = 0.5
_END_SECONDS = 15.0


class StoreUnavailable(Exception):
    """Raised where nothing is promised: the sender has to repeat."""


class GroupWriter:
    """Writes what requests hand it. Belongs to one event loop.

    `on_stored` gets new open rows, each with the id of its request, after their commit.
    """

    def __init__(
        self, link: Link, on_stored: Callable[[list[tuple[int, str]]], None], patience: float = PATIENCE_SECONDS
    ) -> None:
        self._link = link
        self._on_stored = on_stored
        self._patience = patience
        self._inbox = Inbox()
        self._in_flight: list[Waiting] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Starts the writing task; called in the loop it belongs to."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [self._loop.create_task(self._run()), self._loop.create_task(self._give_up_late())]

    async def stop(self) -> None:
        """Ends after everything that waits is stored, or after 15 s."""
        self._inbox.close()
        await asyncio.wait(self._tasks[:1], timeout=_END_SECONDS)
        for task in self._tasks:
            task.cancel()
        self._link.drop()

    async def store(self, arrivals: Sequence[Arrival], request_id: str) -> list[Stored]:
        """Returns one Stored for each arrival, in order, committed. Raises StoreUnavailable."""
        # Not asked for: the loop would look whether this is still the process it was made in, at every webhook.
        waiting = Waiting(arrivals, request_id, time.monotonic(), asyncio.Future(loop=self._loop))
        try:
            self._inbox.put(waiting)
        except InboxFull:
            raise StoreUnavailable("too many requests wait for the database") from None
        return await waiting.future

    async def _run(self) -> None:
        while batch := await self._inbox.take(MAX_BATCH_ROWS):
            self._in_flight = batch
            try:
                await self._write(batch)
            except Exception as error:  # whatever it was: these requests get a 503, the next ones a new try
                log.error("webhooks not stored", error=type(error).__name__, rows=len(batch))
                for waiting in batch:
                    waiting.fail(StoreUnavailable("the database is not available"))
            self._in_flight = []

    async def _give_up_late(self) -> None:
        """A row that is stored after its answer was given up is a redelivery's first row, no harm."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            too_old = time.monotonic() - self._patience
            error = StoreUnavailable("the database did not answer in time")
            for waiting in self._in_flight:
                if waiting.since < too_old:
                    waiting.fail(error)
            self._inbox.fail_older(too_old, error)

    async def _write(self, batch: list[Waiting]) -> None:
        try:
            found = await self._link.insert([(arrival, w.request_id) for w in batch for arrival in w.arrivals])
        except StoreError as error:
            if not is_data_error(error):
                raise
            found = await _insert_one_by_one(self._link, batch)
        seen: set[str] = set()
        fresh: list[tuple[int, str]] = []
        for waiting in batch:
            stored = [_name_repeats(found[a.dedup_key], a.dedup_key, seen) for a in waiting.arrivals]
            if not waiting.future.done():
                waiting.future.set_result(stored)
            fresh += [(s.row_id, waiting.request_id) for s in stored if s.is_new and s.state == RecordState.RECEIVED]
        if fresh:
            self._on_stored(fresh)


async def _insert_one_by_one(link: Link, batch: list[Waiting]) -> dict[str, Stored]:
    """One row that PostgreSQL refuses must not take its neighbours with it."""
    found: dict[str, Stored] = {}
    for waiting in batch:
        for arrival in waiting.arrivals:
            try:
                found |= await link.insert([(arrival, waiting.request_id)])
            except StoreError as error:
                if not is_data_error(error):
                    raise
                found |= await link.insert([(_as_bytes_only(arrival), waiting.request_id)])
    return found


def _name_repeats(stored: Stored, key: str, seen: set[str]) -> Stored:
    """Of equal arrivals that met in one batch the first is new, the others are its redeliveries."""
    if key in seen:
        return Stored(stored.row_id, stored.state, is_new=False)
    seen.add(key)
    return stored


def _as_bytes_only(arrival: Arrival) -> Arrival:
    return Arrival(
        dedup_key=arrival.dedup_key,
        state=RecordState.INVALID,
        message="body: the database cannot keep it as JSON",
        field="body",
        raw_body=arrival.body or b"",
    )
