"""Corrects a wrong way of payment: the whole receipt is returned and the same sale made anew, by one order."""

from collections.abc import Mapping
from uuid import uuid4

from sqlalchemy.orm import Session

from api.acquire.access.auth import Staff
from api.acquire.payment.form import FormErrors, Payment, read_payment
from api.acquire.returns.form import ReturnWish, SoldLine, read_original
from api.acquire.returns.order import Ordered, get_returnable, store_order
from api.acquire.words.text import Refused, Text
from shared.fiscal.payment_types import read_paid
from shared.storage.db import SessionFactory
from shared.storage.models import Receipt
from shared.storage.models.desk.return_order import ReturnReason


def correct_method(
    sessions: SessionFactory, receipt_id: int, staff: Staff, typed: Mapping[str, str]
) -> Ordered | FormErrors:
    """Stores the order, or says what is wrong by field: a cashier needs a manager's PIN. Raises NotFound, Refused, Crowded.

    One row holds the return and how the new sale is paid; the new sale is made in the transaction that notes the return as
    issued, so there are never two sales, and never a return alone.
    """
    return store_order(sessions, receipt_id, staff, typed, lambda session, sale: _read(session, sale, typed))


def _read(session: Session, sale: Receipt, typed: Mapping[str, str]) -> ReturnWish | FormErrors:
    refuse_uncorrectable(session, sale)
    payment = read_ways(typed, sale)
    if isinstance(payment, FormErrors):
        return payment
    return ReturnWish(
        form_key=payment.form_key,
        reason_code=ReturnReason.WRONG_METHOD,
        reason="",
        lines=[],
        total=sale.total,
        original_shown=read_original(typed),
        sold_anew=payment.parts,
        cash_received=payment.cash_received,
    )


def read_ways(typed: Mapping[str, str], sale: Receipt) -> Payment | FormErrors:
    """Returns how the sale was really paid, by the rules of a payment, or what is wrong by field."""
    payment = read_payment({"form_key": str(uuid4()), **typed}, sale.total)
    if isinstance(payment, Payment) and payment.parts == read_paid(sale.request):
        errors = FormErrors()
        errors.add("method", Text("The receipt says that already. Choose how it was really paid."))
        return errors
    return payment


def refuse_uncorrectable(session: Session, sale: Receipt) -> None:
    """Raises Refused unless the sale is issued and nothing of it was returned."""
    lines = get_returnable(session, sale).lines
    if not all(map(_is_untouched, lines)):
        raise Refused(Text("A part of this sale was returned already: return the rest and take the payment anew."))
    if not sale.total:
        raise Refused(Text("Nothing was paid for this sale."))


def _is_untouched(line: SoldLine) -> bool:
    return line.left_count == line.count
