"""Puts cash into the drawer and takes it out. For cashiers too: they give change; every movement is in the audit.

What Altegio tells of cash moved is offered to managers.
"""

from uuid import uuid4

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.acquire.access.auth import Staff
from api.acquire.access.forms import Form
from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep, StaffDep, StaffFormDep
from api.acquire.account.pin import list_approvers
from api.acquire.cashbox.choice import limit_cashboxes, list_cashboxes
from api.acquire.cashbox.offers import book_offer, dismiss_offer, list_offers
from api.acquire.cashbox.orders import order_cash
from api.acquire.cashbox.views import show_order
from api.acquire.pages.orders import publish_order
from api.acquire.payment.form import FormErrors
from api.acquire.show.rendering import redirect, render
from api.dependencies import SessionDep, SettingsDep
from shared.storage.models import CashboxOrder
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS, OrderState

router = APIRouter(prefix="/drawer")

LINES_SHOWN = 20


@router.get("")
def show_drawer(request: Request, staff: StaffDep, session: SessionDep, done: str = "") -> Response:
    """Shows the form and the latest movements; `done` names an order that has just ended."""
    number = int(done) if done.isascii() and done.isdigit() and len(done) < 19 else None
    return _show(request, session, staff, {"form_key": str(uuid4())}, FormErrors(), number)


@router.post("")
def move_cash(
    request: Request, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Takes the form, and leads to where the order is watched. Raises Refused, Crowded."""
    ordered = order_cash(sessions, staff, form, settings.cashier_withdrawal_ceiling)
    if isinstance(ordered, FormErrors):
        with sessions() as session:
            return _show(request, session, staff, form, ordered, None, status=422)
    if ordered.is_new:
        publish_order(request, ordered.order_id)
    return redirect(f"/acquire/orders/{ordered.order_id}")


@router.post("/offers/{id}/book")
def book(request: Request, id: RowIdDep, staff: ManagerDep, _: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Books what Altegio told at the register, once, and leads to where that is watched. Raises NotFound, Refused."""
    ordered = book_offer(sessions, staff, id)
    if ordered.is_new:
        publish_order(request, ordered.order_id)
    return redirect(f"/acquire/orders/{ordered.order_id}")


@router.post("/offers/{id}/dismiss")
def dismiss(id: RowIdDep, staff: ManagerDep, _: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Takes an offer off the list. Raises NotFound, Refused."""
    dismiss_offer(sessions, staff, id)
    return redirect("/acquire/drawer")


def _show(
    request: Request,
    session: Session,
    staff: Staff,
    typed: Form,
    errors: FormErrors,
    done: int | None,
    *,
    status: int = 200,
) -> Response:
    movements = select(CashboxOrder).where(
        CashboxOrder.kind.in_(MONEY_ORDERS), limit_cashboxes(session, staff.salons, CashboxOrder.cashbox_id)
    )
    finished = (
        session.scalar(movements.where(CashboxOrder.id == done, CashboxOrder.state == OrderState.DONE)) if done else None
    )
    recent = movements.order_by(CashboxOrder.id.desc())
    return render(
        request,
        "drawer.html",
        status=status,
        cashboxes=list_cashboxes(session, staff.salons),
        offers=list_offers(session, staff.salons) if staff.is_manager else (),
        typed=typed,
        errors=errors.by_field,
        approvers=list_approvers(session, staff.salons),
        done=show_order(finished) if finished else None,
        lines=[show_order(order) for order in session.scalars(recent.limit(LINES_SHOWN))],
    )
