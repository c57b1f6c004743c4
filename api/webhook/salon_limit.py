"""Keeps a salon from taking the service from the others: a bucket of webhooks for each, refilled by the minute.

Per process and in memory: it protects this process, and a shared count would cost every webhook a round trip.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable

# A burst of this many minutes' worth is taken at once: a day of visits edited in bulk arrives within seconds.
BURST_MINUTES = 0.5
# Beyond this many salons the full buckets, which remember nothing, are forgotten.
MAX_SALONS = 10_000


class SalonTooFast(Exception):
    """Raised for a salon beyond its limit. Nothing was stored; Altegio repeats what is answered with 429."""

    def __init__(self, company_id: int) -> None:
        super().__init__(f"too many webhooks of company {company_id}, repeat later")


class SalonLimit:
    """Counts the webhooks of each salon, half a minute's worth of which may come at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` 0 means no limit."""
        self._per_second = per_minute / 60
        self._burst = max(per_minute * BURST_MINUTES, 1.0)
        self._clock = clock
        self._buckets: dict[int, tuple[float, float]] = {}

    def take(self, companies: Iterable[int | None]) -> None:
        """Takes one from its bucket for each; for all or for none. Raises SalonTooFast.

        A list longer than a whole bucket passes when the bucket is full, else it never would.
        """
        if not self._per_second:
            return
        now = self._clock()
        wanted = Counter(company for company in companies if company is not None)
        left = {company: self._fill(company, now) - min(count, self._burst) for company, count in wanted.items()}
        for company, tokens in left.items():
            if tokens < 0:
                raise SalonTooFast(company)
        self._buckets.update((company, (tokens, now)) for company, tokens in left.items())
        if len(self._buckets) > MAX_SALONS:
            self._forget_full(now)

    def _fill(self, company: int, now: float) -> float:
        tokens, at = self._buckets.get(company, (self._burst, now))
        return min(self._burst, tokens + (now - at) * self._per_second)

    def _forget_full(self, now: float) -> None:
        self._buckets = {key: kept for key, kept in self._buckets.items() if self._fill(key, now) < self._burst}
