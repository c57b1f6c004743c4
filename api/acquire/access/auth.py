"""Signs staff in, with lock-out, keeps their sessions in the database, and signs them out."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.passwords import is_right
from api.acquire.access.salons import Salons
from shared.storage.db import SessionFactory
from shared.storage.models import StaffSalon, StaffSession, StaffUser
from shared.storage.models.desk.staff_user import StaffRole

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)
IDLE_AFTER = timedelta(hours=2)
# A session's last use is written down no more often than this.
TOUCH_EVERY = timedelta(minutes=1)
_IS_OVER = or_(StaffSession.expires_at <= func.now(), StaffSession.last_seen_at <= func.now() - IDLE_AFTER)

_companies = (
    select(func.array_agg(StaffSalon.company_id))
    .where(StaffSalon.staff_user_id == StaffUser.id)
    .correlate(StaffUser)
    .scalar_subquery()
    .label("companies")
)


class NotSignedIn(Exception):
    """Raised without a session, or with one that has ended."""


class NotAllowed(Exception):
    """Raised for somebody who is signed in where only managers may go."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Describes a signed-in member of staff; `token` is what the cookie holds, `address` where the request came from."""

    id: int
    login: str
    role: str
    token: str
    salons: Salons
    address: str | None

    @property
    def is_manager(self) -> bool:
        return self.role == StaffRole.MANAGER

    @property
    def doer(self) -> Doer:
        return Doer(self.id, self.address)


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: int
    password_hash: str
    is_disabled: bool


def normalise_login(login: str) -> str:
    """Returns a login as it is stored: without spaces around it, in small letters."""
    return login.strip().lower()


def sign_in(sessions: SessionFactory, login: str, password: str, address: str | None) -> str | None:
    """Opens a session and returns its token; None when login or password is wrong, or the account is locked or disabled."""
    candidate = _take_attempt(sessions, normalise_login(login))
    right = is_right(candidate.password_hash if candidate else None, password)
    if candidate is None:
        return None
    if not right or candidate.is_disabled:
        _note_failure(sessions, Doer(candidate.id, address))
        return None
    return _open_session(sessions, Doer(candidate.id, address))


def _take_attempt(sessions: SessionFactory, login: str) -> _Candidate | None:
    """Counts the attempt before the password is looked at: guesses sent all at once get no more than the limit."""
    lock_is_over = StaffUser.locked_until <= func.now()
    failures = case((lock_is_over, 1), else_=StaffUser.failed_sign_ins + 1)
    with sessions.begin() as session:
        row = session.execute(
            update(StaffUser)
            .where(StaffUser.login == login, or_(StaffUser.locked_until.is_(None), lock_is_over))
            .values(
                failed_sign_ins=failures,
                locked_until=case((failures >= MAX_FAILURES, func.now() + LOCKED_FOR), else_=None),
            )
            .returning(StaffUser.id, StaffUser.password_hash, StaffUser.disabled_at)
        ).first()
    return _Candidate(row.id, row.password_hash, row.disabled_at is not None) if row else None


def _note_failure(sessions: SessionFactory, doer: Doer) -> None:
    with sessions.begin() as session:
        locked = session.scalar(select(StaffUser.locked_until > func.now()).where(StaffUser.id == doer.staff_user_id))
        audit.record(session, doer, "sign_in_locked" if locked else "sign_in_failed")


def _open_session(sessions: SessionFactory, doer: Doer) -> str:
    """Always a new token: one that was planted in the browser before is worth nothing."""
    token = secrets.token_urlsafe(32)
    now, user_id = func.now(), doer.staff_user_id
    with sessions.begin() as session:
        session.execute(update(StaffUser).where(StaffUser.id == user_id).values(failed_sign_ins=0, locked_until=None))
        session.execute(delete(StaffSession).where(_IS_OVER))
        session.add(
            StaffSession(token_hash=_hash(token), staff_user_id=user_id, last_seen_at=now, expires_at=now + SESSION_LASTS)
        )
        audit.record(session, doer, "signed_in")
    return token


def find_staff(sessions: SessionFactory, token: str, address: str | None) -> Staff | None:
    """Returns the owner of a session that is still good, unless disabled meanwhile; else None."""
    is_stale = (StaffSession.last_seen_at < func.now() - TOUCH_EVERY).label("is_stale")
    with sessions() as session:
        row = session.execute(
            select(StaffUser.id, StaffUser.login, StaffUser.role, StaffUser.all_salons, _companies, is_stale)
            .join(StaffSession, StaffSession.staff_user_id == StaffUser.id)
            .where(StaffSession.token_hash == _hash(token), ~_IS_OVER, StaffUser.disabled_at.is_(None))
        ).first()
        if row is None:
            return None
        if row.is_stale:
            touched = update(StaffSession).where(StaffSession.token_hash == _hash(token))
            session.execute(touched.values(last_seen_at=func.now()))
            session.commit()
    salons = Salons.of(row.companies, everywhere=row.all_salons)
    return Staff(row.id, row.login, row.role, token, salons, address)


def sign_out(sessions: SessionFactory, staff: Staff) -> None:
    """Ends the session that this browser holds."""
    with sessions.begin() as session:
        session.execute(delete(StaffSession).where(StaffSession.token_hash == _hash(staff.token)))
        audit.record(session, staff.doer, "signed_out")


def end_sessions(session: Session, user_id: int) -> None:
    """Ends every session of an account; the caller commits."""
    session.execute(delete(StaffSession).where(StaffSession.staff_user_id == user_id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
