"""Serves the stream of changes, and the same question for browsers that cannot hold a stream. Listening is not using:
neither keeps a session alive.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Collection

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.acquire.access.guards import StaffDep
from api.acquire.live.changes import Topic
from api.acquire.live.reader import Listener, Reader, Silent, TooMany

router = APIRouter(prefix="/live")

HEARTBEAT_SECONDS = 15.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Stream(StreamingResponse):
    """Answers a listener until it leaves or is ended, and gives its place free however that comes about."""

    def __init__(self, reader: Reader, listener: Listener, since: str | None) -> None:
        super().__init__(_tell(reader, listener, since), media_type="text/event-stream", headers=_HEADERS)
        self._reader, self._listener = reader, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reader.leave(self._listener)


@router.get("")
async def stream_changes(request: Request, staff: StaffDep, since: str | None = None) -> Response:
    """Streams the topics that have news, from the place `since` or the browser's own `Last-Event-ID` on."""
    reader: Reader = request.app.state.live
    try:
        listener = reader.join(staff)
    except TooMany as error:
        return _refuse(429 if error.is_own else 503)
    return Stream(reader, listener, request.headers.get("last-event-id") or since)


@router.get("/news")
def ask_changes(request: Request, staff: StaffDep, since: str | None = None) -> Response:
    """Answers at once which topics have news since a place, as JSON."""
    try:
        place, topics = request.app.state.live.ask(staff, since)
    except Silent:
        return _refuse(503)
    return JSONResponse({"place": str(place), "topics": sorted(topics)}, headers=_HEADERS)


def _refuse(status: int) -> Response:
    return JSONResponse({"signed_in": True}, status, headers={**_HEADERS, "Retry-After": "10"})


async def _tell(reader: Reader, listener: Listener, since: str | None) -> AsyncIterator[str]:
    # Not all at once come back after a restart.
    yield f"retry: {random.randint(2000, 6000)}\n\n"  # noqa: S311 -- no secret
    try:
        place, topics = await reader.find_missed(listener.staff, since)
    except Silent:
        return
    # What it was told meanwhile is of that look, or of those before it.
    listener.take()
    yield _write(place, topics)
    while not listener.is_over:
        try:
            await asyncio.wait_for(listener.news.wait(), HEARTBEAT_SECONDS)
        except TimeoutError:
            yield _write(reader.place, ())
            continue
        # Read first: what is told later is of a later look.
        place = reader.place
        if told := listener.take():
            yield _write(place, told)
    if listener.is_signed_out:
        yield "event: over\ndata: signed out\n\n"


def _write(place: int, topics: Collection[Topic]) -> str:
    return f"id: {place}\ndata: {' '.join(sorted(topics))}\n\n"
