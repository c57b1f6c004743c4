"""Prints a receipt as the register does, on a roll or a sheet; ours is a preview that says "copy"."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError

from api.acquire.access.auth import NotFound
from api.acquire.access.guards import RowIdDep, SessionsDep, StaffDep
from api.acquire.access.salons import Salons
from api.acquire.paper.items import show_to_customer
from api.acquire.paper.layouts import find_layout, order_layout
from api.acquire.show.rendering import render
from api.acquire.visits.views import draw_code
from api.dependencies import SessionDep
from shared.fiscal.statuses import ReceiptState
from shared.logging import get_logger
from shared.queue import FETCH_LAYOUT, publish_task
from shared.storage.models import Cashbox, Receipt, ReceiptPaper
from shared.storage.models.paper.print_layout import PaperForm, PrintLanguage

log = get_logger(__name__)
router = APIRouter()

# How an image of each kind begins in base64; the worker keeps no other.
_IMAGES = {"png": "iVBORw0K", "jpeg": "/9j/", "gif": "R0lGOD", "bmp": "Qk"}

Paper = Annotated[PaperForm, Query()]
Language = Annotated[PrintLanguage, Query()]


@router.get("/receipts/{id}/print")
def show_print(
    request: Request,
    id: RowIdDep,
    staff: StaffDep,
    session: SessionDep,
    sessions: SessionsDep,
    paper: Paper = PaperForm.ROLL_80,
    language: Language = PrintLanguage.OWN,
) -> Response:
    """Shows what is printed. Lines that Webkassa has to be asked for are ordered; its first ones stand in until then."""
    receipt = _get_issued(session, staff.salons, id)
    layout = find_layout(session, id, paper, language)
    if layout is None or not layout.is_wanted:
        _order(request, sessions, id, paper, language)
    copy = None
    if layout is None:
        known = session.query(ReceiptPaper).filter_by(receipt_id=id).one_or_none()
        copy = show_to_customer(receipt, known, session.get_one(Cashbox, receipt.cashbox_id), language)
    return render(
        request,
        "print.html",
        receipt_id=id,
        lines=[show_line(line) for line in layout.lines] if layout else [],
        is_wanted=layout is not None and layout.is_wanted,
        copy=copy,
        paper=paper,
        print_language=language,
        papers=list(PaperForm),
        print_languages=list(PrintLanguage),
    )


@router.get("/receipts/{id}/print/state")
def show_print_state(
    id: RowIdDep,
    staff: StaffDep,
    session: SessionDep,
    paper: Paper = PaperForm.ROLL_80,
    language: Language = PrintLanguage.OWN,
) -> JSONResponse:
    """Answers whether the lines asked for are there, for the page that waits."""
    _get_issued(session, staff.salons, id)
    layout = find_layout(session, id, paper, language)
    is_there = layout is not None and layout.is_wanted
    return JSONResponse({"moving": not is_there}, headers={"Cache-Control": "no-store"})


def _get_issued(session: SessionDep, salons: Salons, receipt_id: int) -> Receipt:
    """Raises NotFound."""
    receipt = session.get(Receipt, receipt_id)
    if receipt is None or not salons.include(receipt.company_id) or receipt.state != ReceiptState.ISSUED:
        raise NotFound
    return receipt


def _order(request: Request, sessions: SessionsDep, receipt_id: int, paper: PaperForm, language: PrintLanguage) -> None:
    layout_id = order_layout(sessions, receipt_id, paper, language)
    if layout_id is None:
        return
    try:
        publish_task(request.app.state.producer, FETCH_LAYOUT, [layout_id])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("broker is away, the print is asked for again", error=type(error).__name__)


def show_line(line: dict[str, Any]) -> dict[str, Any]:
    """Returns a line of a layout as templates print it: codes drawn, images as addresses."""
    if line["kind"] == "code":
        return {**line, "drawn": draw_code(line["value"])}
    if line["kind"] == "image":
        kind = next(kind for kind, beginning in _IMAGES.items() if line["value"].startswith(beginning))
        return {**line, "source": f"data:image/{kind};base64,{line['value']}"}
    return line
