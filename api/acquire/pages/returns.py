"""Lets managers, and cashiers below a ceiling, return a sale: choose what comes back, and watch the return receipt come."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from api.acquire.access.auth import NotFound
from api.acquire.access.forms import Form
from api.acquire.access.guards import ReturnerDep, ReturnerFormDep, RowIdDep, SessionsDep
from api.acquire.access.salons import Salons
from api.acquire.account.pin import list_approvers
from api.acquire.payment.form import FormErrors
from api.acquire.returns.form import propose_counts
from api.acquire.returns.order import get_returnable_lines, order_return
from api.acquire.show.rendering import get_speaker, redirect, render
from api.acquire.visits.views import show_return_progress
from api.dependencies import SessionDep, SettingsDep
from shared.logging import get_logger
from shared.queue import MAKE_RETURN, publish_task
from shared.storage.models import Receipt, ReturnOrder

log = get_logger(__name__)
router = APIRouter()


@router.get("/receipts/{id}/return")
def show_return(request: Request, id: RowIdDep, staff: ReturnerDep, session: SessionDep) -> Response:
    """Shows the lines of a sale with what is left of each. Raises NotFound, Refused."""
    return _show(
        request, session, staff.salons, id, typed={"form_key": str(uuid4()), "original_shown": "paper"}, errors=FormErrors()
    )


@router.post("/receipts/{id}/return")
def take_return(
    request: Request,
    id: RowIdDep,
    staff: ReturnerDep,
    form: ReturnerFormDep,
    sessions: SessionsDep,
    settings: SettingsDep,
) -> Response:
    """Orders the return and leads to where it is watched. Raises NotFound, Refused, Crowded."""
    ordered = order_return(sessions, id, staff, form, settings.cashier_return_ceiling)
    if isinstance(ordered, FormErrors):
        with sessions() as session:
            return _show(request, session, staff.salons, id, typed=form, errors=ordered, status=422)
    if ordered.is_new:
        _publish(request, ordered.order_id)
    return redirect(f"/acquire/returns/{ordered.order_id}")


def _publish(request: Request, order_id: int) -> None:
    """A message that is lost is made good by the dispatcher."""
    try:
        publish_task(request.app.state.producer, MAKE_RETURN, [order_id])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("broker is away, the return is left to the dispatcher", error=type(error).__name__)


@router.get("/returns/{id}")
def watch_return(request: Request, id: RowIdDep, staff: ReturnerDep, session: SessionDep) -> Response:
    """Shows how the return is doing, or leads to its receipt once it is issued."""
    row = _get_order(session, staff.salons, id)
    progress = show_return_progress(row)
    if progress.address:
        return redirect(progress.address)
    return render(
        request,
        "progress.html",
        progress=progress,
        visit=None,
        state_address=f"/acquire/returns/{id}/state",
        delivery_id=None,
        back=f"/acquire/success/{row.receipt_id}",
    )


@router.get("/returns/{id}/state")
def show_return_state(request: Request, id: RowIdDep, staff: ReturnerDep, session: SessionDep) -> JSONResponse:
    """Answers the same as JSON, for the page that waits."""
    progress = show_return_progress(_get_order(session, staff.salons, id))
    return JSONResponse(progress.as_json(get_speaker(request)), headers={"Cache-Control": "no-store"})


def _show(
    request: Request,
    session: Session,
    salons: Salons,
    receipt_id: int,
    *,
    typed: Form,
    errors: FormErrors,
    status: int = 200,
) -> Response:
    sale = session.get(Receipt, receipt_id)
    if sale is None or not salons.include(sale.company_id):
        raise NotFound
    lines = get_returnable_lines(session, sale)
    return render(
        request,
        "return.html",
        status=status,
        sale=sale,
        lines=lines,
        typed=typed if "reason" in typed else {**propose_counts(lines, sale.return_due_lines), **typed},
        errors=errors.by_field,
        approvers=list_approvers(session, salons),
    )


def _get_order(session: Session, salons: Salons, order_id: int) -> Any:
    sale = aliased(Receipt)
    row = session.execute(
        select(
            ReturnOrder.receipt_id,
            ReturnOrder.state,
            ReturnOrder.refusal,
            ReturnOrder.created_at,
            ReturnOrder.return_receipt_id,
            Receipt.state.label("receipt_state"),
            Receipt.attempts,
            Receipt.next_attempt_at,
            Receipt.error_code,
            Receipt.error_text,
        )
        .join(sale, sale.id == ReturnOrder.receipt_id)
        .outerjoin(Receipt, Receipt.id == ReturnOrder.return_receipt_id)
        .where(ReturnOrder.id == order_id, salons.allow(sale.company_id))
    ).first()
    if row is None:
        raise NotFound
    return row
