"""The group writer: many requests, few commits, and an answer only after one's own commit."""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from api.webhook.envelopes import Arrival, read_arrivals
from api.webhook.writer import GroupWriter, Stored, StoreUnavailable
from dev.demo.postgres_server import Postgres
from dev.demo.waiting import wait_until
from tests.support.bridge import Bridge
from tests.support.payloads import visit


def arrive(record_id: int) -> Arrival:
    return read_arrivals(json.dumps(visit(record_id)).encode())[0][0]


def store_all(writer: GroupWriter, arrivals: Sequence[Arrival]) -> list[Stored | BaseException]:
    """Each as a request of its own, all at once."""

    async def run() -> list[Stored | BaseException]:
        calls = [writer.store([arrival], f"request-{number}") for number, arrival in enumerate(arrivals)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        return [answer if isinstance(answer, BaseException) else answer[0] for answer in answers]

    return asyncio.run(run())


def count_rows(bridge: Bridge) -> int:
    return int(bridge.scalar("SELECT count(*) FROM webhook_records"))


def test_concurrent_requests_share_commits(bridge: Bridge) -> None:
    with bridge.open_writer() as writer:
        stored = store_all(writer, [arrive(number) for number in range(1, 201)])
    assert all(isinstance(item, Stored) and item.is_new for item in stored)
    assert count_rows(bridge) == 200
    # xmin is the transaction that wrote a row.
    assert bridge.scalar("SELECT count(DISTINCT xmin::text) FROM webhook_records") <= 10


def test_every_request_gets_its_own_row_and_number(bridge: Bridge) -> None:
    published: list[int] = []
    with bridge.open_writer(published) as writer:
        stored = store_all(writer, [arrive(number) for number in range(1, 51)])
    assert [bridge.row(item.row_id).resource_id for item in stored if isinstance(item, Stored)] == list(range(1, 51))
    assert bridge.row(1).request_id.startswith("request-")
    assert sorted(published) == list(range(1, 51))


def test_a_row_the_database_refuses_does_not_take_its_neighbours_along(bridge: Bridge) -> None:
    arrivals = [arrive(number) for number in range(1, 6)]
    # The ingress lets nothing like it through: a text no column of PostgreSQL can hold.
    arrivals[2] = replace(arrivals[2], body='"\\u0000"')
    with bridge.open_writer() as writer:
        stored = store_all(writer, arrivals)
    assert [item.state for item in stored if isinstance(item, Stored)] == [
        "received",
        "received",
        "invalid",
        "received",
        "received",
    ]
    assert bridge.scalar("SELECT raw_body FROM webhook_records WHERE state = 'invalid'").tobytes() == b'"\\u0000"'


def test_a_redelivery_is_told_the_first_row_and_not_published(bridge: Bridge) -> None:
    published: list[int] = []
    with bridge.open_writer(published) as writer:
        first = store_all(writer, [arrive(1)])[0]
        again = store_all(writer, [arrive(1), arrive(2)])
    assert isinstance(first, Stored)
    assert again[0] == Stored(first.row_id, "received", is_new=False)
    assert len(published) == 2


def test_twenty_at_once_are_one_row(bridge: Bridge) -> None:
    with bridge.open_writer() as writer:
        stored = store_all(writer, [arrive(1)] * 20)
    assert {item.row_id for item in stored if isinstance(item, Stored)} == {bridge.rows()[0].id}
    assert count_rows(bridge) == 1


def test_without_the_database_nothing_is_promised_and_it_recovers(bridge: Bridge, migrated_postgres: Postgres) -> None:
    with bridge.open_writer() as writer:
        assert isinstance(store_all(writer, [arrive(1)])[0], Stored)
        migrated_postgres.stop()
        try:
            down = store_all(writer, [arrive(number) for number in range(2, 12)])
        finally:
            migrated_postgres.start()
        assert all(isinstance(answer, StoreUnavailable) for answer in down)
        again = wait_until(
            lambda: [s for s in store_all(writer, [arrive(2)]) if isinstance(s, Stored)],
            timeout=15,
            what="the writer to recover",
        )
    assert bridge.row(again[0].row_id).resource_id == 2
    assert count_rows(bridge) == 2


def test_a_stalled_database_is_an_answer_in_time_not_a_silence(bridge: Bridge) -> None:
    """The table is locked by somebody: requests that waited long enough are told to repeat."""
    locked, release = threading.Event(), threading.Event()

    def hold_lock() -> None:
        with bridge.services.sessions.begin() as session:
            session.execute(text("LOCK TABLE webhook_records IN ACCESS EXCLUSIVE MODE"))
            locked.set()
            release.wait(30)

    holder = threading.Thread(target=hold_lock)
    with bridge.open_writer() as writer:
        holder.start()
        assert locked.wait(10)
        try:
            answer = store_all(writer, [arrive(1)])[0]
        finally:
            release.set()
            holder.join()
        assert isinstance(answer, StoreUnavailable)
        assert isinstance(store_all(writer, [arrive(2)])[0], Stored)


def test_a_duplicate_in_the_same_list_is_called_one(bridge: Bridge) -> None:
    reply = bridge.accept([visit(1), visit(1)])
    assert [item["message"] for item in reply.body["results"]] == ["stored", "duplicate of a stored delivery"]


@pytest.mark.parametrize("size", [1, 1000])
def test_one_request_may_carry_many(bridge: Bridge, size: int) -> None:
    reply = bridge.accept([visit(number) for number in range(1, size + 1)])
    assert reply.accepted
    assert [item["record_id"] for item in reply.body["results"]] == [row.id for row in bridge.rows()]
