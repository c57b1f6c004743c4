"""Signs staff in. A login nobody has costs the same statements, commits and time as a wrong password."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.hashing import hash_token
from api.acquire.access.passwords import is_right
from api.acquire.account.attempts import STRANGERS, Attempt, forgive, take_attempt
from api.acquire.account.candidate import Candidate, SignedIn, let_in
from api.acquire.account.second_step import NeedsCode, give_ticket
from api.acquire.account.sessions import Place
from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import StaffDevice, StaffUser


def normalise_login(login: str) -> str:
    """Returns a login as it is stored: without spaces around it, in small letters."""
    return login.strip().lower()


def sign_in(
    sessions: SessionFactory, settings: Settings, login: str, password: str, place: Place, device: str | None
) -> SignedIn | NeedsCode | None:
    """Opens a session, or asks for a code first; None for a wrong login or password, a disabled account, too many guesses.

    `device`: what the browser was named when somebody signed in on it before.
    """
    with sessions.begin() as session:
        candidate, attempt = _look_up(session, normalise_login(login), device)
    right = is_right(candidate.password_hash if candidate and attempt.is_open else None, password)
    if candidate is None or not right or candidate.is_disabled:
        if attempt.is_open:
            _note_failure(sessions, Doer(candidate.id if candidate else None, place.address), attempt)
        return None
    with sessions.begin() as session:
        forgive(session, attempt)
        if candidate.totp_sealed is not None:
            return give_ticket(settings, candidate)
        return let_in(session, settings, candidate, place, device)


def _look_up(session: Session, login: str, device: str | None) -> tuple[Candidate | None, Attempt]:
    device_hash = hash_token(device or "")
    is_known = exists().where(StaffDevice.staff_user_id == StaffUser.id, StaffDevice.device_hash == device_hash)
    account = (StaffUser.id, StaffUser.role, StaffUser.password_hash, StaffUser.totp_sealed, StaffUser.disabled_at)
    row = session.execute(select(*account, is_known.label("is_known")).where(StaffUser.login == login)).first()
    attempt = take_attempt(session, login, device_hash if row and row.is_known else STRANGERS)
    if row is None:
        return None, attempt
    return Candidate(row.id, row.role, row.password_hash, row.disabled_at is not None, row.totp_sealed), attempt


def _note_failure(sessions: SessionFactory, doer: Doer, attempt: Attempt) -> None:
    with sessions.begin() as session:
        audit.record(session, doer, "sign_in_locked" if attempt.is_last else "sign_in_failed")
