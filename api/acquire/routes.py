"""Gathers the routes of `/acquire`, the payment page of the staff. Not part of the public API's description."""

from fastapi import APIRouter, Response

from api.acquire.access.auth import NotFound
from api.acquire.live import page as live
from api.acquire.pages import (
    account,
    attention,
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
from api.acquire.show.rendering import redirect
from api.acquire.wire import delivery_page, feed_page
from api.acquire.wire.health import page as health
from api.acquire.wire.replays import page as replays

router = APIRouter(include_in_schema=False)
for page in (sign_in, visits, payment, receipt, returns, attention, shifts, orders, drawer, books, settings, audit, account):
    router.include_router(page.router, prefix="/acquire")
for page in (replays, health, feed_page, delivery_page):
    router.include_router(page.router, prefix="/acquire")
router.include_router(printing.router, prefix="/acquire")
router.include_router(live.router, prefix="/acquire")
router.include_router(customer.router)


@router.get("/acquire/{rest:path}")
def show_nothing(rest: str) -> Response:
    """Answers whatever else somebody types with a page, not with JSON."""
    if rest:
        raise NotFound
    return redirect("/acquire")
