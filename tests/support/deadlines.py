"""A limit for every test, by tier. A test that hangs fails with the line it hung at, and its logs are shown."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

SECONDS = {"unit": 300.0, "integration": 120.0, "acceptance": 240.0, "browser": 240.0}


class DeadlineExceeded(BaseException):
    """Not an Exception, so that no `except Exception` in the code under test swallows it."""


def find_deadline(item: pytest.Item) -> float:
    """`@pytest.mark.deadline(seconds)`, else the limit of the test's tier."""
    mark = item.get_closest_marker("deadline")
    if mark is not None:
        return float(mark.args[0])
    return next((seconds for tier, seconds in SECONDS.items() if item.get_closest_marker(tier)), SECONDS["unit"])


@contextmanager
def enforce(seconds: float) -> Iterator[None]:
    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        raise DeadlineExceeded(f"took longer than {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
