"""Without a broker nothing is lost and nothing waits long: what messages would bring comes from the tables."""

import time
from collections.abc import Callable, Iterator

import pytest
from redis.exceptions import RedisError

from api.webhook.store.publisher import Publisher
from dev.demo.redis_server import Redis
from dev.demo.waiting import wait_until
from dev.harness.refusals import REFUSALS, refuse, relent
from dev.harness.simulator import SimulatorControl
from shared.local_work import Item
from shared.queue import ISSUE_RECEIPTS, MOST_PUBLISHED, PROCESS_RECORD, RECORDS
from shared.redis_client import REST_SECONDS, open_redis
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.decide.process_record import process_record
from worker.issue.issue_due import issue_due
from worker.rounds.alone.standin import Standin
from worker.rounds.rescue import follow_up

VISITS = 12
LOOKS = 3


def work_of(bridge: Bridge) -> Callable[[Item], None]:
    """What the tasks of these names do."""

    def decide(row_id: int) -> None:
        resolution = process_record(bridge.services, row_id)
        if resolution is not None:
            follow_up(bridge.services.sessions, bridge.services.producer, row_id, resolution)
            if resolution.cashbox_id is not None:
                issue_due(bridge.services, resolution.cashbox_id)

    tasks = {PROCESS_RECORD: decide, ISSUE_RECEIPTS: lambda cashbox_id: issue_due(bridge.services, cashbox_id)}
    return lambda item: tasks[item.name](*item.args) if item.name in tasks else None


@pytest.fixture
def standin(bridge: Bridge) -> Iterator[Standin]:
    standin = Standin(bridge.services, work_of(bridge), lambda: True, patience=0.5)
    standin.start()
    yield standin
    standin.stop()


@pytest.mark.parametrize("trouble", [*REFUSALS, "gone"])
def test_receipts_are_issued_meanwhile(
    bridge: Bridge, standin: Standin, redis_server: Redis, simulator: SimulatorControl, trouble: str
) -> None:
    redis_server.kill() if trouble == "gone" else refuse(redis_server, trouble)
    try:
        wait_until(lambda: standin.is_alone, timeout=20, what="the stand-in")
        bridge.accept([visit(number) for number in range(1, VISITS + 1)])
        wait_until(lambda: len(simulator.receipts()) == VISITS, timeout=30, what="the receipts")
    finally:
        redis_server.start() if trouble == "gone" else relent(redis_server)
    wait_until(lambda: not standin.is_alone, timeout=20, what="the broker to be used again")
    wait_until(lambda: {row.state for row in bridge.rows()} == {"processed"}, timeout=20, what="the deliveries")


def test_while_the_broker_is_well_messages_are_left_to_it(bridge: Bridge) -> None:
    bridge.accept(visit(1))
    bridge.execute("UPDATE webhook_records SET next_attempt_at = now()")
    looks: list[bool] = []

    def look() -> bool:
        looks.append(True)
        return True

    standin = Standin(bridge.services, work_of(bridge), look, patience=0.5)
    standin.start()
    try:
        wait_until(lambda: len(looks) >= LOOKS, timeout=60, what="the broker to be looked at again and again")
        assert not standin.is_alone
    finally:
        standin.stop()
    assert bridge.row().state == "received"


def test_a_worker_that_takes_no_messages_stands_in_too(bridge: Bridge, simulator: SimulatorControl) -> None:
    standin = Standin(bridge.services, work_of(bridge), lambda: False, patience=0.5)
    standin.start()
    try:
        bridge.accept(visit(1))
        wait_until(simulator.receipts, timeout=30, what="the receipt")
    finally:
        standin.stop()


def test_the_api_publishes_no_more_than_the_queue_can_use(bridge: Bridge) -> None:
    publisher = Publisher(bridge.services.producer)
    publisher.start()
    publisher.publish([(number, "-") for number in range(2 * MOST_PUBLISHED)])
    publisher.stop()
    assert MOST_PUBLISHED <= len(bridge.messages(RECORDS)) < MOST_PUBLISHED + 500


def test_a_silent_redis_is_asked_once_and_left_alone(redis_url: str, redis_server: Redis) -> None:
    with open_redis(redis_url, timeout=0.5) as client:
        client.ping()
        redis_server.pause()
        try:
            assert [_fails(client.ping), _fails(lambda: client.pipeline().get("x").execute())] == [True, True]
            started = time.monotonic()
            assert all(_fails(client.ping) for _ in range(100))
            # Asked each time, they would wait for 50 s.
            assert time.monotonic() - started < 25
        finally:
            redis_server.resume()
        wait_until(lambda: not _fails(client.ping), timeout=REST_SECONDS + 20, what="Redis to be asked again")


def _fails(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except RedisError:
        return True
    return False
