"""Keeps the rows of `shifts`: opened by the first document we see, closed by a Z-report or by what came after it.

A shift is named by its cashbox, the registration number and its own number: registered anew, a register counts from 1 again.
Whoever is not told the registration number takes the one that the cashbox had last.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, ScalarSelect, Text, bindparam, delete, exists, func, select, update
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
_KEY = [_shifts.c.cashbox_id, _shifts.c.registration_number, _shifts.c.number]


def _last_registration(cashbox_id: Any) -> ScalarSelect[Any]:
    newest = select(_shifts.c.registration_number).where(_shifts.c.cashbox_id == cashbox_id)
    return newest.order_by(_shifts.c.opened_at.desc(), _shifts.c.id.desc()).limit(1).scalar_subquery()


_insert = insert(_shifts).values(
    cashbox_id=bindparam("cashbox"),
    registration_number=func.coalesce(bindparam("registration", type_=Text), _last_registration(bindparam("cashbox")), ""),
    number=bindparam("shift_number"),
    opened_at=func.coalesce(bindparam("moment", type_=DateTime(timezone=True)), func.now()),
)
_NOTE = _insert.on_conflict_do_update(
    index_elements=_KEY,
    set_={"opened_at": _insert.excluded.opened_at},
    where=_shifts.c.opened_at > _insert.excluded.opened_at,
).returning(_shifts.c.id)


def note_document(
    executor: Executor,
    cashbox_id: int,
    shift_number: int | None,
    issued_at: datetime | None,
    registration: str | None,
) -> None:
    """Notes that a document of ours is in that shift: it is open, and every earlier one is closed, whoever closed it.

    `issued_at`: the document's time, now where it is None; the earliest one is when the shift began.
    `registration`: the register's registration number, where the document tells it.
    """
    if shift_number is None:
        return
    values = {
        "cashbox": cashbox_id,
        "registration": registration or None,
        "shift_number": shift_number,
        "moment": issued_at,
    }
    noted = executor.execute(_NOTE, values).scalar()
    if noted is None:
        return
    if registration and _name_nameless(executor, cashbox_id, registration, shift_number, noted):
        executor.execute(_NOTE, values)
    _close_passed(executor, cashbox_id)


def _name_nameless(executor: Executor, cashbox_id: int, registration: str, number: int, noted: int | None = None) -> bool:
    """Gives shifts the registration number that is told for the first time; says whether there were any.

    Not where they have higher numbers: those are of a registration before this one. `noted`: the shift just written under
    the new name, which gives way to the one that was there without.
    """
    nameless = (Shift.cashbox_id == cashbox_id, Shift.registration_number == "")
    highest = executor.execute(select(func.max(Shift.number)).where(*nameless)).scalar()
    if highest is None or highest > number:
        return False
    has_twin = exists().where(*nameless, Shift.number == number)
    executor.execute(delete(_shifts).where(_shifts.c.id == noted, has_twin))
    executor.execute(update(Shift).where(*nameless).values(registration_number=registration))
    return True


def _close_passed(executor: Executor, cashbox_id: int) -> None:
    """Webkassa has one open shift at a time. One whose Z-report we asked for and got no answer was closed by that.

    The newest is the highest number of the registration that began a shift last.
    """
    ours = (Shift.cashbox_id == cashbox_id, Shift.registration_number == _last_registration(cashbox_id))
    newest = select(Shift.id).where(*ours).order_by(Shift.number.desc()).limit(1).scalar_subquery()
    executor.execute(
        update(Shift)
        .where(Shift.cashbox_id == cashbox_id, Shift.closed_at.is_(None), Shift.id != newest)
        .values(
            closed_at=func.coalesce(Shift.closing_since, func.now()),
            closed_by=ELSEWHERE,
            answer_lost=Shift.closing_since.is_not(None),
            closing_since=None,
            next_close_at=None,
        )
    )


def put_times_right(executor: Executor) -> None:
    """Has open shifts that claim to have begun years away begin when they were first seen, or nothing would close them."""
    years = timedelta(days=2 * 365)
    is_likely = Shift.opened_at.between(Shift.created_at - years, Shift.created_at + years)
    executor.execute(update(Shift).where(Shift.closed_at.is_(None), ~is_likely).values(opened_at=Shift.created_at))


def find_open_shift(session: Session, cashbox_id: int) -> Shift | None:
    """Returns the newest shift of the cashbox that is not closed, as far as we know."""
    ours = select(Shift).where(Shift.cashbox_id == cashbox_id, Shift.closed_at.is_(None))
    return session.scalars(ours.order_by(Shift.opened_at.desc(), Shift.number.desc()).limit(1)).first()


def find_reported_shift(session: Session, cashbox_id: int, report: dict[str, Any]) -> Shift | None:
    """Returns the shift that a report is of, None where it is not stored or the report names none."""
    told = read_report(report)
    ours = select(Shift).where(Shift.cashbox_id == cashbox_id, Shift.number == told.shift_number)
    registration = told.registration_number or _last_registration(cashbox_id)
    return session.scalars(ours.where(Shift.registration_number == registration)).first()


def save_closed(
    session: Session, cashbox_id: int, report: dict[str, Any], closed_by: str, *, answer_lost: bool
) -> int | None:
    """Stores a Z-report with the shift it ends; returns the number of that shift, None when the report names none."""
    told = read_report(report)
    if told.shift_number is None:
        _close_unnamed(session, cashbox_id, closed_by, answer_lost=answer_lost)
        return None
    if told.registration_number:
        _name_nameless(session, cashbox_id, told.registration_number, told.shift_number)
    values = {
        "closed_at": told.closed_at or told.made_at or func.now(),
        "closed_by": closed_by,
        "report": report,
        "answer_lost": answer_lost,
        "closing_since": None,
        "next_close_at": None,
        "close_error": None,
    }
    row = insert(Shift).values(
        cashbox_id=cashbox_id,
        registration_number=told.registration_number or func.coalesce(_last_registration(cashbox_id), ""),
        number=told.shift_number,
        opened_at=told.opened_at or told.closed_at or func.now(),
        **values,
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=_KEY,
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
