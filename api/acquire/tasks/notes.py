"""Keeps who has taken a task, and until when it is put off."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from api.acquire.access import audit
from api.acquire.access.auth import NotAllowed, NotFound, Staff
from api.acquire.tasks.kinds import TaskKind
from api.acquire.tasks.queries import is_task
from api.acquire.words.text import Refused, Text
from shared.clock import ALMATY, almaty_date, utc_now
from shared.storage.db import SessionFactory
from shared.storage.models import TaskNote

MORNING = time(9)
LONGEST = timedelta(days=92)
_SOON = {"tomorrow": 1, "three_days": 3}


def note_task(sessions: SessionFactory, staff: Staff, typed: Mapping[str, str]) -> None:
    """Takes a task, gives it back, puts it off or brings it back, as the form says. Raises NotFound, NotAllowed, Refused."""
    kind, subject_id = _read_subject(typed)
    what = _read_deed(staff, typed)
    with sessions.begin() as session:
        if not is_task(session, staff.salons, kind, subject_id):
            raise NotFound
        row = insert(TaskNote).values(kind=kind.value, subject_id=subject_id, **what)
        session.execute(row.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=what))
        if "put_off_until" in what:
            until = what["put_off_until"]
            details = {"until": until.isoformat()} if until else {}
            audit.record(session, staff.doer, "task_put_off", f"task {kind.value}:{subject_id}", **details)


def _read_subject(typed: Mapping[str, str]) -> tuple[TaskKind, int]:
    number = typed.get("id", "")
    if typed.get("kind") not in set(TaskKind) or not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound
    return TaskKind(typed["kind"]), int(number)


def _read_deed(staff: Staff, typed: Mapping[str, str]) -> dict[str, Any]:
    match typed.get("do"):
        case "take":
            return {"owner_id": staff.id}
        case "give_back":
            return {"owner_id": None}
        case "put_off" | "bring_back" if not staff.is_manager:
            raise NotAllowed
        case "put_off":
            return {"put_off_until": read_until(typed.get("until", ""), typed.get("date", ""), utc_now())}
        case "bring_back":
            return {"put_off_until": None}
    raise Refused(Text("The page is out of date. Open it again."))


def read_until(choice: str, chosen: str, now: datetime) -> datetime:
    """Returns the morning until when a task is put off: tomorrow's, in three days, or of a chosen day. Raises Refused."""
    today = almaty_date(now)
    try:
        day = today + timedelta(days=_SOON[choice]) if choice in _SOON else date.fromisoformat(chosen)
    except ValueError:
        raise Refused(Text("Choose the day until when it is put off.")) from None
    if not today < day <= today + LONGEST:
        raise Refused(Text("Choose a day within the next three months."))
    return datetime.combine(day, MORNING, tzinfo=ALMATY)
