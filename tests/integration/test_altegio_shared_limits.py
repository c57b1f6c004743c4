"""Altegio's limits, kept by several workers through one Redis."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from redis import Redis

from dev.demo.redis_server import Redis as RedisServer
from shared.redis_keys import PREFIX
from worker.altegio.errors import AltegioUnavailable
from worker.altegio.limits import RateLimiter, Window

HOST = "api.alteg.io"
# Windows that no machine is slow enough to leave.
HOUR, HALF = 3600, 1800

MakeLimiter = Callable[..., RateLimiter]


@pytest.fixture
def make_limiter(redis_url: str) -> Iterator[MakeLimiter]:
    """Each with a connection of its own, as every worker has."""
    with ExitStack() as stack:

        def make(*windows: Window, host: str = HOST) -> RateLimiter:
            redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
            stack.callback(redis.close)
            return RateLimiter(redis, host, windows)

        yield make


def is_let_through(limiter: RateLimiter, *, background: bool = False) -> bool:
    try:
        limiter.acquire(background=background, patience=0)
    except AltegioUnavailable:
        return False
    return True


def count(limiter: RateLimiter, *, background: bool = False) -> int:
    taken = 0
    while is_let_through(limiter, background=background):
        taken += 1
    return taken


def test_workers_side_by_side_take_no_more_than_one_limit(make_limiter: MakeLimiter) -> None:
    workers = [make_limiter(Window(50, HOUR, background=25), Window(200, HOUR, background=100)) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(is_let_through, workers * 50))
    assert sum(taken) == 50


def test_any_window_may_be_the_narrow_one(make_limiter: MakeLimiter) -> None:
    assert count(make_limiter(Window(50, HOUR, background=25), Window(20, HALF, background=10))) == 20


def test_background_leaves_half_to_what_webhooks_wait_for(make_limiter: MakeLimiter) -> None:
    reconciler, other, worker = (make_limiter(Window(20, HOUR, background=10)) for _ in range(3))
    assert count(reconciler, background=True) == 10
    assert count(other, background=True) == 0
    assert count(worker) == 10
    assert count(reconciler, background=True) == 0


def test_the_window_slides(make_limiter: MakeLimiter) -> None:
    """Two in half a second: what was taken late in one window counts in the next."""
    limiter = make_limiter(Window(2, 0.5, background=1))
    started = time.monotonic()
    limiter.acquire()
    time.sleep(0.3)
    limiter.acquire()
    second = time.monotonic()
    limiter.acquire(patience=5)
    assert time.monotonic() - started >= 0.49
    limiter.acquire(patience=5)
    assert time.monotonic() - second >= 0.45


def test_a_pause_of_one_worker_is_everybodys(make_limiter: MakeLimiter) -> None:
    first, second = (make_limiter(Window(20, 60, background=10)) for _ in range(2))
    began_at = time.monotonic()
    first.pause(30)
    with pytest.raises(AltegioUnavailable) as caught:
        second.acquire()
    assert caught.value.retry_after is not None
    # Redis counts in whole milliseconds.
    assert 30 - (time.monotonic() - began_at) - 0.002 <= caught.value.retry_after <= 30


def test_who_is_refused_learns_when_to_come_back(make_limiter: MakeLimiter) -> None:
    limiter = make_limiter(Window(3, 60, background=1), Window(9, 1, background=9))
    began_at = time.monotonic()
    for _ in range(3):
        limiter.acquire(patience=0)
    with pytest.raises(AltegioUnavailable) as caught:
        limiter.acquire(patience=3)
    assert caught.value.retry_after is not None
    assert 60 - (time.monotonic() - began_at) - 0.002 <= caught.value.retry_after <= 60


def test_hosts_are_counted_apart(make_limiter: MakeLimiter) -> None:
    assert count(make_limiter(Window(3, HOUR, background=1))) == 3
    assert count(make_limiter(Window(3, HOUR, background=1), host="test.alteg.io")) == 3


def test_a_clock_that_was_set_back_stops_nobody(make_limiter: MakeLimiter, redis_url: str) -> None:
    limiter = make_limiter(Window(3, HOUR, background=1))
    with Redis.from_url(redis_url) as redis:
        redis.lpush(f"{PREFIX}altegio:calls:{HOST}:all", *[int(time.time() * 1000) + 7_200_000] * 3)
    assert count(limiter) == 3


def test_a_pause_that_somebody_planted_in_redis_stops_nobody(make_limiter: MakeLimiter, redis_url: str) -> None:
    """None of ours is longer than a minute, and each has an end."""
    limiter = make_limiter(Window(3, HOUR, background=1))
    with Redis.from_url(redis_url) as redis:
        redis.set(f"{PREFIX}altegio:calls:{HOST}:pause", "1", ex=86_400)
        assert count(limiter) == 3


def test_nothing_is_left_behind(make_limiter: MakeLimiter, redis_url: str) -> None:
    limiter = make_limiter(Window(3, 0.02, background=3), Window(2, 0.01, background=1))
    lasting = make_limiter(Window(2, HOUR, background=1), host="test.alteg.io")
    for _ in range(9):
        limiter.acquire()
    count(lasting)
    with Redis.from_url(redis_url) as redis:
        assert redis.llen(f"{PREFIX}altegio:calls:{HOST}:all") <= 3
        assert 0 < redis.ttl(f"{PREFIX}altegio:calls:test.alteg.io:all") <= HOUR


def test_when_redis_goes_away_its_calls_still_count(make_limiter: MakeLimiter, redis_server: RedisServer) -> None:
    limiter = make_limiter(Window(40, HOUR, background=20))
    for _ in range(9):
        limiter.acquire()
    redis_server.kill()
    assert count(limiter) == 1
