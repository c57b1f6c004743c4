"""Keeps Altegio's limits, 200 requests a minute and 5 a second of one address, for all workers together through Redis.

A sliding log: a call may go when as many as the limit are older than its second, and than its minute. It admits no
more than the limit in any second or minute wherever that begins; a bucket of tokens would, when full, let twice as many
through, and how Altegio counts is unknown. One Lua script looks and takes, by the clock of Redis, so workers cannot overtake
one another. Without Redis every process keeps to its share. The limits are those of Altegio's API documentation.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.redis_keys import PREFIX
from worker.altegio.errors import AltegioUnavailable

log = get_logger(__name__)

PATIENCE_SECONDS = 3.0
# The share of one process when they cannot count together.
ASSUMED_PROCESSES = 4
# A 429 that does not say for how long, and the longest a 429 may hold everybody up.
PAUSE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Window:
    """Allows at most `calls` in any `seconds`; of them at most `background` for what no webhook waits for."""

    calls: int
    seconds: float
    background: int

    def share(self, processes: int) -> "Window":
        """Returns the window of one of so many processes that cannot count together."""
        return Window(max(self.calls // processes, 1), self.seconds, max(self.background // processes, 1))


# Somewhat less in somewhat longer than Altegio's: calls that left evenly may arrive closer together.
WINDOWS = (Window(4, 1.1, background=2), Window(190, 61.0, background=95))

# KEYS: all calls, the background's, the pause. ARGV: 1 for a background call, the longest pause, then calls, background and
# milliseconds of each window. Answers the milliseconds to wait, 0 when the call is taken. A clock that was set back leaves
# entries of the future: those say nothing, and a longer pause than ours is nobody's.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait = math.max(redis.call('PTTL', KEYS[3]), 0)
if wait > tonumber(ARGV[2]) then wait = 0 end
local longest, most = 0, 0
local function look(key, calls, span)
  local then_ = tonumber(redis.call('LINDEX', key, calls - 1) or nil)
  if then_ and then_ <= now then wait = math.max(wait, then_ + span - now) end
end
for i = 3, #ARGV, 3 do
  local calls, background, span = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  look(KEYS[1], calls, span)
  if ARGV[1] == '1' then look(KEYS[2], background, span) end
  longest, most = math.max(longest, span), math.max(most, calls)
end
if wait > 0 then return math.ceil(wait) end
for i = 1, ARGV[1] == '1' and 2 or 1 do
  redis.call('LPUSH', KEYS[i], now)
  redis.call('LTRIM', KEYS[i], 0, most - 1)
  redis.call('PEXPIRE', KEYS[i], longest)
end
return 0
"""


class RateLimiter:
    """Lets a call go when its turn has come. Safe to share between threads.

    `host` is counted for, since Altegio's test and production sites count apart.
    """

    def __init__(self, redis: Redis, host: str, windows: Sequence[Window] = WINDOWS) -> None:
        self._redis = redis
        self._keys = [f"{PREFIX}altegio:calls:{host}:{name}" for name in ("all", "background", "pause")]
        self._arguments = [
            math.ceil(LONGEST_PAUSE_SECONDS * 1000),
            *(part for window in windows for part in _describe(window)),
        ]
        self._take = redis.register_script(_TAKE)
        self._own = _OwnCalls([window.share(ASSUMED_PROCESSES) for window in windows])

    def acquire(self, *, background: bool = False, patience: float = PATIENCE_SECONDS) -> None:
        """Returns when the caller may call. Raises AltegioUnavailable when that is further than `patience` seconds away."""
        deadline = time.monotonic() + patience
        while (wait := self._reserve(background)) > 0:
            if time.monotonic() + wait > deadline:
                raise AltegioUnavailable("our own limit of calls to Altegio is reached", retry_after=wait)
            time.sleep(wait)

    def pause(self, seconds: float | None) -> None:
        """Keeps everybody from calling for a while: Altegio said 429, so somebody else shares its limit with us."""
        pause = min(PAUSE_SECONDS if seconds is None else seconds, LONGEST_PAUSE_SECONDS)
        if pause <= 0:
            return
        self._own.pause(pause)
        try:
            self._redis.set(self._keys[2], "1", px=math.ceil(pause * 1000))
        except (RedisError, OSError) as error:
            log.warning("other workers are not told to pause: redis is away", error=type(error).__name__)

    def _reserve(self, background: bool) -> float:
        """Seconds to wait, or 0 when the call was taken."""
        try:
            wait = int(self._take(keys=self._keys, args=[int(background), *self._arguments]))
        except (RedisError, OSError) as error:
            log.warning("calls to altegio are counted by this process alone: redis is away", error=type(error).__name__)
            return self._own.reserve(background)
        if wait == 0:
            self._own.note(background)
        return wait / 1000


class _OwnCalls:
    """The same log in memory, kept up all the time: Redis may go away in the middle of a busy minute."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = windows
        most = max(window.calls for window in windows)
        self._all: deque[float] = deque(maxlen=most)
        self._background: deque[float] = deque(maxlen=most)
        self._paused_until = 0.0
        self._lock = threading.Lock()

    def reserve(self, background: bool) -> float:
        with self._lock:
            now = time.monotonic()
            wait = max(self._find_wait(now, background), self._paused_until - now, 0.0)
            if wait == 0:
                self._note(now, background)
            return wait

    def note(self, background: bool) -> None:
        with self._lock:
            self._note(time.monotonic(), background)

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._paused_until = time.monotonic() + seconds

    def _note(self, now: float, background: bool) -> None:
        self._all.append(now)
        if background:
            self._background.append(now)

    def _find_wait(self, now: float, background: bool) -> float:
        waits = [_wait_for(self._all, window.calls, window.seconds, now) for window in self._windows]
        if background:
            waits += [_wait_for(self._background, window.background, window.seconds, now) for window in self._windows]
        return max(waits)


def _wait_for(calls: deque[float], limit: int, seconds: float, now: float) -> float:
    return calls[-limit] + seconds - now if len(calls) >= limit else 0.0


def _describe(window: Window) -> tuple[int, int, int]:
    return window.calls, window.background, math.ceil(window.seconds * 1000)
