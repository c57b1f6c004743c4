"""Makes, reads and moves replays of chosen deliveries; workers do them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, insert, or_, select, true, update
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.wire.feed import Filters, narrow, read_id
from shared.clock import ALMATY
from shared.fiscal.statuses import RecordState
from shared.replay import REPLAYABLE
from shared.storage.models import ReplayItem, ReplayRun, StaffUser, WebhookRecord
from shared.storage.models.wire.replay_run import RunState

MOST_ITEMS, PAGE_SIZE, MOST_RUNS = 500, 50, 30


@dataclass(frozen=True, slots=True)
class Choice:
    """Holds which deliveries are to be replayed: one, or those of a filter that arrived on certain days."""

    delivery: int | None
    filters: Filters
    since: date | None
    until: date | None

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "Choice":
        """Returns what a form asks for; without a state, what waits for a person."""
        filters = Filters.read({"state": RecordState.DEAD_LETTERED, **{k: v for k, v in form.items() if v}})
        return cls(read_id(form.get("delivery")), filters, _read_day(form.get("since")), _read_day(form.get("until")))

    @property
    def as_json(self) -> dict[str, str]:
        """Returns the choice for people to read later."""
        if self.delivery is not None:
            return {"delivery": str(self.delivery)}
        days = {"since": self.since, "until": self.until}
        return {**self.filters.as_query, **{name: day.isoformat() for name, day in days.items() if day}}

    def conditions(self, staff: Staff) -> list[ColumnElement[bool]]:
        """Returns the conditions of a delivery that is chosen and may be replayed by this person."""
        if self.delivery is not None:
            return [WebhookRecord.id == self.delivery, staff.salons.allow(WebhookRecord.company_id)]
        found = [
            *narrow(self.filters, staff.salons),
            WebhookRecord.state.in_(REPLAYABLE),
            WebhookRecord.emptied_at.is_(None),
        ]
        if self.since is not None:
            found.append(WebhookRecord.created_at >= _begin(self.since))
        if self.until is not None:
            found.append(WebhookRecord.created_at < _begin(self.until + timedelta(days=1)))
        return found


def _read_day(typed: str | None) -> date | None:
    try:
        day = date.fromisoformat(typed or "")
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), ALMATY)


def make_run(session: Session, staff: Staff, choice: Choice) -> int | None:
    """Returns a new replay of what is chosen, the oldest first, at most 500; None where there is nothing. Caller commits."""
    chosen = select(WebhookRecord.id).where(*choice.conditions(staff)).order_by(WebhookRecord.id).limit(MOST_ITEMS)
    ids = session.scalars(chosen).all()
    if not ids:
        return None
    run = ReplayRun(staff_user_id=staff.id, asked=choice.as_json)
    session.add(run)
    session.flush()
    session.execute(insert(ReplayItem), [{"run_id": run.id, "webhook_record_id": row_id} for row_id in ids])
    return run.id


def list_runs(session: Session, staff: Staff) -> Sequence[Any]:
    """Returns the newest replays that somebody may see."""
    items = select(func.count()).where(ReplayItem.run_id == ReplayRun.id).scalar_subquery()
    runs = select(ReplayRun, StaffUser.shown_name.label("who"), items.label("items"))
    runs = runs.join(StaffUser, StaffUser.id == ReplayRun.staff_user_id).where(_is_visible(staff))
    return session.execute(runs.order_by(ReplayRun.id.desc()).limit(MOST_RUNS)).all()


def _is_visible(staff: Staff) -> ColumnElement[bool]:
    """All of its deliveries have to be of the salons that somebody belongs to."""
    companies = staff.salons.companies
    if companies is None:
        return true()
    foreign = or_(WebhookRecord.company_id.is_(None), WebhookRecord.company_id.not_in(sorted(companies)))
    items = exists().where(ReplayItem.run_id == ReplayRun.id, WebhookRecord.id == ReplayItem.webhook_record_id, foreign)
    return ~items


def get_run(session: Session, staff: Staff, run_id: int) -> ReplayRun:
    """Returns a replay. Raises NotFound, also for one that somebody may not see."""
    run = session.scalar(select(ReplayRun).where(ReplayRun.id == run_id, _is_visible(staff)))
    if run is None:
        raise NotFound
    return run


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts the deliveries of a replay: all, foretold, and put back; and how many lead to what."""

    items: int
    foretold: int
    ended: int
    kinds: Mapping[str, int]


def count_progress(session: Session, run_id: int) -> Progress:
    """Returns how far a replay is."""
    kind = ReplayItem.foretold["kind"].astext
    found = session.execute(
        select(kind, func.count(), func.count(ReplayItem.outcome)).where(ReplayItem.run_id == run_id).group_by(kind)
    ).all()
    kinds = {name: count for name, count, _ in found if name is not None}
    return Progress(sum(row[1] for row in found), sum(kinds.values()), sum(row[2] for row in found), kinds)


def list_items(session: Session, staff: Staff, run_id: int, after: int | None) -> Sequence[Any]:
    """Returns deliveries of a replay beyond the id `after`, oldest first; one more than a page where there are others."""
    items = (
        select(
            ReplayItem.id,
            ReplayItem.foretold,
            ReplayItem.outcome,
            WebhookRecord.id.label("delivery"),
            WebhookRecord.created_at,
            WebhookRecord.company_id,
            WebhookRecord.resource,
            WebhookRecord.resource_id,
            WebhookRecord.document_id,
            WebhookRecord.state,
        )
        .join(WebhookRecord, WebhookRecord.id == ReplayItem.webhook_record_id)
        .where(
            ReplayItem.run_id == run_id,
            staff.salons.allow(WebhookRecord.company_id),
            ReplayItem.id > after if after is not None else true(),
        )
    )
    return session.execute(items.order_by(ReplayItem.id).limit(PAGE_SIZE + 1)).all()


def move_run(session: Session, run_id: int, start: RunState, then: RunState) -> bool:
    """Moves a replay from one state to the next; False where it is in another by now. The caller commits."""
    values: dict[str, Any] = {"state": then, "moved_at": None}
    if then is RunState.STOPPED:
        values["ended_at"] = func.now()
    moved = update(ReplayRun).where(ReplayRun.id == run_id, ReplayRun.state == start).values(**values)
    return session.scalar(moved.returning(ReplayRun.id)) is not None
