"""Orders a return, checked under a lock on the sale, so that two managers cannot return more than was sold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg2.errors import UniqueViolation
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.auth import NotFound, Staff
from api.acquire.account.ceiling import AboveCeiling, hold_returns, record_approval
from api.acquire.account.pin import approve
from api.acquire.payment.form import FormErrors, read_form_key
from api.acquire.returns.form import ReturnWish, SoldLine, find_left, read_return
from api.acquire.words.text import Refused, Text
from shared.fiscal.payment_types import read_paid
from shared.fiscal.return_ways import find_ways_left, share_returned
from shared.fiscal.statuses import PaymentKind, ReceiptKind, ReceiptState
from shared.storage.db import SessionFactory
from shared.storage.models import Receipt, ReturnOrder
from shared.storage.models.desk.return_order import ReturnState

# Reads a form against the sale, which is locked by then.
Reader = Callable[[Session, Receipt], ReturnWish | FormErrors]


@dataclass(frozen=True, slots=True)
class Ordered:
    """Names the order of a form. `is_new` is False when this form was sent before."""

    order_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class SaleLeft:
    """Says what of a sale can still be returned: by line, and in each way of payment, in the order in which it goes."""

    lines: list[SoldLine]
    ways: dict[PaymentKind, Decimal]


def order_return(
    sessions: SessionFactory, receipt_id: int, staff: Staff, typed: Mapping[str, str], ceiling: Decimal | None
) -> Ordered | FormErrors:
    """Stores the order of a form, or says what is wrong by field. Raises NotFound, Refused, Crowded.

    The caller publishes a new order after the commit. `ceiling`: what a cashier may return in a day without a manager's PIN.
    """
    return store_order(
        sessions,
        receipt_id,
        staff,
        typed,
        lambda session, sale: read_return(typed, get_returnable_lines(session, sale)),
        ceiling,
    )


def store_order(
    sessions: SessionFactory,
    receipt_id: int,
    staff: Staff,
    typed: Mapping[str, str],
    read: Reader,
    ceiling: Decimal | None = None,
) -> Ordered | FormErrors:
    """Stores what was read of a form, approved by a manager's PIN where a cashier needs that. Raises as `order_return`."""
    try:
        return _store(sessions, receipt_id, staff, typed, read, ceiling, None)
    except AboveCeiling:
        with sessions() as session:
            company_id = session.get_one(Receipt, receipt_id).company_id
        errors = FormErrors()
        approver = approve(sessions, staff, typed, lambda _, salons: salons.include(company_id), errors)
    return errors if approver is None else _store(sessions, receipt_id, staff, typed, read, ceiling, approver)


def _store(
    sessions: SessionFactory,
    receipt_id: int,
    staff: Staff,
    typed: Mapping[str, str],
    read: Reader,
    ceiling: Decimal | None,
    approver: Doer | None,
) -> Ordered | FormErrors:
    try:
        with sessions.begin() as session:
            return _order(session, receipt_id, staff, typed, read, ceiling, approver)
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        with sessions() as session:
            repeated = _find_repeated(session, receipt_id, typed)
        if repeated is None:
            raise
        return repeated


def _order(
    session: Session,
    receipt_id: int,
    staff: Staff,
    typed: Mapping[str, str],
    read: Reader,
    ceiling: Decimal | None,
    approver: Doer | None,
) -> Ordered | FormErrors:
    sale = session.get(Receipt, receipt_id, with_for_update=True)
    if sale is None or not staff.salons.include(sale.company_id):
        raise NotFound
    repeated = _find_repeated(session, receipt_id, typed)
    if repeated is not None:
        return repeated
    wish = read(session, sale)
    if isinstance(wish, FormErrors):
        return wish
    if approver is None:
        hold_returns(session, staff, wish.total, ceiling)
    order = _add(session, sale, staff, wish, approver)
    _record(session, sale, staff, wish, order)
    record_approval(session, approver, staff, f"receipt {sale.id}", sale.company_id, wish.total)
    return Ordered(order.id, is_new=True)


