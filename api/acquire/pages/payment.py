"""Shows a visit: what it costs, takes its payment, and lets staff watch the receipt come."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.forms import Form
from api.acquire.access.guards import RowIdDep, SessionsDep, StaffDep, StaffFormDep
from api.acquire.access.salons import Salons
from api.acquire.payment.form import SPLIT, FormErrors
from api.acquire.payment.known_address import find_known_address
from api.acquire.payment.take import take_payment
from api.acquire.show.rendering import get_speaker, redirect
from api.acquire.visits.desk_page import render_desk
from api.acquire.visits.list_place import ListPlace, ListPlaceDep
from api.acquire.visits.listing import is_free
from api.acquire.visits.queries import find_visit
from api.acquire.visits.states import VisitState
from api.acquire.visits.views import show_progress
from api.acquire.words.kinds import KIND_LABELS
from api.dependencies import RequestIdDep, SessionDep

router = APIRouter(prefix="/visits/{id}")

# States in which nothing was paid yet, as far as anybody knows.
_PAYABLE = (VisitState.AWAITING, VisitState.NOT_NEEDED, VisitState.RETURNED, VisitState.QUEUED, VisitState.ATTENTION)


@router.get("")
def show_visit(request: Request, id: RowIdDep, staff: StaffDep, place: ListPlaceDep, session: SessionDep) -> Response:
    """Shows a visit beside the list, with the form to pay it, where it may be paid. Raises NotFound."""
    visit = _get_visit(session, staff.salons, id)
    return _show(request, session, staff, place, visit, typed={"form_key": str(uuid4())}, errors=FormErrors())


@router.post("")
def take_visit_payment(
    request: Request,
    id: RowIdDep,
    staff: StaffDep,
    form: StaffFormDep,
    place: ListPlaceDep,
    sessions: SessionsDep,
    request_id: RequestIdDep,
) -> Response:
    """Takes the payment, has its delivery decided again, and leads to where the receipt is watched."""
    taken = take_payment(sessions, id, staff, form)
    if isinstance(taken, FormErrors):
        with sessions() as session:
            visit = _get_visit(session, staff.salons, id)
            return _show(request, session, staff, place, visit, typed=form, errors=taken, status=422)
    if taken.delivery_id is not None:
        request.app.state.publisher.publish([(taken.delivery_id, request_id)])
    return redirect(f"/acquire/visits/{id}/progress{place.query}")


@router.get("/progress")
def watch_visit(request: Request, id: RowIdDep, staff: StaffDep, place: ListPlaceDep, session: SessionDep) -> Response:
    """Shows how the receipt is doing, or leads to it once it is issued."""
    visit = _get_visit(session, staff.salons, id)
    progress = show_progress(visit)
    if progress.address:
        return redirect(progress.address + place.query)
    return render_desk(
        request,
        "visit_progress.html",
        session,
        staff,
        place,
        progress=progress,
        visit=visit,
        state_address=f"/acquire/visits/{id}/state{place.query}",
        delivery_id=visit.delivery_id,
        back=f"/acquire/visits/{id}{place.query}",
    )


@router.get("/state")
def show_state(request: Request, id: RowIdDep, staff: StaffDep, place: ListPlaceDep, session: SessionDep) -> JSONResponse:
    """Answers the same as JSON, for the page that waits."""
    progress = show_progress(_get_visit(session, staff.salons, id))
    told = progress.as_json(get_speaker(request))
    if progress.address:
        told["address"] = progress.address + place.query
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


def _show(
    request: Request,
    session: Session,
    staff: Staff,
    place: ListPlace,
    visit: Any,
    *,
    typed: Form,
    errors: FormErrors,
    status: int = 200,
) -> Response:
    state = VisitState(visit.state)
    is_payable = (
        visit.checkout_id is None
        and visit.total is not None
        and visit.total > 0
        and not visit.is_deleted
        and state in _PAYABLE
        and (visit.sale_id is None or visit.returned or visit.sale_state == "rejected")
    )
    return render_desk(
        request,
        "visit.html",
        session,
        staff,
        place,
        status=status,
        visit=visit,
        is_free=is_free(state, visit.total),
        address=find_known_address(session, request.app.state.settings, visit) if is_payable else None,
        progress=show_progress(visit),
        prepaid=[(number, Decimal(total)) for number, total in visit.prepaid],
        is_payable=is_payable,
        kinds=KIND_LABELS,
        split=SPLIT,
        typed=typed,
        errors=errors.by_field,
    )


def _get_visit(session: Session, salons: Salons, visit_id: int) -> Any:
    visit = find_visit(session, salons, visit_id)
    if visit is None:
        raise NotFound
    return visit
