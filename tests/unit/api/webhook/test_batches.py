"""What waits for the writer is bounded: in requests, and in the bytes they hold."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from api.webhook.envelopes import Arrival
from api.webhook.store import batches as inbox
from api.webhook.store.batches import Inbox, InboxFull, Waiting
from shared.fiscal.statuses import RecordState
from tests.support.apart import run_apart


def run(work: Coroutine[Any, Any, None]) -> None:
    run_apart(asyncio.wait_for(work, 10))


def wait_with(*sizes: int, since: float = 0.0) -> Waiting:
    arrivals = [Arrival(str(place), RecordState.RECEIVED, "stored", body=b"x" * size) for place, size in enumerate(sizes)]
    return Waiting(arrivals, "request", since, asyncio.get_running_loop().create_future())


def test_no_more_bytes_than_may_be_held() -> None:
    async def check() -> None:
        box, half = Inbox(), inbox.MAX_WAITING_BYTES // 2
        box.put(wait_with(half))
        box.put(wait_with(half))
        with pytest.raises(InboxFull):
            box.put(wait_with(1))
        assert len(await box.take(1)) == 1
        box.put(wait_with(half))

    run(check())


def test_no_more_requests_than_may_be_held() -> None:
    async def check() -> None:
        box = Inbox()
        for _ in range(inbox.MAX_WAITING):
            box.put(wait_with(1))
        with pytest.raises(InboxFull):
            box.put(wait_with(1))

    run(check())


def test_a_batch_is_what_there_is_up_to_its_rows() -> None:
    async def check() -> None:
        box = Inbox()
        requests = [wait_with(1, 1) for _ in range(3)]
        for request in requests:
            box.put(request)
        assert await box.take(3) == requests[:2]
        assert await box.take(3) == requests[2:]

    run(check())


def test_a_closed_inbox_gives_out_what_is_left_then_nothing() -> None:
    async def check() -> None:
        box = Inbox()
        box.put(wait_with(1))
        box.close()
        assert len(await box.take(10)) == 1
        assert await box.take(10) == []
        with pytest.raises(InboxFull):
            box.put(wait_with(1))

    run(check())


def test_taking_waits_for_a_request() -> None:
    async def check() -> None:
        box = Inbox()
        taker = asyncio.create_task(box.take(10))
        await asyncio.sleep(0)
        assert not taker.done()
        request = wait_with(1)
        box.put(request)
        assert await taker == [request]

    run(check())


def test_those_who_waited_too_long_are_given_up_and_make_room() -> None:
    async def check() -> None:
        box = Inbox()
        old, young = wait_with(inbox.MAX_WAITING_BYTES, since=1.0), wait_with(0, since=3.0)
        box.put(old)
        box.put(young)
        box.fail_older(2.0, TimeoutError("too late"))
        with pytest.raises(TimeoutError):
            await old.future
        box.put(wait_with(inbox.MAX_WAITING_BYTES))
        assert (await box.take(1)) == [young]

    run(check())
