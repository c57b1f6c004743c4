"""Reads a day as the desk works through it: who has to pay now, what is under way, who comes later, what is done.

One statement: each part is cut to what a screen holds, and says how many it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    and_,
    case,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from api.acquire.access.salons import Salons
from api.acquire.visits.queries import PAGE_SIZE, is_return_due, select_visits, state_of_visit
from api.acquire.visits.states import NEEDS_PERSON, UNDER_WAY, Filter, Section, VisitState
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, RecordState
from shared.storage.models import Receipt, Visit, WebhookRecord
from shared.storage.models.desk.visit import Attendance

# Of those under way, and of those that need a person.
BUSY_SHOWN = 5
_FOLDED_SHOWN = 30

# Not a free visit, and not one whose client did not come.
_HAS_TO_PAY = and_(
    Visit.is_open,
    func.coalesce(Visit.attendance, 0) != Attendance.ABSENT,
    or_(Visit.total.is_(None), Visit.total > ZERO),
)
_STATES = {
    Filter.AWAITING: (VisitState.AWAITING,),
    Filter.UNDER_WAY: UNDER_WAY,
    Filter.TASKS: NEEDS_PERSON,
    Filter.DONE: (VisitState.ISSUED, VisitState.RETURNED, VisitState.NOT_NEEDED, VisitState.AWAITING),
    Filter.DELETED: (VisitState.DELETED,),
}
# Made once: an alias made anew is looked through column by column, which takes longer than the database does for a day.
_visit, _other_visit, _delivery, _receipt = aliased(Visit), aliased(Visit), aliased(WebhookRecord), aliased(Receipt)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Names the last visit of a page: the next one starts behind it."""

    visit_at: datetime
    id: int


@dataclass(slots=True)
class DayRows:
    """Holds the rows of each part of a day with how many the part has, and how many are under way or need a person."""

    rows: dict[Section, list[Any]] = field(default_factory=lambda: {section: [] for section in Section})
    counts: dict[Section, int] = field(default_factory=lambda: dict.fromkeys(Section, 0))
    under_way: int = 0
    tasks: int = 0


def list_day(session: Session, salons: Salons, day: date, now: datetime) -> DayRows:
    """Returns a day by its parts, each oldest first but what is done. Deleted visits are in none of them."""
    is_there = and_(Visit.day == day, salons.allow(Visit.company_id))
    busy = _find_busy(is_there, day)
    is_idle = and_(is_there, ~Visit.is_deleted, Visit.id.not_in(select(busy.c.id)))
    has_begun = or_(Visit.visit_at <= now, func.coalesce(Visit.attendance, 0) == Attendance.CAME)
    parts = (
        select(busy.c.id, literal_column(f"'{Section.BUSY}'").label("section"), busy.c.count).where(
            busy.c.place <= BUSY_SHOWN
        ),
        _cut(Section.NOW, and_(is_idle, _HAS_TO_PAY, has_begun), Visit.visit_at.desc()),
        _cut(Section.LATER, and_(is_idle, _HAS_TO_PAY, not_(has_begun)), Visit.visit_at),
        _cut(Section.DONE, and_(is_idle, not_(_HAS_TO_PAY)), Visit.visit_at.desc()),
    )
    chosen = union_all(*parts).cte("chosen")
    query = select_visits(chosen.c.section, chosen.c.count).join(chosen, chosen.c.id == Visit.id)
    return _sort(session.execute(query.order_by(Visit.visit_at, Visit.id)).all())


def _cut(section: Section, condition: ColumnElement[bool], order: Any) -> Any:
    cut = (
        select(Visit.id, func.count().over().label("count"))
        .where(condition)
        .order_by(order, Visit.id)
        .limit(_FOLDED_SHOWN)
        .cte(section.value)
    )
    return select(cut.c.id, literal_column(f"'{section}'").label("section"), cut.c.count)


