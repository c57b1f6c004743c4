"""A limit for every test, by tier. A test that hangs fails with the line it hung at, and its logs are shown."""

import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from tests.support.plugins.tiers import find_tier

SECONDS = {"unit": 300.0, "integration": 120.0, "acceptance": 240.0, "browser": 240.0}


class DeadlineExceeded(BaseException):
    """Not an Exception, so that no `except Exception` in the code under test swallows it."""


class Deadlines:
    """Ends a fixture or a test that takes longer than it may."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        with enforce(find_deadline(item)):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        with enforce(find_deadline(item)):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        with enforce(find_deadline(item)):
            return (yield)


def find_deadline(item: pytest.Item) -> float:
    """`@pytest.mark.deadline(seconds)`, else the limit of the test's tier."""
    mark = item.get_closest_marker("deadline")
    return float(mark.args[0]) if mark is not None else SECONDS[find_tier(item.nodeid)]


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
