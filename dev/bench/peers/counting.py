"""What a run says: rates between two moments, the time to recover, what was lost and what was done twice. Pure."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

# Of the rate before a fault: whoever is back at it has recovered.
RECOVERED = 0.95
_STEP = 0.25


@dataclass
class Samples:
    """How many were done at which moments, in the order of time."""

    moments: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def add(self, moment: float, count: int) -> None:
        self.moments.append(moment)
        self.counts.append(count)

    @property
    def last(self) -> int:
        return self.counts[-1] if self.counts else 0

    def count_at(self, moment: float) -> float:
        """Between two samples in proportion to the time; before the first and after the last as then."""
        place = bisect_right(self.moments, moment)
        if place in {0, len(self.moments)}:
            return float(self.counts[min(place, len(self.moments) - 1)]) if self.counts else 0.0
        earlier, later = self.moments[place - 1], self.moments[place]
        known, more = self.counts[place - 1], self.counts[place] - self.counts[place - 1]
        return known + more * (moment - earlier) / (later - earlier)

    def rate(self, begin: float, end: float) -> float:
        """Done in a second."""
        return (self.count_at(end) - self.count_at(begin)) / (end - begin)


def find_recovery(samples: Samples, removed: float, end: float, before: float) -> float | None:
    """Seconds from the removal of a fault to the first second at `RECOVERED` of the rate before; None: not until `end`."""
    seconds = 0.0
    while removed + seconds + 1 <= end:
        if samples.rate(removed + seconds, removed + seconds + 1) >= RECOVERED * before:
            return seconds
        seconds += _STEP
    return None


def count_lost(accepted: Collection[int], done: Iterable[int]) -> int:
    """Those that were taken and never done."""
    return len(set(accepted).difference(done))


def count_doubled(numbers: range, done: Iterable[int]) -> int:
    """Those of the numbers that were done more than once, accepted or not."""
    return sum(times > 1 for number, times in Counter(done).items() if number in numbers)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Of one fault on one system. Rates are a second; `recovery` and `drained` in seconds, None: not in the time given."""

    fault: str
    system: str
    before: float
    after: float
    recovery: float | None
    drained: float | None
    accepted: int
    refused: int
    lost: int
    doubled: int

    @property
    def ratio(self) -> float:
        return self.after / self.before if self.before else 0.0

    def holds(self, least: float) -> bool:
        return self.ratio >= least and not self.lost and not self.doubled


def find_faulty(outcomes: Sequence[Outcome], system: str, least: float) -> list[Outcome]:
    """Those of a system in which it lost or doubled something, or kept less than `least` of its rate."""
    return [outcome for outcome in outcomes if outcome.system == system and not outcome.holds(least)]
