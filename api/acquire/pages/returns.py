"""Lets staff return a sale: choose what comes back, and watch the return receipt come."""

from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.forms import Form
from api.acquire.access.guards import RowIdDep, SessionsDep, StaffDep, StaffFormDep
from api.acquire.account.pin import list_approvers
from api.acquire.payment.form import FormErrors
from api.acquire.returns.form import propose_counts
from api.acquire.returns.order import Ordered, get_returnable, order_return
from api.acquire.returns.progress import find_return, show_return_progress
from api.acquire.returns.reasons import REASON_LABELS
from api.acquire.show.rendering import redirect, render
from api.acquire.show.waiting import show_waiting, tell_state
from api.acquire.words.kinds import KIND_LABELS
from api.dependencies import SessionDep, SettingsDep
from shared.logging import get_logger
from shared.queue import MAKE_RETURN, publish_task
from shared.storage.models import Receipt

log = get_logger(__name__)
router = APIRouter()


@router.get("/receipts/{id}/return")
def show_return(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows the lines of a sale with what is left of each. Raises NotFound, Refused."""
    typed = {"form_key": str(uuid4()), "original_shown": "paper"}
    return _show(request, session, staff, id, typed=typed, errors=FormErrors())


@router.post("/receipts/{id}/return")
def take_return(
    request: Request, id: RowIdDep, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Orders the return and leads to where it is watched. Raises NotFound, Refused, Crowded."""
    ordered = order_return(sessions, id, staff, form, settings.cashier_return_ceiling)
    if isinstance(ordered, FormErrors):
        with sessions() as session:
            return _show(request, session, staff, id, typed=form, errors=ordered, status=422)
    return lead_to_order(request, ordered)


def lead_to_order(request: Request, ordered: Ordered) -> Response:
    """Has a new order carried out, and leads to where it is watched. The dispatcher makes a lost message good."""
    if ordered.is_new:
        try:
            publish_task(request.app.state.producer, MAKE_RETURN, [ordered.order_id])
        except (BrokerDown, RedisError, OSError) as error:
            log.warning("broker is away, the return is left to the dispatcher", error=type(error).__name__)
    return redirect(f"/acquire/returns/{ordered.order_id}")


@router.get("/returns/{id}")
def watch_return(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows how the return is doing, or leads to its receipt once it is issued."""
    row = find_return(session, staff.salons, id)
    back = f"/acquire/receipts/{row.receipt_id}"
    return show_waiting(request, show_return_progress(row), state=f"/acquire/returns/{id}/state", back=back)


@router.get("/returns/{id}/state")
def show_return_state(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> JSONResponse:
    """Answers the same as JSON, for the page that waits."""
    return tell_state(request, show_return_progress(find_return(session, staff.salons, id)))


def _show(
    request: Request,
    session: Session,
    staff: Staff,
    receipt_id: int,
    *,
    typed: Form,
    errors: FormErrors,
    status: int = 200,
) -> Response:
    sale = session.get(Receipt, receipt_id)
    if sale is None or not staff.salons.include(sale.company_id):
        raise NotFound
    left = get_returnable(session, sale)
    is_typed = "reason" in typed or "reason_code" in typed
    return render(
        request,
        "return.html",
        status=status,
        sale=sale,
        lines=left.lines,
        ways=left.ways,
        kinds=KIND_LABELS,
        reasons=REASON_LABELS,
        typed=typed if is_typed else {**propose_counts(left.lines, sale.return_due_lines), **typed},
        is_typed=is_typed,
        errors=errors.by_field,
        approvers=list_approvers(session, staff.salons),
    )
