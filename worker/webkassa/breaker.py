"""A circuit breaker for Webkassa's host, shared by all workers through Redis.

After a few failures in a row nobody calls any more, except one probe every few seconds; the first sign of life of any
register opens the way for all. What waits meanwhile rests in the database and has spent nothing. Without Redis the breaker
stays closed: calls fail one by one and back off, which is slower but right.

A register that fails alone has a breaker of its own, in `worker.cashbox.failures`: a row of failures of one register opens
nothing here while another was heard of within a minute, and probes go round, so that a sick one does not take them all.

A call costs one question before it, and a success none: only where the last look saw failures is there anything to reset.
That a register was heard of is written down twice a minute.
"""

import time
from collections.abc import Sequence

from redis import Redis
from redis.exceptions import RedisError

from shared.logging import get_logger
from shared.redis_keys import PREFIX, breaker_open_key

log = get_logger(__name__)

FAILURES_TO_OPEN = 5
PROBE_EVERY_SECONDS = 5
# So long a register that was heard of speaks for the host against another that fails.
HEARD_SECONDS = 60.0
# A register that has not asked for so long does not hold up the round of probes.
ASKED_SECONDS = 3.0 * PROBE_EVERY_SECONDS
_TELL_EVERY_SECONDS = 30.0
_FAILURE_WINDOW_SECONDS = 120
# An open breaker that nobody probes any more forgets itself.
_OPEN_SECONDS = 900
# For a success that comes later than this after a look, other workers may have counted failures meanwhile.
_LOOK_SECONDS = 45.0


class Breaker:
    """Registers are named by their row ids. Times are Redis's own, since the clocks of workers may differ."""

    def __init__(self, redis: Redis, host: str) -> None:
        self._redis = redis
        self._open = breaker_open_key(host)
        name = f"{PREFIX}webkassa:breaker:{host}"
        self._failures, self._failing, self._heard = f"{name}:failures", f"{name}:failing", f"{name}:heard"
        self._probe, self._asked, self._probed = f"{name}:probe", f"{name}:asked", f"{name}:probed"
        self._clean_until = 0.0
        self._told_until: dict[int, float] = {}

    def is_open(self) -> bool:
        try:
            return self._look()
        except (RedisError, OSError):
            return False

    def allows_call(self, register: int) -> bool:
        """Whether to call now; while open, True for one register per probe interval, by turns."""
        try:
            return not self._look() or self._takes_probe(register)
        except (RedisError, OSError):
            return True

    def choose_prober(self, registers: Sequence[int]) -> int | None:
        """Returns the register whose last probe is longest ago, the first of several; None of none."""
        try:
            probed = self._read_times(self._probed)
        except (RedisError, OSError):
            probed = {}
        return min(registers, key=lambda register: probed.get(register, 0.0), default=None)

    def record_success(self, register: int) -> None:
        """Notes that the register answered: a success, or whatever else it says itself."""
        now = time.monotonic()
        is_clean, is_told = now < self._clean_until, now < self._told_until.get(register, 0.0)
        try:
            if not is_clean:
                self._reset()
            if not is_told:
                self._redis.zadd(self._heard, {str(register): self._now()})
                self._redis.expire(self._heard, int(HEARD_SECONDS))
                self._told_until[register] = now + _TELL_EVERY_SECONDS
        except (RedisError, OSError):
            return

    def _reset(self) -> None:
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.delete(self._open)
            pipeline.delete(self._failures, self._failing)
            was_open, _ = pipeline.execute()
        if was_open:
            log.info("webkassa is back")

    def record_failure(self, register: int) -> bool:
        """Counts a failure that may be the host's, and says whether the breaker is open now."""
        self._clean_until = 0.0
        try:
            return self._count_failure(register)
        except (RedisError, OSError):
            return False

    def _look(self) -> bool:
        """Whether it is open; remembers whether there is anything that a success would reset."""
        is_open, failures = self._redis.mget(self._open, self._failures)
        self._clean_until = 0.0 if is_open or failures else time.monotonic() + _LOOK_SECONDS
        return bool(is_open)

    def _count_failure(self, register: int) -> bool:
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.exists(self._open)
            pipeline.incr(self._failures)
            pipeline.expire(self._failures, _FAILURE_WINDOW_SECONDS)
            pipeline.sadd(self._failing, register)
            pipeline.expire(self._failing, _FAILURE_WINDOW_SECONDS)
            pipeline.scard(self._failing)
            is_open, failures, _, _, _, failing = pipeline.execute()
        if not is_open and (failures < FAILURES_TO_OPEN or (failing == 1 and self._is_another_heard(register))):
            return False
        if self._redis.set(self._open, "1", nx=True, ex=_OPEN_SECONDS):
            log.error("webkassa does not answer: calls are paused, one probe at a time", failures=failures)
        self._redis.expire(self._open, _OPEN_SECONDS)
        return True

    def _is_another_heard(self, register: int) -> bool:
        since = self._now() - HEARD_SECONDS
        return any(at > since for other, at in self._read_times(self._heard).items() if other != register)

    def _takes_probe(self, register: int) -> bool:
        """Of the registers that asked lately, the one whose last probe is longest ago."""
        now = self._now()
        self._redis.zadd(self._asked, {str(register): now})
        self._redis.expire(self._asked, _OPEN_SECONDS)
        asked, probed = self._read_times(self._asked), self._read_times(self._probed)
        waiting = [other for other, at in asked.items() if now - ASKED_SECONDS < at <= now]
        is_its_turn = all(probed.get(register, 0.0) <= probed.get(other, 0.0) for other in waiting)
        if not is_its_turn or not self._redis.set(self._probe, "1", nx=True, ex=PROBE_EVERY_SECONDS):
            self._end_what_lasts()
            return False
        self._redis.zadd(self._probed, {str(register): now})
        self._redis.expire(self._probed, _OPEN_SECONDS)
        return True

    def _end_what_lasts(self) -> None:
        """A probe of ours ends by itself; whoever planted one without an end, or times to come, would stop all calls."""
        if not 0 <= self._redis.ttl(self._probe) <= PROBE_EVERY_SECONDS:
            self._redis.delete(self._probe)
        self._redis.zremrangebyscore(self._probed, f"({self._now() + PROBE_EVERY_SECONDS}", "+inf")

    def _read_times(self, key: str) -> dict[int, float]:
        times: list[tuple[bytes, float]] = self._redis.zrange(key, 0, -1, withscores=True)  # type: ignore[assignment]
        return {int(register): at for register, at in times}

    def _now(self) -> float:
        seconds, microseconds = self._redis.time()
        return float(seconds) + microseconds / 1e6
