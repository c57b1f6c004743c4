"""Gathers the routes of `/acquire`, the payment page of the staff. Not part of the public API's description."""

from fastapi import APIRouter, Response

from api.acquire.access.auth import NotFound
from api.acquire.day import page as day
from api.acquire.live import page as live
from api.acquire.pages import (
    account,
    audit,
    books,
    drawer,
    orders,
    payment,
    receipt,
    returns,
    settings,
    shifts,
    sign_in,
    visits,
)
from api.acquire.paper import customer, printing
from api.acquire.receipts import detail
from api.acquire.receipts import page as receipts
from api.acquire.returns import method_page
from api.acquire.shift import page as shift
from api.acquire.show.rendering import redirect
from api.acquire.tasks import page as tasks

router = APIRouter(include_in_schema=False)
for page in (
    sign_in,
    visits,
    payment,
    receipt,
    returns,
    tasks,
    shift,
    shifts,
    orders,
    drawer,
    day,
    books,
    settings,
    audit,
    account,
):
    router.include_router(page.router, prefix="/acquire")
for page in (printing, receipts, method_page, detail, live):
    router.include_router(page.router, prefix="/acquire")
router.include_router(customer.router)


@router.get("/acquire/{rest:path}")
def show_nothing(rest: str) -> Response:
    """Answers whatever else somebody types with a page, not with JSON."""
    if rest:
        raise NotFound
    return redirect("/acquire")
