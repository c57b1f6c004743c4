"""Takes the count of a drawer: the sum somebody counted, or how many of each note; then why it differs.

A count is kept with what was expected at that moment. It is good for one Z-report, as long as that expectation stands.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg2.errors import UniqueViolation
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound, Staff
from api.acquire.cashbox.choice import list_cashboxes
from api.acquire.payment.form import FormErrors, read_form_key, read_typed_amount
from api.acquire.salon.known import find_company
from api.acquire.shift.queries import Standing, read_standings
from api.acquire.words.text import Refused, Text
from shared.fiscal.money import ZERO, InvalidAmount
from shared.storage.db import SessionFactory
from shared.storage.models import CashCount

NOTES = (20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100)
MAX_REASON = 200
MAX_COUNTED = Decimal(999_999_999)
_PIECES = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Counted:
    """Holds what was counted; `notes` is None where one sum was typed."""

    total: Decimal
    notes: dict[str, Any] | None


def read_counted(typed: Mapping[str, str], errors: FormErrors) -> Counted | None:
    """Returns what a form says was counted, else None with what is wrong: by notes, or as one sum, not both."""
    pieces = {note: typed.get(f"note_{note}", "").strip() for note in NOTES}
    coins, total = _read_sum("coins", typed, errors), _read_sum("counted", typed, errors)
    for note, said in pieces.items():
        if said and not _PIECES.fullmatch(said):
            errors.add(f"note_{note}", Text("Write how many there are."))
    if errors.by_field:
        return None
    is_by_notes = any(pieces.values()) or coins is not None
    by_notes = sum((note * Decimal(said or 0) for note, said in pieces.items()), coins or ZERO)
    if total is None and not is_by_notes:
        errors.add("counted", Text("Write how much was counted; 0 where the drawer is empty."))
    elif total is not None and is_by_notes and total != by_notes:
        errors.add("counted", Text("The notes add up to %(sum)s.", sum=by_notes))
    if errors.by_field:
        return None
    if not is_by_notes:
        return Counted(total or ZERO, None)
    return Counted(by_notes, {**{str(note): int(said) for note, said in pieces.items() if said}, "coins": str(coins or 0)})


def _read_sum(name: str, typed: Mapping[str, str], errors: FormErrors) -> Decimal | None:
    try:
        amount = read_typed_amount(typed.get(name, "")[:MAX_REASON])
    except InvalidAmount:
        amount = MAX_COUNTED + 1
    if amount is not None and amount > MAX_COUNTED:
        errors.add(name, Text("Write a sum in tenge, such as 4 000 or 4 000,50."))
    return amount


def find_standing(session: Session, staff: Staff, cashbox_id: int) -> Standing:
    """Returns how a register stands whose money is this person's to see. Raises NotFound."""
    cashbox = next((one for one in list_cashboxes(session, staff.salons) if one.id == cashbox_id), None)
    if cashbox is None:
        raise NotFound
    return read_standings(session, [cashbox])[0]


def store_count(sessions: SessionFactory, staff: Staff, cashbox_id: int, typed: Mapping[str, str]) -> int | FormErrors:
    """Keeps a count and returns its id, once for each form. Raises NotFound, Refused where no shift is open."""
    errors = FormErrors()
    counted, form_key = read_counted(typed, errors), read_form_key(typed)
    if form_key is None:
        errors.add("counted", Text("The page is out of date. Check the sum and press once more."))
    if counted is None or form_key is None:
        return errors
    try:
        with sessions.begin() as session:
            standing = find_standing(session, staff, cashbox_id)
            if standing.shift is None:
                raise Refused(Text("No shift is open: there is nothing to close."))
            count = CashCount(
                cashbox_id=cashbox_id,
                shift_id=standing.shift.id,
                staff_user_id=staff.id,
                form_key=form_key,
                expected=standing.drawer,
                counted=counted.total,
                notes=counted.notes,
            )
            session.add(count)
            session.flush()
            _note(session, staff, count, find_company(session, standing.cashbox))
            return int(count.id)
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        return _find_same(sessions, cashbox_id, form_key)


def _find_same(sessions: SessionFactory, cashbox_id: int, form_key: Any) -> int:
    with sessions() as session:
        known = session.scalar(
            select(CashCount.id).where(CashCount.form_key == form_key, CashCount.cashbox_id == cashbox_id)
        )
    if known is None:
        raise Refused(Text("This form was sent before with other values. Open the page again."))
    return known


def _note(session: Session, staff: Staff, count: CashCount, company_id: int | None) -> None:
    sums = {"counted": str(count.counted), "expected": str(count.expected), "difference": str(count.difference)}
    audit.record(session, staff.doer, "cash_counted", f"cashbox {count.cashbox_id}", company_id=company_id, **sums)


def check_count(sessions: SessionFactory, count: CashCount, typed: Mapping[str, str]) -> FormErrors:
    """Keeps why the count differs; without a difference nothing has to be said."""
    errors, reason = FormErrors(), " ".join(typed.get("reason", "").split())
    if len(reason) > MAX_REASON:
        errors.add("reason", Text("The reason is longer than 200 characters."))
    elif count.difference and not reason:
        errors.add("reason", Text("Say in a word why it differs."))
    if not errors.by_field:
        with sessions.begin() as session:
            kept = session.get_one(CashCount, count.id)
            kept.reason, kept.checked_at = reason or None, func.now()
    return errors
