"""Calls pause when Webkassa is away; one probe at a time finds out when it is back."""

import time

import pytest
from fakeredis import FakeServer, FakeStrictRedis

from worker.webkassa.breaker import FAILURES_TO_OPEN, PROBE_EVERY_SECONDS, Breaker


@pytest.fixture
def redis_server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def redis(redis_server: FakeServer) -> FakeStrictRedis:
    return FakeStrictRedis(server=redis_server)


@pytest.fixture
def breaker(redis: FakeStrictRedis) -> Breaker:
    return Breaker(redis, "w.test")


def fail(breaker: Breaker, times: int) -> list[bool]:
    return [breaker.record_failure() for _ in range(times)]


def test_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    assert fail(breaker, FAILURES_TO_OPEN) == [False] * (FAILURES_TO_OPEN - 1) + [True]
    assert breaker.is_open()


def test_a_success_between_starts_the_count_anew(breaker: Breaker) -> None:
    fail(breaker, FAILURES_TO_OPEN - 1)
    breaker.record_success()
    assert not any(fail(breaker, FAILURES_TO_OPEN - 1))
    assert not breaker.is_open()


def test_closed_lets_everybody_through(breaker: Breaker) -> None:
    assert all(breaker.allows_call() for _ in range(20))


def test_open_lets_one_probe_through_per_interval(breaker: Breaker, redis: FakeStrictRedis) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    assert [breaker.allows_call() for _ in range(5)] == [True, False, False, False, False]
    (probe,) = redis.keys("*probe*")
    assert 0 < redis.pttl(probe) <= PROBE_EVERY_SECONDS * 1000
    redis.delete(probe)
    assert [breaker.allows_call(), breaker.allows_call()] == [True, False]


def test_a_failed_probe_keeps_it_open(breaker: Breaker) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    assert breaker.allows_call()
    assert breaker.record_failure()
    assert breaker.is_open()


def test_the_first_success_opens_the_way_for_all(breaker: Breaker) -> None:
    fail(breaker, FAILURES_TO_OPEN + 3)
    breaker.record_success()
    assert not breaker.is_open()
    assert all(breaker.allows_call() for _ in range(5))


def test_all_workers_share_it_and_hosts_do_not(breaker: Breaker, redis: FakeStrictRedis) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    assert Breaker(redis, "w.test").is_open()
    assert not Breaker(redis, "other.test").is_open()


def test_a_success_has_nothing_to_reset_after_a_clean_look(breaker: Breaker, redis: FakeStrictRedis) -> None:
    other = Breaker(redis, "w.test")
    assert breaker.allows_call()
    fail(other, FAILURES_TO_OPEN)
    breaker.record_success()
    assert other.is_open()
    assert breaker.is_open()
    breaker.record_success()
    assert not other.is_open()


def test_a_clean_look_is_soon_out_of_date(breaker: Breaker, redis: FakeStrictRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    assert breaker.allows_call()
    fail(Breaker(redis, "w.test"), FAILURES_TO_OPEN)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    breaker.record_success()
    assert not breaker.is_open()


def test_it_forgets_itself_when_nobody_asks(breaker: Breaker, redis: FakeStrictRedis) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    breaker.allows_call()
    assert all(redis.ttl(key) > 0 for key in redis.keys("*"))


def test_without_redis_calls_go_on(breaker: Breaker, redis_server: FakeServer) -> None:
    fail(breaker, FAILURES_TO_OPEN)
    redis_server.connected = False
    assert not breaker.is_open()
    assert breaker.allows_call()
    assert not breaker.record_failure()
    breaker.record_success()
