"""Puts cash into the drawer and takes it out, and lists what was. For cashiers too: they give change; all is in the audit.

What Altegio tells of cash moved is offered to managers.
"""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep, StaffDep, StaffFormDep
from api.acquire.cashbox.choice import limit_cashboxes
from api.acquire.cashbox.offers import book_offer, dismiss_offer, list_offers
from api.acquire.cashbox.orders import order_cash
from api.acquire.cashbox.views import show_order
from api.acquire.pages.orders import publish_order
from api.acquire.payment.form import FormErrors
from api.acquire.shift.show import render_shift
from api.acquire.show.rendering import redirect, render
from api.dependencies import SessionDep, SettingsDep
from shared.storage.models import CashboxOrder, StaffUser
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS

router = APIRouter(prefix="/drawer")

LINES_SHOWN = 50


@router.get("")
def show_movements(request: Request, staff: StaffDep, session: SessionDep) -> Response:
    """Shows the latest movements, and to managers what Altegio tells of others."""
    movements = (
        select(CashboxOrder, StaffUser.shown_name)
        .outerjoin(StaffUser, StaffUser.id == CashboxOrder.staff_user_id)
        .where(CashboxOrder.kind.in_(MONEY_ORDERS), limit_cashboxes(session, staff.salons, CashboxOrder.cashbox_id))
        .order_by(CashboxOrder.id.desc())
        .limit(LINES_SHOWN)
    )
    return render(
        request,
        "drawer.html",
        offers=list_offers(session, staff.salons) if staff.is_manager else (),
        lines=[show_order(order, name) for order, name in session.execute(movements)],
    )


@router.post("")
def move_cash(
    request: Request, staff: StaffDep, form: StaffFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Takes the form, and leads to where the order is watched. Raises Refused, Crowded."""
    ordered = order_cash(sessions, staff, form, settings.cashier_withdrawal_ceiling)
    if isinstance(ordered, FormErrors):
        with sessions() as session:
            return render_shift(request, session, staff, form, ordered, status=422)
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
