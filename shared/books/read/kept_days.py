"""Reads the books of many days: those that are over as they were looked at last, the newest as they are now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.books.kept import read_books
from shared.books.model import DayBooks
from shared.books.read.days import Days
from shared.books.read.homes import map_homes
from shared.books.read.keep import keep_books, list_open
from shared.storage.models import BookDay, Cashbox


@dataclass(frozen=True, slots=True)
class KeptBooks:
    """Holds the books of days in a row, and the time of the oldest look; None where none of them was kept."""

    days: list[DayBooks]
    looked_at: datetime | None


def read_kept_books(session: Session, cashbox: Cashbox, days: Days, *, over_by: date) -> KeptBooks:
    """Returns the books of one cashbox, one entry a day. Days before `over_by` are read from what the round kept, with what
    came later left out until it looks again; where it kept nothing, and from then on, they are made now.
    """
    found, looked_at = _read_rows(session, cashbox, days, over_by)
    for run in _find_gaps(days, found):
        found |= {books.day: books for books in keep_books(session, cashbox, run.first, run.last)}
    books = [found[day] for day in days.list_all()]
    if books[-1].open is None:
        books[-1].open = list_open(session, cashbox, map_homes(session), days.last)
    for earlier in books[:-1]:
        earlier.open = None
    return KeptBooks(books, min(looked_at, default=None))


def _read_rows(session: Session, cashbox: Cashbox, days: Days, over_by: date) -> tuple[dict[date, DayBooks], list[datetime]]:
    query = select(BookDay.day, BookDay.books, BookDay.checked_at).where(
        BookDay.cashbox_id == cashbox.id,
        BookDay.day.between(days.first, days.last),
        BookDay.day < over_by,
        BookDay.books.is_not(None),
    )
    found: dict[date, DayBooks] = {}
    looked_at: list[datetime] = []
    for day, written, checked_at in session.execute(query):
        try:
            found[day] = read_books(written)
        except ValueError:
            # Kept by another version of this; it is looked at anew.
            continue
        looked_at.append(checked_at)
    return found, looked_at


def _find_gaps(days: Days, found: dict[date, DayBooks]) -> Iterator[Days]:
    """Days that are not found, those in a row together."""
    first: date | None = None
    for day in days.list_all():
        if day in found and first is not None:
            yield Days(first, day - timedelta(days=1))
            first = None
        elif day not in found and first is None:
            first = day
    if first is not None:
        yield Days(first, days.last)
