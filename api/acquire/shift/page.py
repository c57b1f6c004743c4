"""Shows the shift, and closes it in three steps: the cash is counted, a difference gets its reason, the Z-report is ordered.

Everybody may count. A cashier closes the shift with the PIN of a manager.
"""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access.audit import Doer
from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.forms import Form
from api.acquire.access.guards import RowIdDep, SessionsDep, StaffDep, StaffFormDep
from api.acquire.account.pin import approve, list_approvers
from api.acquire.cashbox.choice import may_use
from api.acquire.cashbox.orders import order_x_report, order_z_report
from api.acquire.pages.orders import publish_order
from api.acquire.payment.form import FormErrors
from api.acquire.shift.counting import NOTES, check_count, find_standing, store_count
from api.acquire.shift.queries import Standing
from api.acquire.shift.show import render_shift
from api.acquire.show.rendering import redirect, render
from api.acquire.words.kinds import KIND_LABELS
from api.dependencies import SessionDep
from shared.storage.models import Cashbox, CashCount, StaffUser

router = APIRouter(prefix="/shift")


@router.get("")
def show_shift(request: Request, staff: StaffDep, session: SessionDep, done: str = "") -> Response:
    """Shows each register: its shift, its sums, its drawer."""
    number = int(done) if done.isascii() and done.isdigit() and len(done) < 19 else None
    return render_shift(request, session, staff, done=number)


@router.post("/x")
def take_x_report(request: Request, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep) -> Response:
    """Orders an X-report and leads to where it is watched. Raises Refused."""
    ordered = order_x_report(sessions, staff, form)
    if ordered.is_new:
        publish_order(request, ordered.order_id)
    return redirect(f"/acquire/orders/{ordered.order_id}")


@router.get("/{id}/close")
def show_count(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows the form to count the cash of a register. Raises NotFound."""
    standing = find_standing(session, staff, id)
    if standing.shift is None:
        return redirect("/acquire/shift")
    return _show_count(request, standing, {"form_key": str(uuid4())}, FormErrors())


@router.post("/{id}/close")
def take_count(request: Request, id: RowIdDep, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep) -> Response:
    """Keeps the count, once, and leads to what it says. Raises NotFound, Refused."""
    kept = store_count(sessions, staff, id, form)
    if isinstance(kept, int):
        return redirect(f"/acquire/shift/counts/{kept}")
    with sessions() as session:
        return _show_count(request, find_standing(session, staff, id), form, kept, status=422)


@router.get("/counts/{id}")
def show_difference(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows what was expected and counted, then what closing the shift would do. Raises NotFound."""
    return _show_count_kept(request, session, staff, _get_count(session, staff, id), {}, FormErrors())


@router.post("/counts/{id}")
def take_reason(request: Request, id: RowIdDep, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep) -> Response:
    """Keeps why the count differs. Raises NotFound."""
    with sessions() as session:
        count = _get_count(session, staff, id)
    errors = check_count(sessions, count, form) if count.order_id is None else FormErrors()
    if not errors.by_field:
        return redirect(f"/acquire/shift/counts/{id}")
    with sessions() as session:
        return _show_count_kept(request, session, staff, count, form, errors, status=422)


@router.post("/counts/{id}/close")
def close_shift(request: Request, id: RowIdDep, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep) -> Response:
    """Orders the Z-report, once for each count, and leads to where it is watched. Raises NotFound, Crowded."""
    with sessions() as session:
        count = _get_count(session, staff, id)
        standing = find_standing(session, staff, count.cashbox_id)
    if count.order_id is not None:
        return redirect(f"/acquire/orders/{count.order_id}")
    if count.checked_at is None or not _is_still_so(count, standing):
        return redirect(f"/acquire/shift/counts/{id}")
    errors = FormErrors()
    approver = None if staff.is_manager else _ask_manager(sessions, staff, form, standing.cashbox, errors)
    if errors.by_field:
        with sessions() as session:
            return _show_count_kept(request, session, staff, count, form, errors, status=422)
    ordered = order_z_report(sessions, staff, count, approver)
    if ordered.is_new:
        publish_order(request, ordered.order_id)
    return redirect(f"/acquire/orders/{ordered.order_id}")


def _ask_manager(sessions: Any, staff: Staff, form: Form, cashbox: Cashbox, errors: FormErrors) -> Doer | None:
    return approve(sessions, staff, form, lambda session, salons: may_use(session, salons, cashbox), errors)


def _get_count(session: Session, staff: Staff, count_id: int) -> CashCount:
    count = session.get(CashCount, count_id)
    if count is None or not may_use(session, staff.salons, session.get_one(Cashbox, count.cashbox_id)):
        raise NotFound
    return count


def _is_still_so(count: CashCount, standing: Standing) -> bool:
    """Says whether the shift that was counted is open, and its drawer as it was then."""
    return standing.shift is not None and standing.shift.id == count.shift_id and standing.drawer == count.expected


def _show_count(request: Request, standing: Standing, typed: Form, errors: FormErrors, *, status: int = 200) -> Response:
    return render(
        request,
        "shift_count.html",
        status=status,
        standing=standing,
        notes=[(note, f"note_{note}") for note in NOTES],
        typed=typed,
        errors=errors.by_field,
    )


def _show_count_kept(
    request: Request,
    session: Session,
    staff: Staff,
    count: CashCount,
    typed: Form,
    errors: FormErrors,
    *,
    status: int = 200,
) -> Response:
    standing = find_standing(session, staff, count.cashbox_id)
    return render(
        request,
        "shift_close.html",
        status=status,
        count=count,
        counted_by=session.get_one(StaffUser, count.staff_user_id).shown_name,
        standing=standing,
        labels=KIND_LABELS,
        is_still_so=_is_still_so(count, standing),
        typed=typed,
        errors=errors.by_field,
        approvers=() if staff.is_manager else list_approvers(session, staff.salons),
    )
