"""Limits a call as a whole, however busily bytes trickle in; says whose call is overdue, and who may make none."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# When the call of a thread has to be over; threads without one are not in it.
_ends: dict[int, float] = {}
# What says whether a thread may still send; threads without one may.
_leashes: dict[int, Callable[[], bool]] = {}


class Endless(TimeoutError):
    """Raised where a call would go on past its limits."""


class OffTheLeash(OSError):
    """Raised instead of a call by a thread that may send nothing any more."""


@contextmanager
def keep_on_leash(may_send: Callable[[], bool]) -> Iterator[None]:
    """Lets this thread send only what `may_send` allows; it is asked right before each request leaves."""
    thread = threading.get_ident()
    _leashes[thread] = may_send
    try:
        yield
    finally:
        del _leashes[thread]


def check_leash() -> None:
    """Raises OffTheLeash where this thread may send nothing any more."""
    may_send = _leashes.get(threading.get_ident())
    if may_send is not None and not may_send():
        raise OffTheLeash("not sent: the lease of the cashbox has ended")


class Deadline:
    """The end of one call, in as many seconds as it was made with."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def cap(self, seconds: float) -> float:
        """Returns how long one step may wait: `seconds` at most, and never past the end. Raises Endless at the end."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise Endless("the call does not end")
        return min(seconds, left)


@contextmanager
def call_at_work(seconds: float) -> Iterator[Deadline]:
    """Yields the deadline of a call of this thread, for `is_overdue` to see meanwhile."""
    deadline, thread = Deadline(seconds), threading.get_ident()
    _ends[thread] = deadline.at
    try:
        yield deadline
    finally:
        del _ends[thread]


def is_overdue(thread: int) -> bool:
    """Says whether a call of that thread should have ended by now: the look-up of a name cannot be interrupted."""
    return time.monotonic() > _ends.get(thread, math.inf)
