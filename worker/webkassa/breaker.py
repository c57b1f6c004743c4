"""A circuit breaker for Webkassa, shared by all workers through Redis.

After a few failures in a row nobody calls any more, except one probe every few seconds; the first success opens the way for
all. What waits meanwhile rests in the database and has spent nothing. Without Redis the breaker stays closed: calls fail
one by one and back off, which is slower but right.

A call costs one question before it, and a success none: only where the last look saw failures is there anything to reset.
"""

import time

from redis import Redis
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.redis_keys import breaker_open_key

log = get_logger(__name__)

FAILURES_TO_OPEN = 5
PROBE_EVERY_SECONDS = 5
_FAILURE_WINDOW_SECONDS = 120
# An open breaker that nobody probes any more forgets itself.
_OPEN_SECONDS = 900
# For a success that comes later than this after a look, other workers may have counted failures meanwhile.
_LOOK_SECONDS = 45.0


class Breaker:
    def __init__(self, redis: Redis, host: str) -> None:
        self._redis = redis
        self._failures = f"webkassa:breaker:{host}:failures"
        self._open = breaker_open_key(host)
        self._probe = f"webkassa:breaker:{host}:probe"
        self._clean_until = 0.0

    def is_open(self) -> bool:
        try:
            return self._look()
        except (RedisError, OSError):
            return False

    def allows_call(self) -> bool:
        """Whether to call now; while open, True for one caller per probe interval."""
        try:
            return not self._look() or bool(self._redis.set(self._probe, "1", nx=True, ex=PROBE_EVERY_SECONDS))
        except (RedisError, OSError):
            return True

    def _look(self) -> bool:
        """Whether it is open; remembers whether there is anything that a success would reset."""
        is_open, failures = self._redis.mget(self._open, self._failures)
        self._clean_until = 0.0 if is_open or failures else time.monotonic() + _LOOK_SECONDS
        return bool(is_open)

    def record_success(self) -> None:
        if time.monotonic() < self._clean_until:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.delete(self._open)
                pipeline.delete(self._failures)
                was_open, _ = pipeline.execute()
            if was_open:
                log.info("webkassa is back")
        except (RedisError, OSError):
            return

    def record_failure(self) -> bool:
        """Counts a failure that is Webkassa's, and says whether the breaker is open now."""
        self._clean_until = 0.0
        try:
            failures = int(self._redis.incr(self._failures))
            self._redis.expire(self._failures, _FAILURE_WINDOW_SECONDS)
            if failures < FAILURES_TO_OPEN:
                return False
            if self._redis.set(self._open, "1", nx=True, ex=_OPEN_SECONDS):
                log.error("webkassa does not answer: calls are paused, one probe at a time", failures=failures)
            self._redis.expire(self._open, _OPEN_SECONDS)
            return True
        except (RedisError, OSError):
            return False
