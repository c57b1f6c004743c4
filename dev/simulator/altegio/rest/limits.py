"""200 calls a minute and 5 a second from one address; what is over that is refused and counted."""

import threading
from collections import defaultdict, deque


class Limiter:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._admitted: defaultdict[str, deque[float]] = defaultdict(deque)
        self.refused = 0

    def admits(self, address: str, now: float, per_second: int, per_minute: int) -> bool:
        """A refused call does not count against those that follow. `now` in seconds of a clock that never goes back."""
        with self._lock:
            calls = self._admitted[address]
            while calls and calls[0] <= now - 60:
                calls.popleft()
            recent = sum(at > now - 1 for at in calls)
            if (per_second and recent >= per_second) or (per_minute and len(calls) >= per_minute):
                self.refused += 1
                return False
            calls.append(now)
            return True

    def clear(self) -> None:
        with self._lock:
            self._admitted.clear()
            self.refused = 0
