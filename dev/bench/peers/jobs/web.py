"""The two ends of a peer, as web applications: where jobs are handed in, and whom they call.

`producer`: `POST /NUMBER` hands a job in; 200 once the queue has taken it, 503 when it has not. `QUEUE` in the environment
names the module with the queue. `standin`: `POST /NUMBER` takes its time, then writes the number down, waited for or not;
`GET /count` says how many were written down, `GET /` lists them, one again for each time.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_LATENCY = float(os.environ.get("STANDIN_LATENCY_MS", "0")) / 1000
_done: list[int] = []
_queue: dict[str, Callable[[str], Awaitable[object]]] = {}


async def producer(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live_with_queue(receive, send)
        return
    try:
        await _queue["enqueue"](_read_path(scope))
        status = 200
    except Exception:  # Each queue has errors of its own.
        status = 503
    await _answer(send, status)


async def standin(scope: Message, _receive: Receive, send: Send) -> None:
    what = _read_path(scope)
    if scope["method"] == "GET":
        await _answer(send, 200, len(_done) if what == "count" else _done)
        return
    await asyncio.sleep(_LATENCY)
    _done.append(int(what))
    await _answer(send, 200)


async def _live_with_queue(receive: Receive, send: Send) -> None:
    await receive()
    async with AsyncExitStack() as opened:
        _queue["enqueue"] = await opened.enter_async_context(import_module(os.environ["QUEUE"]).open_queue())
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _read_path(scope: Message) -> str:
    return str(scope["path"]).removeprefix("/")


async def _answer(send: Send, status: int, content: object = None) -> None:
    body = json.dumps(content).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
