"""Stores what staff order of a cashbox: a report, or cash into or out of its drawer. The worker carries it out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg2.errors import UniqueViolation
from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.auth import Staff
from api.acquire.access.salons import Salons
from api.acquire.account.ceiling import AboveCeiling, hold_withdrawals, record_approval
from api.acquire.account.pin import approve
from api.acquire.cashbox.choice import list_cashboxes, may_use
from api.acquire.payment.form import FormErrors, read_form_key, read_typed_amount
from api.acquire.salon.known import find_company
from api.acquire.shift.queries import read_standings
from api.acquire.words.text import Refused, Text
from shared.fiscal.money import InvalidAmount
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, CashboxOrder, CashCount
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS, OrderKind

MAX_REASON = 200
# What the register takes in one movement.
MAX_AMOUNT = Decimal(999_999_999)
_ROW_ID = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Ordered:
    """Names the order of a form. `is_new` is False when this form was sent before."""

    order_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    form_key: UUID
    kind: OrderKind
    cashbox_id: int
    company_id: int | None
    amount: Decimal | None = None
    reason: str | None = None
    ceiling: Decimal | None = None
    approver: Doer | None = None
    count: CashCount | None = None

    @property
    def external_check_number(self) -> str | None:
        """Webkassa knows a movement of cash by it; the form's key, so that nothing makes a second one."""
        return f"cash_{self.form_key.hex}" if self.amount is not None else None


def order_x_report(sessions: SessionFactory, staff: Staff, typed: Mapping[str, str]) -> Ordered:
    """Stores an order of an X-report. The caller publishes a new one after the commit. Raises Refused."""
    kind, form_key = typed.get("kind", ""), read_form_key(typed)
    with sessions() as session:
        cashbox = _find_cashbox(session, staff.salons, typed)
        company_id = find_company(session, cashbox) if cashbox else None
    if kind != OrderKind.X_REPORT or form_key is None or cashbox is None:
        raise Refused(Text("The page is out of date. Open it again."))
    return _store(sessions, staff, _Wish(form_key, OrderKind.X_REPORT, cashbox.id, company_id))


def order_z_report(sessions: SessionFactory, staff: Staff, count: CashCount, approver: Doer | None) -> Ordered:
    """Stores the one order of a Z-report that comes of a count of the drawer, whoever presses how often."""
    with sessions() as session:
        company_id = find_company(session, session.get_one(Cashbox, count.cashbox_id))
    wish = _Wish(count.form_key, OrderKind.Z_REPORT, count.cashbox_id, company_id, approver=approver, count=count)
    return _store(sessions, staff, wish)


def order_cash(
    sessions: SessionFactory, staff: Staff, typed: Mapping[str, str], ceiling: Decimal | None
) -> Ordered | FormErrors:
    """Stores an order to put cash in or take it out, or says what is wrong by field. Raises Refused, Crowded.

    `ceiling`: what a cashier may take out in a day without a manager's PIN.
    """
    errors = FormErrors()
    with sessions() as session:
        cashbox = _find_cashbox(session, staff.salons, typed)
        company_id = find_company(session, cashbox) if cashbox else None
    if cashbox is None:
        errors.add("cashbox", Text("Choose the cashbox."))
    kind, form_key = typed.get("kind", ""), read_form_key(typed)
    if kind not in MONEY_ORDERS:
        errors.add("kind", Text("Choose whether cash goes in or out."))
    amount = _read_amount(typed, errors)
    if kind == OrderKind.WITHDRAWAL and amount and cashbox and form_key:
        with sessions() as session:
            _hold_to_drawer(session, cashbox, amount, form_key, errors)
    reason = " ".join(typed.get("reason", "").split())
    if len(reason) > MAX_REASON:
        errors.add("reason", Text("The reason is longer than 200 characters."))
    if form_key is None:
        errors.add("amount", Text("The page is out of date. Check the sum and press once more."))
    if errors.by_field or form_key is None or cashbox is None:
        return errors
    wish = _Wish(form_key, OrderKind(kind), cashbox.id, company_id, amount, reason or None, ceiling)
    try:
        return _store(sessions, staff, wish)
    except AboveCeiling:
        approver = approve(sessions, staff, typed, lambda session, salons: may_use(session, salons, cashbox), errors)
    return errors if approver is None else _store(sessions, staff, replace(wish, approver=approver))


