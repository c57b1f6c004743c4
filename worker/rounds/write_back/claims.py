"""Gives out what waits in the tables of this room: each row to one worker at a time, by the database's clock."""

from datetime import timedelta
from typing import Any, TypeGuard, TypeVar
from uuid import uuid4

from sqlalchemy import ColumnElement, func, or_, select, update

from shared.storage.db import SessionFactory
from shared.storage.models import DeskBooking, VisitMark
from worker.altegio.errors import AltegioError, AltegioRefused, AltegioUnavailable

# Longer than a turn at one row can take: four calls, each with its wait for Altegio's limits.
LEASE = timedelta(seconds=150)
# Days, where Altegio does not answer; a refusal is believed sooner.
MAX_ATTEMPTS, MAX_REFUSALS = 100, 3
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 2.0, 900.0
Row = TypeVar("Row", VisitMark, DeskBooking)


def is_free(table: type[VisitMark] | type[DeskBooking]) -> ColumnElement[bool]:
    """Returns the condition that nobody works on a row."""
    return or_(table.lease_until.is_(None), table.lease_until < func.now())


def claim_next(sessions: SessionFactory, table: type[Row]) -> Row | None:
    """Returns a row that is due and nobody works on, claimed; None where there is none.

    What was never tried comes first: it is of now, and what is looked after or tried again has time.
    """
    due = select(table.id).where(table.next_attempt_at <= func.now(), is_free(table))
    first = due.order_by(table.attempts > 0, table.next_attempt_at).limit(1)
    chosen = first.with_for_update(skip_locked=True).scalar_subquery()
    with sessions.begin() as session:
        row = session.scalar(
            update(table)
            .where(table.id == chosen)
            .values(claim_id=uuid4(), lease_until=func.now() + LEASE, attempts=table.attempts + 1)
            .returning(table)
            .execution_options(populate_existing=True)
        )
        if row is not None:
            session.expunge(row)
        return row


def hold(sessions: SessionFactory, row: Row, **values: Any) -> bool:
    """Writes to a claimed row; says whether it is still ours. What is to be known after a crash is written before a call."""
    with sessions.begin() as session:
        mine = update(type(row)).where(type(row).id == row.id, type(row).claim_id == row.claim_id)
        return bool(session.execute(mine.values(**values, lease_until=func.now() + LEASE)).rowcount)  # type: ignore[attr-defined]


def release(sessions: SessionFactory, row: Row, **values: Any) -> None:
    """Writes what came of a turn and gives the row back, unless somebody else has it by now."""
    with sessions.begin() as session:
        mine = update(type(row)).where(type(row).id == row.id, type(row).claim_id == row.claim_id)
        session.execute(mine.values(claim_id=None, lease_until=None, **values))


def in_seconds(seconds: float) -> Any:
    """Returns a moment that far from now, by the database's clock."""
    return func.now() + timedelta(seconds=seconds)


def is_tried_again(error: Exception, attempts: int) -> TypeGuard[AltegioError]:
    """Says whether a failure may pass: where Altegio did not answer, and a few times where it refused.

    A refusal that stays (a missing right, a field that it does not take) is a person's.
    """
    if isinstance(error, AltegioUnavailable):
        return attempts < MAX_ATTEMPTS
    return isinstance(error, AltegioRefused) and attempts < MAX_REFUSALS


def back_off(attempts: int, error: AltegioError) -> float:
    """Returns after how many seconds it is tried again; no sooner than Altegio, or our own limit of calls, said."""
    seconds = min(FIRST_RETRY_SECONDS * 2 ** min(attempts - 1, 20), LAST_RETRY_SECONDS)
    return float(max(seconds, error.retry_after or 0.0))
