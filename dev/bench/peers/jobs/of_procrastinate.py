"""procrastinate as its manual has it, with the periodic task that the manual shows for jobs of killed workers."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from procrastinate import App, PsycopgConnector  # type: ignore[import-not-found,unused-ignore]

from dev.bench.peers.jobs import call

app = App(connector=PsycopgConnector(conninfo=os.environ["STORE_URL"]))


async def call_standin(number: str) -> None:
    await call(number)


async def retry_stalled_jobs(context: Any, timestamp: int) -> None:
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


calling = app.task(name="call")(call_standin)
retrying = app.task(name="retry_stalled_jobs", queueing_lock="retry_stalled_jobs", pass_context=True)(retry_stalled_jobs)
# Every minute, where the manual has every ten: its jobs are not to be called lost for the length of a benchmark.
app.periodic(cron="* * * * *")(retrying)


@asynccontextmanager
async def open_queue() -> AsyncIterator[Callable[[str], Awaitable[object]]]:
    async with app.open_async():
        yield lambda number: calling.defer_async(number=number)
