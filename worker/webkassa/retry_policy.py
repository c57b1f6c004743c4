"""After a failed call: again soon, again without counting it, or never again. Pure.

Backoff has full jitter, so that a salon chain does not knock in step when Webkassa comes back, and is never shorter than
what Webkassa asked for. An attempt is counted only where the fault may be this receipt's own: what the service or the way to
it fails at is limited by time alone, and what the register refuses by nothing at all, since its cashbox is paused meanwhile.

A receipt that may exist is a question: whatever is wrong with the asking, time alone ends it.
"""

import random
from dataclasses import dataclass
from datetime import timedelta

from worker.webkassa.errors import Blame, WebkassaError

RETRY_AFTER_CAP_SECONDS = 600.0
SNOOZE_SECONDS = {"CashboxBusy": 3.0, "TooManyRequests": 5.0}
DEFAULT_SNOOZE_SECONDS = 15.0
# Past every budget what may exist stays a question, for as long as its shift is likely to be among those that can be asked.
ASK_AGAIN_SECONDS = 3600.0
ASK_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to go on: `max_attempts` counted ones, and never past `max_age`."""

    max_attempts: int
    max_age: timedelta
    base_seconds: float
    cap_seconds: float


@dataclass(frozen=True, slots=True)
class RetryIn:
    """Again, and it counts."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Snooze:
    """Again, and it does not count."""

    seconds: float


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A person is needed."""

    reason: str


RetryDecision = RetryIn | Snooze | DeadLetter


def decide_retry(
    error: WebkassaError,
    used: int,
    age: timedelta,
    budget: Budget,
    *,
    attempts: int,
    is_outage: bool,
    may_exist: bool,
    rng: random.Random,
) -> RetryDecision:
    """Says what a failed call leads to. `attempts` were made, `used` of them were counted before this one.

    `is_outage`: Webkassa fails for everybody just now. `may_exist`: the document may have been registered.
    """
    if error.blame is Blame.RECEIPT and not may_exist:
        return DeadLetter(str(error))
    if error.blame is Blame.REGISTER:
        return Snooze(0.0)
    if age >= budget.max_age:
        is_question = may_exist and age < budget.max_age + ASK_FOR
        return Snooze(ASK_AGAIN_SECONDS) if is_question else DeadLetter(f"gave up after {_hours(age)}: {error}")
    if error.blame is Blame.MOMENT or is_outage:
        return Snooze(_at_least(_snooze_seconds(error, rng), error))
    if error.blame is Blame.SERVICE:
        return Snooze(_at_least(backoff_seconds(max(attempts - 1, 0), budget, rng), error))
    if may_exist:
        return Snooze(_at_least(_snooze_seconds(error, rng), error))
    if used + 1 >= budget.max_attempts:
        return DeadLetter(f"gave up after {used + 1} attempts: {error}")
    return RetryIn(_at_least(backoff_seconds(used, budget, rng), error))


def backoff_seconds(used: int, budget: Budget, rng: random.Random) -> float:
    ceiling = min(budget.cap_seconds, budget.base_seconds * 2.0 ** min(used, 32))
    return rng.uniform(0, ceiling)


def _snooze_seconds(error: WebkassaError, rng: random.Random) -> float:
    base = SNOOZE_SECONDS.get(type(error).__name__, DEFAULT_SNOOZE_SECONDS)
    return rng.uniform(base / 2, base)


def _at_least(seconds: float, error: WebkassaError) -> float:
    return max(seconds, min(error.retry_after or 0.0, RETRY_AFTER_CAP_SECONDS))


def _hours(age: timedelta) -> str:
    return f"{age.total_seconds() / 3600:.1f} h"
