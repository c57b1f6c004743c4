"""Lists the rounds: what is done again and again, how often, and in which hours. No input or output."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.clock import ALMATY
from shared.config import Settings
from shared.queue import CATCH_UP, CHECK_BOOKS, CHECK_LICENCES, DISPATCH, EMPTY_OLD_ROWS, SWEEP, WATCH, WATCH_SHIFTS

# A look is made when its time has come; the tick only has to notice.
LONGEST_TICK_SECONDS = 60.0
SWEEP_TICK_SECONDS = 60.0
# A shift may be closed half a minute late.
SHIFT_TICK_SECONDS = 30.0
# Since a busy cashbox is asked at the next look; each is asked once a day.
LICENCE_TICK_SECONDS = 3600.0
# So old what a page says of the books may be.
BOOKS_TICK_SECONDS = 300.0
# A turn is bounded, so that nothing else of the night waits for it; three hours hold 36 of them.
RETENTION_TICK_SECONDS, RETENTION_HOURS = 300.0, range(2, 5)


@dataclass(frozen=True, slots=True)
class Round:
    """Describes a round by the name of its task. `hours`: of the day in Almaty, in which alone it is done."""

    name: str
    seconds: float
    hours: range = range(24)

    @property
    def late_seconds(self) -> float:
        """Returns after how long without it somebody else than beat has to see to it."""
        return self.seconds + max(self.seconds, 10.0)

    def is_in_time(self, now: datetime) -> bool:
        """Says whether it may be done at that moment."""
        return now.astimezone(ALMATY).hour in self.hours


def list_rounds(settings: Settings) -> Sequence[Round]:
    """Returns all rounds of the service."""
    return (
        Round(DISPATCH, settings.dispatch_interval_seconds),
        Round(SWEEP, SWEEP_TICK_SECONDS),
        Round(CATCH_UP, min(settings.reconcile_interval_seconds, LONGEST_TICK_SECONDS)),
        Round(WATCH, settings.alert_interval_seconds),
        Round(CHECK_LICENCES, LICENCE_TICK_SECONDS),
        Round(CHECK_BOOKS, BOOKS_TICK_SECONDS),
        Round(EMPTY_OLD_ROWS, RETENTION_TICK_SECONDS, RETENTION_HOURS),
        Round(WATCH_SHIFTS, SHIFT_TICK_SECONDS),
    )
