"""Signs staff in. A login nobody has costs the same statements, commits and time as a wrong password."""

import secrets
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.hashing import hash_token
from api.acquire.access.passwords import is_right
from api.acquire.account.attempts import STRANGERS, Attempt, forgive, take_attempt
from api.acquire.account.devices import remember_device
from api.acquire.account.sessions import Place, open_session
from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import StaffDevice, StaffUser


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Holds what the browser keeps from now on: the token of its session, and its own name."""

    token: str
    device: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: int
    role: str
    password_hash: str
    is_disabled: bool


def normalise_login(login: str) -> str:
    """Returns a login as it is stored: without spaces around it, in small letters."""
    return login.strip().lower()


def sign_in(
    sessions: SessionFactory, settings: Settings, login: str, password: str, place: Place, device: str | None
) -> SignedIn | None:
    """Opens a session; None when login or password is wrong, the account is disabled, or guessed at too often.

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
        return _let_in(session, settings, candidate, place, device or secrets.token_urlsafe(16))


def _look_up(session: Session, login: str, device: str | None) -> tuple[_Candidate | None, Attempt]:
    device_hash = hash_token(device or "")
    is_known = exists().where(StaffDevice.staff_user_id == StaffUser.id, StaffDevice.device_hash == device_hash)
    account = (StaffUser.id, StaffUser.role, StaffUser.password_hash, StaffUser.disabled_at)
    row = session.execute(select(*account, is_known.label("is_known")).where(StaffUser.login == login)).first()
    attempt = take_attempt(session, login, device_hash if row and row.is_known else STRANGERS)
    if row is None:
        return None, attempt
    return _Candidate(row.id, row.role, row.password_hash, row.disabled_at is not None), attempt


def _note_failure(sessions: SessionFactory, doer: Doer, attempt: Attempt) -> None:
    with sessions.begin() as session:
        audit.record(session, doer, "sign_in_locked" if attempt.is_last else "sign_in_failed")


def _let_in(session: Session, settings: Settings, candidate: _Candidate, place: Place, device: str) -> SignedIn:
    doer = Doer(candidate.id, place.address)
    remember_device(session, candidate.id, hash_token(device))
    audit.record(session, doer, "signed_in")
    return SignedIn(open_session(session, settings, doer, candidate.role, place), device)
