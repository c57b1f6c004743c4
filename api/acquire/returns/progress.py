"""Says where a return stands, and the new sale after one that corrects the way of payment."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from api.acquire.access.auth import NotFound
from api.acquire.access.salons import Salons
from api.acquire.visits.states import LABELS, VisitState
from api.acquire.visits.views import Progress, is_slow
from api.acquire.words.advice import explain, explain_refused_return
from api.acquire.words.text import Text
from shared.storage.models import Receipt, ReturnOrder


def find_return(session: Session, salons: Salons, order_id: int) -> Any:
    """Returns the order with how its return receipt is doing, and the sale made anew after it. Raises NotFound."""
    sale, anew = aliased(Receipt), aliased(Receipt)
    row = session.execute(
        select(
            ReturnOrder.receipt_id,
            ReturnOrder.state,
            ReturnOrder.refusal,
            ReturnOrder.created_at,
            ReturnOrder.return_receipt_id,
            ReturnOrder.is_correction.label("is_correction"),
            Receipt.state.label("receipt_state"),
            Receipt.attempts,
            Receipt.next_attempt_at,
            Receipt.error_code,
            Receipt.error_text,
            anew.id.label("anew_id"),
            anew.state.label("anew_state"),
            anew.next_attempt_at.label("anew_next_attempt_at"),
            anew.error_code.label("anew_error_code"),
            anew.error_text.label("anew_error_text"),
        )
        .join(sale, sale.id == ReturnOrder.receipt_id)
        .outerjoin(Receipt, Receipt.id == ReturnOrder.return_receipt_id)
        .outerjoin(anew, anew.replaces_id == ReturnOrder.receipt_id)
        .where(ReturnOrder.id == order_id, salons.allow(sale.company_id))
    ).first()
    if row is None:
        raise NotFound
    return row


def show_return_progress(row: Any) -> Progress:
    """Returns where a return stands. `row` is of `find_return`."""
    if row.state == "refused":
        advice = explain_refused_return(None, row.refusal)
        return Progress("attention", Text("Refused"), Text("The return was refused."), True, None, advice, row.refusal)
    if row.receipt_state == "issued":
        return _show_anew(row) if row.is_correction else _show_issued(row.return_receipt_id)
    if _is_given_up(row.receipt_state, row.next_attempt_at):
        text = Text("The return receipt was not issued: a person is needed.")
        return _show_trouble(text, row.error_code, row.error_text)
    if is_slow(row.created_at):
        text = Text("Webkassa is slow just now. The return is saved and its receipt will be issued by itself.")
    elif row.receipt_state is None or not row.attempts:
        text = Text("The return is saved. Its receipt waits for its turn at the cashbox.")
    else:
        text = Text("The return is saved. Webkassa is making its receipt.")
    state = VisitState.QUEUED if row.receipt_state is None else VisitState.SENDING
    return Progress(state, LABELS[state], text, False)


def _show_issued(return_receipt_id: int) -> Progress:
    text = Text("The return receipt is issued.")
    return Progress("issued", Text("Returned"), text, True, f"/acquire/receipts/{return_receipt_id}")


def _show_anew(row: Any) -> Progress:
    if row.anew_state == "issued":
        text = Text("The way of payment is corrected.")
        return Progress("issued", Text("Corrected"), text, True, f"/acquire/receipts/{row.anew_id}")
    if _is_given_up(row.anew_state, row.anew_next_attempt_at):
        text = Text("The first receipt is returned, but the new one was not issued: a person is needed.")
        return _show_trouble(text, row.anew_error_code, row.anew_error_text)
    state, text = VisitState.SENDING, Text("The first receipt is returned. Webkassa is making the new one.")
    return Progress(state, LABELS[state], text, False)


def _is_given_up(state: str | None, next_attempt_at: Any) -> bool:
    return state == "rejected" or (state == "unknown" and next_attempt_at is None)


def _show_trouble(text: Text, code: str | None, words: str | None) -> Progress:
    return Progress("attention", LABELS[VisitState.ATTENTION], text, True, None, explain(code), words)
