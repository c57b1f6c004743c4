"""Lists accounts as a manager may see them: those who belong to one of the manager's salons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, true
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.hashing import hash_token
from api.acquire.access.salons import Salons
from api.acquire.salon.known import find_known_salons
from api.acquire.words.text import Text
from shared.storage.models import Cashbox, SignInAttempt, StaffDevice, StaffSalon, StaffSession, StaffUser
from shared.storage.models.staff.staff_user import StaffRole

# By the word of the role, so that one that is new here has a name as soon as somebody writes it down.
ROLE_LABELS: Mapping[str, Text] = {
    "cashier": Text("Cashier"),
    "manager": Text("Manager"),
    "ops": Text("Service operator"),
    "ops_replay": Text("Service operator who may repeat"),
}
# Roles that a manager of some salons may give; the others are not of salons.
_OF_SALONS = (StaffRole.CASHIER, StaffRole.MANAGER)

_companies = (
    select(func.array_agg(StaffSalon.company_id))
    .where(StaffSalon.staff_user_id == StaffUser.id)
    .correlate(StaffUser)
    .scalar_subquery()
)
# A session is forgotten when it has ended; the browser that it was on is known for longer.
_last_seen = func.greatest(
    *(
        select(func.max(moment)).where(owner == StaffUser.id).correlate(StaffUser).scalar_subquery()
        for moment, owner in (
            (StaffSession.last_seen_at, StaffSession.staff_user_id),
            (StaffDevice.used_at, StaffDevice.staff_user_id),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Person:
    """Describes an account. `is_ours`: whoever looks may change it, since all of its salons are theirs."""

    id: int
    login: str
    name: str
    own_name: str
    role: str
    role_label: Text | str
    salons: Salons
    last_seen: datetime | None
    has_second_factor: bool
    has_pin: bool
    has_temporary_password: bool
    is_disabled: bool
    is_locked: bool
    is_ours: bool
    is_oneself: bool

    @property
    def may_be_changed(self) -> bool:
        return self.is_ours and not self.is_oneself


def list_people(session: Session, staff: Staff) -> Sequence[Person]:
    """Returns who shares a salon with a manager: those who may sign in first, by name."""
    order = (StaffUser.disabled_at.is_not(None), func.lower(StaffUser.shown_name), StaffUser.id)
    rows = session.execute(_select(_is_near(staff.salons)).order_by(*order)).all()
    locked = _find_locked(session)
    return [_describe(row, staff, locked) for row in rows]


def find_person(session: Session, staff: Staff, user_id: int) -> Person:
    """Returns one of them. Raises NotFound."""
    row = session.execute(_select(_is_near(staff.salons), StaffUser.id == user_id)).first()
    if row is None:
        raise NotFound
    return _describe(row, staff, _find_locked(session))


def lock_account(session: Session, staff: Staff, user_id: int) -> StaffUser:
    """Returns the account of somebody whom this manager may change, locked. Raises NotFound."""
    user = session.scalar(select(StaffUser).where(StaffUser.id == user_id).with_for_update())
    companies = session.scalars(select(StaffSalon.company_id).where(StaffSalon.staff_user_id == user_id))
    if user is None or not covers(staff.salons, Salons.of(companies, everywhere=user.all_salons)):
        raise NotFound
    return user


def covers(own: Salons, others: Salons) -> bool:
    """Says whether whoever belongs to `own` may decide about an account of `others`."""
    if own.companies is None:
        return True
    return others.companies is not None and bool(others.companies) and others.companies <= own.companies


def list_roles(staff: Staff) -> Sequence[tuple[str, Text | str]]:
    """Returns the roles that a manager may give, with their names."""
    given = [role for role in StaffRole if staff.salons.are_all or role in _OF_SALONS]
    return [(role.value, ROLE_LABELS.get(role.value, role.value)) for role in given]


def list_salons(session: Session, staff: Staff) -> Sequence[tuple[int, Text | str]]:
    """Returns the salons that a manager may place people in, with their names."""
    known = {one for one in find_known_salons(session) if staff.salons.include(one)} | (staff.salons.companies or set())
    names = name_salons(session)
    return [(one, names.get(one) or Text("salon %(id)s", id=one)) for one in sorted(known)]


def name_salons(session: Session) -> Mapping[int, str]:
    """Returns what people call the cashbox of each salon, which is all that is known of a salon's name."""
    named = select(Cashbox.company_id, Cashbox.name).where(Cashbox.company_id.is_not(None), Cashbox.name.is_not(None))
    return {row.company_id: row.name for row in session.execute(named.order_by(Cashbox.enabled, Cashbox.id))}


def _select(*conditions: ColumnElement[bool]) -> Any:
    columns = (StaffUser, _companies.label("companies"), _last_seen.label("last_seen"))
    return select(*columns).where(*conditions)


def _is_near(salons: Salons) -> ColumnElement[bool]:
    if salons.are_all:
        return true()
    return exists().where(StaffSalon.staff_user_id == StaffUser.id, salons.allow(StaffSalon.company_id))


def _find_locked(session: Session) -> frozenset[str]:
    locked = select(SignInAttempt.login_hash).where(SignInAttempt.locked_until > func.now())
    return frozenset(session.scalars(locked))


def _describe(row: Any, staff: Staff, locked: frozenset[str]) -> Person:
    user: StaffUser = row[0]
    salons = Salons.of(row.companies, everywhere=user.all_salons)
    return Person(
        id=user.id,
        login=user.login,
        name=user.shown_name,
        own_name=user.name or "",
        role=user.role,
        role_label=ROLE_LABELS.get(user.role, user.role),
        salons=salons,
        last_seen=row.last_seen,
        has_second_factor=user.totp_sealed is not None,
        has_pin=user.pin_hash is not None,
        has_temporary_password=user.password_is_temporary,
        is_disabled=user.disabled_at is not None,
        is_locked=hash_token(user.login) in locked,
        is_ours=covers(staff.salons, salons),
        is_oneself=user.id == staff.id,
    )
