"""Puts the list of visits together for the place somebody is at: a day by its parts or in one state, or what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.visits.day import Cursor, DayRows, list_day, list_filtered
from api.acquire.visits.found import find_visits
from api.acquire.visits.list_place import ListPlace
from api.acquire.visits.queries import PAGE_SIZE
from api.acquire.visits.search import Search, read_search
from api.acquire.visits.states import FILTER_LABELS, LABELS, UNDER_WAY, Filter, Section, VisitState
from api.acquire.words.advice import explain, explain_return_due
from api.acquire.words.text import Text
from shared.clock import almaty_date, utc_now
from shared.fiscal.money import ZERO
from shared.storage.models.desk.visit import Attendance

# So many of those who have to pay now stand in sight, the latest of them; who waits longer is folded beneath.
NOW_SHOWN = 6
_MOST_SKIPPED = 3000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NORMAL = (VisitState.AWAITING, VisitState.ISSUED)


@dataclass(frozen=True, slots=True)
class VisitLine:
    """Describes a visit in the list. `phone_tail` is what staff compares with what the client says.

    `badge` is None where nothing is out of the ordinary.
    """

    id: int
    record_id: int
    visit_at: datetime
    day: date
    name: str
    phone_tail: str
    title: str
    specialist: str
    total: Decimal | None
    state: VisitState
    badge: Text | None
    is_moving: bool
    is_offline: bool
    has_come: bool
    why: Text | None


@dataclass(frozen=True, slots=True)
class Chip:
    """Describes a filter; `count` is None where it is not counted."""

    state: Filter
    label: Text
    count: int | None


@dataclass(frozen=True, slots=True)
class VisitList:
    """Holds what the list shows. `sections` is None where it is one list of `lines`; `after` continues that."""

    place: ListPlace
    today: date
    now: datetime
    chips: list[Chip]
    sections: dict[Section, list[VisitLine]] | None
    counts: dict[Section, int]
    lines: list[VisitLine]
    after: str | None
    is_first: bool

    @property
    def now_lines(self) -> list[VisitLine]:
        """Returns who has to pay now, the latest few, oldest first."""
        return self.sections[Section.NOW][-NOW_SHOWN:] if self.sections else []

    @property
    def earlier_lines(self) -> list[VisitLine]:
        """Returns who has waited longer than those."""
        return self.sections[Section.NOW][:-NOW_SHOWN] if self.sections else []


def show_list(session: Session, salons: Salons, place: ListPlace, after: str = "") -> VisitList:
    """Returns the list at a place, from the cursor `after` on where it has pages."""
    now = utc_now()
    today = almaty_date(now)
    # What is searched for is of all days, and no day is counted.
    day = DayRows() if place.words else list_day(session, salons, place.shown_day, now)
    rows, following = _list_rows(session, salons, place, today, after)
    is_whole_day = place.chosen is Filter.ALL and not place.words
    return VisitList(
        place=place,
        today=today,
        now=now,
        chips=_show_chips(day),
        sections={part: [_show_line(row) for row in rows_of] for part, rows_of in day.rows.items()}
        if is_whole_day
        else None,
        counts=day.counts,
        lines=[_show_line(row) for row in rows],
        after=following,
        is_first=not after,
    )


def find_only_one(session: Session, salons: Salons, place: ListPlace) -> int | None:
    """Returns the one visit that fits the words; None where there are more, or none."""
    search = read_search(place.words)
    found = find_visits(session, salons, search, almaty_date(utc_now())) if search else ()
    return int(found[0].id) if len(found) == 1 else None


def _list_rows(
    session: Session, salons: Salons, place: ListPlace, today: date, after: str
) -> tuple[Sequence[Any], str | None]:
    """The rows of one page, and the cursor of the next."""
    if place.words:
        return _list_found(session, salons, read_search(place.words), today, after)
    if place.chosen is Filter.ALL:
        return (), None
    rows = list_filtered(session, salons, place.shown_day, place.chosen, read_cursor(after))
    return rows[:PAGE_SIZE], write_cursor(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else None


def _list_found(
    session: Session, salons: Salons, search: Search | None, today: date, after: str
) -> tuple[Sequence[Any], str | None]:
    if search is None:
        return (), None
    skip = min(int(after), _MOST_SKIPPED) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    rows = find_visits(session, salons, search, today, skip)
    return rows[:PAGE_SIZE], str(skip + PAGE_SIZE) if len(rows) > PAGE_SIZE else None


def _show_chips(day: DayRows) -> list[Chip]:
    counts = {
        Filter.AWAITING: day.counts[Section.NOW] + day.counts[Section.LATER],
        Filter.UNDER_WAY: day.under_way,
        Filter.TASKS: day.tasks,
        Filter.DONE: day.counts[Section.DONE],
    }
    return [Chip(state, label, counts.get(state)) for state, label in FILTER_LABELS.items()]


def _show_line(row: Any) -> VisitLine:
    state = VisitState(row.state)
    return VisitLine(
        id=row.id,
        record_id=row.record_id,
        visit_at=row.visit_at,
        day=row.day,
        name=row.client_name or "",
        phone_tail=(row.client_phone or "")[-4:],
        title=row.title,
        specialist=row.specialist or "",
        total=row.total,
        state=state,
        badge=_find_badge(state, row),
        is_moving=state in UNDER_WAY,
        is_offline=bool(row.offline_mode) and state in (VisitState.ISSUED, VisitState.RETURN_DUE),
        has_come=row.attendance == Attendance.CAME,
        why=_find_why(state, row),
    )


def _find_badge(state: VisitState, row: Any) -> Text | None:
    if is_free(state, row.total):
        return Text("Free, no receipt needed")
    if state is VisitState.AWAITING and row.attendance == Attendance.ABSENT:
        return Text("Did not come")
    return None if state in _NORMAL else LABELS[state]


def is_free(state: VisitState, total: Decimal | None) -> bool:
    """Says whether nothing has to be paid for a visit, so that no receipt is needed."""
    return state in (VisitState.AWAITING, VisitState.NOT_NEEDED) and total == ZERO


def _find_why(state: VisitState, row: Any) -> Text | None:
    if state is VisitState.ATTENTION:
        return explain(row.error_code).what
    return explain_return_due(row.return_due_reason) if state is VisitState.RETURN_DUE else None


def write_cursor(row: Any) -> str:
    """Returns the cursor of a row as text, exact to the microsecond: a rounded time would skip or repeat visits."""
    return f"{(row.visit_at - _EPOCH) // _MICROSECOND}.{row.id}"


def read_cursor(typed: str) -> Cursor | None:
    """Reads what `write_cursor` wrote; None for anything else."""
    try:
        moment, row_id = (int(part) for part in typed[:60].split("."))
        if not 0 < row_id < 2**63:
            return None
        return Cursor(_EPOCH + moment * _MICROSECOND, row_id)
    except (ValueError, OverflowError):
        return None
