"""Shows the day at the desk: who has to pay now, who comes later, who has paid, and how their receipts are doing."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.acquire.access.guards import StaffDep, StaffFormDep
from api.acquire.cashbox.choice import limit_cashboxes
from api.acquire.show.rendering import get_speaker, redirect
from api.acquire.visits.desk_page import render_desk
from api.acquire.visits.list_place import ListPlaceDep, move_to
from api.acquire.visits.listing import find_only_one
from api.acquire.visits.queries import find_states, list_paused
from api.acquire.visits.states import LABELS, UNDER_WAY, VisitState
from api.acquire.words.advice import explain
from api.dependencies import SessionDep
from shared.storage.models import Cashbox

router = APIRouter()

MAX_POLLED = 60


@router.get("")
def show_day(request: Request, staff: StaffDep, place: ListPlaceDep, session: SessionDep, after: str = "") -> Response:
    """Shows the visits of a day by who has to pay now, or narrowed to a state, or what was searched for on every day."""
    paused = list_paused(session, limit_cashboxes(session, staff.salons, Cashbox.id))
    reasons = [(row, explain(row.paused_code)) for row in paused]
    return render_desk(request, "visits.html", session, staff, place, after=after, paused=reasons)


@router.post("")
def search_visits(request: Request, staff: StaffDep, form: StaffFormDep, session: SessionDep) -> Response:
    """Leads to what fits the words, to the visit itself where it is the only one and the form was sent on purpose.

    By POST, so that names and phones are in no address and no access log; the page behind it may be gone back to.
    """
    place = move_to(request, staff, form)
    visit_id = find_only_one(session, staff.salons, place) if not form.get("typing") else None
    return redirect(f"/acquire/visits/{visit_id}{place.query}" if visit_id else f"/acquire{place.query}")


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
