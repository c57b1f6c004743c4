"""Shows how an order at a cashbox is doing, and the report it brought."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.guards import RowIdDep, StaffDep
from api.acquire.cashbox.choice import may_use
from api.acquire.cashbox.views import show_order_progress, show_report
from api.acquire.shift.counts import find_count
from api.acquire.show.rendering import redirect, render
from api.acquire.show.waiting import show_waiting, tell_state
from api.acquire.words.text import Text
from api.dependencies import SessionDep
from shared.logging import get_logger
from shared.queue import CARRY_OUT, publish_task
from shared.storage.models import Cashbox, CashboxOrder
from shared.storage.models.desk.cashbox_order import OrderKind

log = get_logger(__name__)
router = APIRouter(prefix="/orders")


def publish_order(request: Request, order_id: int) -> None:
    """Asks the workers to carry the order out. A message that is lost is made good by the dispatcher."""
    try:
        publish_task(request.app.state.producer, CARRY_OUT, [order_id])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("broker is away, the order is left to the dispatcher", error=type(error).__name__)


@router.get("/{id}")
def watch_order(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows how the order is doing, or leads on where it is done. Raises NotFound."""
    order = _get_order(session, id, staff)
    return show_waiting(
        request,
        show_order_progress(order),
        state=f"/acquire/orders/{id}/state",
        back="/acquire/shift",
        back_label=Text("To the shift"),
    )


@router.get("/{id}/state")
def show_order_state(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> JSONResponse:
    """Answers the same as JSON, for the page that waits."""
    return tell_state(request, show_order_progress(_get_order(session, id, staff)))


@router.get("/{id}/report")
def show_ordered_report(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows the report that was ordered."""
    order = _get_order(session, id, staff)
    if not order.result or order.kind not in (OrderKind.X_REPORT, OrderKind.Z_REPORT):
        return redirect("/acquire/shift")
    return render(
        request, "report.html", report=show_report(order.result), shift=None, count=find_count(session, order_id=id)
    )


def _get_order(session: Session, order_id: int, staff: Staff) -> CashboxOrder:
    """Raises NotFound."""
    order = session.get(CashboxOrder, order_id)
    if order is None or not may_use(session, staff.salons, session.get_one(Cashbox, order.cashbox_id)):
        raise NotFound
    return order
