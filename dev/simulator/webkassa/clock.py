"""A clock that tests can move: 24 hours of a shift pass in one call."""

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time until it is set, advanced or given another rate."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def now(self) -> datetime:
        with self._lock:
            return self._now()

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._anchor(self._now() + timedelta(seconds=seconds), self._rate)

    def set(self, moment: datetime) -> None:
        with self._lock:
            self._anchor(moment, self._rate)

    def set_rate(self, rate: float) -> None:
        """How many simulated seconds pass in a real one, from now on."""
        with self._lock:
            self._anchor(self._now(), rate)

    def reset(self) -> None:
        self._anchor(datetime.now(UTC), 1.0)

    def _now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._started) * self._rate)

    def _anchor(self, moment: datetime, rate: float) -> None:
        self._start, self._started, self._rate = moment, time.monotonic(), rate
