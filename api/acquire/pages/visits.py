"""Shows the day at the desk: who has to pay, who has paid, and how their receipts are doing."""

from datetime import date, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.acquire.access.forms import Form
from api.acquire.access.guards import StaffDep, StaffFormDep
from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import limit_cashboxes
from api.acquire.show.rendering import get_speaker, render
from api.acquire.visits.queries import find_states, list_paused, list_visits
from api.acquire.visits.search import MAX_TYPED, NumberSearch, read_search
from api.acquire.visits.states import FILTER_LABELS, LABELS, UNDER_WAY, Filter, VisitState
from api.acquire.visits.views import read_cursor, show_visits
from api.acquire.words.advice import explain
from api.dependencies import SessionDep
from shared.clock import almaty_date, utc_now
from shared.storage.models import Cashbox

router = APIRouter()

MAX_POLLED = 60
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


@router.get("")
def show_day(
    request: Request, staff: StaffDep, session: SessionDep, day: str = "", state: str = "", after: str | None = None
) -> Response:
    """Shows the visits of a day, narrowed to a state, a page at a time from the cursor `after` on."""
    return _show(request, session, staff.salons, {"day": day, "state": state, "after": after or ""}, typed="")


@router.post("")
def search_visits(request: Request, staff: StaffDep, form: StaffFormDep, session: SessionDep) -> Response:
    """Shows the visits that fit what was typed. By POST, so that names and phones are in no address and no access log."""
    return _show(request, session, staff.salons, form, typed=form.get("q", "")[:MAX_TYPED])


def _show(request: Request, session: SessionDep, salons: Salons, asked: Form, typed: str) -> Response:
    day = _read_day(asked.get("day"))
    chosen = _read_filter(asked.get("state"))
    search = read_search(typed)
    after = read_cursor(asked.get("after"))
    rows = list_visits(session, salons, day=day, chosen=chosen, search=search, after=after)
    return render(
        request,
        "visits.html",
        page=show_visits(rows),
        is_first=after is None,
        day=day,
        today=almaty_date(utc_now()),
        one_day=timedelta(days=1),
        chosen=chosen,
        filters=FILTER_LABELS,
        typed=typed,
        searches_every_day=isinstance(search, NumberSearch),
        paused=[
            (row, explain(row.paused_code)) for row in list_paused(session, limit_cashboxes(session, salons, Cashbox.id))
        ],
    )


@router.get("/states")
def show_states(request: Request, staff: StaffDep, session: SessionDep, ids: str = "") -> JSONResponse:
    """Answers the present states of the visits on the screen that are still moving, as JSON."""
    wanted = [int(part) for part in ids.split(",")[:MAX_POLLED] if part.isascii() and part.isdigit() and len(part) < 19]
    speaker = get_speaker(request)
    states = {row.id: VisitState(row.state) for row in find_states(session, staff.salons, wanted)} if wanted else {}
    told = {
        str(visit_id): {"state": state, "label": speaker.say(LABELS[state]), "moving": state in UNDER_WAY}
        for visit_id, state in states.items()
    }
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


def _read_day(typed: str | None) -> date:
    try:
        day = date.fromisoformat(typed or "")
    except ValueError:
        return almaty_date(utc_now())
    return min(max(day, _EARLIEST), _LATEST)


def _read_filter(typed: str | None) -> Filter:
    return Filter(typed) if typed in set(Filter) else Filter.ALL
