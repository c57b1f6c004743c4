"""Says what may be done to an account, by the page of people and by `python -m api.acquire.users` alike.

Every function takes `record`, which adds the deed to the trail in the name of whoever does it; the caller commits.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.acquire.access.passwords import hash_password
from api.acquire.access.salons import Salons
from api.acquire.account.attempts import forgive_everywhere
from api.acquire.account.devices import forget_devices
from api.acquire.account.password_rules import find_weakness
from api.acquire.account.second_factor import forget_second_factor
from api.acquire.account.sessions import end_sessions
from api.acquire.account.sign_in import normalise_login
from api.acquire.words.text import Text
from shared.storage.models import StaffSalon, StaffUser
from shared.storage.models.staff.staff_user import StaffRole

MAX_LOGIN = 64
# Without letters and digits that are read for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended("managers of all salons", 0)))

# Called with the name of an action, its subject and details.
Record = Callable[..., None]


class Mistake(Exception):
    """Raised where what was asked for cannot be done: what is wrong, and with which field of a form."""

    def __init__(self, field: str, text: Text) -> None:
        super().__init__(text.msgid % text.values)
        self.field, self.text = field, text


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Describes an account to be made. `is_temporary`: its password has to be changed at the first sign-in."""

    login: str
    name: str | None
    role: str
    salons: Salons
    password: str
    is_temporary: bool = False


def add(session: Session, record: Record, newcomer: Newcomer) -> int:
    """Makes an account and returns its id. Raises Mistake."""
    login, salons = check_login(newcomer.login), newcomer.salons
    _check_role(newcomer.role)
    _check_password(login, newcomer.password)
    added: int | None = session.scalar(
        insert(StaffUser)
        .values(
            login=login,
            name=_tidy_name(newcomer.name),
            role=newcomer.role,
            all_salons=salons.are_all,
            password_hash=hash_password(newcomer.password),
            password_is_temporary=newcomer.is_temporary,
        )
        .on_conflict_do_nothing(index_elements=[StaffUser.login])
        .returning(StaffUser.id)
    )
    if added is None:
        raise Mistake("login", Text("%(login)s exists already: give them a new password instead (reset).", login=login))
    _place(session, added, salons)
    record("user_added", f"staff {added}", role=newcomer.role, salons=describe_salons(salons))
    return added


def rename(record: Record, user: StaffUser, name: str) -> None:
    """Changes how colleagues call somebody; without a name the login stands for them."""
    user.name, user.updated_at = _tidy_name(name), func.now()
    record("user_renamed", f"staff {user.id}")


def give_role(session: Session, record: Record, user: StaffUser, role: str) -> None:
    """Changes what somebody may do. Raises Mistake."""
    _check_role(role)
    if role == user.role:
        return
    if role != StaffRole.MANAGER:
        _keep_a_manager(session, user, "role")
    before, user.role, user.updated_at = user.role, role, func.now()
    if role != StaffRole.MANAGER:
        user.pin_hash = None
    end_sessions(session, user.id)
    record("user_role_changed", f"staff {user.id}", before=before, after=role)


def place(session: Session, record: Record, user: StaffUser, salons: Salons) -> None:
    """Changes to which salons somebody belongs, and ends their sessions. Raises Mistake."""
    if not salons.are_all:
        _keep_a_manager(session, user, "salons")
    user.all_salons, user.updated_at = salons.are_all, func.now()
    _place(session, user.id, salons)
    end_sessions(session, user.id)
    record("user_placed", f"staff {user.id}", salons=describe_salons(salons))


def reset(session: Session, record: Record, user: StaffUser, password: str, *, is_temporary: bool = False) -> None:
    """Gives a new password; ends a lock-out and all sessions. Raises Mistake."""
    _check_password(user.login, password)
    user.password_hash, user.password_is_temporary = hash_password(password), is_temporary
    user.updated_at = func.now()
    forgive_everywhere(session, user.login)
    forget_devices(session, user.id)
    end_sessions(session, user.id)
    record("password_reset", f"staff {user.id}")


def disable(session: Session, record: Record, user: StaffUser) -> None:
    """Lets somebody sign in no more, and ends their sessions. Raises Mistake."""
    _keep_a_manager(session, user, "disable")
    user.disabled_at, user.updated_at = func.now(), func.now()
    end_sessions(session, user.id)
    record("user_disabled", f"staff {user.id}")


def enable(session: Session, record: Record, user: StaffUser) -> None:
    """Lets somebody sign in again."""
    user.disabled_at, user.updated_at = None, func.now()
    forgive_everywhere(session, user.login)
    record("user_enabled", f"staff {user.id}")


def take_second_factor(session: Session, record: Record, user: StaffUser) -> None:
    """Takes the second factor away, for a phone that is lost, and ends the sessions."""
    forget_second_factor(session, user.id)
    end_sessions(session, user.id)
    record("second_factor_removed", f"staff {user.id}")


def take_pin(record: Record, user: StaffUser) -> None:
    """Takes the PIN away: nothing is approved by it any more, until its owner sets another."""
    user.pin_hash, user.updated_at = None, func.now()
    record("pin_removed", f"staff {user.id}")


def find_salons(session: Session, user: StaffUser) -> Salons:
    """Returns the salons that somebody belongs to."""
    companies = session.scalars(select(StaffSalon.company_id).where(StaffSalon.staff_user_id == user.id))
    return Salons.of(companies, everywhere=user.all_salons)


def describe_salons(salons: Salons) -> str:
    """Returns salons in words for the trail and the command line."""
    if salons.companies is None:
        return "all salons"
    return f"salon {', '.join(map(str, sorted(salons.companies)))}" if salons.companies else "no salon"


def make_password() -> str:
    """Returns a password to be read out once: three groups of four, 59 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def check_login(typed: str) -> str:
    """Returns a login as it is stored. Raises Mistake."""
    login = normalise_login(typed)
    if not login or len(login) > MAX_LOGIN or not login.isprintable() or " " in login:
        raise Mistake("login", Text("A login is one word of up to %(most)s characters.", most=MAX_LOGIN))
    return login


def _check_role(role: str) -> None:
    if role not in list(StaffRole):
        raise Mistake("role", Text("Choose the role."))


def _check_password(login: str, password: str) -> None:
    weakness = find_weakness(login, password)
    if weakness is not None:
        raise Mistake("password", weakness)


def _tidy_name(name: str | None) -> str | None:
    return " ".join((name or "").split())[:MAX_LOGIN] or None


def _place(session: Session, user_id: int, salons: Salons) -> None:
    session.execute(delete(StaffSalon).where(StaffSalon.staff_user_id == user_id))
    session.add_all(StaffSalon(staff_user_id=user_id, company_id=one) for one in sorted(salons.companies or ()))


def _keep_a_manager(session: Session, user: StaffUser, field: str) -> None:
    """Somebody has to be able to undo what is done here. Of two who take each other's rights at once one is refused."""
    if user.role != StaffRole.MANAGER or not user.all_salons or user.disabled_at is not None:
        return
    session.execute(_LOCK)
    another = exists().where(
        StaffUser.id != user.id,
        StaffUser.role == StaffRole.MANAGER,
        StaffUser.all_salons,
        StaffUser.disabled_at.is_(None),
    )
    if not session.scalar(select(another)):
        raise Mistake(field, Text("This is the last manager of all salons. Make another one first."))