def _find_busy(is_there: ColumnElement[bool], day: date) -> CTE:
    """With the count of its kind, and its place among them."""
    found = (
        select_visits()
        .with_only_columns(Visit.id, Visit.visit_at, state_of_visit.label("state"))
        .where(is_there, Visit.id.in_(union(_dead_lettered(day), _return_due(day), _under_way(day))))
        .cte("found")
    )
    is_task = case((found.c.state.in_(NEEDS_PERSON), 1), else_=0)
    return (
        select(
            found.c.id,
            func.count().over(partition_by=is_task).label("count"),
            func.row_number().over(partition_by=is_task, order_by=(found.c.visit_at.desc(), found.c.id)).label("place"),
        )
        .where(found.c.state.in_((*NEEDS_PERSON, *UNDER_WAY)))
        .cte("busy")
    )


def _sort(rows: Sequence[Any]) -> DayRows:
    told = DayRows()
    for row in rows:
        section = Section(row.section)
        told.rows[section].append(row)
        if section is not Section.BUSY:
            told.counts[section] = row.count
        elif row.state in NEEDS_PERSON:
            told.tasks = row.count
        else:
            told.under_way = row.count
    told.counts[Section.BUSY] = told.tasks + told.under_way
    told.rows[Section.DONE].reverse()
    return told


def list_filtered(session: Session, salons: Salons, day: date, chosen: Filter, after: Cursor | None = None) -> Sequence[Any]:
    """Returns up to PAGE_SIZE + 1 rows of a day in a state: the surplus one says that there is another page.

    Who has to pay comes oldest first, the others latest first.
    """
    query = select_visits().where(Visit.day == day, salons.allow(Visit.company_id))
    query = query.where(state_of_visit.in_(_STATES[chosen]), *_narrow(chosen, day))
    is_ascending = chosen is Filter.AWAITING
    place = tuple_(Visit.visit_at, Visit.id)
    if after is not None:
        behind = tuple_(literal(after.visit_at), literal(after.id))
        query = query.where(place > behind if is_ascending else place < behind)
    order = (Visit.visit_at, Visit.id) if is_ascending else (Visit.visit_at.desc(), Visit.id.desc())
    return session.execute(query.order_by(*order).limit(PAGE_SIZE + 1)).all()


def _narrow(chosen: Filter, day: date) -> tuple[ColumnElement[bool], ...]:
    """What follows from the state anyway, said so that rare states are found by an index instead of by reading a day."""
    match chosen:
        case Filter.AWAITING:
            return (_HAS_TO_PAY,)
        case Filter.DONE:
            return (not_(_HAS_TO_PAY), ~Visit.is_deleted)
        case Filter.DELETED:
            return (Visit.id.in_(select(_visit.id).where(_visit.day == day, _visit.is_deleted)),)
        case Filter.TASKS:
            return (Visit.id.in_(union(_dead_lettered(day), _return_due(day))),)
        case Filter.UNDER_WAY:
            return (Visit.id.in_(_under_way(day)),)
    return ()


def _dead_lettered(day: date) -> Any:
    return (
        select(_visit.id)
        .join(_delivery, _delivery.id == _visit.delivery_id)
        .where(_delivery.state == RecordState.DEAD_LETTERED, _visit.day == day)
    )


def _return_due(day: date) -> Any:
    # One look-up a receipt: joined freely, all visits ever stored would be read for the few that have one due.
    of_receipt = (
        select(_visit.id)
        .where(_visit.company_id == Receipt.company_id, _visit.record_id == Receipt.record_id, _visit.day == day)
        .limit(1)
        .lateral("of_receipt")
    )
    return select(of_receipt.c.id).select_from(Receipt).join(of_receipt, literal_column("true")).where(is_return_due())


def _under_way(day: date) -> Any:
    # A delivery that has a receipt is found through the receipt: only without one does the index of open rows hold it.
    undecided = (
        select(_visit.id)
        .join(_delivery, _delivery.id == _visit.delivery_id)
        .where(_delivery.state.in_(OPEN_RECORD_STATES), _delivery.receipt_id.is_(None), _visit.day == day)
    )
    unissued = (
        select(_other_visit.id)
        .join(_receipt, and_(_receipt.company_id == _other_visit.company_id, _receipt.record_id == _other_visit.record_id))
        .where(_receipt.state.in_(OPEN_RECEIPT_STATES), _other_visit.day == day)
    )
    return union(undecided, unissued)
