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
    assert count(alone(Window(200, 60, background=100))) == 200 // ASSUMED_PROCESSES


def test_a_share_is_never_nothing() -> None:
    assert count(alone(Window(2, 60, background=1))) == 1
    assert count(alone(Window(2, 60, background=1)), background=True) == 1


def test_who_is_refused_learns_when_to_come_back() -> None:
    limiter = alone(Window(ASSUMED_PROCESSES, 60, background=1))
    limiter.acquire()
    with pytest.raises(AltegioUnavailable) as caught:
        limiter.acquire(patience=3)
    assert caught.value.retry_after is not None
    assert 50 < caught.value.retry_after <= 60


def test_every_window_counts() -> None:
    assert count(alone(Window(80, 60, background=40), Window(40, 30, background=20))) == 10


def test_background_calls_leave_half() -> None:
    limiter = alone(Window(80, 60, background=40))
    assert count(limiter, background=True) == 10
    assert count(limiter) == 10
    assert count(limiter, background=True) == 0


def test_who_is_patient_is_let_through() -> None:
    limiter = alone(Window(ASSUMED_PROCESSES, 0.2, background=1))
    started = time.monotonic()
    for _ in range(3):
        limiter.acquire(patience=5)
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize(("asked", "lowest", "highest"), [(5.0, 4, 5), (None, 9, 10), (86400.0, 59, 60)])
def test_a_pause_stops_everybody_but_not_for_ever(asked: float | None, lowest: float, highest: float) -> None:
    limiter = alone(Window(80, 60, background=40))
    limiter.pause(asked)
    with pytest.raises(AltegioUnavailable) as caught:
        limiter.acquire(patience=0)
    assert caught.value.retry_after is not None
    assert lowest < caught.value.retry_after <= highest


def test_no_pause() -> None:
    limiter = alone(Window(80, 60, background=40))
    limiter.pause(0)
    limiter.acquire(patience=0)
