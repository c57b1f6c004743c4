"""Group commit: concurrent requests share one multi-row INSERT and one fsync; an answer leaves only after its own commit.

One thread owns the writing connection. While it commits, requests gather; the next round takes them all, so an idle
request waits for nobody. What may wait is bounded, in requests and in bytes: a stalled database is answered with 503, not
with memory.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg2
from psycopg2.extras import execute_values
from sqlalchemy import Engine

from api.webhook.envelopes import Arrival
from api.webhook.inbox import Inbox, InboxFull, Stored, Waiting
from shared.logging import get_logger
from shared.statuses import RecordState

log = get_logger(__name__)

MAX_BATCH_ROWS = 256
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
_FIND = "SELECT dedup_key, id, state FROM webhook_records WHERE dedup_key = ANY(%s)"


class StoreUnavailable(Exception):
    """Nothing is promised: the sender has to repeat."""


class GroupWriter:
    """`on_stored` gets the ids of new open rows, in the writer's thread, after their commit."""

    def __init__(self, engine: Engine, on_stored: Callable[[list[int], str], None]) -> None:
        self._link = _Link(engine)
        self._on_stored = on_stored
        self._inbox = Inbox()
        self._thread = threading.Thread(target=self._run, name="webhook-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after everything that waits is stored."""
        self._inbox.close()
        self._thread.join(timeout=15)

    async def store(self, arrivals: Sequence[Arrival], request_id: str) -> list[Stored]:
        """One Stored for each arrival, in order, committed. Raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(arrivals, request_id, loop, loop.create_future())
        try:
            self._inbox.put(waiting)
        except InboxFull:
            raise StoreUnavailable("too many requests wait for the database") from None
        patience = loop.call_later(ANSWER_TIMEOUT_SECONDS, waiting.give_up, StoreUnavailable(_TOO_SLOW))
        try:
            return await waiting.future
        finally:
            patience.cancel()

    def _run(self) -> None:
        while batch := self._inbox.take(MAX_BATCH_ROWS):
            batch = [waiting for waiting in batch if not waiting.future.done()]
            if not batch:
                continue
            try:
                self._write(batch)
            except Exception as error:  # whatever it was: these requests get a 503, the next ones a new try
                log.error("webhooks not stored", error=type(error).__name__, rows=len(batch))
                for waiting in batch:
                    waiting.fail(StoreUnavailable("the database is not available"))
        self._link.close()

    def _write(self, batch: list[Waiting]) -> None:
        try:
            found = self._link.insert([(arrival, w.request_id) for w in batch for arrival in w.arrivals])
        except psycopg2.Error as error:
            if not _is_data_error(error):
                raise
            found = self._insert_one_by_one(batch)
        seen: set[str] = set()
        answers = [[_name_repeats(found[a.dedup_key], a.dedup_key, seen) for a in w.arrivals] for w in batch]
        _answer(batch, answers)
        for waiting, stored in zip(batch, answers, strict=True):
            fresh = [item.row_id for item in stored if item.is_new and item.state == RecordState.RECEIVED]
            if fresh:
                self._on_stored(fresh, waiting.request_id)

    def _insert_one_by_one(self, batch: list[Waiting]) -> dict[str, Stored]:
        """One row that PostgreSQL refuses must not take its neighbours with it."""
        found: dict[str, Stored] = {}
        for waiting in batch:
            for arrival in waiting.arrivals:
                try:
                    found |= self._link.insert([(arrival, waiting.request_id)])
                except psycopg2.Error as error:
                    if not _is_data_error(error):
                        raise
                    found |= self._link.insert([(_as_bytes_only(arrival), waiting.request_id)])
        return found


_TOO_SLOW = "the database did not answer in time"


def _answer(batch: Sequence[Waiting], answers: Sequence[list[Stored]]) -> None:
    """One wake-up of the event loop for all that wait on it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Waiting, list[Stored]]]] = {}
    for waiting, stored in zip(batch, answers, strict=True):
        by_loop.setdefault(waiting.loop, []).append((waiting, stored))
    for loop, pairs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process is going down, nobody waits
            loop.call_soon_threadsafe(_resolve, pairs)


def _resolve(pairs: Sequence[tuple[Waiting, list[Stored]]]) -> None:
    for waiting, stored in pairs:
        if not waiting.future.done():
            waiting.future.set_result(stored)


class _Link:
    """The writer's connection, kept. In autocommit mode a statement is its own transaction, in one round trip."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pooled: Any = None

    def insert(self, rows: list[tuple[Arrival, str]]) -> dict[str, Stored]:
        """Raises psycopg2.Error, SQLAlchemyError. A connection that proves dead is replaced once: nothing it was
        given is stored twice, since the dedup key tells.
        """
        was_kept = self._pooled is not None
        try:
            return self._insert(rows)
        except psycopg2.Error:
            is_dead = self._pooled is None or self._pooled.dbapi_connection.closed != 0
            if is_dead:
                self.close()
            if not (was_kept and is_dead):
                raise
        return self._insert(rows)

    def close(self) -> None:
        if self._pooled is not None:
            self._pooled.invalidate()
            self._pooled = None

    def _insert(self, rows: list[tuple[Arrival, str]]) -> dict[str, Stored]:
        values = [_to_row(arrival, request_id) for arrival, request_id in rows]
        with self._open().cursor() as cursor:
            returned = execute_values(cursor, _INSERT, values, template=_ROW, page_size=len(values), fetch=True)
            new = {key: Stored(row_id, state, is_new=True) for key, row_id, state in returned}
            missing = [arrival.dedup_key for arrival, _ in rows if arrival.dedup_key not in new]
            if missing:
                cursor.execute(_FIND, (missing,))
                new |= {key: Stored(row_id, state, is_new=False) for key, row_id, state in cursor.fetchall()}
        return new

    def _open(self) -> "psycopg2.extensions.connection":
        if self._pooled is None:
            self._pooled = self._engine.raw_connection()
            self._pooled.dbapi_connection.autocommit = True
        connection: psycopg2.extensions.connection = self._pooled.dbapi_connection
        return connection


def _name_repeats(stored: Stored, key: str, seen: set[str]) -> Stored:
    """Of equal arrivals that met in one batch the first is new, the others are its redeliveries."""
    if key in seen:
        return Stored(stored.row_id, stored.state, is_new=False)
    seen.add(key)
    return stored


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


def _is_data_error(error: psycopg2.Error) -> bool:
    """Data exception, integrity violation, program limit exceeded."""
    return (error.pgcode or "").startswith(("22", "23", "54"))


def _as_bytes_only(arrival: Arrival) -> Arrival:
    return Arrival(
        dedup_key=arrival.dedup_key,
        state=RecordState.INVALID,
        message="body: the database cannot keep it as JSON",
        field="body",
        raw_body=(arrival.body or "").encode("utf-8", "surrogatepass"),
    )
