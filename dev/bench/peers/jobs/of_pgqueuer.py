"""pgqueuer as its guide to deployment has it: a connection for each worker, a pool for whoever hands work in.

Its worker is started as its guide says for programs: with some versions of its parser of arguments `pgq run` ends at once.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from pgqueuer import PgQueuer, run  # type: ignore[import-not-found,unused-ignore]
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver  # type: ignore[import-not-found,unused-ignore]
from pgqueuer.queries import Queries  # type: ignore[import-not-found,unused-ignore]

from dev.bench.peers.jobs import call


async def call_standin(job: Any) -> None:
    await call(job.payload.decode())


@asynccontextmanager
async def main() -> AsyncIterator[Any]:
    connection = await asyncpg.connect(os.environ["STORE_URL"])
    queuer = PgQueuer(AsyncpgDriver(connection))
    queuer.entrypoint("call")(call_standin)
    yield queuer


@asynccontextmanager
async def open_queue() -> AsyncIterator[Callable[[str], Awaitable[object]]]:
    async with asyncpg.create_pool(os.environ["STORE_URL"]) as pool:
        queries = Queries(AsyncpgPoolDriver(pool))
        yield lambda number: queries.enqueue("call", number.encode())


if __name__ == "__main__":
    # Whoever supervises it starts it again.
    asyncio.run(run(main, shutdown_on_listener_failure=True))
