"""Remembers for some minutes what changed when, so that whoever comes back hears of what they missed, from any process."""

from collections import deque
from collections.abc import Iterable

from api.acquire.access.salons import Salons
from api.acquire.live.changes import EVERYTHING, Change, Look, Topic

# In microseconds.
KEPT = 10 * 60 * 1_000_000
MAX_KEPT = 5000


def concerns(change: Change, salons: Salons) -> bool:
    """Says whether a change is for somebody of these salons."""
    return change.is_for_all or salons.include(change.company_id)


class Journal:
    """Holds changes by the database's clock, which all processes share."""

    def __init__(self) -> None:
        self._entries: deque[tuple[Look, Change]] = deque()
        # All that was committed after this look is known; None before the first.
        self._first: Look | None = None

    def begin(self, first: Look) -> None:
        """Starts from a look, with nothing known of what was before it."""
        self._entries.clear()
        self._first = first

    def add(self, look: Look, changes: Iterable[Change]) -> None:
        """Notes what a look has found; what is too old is forgotten."""
        self._entries.extend((look, change) for change in changes)
        while self._entries and (self._entries[0][0].before < look.before - KEPT or len(self._entries) > MAX_KEPT):
            self._first = self._entries.popleft()[0]

    def find_missed(self, since: int, salons: Salons) -> frozenset[Topic]:
        """Returns the topics that have changed since a look began: all of them where that is not known."""
        if self._first is None or not _has_seen(since, self._first):
            return EVERYTHING
        missed = (change for look, change in self._entries if not _has_seen(since, look) and concerns(change, salons))
        return frozenset().union(*(change.topics for change in missed))


def _has_seen(since: int, look: Look) -> bool:
    """Whether one that began at `since`, of any process, has seen all that this look has."""
    return since == look.before or since >= look.after
