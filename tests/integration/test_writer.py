"""The group writer: many requests, few commits, and an answer only after one's own commit."""

import asyncio
import json
import threading
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from api.webhook.envelopes import Arrival, read_arrivals
from api.webhook.store.batch_writer import StoreUnavailable
from api.webhook.store.batches import Stored
from api.webhook.store.connection import Link
from dev.demo.postgres_server import Postgres
from dev.demo.waiting import wait_until
from dev.harness.services import Inlet
from shared.storage.db import build_url
from tests.support.apart import run_apart
from tests.support.bridge import Bridge
from tests.support.payloads import visit


def arrive(record_id: int) -> Arrival:
    return read_arrivals(json.dumps(visit(record_id)).encode())[0][0]


def store_all(inlet: Inlet, arrivals: Sequence[Arrival]) -> list[Stored | BaseException]:
    """Each as a request of its own, all at once."""

    async def run() -> list[Stored | BaseException]:
        calls = [inlet.writer.store([arrival], f"request-{number}") for number, arrival in enumerate(arrivals)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        return [answer if isinstance(answer, BaseException) else answer[0] for answer in answers]

    return inlet.run(run())


def count_rows(bridge: Bridge) -> int:
    return int(bridge.scalar("SELECT count(*) FROM webhook_records"))


def test_concurrent_requests_share_commits(bridge: Bridge) -> None:
    with bridge.open_inlet() as inlet:
        stored = store_all(inlet, [arrive(number) for number in range(1, 201)])
    assert all(isinstance(item, Stored) and item.is_new for item in stored)
    assert count_rows(bridge) == 200
    # xmin is the transaction that wrote a row.
    assert bridge.scalar("SELECT count(DISTINCT xmin::text) FROM webhook_records") <= 10


def test_every_request_gets_its_own_row_and_number(bridge: Bridge) -> None:
    published: list[int] = []
    with bridge.open_inlet(published) as inlet:
        stored = store_all(inlet, [arrive(number) for number in range(1, 51)])
    assert [bridge.row(item.row_id).resource_id for item in stored if isinstance(item, Stored)] == list(range(1, 51))
    assert bridge.row(1).request_id.startswith("request-")
    assert sorted(published) == list(range(1, 51))


def test_a_row_the_database_refuses_does_not_take_its_neighbours_along(bridge: Bridge) -> None:
    arrivals = [arrive(number) for number in range(1, 6)]
    # The ingress lets nothing like it through: a text no column of PostgreSQL can hold.
    arrivals[2] = replace(arrivals[2], body=b'"\\u0000"')
    with bridge.open_inlet() as inlet:
        stored = store_all(inlet, arrivals)
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
    with bridge.open_inlet(published) as inlet:
        first = store_all(inlet, [arrive(1)])[0]
        again = store_all(inlet, [arrive(1), arrive(2)])
    assert isinstance(first, Stored)
    assert again[0] == Stored(first.row_id, "received", is_new=False)
    assert len(published) == 2


def test_twenty_at_once_are_one_row(bridge: Bridge) -> None:
    with bridge.open_inlet() as inlet:
        stored = store_all(inlet, [arrive(1)] * 20)
    assert {item.row_id for item in stored if isinstance(item, Stored)} == {bridge.rows()[0].id}
    assert count_rows(bridge) == 1


def test_two_links_with_the_same_rows_in_another_order_both_get_through(bridge: Bridge) -> None:
    """PostgreSQL ends one of two that wait for each other."""
    rounds = [[(arrive(start + number), "request") for number in range(300)] for start in (1000, 2000, 3000)]

    async def run() -> list[tuple[dict[str, Stored], dict[str, Stored]]]:
        first, second = (Link(build_url(bridge.services.settings)) for _ in range(2))
        try:
            await asyncio.gather(first.insert([(arrive(1), "request")]), second.insert([(arrive(2), "request")]))
            return [await asyncio.gather(first.insert(rows), second.insert(rows[::-1])) for rows in rounds]
        finally:
            first.drop()
            second.drop()

    for first, second in run_apart(run()):
        assert {key: item.row_id for key, item in first.items()} == {key: item.row_id for key, item in second.items()}
        assert all(first[key].is_new != second[key].is_new for key in first)
    assert count_rows(bridge) == 902


def test_a_connection_that_was_cut_is_replaced_unnoticed(bridge: Bridge) -> None:
    with bridge.open_inlet() as inlet:
        store_all(inlet, [arrive(1)])
        bridge.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%INSERT INTO webhook_records%'"
            " AND pid <> pg_backend_pid()"
        )
        assert isinstance(store_all(inlet, [arrive(2)])[0], Stored)
    assert count_rows(bridge) == 2


def test_a_table_that_comes_late_is_found(bridge: Bridge) -> None:
    """The api may start before the migrations have run."""
    with bridge.open_inlet() as inlet:
        bridge.execute("ALTER TABLE webhook_records RENAME TO not_yet")
        try:
            too_early = store_all(inlet, [arrive(1)])[0]
        finally:
            bridge.execute("ALTER TABLE not_yet RENAME TO webhook_records")
        assert isinstance(too_early, StoreUnavailable)
        assert isinstance(store_all(inlet, [arrive(1)])[0], Stored)


def test_without_the_database_nothing_is_promised_and_it_recovers(bridge: Bridge, migrated_postgres: Postgres) -> None:
    with bridge.open_inlet() as inlet:
        assert isinstance(store_all(inlet, [arrive(1)])[0], Stored)
        migrated_postgres.stop()
        try:
            down = store_all(inlet, [arrive(number) for number in range(2, 12)])
        finally:
            migrated_postgres.start()
        assert all(isinstance(answer, StoreUnavailable) for answer in down)
        again = wait_until(
            lambda: [s for s in store_all(inlet, [arrive(2)]) if isinstance(s, Stored)],
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
    with bridge.open_inlet(patience=0.5) as inlet:
        holder.start()
        assert locked.wait(10)
        try:
            answer = store_all(inlet, [arrive(1)])[0]
        finally:
            release.set()
            holder.join()
        assert isinstance(answer, StoreUnavailable)
        assert isinstance(store_all(inlet, [arrive(2)])[0], Stored)


def test_a_duplicate_in_the_same_list_is_called_one(bridge: Bridge) -> None:
    reply = bridge.accept([visit(1), visit(1)])
    assert [item["message"] for item in reply.body["results"]] == ["stored", "duplicate of a stored delivery"]


@pytest.mark.parametrize("size", [1, 1000])
def test_one_request_may_carry_many(bridge: Bridge, size: int) -> None:
    reply = bridge.accept([visit(number) for number in range(1, size + 1)])
    assert reply.accepted
    assert [item["record_id"] for item in reply.body["results"]] == [row.id for row in bridge.rows()]
