"""Shows managers the books: a day or a month, on the page and as a file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound
from api.acquire.access.guards import ManagerDep
from api.acquire.books.file import write_books_csv, write_books_xlsx
from api.acquire.books.view import show_books, show_days
from api.acquire.cashbox.choice import list_all_cashboxes
from api.acquire.day.charts import WEEK, draw_month
from api.acquire.show.rendering import get_speaker, render
from api.dependencies import SessionDep
from shared.books.model import DayBooks
from shared.books.read import keep_books
from shared.books.read.days import Days
from shared.books.read.kept_days import read_kept_books
from shared.clock import almaty_date, utc_now
from shared.storage.models import Cashbox

router = APIRouter(prefix="/books")

# What nobody has paid for long is a list to work through in a file.
MOST_OPEN = 50
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)
_WRITERS = {
    "csv": (write_books_csv, "text/csv; charset=utf-8"),
    "xlsx": (write_books_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Names a day, or a month up to today, of one cashbox or of all."""

    first: date
    last: date
    is_month: bool
    cashbox_id: int | None
    # A month is made of what was kept of its days, unless all of it is asked for anew.
    is_anew: bool = False

    @property
    def name(self) -> str:
        """Returns the day or month as text, such as 2026-03."""
        return f"{self.first:%Y-%m}" if self.is_month else self.first.isoformat()

    @property
    def query(self) -> str:
        """Returns the address's query that leads to the same period."""
        return f"{'month' if self.is_month else 'day'}={self.name}" + self.of_cashbox

    @property
    def of_cashbox(self) -> str:
        return f"&cashbox={self.cashbox_id}" if self.cashbox_id else ""

    @property
    def before(self) -> str:
        """Returns the query of the day or month before."""
        day = self.first - timedelta(days=1)
        return f"month={day:%Y-%m}" if self.is_month else f"day={day}"

    @property
    def after(self) -> str:
        """Returns the query of the day or month after."""
        if not self.is_month:
            return f"day={self.first + timedelta(days=1)}"
        return f"month={(self.first + timedelta(days=31)):%Y-%m}"


def read_period(day: str = "", month: str = "", cashbox: str = "", anew: str = "") -> Period:
    """Reads the query of an address. What cannot be read is today, and every cashbox."""
    number = int(cashbox) if cashbox.isascii() and cashbox.isdigit() and len(cashbox) < 19 else None
    today = almaty_date(utc_now())
    if _MONTH.fullmatch(month):
        first = date.fromisoformat(f"{month}-01")
        end = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return Period(first, min(end, today) if first <= today else first, True, number, bool(anew))
    try:
        chosen = min(max(date.fromisoformat(day), _EARLIEST), _LATEST)
    except ValueError:
        chosen = today
    return Period(chosen, chosen, False, number)


PeriodDep = Annotated[Period, Depends(read_period)]


@router.get("")
def show(request: Request, staff: ManagerDep, session: SessionDep, period: PeriodDep) -> Response:
    """Shows the books of a period."""
    cashboxes = list_all_cashboxes(session, staff.salons)
    (kept, looked_at), today = _read(session, cashboxes, period), almaty_date(utc_now())
    days = show_days(kept) if period.is_month else []
    return render(
        request,
        "books.html",
        period=period,
        cashboxes=cashboxes,
        books=show_books(kept),
        looked_at=looked_at,
        most_open=MOST_OPEN,
        weeks=draw_month({line.day: (line.issued, line.differences) for line in days}, period.first, today) if days else [],
        days=days,
        weekdays=WEEK,
        today=today,
    )


@router.get("/file.{extension}")
def download(request: Request, extension: str, staff: ManagerDep, session: SessionDep, period: PeriodDep) -> Response:
    """Sends the books of a period as a file. Raises NotFound for kinds of files we do not write."""
    if extension not in _WRITERS:
        raise NotFound
    write, content_type = _WRITERS[extension]
    cashboxes = list_all_cashboxes(session, staff.salons)
    content = write(_keep(session, cashboxes, period), get_speaker(request))
    name = f"books-{period.name}.{extension}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=content_type, headers=headers)


def _keep(session: Session, cashboxes: Sequence[Cashbox], period: Period) -> list[tuple[str, DayBooks]]:
    return [
        (cashbox.unique_number, books)
        for cashbox in _choose(cashboxes, period)
        for books in keep_books(session, cashbox, period.first, period.last)
    ]


def _read(
    session: Session, cashboxes: Sequence[Cashbox], period: Period
) -> tuple[list[tuple[str, DayBooks]], datetime | None]:
    """A month as it was looked at, and since when that is so; a day as it is now."""
    if not period.is_month or period.is_anew:
        return _keep(session, cashboxes, period), None
    # Yesterday is still written to: what was issued at its end may be known today.
    days, over_by = Days(period.first, period.last), almaty_date(utc_now()) - timedelta(days=1)
    found = {
        cashbox.unique_number: read_kept_books(session, cashbox, days, over_by=over_by)
        for cashbox in _choose(cashboxes, period)
    }
    kept = [(number, books) for number, month in found.items() for books in month.days]
    return kept, min((month.looked_at for month in found.values() if month.looked_at), default=None)


def _choose(cashboxes: Sequence[Cashbox], period: Period) -> list[Cashbox]:
    return [cashbox for cashbox in cashboxes if period.cashbox_id in (None, cashbox.id)]
