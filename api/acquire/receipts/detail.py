"""Shows one receipt of any kind: as the register prints it, what became of it, and what can be done with it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.guards import RowIdDep, SessionsDep, StaffDep, StaffFormDep, get_language
from api.acquire.paper.items import show_to_customer
from api.acquire.paper.layouts import find_layout
from api.acquire.paper.links import find_customer_links
from api.acquire.paper.printing import show_line
from api.acquire.receipts.queries import find_standing
from api.acquire.receipts.send import can_send_again, list_messages, send_again
from api.acquire.receipts.states import SORT_LABELS, STANDING_LABELS, ReceiptSort, Standing
from api.acquire.receipts.timeline import tell_story
from api.acquire.returns.hand_backs import TO_DO, list_hand_backs, tick
from api.acquire.returns.order import find_lines
from api.acquire.show.rendering import redirect, render
from api.acquire.visits.queries import find_visit_of_receipt
from api.acquire.visits.views import draw_code, is_web_address
from api.acquire.words.advice import explain, explain_return_due
from api.acquire.words.text import Text
from api.dependencies import SessionDep
from shared.fiscal.statuses import PaymentKind, ReceiptKind, ReceiptState
from shared.logging import get_logger
from shared.queue import DELIVER, publish_task
from shared.storage.models import Cashbox, Receipt, ReceiptPaper
from shared.storage.models.paper.print_layout import PaperForm, PrintLanguage

log = get_logger(__name__)
router = APIRouter()


@router.get("/receipts/{id}")
def show_receipt(request: Request, id: RowIdDep, staff: StaffDep, session: SessionDep) -> Response:
    """Shows a receipt of any kind and state. Raises NotFound."""
    receipt = _get(session, staff, id)
    cashbox = session.get_one(Cashbox, receipt.cashbox_id)
    visit = find_visit_of_receipt(session, receipt)
    visit_id = visit.id if visit is not None else None
    messages = list_messages(session, id)
    is_issued = receipt.state == ReceiptState.ISSUED
    links = find_customer_links(session, request.app.state.settings, receipt, cashbox, visit_id) if is_issued else None
    row = find_standing(session, id)
    address = receipt.receipt_url if is_web_address(receipt.receipt_url) else None
    return render(
        request,
        "receipt.html",
        receipt=receipt,
        visit_id=visit_id,
        client=row.client_name,
        sort=SORT_LABELS[ReceiptSort(row.sort)],
        state=row.standing,
        label=STANDING_LABELS[Standing(row.standing)],
        trouble=explain(receipt.error_code) if row.standing == Standing.REFUSED else None,
        due=explain_return_due(receipt.return_due_reason) if row.standing == Standing.RETURN_DUE else None,
        events=tell_story(session, receipt),
        hand_backs=_show_hand_backs(session, receipt),
        links=links,
        address=address,
        code=draw_code(address) if address else None,
        can_send=is_issued and can_send_again(messages),
        **_find_paper(session, receipt, cashbox, get_language(request)),
        **_find_rights(session, receipt),
    )


@router.post("/receipts/{id}/send")
def take_send(request: Request, id: RowIdDep, staff: StaffDep, _: StaffFormDep, sessions: SessionsDep) -> Response:
    """Has the receipt sent to its customer again. Raises NotFound, Refused."""
    send_again(sessions, id, staff)
    try:
        publish_task(request.app.state.producer, DELIVER, [])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("broker is away, messages are left to the dispatcher", error=type(error).__name__)
    return redirect(f"/acquire/receipts/{id}")


@router.post("/receipts/hand-backs/{id}/tick")
def take_tick(id: RowIdDep, staff: StaffDep, _: StaffFormDep, sessions: SessionsDep) -> Response:
    """Notes that money of a return was given back. Raises NotFound."""
    return redirect(f"/acquire/receipts/{tick(sessions, id, staff)}")


def _get(session: Session, staff: Staff, receipt_id: int) -> Receipt:
    receipt = session.get(Receipt, receipt_id)
    if receipt is None or not staff.salons.include(receipt.company_id):
        raise NotFound
    return receipt


def _find_paper(session: Session, receipt: Receipt, cashbox: Cashbox, language: str) -> dict[str, Any]:
    """The lines of the register, else our copy of what was sent to it."""
    layout = find_layout(session, receipt.id, PaperForm.ROLL_80, PrintLanguage.OWN)
    if layout is not None:
        return {"lines": [show_line(line) for line in layout.lines], "copy": None}
    paper = session.scalar(select(ReceiptPaper).where(ReceiptPaper.receipt_id == receipt.id))
    return {"lines": [], "copy": show_to_customer(receipt, paper, cashbox, language)}


def _find_rights(session: Session, receipt: Receipt) -> dict[str, bool]:
    """What may be done now: a return of what is left, a correction only of the whole."""
    is_open = receipt.kind == ReceiptKind.SALE and receipt.state == ReceiptState.ISSUED and not receipt.returned
    left = find_lines(session, receipt) if is_open else []
    may_return = any(line.left_count for line in left)
    is_whole = all(line.left_count == line.count for line in left)
    return {"may_return": may_return, "may_correct": may_return and is_whole and receipt.total > 0}


def _show_hand_backs(session: Session, receipt: Receipt) -> list[tuple[Any, Text]]:
    """Of this return, or of the returns of this sale."""
    if receipt.kind == ReceiptKind.RETURN:
        returns = [receipt.id] if receipt.state == ReceiptState.ISSUED else []
    else:
        issued = select(Receipt.id).where(Receipt.basis_receipt_id == receipt.id, Receipt.state == ReceiptState.ISSUED)
        returns = list(session.scalars(issued))
    rows = list_hand_backs(session, returns) if returns else []
    return [(row, Text(TO_DO[PaymentKind(row.kind)].msgid, sum=row.amount)) for row in rows]
