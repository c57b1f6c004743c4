"""A Redis that refuses, fills up or is gone ends no process and stops no receipt."""

from collections.abc import Callable, Iterator

import pytest
import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from dev.demo.redis_server import Redis
from dev.demo.waiting import wait_until
from dev.harness.refusals import REFUSALS, refuse, relent
from tests.support.payloads import visit
from tests.support.stack import Stack

VISITS = 10
# With the workers away; more than fit into what is left of Redis.
BURST = 150


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, poolclass=NullPool)
    yield engine
    engine.dispose()


def count_issued(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM receipts WHERE state = 'issued'")) or 0)


@pytest.mark.deadline(240)
def test_receipts_go_out_while_it_refuses(stack: Callable[..., Stack], redis_server: Redis, engine: Engine) -> None:
    service = stack(workers=2)
    posted = 0
    for trouble in (*REFUSALS, "gone"):
        redis_server.kill() if trouble == "gone" else refuse(redis_server, trouble)
        try:
            for _ in range(VISITS):
                posted += 1
                assert service.post(visit(posted)).status_code == 200
            service.wait_for(lambda wanted=posted: count_issued(engine) == wanted, 40, f"receipts while it is {trouble}")
        finally:
            redis_server.start() if trouble == "gone" else relent(redis_server)
    assert [child.name for child in service.children.values() if child.has_died] == []


@pytest.mark.deadline(120)
def test_a_backlog_that_fills_it_is_issued_without_a_hand(
    stack: Callable[..., Stack], redis_server: Redis, redis_url: str, engine: Engine
) -> None:
    service = stack(workers=0, beat=False)
    for number in range(1, BURST + 1):
        assert service.post(visit(number)).status_code == 200
    with redis.Redis.from_url(redis_url) as client:
        wait_until(lambda: client.llen("records") == BURST, timeout=30, what="their messages")
        client.config_set("maxmemory", int(client.info("memory")["used_memory"]) // 2)
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            client.set("one more", "x")
    try:
        worker = service.add_worker("worker")
        # It cannot say that it is ready: it may not take a message yet.
        worker.spawn()
        service.wait_for(lambda: count_issued(engine) == BURST, 90, "all receipts")
        assert not worker.has_died
    finally:
        relent(redis_server)
