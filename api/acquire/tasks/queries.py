"""Reads what waits for a person: one statement for the list, one for its count.

Each kind of task is a row of a table of its own, found by a partial index; `task_notes` says who has taken it and until when
it is put off. What is of a register is for those who belong to its salon, or to all.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, exists, func, select, true, union_all
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.tasks.kinds import TaskKind
from api.acquire.tasks.of_receipts import (
    select_dead_letters,
    select_hand_backs,
    select_refused_returns,
    select_returns_due,
    select_waiting,
)
from api.acquire.tasks.of_registers import select_findings, select_paused, select_unclear_cash
from shared.storage.models import StaffUser, TaskNote, Visit

PAGE_SIZE = 25
_SELECTED = {
    TaskKind.PAUSED: select_paused,
    TaskKind.DEAD_LETTER: select_dead_letters,
    TaskKind.RETURN_DUE: select_returns_due,
    TaskKind.RETURN_REFUSED: select_refused_returns,
    TaskKind.WAITING: select_waiting,
    TaskKind.CASH_UNCLEAR: select_unclear_cash,
    TaskKind.FINDING: select_findings,
    TaskKind.HAND_BACK: select_hand_backs,
}


def list_tasks(session: Session, salons: Salons, *, put_off: bool = False, page: int = 1) -> Sequence[Any]:
    """Returns tasks, the most money first, then the oldest; one more than a page where there is another page.

    `put_off`: those that are put off, instead of the others. Rows have the columns of `kinds`, the visit's `visit_id`,
    `client_name` and `title`, the note's `put_off_until` and `owner`.
    """
    return session.execute(_list(salons, put_off=put_off), {"skipped": (page - 1) * PAGE_SIZE}).all()


# To put these together takes longer than to carry them out.
@lru_cache(maxsize=256)
def _list(salons: Salons, *, put_off: bool) -> Select[Any]:
    task = _select_all(salons).subquery("all_tasks")
    is_put_off = func.coalesce(TaskNote.put_off_until > func.now(), False)
    order = (func.abs(task.c.amount).desc().nulls_last(), task.c.since, task.c.kind, task.c.id)
    shown = (
        select(task, TaskNote.put_off_until, TaskNote.owner_id, func.row_number().over(order_by=order).label("place"))
        .select_from(task)
        .outerjoin(TaskNote, and_(TaskNote.kind == task.c.kind, TaskNote.subject_id == task.c.id))
        .where(is_put_off if put_off else ~is_put_off)
        .order_by(*order)
        .limit(PAGE_SIZE + 1)
        .offset(bindparam("skipped", type_=Integer))
        .subquery("task")
    )
    # One look-up a task that is shown: joined freely, all visits would be read.
    visit = (
        select(Visit.id, Visit.client_name, Visit.title)
        .where(Visit.company_id == shown.c.company_id, Visit.record_id == shown.c.record_id)
        .limit(1)
        .lateral("visit")
    )
    return (
        select(
            shown,
            visit.c.id.label("visit_id"),
            visit.c.client_name,
            visit.c.title,
            StaffUser.shown_name.label("owner"),
        )
        .select_from(shown)
        .outerjoin(StaffUser, StaffUser.id == shown.c.owner_id)
        .outerjoin(visit, true())
        .order_by(shown.c.place)
    )


def count_tasks(session: Session, salons: Salons) -> int:
    """Returns how many tasks wait for a person now; those that are put off do not."""
    return session.scalar(_count(salons)) or 0


@lru_cache(maxsize=256)
def _count(salons: Salons) -> Select[Any]:
    task = _select_all(salons).subquery("task")
    is_put_off = exists().where(
        TaskNote.kind == task.c.kind, TaskNote.subject_id == task.c.id, TaskNote.put_off_until > func.now()
    )
    return select(func.count()).select_from(task).where(~is_put_off)


def count_put_off(session: Session, salons: Salons) -> int:
    """Returns how many tasks are put off."""
    if not session.scalar(select(exists().where(TaskNote.put_off_until > func.now()))):
        return 0
    task = _select_all(salons).subquery("task")
    note = and_(TaskNote.kind == task.c.kind, TaskNote.subject_id == task.c.id, TaskNote.put_off_until > func.now())
    return session.scalar(select(func.count()).select_from(task).join(TaskNote, note)) or 0


def is_task(session: Session, salons: Salons, kind: TaskKind, subject_id: int) -> bool:
    """Says whether this is a task of these salons now."""
    task = _SELECTED[kind](salons).subquery("task")
    return bool(session.scalar(select(exists().where(task.c.id == subject_id))))


def _select_all(salons: Salons) -> Any:
    return union_all(*(select_kind(salons) for select_kind in _SELECTED.values()))
