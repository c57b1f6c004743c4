"""What waits for the writer is bounded: in requests, and in the bytes they hold."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from api.webhook import inbox
from api.webhook.envelopes import Arrival
from api.webhook.inbox import Inbox, InboxFull, Waiting
from shared.statuses import RecordState


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def wait_with(loop: asyncio.AbstractEventLoop, *sizes: int) -> Waiting:
    arrivals = [Arrival(str(place), RecordState.RECEIVED, "stored", body="x" * size) for place, size in enumerate(sizes)]
    return Waiting(arrivals, "request", loop, loop.create_future())


def test_no_more_bytes_than_may_be_held(loop: asyncio.AbstractEventLoop) -> None:
    box = Inbox()
    half = inbox.MAX_WAITING_BYTES // 2
    box.put(wait_with(loop, half))
    box.put(wait_with(loop, half))
    with pytest.raises(InboxFull):
        box.put(wait_with(loop, 1))
    assert len(box.take(1)) == 1
    box.put(wait_with(loop, half))


def test_no_more_requests_than_may_be_held(loop: asyncio.AbstractEventLoop) -> None:
    box = Inbox()
    for _ in range(inbox.MAX_WAITING):
        box.put(wait_with(loop, 1))
    with pytest.raises(InboxFull):
        box.put(wait_with(loop, 1))


def test_a_batch_is_what_there_is_up_to_its_rows(loop: asyncio.AbstractEventLoop) -> None:
    box = Inbox()
    requests = [wait_with(loop, 1, 1) for _ in range(3)]
    for request in requests:
        box.put(request)
    assert box.take(3) == requests[:2]
    assert box.take(3) == requests[2:]


def test_a_closed_inbox_gives_out_what_is_left_then_nothing(loop: asyncio.AbstractEventLoop) -> None:
    box = Inbox()
    box.put(wait_with(loop, 1))
    box.close()
    assert len(box.take(10)) == 1
    assert box.take(10) == []
    with pytest.raises(InboxFull):
        box.put(wait_with(loop, 1))


def test_taking_waits_for_a_request(loop: asyncio.AbstractEventLoop) -> None:
    box, taken = Inbox(), []
    taker = threading.Thread(target=lambda: taken.extend(box.take(10)))
    taker.start()
    request = wait_with(loop, 1)
    box.put(request)
    taker.join(10)
    assert taken == [request]
