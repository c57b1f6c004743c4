"""Runs `python -m api.acquire.users`: decides who may open the payment page. Passwords are asked for, never arguments."""

import argparse
import getpass
import re
import sys
from collections.abc import Sequence

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.acquire.access.hashing import hash_token
from api.acquire.access.passwords import hash_password
from api.acquire.access.salons import EVERYWHERE, Salons
from api.acquire.account.attempts import forgive_everywhere
from api.acquire.account.devices import forget_devices
from api.acquire.account.password_rules import find_weakness
from api.acquire.account.second_factor import forget_second_factor
from api.acquire.account.sessions import end_sessions
from api.acquire.account.sign_in import normalise_login
from api.acquire.salon.known import find_known_salons
from shared.config import get_settings
from shared.storage.db import create_database_engine, create_session_factory
from shared.storage.models import SignInAttempt, StaffSalon, StaffUser
from shared.storage.models.desk.staff_user import StaffRole
from shared.storage.trail import record_command

MAX_LOGIN = 64
ALL = "all"


class Mistake(Exception):
    """Raised where what was asked for cannot be done; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries out one command and returns the exit code: 1 for a mistake or a database that is away."""
    options = _read_arguments(arguments)
    engine = create_database_engine(get_settings(), pool_size=1)
    try:
        with create_session_factory(engine).begin() as session:
            _run(session, options)
    except Mistake as mistake:
        print(mistake, file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        print(f"the database is not available: {type(error).__name__}", file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    return 0


def _read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m api.acquire.users", description="Staff of the payment page.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="a new member of staff")
    add.add_argument("--name", help="how colleagues call them, as pages show it")
    add.add_argument("--role", choices=[role.value for role in StaffRole], default=StaffRole.CASHIER.value)
    reset = commands.add_parser("reset", help="a new password; ends a lock-out and all sessions")
    for command in (add, reset):
        command.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    disable = commands.add_parser("disable", help="no more sign-ins; ends all sessions")
    enable = commands.add_parser("enable", help="may sign in again")
    salons = commands.add_parser("salons", help="says or changes to which salons somebody belongs; ends all sessions")
    for command in (add, salons):
        command.add_argument(
            "--company",
            action="append",
            metavar="ID",
            help=f"Altegio's id of a salon, or several with commas; once more for another; or {ALL}, which new accounts"
            " are of unless told otherwise",
        )
    lost = commands.add_parser("no-second-factor", help="the phone is lost: the password alone signs in; ends all sessions")
    for command in (add, reset, disable, enable, salons, lost):
        command.add_argument("login")
    commands.add_parser("list", help="everybody")
    return parser.parse_args(arguments)


def _run(session: Session, options: argparse.Namespace) -> None:
    """Raises Mistake."""
    match options.command:
        case "add":
            salons = _read_salons(options.company) or EVERYWHERE
            login = _check_login(options.login)
            _add(session, (login, options.name), options.role, salons, _read_password(login, options.password_stdin))
        case "reset":
            user = _get(session, options.login)
            _reset(session, user, _read_password(user.login, options.password_stdin))
        case "disable":
            _disable(session, _get(session, options.login))
        case "enable":
            _enable(session, _get(session, options.login))
        case "no-second-factor":
            _take_second_factor(session, _get(session, options.login))
        case "salons":
            _salons(session, _get(session, options.login), _read_salons(options.company))
        case "list":
            _list(session)


def _add(session: Session, who: tuple[str, str | None], role: str, salons: Salons, password: str) -> None:
    login, name = who
    added = session.scalar(
        insert(StaffUser)
        .values(
            login=login,
            name=(name or "").strip()[:MAX_LOGIN] or None,
            role=role,
            all_salons=salons.are_all,
            password_hash=hash_password(password),
        )
        .on_conflict_do_nothing(index_elements=[StaffUser.login])
        .returning(StaffUser.id)
    )
    if added is None:
        raise Mistake(f"{login} exists already: use reset for a new password")
    _place(session, added, salons)
    record_command(session, "user_added", f"staff {added}", role=role, salons=_name(salons))
    print(f"added {login} ({role})")
    if salons.are_all and len(find_known_salons(session)) > 1:
        print(f"{login} belongs to all salons: --company ID, or the command salons, says to which alone", file=sys.stderr)


def _place(session: Session, user_id: int, salons: Salons) -> None:
    session.execute(delete(StaffSalon).where(StaffSalon.staff_user_id == user_id))
    session.add_all(StaffSalon(staff_user_id=user_id, company_id=one) for one in sorted(salons.companies or ()))


def _salons(session: Session, user: StaffUser, salons: Salons | None) -> None:
    """Without new ones it only says them."""
    if salons is not None:
        user.all_salons, user.updated_at = salons.are_all, func.now()
        _place(session, user.id, salons)
        end_sessions(session, user.id)
        record_command(session, "user_placed", f"staff {user.id}", salons=_name(salons))
    print(f"{user.login} belongs to {_name(salons or _find_salons(session, user))}")


def _find_salons(session: Session, user: StaffUser) -> Salons:
    companies = session.scalars(select(StaffSalon.company_id).where(StaffSalon.staff_user_id == user.id))
    return Salons.of(companies, everywhere=user.all_salons)


def _name(salons: Salons) -> str:
    if salons.companies is None:
        return "all salons"
    return f"salon {', '.join(map(str, sorted(salons.companies)))}" if salons.companies else "no salon"


def _reset(session: Session, user: StaffUser, password: str) -> None:
    user.password_hash = hash_password(password)
    user.updated_at = func.now()
    forgive_everywhere(session, user.login)
    forget_devices(session, user.id)
    end_sessions(session, user.id)
    record_command(session, "password_reset", f"staff {user.id}")
    print(f"{user.login} has a new password")


def _disable(session: Session, user: StaffUser) -> None:
    user.disabled_at, user.updated_at = func.now(), func.now()
    end_sessions(session, user.id)
    record_command(session, "user_disabled", f"staff {user.id}")
    print(f"disabled {user.login}")


def _enable(session: Session, user: StaffUser) -> None:
    user.disabled_at, user.updated_at = None, func.now()
    forgive_everywhere(session, user.login)
    record_command(session, "user_enabled", f"staff {user.id}")
    print(f"enabled {user.login}")


def _take_second_factor(session: Session, user: StaffUser) -> None:
    forget_second_factor(session, user.id)
    end_sessions(session, user.id)
    record_command(session, "second_factor_removed", f"staff {user.id}")
    print(f"{user.login} has no second factor")


def _list(session: Session) -> None:
    for user in session.scalars(select(StaffUser).order_by(StaffUser.login)):
        state = "disabled" if user.disabled_at else "locked" if _is_locked(session, user) else "active"
        place = "" if user.all_salons else f"\t{_name(_find_salons(session, user))}"
        print(f"{user.login}\t{user.role}\t{state}{place}")


def _is_locked(session: Session, user: StaffUser) -> bool:
    is_locked = exists().where(SignInAttempt.login_hash == hash_token(user.login), SignInAttempt.locked_until > func.now())
    return bool(session.scalar(select(is_locked)))


def _get(session: Session, login: str) -> StaffUser:
    user = session.scalar(select(StaffUser).where(StaffUser.login == normalise_login(login)).with_for_update())
    if user is None:
        raise Mistake(f"there is no {normalise_login(login)}")
    return user


def _read_salons(typed: Sequence[str] | None) -> Salons | None:
    """None where nothing was said."""
    words = [word.strip() for part in typed or () for word in part.split(",") if word.strip()]
    if not words:
        return None
    if words == [ALL]:
        return EVERYWHERE
    if not all(re.fullmatch(r"[0-9]{1,18}", word) for word in words):
        raise Mistake(f"--company takes numbers of salons, or {ALL} alone")
    return Salons(frozenset(map(int, words)))


def _check_login(login: str) -> str:
    login = normalise_login(login)
    if not login or len(login) > MAX_LOGIN or not login.isprintable() or " " in login:
        raise Mistake(f"a login is one word of up to {MAX_LOGIN} characters")
    return login


def _read_password(login: str, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise Mistake("the two are not the same")
    weakness = find_weakness(login, password)
    if weakness is not None:
        raise Mistake(weakness.msgid % weakness.values)
    return password


if __name__ == "__main__":
    sys.exit(main())
