"""Shows one delivery as a line of steps; personal data only to those who may see it, and who is written down."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.acquire.access import audit
from api.acquire.access.guards import ReplayerDep, ReplayerFormDep, RowIdDep, SessionsDep, WatcherDep
from api.acquire.show.rendering import redirect, render
from api.acquire.visits.views import is_web_address
from api.acquire.wire.delivery import load_delivery
from api.acquire.wire.feed_page import HOME
from api.acquire.wire.masks import mask_body
from api.acquire.wire.shown import allow_showing, may_see
from api.acquire.wire.timeline import tell
from api.acquire.wire.words.labels import STATES, name_resource
from api.dependencies import SessionDep, SettingsDep
from shared.logging import MASK, mask
from shared.replay import REPLAYABLE

router = APIRouter(prefix="/wire")


@router.get("/{id}")
def show_delivery(
    request: Request, id: RowIdDep, staff: WatcherDep, session: SessionDep, settings: SettingsDep, shown: str = ""
) -> Response:
    """Shows what became of a delivery, step by step. Raises NotFound."""
    delivery = load_delivery(session, staff.salons, id)
    is_shown = may_see(settings, staff, id, shown)
    steps = tell(delivery, _unmask, _as_is) if is_shown else tell(delivery, _mask)
    receipt = delivery.receipt
    address = receipt.receipt_url if receipt is not None else None
    return render(
        request,
        "wire/delivery.html",
        row=delivery.row,
        receipt=receipt,
        about=name_resource(delivery.row.resource),
        label=STATES[delivery.row.state],
        steps=steps,
        others=[(row, STATES[row.state]) for row in delivery.others],
        is_shown=is_shown,
        may_replay=staff.may_replay and delivery.row.state in REPLAYABLE and delivery.row.emptied_at is None,
        address=address if is_web_address(address) else None,
    )


@router.post("/{id}/show")
def show_personal_data(
    id: RowIdDep, staff: ReplayerDep, _: ReplayerFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Writes down who wants to see personal data of a delivery, then leads to it. Raises NotFound, NotAllowed."""
    with sessions.begin() as session:
        row = load_delivery(session, staff.salons, id).row
        audit.record(session, staff.doer, "delivery_shown", f"delivery {id}", company_id=row.company_id)
    return redirect(f"{HOME}/{id}?shown={allow_showing(settings, staff, id)}")


def _mask(value: Any) -> Any:
    """What could not be read as JSON may hold anything anywhere."""
    return MASK if isinstance(value, str) else mask_body(value)


def _unmask(value: Any) -> Any:
    """Secrets stay hidden from everybody."""
    return mask(value, personal=False)


def _as_is(text: str | None) -> str | None:
    return text
