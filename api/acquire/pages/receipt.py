"""Shows the issued receipt: what the customer gets to see, scan, print or have sent."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from api.acquire.access.auth import NotFound
from api.acquire.access.guards import RowIdDep, StaffDep
from api.acquire.paper.links import find_customer_links
from api.acquire.paper.sent import list_sent
from api.acquire.returns.order import find_lines
from api.acquire.show.rendering import redirect, render
from api.acquire.visits.desk_page import render_desk
from api.acquire.visits.list_place import ListPlaceDep
from api.acquire.visits.queries import find_visit_of_receipt
from api.acquire.visits.views import show_receipt
from api.dependencies import SessionDep
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import ReceiptKind, ReceiptState
from shared.storage.models import Cashbox, Receipt, ReturnOrder

router = APIRouter()


@router.get("/success/{id}")
def show_success(request: Request, id: RowIdDep, staff: StaffDep, place: ListPlaceDep, session: SessionDep) -> Response:
    """Shows a receipt beside the list, or leads to where it is watched while it is not issued. Raises NotFound."""
    receipt = session.get(Receipt, id)
    if receipt is None or not staff.salons.include(receipt.company_id):
        raise NotFound
    visit = find_visit_of_receipt(session, receipt)
    visit_id = visit.id if visit else None
    if receipt.state != ReceiptState.ISSUED:
        return _show_unissued(request, session, receipt, visit_id)
    cashbox = session.get_one(Cashbox, receipt.cashbox_id)
    is_sale = receipt.kind == ReceiptKind.SALE
    is_returnable = is_sale and not receipt.returned and any(line.left_count for line in find_lines(session, receipt))
    returns = session.scalars(
        select(Receipt).where(Receipt.basis_receipt_id == id, Receipt.state == ReceiptState.ISSUED).order_by(Receipt.id)
    ).all()
    return render_desk(
        request,
        "success.html",
        session,
        staff,
        place,
        receipt=show_receipt(receipt, cashbox),
        visit_id=visit_id,
        client_name=visit.client_name if visit else None,
        links=find_customer_links(session, request.app.state.settings, receipt, cashbox, visit_id),
        sent=list_sent(session, receipt),
        basis_id=receipt.basis_receipt_id,
        may_return=is_returnable,
        returns=returns,
        returned_total=sum((one.total for one in returns), ZERO),
        is_returned=receipt.returned,
    )


def _show_unissued(request: Request, session: SessionDep, receipt: Receipt, visit_id: int | None) -> Response:
    """Not yet: where its visit or its return is watched, if there is such a page."""
    if receipt.kind == ReceiptKind.RETURN:
        order_id = session.scalar(select(ReturnOrder.id).where(ReturnOrder.return_receipt_id == receipt.id))
        if order_id is not None:
            return redirect(f"/acquire/returns/{order_id}")
    elif visit_id is not None:
        return redirect(f"/acquire/visits/{visit_id}/progress")
    return render(request, "unissued.html")