def _find_cashbox(session: Session, salons: Salons, typed: Mapping[str, str]) -> Cashbox | None:
    """The one that was chosen; where there is only one, nobody is asked."""
    cashboxes = list_cashboxes(session, salons)
    wanted = typed.get("cashbox", "")
    if not wanted and len(cashboxes) == 1:
        return cashboxes[0]
    return next((cashbox for cashbox in cashboxes if _ROW_ID.fullmatch(wanted) and cashbox.id == int(wanted)), None)


def _read_amount(typed: Mapping[str, str], errors: FormErrors) -> Decimal | None:
    try:
        amount = read_typed_amount(typed.get("amount", "")[:MAX_REASON])
    except InvalidAmount:
        amount = None
    if not amount or amount > MAX_AMOUNT:
        errors.add("amount", Text("Write a sum in tenge, such as 4 000 or 4 000,50."))
    return amount


def _hold_to_drawer(session: Session, cashbox: Cashbox, amount: Decimal, form_key: UUID, errors: FormErrors) -> None:
    """Where Webkassa never told what is in the drawer, it alone can say; a form sent again was checked before."""
    [standing] = read_standings(session, [cashbox])
    was_sent = session.scalar(select(exists().where(CashboxOrder.form_key == form_key)))
    if standing.told is not None and amount > standing.drawer and not was_sent:
        errors.add(
            "amount",
            Text("There are %(sum)s in the drawer. If you see more there, take an X-report first.", sum=standing.drawer),
        )


def _store(sessions: SessionFactory, staff: Staff, wish: _Wish) -> Ordered:
    """One order for one form, whoever sends it how often. Raises Refused when the form was used for something else."""
    try:
        with sessions.begin() as session:
            known = _find_repeated(session, wish)
            return known or _insert(session, staff, wish)
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        with sessions() as session:
            known = _find_repeated(session, wish)
        if known is None:
            raise
        return known


def _insert(session: Session, staff: Staff, wish: _Wish) -> Ordered:
    if wish.kind is OrderKind.WITHDRAWAL and wish.amount is not None and wish.approver is None:
        hold_withdrawals(session, staff, wish.amount, wish.ceiling)
    order = CashboxOrder(
        cashbox_id=wish.cashbox_id,
        kind=wish.kind,
        form_key=wish.form_key,
        ordered_by=f"staff:{staff.login}",
        staff_user_id=staff.id,
        approved_by_id=wish.approver.staff_user_id if wish.approver else None,
        amount=wish.amount,
        reason=wish.reason,
        external_check_number=wish.external_check_number,
    )
    session.add(order)
    session.flush()
    details: dict[str, Any] = {"cashbox_id": wish.cashbox_id}
    if wish.amount is not None:
        details["total"] = str(wish.amount)
    if wish.count is not None:
        session.execute(update(CashCount).where(CashCount.id == wish.count.id).values(order_id=order.id))
        details |= {"counted": str(wish.count.counted), "difference": str(wish.count.difference)}
    subject = f"order {order.id}"
    audit.record(session, staff.doer, f"{wish.kind}_ordered", subject, company_id=wish.company_id, **details)
    record_approval(session, wish.approver, staff, subject, wish.company_id, wish.amount)
    return Ordered(order.id, is_new=True)


def _find_repeated(session: Session, wish: _Wish) -> Ordered | None:
    known = session.scalar(select(CashboxOrder).where(CashboxOrder.form_key == wish.form_key))
    if known is None:
        return None
    if (known.kind, known.cashbox_id, known.amount) != (wish.kind, wish.cashbox_id, wish.amount):
        raise Refused(Text("This form was sent before with other values. Open the page again."))
    return Ordered(known.id, is_new=False)