def _add(session: Session, sale: Receipt, staff: Staff, wish: ReturnWish, approver: Doer | None) -> ReturnOrder:
    anew = wish.sold_anew
    order = ReturnOrder(
        receipt_id=sale.id,
        staff_user_id=staff.id,
        approved_by_id=approver.staff_user_id if approver else None,
        total=wish.total,
        form_key=wish.form_key,
        reason=wish.reason,
        reason_code=wish.reason_code,
        lines=wish.lines,
        original_shown=wish.original_shown,
        sold_anew={kind.value: str(amount) for kind, amount in anew.items()} if anew else None,
        sold_anew_as=next(iter(anew)) if anew and len(anew) == 1 else None,
        cash_received=wish.cash_received if anew else None,
    )
    session.add(order)
    session.flush()
    return order


def _record(session: Session, sale: Receipt, staff: Staff, wish: ReturnWish, order: ReturnOrder) -> None:
    told: dict[str, Any] = {"return_order_id": order.id, "total": str(wish.total), "reason": wish.reason_code.value}
    if wish.original_shown:
        told["original_shown"] = wish.original_shown
    if wish.sold_anew:
        told["was"] = {kind.value: str(amount) for kind, amount in read_paid(sale.request).items()}
        told["kinds"] = order.sold_anew
    action = "method_corrected" if wish.sold_anew else "return_ordered"
    audit.record(session, staff.doer, action, f"receipt {sale.id}", company_id=sale.company_id, **told)


def _find_repeated(session: Session, receipt_id: int, typed: Mapping[str, str]) -> Ordered | None:
    known = session.scalar(select(ReturnOrder).where(ReturnOrder.form_key == read_form_key(typed)))
    if known is None:
        return None
    if known.receipt_id != receipt_id:
        raise Refused(Text("This form was used for another receipt. Open the receipt again."))
    return Ordered(known.id, is_new=False)


def get_returnable_lines(session: Session, sale: Receipt) -> list[SoldLine]:
    """Returns the sale's lines with what is left of each. Raises Refused when there is nothing to return."""
    return get_returnable(session, sale).lines


def get_returnable(session: Session, sale: Receipt) -> SaleLeft:
    """Returns what is left of a sale. Raises Refused when there is nothing to return."""
    if sale.kind != ReceiptKind.SALE:
        raise Refused(Text("This is the receipt of a return."))
    if sale.state != ReceiptState.ISSUED:
        raise Refused(Text("Only an issued receipt can be returned."))
    left = _find_sale_left(session, sale)
    if sale.returned or not any(line.left_count for line in left.lines):
        raise Refused(Text("This sale is returned already, or its return is under way."))
    return left


def find_lines(session: Session, sale: Receipt) -> list[SoldLine]:
    """Returns the sale's lines with what is left of each."""
    return _find_sale_left(session, sale).lines


def _find_sale_left(session: Session, sale: Receipt) -> SaleLeft:
    """Orders count until they are refused; a return that Webkassa refused counts no more."""
    rows = session.execute(
        select(
            ReturnOrder.lines, ReturnOrder.total, ReturnOrder.state, Receipt.state.label("receipt_state"), Receipt.request
        )
        .outerjoin(Receipt, Receipt.id == ReturnOrder.return_receipt_id)
        .where(ReturnOrder.receipt_id == sale.id, ReturnOrder.state != ReturnState.REFUSED)
        .order_by(ReturnOrder.id)
    ).all()
    made = [row.request for row in rows if row.request is not None and row.receipt_state != ReceiptState.REJECTED]
    waiting = [row for row in rows if row.state == ReturnState.REQUESTED]
    requested: list[Sequence[Mapping[str, object]]] = [row.lines for row in waiting]
    returned = [position for request in made for position in request["Positions"]]
    ways = find_ways_left(sale.request, made)
    for row in waiting:
        taken = share_returned(row.total or Decimal(0), ways)
        ways = {kind: amount - taken.get(kind, Decimal(0)) for kind, amount in ways.items()}
    return SaleLeft(find_left(sale.request["Positions"], returned, requested), ways)
