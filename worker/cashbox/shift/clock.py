"""Says when a shift is closed, and when it is worrying that it is not. Pure.

Webkassa takes nothing on a shift that is 24 hours old, counted from its first document (code 11).
"""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from shared.clock import ALMATY

# A shift that began just after the time of closing would be nearly 24 hours old at the next: it is closed before.
CLOSE_AT_AGE = timedelta(hours=21, minutes=30)
OLD_AT_AGE = timedelta(hours=22)
# A closing that does not succeed for so long is a person's business.
PATIENCE = timedelta(hours=2)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(minutes=15)


def read_close_time(text: str) -> time:
    """Reads a time of day such as `23:50`. Raises ValueError."""
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 -- a time of day of the salon's clock


def read_moment(seconds: Decimal | float) -> datetime:
    """Reads seconds since 1970. Raises ValueError, OverflowError for a time that no clock shows."""
    return datetime.fromtimestamp(float(seconds), UTC)


def find_close_moment(opened_at: datetime, close_at: time) -> datetime:
    """Returns the first `close_at` of Almaty's clock after the shift was opened, but before the shift gets old."""
    opened = opened_at.astimezone(ALMATY)
    moment = datetime.combine(opened.date(), close_at, tzinfo=ALMATY)
    if moment <= opened:
        moment += timedelta(days=1)
    return min(moment, opened + CLOSE_AT_AGE)


def choose_pause(failures: int) -> timedelta:
    """Returns how long to wait before the next try, after so many that failed: doubled each time, at most 15 minutes."""
    return min(_FIRST_PAUSE * (1 << min(failures, 8)), _LONGEST_PAUSE)
