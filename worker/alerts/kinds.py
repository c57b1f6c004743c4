"""Names the kinds of alerts, and says how patient each is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

NO_TIME = timedelta(0)
MINUTE = timedelta(minutes=1)

DEAD_LETTER = "dead_letter"
BREAKER_OPEN = "breaker_open"
CASHBOX_PAUSED = "cashbox_paused"
LOGIN_SHARED = "login_shared"
CASHBOX_BUSY = "cashbox_busy"
OLDEST_UNISSUED = "oldest_unissued"
OPEN_TOO_LONG = "open_too_long"
LICENCE_END = "licence_end"
DISK = "disk"
BROKER = "broker"
REDIS_FULL = "redis_full"
TICKS = "ticks"
CLOCK = "clock"
STUCK = "stuck"
QUEUE = "queue"
UNKNOWN_COMPANY = "unknown_company"
DATABASE = "database"
DATABASE_FULL = "database_full"
SHIFT_OLD = "shift_old"
SHIFT_NOT_CLOSED = "shift_not_closed"
SHIFT_UNREADABLE = "shift_unreadable"
BOOKS_DIFFERENCE = "books_difference"
OFFLINE = "offline"
CASH_UNCLEAR = "cash_unclear"
AUTO_RETURN = "auto_return"
RETURN_REFUSED = "return_refused"
LOOK_BEHIND = "look_behind"
GOODS_UNCODED = "goods_uncoded"
OPEN_MONEY = "open_money"
BACKUP = "backup"
NOT_WRITTEN_BACK = "not_written_back"
NOT_BOOKED = "not_booked"
OPERATOR_DENIES = "operator_denies"


@dataclass(frozen=True, slots=True)
class Kind:
    """Says how patient a kind is.

    `settle`: how long a condition lasts before it is told; `calm`: how long it stays away before its end is told.
    `worse_after`: when a condition that grew since it was told is told again. `explained_by`: kinds of which it is a mere
    consequence; while one of them lasts nothing is said of it.
    """

    settle: timedelta = NO_TIME
    calm: timedelta = 2 * MINUTE
    worse_after: timedelta = 60 * MINUTE
    explained_by: frozenset[str] = frozenset()


_ANY = Kind()
_KINDS: Mapping[str, Kind] = {
    DEAD_LETTER: Kind(calm=MINUTE, worse_after=30 * MINUTE),
    # Webkassa restarts and networks hiccup; a minute of it is nobody's business.
    BREAKER_OPEN: Kind(settle=MINUTE),
    # Between two probes nothing is told: one pause is one alert.
    CASHBOX_PAUSED: Kind(calm=MINUTE),
    # It is counted over half an hour, and is not over because that count begins anew.
    LOGIN_SHARED: Kind(calm=30 * MINUTE),
    # An old visit that is paid today, or replayed, is decided within a minute.
    OLDEST_UNISSUED: Kind(settle=MINUTE, explained_by=frozenset({BREAKER_OPEN, CASHBOX_PAUSED, CASHBOX_BUSY, BROKER})),
    # The same of an old visit that is looked at again.
    OPEN_TOO_LONG: Kind(settle=5 * MINUTE, explained_by=frozenset({BREAKER_OPEN, BROKER})),
    LICENCE_END: Kind(calm=NO_TIME, worse_after=NO_TIME),
    # Nothing stands still for it, and a day more or less is no matter.
    GOODS_UNCODED: Kind(settle=10 * MINUTE, calm=60 * MINUTE),
    DISK: Kind(settle=MINUTE, calm=10 * MINUTE),
    BACKUP: Kind(calm=NO_TIME, worse_after=24 * 60 * MINUTE),
    BROKER: Kind(settle=MINUTE),
    # Told before it refuses, and at once when it does.
    REDIS_FULL: Kind(calm=5 * MINUTE, worse_after=NO_TIME),
    # None comes through a broker that is away.
    TICKS: Kind(settle=MINUTE, explained_by=frozenset({BROKER, REDIS_FULL})),
    # A burst of webhooks empties itself within minutes; only a queue that stays long says that workers are missing.
    QUEUE: Kind(settle=5 * MINUTE, calm=5 * MINUTE, explained_by=frozenset({BROKER})),
}


def get_kind(name: str) -> Kind:
    """Returns how patient a kind is; the default for one without a choice of its own."""
    return _KINDS.get(name, _ANY)
