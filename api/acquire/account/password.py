"""Changes one's own password: the old one is asked for, and every other session ends."""

from collections.abc import Mapping

from sqlalchemy import func, select, update

from api.acquire.access import audit
from api.acquire.access.auth import Staff
from api.acquire.access.hashing import hash_token
from api.acquire.access.passwords import hash_password, is_right
from api.acquire.account.attempts import Attempt, forgive, take_attempt
from api.acquire.account.password_rules import find_weakness
from api.acquire.account.sessions import Place, end_sessions, open_session
from api.acquire.payment.form import FormErrors
from api.acquire.words.text import Text
from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import StaffUser

TOO_MANY = Text("Too many wrong ones: try again in 15 minutes.")


def change_password(
    sessions: SessionFactory, settings: Settings, staff: Staff, typed: Mapping[str, str], place: Place
) -> str | FormErrors:
    """Stores a new password and returns the token of the session that goes on; or says what is wrong by field."""
    errors, new = FormErrors(), typed.get("new", "")
    weakness = find_weakness(staff.login, new)
    if weakness is not None:
        errors.add("new", weakness)
    elif staff.has_temporary_password and new == typed.get("current", ""):
        errors.add("new", Text("Choose another one than the password you were given."))
    if typed.get("again", "") != new:
        errors.add("again", Text("The two are not the same."))
    if errors.by_field:
        return errors
    attempt = confirm_password(sessions, staff, typed.get("current", ""), errors)
    if attempt is None:
        return errors
    password_hash = hash_password(new)
    with sessions.begin() as session:
        forgive(session, attempt)
        values = {"password_hash": password_hash, "password_is_temporary": False, "updated_at": func.now()}
        session.execute(update(StaffUser).where(StaffUser.id == staff.id).values(values))
        end_sessions(session, staff.id)
        audit.record(session, staff.doer, "password_changed")
        return open_session(session, settings, staff.doer, staff.role, place)


def confirm_password(sessions: SessionFactory, staff: Staff, typed: str, errors: FormErrors) -> Attempt | None:
    """Returns the attempt to be forgiven where the account's password was typed; else None, with the reason at `current`.

    Guesses are counted by session: whoever found a tablet unlocked gets a few, and locks nobody out.
    """
    with sessions.begin() as session:
        attempt = take_attempt(session, staff.login, hash_token(staff.token))
        known = session.scalar(select(StaffUser.password_hash).where(StaffUser.id == staff.id))
    if not attempt.is_open:
        errors.add("current", TOO_MANY)
        return None
    if is_right(known, typed):
        return attempt
    with sessions.begin() as session:
        audit.record(session, staff.doer, "password_not_confirmed")
    errors.add("current", Text("This is not your password."))
    return None
