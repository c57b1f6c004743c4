"""Celery over Redis, with every setting as it is by default: a message is acknowledged before its task runs."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from celery import Celery

from dev.bench.peers.jobs import call

app = Celery("peers", broker=os.environ["STORE_URL"])


@app.task(name="call")
def call_standin(number: str) -> None:
    asyncio.run(call(number))


async def enqueue(number: str) -> None:
    await asyncio.to_thread(call_standin.delay, number)


@asynccontextmanager
async def open_queue() -> AsyncIterator[Callable[[str], Awaitable[object]]]:
    yield enqueue
