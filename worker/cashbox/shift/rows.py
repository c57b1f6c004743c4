"""Keeps the rows of `shifts`: opened by the first document we see, closed by a Z-report or by what came after it."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.fiscal.z_report import read_report
from shared.storage.db import Executor
from shared.storage.models import Shift
from shared.storage.statements import table_of

ELSEWHERE = "elsewhere"
SCHEDULE = "schedule"
EXPIRED = "expired"


_shifts = table_of(Shift)
_insert = insert(_shifts).values(
    cashbox_id=bindparam("cashbox"),
    number=bindparam("shift_number"),
    opened_at=func.coalesce(bindparam("moment", type_=DateTime(timezone=True)), func.now()),
)
_NOTE = _insert.on_conflict_do_update(
    index_elements=[_shifts.c.cashbox_id, _shifts.c.number],
    set_={"opened_at": _insert.excluded.opened_at},
    where=_shifts.c.opened_at > _insert.excluded.opened_at,
).returning(_shifts.c.id)


def note_document(executor: Executor, cashbox_id: int, shift_number: int | None, issued_at: datetime | None) -> None:
    """Notes that a document of ours is in that shift: it is open, and every earlier one is closed, whoever closed it.

    `issued_at`: the document's time, now where it is None; the earliest one is when the shift began.
    """
    if shift_number is None:
        return
    values = {"cashbox": cashbox_id, "shift_number": shift_number, "moment": issued_at}
    is_news = executor.execute(_NOTE, values).first() is not None
    if is_news:
        _close_passed(executor, cashbox_id)


def _close_passed(executor: Executor, cashbox_id: int) -> None:
    """Webkassa has one open shift at a time. One whose Z-report we asked for and got no answer was closed by that."""
    newest = select(func.max(Shift.number)).where(Shift.cashbox_id == cashbox_id).scalar_subquery()
    executor.execute(
        update(Shift)
        .where(Shift.cashbox_id == cashbox_id, Shift.closed_at.is_(None), Shift.number < newest)
        .values(
            closed_at=func.coalesce(Shift.closing_since, func.now()),
            closed_by=ELSEWHERE,
            answer_lost=Shift.closing_since.is_not(None),
            closing_since=None,
            next_close_at=None,
        )
    )


def find_open_shift(session: Session, cashbox_id: int) -> Shift | None:
    """Returns the newest shift of the cashbox that is not closed, as far as we know."""
    return session.scalars(
        select(Shift).where(Shift.cashbox_id == cashbox_id, Shift.closed_at.is_(None)).order_by(Shift.number.desc()).limit(1)
    ).first()


def save_closed(
    session: Session, cashbox_id: int, report: dict[str, Any], closed_by: str, *, answer_lost: bool
) -> int | None:
    """Stores a Z-report with the shift it ends; returns the number of that shift, None when the report names none."""
    told = read_report(report)
    if told.shift_number is None:
        _close_unnamed(session, cashbox_id, closed_by, answer_lost=answer_lost)
        return None
    values = {
        "closed_at": told.closed_at or told.made_at or func.now(),
        "closed_by": closed_by,
        "report": report,
        "answer_lost": answer_lost,
        "closing_since": None,
        "next_close_at": None,
        "close_error": None,
    }
    opened_at = told.opened_at or told.closed_at or func.now()
    row = insert(Shift).values(cashbox_id=cashbox_id, number=told.shift_number, opened_at=opened_at, **values)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[Shift.cashbox_id, Shift.number],
            set_={**values, "opened_at": func.least(Shift.opened_at, row.excluded.opened_at)},
        )
    )
    _close_passed(session, cashbox_id)
    return told.shift_number


def save_closed_without_report(session: Session, cashbox_id: int, closed_by: str, *, answer_lost: bool) -> None:
    """Marks what is open as closed: Webkassa says that no shift is open, and its report could not be read."""
    _close_unnamed(session, cashbox_id, closed_by, answer_lost=answer_lost)


def _close_unnamed(session: Session, cashbox_id: int, closed_by: str, *, answer_lost: bool) -> None:
    session.execute(
        update(Shift)
        .where(Shift.cashbox_id == cashbox_id, Shift.closed_at.is_(None))
        .values(closed_at=func.now(), closed_by=closed_by, answer_lost=answer_lost, closing_since=None, next_close_at=None)
    )
