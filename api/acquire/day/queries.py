"""Reads a manager's day. What the round of the worker has kept of days and of names is not added up once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.books.day import DayNames, DaySums, add_up_day, name_day, read_names
from shared.storage.models import BookDay, BookFinding
from shared.storage.models.day.book_finding import FindingKind

# What is open is no difference of a day.
_OPEN = (FindingKind.DEBT, FindingKind.DEPOSITS)


@dataclass(frozen=True, slots=True)
class KeptDays:
    """Holds what was kept of some days of these registers, by day and register."""

    rows: dict[date, dict[int, BookDay]]
    cashboxes: Sequence[int]

    def is_whole(self, day: date) -> bool:
        """Says whether all registers' sums of a day are there."""
        return bool(self.cashboxes) and set(self.rows.get(day, ())) >= set(self.cashboxes)

    def add_up(self, session: Session, day: date) -> DaySums:
        """Returns a day's sums without hours and ways, added up now where they were not kept."""
        if not self.is_whole(day):
            return add_up_day(session, self.cashboxes, day)
        rows = self.rows[day].values()
        sums = DaySums(receipts=sum(row.receipts for row in rows), returns=sum(row.returns for row in rows))
        for row in rows:
            sums.sold, sums.returned = sums.sold + row.issued + row.returned, sums.returned + row.returned
        return sums

    def name(self, session: Session, day: date) -> DayNames:
        """Returns a day's sums by name, added up now where they were not kept."""
        if not self.is_whole(day):
            return name_day(session, self.cashboxes, day)
        return read_names(row.names for row in self.rows[day].values())

    def find_month(self) -> dict[date, tuple[Decimal, int]]:
        """Returns takings and number of differences by day."""
        return {
            day: (sum((row.issued for row in rows.values()), Decimal(0)), sum(row.differences for row in rows.values()))
            for day, rows in self.rows.items()
        }

    def find_checked_at(self, day: date) -> datetime | None:
        """Returns since when what is kept of a day is known; None where it was not looked at."""
        return min(row.checked_at for row in self.rows[day].values()) if self.is_whole(day) else None


def read_kept(session: Session, cashboxes: Sequence[int], first: date, last: date) -> KeptDays:
    """Returns what the round kept of these days."""
    query = select(BookDay).where(BookDay.cashbox_id.in_(cashboxes), BookDay.day.between(first, last))
    rows: dict[date, dict[int, BookDay]] = {}
    for row in session.scalars(query):
        rows.setdefault(row.day, {})[row.cashbox_id] = row
    return KeptDays(rows, cashboxes)


@dataclass(frozen=True, slots=True)
class Checked:
    """Says how the books of a day stand: how many sales differ, how many of them are payments without a receipt."""

    at: datetime | None
    differences: int
    without_receipt: int
    missing: Decimal
    differing: Decimal


def read_checked(session: Session, kept: KeptDays, day: date) -> Checked:
    """Returns what the round found when it last looked at the day."""
    is_missing = BookFinding.kind.in_(("no_receipt", "dead_letter"))
    amount = func.abs(BookFinding.amount)
    row = session.execute(
        select(
            func.count().label("differences"),
            func.count().filter(is_missing).label("without"),
            func.coalesce(func.sum(amount).filter(is_missing), 0).label("missing"),
            func.coalesce(func.sum(amount), 0).label("differing"),
        ).where(BookFinding.cashbox_id.in_(kept.cashboxes), BookFinding.day == day, BookFinding.kind.not_in(_OPEN))
    ).one()
    return Checked(kept.find_checked_at(day), row.differences, row.without, row.missing, row.differing)
