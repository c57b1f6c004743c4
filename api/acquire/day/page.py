"""Shows managers their day: what was taken, beside yesterday and the same weekday, and whether the books agree."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from fastapi import APIRouter, Request, Response

from api.acquire.access.guards import ManagerDep
from api.acquire.cashbox.choice import list_all_cashboxes
from api.acquire.day.charts import WEEK, draw_hours, draw_month
from api.acquire.day.queries import read_checked, read_kept
from api.acquire.returns.reasons import REASON_LABELS
from api.acquire.show.rendering import render
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from api.dependencies import SessionDep
from shared.books.day import DaySums, add_up_day
from shared.clock import almaty_date, utc_now
from shared.fiscal.statuses import PaymentKind

router = APIRouter(prefix="/day")

_EARLIEST = date(2000, 1, 1)
MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """Describes one of the four figures, as it is and as it was: `others` are yesterday's and the same weekday's."""

    label: Text
    value: Decimal | int | None
    others: tuple[Decimal | int | None, Decimal | int | None]
    is_money: bool


@router.get("")
def show_day(request: Request, staff: ManagerDep, session: SessionDep, day: str = "") -> Response:
    """Shows a day, today unless another is asked for."""
    today = almaty_date(utc_now())
    chosen = _read_day(day, today)
    before, weekday = chosen - timedelta(days=1), chosen - timedelta(days=7)
    ids = [cashbox.id for cashbox in list_all_cashboxes(session, staff.salons)]
    first = chosen.replace(day=1)
    kept = read_kept(session, ids, min(first, weekday), first + timedelta(days=31))
    sums, names = add_up_day(session, ids, chosen), kept.name(session, chosen)
    month = kept.find_month()
    if chosen in month or sums.receipts or sums.returns:
        month[chosen] = (sums.takings, month.get(chosen, (sums.takings, 0))[1])
    return render(
        request,
        "day.html",
        day=chosen,
        today=today,
        before=before,
        weekday=weekday,
        figures=_list_figures(sums, kept.add_up(session, before), kept.add_up(session, weekday)),
        sums=sums,
        chart=draw_hours(sums.by_hour),
        ways=[(KIND_LABELS[kind], sums.by_kind[kind]) for kind in PaymentKind if sums.by_kind.get(kind)],
        names=names,
        most_named=MOST_NAMED,
        reason_labels=REASON_LABELS,
        checked=read_checked(session, kept, chosen),
        weeks=draw_month(
            {day: seen for day, seen in month.items() if day.month == first.month and day >= first}, first, today
        ),
        first=first,
        after=chosen + timedelta(days=1),
        weekdays=WEEK,
    )


def _read_day(typed: str, today: date) -> date:
    """What cannot be read, and what is to come, is today."""
    try:
        chosen = date.fromisoformat(typed)
    except ValueError:
        return today
    return chosen if _EARLIEST <= chosen <= today else today


def _list_figures(now: DaySums, before: DaySums, weekday: DaySums) -> list[Figure]:
    of_all = (now, before, weekday)
    rows = (
        (Text("Takings"), [one.takings for one in of_all], True),
        (Text("Receipts"), [one.receipts for one in of_all], False),
        (Text("Average receipt"), [one.average for one in of_all], True),
        (Text("Returns"), [one.returned for one in of_all], True),
    )
    return [Figure(label, values[0], (values[1], values[2]), is_money) for label, values, is_money in rows]
