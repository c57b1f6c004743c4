"""Shows the registers, and orders a test of one."""

from uuid import uuid4

from fastapi import APIRouter, Request, Response

from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep
from api.acquire.cashbox.orders import order_check
from api.acquire.pages.orders import publish_order
from api.acquire.registers.listing import list_registers
from api.acquire.show.rendering import redirect, render
from api.dependencies import SessionDep, SettingsDep

router = APIRouter(prefix="/registers")


@router.get("")
def show_registers(request: Request, staff: ManagerDep, session: SessionDep, settings: SettingsDep) -> Response:
    """Shows every register whose money is all of the manager's salons."""
    return render(
        request,
        "registers/list.html",
        registers=list_registers(session, settings, staff.salons),
        key=uuid4(),
        settings=settings,
    )


@router.post("/{id}/check")
def check_register(
    request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep
) -> Response:
    """Has a worker sign in and read the register; leads to where its answer will stand. Raises NotFound, Refused."""
    ordered = order_check(sessions, staff, id, form)
    if ordered.is_new:
        publish_order(request, ordered.order_id)
    return redirect("/acquire/setup" if form.get("from") == "setup" else f"/acquire/registers#register-{id}")
