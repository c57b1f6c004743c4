"""Keeps the writer's own connection to PostgreSQL: asyncpg, in the event loop.

A batch is one prepared statement with a list for each column: one round trip, one transaction, and nothing of a body is
quoted, parsed as SQL or planned anew. Threads and a driver of text would cost more than everything else a webhook costs.
"""

import asyncio
import re
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy import URL

from api.webhook.envelopes import Arrival
from api.webhook.store.batches import Stored
from shared.fiscal.statuses import RecordState

CONNECT_SECONDS = 5.0
# A hung connection is an error that can be answered: with the same rows on a new one, before Altegio gives up.
STATEMENT_SECONDS = 5.0
DEADLOCK_PAUSE_SECONDS = 0.3
# The message sent after the commit is the fast way; the dispatcher looks at the row if it was lost.
RESCUE_AFTER = timedelta(seconds=10)

_INSERT = """
INSERT INTO webhook_records
    (company_id, resource, resource_id, document_id, status, dedup_key, changed_at, body, raw_body, request_id, state,
     reason, next_attempt_at, processed_at)
SELECT company_id, resource, resource_id, document_id, status, dedup_key, changed_at, body, raw_body, request_id,
       state, reason, CASE WHEN state = $13 THEN now() + $14::interval END,
       CASE WHEN state <> $13 THEN now() END
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[], $8::jsonb[],
            $9::bytea[], $10::text[], $11::text[], $12::text[])
    AS arrival (company_id, resource, resource_id, document_id, status, dedup_key, changed_at, body, raw_body, request_id,
                state, reason)
ON CONFLICT (dedup_key) DO NOTHING
RETURNING dedup_key, id, state
"""
# Before the text in PostgreSQL's binary form of JSONB.
_JSONB_VERSION = b"\x01"
_FIND = "SELECT dedup_key, id, state FROM webhook_records WHERE dedup_key = ANY($1::text[])"

# Parameters of an address that libpq knows and asyncpg would send to the server as a setting of that name.
_LIBPQ_ONLY = re.compile(r"connect_timeout|keepalives\w*|tcp_user_timeout|channel_binding|gss\w*|fallback_\w+|options")
_OPTION = re.compile(r"(?:-c\s*|--)([\w.]+)=(\S+)")

StoreError = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, UnicodeEncodeError)


def is_data_error(error: BaseException) -> bool:
    """Says whether the row is to blame, and not the database.

    Data exception, integrity violation, program limit exceeded; or a value that not even leaves for the server.
    """
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(("22", "23", "54"))
    return isinstance(error, asyncpg.exceptions.DataError | UnicodeEncodeError)


class Link:
    """Opens a connection when it is needed, and keeps it."""

    def __init__(self, url: URL) -> None:
        self._address, self._settings = split_address(url)
        self._connection: Any = None
        self._insert_statement: Any = None

    async def insert(self, rows: list[tuple[Arrival, str]]) -> dict[str, Stored]:
        """Stores each arrival with the id of its request; returns what is in the table under each dedup key, committed.

        Raises one of StoreError. A connection that proves dead, or does not answer, is replaced once: nothing it was given
        is stored twice, since the dedup key tells.
        """
        was_kept = self._connection is not None
        try:
            return await self._insert(rows)
        except asyncpg.DeadlockDetectedError:
            # Another api has the same redeliveries in another order, and goes on now: once it is through, all is there.
            await asyncio.sleep(DEADLOCK_PAUSE_SECONDS)
        except StoreError as error:
            if is_data_error(error):
                raise
            # Cut off in the middle of a word, the driver is confused and does not know that it is.
            was_dead = self._is_dead or isinstance(error, asyncpg.InternalClientError)
            # Whatever it was, the next batch begins with a connection and a statement of its own.
            self.drop()
            if not was_kept or not (was_dead or isinstance(error, TimeoutError)):
                raise
        return await self._insert(rows)

    @property
    def _is_dead(self) -> bool:
        return self._connection is None or self._connection.is_closed()

    def drop(self) -> None:
        """Cuts the connection, if there is one, without waiting."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _insert(self, rows: list[tuple[Arrival, str]]) -> dict[str, Stored]:
        if self._is_dead:
            await self._open()
        columns = zip(*(_to_row(arrival, request_id) for arrival, request_id in rows), strict=True)
        returned = await self._insert_statement.fetch(*columns, RecordState.RECEIVED, RESCUE_AFTER)
        found = {key: Stored(row_id, state, is_new=True) for key, row_id, state in returned}
        missing = [arrival.dedup_key for arrival, _ in rows if arrival.dedup_key not in found]
        if missing:
            known = await self._connection.fetch(_FIND, missing)
            found |= {key: Stored(row_id, state, is_new=False) for key, row_id, state in known}
        return found

    async def _open(self) -> None:
        self.drop()
        self._connection = await asyncpg.connect(
            self._address,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            server_settings={"timezone": "UTC", "statement_timeout": f"{STATEMENT_SECONDS:.0f}s", **self._settings},
        )
        await self._connection.set_type_codec(
            "jsonb", schema="pg_catalog", format="binary", encoder=_JSONB_VERSION.__add__, decoder=bytes
        )
        self._insert_statement = await self._connection.prepare(_INSERT)


def split_address(url: URL) -> tuple[str, dict[str, str]]:
    """Returns an address as asyncpg reads it, and the server's settings that were given as `options=-c name=value`."""
    options = " ".join(_as_list(url.query.get("options", ())))
    plain = url.set(drivername="postgresql").difference_update_query(filter(_LIBPQ_ONLY.fullmatch, url.query))
    return plain.render_as_string(hide_password=False), dict(_OPTION.findall(options))


def _as_list(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _to_row(arrival: Arrival, request_id: str) -> tuple[Any, ...]:
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
        None if arrival.state is RecordState.RECEIVED else arrival.message,
    )
