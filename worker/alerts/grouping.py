"""Decides which alerts to tell now, which ends, and which pass in silence. Pure.

An outage is one message and one all-clear: what it causes is not told beside it, what flickers is one lasting thing, what
comes in numbers is told together, and no kind is told of more than once within `QUIET`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.alerts.kinds import Kind, get_kind

# Of one kind, new things are told at most this often; what comes meanwhile is in the next message.
QUIET = timedelta(minutes=10)
# The same event, word for word, is news once in this time; a condition that keeps returning in it has to stay away longer.
REPETITION = timedelta(hours=6)
# After a cause has ended, its consequences get this long to end as well.
GRACE = timedelta(minutes=10)
# One end of several of a kind waits for the others this long, to be told together.
TOGETHER = timedelta(hours=1)
MAX_CALM = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Known:
    """Describes an alert that is not closed. `repetitions`: how often the same one was told within `REPETITION` before.

    `cleared_at`: when it ended, `sent_at`: when it was told last, `told_size`: how much of it was told then.
    """

    id: int
    kind: str
    is_event: bool
    raised_at: datetime
    cleared_at: datetime | None
    sent_at: datetime | None
    size: int
    told_size: int
    repetitions: int

    @property
    def is_open(self) -> bool:
        """Says whether it is a condition that still lasts."""
        return not self.is_event and self.cleared_at is None


@dataclass(frozen=True, slots=True)
class Plan:
    """Lists ids: to tell of, to tell the end of, to close without a word."""

    raised: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()


def plan(
    known: Sequence[Known], last_told: Mapping[str, datetime], last_ended: Mapping[str, datetime], now: datetime
) -> Plan:
    """Returns what to do with each of the alerts that are not closed.

    `last_told`: when a kind was told of last, as a beginning or as an event; `last_ended`: when a condition of it ended.
    """
    may_speak = {alert.kind: _is_over(last_told.get(alert.kind), QUIET, now) for alert in known}
    causes = frozenset(alert.kind for alert in known if alert.is_open) | {
        kind for kind, ended_at in last_ended.items() if not _is_over(ended_at, GRACE, now)
    }
    raised, ended, dropped = [], [], []
    for alert in known:
        kind = get_kind(alert.kind)
        if alert.is_event:
            if alert.repetitions:
                dropped.append(alert.id)
            elif may_speak[alert.kind]:
                raised.append(alert.id)
        elif alert.cleared_at is None:
            if _must_tell(alert, kind, causes, now, may_speak=may_speak[alert.kind]):
                raised.append(alert.id)
        elif _is_calm(alert, kind, now):
            if alert.sent_at is None:
                dropped.append(alert.id)
            elif not _must_wait_for_others(alert, known, now):
                ended.append(alert.id)
    return Plan(tuple(raised), tuple(ended), tuple(dropped))


def _must_tell(alert: Known, kind: Kind, causes: frozenset[str], now: datetime, *, may_speak: bool) -> bool:
    if kind.explained_by & causes:
        return False
    if alert.sent_at is None:
        return may_speak and _is_over(alert.raised_at, kind.settle, now)
    return alert.size > alert.told_size and _is_over(alert.sent_at, kind.worse_after, now)


def _is_calm(alert: Known, kind: Kind, now: datetime) -> bool:
    calm = min(kind.calm * 2 ** min(alert.repetitions, 10), MAX_CALM)
    return _is_over(alert.cleared_at, calm, now)


def _must_wait_for_others(alert: Known, known: Iterable[Known], now: datetime) -> bool:
    """While others of the kind last, or have just ended, for as long as that takes no longer than `TOGETHER`."""
    if _is_over(alert.cleared_at, TOGETHER, now):
        return False
    others = (other for other in known if other.kind == alert.kind and other.id != alert.id and other.sent_at is not None)
    return any(other.is_open or not _is_calm(other, get_kind(other.kind), now) for other in others if not other.is_event)


def _is_over(since: datetime | None, span: timedelta, now: datetime) -> bool:
    return since is None or now - since >= span
