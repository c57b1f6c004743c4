"""Lets managers set a PIN, by which they approve on a cashier's screen what is above the cashier's ceiling."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.auth import Staff
from api.acquire.access.hashing import hash_token
from api.acquire.access.passwords import hash_password, is_right, stand_in_line
from api.acquire.access.salons import Salons
from api.acquire.account.attempts import forgive, take_attempt
from api.acquire.account.password import TOO_MANY, confirm_password
from api.acquire.payment.form import FormErrors
from api.acquire.words.text import Text
from shared.storage.db import SessionFactory
from shared.storage.models import StaffSalon, StaffUser
from shared.storage.models.staff.staff_user import StaffRole

LEAST, MOST = 6, 12
_ROWS_OF_DIGITS = ("01234567890123456789", "98765432109876543210")

# Says whether whoever belongs to these salons may decide about something.
Near = Callable[[Session, Salons], bool]


def set_pin(sessions: SessionFactory, staff: Staff, typed: Mapping[str, str]) -> FormErrors:
    """Stores a manager's PIN, once the password was confirmed; or says what is wrong by field."""
    errors, pin = FormErrors(), typed.get("pin", "").strip()
    if not re.fullmatch(rf"[0-9]{{{LEAST},{MOST}}}", pin):
        errors.add("pin", Text("A PIN has %(least)s to %(most)s digits.", least=LEAST, most=MOST))
    elif len(set(pin)) < 3 or any(pin in row for row in _ROWS_OF_DIGITS):
        errors.add("pin", Text("This PIN is guessed first. Choose another."))
    if errors.by_field:
        return errors
    attempt = confirm_password(sessions, staff, typed.get("current", ""), errors)
    if attempt is not None:
        with sessions.begin() as session:
            forgive(session, attempt)
            session.execute(update(StaffUser).where(StaffUser.id == staff.id).values(pin_hash=hash_password(pin)))
            audit.record(session, staff.doer, "pin_changed")
    return errors


def has_pin(session: Session, staff: Staff) -> bool:
    """Says whether an account has a PIN."""
    return bool(session.scalar(select(StaffUser.pin_hash.is_not(None)).where(StaffUser.id == staff.id)))


def list_approvers(session: Session, salons: Salons) -> Sequence[Any]:
    """Returns `login` and `name` of the managers who have a PIN and belong to one of these salons."""
    placed = select(StaffSalon.staff_user_id).where(salons.allow(StaffSalon.company_id))
    query = select(StaffUser.login, StaffUser.shown_name.label("name")).where(
        StaffUser.role == StaffRole.MANAGER,
        StaffUser.disabled_at.is_(None),
        StaffUser.pin_hash.is_not(None),
        StaffUser.all_salons | StaffUser.id.in_(placed),
    )
    return session.execute(query.order_by(StaffUser.shown_name, StaffUser.login)).all()


def approve(
    sessions: SessionFactory, staff: Staff, typed: Mapping[str, str], is_near: Near, errors: FormErrors
) -> Doer | None:
    """Returns the manager whose PIN was typed beside a cashier's form; else None, with the reason at `pin`.

    `is_near` says whether those who belong to some salons may approve this. Guesses are counted by cashier and manager.
    Raises Crowded.
    """
    login, pin = typed.get("approver", "").strip().lower(), typed.get("pin", "").strip()
    if not pin:
        errors.add("pin", Text("A manager has to approve this: ask them to type their PIN here."))
        return None
    with stand_in_line(is_known=True):
        with sessions.begin() as session:
            attempt = take_attempt(session, login, hash_token(f"pin at the desk of {staff.id}"))
            manager = _find_manager(session, login, is_near)
        is_theirs = is_right(manager.pin_hash if manager and attempt.is_open else None, pin)
    with sessions.begin() as session:
        if manager is not None and is_theirs:
            forgive(session, attempt)
            return Doer(manager.id, staff.address)
        audit.record(session, staff.doer, "approval_refused", f"staff {manager.id}" if manager else None)
    errors.add("pin", Text("The PIN does not fit.") if attempt.is_open else TOO_MANY)
    return None


def _find_manager(session: Session, login: str, is_near: Near) -> StaffUser | None:
    manager = session.scalar(
        select(StaffUser).where(
            StaffUser.login == login,
            StaffUser.role == StaffRole.MANAGER,
            StaffUser.disabled_at.is_(None),
            StaffUser.pin_hash.is_not(None),
        )
    )
    if manager is None:
        return None
    placed = select(func.array_agg(StaffSalon.company_id)).where(StaffSalon.staff_user_id == manager.id)
    salons = Salons.of(session.scalar(placed), everywhere=manager.all_salons)
    return manager if is_near(session, salons) else None
