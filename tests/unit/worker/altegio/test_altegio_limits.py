"""Limits of one process alone: what is left when Redis is away. How workers share them is in the integration tests."""

import time

import pytest
from fakeredis import FakeServer, FakeStrictRedis

from worker.altegio.errors import AltegioUnavailable
from worker.altegio.limits import ASSUMED_PROCESSES, WINDOWS, RateLimiter, Window


def alone(*windows: Window) -> RateLimiter:
    server = FakeServer()
    server.connected = False
    return RateLimiter(FakeStrictRedis(server=server), "api.alteg.io", windows)


# Windows that no machine is slow enough to leave.
HOUR, HALF = 3600, 1800


def count(limiter: RateLimiter, *, background: bool = False) -> int:
    """How many calls may go now."""
    for taken in range(1000):
        try:
            limiter.acquire(background=background, patience=0)
        except AltegioUnavailable:
            return taken
    raise AssertionError("there is no limit")


def test_the_limits_are_altegios_with_a_margin() -> None:
    second, minute = WINDOWS
    assert (second.calls, minute.calls) < (5, 200)
    assert second.seconds > 1
    assert minute.seconds > 60
    assert (second.background, minute.background) == (second.calls // 2, minute.calls // 2)


def test_a_process_keeps_to_its_share() -> None:
    assert count(alone(Window(200, HOUR, background=100))) == 200 // ASSUMED_PROCESSES


def test_a_share_is_never_nothing() -> None:
    assert count(alone(Window(2, HOUR, background=1))) == 1
    assert count(alone(Window(2, HOUR, background=1)), background=True) == 1


def test_who_is_refused_learns_when_to_come_back() -> None:
    limiter = alone(Window(ASSUMED_PROCESSES, 60, background=1))
    began_at = time.monotonic()
    limiter.acquire()
    with pytest.raises(AltegioUnavailable) as caught:
        limiter.acquire(patience=3)
    assert caught.value.retry_after is not None
    assert 60 - (time.monotonic() - began_at) <= caught.value.retry_after <= 60


def test_every_window_counts() -> None:
    assert count(alone(Window(80, HOUR, background=40), Window(40, HALF, background=20))) == 10


def test_background_calls_leave_half() -> None:
    limiter = alone(Window(80, HOUR, background=40))
    assert count(limiter, background=True) == 10
    assert count(limiter) == 10
    assert count(limiter, background=True) == 0


def test_who_is_patient_is_let_through() -> None:
    limiter = alone(Window(ASSUMED_PROCESSES, 0.2, background=1))
    started = time.monotonic()
    for _ in range(3):
        limiter.acquire(patience=5)
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize(("asked", "granted"), [(25.0, 25), (None, 10), (86400.0, 60)])
def test_a_pause_stops_everybody_but_not_for_ever(asked: float | None, granted: float) -> None:
    limiter = alone(Window(80, 60, background=40))
    began_at = time.monotonic()
    limiter.pause(asked)
    with pytest.raises(AltegioUnavailable) as caught:
        limiter.acquire(patience=0)
    assert caught.value.retry_after is not None
    assert granted - (time.monotonic() - began_at) <= caught.value.retry_after <= granted


def test_no_pause() -> None:
    limiter = alone(Window(80, 60, background=40))
    limiter.pause(0)
    limiter.acquire(patience=0)
