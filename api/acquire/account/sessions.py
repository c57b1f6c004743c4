"""Keeps the sessions of staff in the database: opens, finds, lists and ends them."""

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.hashing import hash_token
from api.acquire.access.salons import Salons
from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import StaffSalon, StaffSession, StaffUser
from shared.storage.models.staff.staff_user import WIDE_ROLES

# A session's last use is written down no more often than this.
TOUCH_EVERY = timedelta(minutes=1)
MAX_DEVICE = 60
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("YaBrowser", "Yandex"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
_companies = (
    select(func.array_agg(StaffSalon.company_id))
    .where(StaffSalon.staff_user_id == StaffUser.id)
    .correlate(StaffUser)
    .scalar_subquery()
    .label("companies")
)


@dataclass(frozen=True, slots=True)
class Place:
    """Says where a browser is: its address, and its user agent in two words."""

    address: str | None
    device: str


def describe_device(user_agent: str) -> str:
    """Returns a browser and its system, such as `Chrome · Android`; else the first words of what it calls itself."""
    found = [next((name for mark, name in known if mark in user_agent), None) for known in (_BROWSERS, _SYSTEMS)]
    told = " · ".join(name for name in found if name)
    return told or re.sub(r"[^\x20-\x7e]", "", user_agent)[:MAX_DEVICE].strip()


def _is_over(settings: Settings) -> ColumnElement[bool]:
    """Of a session joined with its account: limits are by role."""
    idle = case(
        (StaffUser.role.in_(WIDE_ROLES), timedelta(minutes=settings.manager_idle_minutes)),
        else_=timedelta(minutes=settings.cashier_idle_minutes),
    )
    return or_(StaffSession.expires_at <= func.now(), StaffSession.last_seen_at <= func.now() - idle)


def open_session(session: Session, settings: Settings, doer: Doer, role: str, place: Place) -> str:
    """Returns the token of a new session; the caller commits. One planted in the browser before is worth nothing."""
    token = secrets.token_urlsafe(32)
    hours = settings.manager_session_hours if role in WIDE_ROLES else settings.cashier_session_hours
    over = select(StaffSession.id).join(StaffUser, StaffUser.id == StaffSession.staff_user_id).where(_is_over(settings))
    session.execute(delete(StaffSession).where(StaffSession.id.in_(over)))
    session.add(
        StaffSession(
            token_hash=hash_token(token),
            staff_user_id=doer.staff_user_id,
            last_seen_at=func.now(),
            expires_at=func.now() + timedelta(hours=hours),
            address=place.address,
            device=place.device,
        )
    )
    return token


def find_staff(
    sessions: SessionFactory, settings: Settings, token: str, address: str | None, *, is_use: bool
) -> Staff | None:
    """Returns the owner of a session that is still good, unless disabled meanwhile; else None.

    `is_use`: it keeps the session from ending by idleness, as what a page asks by itself does not.
    """
    is_stale = (StaffSession.last_seen_at < func.now() - TOUCH_EVERY).label("is_stale")
    of_user = (StaffUser.role, StaffUser.all_salons, StaffUser.totp_sealed, StaffUser.password_is_temporary, _companies)
    account = (StaffUser.id, StaffUser.login, StaffUser.shown_name, *of_user)
    with sessions() as session:
        row = session.execute(
            select(*account, StaffSession.id.label("session_id"), is_stale)
            .join(StaffSession, StaffSession.staff_user_id == StaffUser.id)
            .where(StaffSession.token_hash == hash_token(token), ~_is_over(settings), StaffUser.disabled_at.is_(None))
        ).first()
        if row is None:
            return None
        if row.is_stale and is_use:
            touched = update(StaffSession).where(StaffSession.id == row.session_id)
            session.execute(touched.values(last_seen_at=func.now(), address=address))
            session.commit()
    return Staff(
        id=row.id,
        login=row.login,
        name=row.shown_name,
        role=row.role,
        token=token,
        session_id=row.session_id,
        salons=Salons.of(row.companies, everywhere=row.all_salons),
        has_second_factor=row.totp_sealed is not None,
        address=address,
        has_temporary_password=row.password_is_temporary,
    )


def find_rights(
    sessions: SessionFactory, settings: Settings, session_ids: Collection[int]
) -> Mapping[int, tuple[str, Salons]]:
    """Returns the roles and salons of those sessions that are still good, for whoever watches many of them."""
    query = (
        select(StaffSession.id, StaffUser.role, StaffUser.all_salons, _companies)
        .join(StaffUser, StaffUser.id == StaffSession.staff_user_id)
        .where(StaffSession.id.in_(session_ids), ~_is_over(settings), StaffUser.disabled_at.is_(None))
    )
    with sessions() as session:
        rows = session.execute(query).all()
    return {row.id: (row.role, Salons.of(row.companies, everywhere=row.all_salons)) for row in rows}


def list_sessions(session: Session, settings: Settings, staff: Staff) -> Sequence[StaffSession]:
    """Returns the sessions of an account that are still good, the one used last first."""
    query = select(StaffSession).join(StaffUser, StaffUser.id == StaffSession.staff_user_id)
    query = query.where(StaffSession.staff_user_id == staff.id, ~_is_over(settings))
    return session.scalars(query.order_by(StaffSession.last_seen_at.desc(), StaffSession.id.desc())).all()


def end_own_session(sessions: SessionFactory, staff: Staff, session_id: int) -> None:
    """Ends one of the account's other sessions. Raises NotFound."""
    is_other = StaffSession.id != staff.session_id
    with sessions.begin() as session:
        if not _end(session, StaffSession.staff_user_id == staff.id, StaffSession.id == session_id, is_other):
            raise NotFound
        audit.record(session, staff.doer, "sessions_ended", ended=1)


def end_other_sessions(session: Session, staff: Staff) -> int:
    """Ends all sessions of the account but the present one and returns how many; the caller commits."""
    return _end(session, StaffSession.staff_user_id == staff.id, StaffSession.id != staff.session_id)


def end_sessions(session: Session, user_id: int) -> None:
    """Ends every session of an account; the caller commits."""
    _end(session, StaffSession.staff_user_id == user_id)


def _end(session: Session, *which: ColumnElement[bool]) -> int:
    return len(session.scalars(delete(StaffSession).where(*which).returning(StaffSession.id)).all())


def sign_out(sessions: SessionFactory, staff: Staff) -> None:
    """Ends the session that this browser holds."""
    with sessions.begin() as session:
        _end(session, StaffSession.id == staff.session_id)
        audit.record(session, staff.doer, "signed_out")
