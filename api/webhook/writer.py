"""Group commit: concurrent requests share one multi-row INSERT and one fsync; an answer leaves only after its own commit.

One thread owns the writing connection. While it commits, requests gather; the next round takes them all, so an idle
request waits for nobody. The queue is bounded: a stalled database is answered with 503, not with memory.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import psycopg2
from psycopg2.extras import execute_values
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from api.webhook.envelopes import Arrival
from shared.logging import get_logger
from shared.statuses import RecordState

log = get_logger(__name__)

MAX_BATCH_ROWS = 256
MAX_WAITING = 2000
# Altegio gives up after 10 s; an earlier 503 makes it repeat, and the repeat is recognised.
ANSWER_TIMEOUT_SECONDS = 8.0
# The message sent after the commit is the fast way; the dispatcher looks at the row if it was lost.
RESCUE_AFTER_SECONDS = 10

_INSERT = """
INSERT INTO webhook_records
    (company_id, resource, resource_id, document_id, status, dedup_key, changed_at, body, raw_body, request_id, state,
     reason, next_attempt_at, processed_at)
VALUES %s
ON CONFLICT (dedup_key) DO NOTHING
RETURNING dedup_key, id, state
"""
_ROW = (
    "(%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, "
    f"CASE WHEN %s THEN now() + interval '{RESCUE_AFTER_SECONDS} seconds' END, CASE WHEN %s THEN NULL ELSE now() END)"
)
_FIND = text("SELECT dedup_key, id, state FROM webhook_records WHERE dedup_key = ANY(:keys)")


class StoreUnavailable(Exception):
    """Nothing is promised: the sender has to repeat."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an arrival ended up. `is_new` is False for a redelivery, whose first row is named instead."""

    row_id: int
    state: str
    is_new: bool


@dataclass(slots=True)
class _Waiting:
    arrivals: Sequence[Arrival]
    request_id: str
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[list[Stored]]"

    def resolve(self, stored: list[Stored]) -> None:
        self._call(lambda: None if self.future.done() else self.future.set_result(stored))

    def fail(self, error: Exception) -> None:
        self._call(lambda: None if self.future.done() else self.future.set_exception(error))

    def _call(self, callback: Callable[[], Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process is going down, nobody waits
            self.loop.call_soon_threadsafe(callback)


class GroupWriter:
    """`on_stored` gets the ids of new open rows, in the writer's thread, after their commit."""

    def __init__(self, engine: Engine, on_stored: Callable[[list[int], str], None]) -> None:
        self._engine = engine
        self._on_stored = on_stored
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="webhook-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after everything that waits is stored."""
        self._queue.put(None)
        self._thread.join(timeout=15)

    async def store(self, arrivals: Sequence[Arrival], request_id: str) -> list[Stored]:
        """One Stored for each arrival, in order, committed. Raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(arrivals, request_id, loop, loop.create_future())
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            raise StoreUnavailable("too many requests wait for the database") from None
        try:
            return await asyncio.wait_for(waiting.future, ANSWER_TIMEOUT_SECONDS)
        except TimeoutError:
            raise StoreUnavailable("the database did not answer in time") from None

    def _run(self) -> None:
        while batch := self._take_batch():
            batch = [waiting for waiting in batch if not waiting.future.done()]
            try:
                self._write(batch)
            except Exception as error:  # whatever it was: these requests get a 503, the next ones a new try
                log.error("webhooks not stored", error=type(error).__name__, rows=len(batch))
                for waiting in batch:
                    waiting.fail(StoreUnavailable("the database is not available"))

    def _take_batch(self) -> list[_Waiting]:
        first = self._queue.get()
        batch = [] if first is None else [first]
        rows = len(first.arrivals) if first else 0
        while first is not None and rows < MAX_BATCH_ROWS:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                self._queue.put(None)
                break
            batch.append(waiting)
            rows += len(waiting.arrivals)
        return batch

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            found = self._insert([(arrival, w.request_id) for w in batch for arrival in w.arrivals])
        except DBAPIError as error:
            if error.connection_invalidated or not _is_data_error(error):
                raise
            found = self._insert_one_by_one(batch)
        seen: set[str] = set()
        for waiting in batch:
            stored = [_name_repeats(found[arrival.dedup_key], arrival.dedup_key, seen) for arrival in waiting.arrivals]
            waiting.resolve(stored)
            fresh = [item.row_id for item in stored if item.is_new and item.state == RecordState.RECEIVED]
            if fresh:
                self._on_stored(fresh, waiting.request_id)

    def _insert_one_by_one(self, batch: list[_Waiting]) -> dict[str, Stored]:
        """One row that PostgreSQL refuses must not take its neighbours with it."""
        found: dict[str, Stored] = {}
        for waiting in batch:
            for arrival in waiting.arrivals:
                try:
                    found |= self._insert([(arrival, waiting.request_id)])
                except DBAPIError as error:
                    if not _is_data_error(error):
                        raise
                    found |= self._insert([(_as_bytes_only(arrival), waiting.request_id)])
        return found

    def _insert(self, rows: list[tuple[Arrival, str]]) -> dict[str, Stored]:
        with self._engine.begin() as connection:
            new = _insert_rows(connection, rows)
            missing = [arrival.dedup_key for arrival, _ in rows if arrival.dedup_key not in new]
            known = connection.execute(_FIND, {"keys": missing}).all() if missing else []
        return new | {key: Stored(row_id, state, is_new=False) for key, row_id, state in known}


def _name_repeats(stored: Stored, key: str, seen: set[str]) -> Stored:
    """Of equal arrivals that met in one batch the first is new, the others are its redeliveries."""
    if key in seen:
        return Stored(stored.row_id, stored.state, is_new=False)
    seen.add(key)
    return stored


def _insert_rows(connection: Connection, rows: list[tuple[Arrival, str]]) -> dict[str, Stored]:
    driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
    values = [_to_row(arrival, request_id) for arrival, request_id in rows]
    try:
        with driver.cursor() as cursor:
            returned = execute_values(cursor, _INSERT, values, template=_ROW, page_size=len(values), fetch=True)
    except psycopg2.Error as error:
        raise DBAPIError(_INSERT, None, error, connection_invalidated=driver.closed != 0) from error
    return {key: Stored(row_id, state, is_new=True) for key, row_id, state in returned}


def _to_row(arrival: Arrival, request_id: str) -> tuple[Any, ...]:
    is_open = arrival.state is RecordState.RECEIVED
    return (
        arrival.company_id,
        arrival.resource,
        arrival.resource_id,
        arrival.document_id,
        arrival.status,
        arrival.dedup_key,
        arrival.changed_at,
        arrival.body,
        arrival.raw_body,
        request_id,
        arrival.state.value,
        None if is_open else arrival.message,
        is_open,
        is_open,
    )


def _is_data_error(error: SQLAlchemyError) -> bool:
    code = getattr(getattr(error, "orig", None), "pgcode", None) or ""
    return code.startswith(("22", "23", "54"))  # data exception, integrity violation, program limit exceeded


def _as_bytes_only(arrival: Arrival) -> Arrival:
    return Arrival(
        dedup_key=arrival.dedup_key,
        state=RecordState.INVALID,
        message="body: the database cannot keep it as JSON",
        field="body",
        raw_body=(arrival.body or "").encode("utf-8", "surrogatepass"),
    )
